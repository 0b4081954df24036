// What really serves on a pool's members, row by row, for the head of a plan and its warnings.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resources/authorities/chain_end.h"
#include "resources/pool/planning.h"

namespace edgecert {

struct Served {
    Serving line{};
    x509::CertificateRef certificate{};   // never null
    std::optional<ChainEnd> chain_end{};  // where a CA above it ends sooner than it does
    bool chain_renewed{};  // that CA is presented with it, while the declared chain lasts longer
    [[nodiscard]] Instant end() const { return chain_end ? chain_end->at : certificate->not_after; }
};

// One row for a certificate and the roles that point at it, on all members where just these do. Roles that
// are declared, and roles of ours that no longer are. Without its key a certificate serves nothing, and has
// no row. By the order of declared certificates, then the most servers, the longest validity, the id, the
// roles. `present`: as observed.
[[nodiscard]] std::vector<Served> served(const Planning& present);

// A role that points at a certificate which is not there with its own key.
struct Keyless {
    std::string role{};
    std::string key{};  // "without its key", "with a key that is not its own"
    std::vector<std::string> servers{};
};
[[nodiscard]] std::vector<Keyless> keyless(const Planning& present);

// The CA of this certificate can issue nothing (it expired, its key is gone): who is waited for, and what to
// do.
[[nodiscard]] std::optional<Wait> cannot_issue(const Planning& planning, const CertificateSpec& spec);

}  // namespace edgecert
