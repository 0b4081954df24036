// Plan: all steps of all units with what people need to judge them; its canonical bytes, its id, its JSON
// form.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plan/step.h"

namespace edgecert {

// Inputs of planning besides manifests and observation; recorded in the plan and hashed in its id (but for
// `at`).
struct PlanInputs {
    Instant at{};
    std::vector<std::string> targets{};  // addresses; sorted; empty: everything
    std::vector<std::string> retry{};
    std::vector<std::string> resubmit{};
    std::map<std::string, std::string> request_ids{};  // address → the CA's request id
    bool until_installed{};                            // stop at the barrier
    bool operator==(const PlanInputs&) const = default;
};

// One certificate that serves now, as the top of a pool shows it.
struct Serving {
    std::string certificate{};  // declared name, or "" for one nobody declared
    std::vector<std::string> roles{};
    std::string sha256{};
    std::string sha1{};
    std::string serial{};
    std::vector<std::string> names{};
    std::optional<Instant> not_after{};
    std::vector<std::string> servers{};
    std::optional<Instant> renewal_due{};
    bool operator==(const Serving&) const = default;
};

struct Unreachable {
    std::string server{};
    std::string why{};
    std::vector<std::string> blocks{};  // what cannot go on without it
    bool operator==(const Unreachable&) const = default;
};

enum class UnitState { converged, changes, waiting, blocked, failed };
[[nodiscard]] std::string_view to_text(UnitState state);
[[nodiscard]] std::optional<UnitState> parse_unit_state(std::string_view text);

// What stands at the top of a unit.
struct Overview {
    UnitId unit{};
    std::string title{};  // "pool ams-edge (site amsterdam, edge-int.ams.contoso.net)"
    UnitState state{UnitState::converged};
    int servers{};  // 0 for an authority
    std::vector<Serving> serving{};
    std::string deadline{};  // what happens if nothing is done: "internal expires in 36 h, on all 3 servers"
    std::optional<Instant> deadline_at{};
    std::string worst_moment{};  // "2 of 3 servers serve a valid certificate"
    std::vector<Unreachable> unreachable{};
    std::vector<std::string> names_lost{};
    std::vector<std::string> names_gained{};
    std::map<std::string, int> orders{};   // authority → certificates asked of it
    std::vector<std::string> key_moves{};  // "internal: edge01 → edge02"
    std::vector<std::string> roots_added{};
    std::vector<std::string> roots_removed{};
    std::string way_back{};                // empty when nothing is switched
    std::optional<Instant> observed_at{};  // the oldest observation
    std::vector<std::string> clock_differences{};
    std::optional<Instant> next_change{};  // until then the plan stays empty if nobody changes anything
    std::vector<std::string> notes{};      // facts worth a line (rubbish in a store, too many roots, …)
    bool operator==(const Overview&) const = default;
};

struct UnitPlan {
    Overview overview{};
    std::vector<Step> steps{};  // in the order in which they would run
    std::vector<Diagnostic> diagnostics{};
    bool operator==(const UnitPlan&) const = default;
};

struct Plan {
    std::string id{};
    PlanInputs inputs{};
    std::string requirements{};             // digest of the declared requirements
    bool to_look_at_only{};                 // made with --at or --observed: never applied
    std::vector<UnitPlan> units{};          // authorities first, then pools, each in the order of their names
    std::vector<Diagnostic> diagnostics{};  // of the manifests
    bool operator==(const Plan&) const = default;
};

// sha256 over the canonical steps (ids, actions, places, fields, after, expects), the inputs without `at`,
// and the declared requirements; not over texts, sources, paths, diagnostics or the time.
[[nodiscard]] std::string plan_id(const Plan& plan);

// One unit's plan in the form in which plans are compared and hashed: ids filled, `after` sorted and without
// repetitions, bytes that are not UTF-8 escaped, steps in an order that keeps to `after` and otherwise to the
// given one. `after` may name steps of other units. Throws Error "circular-steps", and "duplicate-step" when
// two steps other than waits have one id.
[[nodiscard]] UnitPlan in_order(UnitPlan unit);

// An authority's unit comes before every pool's, then by name.
[[nodiscard]] bool is_authority(const UnitId& unit);
[[nodiscard]] bool comes_before(const UnitId& a, const UnitId& b);

// Puts steps and units in their order, fills ids of steps (step_id), sorts `after`, computes the plan's id.
// Throws Error "circular-steps".
[[nodiscard]] Plan make_plan(PlanInputs inputs,
                             std::string requirements,
                             std::vector<UnitPlan> units,
                             std::vector<Diagnostic> diagnostics);

struct Counts {
    int pools{};
    int servers{};
    int issue{};       // certificates for which a request is made or submitted
    int keys_moved{};  // transfers
    std::map<Action, int> by_action{};
};
[[nodiscard]] Counts count(const Plan& plan);
[[nodiscard]] bool has_changes(const Plan& plan);  // any step but wait

// edgecert.plan/1 as cli.md describes it, every field always. from_json throws Error "bad-plan" on anything
// unexpected and checks the id.
[[nodiscard]] nlohmann::ordered_json to_json(const Plan& plan);
[[nodiscard]] Plan plan_from_json(std::string_view bytes);

// Exit status of a plan as such: 0, 1 (unreachable), 3 (somebody has to act). Changes are the caller's
// business (2).
[[nodiscard]] int exit_status(const Plan& plan);
[[nodiscard]] int exit_status(const UnitPlan& unit);

}  // namespace edgecert
