// Gives a declared chain, and words to whoever wants more.
#include "resources/authorities/chain_only.h"

#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "resources/authorities/trusted_chain.h"

namespace edgecert {

ChainOnlyAuthority::ChainOnlyAuthority(AuthoritySpec spec) : spec_(std::move(spec)) {}

AuthorityView ChainOnlyAuthority::observe(Instant /*now*/, x509::CertificateCache& cache) {
    return view_of_declared_chain(spec_, cache);
}

void ChainOnlyAuthority::refuse() const {
    throw Error("authority-refused",
                "of \"" + spec_.name + "\" only the chain is declared: it issues nothing",
                "declare local, offline, command or adcs");
}

SubmitAnswer ChainOnlyAuthority::submit(const Submission& /*submission*/) {
    refuse();
}

Answer ChainOnlyAuthority::poll(const Inquiry& /*inquiry*/, x509::CertificateCache& /*cache*/) {
    refuse();
}

void ChainOnlyAuthority::create(Instant /*now*/) {
    refuse();
}

Authority::Check ChainOnlyAuthority::check(Instant /*now*/) {
    Check result{.ok = true};
    check_declared_chain(spec_, result);
    return result;
}

}  // namespace edgecert
