// The open request of a certificate: which one counts, where its key is, how far it has come.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resources/pool/planning.h"

namespace edgecert {

// Why a request was given up, as its note says it. One that only stopped fitting counts again when its
// requirement is back; the others never do.
namespace given_up_because {
inline constexpr std::string_view requirement_changed = "requirement-changed";
inline constexpr std::string_view superseded = "superseded";  // a newer request for the same requirement
inline constexpr std::string_view resubmitted = "resubmitted";
}  // namespace given_up_because

// A request that fits the present requirement and has not become a certificate yet.
struct OpenRequest {
    RequestEntry entry{};  // the holder's; the latest copy where nobody shows the key
    std::string holder{};
    bool holder_reachable{};
    bool has_key{};
    RequestPhase phase{};  // as it counts: one given up for another requirement counts again when that
                           // requirement is back
};

// The request that was given up for a resubmission since the plan was asked for; of several the latest.
[[nodiscard]] std::optional<OpenRequest> given_up_since(const Planning& planning,
                                                        const CertificateSpec& spec);
// The latest first, and of those the one whose key was found: what commands show, give up and answer.
[[nodiscard]] std::vector<OpenRequest> open_requests(const Planning& planning, const CertificateSpec& spec);
// The first of them: what planning goes on with.
[[nodiscard]] std::optional<OpenRequest> open_request(const Planning& planning, const CertificateSpec& spec);

}  // namespace edgecert
