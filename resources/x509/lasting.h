// Ways up from a certificate to a root, and which of them is to be presented: a renewed CA stands beside the
// one before, with the same key.
#pragma once

#include <optional>
#include <vector>

#include "resources/x509/certificate.h"

namespace edgecert::x509 {

struct WayUp {
    Instant at{};                         // whoever checks it refuses it from then on
    CertificateRef which{};               // what ends then, of the CAs above the certificate
    std::vector<CertificateRef> above{};  // its issuer first, the root last
    bool operator==(const WayUp&) const = default;
};

// The way up to a root of `known` that lasts longest, by name, key identifier and signature; of equal ones
// the first by the order in `known`. nullopt: there is none, or the certificate is itself a root.
[[nodiscard]] std::optional<WayUp> longest_way_up(const Certificate& certificate,
                                                  const std::vector<CertificateRef>& known);

// What is to be presented with the certificate where `presented` has been, and these roots and intermediates
// are trusted: what it was while no way up lasts longer, however much else is in it. Applied once more it
// changes nothing.
[[nodiscard]] std::vector<CertificateRef> chain_to_present(const Certificate& certificate,
                                                           const std::vector<CertificateRef>& presented,
                                                           const std::vector<CertificateRef>& trusted);

}  // namespace edgecert::x509
