// Every form of every report against a file; ACCEPT=1 writes the files anew. What they have to be is checked
// by check.py.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "engine/report/render.h"
#include "sample.h"

namespace edgecert::test {

namespace {

std::string contents(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

void check(const std::string& name, const std::string& text) {
    const std::filesystem::path path =
        std::filesystem::path(EDGECERT_SOURCE_DIR) / "tests" / "golden" / "report" / name;
    const char* const accept = std::getenv("ACCEPT");  // NOLINT(concurrency-mt-unsafe): one thread
    if (accept != nullptr && std::string(accept) == "1") {
        std::ofstream(path, std::ios::binary) << text;
    }
    CAPTURE(name);
    CHECK(contents(path) == text);
}

void check_all(const std::string& name, const Plan& plan) {
    const RenderOptions options{false, false, instant("2026-11-22T12:00:00Z")};
    check("plan-" + name + ".txt", render_text(plan, options));
    check("plan-" + name + ".md", render_markdown(plan, options));
    check("plan-" + name + ".json", to_json(plan).dump(2) + "\n");
    check("plan-" + name + ".dot", render_dot(plan));
    check("plan-" + name + ".mermaid", render_mermaid(plan));
    check("drift-" + name + ".txt", render_drift_text(plan, options));
    check("drift-" + name + ".json", drift_to_json(plan).dump(2) + "\n");
    check("drift-" + name + ".prom", render_drift_prometheus(plan));
    check("drift-" + name + ".xml", render_drift_junit(plan));
}

RunLog sample_log() {
    RunLog run;
    run.name = "20261122T120000Z-aaaaaaaaaaaa";
    run.begun = instant("2026-11-22T12:00:00Z");
    run.who = "ops@controller";
    run.command = "apply";
    run.plan_id = digits('a');
    run.ended = instant("2026-11-22T12:01:00Z");
    run.exit_status = 1;
    run.done = 1;
    run.failed = 1;
    run.events = {{run.begun, "step-ended", "ams-edge", "trust the root on edge01", "done", ""},
                  {run.begun, "step-ended", "ams-edge", "assign \x1b[2J", "failed", "no\nanswer"},
                  {run.begun, "note", "", "", "", "next look in 40 s"}};
    run.unreadable = 2;
    return run;
}

}  // namespace

TEST_CASE("a plan with everything in it is shown in every form") {
    check_all("rich", rich_plan());
}

TEST_CASE("a converged plan is shown in every form") {
    check_all("converged", converged_plan());
}

TEST_CASE("an authority that could not be reached is nowhere called converged, and no drift is not claimed") {
    check_all("unreached", unreached_plan());
    const RenderOptions options{false, false, instant("2026-11-22T12:00:00Z")};
    CHECK(render_drift_text(unreached_plan(), options).find("No drift in what could be compared") !=
          std::string::npos);
    Run run;
    run.units = {{"authority/our-ca", UnitResult::waiting, {}, unreached_plan().units[0], ""},
                 {"ber-edge", UnitResult::waiting, {}, unreached_plan().units[1], ""}};
    CHECK(run.exit_status() == 1);
    check("run-unreached.txt", render_text(run, options));
}

TEST_CASE("hostile text stays text in every form") {
    check_all("evil", evil_plan());
}

TEST_CASE("long lists are cut in text only, and what was asked is said") {
    check_all("wide", wide_plan());
    const RenderOptions options{false, false, instant("2026-11-22T12:00:00Z")};
    CHECK(render_text(wide_plan(), options).find("and 39 more") != std::string::npos);
    CHECK(render_markdown(wide_plan(), options).find(" more") == std::string::npos);
}

TEST_CASE("a wait whose summary has named everybody leaves no line with its code alone") {
    Step wait;
    wait.action = Action::wait;
    wait.unit = "ams-edge";
    wait.server = "edge02";
    wait.summary = "server edge02";
    wait.wait = Wait{WaitKind::server, "server-unreachable", "server edge02", {}, "no route to host"};
    UnitPlan unit;
    unit.overview.unit = "ams-edge";
    unit.overview.state = UnitState::blocked;
    unit.steps = {wait};
    const std::string text = render_text(make_plan({}, digits('d'), {unit}, {}), {});
    CHECK(text.find("server edge02\n      no route to host [server-unreachable]\n") != std::string::npos);
}

TEST_CASE("a converged pool below a CA that ends first does not go by its certificate's days") {
    UnitPlan unit;
    unit.overview.unit = "ams-edge";
    unit.overview.serving = {{.certificate = "internal", .not_after = instant("2027-03-01T00:00:00Z")}};
    unit.overview.deadline = "the CA above internal expires in 9 d on edge01";
    unit.overview.deadline_at = instant("2026-12-01T00:00:00Z");
    const RenderOptions options{false, false, instant("2026-11-22T00:00:00Z")};
    const std::string text = render_text(make_plan({}, digits('d'), {unit}, {}), options);
    CHECK(text.find("nothing to do; the CA above internal expires in 9 d on edge01\n") != std::string::npos);
}

TEST_CASE(
    "a server in maintenance that cannot be read is told where nothing is to be done, and fails nothing") {
    UnitPlan unit;
    unit.overview.unit = "pool";
    unit.overview.title = "pool";
    unit.overview.servers = 2;
    unit.overview.unreachable.push_back({"edge02", "its store is no folder", {}});
    const Plan plan = make_plan({}, digits('d'), {unit}, {});
    CHECK(render_text(plan, {}).find("unreachable    edge02: its store is no folder\n") != std::string::npos);
    CHECK(render_markdown(plan, {}).find("- **unreachable** edge02: its store is no folder\n") !=
          std::string::npos);
    CHECK(render_drift_junit(plan).find("errors=\"0\"") != std::string::npos);
    CHECK(exit_status(plan) == 0);
}

TEST_CASE("a verbose and coloured plan says more and ends its colours") {
    const RenderOptions options{true, true, instant("2026-11-22T12:00:00Z")};
    const std::string text = render_text(rich_plan(), options);
    check("plan-rich-verbose-colour.txt", text);
    std::size_t open = 0;
    for (std::size_t at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b', at + 1)) {
        open = text.compare(at, 4, "\x1b[0m") == 0 ? open - 1 : open + 1;
        REQUIRE(open <= 1);
    }
    CHECK(open == 0);
}

TEST_CASE("nothing that a terminal obeys comes out of a report") {
    const RenderOptions options{false, true, instant("2026-11-22T12:00:00Z")};
    const Plan plan = evil_plan();
    for (const std::string& text : {render_text(plan, options),
                                    render_markdown(plan, options),
                                    render_drift_text(plan, options),
                                    render_drift_prometheus(plan),
                                    render_drift_junit(plan),
                                    render_dot(plan),
                                    render_mermaid(plan),
                                    render_text(sample_log())}) {
        for (const char c : text) {
            const auto byte = static_cast<unsigned char>(c);
            REQUIRE((byte >= 0x20 || c == '\n'));
            REQUIRE(byte != 0x7f);
        }
    }
}

TEST_CASE("a run is told with what is left and whose turn it is") {
    const RenderOptions options{false, false, instant("2026-11-22T12:00:00Z")};
    check("run-mixed.txt", render_text(mixed_run(), options));
    Run done = mixed_run();
    done.units.resize(1);
    check("run-done.txt", render_text(done, options));
    Run nothing;
    CHECK(render_text(nothing, options) == "Apply: 0 steps done. Nothing left to do.\n");
    Run prepared;
    prepared.units.resize(1);
    prepared.units[0].unit = "ams-edge";
    prepared.units[0].left.diagnostics = {
        {Severity::note, "not-switched", "prepared, not switched: internal", {}, {}, "apply again"}};
    CHECK(render_text(prepared, options) ==
          "Apply: 0 steps done. Left, as was asked for:\n"
          "  ams-edge: prepared, not switched: internal; apply again\n");
    Run refused;
    refused.refused = true;
    refused.refusal = "ams-edge: assign-role internal on edge01 is needed now and was not approved";
    check("run-refused.txt", render_text(refused, options));
}

TEST_CASE("run records are listed and told") {
    RunLog cut_off = sample_log();
    cut_off.ended.reset();
    cut_off.exit_status.reset();
    check("log-list.txt", render_text(std::vector<RunLog>{sample_log(), cut_off}));
    check("log-run.txt", render_text(sample_log()));
    check("log-list.json", to_json(std::vector<RunLog>{sample_log(), cut_off}).dump(2) + "\n");
    CHECK(render_text(std::vector<RunLog>{}) == "No runs yet.\n");
}

}  // namespace edgecert::test
