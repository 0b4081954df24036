// What one server's store holds at one moment, as values; what planning walks forward on.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <vector>

#include "engine/text/shared_text.h"
#include "engine/time/instant.h"
#include "resources/x509/certificate.h"

namespace edgecert::x509 {

// The same certificate, whoever parsed it: without this, equal observations read through two caches would
// differ by their pointers.
[[nodiscard]] inline bool operator==(const CertificateRef& a, const CertificateRef& b) {
    return a.get() == b.get() || (a && b && *a == *b);
}

}  // namespace edgecert::x509

namespace edgecert {

// Names a certificate, born or not: 64 hex digits (SHA-256 of the DER), or "issuance:" and the 64 hex digits
// of an issuance id. Every server of a pool has the same ones, in one place after the other.
using CertificateId = SharedText;
[[nodiscard]] inline CertificateId unborn(const std::string& issuance) {
    return "issuance:" + issuance;
}
[[nodiscard]] inline bool is_unborn(const CertificateId& id) {
    return id.view().starts_with("issuance:");
}

enum class KeyState {
    absent,
    present,     // readable by its owner only (or keyGroup), and it is the certificate's
    mismatched,  // it is another key
    unreadable,  // no key in there
    exposed,     // others may read it: refused
};
[[nodiscard]] std::string_view to_text(KeyState state);

enum class TrustKind { root, intermediate };

struct TrustEntry {
    CertificateId id{};
    x509::CertificateRef certificate{};  // null while unborn
    TrustKind kind{TrustKind::root};
    bool owned{};            // put there by this tool
    SharedText authority{};  // for whose chain; "" when not ours
    SharedText pool{};       // by which pool's wish
    bool operator==(const TrustEntry&) const = default;
};

// A certificate in the personal store. Ours has an owner (pool and declared name); another's has none and is
// never removed.
struct PersonalEntry {
    CertificateId id{};
    x509::CertificateRef certificate{};         // null while unborn
    std::vector<x509::CertificateRef> chain{};  // as stored beside it
    KeyState key{KeyState::absent};
    bool exportable{};
    std::string friendly_name{};
    bool owned{};
    SharedText pool{};
    std::string name{};                  // the declared certificate
    SharedText requirement{};            // digest it was asked under
    SharedText issuance{};               // issuance id or ""
    std::optional<Instant> submitted{};  // when it was asked for, as recorded
    std::optional<Instant> superseded{};
    bool operator==(const PersonalEntry&) const = default;
};

enum class RequestPhase {
    created,     // key and request are durable, nothing was sent
    submitting,  // about to be sent, or sent without an answer noted: nobody knows
    accepted,    // the CA has it, under `ticket`
    denied,      // `message` says why
    ambiguous,   // the answer was lost or not understood; `message`
    collected,   // the answer is here (`answer`), not yet installed
    abandoned,   // no longer wanted; kept
};
[[nodiscard]] std::string_view to_text(RequestPhase phase);
[[nodiscard]] std::optional<RequestPhase> parse_request_phase(std::string_view text);

// A request as one server's store knows it. Only the holder's has the key; the others keep the entry without
// it.
struct RequestEntry {
    std::string pool{};
    std::string name{};
    std::string spki{};  // SHA-256 of the public key: with pool and name, its key in the store
    std::string issuance{};
    std::string requirement{};
    std::string holder{};            // the server that has the key
    KeyState key{KeyState::absent};  // on this server
    bool exportable{};
    std::string friendly_name{};
    std::string authority{};
    std::string request_pem{};  // the PKCS#10
    RequestPhase phase{RequestPhase::created};
    Instant created{};
    Instant since{};                     // of the phase
    std::optional<Instant> submitted{};  // when the submission began
    std::string ticket{};                // what the CA calls it
    std::string message{};
    x509::CertificateRef answer{};
    std::vector<x509::CertificateRef> answer_chain{};
    bool operator==(const RequestEntry&) const = default;
};

struct Rejection {
    CertificateId certificate{};
    std::string issuance{};
    std::string requirement{};
    Instant at{};
    std::string why{};
    bool operator==(const Rejection&) const = default;
};

struct RoleRecord {
    std::string role{};
    CertificateId assigned{};  // "" when none; what the role really points at, observed
    bool dangling{};           // it points at something that is not there
    CertificateId previous{};
    CertificateId activated{};     // empty, or the assigned one once it was activated
    CertificateId verified{};      // empty, or the assigned one once it was verified
    SharedText verified_checks{};  // digest of the checks that were made
    std::vector<Rejection> rejected{};
    bool owned{};  // the present assignment was made by this tool
    SharedText pool{};
    bool operator==(const RoleRecord&) const = default;
};

struct Finding {         // something in the store that is not as it should be; never deleted, never trusted
    std::string path{};  // inside the store
    std::string code{};  // "rubbish", "unreadable", "key-mismatch", "key-exposed", "dangling-role", …
    std::string text{};
    bool operator==(const Finding&) const = default;
};

struct StoreObservation {
    bool exists{};                   // false: an empty store that was never written
    std::string store_id{};          // random, made once; "" while it does not exist
    std::string kind{"directory"};   // or "windows"
    bool activates{};                // something is run after an assignment
    std::optional<Instant> clock{};  // the far side's, when it was read
    std::vector<TrustEntry>
        trust{};  // all vectors sorted by their key, so that equal stores are equal values
    std::vector<PersonalEntry> personal{};
    std::vector<RequestEntry> requests{};
    std::vector<RoleRecord> roles{};
    std::vector<Finding> findings{};
    bool operator==(const StoreObservation&) const = default;
};

// Gives texts that other servers' entries have as well the one place that they have there.
void share_texts(StoreObservation& observation, SharedTexts& texts);

// Certificates appear once in `certificates` (sha256 → base64 DER), by name elsewhere. Used by the node's
// protocol and by saved observations. `known` certificates (already at the other end) are named only.
// from_json throws Error "bad-observation".
[[nodiscard]] nlohmann::ordered_json to_json(const StoreObservation& observation,
                                             const std::vector<std::string>& known = {});
[[nodiscard]] StoreObservation store_observation_from_json(const nlohmann::ordered_json& json,
                                                           x509::CertificateCache& cache);

}  // namespace edgecert
