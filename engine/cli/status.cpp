// status: the checklist of each pool as text and as JSON.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "engine/cli/addresses.h"
#include "engine/cli/certificate_text.h"
#include "engine/cli/checklist.h"
#include "engine/cli/command.h"
#include "engine/cli/inspection.h"
#include "engine/cli/json.h"
#include "engine/report/words.h"
#include "engine/text/encoding.h"

namespace edgecert {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t item_width = 15;

std::string mark(ItemState state) {
    switch (state) {
        case ItemState::done:
            return "[x]";
        case ItemState::partly:
            return "[~]";
        case ItemState::waiting:
            return "[…]";
        case ItemState::missing:
            return "[ ]";
        case ItemState::not_needed:
            return "[-]";
    }
    return "";
}

std::string wait_in_text(const Wait& wait, const std::string& indent) {
    std::string text = indent + "waits for " + printable(wait.on_whom);
    if (wait.since)
        text += " since " + to_rfc3339(*wait.since);
    return text + (wait.what_to_do.empty() ? "" : ": " + printable(wait.what_to_do)) + "\n";
}

std::string serving_in_text(const CertificateStatus& status, Instant now) {
    if (!status.serving)
        return "    serves nothing\n";
    const Serving& serving = *status.serving;
    std::string text = "    serves " + short_id(serving.sha256) + " (SHA-1 " + serving.sha1 + ") on " +
                       joined(serving.servers);
    if (serving.not_after)
        text += "\n      until " + to_rfc3339(*serving.not_after) + ", " + left(*serving.not_after, now);
    if (serving.renewal_due)
        text += "; renewal due " + to_rfc3339(*serving.renewal_due);
    return text + "\n";
}

std::string in_text(const std::vector<ChecklistItem>& items) {
    std::string text;
    for (const ChecklistItem& item : items) {
        std::string detail = item.of > 0 ? std::to_string(item.done) + " of " + std::to_string(item.of) : "";
        if (!item.text.empty())
            detail += (detail.empty() ? "" : ", ") + printable(item.text);
        text += line_of("    " + mark(item.state) + " ", item.name, detail, item_width);
    }
    return text;
}

std::string in_text(const std::vector<Diagnostic>& diagnostics) {
    std::string text;
    for (const Diagnostic& each : diagnostics) {
        text += each.severity == Severity::note ? "  note: " : "  warning: ";
        text += printable(each.text) + " [" + printable(each.code) + "]\n";
    }
    return text;
}

std::string in_text(const CertificateStatus& status, Instant now) {
    std::string text = "  " + status.name + " (" + joined(status.roles) + ")\n";
    text += in_text(status.items);
    text += serving_in_text(status, now);
    for (const Wait& wait : status.waits)
        text += wait_in_text(wait, "    ");
    return text;
}

std::string in_text(const PoolStatus& status, Instant now) {
    std::string text = "pool " + status.pool + " (site " + status.site + "), " +
                       std::to_string(status.servers) + (status.servers == 1 ? " server: " : " servers: ") +
                       std::string{to_text(status.state)} + "\n";
    if (!status.deadline.empty())
        text += "  if nothing is done: " + printable(status.deadline) + "\n";
    for (const Unreachable& each : status.unreachable)
        text += "  " + each.server + " cannot be reached: " + printable(each.why) + "\n";
    text += in_text(status.diagnostics);
    for (const Wait& wait : status.waits)
        text += wait_in_text(wait, "  ");
    if (!status.further_trust.empty())
        text += "  trusted besides\n" + in_text(status.further_trust);
    for (const CertificateStatus& certificate : status.certificates)
        text += in_text(certificate, now);
    if (status.next_change && !status.due)
        text += "  nothing to do before " + to_rfc3339(*status.next_change) + "\n";
    return text;
}

Json waits_to_json(const std::vector<Wait>& waits) {
    auto list = Json::array();
    for (const Wait& wait : waits) {
        list.push_back({{"code", wait.code},
                        {"on_whom", wait.on_whom},
                        {"since", time_to_json(wait.since)},
                        {"what_to_do", wait.what_to_do}});
    }
    return list;
}

Json serving_to_json(const std::optional<Serving>& serving, Instant now) {
    if (!serving)
        return nullptr;
    const Json days = serving->not_after
                          ? Json(std::chrono::floor<std::chrono::days>(*serving->not_after - now).count())
                          : Json(nullptr);
    return {{"sha256", serving->sha256},
            {"sha1", serving->sha1},
            {"serial", serving->serial},
            {"names", serving->names},
            {"roles", serving->roles},
            {"servers", serving->servers},
            {"not_after", time_to_json(serving->not_after)},
            {"days_left", days},
            {"renewal_due", time_to_json(serving->renewal_due)}};
}

Json to_json(const std::vector<ChecklistItem>& items) {
    auto list = Json::array();
    for (const ChecklistItem& item : items) {
        list.push_back({{"item", item.name},
                        {"state", to_text(item.state)},
                        {"done", item.done},
                        {"of", item.of},
                        {"text", item.text}});
    }
    return list;
}

Json to_json(const CertificateStatus& status, Instant now) {
    Json json = {{"name", status.name}, {"roles", status.roles}, {"checklist", to_json(status.items)}};
    json["serving"] = serving_to_json(status.serving, now);
    json["waits"] = waits_to_json(status.waits);
    return json;
}

Json to_json(const PoolStatus& status, Instant now) {
    Json json = {{"pool", status.pool},
                 {"site", status.site},
                 {"state", to_text(status.state)},
                 {"servers", status.servers},
                 {"deadline", status.deadline},
                 {"next_change", time_to_json(status.next_change)},
                 {"unreachable", Json::array()},
                 {"waits", waits_to_json(status.waits)},
                 {"further_trust", to_json(status.further_trust)},
                 {"certificates", Json::array()}};
    for (const Unreachable& each : status.unreachable) {
        json["unreachable"].push_back({{"server", each.server}, {"why", each.why}, {"blocks", each.blocks}});
    }
    for (const CertificateStatus& certificate : status.certificates)
        json["certificates"].push_back(to_json(certificate, now));
    return json;
}

std::string in_text(const UnitPlan& authority) {
    const Overview& overview = authority.overview;
    std::string text = printable(overview.title) + ": " + std::string{to_text(overview.state)} + "\n";
    text += in_text(authority.diagnostics);
    if (overview.next_change && authority.steps.empty())
        text += "  nothing changes before " + to_rfc3339(*overview.next_change) + "\n";
    return text;
}

// What there is to show, in the order in which it is shown.
struct FleetStatus {
    std::vector<PoolStatus> pools{};
    std::vector<UnitPlan> authorities{};
};

std::string all_in_text(const FleetStatus& fleet, Instant now) {
    std::string text;
    for (const PoolStatus& pool : fleet.pools)
        text += (text.empty() ? "" : "\n") + in_text(pool, now);
    text = text.empty() ? "no pool is declared\n" : text;
    for (const UnitPlan& authority : fleet.authorities)
        text += "\n" + in_text(authority);
    return text;
}

std::string all_in_json(const FleetStatus& fleet, Instant now) {
    Json json = {{"format", "edgecert.status/1"},
                 {"at", to_rfc3339(now)},
                 {"pools", Json::array()},
                 {"authorities", Json::array()}};
    for (const PoolStatus& pool : fleet.pools)
        json["pools"].push_back(to_json(pool, now));
    for (const UnitPlan& authority : fleet.authorities) {
        const Overview& overview = authority.overview;
        json["authorities"].push_back({{"authority", overview.unit.substr(overview.unit.find('/') + 1)},
                                       {"state", to_text(overview.state)},
                                       {"next_change", time_to_json(overview.next_change)}});
    }
    return text_of(json);
}

int run_status(const Options& options, Console& console) {
    const Instant now = system_time();
    Inspection inspection{options, console, now};
    const PlanInputs inputs = inputs_of(options, inspection.fleet(), now);
    FleetUnits& units = inspection.look(inputs.targets);
    const Plan plan = inspection.plan(PlanInputs{.at = now});
    std::map<std::string, AuthoritySpec> authorities;
    for (const AuthoritySpec& spec : inspection.fleet().authorities)
        authorities.emplace(spec.name, spec);
    FleetStatus fleet;
    std::copy_if(plan.units.begin(),
                 plan.units.end(),
                 std::back_inserter(fleet.authorities),
                 [](const UnitPlan& each) { return is_authority(each.overview.unit); });
    for (const auto& unit : units.pools()) {
        const auto found = std::find_if(plan.units.begin(), plan.units.end(), [&](const UnitPlan& each) {
            return each.overview.unit == unit->id();
        });
        if (found == plan.units.end())
            continue;
        PoolView view = unit->view();
        for (const auto& authority : units.authorities())
            view.authorities[authority->spec().name] = authority->view();
        fleet.pools.push_back(pool_status(unit->pool(), authorities, view, *found, plan.inputs));
    }
    console.result(options.format == "json" ? all_in_json(fleet, now) : all_in_text(fleet, now));
    return exit_status(plan);
}

}  // namespace

Command status_command() {
    return {.name = "status",
            .usage = "[OPTIONS] [PATH…]",
            .summary = "a checklist of each pool: from the chain trusted to the assignment verified",
            .description =
                "For each certificate of each pool: is the chain trusted everywhere, is a request open, is "
                "the certificate issued, installed, "
                "transferred to the other servers, assigned, verified; which certificate serves now, for how "
                "many days still, when its "
                "renewal is due, and what waits for whom. Changes nothing.",
            .options = {paths_row(), target_row(), parallel_row(), format_row({"text", "json"})},
            .examples = {{.line = "edgecert status fleet --target ams-edge",
                          .text = "How far one pool has come."}},
            .exits = {{.status = 0, .text = "shown; nothing waits for anybody"},
                      {.status = 1, .text = "a server, or an authority it needs, was not reached; it failed"},
                      {.status = 3, .text = "shown; somebody has to act"}},
            .run = run_status};
}

}  // namespace edgecert
