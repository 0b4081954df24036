// A root that lives for one selftest.
#pragma once

#include <string>

#include "resources/windows_node/keys.h"
#include "resources/x509/certificate.h"

namespace edgecert::windows {

class SelftestAuthority {
public:
    SelftestAuthority();  // makes a key of the machine; forget() deletes it
    SelftestAuthority(const SelftestAuthority&) = delete;
    SelftestAuthority& operator=(const SelftestAuthority&) = delete;
    ~SelftestAuthority();

    [[nodiscard]] const x509::CertificateRef& root() const { return root_; }
    [[nodiscard]] const x509::CertificateRef& issuing() const { return issuing_; }  // signed by the root
    // For the public key of the request, whatever else the request asks for.
    [[nodiscard]] x509::CertificateRef issue(const std::string& request_pem, const std::string& name) const;
    void forget();

private:
    Container key_;
    x509::CertificateRef root_{};
    x509::CertificateRef issuing_{};
    bool forgotten_{};
};

}  // namespace edgecert::windows
