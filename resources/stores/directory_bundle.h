// The files that consumers read (root.pem, intermediate.pem): certificates one after the other, ours and
// other people's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resources/x509/certificate.h"

namespace edgecert::directory {

// Who put a certificate into a bundle, in a comment line above it: what tells ours from other people's where
// the files beside the bundle are gone.
struct BundleMark {
    std::string authority{};
    std::string pool{};
    bool operator==(const BundleMark&) const = default;
};

// A bundle taken apart. What stands between the certificates is kept with them, for people put comments
// there.
struct Bundle {
    struct Part {
        std::string text{};                  // as it stands in the file, the mark above it included
        x509::CertificateRef certificate{};  // null: text, or a block that is no certificate
        bool broken{};                       // a block that is no certificate, as we read them
        bool torn{};                         // broken, for its end is missing
        std::optional<BundleMark> mark{};    // only where it names the certificate below it
    };
    std::vector<Part> parts{};

    [[nodiscard]] bool contains(const std::string& sha256) const;
    [[nodiscard]] std::optional<BundleMark> mark_of(const std::string& sha256) const;
    [[nodiscard]] bool has_rubbish() const;
    [[nodiscard]] bool has_torn() const;
    [[nodiscard]] bool has_key() const;  // somebody's private key, whole or torn
};

[[nodiscard]] Bundle parse_bundle_file(std::string_view bytes, x509::CertificateCache& cache);

// A certificate of ours.
struct BundleEntry {
    x509::CertificateRef certificate{};
    BundleMark mark{};
};

// The file as it is to be: without what is torn (readers stop at it), without `removed`, and with `gained` at
// the end where it is missing. Whole blocks that are no certificates to us (TRUSTED CERTIFICATE, X509 CRL,
// anchors that only lenient readers take) are other people's, and stay as they are.
[[nodiscard]] std::string rewrite(const Bundle& bundle,
                                  const std::optional<BundleEntry>& gained,
                                  const std::string& removed);

}  // namespace edgecert::directory
