// Due dates, and what bounds them: the end of the CA.
#include "resources/pool/renewal.h"

#include <algorithm>

#include "resources/pool/judgement.h"

namespace edgecert {

std::optional<ChainEnd> outlived_authority(const Planning& planning,
                                           const CertificateSpec& spec,
                                           const x509::Certificate& certificate) {
    const auto view = planning.view().authorities.find(spec.requirement.authority);
    if (view == planning.view().authorities.end()) {
        return std::nullopt;
    }
    // Signatures are only looked at where something of the chain ends that soon, which is rarely so.
    const auto& chain = view->second->chain;
    const bool near = std::any_of(chain.begin(), chain.end(), [&](const ChainCertificate& member) {
        return member.certificate && member.certificate->not_after <= certificate.not_after;
    });
    auto end = near ? issuing_end(*view->second) : std::nullopt;
    const bool outlived = end && end->at <= certificate.not_after && end->at > planning.valid_at();
    return outlived ? end : std::nullopt;
}

std::optional<Instant> renewal_due(const Planning& planning,
                                   const CertificateSpec& spec,
                                   const x509::Certificate& certificate) {
    if (outlived_authority(planning, spec, certificate)) {
        return std::nullopt;
    }
    return due(certificate, spec.renewal);
}

}  // namespace edgecert
