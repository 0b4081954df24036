// Ways up are searched by depth, every issuer tried.
#include "resources/x509/lasting.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "resources/x509/chain.h"

namespace edgecert::x509 {

namespace {

constexpr int depth_limit = 8;

bool issues(const Certificate& issuer, const Certificate& subject) {
    const bool named = issuer.is_authority && issuer.subject_der == subject.issuer_der;
    const bool keyed = subject.authority_key_id.empty() || issuer.subject_key_id.empty() ||
                       subject.authority_key_id == issuer.subject_key_id;
    return named && keyed && issuer.sha256 != subject.sha256 && issued_by(subject, issuer);
}

std::optional<WayUp> find_way(const Certificate& certificate,
                              const std::vector<CertificateRef>& known,
                              int depth) {
    std::optional<WayUp> best;
    for (const auto& issuer : known) {
        if (!issues(*issuer, certificate)) {
            continue;
        }
        auto way = issuer->self_signed ? std::optional{WayUp{issuer->not_after, issuer, {}}}
                   : depth > 0         ? find_way(*issuer, known, depth - 1)
                                       : std::nullopt;
        if (!way) {
            continue;
        }
        if (issuer->not_after < way->at) {
            way->at = issuer->not_after;
            way->which = issuer;
        }
        way->above.insert(way->above.begin(), issuer);
        if (!best || way->at > best->at) {
            best = std::move(way);
        }
    }
    return best;
}

std::vector<CertificateRef> without_roots(const std::vector<CertificateRef>& certificates) {
    std::vector<CertificateRef> found;
    std::copy_if(
        certificates.begin(), certificates.end(), std::back_inserter(found), [](const CertificateRef& one) {
            return !one->self_signed;
        });
    return found;
}

}  // namespace

std::optional<WayUp> longest_way_up(const Certificate& certificate,
                                    const std::vector<CertificateRef>& known) {
    return certificate.self_signed ? std::nullopt : find_way(certificate, known, depth_limit);
}

std::vector<CertificateRef> chain_to_present(const Certificate& certificate,
                                             const std::vector<CertificateRef>& presented,
                                             const std::vector<CertificateRef>& trusted) {
    auto below = without_roots(presented);
    auto known = below;
    known.insert(known.end(), trusted.begin(), trusted.end());
    const auto best = longest_way_up(certificate, known);
    if (!best) {
        return presented;
    }
    // Roots are what whoever checks trusts already, and no more theirs for being in a file.
    std::copy_if(trusted.begin(), trusted.end(), std::back_inserter(below), [](const CertificateRef& one) {
        return one->self_signed;
    });
    const auto as_it_is = longest_way_up(certificate, below);
    return as_it_is && as_it_is->at >= best->at ? presented : best->above;
}

}  // namespace edgecert::x509
