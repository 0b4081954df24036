// The node's protocol: what frames, requests and answers look like; the one definition that both sides use.
//
// Both sides begin with a hello ('h'). Then the controller sends one request ('q') at a time and the node one
// answer ('a') to it. Secrets (passwords, PFX) come in frames of their own ('s') just before the request or
// answer they belong to, so that they are never part of a text. Keep-alive frames ('k') say that the
// controller is still there.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/time/instant.h"
#include "resources/stores/key_carrier.h"
#include "resources/stores/store.h"

namespace edgecert::protocol {

// The current version and the one before are spoken; the first one has none before it.
inline constexpr int newest_version = 1;
inline constexpr int oldest_version = 1;

// The kind of store that carries keys as they are (KeyCarrier), as its hello names it.
inline constexpr std::string_view windows_kind = "windows";

inline constexpr char hello_frame = 'h';
inline constexpr char request_frame = 'q';
inline constexpr char answer_frame = 'a';
inline constexpr char secret_frame = 's';

inline constexpr std::size_t request_limit = 16U << 20U;
inline constexpr std::size_t answer_limit = 64U << 20U;
inline constexpr std::size_t secret_limit = 4U << 20U;
inline constexpr std::size_t secrets_at_once = 2;
inline constexpr std::size_t known_limit = 512;
inline constexpr Seconds node_patience{60};  // without any frame

enum class Operation {
    observe,
    lock,
    unlock,
    trust,
    distrust,
    create_request,
    keep_request,
    note_request,
    forget_request,
    accept,
    export_pfx,
    import_pfx,
    export_key,  // these two in place of the two above, with a store of the kind "windows"
    import_key,
    set_friendly_name,
    assign,
    unassign,
    activate,
    note_role,
    handshake,
    retire,
};
[[nodiscard]] std::string_view to_text(Operation operation);
[[nodiscard]] std::optional<Operation> parse_operation(std::string_view text);
[[nodiscard]] Seconds deadline_of(Operation operation);  // for the answer; a lock's patience comes on top

struct Hello {
    int oldest{oldest_version};
    int newest{newest_version};
    std::string program{};  // version of the program, for people
    std::string kind{};     // of the store; a controller's is ""
    bool activates{};
    std::optional<Instant> clock{};
    bool operator==(const Hello&) const = default;
};
[[nodiscard]] std::string hello_text(const Hello& hello);
[[nodiscard]] Hello parse_hello(std::string_view text);           // Error "bad-hello"
[[nodiscard]] int agree(const Hello& ours, const Hello& theirs);  // Error "protocol-mismatch"

[[nodiscard]] std::string request_text(std::int64_t id,
                                       Operation operation,
                                       const nlohmann::ordered_json& with);
[[nodiscard]] std::string answer_text(std::int64_t id, const nlohmann::ordered_json& result);
[[nodiscard]] std::string error_text(std::int64_t id, const Diagnostic& why);
// The result, or what the node says went wrong, everything in it printable. Error "node-lies": no answer, or
// one to another request.
[[nodiscard]] std::variant<nlohmann::ordered_json, Diagnostic> read_answer(std::string_view text,
                                                                           std::int64_t id);

// Values in requests and answers. The readers are strict (Error `code`): a field that is unknown is refused,
// for what the node is to do with it would be a guess.
[[nodiscard]] nlohmann::ordered_json kind_to_json(TrustKind kind);
[[nodiscard]] TrustKind kind_from_json(const nlohmann::ordered_json& json, const std::string& code);
[[nodiscard]] nlohmann::ordered_json profile_to_json(x509::PfxProfile profile);
[[nodiscard]] x509::PfxProfile profile_from_json(const nlohmann::ordered_json& json, const std::string& code);
[[nodiscard]] nlohmann::ordered_json key_to_json(const RequestKey& key);
[[nodiscard]] RequestKey key_from_json(const nlohmann::ordered_json& json, const std::string& code);
[[nodiscard]] nlohmann::ordered_json order_to_json(const RequestOrder& order);
[[nodiscard]] RequestOrder order_from_json(const nlohmann::ordered_json& json, const std::string& code);
[[nodiscard]] nlohmann::ordered_json note_to_json(const RequestNote& note);
[[nodiscard]] RequestNote note_from_json(const nlohmann::ordered_json& json,
                                         x509::CertificateCache& cache,
                                         const std::string& code);
[[nodiscard]] nlohmann::ordered_json assignment_to_json(const RoleAssignment& assignment);
[[nodiscard]] RoleAssignment assignment_from_json(const nlohmann::ordered_json& json,
                                                  const std::string& code);
[[nodiscard]] nlohmann::ordered_json role_note_to_json(const RoleNote& note);
[[nodiscard]] RoleNote role_note_from_json(const nlohmann::ordered_json& json, const std::string& code);
[[nodiscard]] nlohmann::ordered_json handshake_order_to_json(const HandshakeOrder& order);
[[nodiscard]] HandshakeOrder handshake_order_from_json(const nlohmann::ordered_json& json,
                                                       const std::string& code);
[[nodiscard]] nlohmann::ordered_json handshake_result_to_json(const HandshakeResult& result);
[[nodiscard]] HandshakeResult handshake_result_from_json(const nlohmann::ordered_json& json,
                                                         const std::string& code);
// The parcel without its key, which goes beside it as a secret.
[[nodiscard]] nlohmann::ordered_json parcel_to_json(const KeyParcel& parcel);
[[nodiscard]] KeyParcel parcel_from_json(const nlohmann::ordered_json& json,
                                         x509::CertificateCache& cache,
                                         const std::string& code);
[[nodiscard]] nlohmann::ordered_json command_result_to_json(const CommandResult& result);
[[nodiscard]] CommandResult command_result_from_json(const nlohmann::ordered_json& json,
                                                     const std::string& code);

}  // namespace edgecert::protocol
