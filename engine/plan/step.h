// Step: one change, named, placed and reasoned; what every unit speaks and every renderer shows.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/time/instant.h"

namespace edgecert {

using StepId = std::string;  // 64 lower-case hex digits
using UnitId = std::string;  // "authority/contoso-issuing" or a pool's name

enum class Action {
    create_authority,
    trust_root,
    trust_intermediate,
    distrust,
    create_request,
    submit_request,
    collect_certificate,
    install_certificate,
    transfer_certificate,
    set_friendly_name,
    assign_role,
    activate_role,
    verify_role,
    unassign_role,
    retire_certificate,
    wait
};
[[nodiscard]] std::string_view to_text(Action action);  // "create-authority", …
[[nodiscard]] std::optional<Action> parse_action(std::string_view text);
[[nodiscard]] const std::vector<Action>& all_actions();

enum class Cause { manifest, drift, time, fresh };  // fresh is "new" in text and JSON
[[nodiscard]] std::string_view to_text(Cause cause);
[[nodiscard]] std::optional<Cause> parse_cause(std::string_view text);

struct Reason {
    std::string code{};  // stable, e.g. "name-missing"
    std::string text{};  // a clause for people
    Cause cause{Cause::fresh};
    Source where{};  // in the manifest, as far as there is one
    bool operator==(const Reason&) const = default;
};

// before/after as text; empty: absent. `known_later` stands for what only the issued certificate will tell.
struct FieldChange {
    std::string name{};
    std::string before{};
    std::string after{};
    bool operator==(const FieldChange&) const = default;
};
inline constexpr std::string_view known_later = "(known after issue)";
// The reason code of steps that undo an approved assignment whose certificate was rejected.
inline constexpr std::string_view way_back_code = "way-back";

// What of the view a step relies on, by name and fingerprint; compared when it runs.
struct Expectation {
    std::string name{};
    std::string fingerprint{};
    bool operator==(const Expectation&) const = default;
};

// Whom a `wait` waits for decides the exit status.
enum class WaitKind {
    authority,  // a CA works on it or its officer has to act: 3
    person,     // an operator has to act (pin, rejection, ambiguous submission, unusable answer, lost key): 3
    server,     // a server cannot be reached or read: 1
    unit,       // another unit of this plan comes first or failed
    authority_unreachable  // 1
};
[[nodiscard]] std::string_view to_text(WaitKind kind);
[[nodiscard]] std::optional<WaitKind> parse_wait_kind(std::string_view text);
struct Wait {
    WaitKind kind{WaitKind::person};
    std::string code{};     // stable, e.g. "request-pending", "no-pin", "server-unreachable", "role-rejected"
    std::string on_whom{};  // "the officer of contoso-issuing (request 42)"
    std::optional<Instant> since{};
    std::string what_to_do{};
    bool operator==(const Wait&) const = default;
};

struct Step {
    StepId id{};
    Action action{Action::wait};
    UnitId unit{};
    std::string server{};       // where it is done; empty for an authority
    std::string role{};         // for role steps
    std::string certificate{};  // the declared certificate's name, or the authority's for trust steps
    std::string object{};  // issuance id if the thing has one, else SHA-256: 64 hex digits; empty if neither
    std::vector<Reason> reasons{};  // all of them
    std::vector<FieldChange> fields{};
    std::vector<StepId> after{};  // sorted
    std::vector<Expectation> expects{};
    std::optional<Wait> wait{};  // for Action::wait
    bool irreversible{};         // a key is removed, a request goes to a CA
    std::string summary{};       // one clause for people: "assign Edge Internal 3f9a… (was 77c0…)"
    bool operator==(const Step&) const = default;
};

// hash(unit, action, server, role or certificate, object): the same before and after the unknown becomes
// known.
[[nodiscard]] StepId step_id(const Step& step);
[[nodiscard]] bool is_way_back(const Step& step);  // one of its reasons is way_back_code

struct Done {};
struct Waiting {
    std::string on_whom{};
    std::string what_to_do{};
};
struct Failed {
    Diagnostic why{};
    std::string
        stands{};  // what it did before that and does not take back, a clause for people; `why` says it too
};
using Outcome = std::variant<Done, Waiting, Failed>;

}  // namespace edgecert
