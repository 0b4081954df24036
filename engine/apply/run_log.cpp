// Reading run records: each line on its own, so that a record that was cut off reads as far as it goes.
#include "engine/apply/run_log.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/files/files.h"
#include "engine/plan/json_reader.h"
#include "engine/text/encoding.h"

namespace edgecert {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t record_limit = 64UL << 20U;
constexpr std::string_view suffix = ".jsonl";

std::string text_of(const ordered_json& line, const char* name) {
    const auto found = line.find(name);
    return found != line.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void count_outcome(RunLog& run, const std::string& outcome) {
    run.done += outcome == "done" ? 1 : 0;
    run.waiting += outcome == "waiting" ? 1 : 0;
    run.failed += outcome == "failed" ? 1 : 0;
}

void take(RunLog& run, const ordered_json& line) {
    RunEvent event;
    event.event = text_of(line, "event");
    const std::optional<Instant> at = parse_rfc3339(text_of(line, "at"));
    if (event.event.empty() || !at) {
        ++run.unreadable;
        return;
    }
    event.at = *at;
    run.lines.push_back(line.dump());
    if (event.event == "begin") {
        run.begun = *at;
        run.who = text_of(line, "who");
        run.command = text_of(line, "command");
        run.plan_id = text_of(line, "plan");
        return;
    }
    if (event.event == "end") {
        run.ended = at;
        const auto status = line.find("exit_status");
        if (status != line.end() && status->is_number_integer()) {
            run.exit_status = static_cast<int>(status->get<std::int64_t>() & 0xff);
        }
        return;
    }
    event.unit = text_of(line, "unit");
    event.summary = text_of(line, "summary");
    event.outcome = text_of(line, event.event == "unit-ended" ? "result" : "outcome");
    event.text = text_of(line, event.event == "note" ? "text" : "why");
    if (event.event == "step-ended") {
        count_outcome(run, event.outcome);
    }
    run.events.push_back(std::move(event));
}

// A unit may wait, or fail, without a step of its own that did: it is counted as one.
void count_units(RunLog& run) {
    std::set<std::pair<std::string, std::string>> told;  // unit and outcome of steps
    for (const RunEvent& event : run.events) {
        if (event.event == "step-ended") {
            told.emplace(event.unit, event.outcome);
        } else if (event.event == "unit-ended" && !told.contains({event.unit, event.outcome})) {
            count_outcome(run, event.outcome);
        }
    }
}

RunLog parse_run(std::string name, std::string_view bytes) {
    RunLog run;
    run.name = std::move(name);
    while (!bytes.empty()) {
        const std::size_t end = std::min(bytes.find('\n'), bytes.size());
        const std::string_view line = bytes.substr(0, end);
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
        try {
            const ordered_json value = parse_json(line, JsonBounds{1UL << 20U, 1000, 100, 4}, "bad-run");
            static_cast<void>(ObjectReader(value, "", "bad-run"));
            take(run, value);
        } catch (const Error&) {
            ++run.unreadable;  // the last line of a run that was cut off, or somebody else's file
        }
    }
    count_units(run);
    return run;
}

// Names begin with the second, and of one second the later ones end with "-2", "-3", ….
bool begins_before(const std::string& a, const std::string& b) {
    const auto key = [](const std::string& name) {
        const std::string_view all(name);
        const std::string_view end = all.substr(std::min(all.rfind('-') + 1, all.size()));
        const bool numbered =
            !end.empty() && end.size() <= 2 && end.find_first_not_of("0123456789") == std::string_view::npos;
        return std::tuple(all.substr(0, all.find('-')), numbered ? std::stoi(std::string(end)) : 1, all);
    };
    return key(a) < key(b);
}

std::vector<std::string> names_of(const Folder& folder) {
    std::vector<std::string> names;
    for (const std::string& name : folder.names()) {
        if (name.size() > suffix.size() && name.substr(name.size() - suffix.size()) == suffix) {
            names.push_back(name.substr(0, name.size() - suffix.size()));
        }
    }
    return names;
}

ordered_json summary_of(const RunLog& run) {
    return {{"name", run.name},
            {"begun", to_rfc3339(run.begun)},
            {"who", run.who},
            {"command", run.command},
            {"plan", run.plan_id},
            {"ended", instant_or_null(run.ended)},
            {"exit_status", run.exit_status ? ordered_json(*run.exit_status) : ordered_json(nullptr)},
            {"done", run.done},
            {"waiting", run.waiting},
            {"failed", run.failed},
            {"unreadable_lines", run.unreadable}};
}

}  // namespace

std::vector<RunLog> list_runs(const std::filesystem::path& folder) {
    std::vector<RunLog> runs;
    const std::optional<Folder> opened = Folder::open_existing(folder);
    if (!opened) {
        return runs;
    }
    for (const std::string& name : names_of(*opened)) {
        RunLog run = parse_run(name, opened->read(name + std::string(suffix), record_limit).value_or(""));
        run.events.clear();
        run.lines.clear();
        runs.push_back(std::move(run));
    }
    std::sort(runs.begin(), runs.end(), [](const RunLog& a, const RunLog& b) {
        return begins_before(b.name, a.name);
    });
    return runs;
}

RunLog read_run(const std::filesystem::path& folder, std::string_view name) {
    const std::optional<Folder> opened = Folder::open_existing(folder);
    std::vector<std::string> fitting;
    for (const std::string& one : opened ? names_of(*opened) : std::vector<std::string>{}) {
        if (one == name) {
            fitting = {one};
            break;
        }
        if (name == "last" || std::string_view(one).substr(0, name.size()) == name) {
            fitting.push_back(one);
        }
    }
    if (fitting.empty()) {
        throw Error("no-run", "there is no run " + printable(name, 128), "`edgecert log` lists them");
    }
    if (fitting.size() > 1 && name != "last") {
        throw Error("no-run", "several runs begin with " + printable(name, 128), "`edgecert log` lists them");
    }
    const std::string& found = *std::max_element(fitting.begin(), fitting.end(), begins_before);
    return parse_run(found, opened->read(found + std::string(suffix), record_limit).value_or(""));
}

ordered_json to_json(const std::vector<RunLog>& runs) {
    ordered_json list = ordered_json::array();
    for (const RunLog& run : runs) {
        list.push_back(summary_of(run));
    }
    return {{"format", "edgecert.runs/1"}, {"runs", list}};
}

ordered_json to_json(const RunLog& run) {
    ordered_json events = ordered_json::array();
    for (const std::string& line : run.lines) {
        events.push_back(ordered_json::parse(line));
    }
    ordered_json result = {{"format", "edgecert.run/1"}};
    result.update(summary_of(run));
    result["events"] = events;
    return result;
}

}  // namespace edgecert
