// Gives a declared chain, and words to whoever wants more.
#include "resources/authorities/chain_only.h"

#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "resources/authorities/trusted_chain.h"

namespace edgecert {

ChainOnlyAuthority::ChainOnlyAuthority(AuthoritySpec spec, std::string code, std::string why_not)
    : spec_(std::move(spec)), code_(std::move(code)), why_not_(std::move(why_not)) {}

AuthorityView ChainOnlyAuthority::observe(Instant /*now*/, x509::CertificateCache& cache) {
    AuthorityView view = view_of_declared_chain(spec_, cache);
    view.reachable = why_not_.empty();
    view.error = why_not_;
    return view;
}

void ChainOnlyAuthority::refuse() const {
    if (!why_not_.empty())
        throw Error(code_, why_not_);
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
    Check result{.ok = why_not_.empty()};
    if (!why_not_.empty())
        result.lines.push_back(why_not_);
    check_declared_chain(spec_, result);
    return result;
}

}  // namespace edgecert
