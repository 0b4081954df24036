// Trust of a store as certificates, for the search of ways up.
#include "resources/stores/presented.h"

#include "resources/x509/lasting.h"

namespace edgecert {

std::vector<x509::CertificateRef> trusted_in_place(const std::vector<TrustEntry>& trust) {
    std::vector<x509::CertificateRef> found;
    for (const auto& entry : trust) {
        if (entry.certificate && entry.certificate->self_signed == (entry.kind == TrustKind::root)) {
            found.push_back(entry.certificate);
        }
    }
    return found;
}

std::vector<x509::CertificateRef> chain_to_present(const PersonalEntry& entry,
                                                   const std::vector<TrustEntry>& trust) {
    return entry.certificate
               ? x509::chain_to_present(*entry.certificate, entry.chain, trusted_in_place(trust))
               : entry.chain;
}

}  // namespace edgecert
