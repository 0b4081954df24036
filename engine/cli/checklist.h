// Checklist: how far each certificate of a pool has come, from what was observed; what `status` shows.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/plan/plan.h"
#include "resources/pool/desired.h"
#include "resources/pool/view.h"

namespace edgecert {

enum class ItemState { done, partly, waiting, missing, not_needed };
[[nodiscard]] std::string_view to_text(ItemState state);

struct ChecklistItem {
    std::string name{};  // chain-trusted, request, issued, installed, transferred, assigned, verified
    ItemState state{ItemState::missing};
    int done{};  // of how many servers; both 0 where servers are not counted
    int of{};
    std::string text{};
    bool operator==(const ChecklistItem&) const = default;
};

struct CertificateStatus {
    std::string name{};
    std::vector<std::string> roles{};
    std::vector<ChecklistItem> items{};  // always the seven, in that order
    std::optional<Serving> serving{};    // what serves most of its roles now
    std::vector<Wait> waits{};
};

struct PoolStatus {
    std::string pool{};
    std::string site{};
    UnitState state{UnitState::converged};
    int servers{};
    std::string deadline{};
    std::optional<Instant> next_change{};
    bool due{};  // something is to be done now
    std::vector<Unreachable> unreachable{};
    std::vector<Diagnostic> diagnostics{};       // the plan's own: warnings and notes about the servers
    std::vector<Wait> waits{};                   // those of the pool as a whole
    std::vector<ChecklistItem> further_trust{};  // chain-trusted, of authorities that issue nothing here
    std::vector<CertificateStatus> certificates{};
};

// Pure. `plan` is the pool's plan made with `inputs` on `view`.
[[nodiscard]] PoolStatus pool_status(const Pool& pool,
                                     const std::map<std::string, AuthoritySpec>& authorities,
                                     const PoolView& view,
                                     const UnitPlan& plan,
                                     const PlanInputs& inputs);

}  // namespace edgecert
