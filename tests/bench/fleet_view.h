// What the servers of a made-up fleet hold when nothing is to be done: views as observing them would give.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "resources/pool/desired.h"
#include "resources/pool/view.h"

namespace edgecert::bench {

[[nodiscard]] Instant bench_time();

// Whether the signatures of certificates are known already, as they are from the first plan over an
// observation on.
enum class Signatures { checked, unchecked };

// A CA with a root and an issuing certificate; certificates of it are values made from the declaration. All
// have the bytes of one certificate, an RSA 2048 one as the fleet declares them, signed by this CA.
class FleetView {
public:
    explicit FleetView(Signatures signatures = Signatures::checked);

    [[nodiscard]] const std::shared_ptr<const AuthorityView>& authority() const { return authority_; }
    // The pool as converged: trusted, installed with its key, assigned and activated on every server.
    [[nodiscard]] PoolView of(const Pool& pool) const;

private:
    [[nodiscard]] x509::CertificateRef certificate(const Pool& pool, const CertificateSpec& spec) const;

    Signatures signatures_;
    x509::CertificateRef root_{};
    x509::CertificateRef issuing_{};
    x509::CertificateRef leaf_{};  // what all others are copies of
    std::shared_ptr<const AuthorityView> authority_{};
};

}  // namespace edgecert::bench
