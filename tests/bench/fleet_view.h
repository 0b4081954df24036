// What the servers of a made-up fleet hold when nothing is to be done: views as observing them would give.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "resources/pool/desired.h"
#include "resources/pool/view.h"

namespace edgecert::bench {

[[nodiscard]] Instant bench_time();

// A CA with a root and an issuing certificate; certificates of it are values made from the declaration, and
// their signatures count as checked, as they are from the first plan over an observation on.
class FleetView {
public:
    FleetView();

    [[nodiscard]] const std::shared_ptr<const AuthorityView>& authority() const { return authority_; }
    // The pool as converged: trusted, installed with its key, assigned and activated on every server.
    [[nodiscard]] PoolView of(const Pool& pool) const;

private:
    [[nodiscard]] x509::CertificateRef certificate(const Pool& pool, const CertificateSpec& spec) const;

    x509::CertificateRef root_{};
    x509::CertificateRef issuing_{};
    x509::CertificateRef leaf_{};  // what all others are copies of
    std::shared_ptr<const AuthorityView> authority_{};
};

}  // namespace edgecert::bench
