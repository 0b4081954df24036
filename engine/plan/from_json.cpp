// Reads edgecert.plan/1 back: strictly, within bounds, and only if it is the plan that its id names.
#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/plan/json_reader.h"
#include "engine/plan/plan.h"
#include "engine/plan/plan_json.h"

namespace edgecert {

using nlohmann::ordered_json;

namespace {

constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();

// The value of one of an enumeration's texts.
template <class Parse>
auto one_of(ObjectReader& reader, const std::string& name, Parse parse) {
    const auto value = parse(reader.text(name));
    if (!value) {
        reader.refuse(name, "is not one of the values that this format knows");
    }
    return *value;
}

template <class Read>
auto list_of(ObjectReader& reader, const std::string& name, Read read) {
    std::vector<decltype(read(reader))> result;
    for (ObjectReader& one : reader.objects(name)) {
        result.push_back(read(one));
        one.finish();
    }
    return result;
}

Source read_source(ObjectReader& parent, const std::string& name) {
    ObjectReader reader = parent.object(name);
    Source source;
    source.file = reader.text("file");
    source.line = static_cast<std::uint32_t>(reader.number("line", 0, most));
    source.column = static_cast<std::uint32_t>(reader.number("column", 0, most));
    reader.finish();
    return source;
}

Diagnostic read_diagnostic(ObjectReader& reader) {
    Diagnostic diagnostic;
    diagnostic.severity = one_of(reader, "severity", parse_severity);
    diagnostic.code = reader.text("code");
    diagnostic.text = reader.text("text");
    diagnostic.where = read_source(reader, "source");
    diagnostic.excerpt = reader.text("excerpt");
    diagnostic.hint = reader.text("hint");
    return diagnostic;
}

Serving read_serving(ObjectReader& reader) {
    Serving serving;
    serving.certificate = reader.text("certificate");
    serving.roles = reader.texts("roles");
    serving.sha256 = reader.text("sha256");
    serving.sha1 = reader.text("sha1");
    serving.serial = reader.text("serial");
    serving.names = reader.texts("names");
    serving.not_after = reader.instant_or_null("not_after");
    serving.servers = reader.texts("servers");
    serving.renewal_due = reader.instant_or_null("renewal_due");
    return serving;
}

Unreachable read_unreachable(ObjectReader& reader) {
    Unreachable unreachable;
    unreachable.server = reader.text("server");
    unreachable.why = reader.text("why");
    unreachable.blocks = reader.texts("blocks");
    return unreachable;
}

std::map<std::string, int> read_orders(ObjectReader& parent) {
    ObjectReader reader = parent.object("orders");
    std::map<std::string, int> orders;
    for (const std::string& authority : reader.names()) {
        orders[authority] = static_cast<int>(reader.number(authority, 0, most));
    }
    return orders;
}

UnitPlan read_unit(ObjectReader& reader) {
    UnitPlan unit;
    Overview& overview = unit.overview;
    overview.unit = reader.text("unit");
    overview.title = reader.text("title");
    overview.state = one_of(reader, "state", parse_unit_state);
    overview.servers = static_cast<int>(reader.number("servers", 0, most / 1024));
    overview.serving = list_of(reader, "serving", read_serving);
    overview.deadline = reader.text("deadline");
    overview.deadline_at = reader.instant_or_null("deadline_at");
    overview.worst_moment = reader.text("worst_moment");
    overview.unreachable = list_of(reader, "unreachable", read_unreachable);
    overview.names_lost = reader.texts("names_lost");
    overview.names_gained = reader.texts("names_gained");
    overview.orders = read_orders(reader);
    overview.key_moves = reader.texts("key_moves");
    overview.roots_added = reader.texts("roots_added");
    overview.roots_removed = reader.texts("roots_removed");
    overview.way_back = reader.text("way_back");
    overview.observed_at = reader.instant_or_null("observed_at");
    overview.clock_differences = reader.texts("clock_differences");
    overview.next_change = reader.instant_or_null("next_change");
    overview.notes = reader.texts("notes");
    unit.diagnostics = list_of(reader, "diagnostics", read_diagnostic);
    return unit;
}

Reason read_reason(ObjectReader& reader) {
    Reason reason;
    reason.code = reader.text("code");
    reason.text = reader.text("text");
    reason.cause = one_of(reader, "cause", parse_cause);
    reason.where = read_source(reader, "source");
    return reason;
}

FieldChange read_field(ObjectReader& reader) {
    return {reader.text("name"), reader.text("before"), reader.text("after")};
}

Expectation read_expectation(ObjectReader& reader) {
    return {reader.text("name"), reader.text("fingerprint")};
}

std::optional<Wait> read_wait(ObjectReader& parent) {
    if (parent.is_null("wait")) {
        return std::nullopt;
    }
    ObjectReader reader = parent.object("wait");
    Wait wait;
    wait.kind = one_of(reader, "kind", parse_wait_kind);
    wait.code = reader.text("code");
    wait.on_whom = reader.text("on_whom");
    wait.since = reader.instant_or_null("since");
    wait.what_to_do = reader.text("what_to_do");
    reader.finish();
    return wait;
}

Step read_step(ObjectReader& reader) {
    Step step;
    step.id = reader.digest("id");
    step.action = one_of(reader, "action", parse_action);
    step.unit = reader.text("unit");
    step.server = reader.text("server");
    step.role = reader.text("role");
    step.certificate = reader.text("certificate");
    step.object = reader.text("object");
    step.summary = reader.text("summary");
    step.irreversible = reader.flag("irreversible");
    step.reasons = list_of(reader, "reasons", read_reason);
    step.fields = list_of(reader, "fields", read_field);
    step.after = reader.texts("after");
    step.expects = list_of(reader, "expects", read_expectation);
    step.wait = read_wait(reader);
    if (step.wait.has_value() != (step.action == Action::wait)) {
        reader.refuse("wait", "belongs to the action wait and to no other");
    }
    return step;
}

PlanInputs read_inputs(ObjectReader& parent) {
    ObjectReader reader = parent.object("inputs");
    PlanInputs inputs;
    inputs.at = parent.instant("at");
    inputs.targets = reader.texts("targets");
    inputs.retry = reader.texts("retry");
    inputs.resubmit = reader.texts("resubmit");
    ObjectReader ids = reader.object("request_ids");
    for (const std::string& address : ids.names()) {
        inputs.request_ids[address] = ids.text(address);
    }
    inputs.until_installed = reader.flag("until_installed");
    reader.finish();
    return inputs;
}

void read_steps(ObjectReader& reader, std::vector<UnitPlan>& units) {
    std::map<UnitId, UnitPlan*> by_name;
    for (UnitPlan& unit : units) {
        by_name[unit.overview.unit] = &unit;
    }
    for (ObjectReader& one : reader.objects("steps")) {
        Step step = read_step(one);
        one.finish();
        const auto unit = by_name.find(step.unit);
        if (unit == by_name.end()) {
            one.refuse("unit", "names a unit that the plan does not have");
        }
        unit->second->steps.push_back(std::move(step));
    }
}

// The plan put together anew from its parts has to be this very plan: order, ids of steps, and its own id.
void check(const Plan& plan) {
    Plan anew;
    try {
        anew = make_plan(plan.inputs, plan.requirements, plan.units, plan.diagnostics);
    } catch (const Error& error) {
        throw Error("bad-plan", error.diagnostic().text);
    }
    if (anew.id != plan.id) {
        throw Error("bad-plan",
                    "its id is not that of its steps: it was changed after it was made, or cut",
                    "make the plan again with `edgecert plan --out FILE`");
    }
    anew.to_look_at_only = plan.to_look_at_only;
    if (anew != plan) {
        throw Error("bad-plan",
                    "its units or steps are not in their order, or the id of a step is not its own");
    }
}

}  // namespace

std::optional<Severity> parse_severity(std::string_view text) {
    for (const Severity severity : {Severity::error, Severity::warning, Severity::note}) {
        if (to_text(severity) == text) {
            return severity;
        }
    }
    return std::nullopt;
}

Plan unsealed_plan_from_json(const ordered_json& parsed) {
    ObjectReader reader(parsed, "", "bad-plan");
    if (reader.text("format") != "edgecert.plan/1") {
        reader.refuse("format", "is not edgecert.plan/1");
    }
    Plan plan;
    plan.id = reader.digest("id");
    plan.inputs = read_inputs(reader);
    plan.requirements = reader.text("requirements");
    plan.to_look_at_only = reader.flag("to_look_at_only");
    plan.units = list_of(reader, "units", read_unit);
    read_steps(reader, plan.units);
    plan.diagnostics = list_of(reader, "diagnostics", read_diagnostic);
    static_cast<void>(reader.value("summary"));  // counts what is there: only plan_from_json compares it
    reader.finish();
    return plan;
}

Plan plan_from_json(std::string_view bytes) {
    const ordered_json parsed = parse_json(bytes, JsonBounds{}, "bad-plan");
    Plan plan = unsealed_plan_from_json(parsed);
    check(plan);
    // Compared without regard to the order of fields, which a tool may have changed.
    if (nlohmann::json(parsed["summary"]) != nlohmann::json(to_json(plan)["summary"])) {
        ObjectReader(parsed, "", "bad-plan").refuse("summary", "does not count what is in the plan");
    }
    return plan;
}

}  // namespace edgecert
