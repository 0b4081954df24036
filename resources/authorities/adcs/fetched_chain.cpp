// The chain of an AD CS authority: every renewal of the CA's own certificate, each with what it hangs from.
#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/authorities/adcs/adcs.h"
#include "resources/authorities/adcs/hresults.h"
#include "resources/authorities/trusted_chain.h"
#include "resources/x509/chain.h"

namespace edgecert {
namespace {

using Certificates = std::vector<x509::CertificateRef>;

// A CA that was renewed more often has certificates that nobody needs any more.
constexpr int most_renewals = 32;
// Of all renewals together, each once. Whether they lead to a pin costs a signature for every two of them, so
// that a CA without a bound could keep a controller busy for hours.
constexpr std::size_t most_certificates = 100;

bool is_among(const Certificates& certificates, const x509::Certificate& wanted) {
    return std::any_of(certificates.begin(), certificates.end(), [&](const x509::CertificateRef& each) {
        return each->sha256 == wanted.sha256;
    });
}

}  // namespace

// The bundle, or where the page gives none, the CA's certificate alone; a note says why.
Certificates AdcsCertificateAuthority::fetch_renewal(int renewal,
                                                     x509::CertificateCache& cache,
                                                     std::vector<std::string>& notes) {
    const std::string of = "?ReqID=CACert&Renewal=" + std::to_string(renewal) + "&Enc=bin";
    const std::string bundle = body_of("certnew.p7b" + of);
    try {
        return x509::parse_bundle(bundle, cache);
    } catch (const Error& why) {
        const std::string certificate = body_of("certnew.cer" + of);
        try {
            Certificates alone = x509::parse_bundle(certificate, cache);
            notes.push_back("the bundle of its certificate " + std::to_string(renewal) + " cannot be used (" +
                            why.diagnostic().text + "), the certificate alone is taken");
            return alone;
        } catch (const Error&) {
            const adcs::Page page = adcs::read_page(bundle);
            throw Error("authority-refused",
                        adcs::host_of(client_.spec().url) + " gives no chain of its certificate " +
                            std::to_string(renewal) +
                            (page.hresult ? ": " + adcs::in_words(*page.hresult) : std::string()) +
                            kept(bundle));
        }
    }
}

Certificates AdcsCertificateAuthority::fetch_chain(x509::CertificateCache& cache,
                                                   std::vector<std::string>& notes) {
    const int newest = adcs::renewals_in(body_of("certcarc.asp"));
    Certificates heap;
    for (int renewal = std::max(0, newest - most_renewals + 1); renewal <= newest; ++renewal) {
        try {
            for (x509::CertificateRef& certificate : fetch_renewal(renewal, cache, notes)) {
                if (!is_among(heap, *certificate))
                    heap.push_back(std::move(certificate));
            }
        } catch (const Error& error) {
            // Of an old certificate it may be without a fault of anybody's.
            if (renewal == newest || error.diagnostic().code == "authority-unreachable")
                throw;
            notes.push_back(error.diagnostic().text);
        }
        if (heap.size() > most_certificates) {
            throw Error("authority-refused",
                        adcs::host_of(client_.spec().url) + " gives more than " +
                            std::to_string(most_certificates) + " certificates as its chain");
        }
    }
    return heap;
}

AuthorityView AdcsCertificateAuthority::observe(Instant /*now*/, x509::CertificateCache& cache) {
    // Where a file is declared it alone is the chain: one that came and went with the CA would be drift on
    // every server.
    AuthorityView view = view_of_declared_chain(spec_, cache);
    try {
        std::vector<std::string> notes;
        const Certificates heap = fetch_chain(cache, notes);
        AuthorityView fetched{.name = spec_.name};
        put_chain(trusted_chain(heap, spec_.roots), fetched);
        if (spec_.chain_file.empty()) {
            view.chain = std::move(fetched.chain);
            view.unpinned_roots = std::move(fetched.unpinned_roots);
            view.chain_problem = std::move(fetched.chain_problem);
            for (const std::string& note : notes)
                view.chain_problem += view.chain_problem.empty() ? "" : "; " + note;
            view.notes = std::move(fetched.notes);
        } else {
            compare_with_file(fetched, view);
        }
        view.notes.insert(view.notes.end(), notes.begin(), notes.end());
    } catch (const Error& error) {
        view.reachable = false;
        view.error =
            error.diagnostic().text + (error.diagnostic().hint.empty() ? "" : "; " + error.diagnostic().hint);
        if (spec_.chain_file.empty())
            view.chain_problem = view.error;
    }
    return view;
}

void AdcsCertificateAuthority::compare_with_file(const AuthorityView& fetched, AuthorityView& view) const {
    std::set<std::string> known;
    for (const ChainCertificate& link : view.chain)
        known.insert(link.certificate->sha256);
    for (const ChainCertificate& link : fetched.chain) {
        if (!known.contains(link.certificate->sha256)) {
            view.warnings.push_back("the CA has a certificate that " + printable(spec_.chain_file, 200) +
                                    " lacks (renewed?): " + pin_text(*link.certificate) +
                                    "; what is issued by it will be refused until the file has it");
        }
    }
}

}  // namespace edgecert
