// check: can everything be reached and used; changes nothing.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

#include "engine/cli/addresses.h"
#include "engine/cli/certificate_text.h"
#include "engine/cli/command.h"
#include "engine/cli/inspection.h"
#include "engine/cli/json.h"
#include "engine/text/encoding.h"
#include "resources/pool/closed.h"

namespace edgecert {
namespace {

// A clock further away than this makes certificates valid on one side only.
constexpr Seconds tolerable_clock_difference{60};

enum class CheckState { ok, warning, failed };

struct CheckLine {
    std::string subject{};  // an address
    std::string check{};    // reach, clock, store, hook, authority, pin, secret
    CheckState state{CheckState::ok};
    std::string text{};
};

std::string_view in_words(CheckState state) {
    switch (state) {
        case CheckState::ok:
            return "ok";
        case CheckState::warning:
            return "warning";
        case CheckState::failed:
            return "failed";
    }
    return "";
}

// As execvp looks for it: a name with a slash is a path, any other is looked for along PATH.
bool is_executable(const std::string& program) {
    if (program.find('/') != std::string::npos) {
        return access(program.c_str(), X_OK) == 0;
    }
    const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nobody sets the environment
    std::string_view rest = path == nullptr ? "/bin:/usr/bin" : path;
    while (!rest.empty()) {
        const auto end = std::min(rest.find(':'), rest.size());
        const auto candidate = std::filesystem::path(end == 0 ? "." : rest.substr(0, end)) / program;
        if (access(candidate.c_str(), X_OK) == 0) {
            return true;
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
}

CheckLine program_line(const std::string& subject, const std::string& check, const std::string& program) {
    const bool found = is_executable(program);
    return {.subject = subject,
            .check = check,
            .state = found ? CheckState::ok : CheckState::failed,
            .text = program + (found ? " can be run" : " cannot be run from here")};
}

CheckLine secret_line(const std::string& subject, const SecretSource& secret) {
    const std::string name = secret.value.empty() ? "" : secret.value.front();
    switch (secret.kind) {
        case SecretSource::Kind::none:
            break;
        case SecretSource::Kind::env: {
            const bool set = std::getenv(name.c_str()) != nullptr;  // NOLINT(concurrency-mt-unsafe): as above
            return {.subject = subject,
                    .check = "secret",
                    .state = set ? CheckState::ok : CheckState::failed,
                    .text = "the environment variable " + name + (set ? " is set" : " is not set")};
        }
        case SecretSource::Kind::file: {
            const bool readable = access(name.c_str(), R_OK) == 0;
            return {.subject = subject,
                    .check = "secret",
                    .state = readable ? CheckState::ok : CheckState::failed,
                    .text = name + (readable ? " can be read" : " cannot be read")};
        }
        case SecretSource::Kind::command:
            return program_line(subject, "secret", name);
    }
    return {.subject = subject, .check = "secret", .text = "none is needed"};
}

void check_authority(const AuthorityUnit& unit, Instant now, std::vector<CheckLine>& lines) {
    const std::string& subject = unit.id();
    const AuthoritySpec& spec = unit.spec();
    if (const auto* command = std::get_if<CommandAuthority>(&spec.kind);
        command != nullptr && !command->command.empty()) {
        lines.push_back(program_line(subject, "authority", command->command.front()));
    }
    if (const auto* adcs = std::get_if<AdcsAuthority>(&spec.kind)) {
        lines.push_back(secret_line(subject, adcs->password));
    }
    try {
        const Authority::Check check = unit.authority().check(now);
        for (const std::string& line : check.lines) {
            lines.push_back({.subject = subject, .check = "authority", .text = line});
        }
        for (const std::string& line : check.faults) {
            lines.push_back(
                {.subject = subject, .check = "authority", .state = CheckState::failed, .text = line});
        }
        if (!check.ok && check.faults.empty()) {
            lines.push_back({.subject = subject,
                             .check = "authority",
                             .state = CheckState::failed,
                             .text = "it is not usable"});
        }
    } catch (const Error& error) {
        lines.push_back(
            {.subject = subject, .check = "authority", .state = CheckState::failed, .text = error.what()});
    }
    // What a plan could not go past is no secret here: a CA that stores know and whose folder is empty,
    // another CA than the declared one.
    for (const Step& step : unit.plan(PlanInputs{.at = now}).steps) {
        if (step.wait && step.wait->code != "no-pin") {  // that has a line of its own
            lines.push_back({.subject = subject,
                             .check = "plan",
                             .state = CheckState::failed,
                             .text = step.reasons.front().text + "; " + step.wait->what_to_do});
        }
    }
    const auto view = unit.view();
    if (!view->pinned) {
        lines.push_back({.subject = subject,
                         .check = "pin",
                         .state = CheckState::failed,
                         .text = "no root is pinned, so nothing of it is trusted; `edgecert chain " +
                                 spec.name + "` shows what to pin"});
    }
}

CheckLine clock_line(const std::string& subject, Seconds difference) {
    const Seconds apart = difference < Seconds{0} ? -difference : difference;
    if (apart <= tolerable_clock_difference) {
        return {.subject = subject, .check = "clock", .text = "its clock agrees with the one here"};
    }
    return {.subject = subject,
            .check = "clock",
            .state = CheckState::failed,
            .text = "its clock is " + to_words(apart) + (difference > Seconds{0} ? " ahead" : " behind")};
}

void check_server(const std::string& subject,
                  const ServerSpec& server,
                  const ServerView& view,
                  std::vector<CheckLine>& lines) {
    if (!server.store.command.empty()) {
        lines.push_back(program_line(subject, "reach", server.store.command.front()));
    }
    if (!view.reachable) {
        lines.push_back(
            {.subject = subject, .check = "reach", .state = CheckState::failed, .text = view.error});
        return;
    }
    const StoreObservation& store = view.store;
    std::string what =
        store.exists ? "the " + store.kind + " store was read" : "an empty store; the first apply makes it";
    if (!server.store.command.empty()) {
        what += ", and its node speaks a protocol we speak";
    }
    lines.push_back({.subject = subject, .check = "reach", .text = std::move(what)});
    lines.push_back(clock_line(subject, view.clock_difference));
    if (!server.store.activate.empty()) {
        lines.push_back(program_line(subject, "hook", server.store.activate.front()));
    }
    for (const Finding& finding : store.findings) {
        lines.push_back({.subject = subject,
                         .check = "store",
                         .state = finding.code == "no-key-group" || closes(finding) ? CheckState::failed
                                                                                    : CheckState::warning,
                         .text = (finding.path.empty() ? "" : finding.path + ": ") + finding.text + " [" +
                                 finding.code + "]"});
    }
}

std::string in_text(const std::vector<CheckLine>& lines) {
    std::string text;
    for (const CheckLine& line : lines) {
        text += line_of("", std::string{in_words(line.state)}, line.subject + ": " + printable(line.text));
    }
    return text.empty() ? "nothing is declared that could be checked\n" : text;
}

std::string in_json(const std::vector<CheckLine>& lines, bool usable) {
    nlohmann::ordered_json json = {
        {"format", "edgecert.check/1"}, {"usable", usable}, {"checks", nlohmann::ordered_json::array()}};
    for (const CheckLine& line : lines) {
        json["checks"].push_back({{"subject", line.subject},
                                  {"check", line.check},
                                  {"state", in_words(line.state)},
                                  {"text", line.text}});
    }
    return text_of(json);
}

int run_check(const Options& options, Console& console) {
    const Instant now = system_time();
    Inspection inspection{options, console, now};
    FleetUnits& units = inspection.look(inputs_of(options, inspection.fleet(), now).targets);
    std::vector<CheckLine> lines;
    for (const auto& authority : units.authorities()) {
        check_authority(*authority, now, lines);
    }
    for (const auto& pool : units.pools()) {
        for (const ServerSpec& server : pool->pool().servers) {
            const auto view = pool->view().servers.find(server.name);
            if (view != pool->view().servers.end()) {
                check_server(pool->pool().name + "/" + server.name, server, view->second, lines);
            }
        }
    }
    const bool usable = std::none_of(
        lines.begin(), lines.end(), [](const CheckLine& line) { return line.state == CheckState::failed; });
    console.result(options.format == "json" ? in_json(lines, usable) : in_text(lines));
    return usable ? 0 : 1;
}

}  // namespace

Command check_command() {
    return {
        .name = "check",
        .usage = "[OPTIONS] [PATH…]",
        .summary = "can everything be reached and used; changes nothing",
        .description =
            "Reaches every server, reads its store, compares its clock, and asks every authority whether "
            "it is ready. Secrets are looked for "
            "and not printed; programs that would be run are looked for and not run. A store that could not "
            "be changed has failed; rubbish in one is a warning.",
        .options = {paths_row(), target_row(), parallel_row(), format_row({"text", "json"})},
        .examples = {{.line = "edgecert check fleet",
                      .text = "Before the first plan, and after a change of firewalls or passwords."}},
        .exits = {{.status = 0, .text = "everything can be reached and used; there may be warnings"},
                  {.status = 1, .text = "something cannot"}},
        .run = run_check};
}

}  // namespace edgecert
