// Any bytes as a saved plan: refused with a sentence, or read so that it comes back the same and can be shown
// in every form. After an 'S' its ids and its summary are made anew: without them hardly a changed plan would
// be looked at.
#include "engine/plan/plan.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/diagnostic/diagnostic.h"
#include "engine/plan/fit.h"
#include "engine/plan/json_reader.h"
#include "engine/plan/plan_json.h"
#include "engine/report/render.h"

namespace {

void require(bool holds, const char* law) {
    if (!holds) {
        (void)std::fprintf(stderr, "broken: %s\n", law);
        std::abort();
    }
}

bool is_harmless(std::string_view text) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && c != '\n') || byte == 0x7f) {
            return false;
        }
    }
    return true;
}

void check(const edgecert::Plan& plan) {
    const std::string bytes = edgecert::to_json(plan).dump();
    require(edgecert::plan_from_json(bytes) == plan, "a plan comes back from its JSON as it was");
    require(edgecert::plan_id(plan) == plan.id, "a plan that was read has its own id");
    for (const edgecert::UnitPlan& unit : plan.units) {
        require(!edgecert::misfit(unit, unit), "a unit's plan fits itself");
    }
    const edgecert::RenderOptions options{false, true, plan.inputs.at};
    require(is_harmless(edgecert::render_text(plan, options)), "text obeys no control character");
    require(is_harmless(edgecert::render_markdown(plan, options)), "Markdown obeys no control character");
    require(is_harmless(edgecert::render_drift_text(plan, options)), "drift obeys no control character");
    require(is_harmless(edgecert::render_drift_prometheus(plan)), "metrics obey no control character");
    require(is_harmless(edgecert::render_drift_junit(plan)), "JUnit obeys no control character");
    require(is_harmless(edgecert::render_dot(plan)), "DOT obeys no control character");
    require(is_harmless(edgecert::render_mermaid(plan)), "Mermaid obeys no control character");
    require(!edgecert::drift_to_json(plan).dump().empty(), "drift has a JSON form");
}

// What make_plan does not take is refused: a circle, two steps of one id.
edgecert::Plan sealed(std::string_view bytes) {
    edgecert::Plan parts =
        edgecert::unsealed_plan_from_json(edgecert::parse_json(bytes, edgecert::JsonBounds{}, "bad-plan"));
    edgecert::Plan plan;
    try {
        plan = edgecert::make_plan(parts.inputs, parts.requirements, parts.units, parts.diagnostics);
    } catch (const edgecert::Error& error) {
        throw edgecert::Error("bad-plan", error.diagnostic().text);
    }
    plan.to_look_at_only = parts.to_look_at_only;
    return plan;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes as characters
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    try {
        const bool seal = !bytes.empty() && bytes.front() == 'S';
        check(seal ? sealed(bytes.substr(1)) : edgecert::plan_from_json(bytes));
    } catch (const edgecert::Error& error) {
        require(error.diagnostic().code == "bad-plan", "what is no plan is refused as such");
        require(is_harmless(error.diagnostic().text), "a refusal obeys no control character");
    }
    return 0;
}
