// Fit: may a fresh plan be carried out under an approved one? Decided per unit, before and after every step.
#pragma once

#include <optional>
#include <string>

#include "engine/plan/plan.h"

namespace edgecert {

// The approved plan fits a unit while every step of the fresh plan is in it with equal known fields and
// expectations; steps that vanished are done; `wait` is exempt; an approved assign-role with before and after
// exchanged on a rejected issuance fits (the way back, marked by the reason code "way-back"; the
// activate-role and verify-role steps that follow it for the same server and role fit with it). `after` ids
// of vanished steps do not matter. nullopt: it fits; else a sentence that names the first step that does not,
// and why.
[[nodiscard]] std::optional<std::string> misfit(const UnitPlan& approved, const UnitPlan& fresh);

}  // namespace edgecert
