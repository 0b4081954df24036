// Warnings of what a CA granted otherwise than asked.
#include "resources/pool/granted.h"

#include "resources/pool/choice.h"
#include "resources/pool/judgement.h"
#include "resources/pool/open_request.h"

namespace edgecert {

namespace {

constexpr Seconds news = std::chrono::days{1};

// The certificate that there is something new to say of, or null.
x509::CertificateRef fresh_certificate(const Planning& planning,
                                       const PoolView& before,
                                       const CertificateSpec& spec) {
    if (const auto open = open_request(planning, spec)) {
        const auto answer = before.answers.find(open->entry.issuance);
        const auto* issued = answer == before.answers.end() ? nullptr : std::get_if<Issued>(&answer->second);
        if (issued != nullptr) {
            return issued->certificate;
        }
    }
    const auto target = wanted(planning, spec);
    const bool young = target && target->entry->owned && target->entry->submitted &&
                       *target->entry->submitted + news > planning.now();
    return young ? target->entry->certificate : nullptr;
}

}  // namespace

std::vector<Diagnostic> granted_otherwise(const Planning& planning, const PoolView& before) {
    std::vector<Diagnostic> found;
    for (const auto& spec : planning.pool.certificates) {
        const auto authority = planning.authorities.find(spec.requirement.authority);
        // A local CA as well: it cuts what is asked for to its own end, and servers that want a CRL
        // distribution point get one of it only where distributionPoint is declared.
        if (authority == planning.authorities.end()) {
            continue;
        }
        const auto certificate = fresh_certificate(planning, before, spec);
        if (!certificate) {
            continue;
        }
        const std::vector<x509::CertificateRef> chain;  // what warnings are about does not depend on it
        const auto standard = standard_for(planning, spec, authority->second, chain);
        for (const auto& warning : answer_warnings(*certificate, standard)) {
            found.push_back(
                {Severity::warning, "granted-otherwise", spec.name + ": " + warning, spec.where, {}, {}});
        }
    }
    return found;
}

}  // namespace edgecert
