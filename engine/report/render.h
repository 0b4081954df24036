// Every form in which plans, drift, runs and run records are shown: one model, many renderers.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

#include "engine/apply/executor.h"
#include "engine/apply/run_log.h"
#include "engine/plan/plan.h"
#include "engine/time/instant.h"

namespace edgecert {

struct RenderOptions {
    bool colour{};
    bool verbose{};  // fields, ids, and lists that are not cut
    Instant now{};   // for what is left of a span; a plan's own time when it is looked at for another date
    bool for_another_date{};  // `now` is not the time of the look, so nothing observed has an age
};

// The plan for people: the head of each unit with what is needed at night, its steps with their reasons, one
// line for each converged unit, one closing line that counts. Diagnostics of manifests are not in it.
// Everything ends with a line feed.
[[nodiscard]] std::string render_text(const Plan& plan, const RenderOptions& options);
[[nodiscard]] std::string render_markdown(const Plan& plan,
                                          const RenderOptions& options);  // nothing is cut; for a review

// What a run did, and what is left: "Nothing left to do.", or what waits and for whom, what failed and what
// was done.
[[nodiscard]] std::string render_text(const Run& run, const RenderOptions& options);

// Drift: the same plan, looked at as a comparison. The time of the comparison is plan.inputs.at.
[[nodiscard]] std::string render_drift_text(const Plan& plan, const RenderOptions& options);
[[nodiscard]] nlohmann::ordered_json drift_to_json(const Plan& plan);  // edgecert.drift/1
[[nodiscard]] std::string render_drift_prometheus(const Plan& plan);   // text exposition format 0.0.4
[[nodiscard]] std::string render_drift_junit(
    const Plan& plan);  // a testsuite a unit, a testcase a server and certificate

// The plan's steps and what comes after what.
[[nodiscard]] std::string render_dot(const Plan& plan);
[[nodiscard]] std::string render_mermaid(const Plan& plan);

// Run records, newest first; one run with its events.
[[nodiscard]] std::string render_text(const std::vector<RunLog>& runs);
[[nodiscard]] std::string render_text(const RunLog& run);

}  // namespace edgecert
