// Stores that hand a key over as it is, where the system under them makes no PFX that everybody can read: the
// controller makes and reads the PFX then.
#pragma once

#include <string>
#include <vector>

#include "engine/text/secret.h"
#include "resources/stores/store.h"

namespace edgecert {

// A certificate with its key: the RSAPrivateKey (RFC 8017 appendix A.1.2) in DER, inside a session only.
struct KeyParcel {
    x509::CertificateRef certificate{};
    std::vector<x509::CertificateRef> chain{};
    std::string friendly_name{};
    Secret key{};
};

// The same contract as CertificateStore's export_pfx and import_pfx.
class KeyCarrier {
public:
    KeyCarrier() = default;
    KeyCarrier(const KeyCarrier&) = delete;
    KeyCarrier& operator=(const KeyCarrier&) = delete;
    virtual ~KeyCarrier() = default;

    [[nodiscard]] virtual KeyParcel export_key(const CertificateId& certificate) = 0;
    virtual void import_key(const KeyParcel& parcel, const PersonalLabel& label) = 0;
};

}  // namespace edgecert
