// The plans that tests look at: two pools and an authority on the morning of a renewal.
#include "sample.h"

#include <string>
#include <utility>
#include <vector>

namespace edgecert::test {

namespace {

Reason reason(const std::string& code, const std::string& text, Cause cause, Source where = {}) {
    return {code, text, cause, std::move(where)};
}

UnitPlan authority_unit() {
    UnitPlan unit;
    unit.overview.unit = "authority/contoso-local";
    unit.overview.title = "authority contoso-local (local)";
    unit.overview.state = UnitState::changes;
    Step birth = step(Action::create_authority, unit.overview.unit, "", "contoso-local");
    birth.object = digits('a');
    birth.summary = "create root and issuing CA contoso-local";
    birth.irreversible = true;
    birth.reasons = {
        reason("authority-missing", "its folder holds no CA yet", Cause::fresh, {"fleet.yaml", 3, 1})};
    birth.fields = {{"root", "", std::string(known_later)}};
    unit.steps = {birth};
    return unit;
}

Serving serving_internal() {
    Serving serving;
    serving.certificate = "internal";
    serving.roles = {"internal", "web-internal"};
    serving.sha256 = digits('7');
    serving.sha1 = "77c0ffee00112233445566778899aabbccddeeff";
    serving.serial = "4d2";
    serving.names = {"edge-int.ams.contoso.net", "edge01.ams.contoso.net", "old.contoso.net"};
    serving.not_after = instant("2026-11-24T00:00:00Z");
    serving.servers = {"edge01", "edge02", "edge03"};
    serving.renewal_due = instant("2026-11-01T00:00:00Z");
    return serving;
}

Overview amsterdam_overview() {
    Overview overview;
    overview.unit = "ams-edge";
    overview.title = "pool ams-edge (site amsterdam, edge-int.ams.contoso.net)";
    overview.state = UnitState::changes;
    overview.servers = 3;
    overview.serving = {serving_internal()};
    overview.deadline = "internal expires in 36 h, on all 3 servers";
    overview.deadline_at = instant("2026-11-24T00:00:00Z");
    overview.worst_moment = "2 of 3 servers serve a valid certificate";
    overview.unreachable = {
        {"edge03", "ssh: connect to host edge03 port 22: \x1b[31mtimed out", {"assign internal"}}};
    overview.names_lost = {"old.contoso.net"};
    overview.names_gained = {"sip.contoso.net"};
    overview.orders = {{"contoso-issuing", 1}, {"contoso-local", 1}};
    overview.key_moves = {"internal: edge01 → edge02", "internal: edge01 → edge03"};
    overview.roots_added = {"Contoso Root G2 (9f86d081…)"};
    overview.roots_removed = {"Contoso Root G1 (60303ae2…)"};
    overview.way_back = "the certificate that serves now, with its key, on all servers that were reached";
    overview.observed_at = instant("2026-11-22T11:58:30Z");
    overview.clock_differences = {"edge02 is 95 s ahead"};
    overview.notes = {"edge01: 2 files in personal/ are not certificates and were left alone"};
    return overview;
}

Step assignment() {
    Step assign = step(Action::assign_role, "ams-edge", "edge01", "internal");
    assign.role = "internal";
    assign.object = digits('b');
    assign.summary = "assign internal on edge01";
    assign.reasons = {
        reason("renewal-due", "the certificate is due since 2026-11-01", Cause::time),
        reason("name-missing", "sip.contoso.net is not in it", Cause::manifest, {"ams.yaml", 14, 9})};
    assign.fields = {{"sha256", digits('7'), std::string(known_later)},
                     {"friendlyName", "Edge Internal", "Edge Internal"}};
    assign.expects = {{"role:internal@edge01", digits('7')}};
    return assign;
}

UnitPlan amsterdam() {
    UnitPlan unit;
    unit.overview = amsterdam_overview();
    Step request = step(Action::create_request, "ams-edge", "edge01", "internal");
    request.object = digits('b');
    request.summary = "make a key and a request for internal on edge01";
    request.reasons = {
        reason("renewal-due", "the certificate is due since 2026-11-01", Cause::time),
        reason("name-missing", "sip.contoso.net is not in it", Cause::manifest, {"ams.yaml", 14, 9})};
    request.fields = {
        {"names", "edge-int.ams.contoso.net, old.contoso.net", "edge-int.ams.contoso.net, sip.contoso.net"}};
    Step submit = step(Action::submit_request, "ams-edge", "edge01", "internal");
    submit.object = digits('b');
    submit.irreversible = true;
    submit.summary = "submit the request for internal to contoso-issuing";
    submit.reasons = {reason("renewal-due", "the certificate is due since 2026-11-01", Cause::time)};
    submit.after = {step_id(request)};
    Step transfer = step(Action::transfer_certificate, "ams-edge", "edge02", "internal");
    transfer.object = digits('b');
    transfer.summary = "bring internal with its key from edge01 to edge02";
    transfer.reasons = {reason("not-installed", "edge02 does not hold it", Cause::fresh)};
    transfer.after = {step_id(submit)};
    Step assign = assignment();
    assign.after = {step_id(transfer)};
    Step retire = step(Action::retire_certificate, "ams-edge", "edge02", "internal");
    retire.object = digits('c');
    retire.irreversible = true;
    retire.summary = "remove the superseded internal cccccccc… from edge02";
    retire.reasons = {reason("superseded", "it was replaced on 2026-10-01", Cause::time)};
    Step wait = step(Action::wait, "ams-edge", "edge03", "internal");
    wait.summary = "assign internal waits for edge03";
    wait.wait = Wait{WaitKind::server,
                     "server-unreachable",
                     "edge03",
                     instant("2026-11-22T11:58:30Z"),
                     "make edge03 reachable, or set maintenance: true"};
    unit.steps = {request, submit, transfer, assign, retire, wait};
    unit.diagnostics = {
        {Severity::warning, "many-roots", "edge02 trusts 214 roots", {}, "", "TLS lists are cut at 16 kB"}};
    return unit;
}

UnitPlan berlin(UnitState state) {
    UnitPlan unit;
    unit.overview.unit = "ber-edge";
    unit.overview.title = "pool ber-edge (site berlin, edge-int.ber.contoso.net)";
    unit.overview.state = state;
    unit.overview.servers = 2;
    Serving serving = serving_internal();
    serving.names = {"edge-int.ber.contoso.net"};
    serving.servers = {"edge01", "edge02"};
    serving.not_after = instant("2027-05-01T00:00:00Z");
    serving.renewal_due = instant("2027-02-01T00:00:00Z");
    unit.overview.serving = {serving};
    unit.overview.observed_at = instant("2026-11-22T11:59:30Z");
    unit.overview.next_change = instant("2027-02-01T00:00:00Z");
    return unit;
}

}  // namespace

Instant instant(const std::string& text) {
    return parse_rfc3339(text).value();
}

std::string digits(char digit) {
    return std::string(64, digit);
}

Step step(Action action, const std::string& unit, const std::string& server, const std::string& name) {
    Step result;
    result.action = action;
    result.unit = unit;
    result.server = server;
    result.certificate = name;
    result.summary = std::string(to_text(action)) + " " + name;
    return result;
}

Plan rich_plan() {
    PlanInputs inputs;
    inputs.at = instant("2026-11-22T12:00:00Z");
    inputs.request_ids = {{"ams-edge/internal", "42"}};
    return make_plan(inputs,
                     digits('d'),
                     {berlin(UnitState::converged), amsterdam(), authority_unit()},
                     {{Severity::warning,
                       "unused-san-list",
                       "the list partners is not used",
                       {"fleet.yaml", 9, 3},
                       "",
                       ""}});
}

Plan converged_plan() {
    PlanInputs inputs;
    inputs.at = instant("2026-11-22T12:00:00Z");
    return make_plan(inputs, digits('d'), {berlin(UnitState::converged)}, {});
}

Plan unreached_plan() {
    UnitPlan authority;
    authority.overview.unit = "authority/our-ca";
    authority.overview.title = "authority our-ca (command)";
    authority.overview.state = UnitState::waiting;
    authority.diagnostics = {
        {Severity::warning, "authority-unreachable", "./our-ca ended with 3", {}, "", ""}};
    UnitPlan pool = berlin(UnitState::blocked);
    Step wait = step(Action::wait, "ber-edge", "", "internal");
    wait.summary = "internal waits for our-ca";
    wait.wait =
        Wait{WaitKind::authority_unreachable, "authority-unreachable", "our-ca", {}, "./our-ca ended with 3"};
    pool.steps = {wait};
    PlanInputs inputs;
    inputs.at = instant("2026-11-22T12:00:00Z");
    return make_plan(inputs, digits('d'), {authority, pool}, {});
}

Plan evil_plan() {
    const std::string evil = "x\"\\ '<b>&amp;|`*_[a](b)#{} @all\n\x1b[2J\xef\xbf\xbf]]>{}=\x7f";
    UnitPlan unit;
    unit.overview.unit = "ev\"il\\pool";
    unit.overview.title = evil;
    unit.overview.state = UnitState::changes;
    unit.overview.servers = 1;
    Serving serving;
    serving.certificate = "internal";
    serving.roles = {evil, "internal"};
    serving.serial = evil;
    serving.names = {evil};
    serving.servers = {evil};
    serving.not_after = instant("2026-11-22T11:00:00Z");
    Serving later = serving;
    later.roles = {"internal"};
    later.not_after = instant("2027-11-22T11:00:00Z");
    unit.overview.serving = {serving, later};
    unit.overview.unreachable = {{evil, evil, {evil}}};
    unit.overview.orders = {{"ca", 2}};
    unit.overview.notes = {evil, "not UTF-8: \xff\xfe"};
    Step one = step(Action::set_friendly_name, unit.overview.unit, evil, evil);
    one.summary = evil;
    one.reasons = {reason(evil, evil, Cause::drift, {evil, 1, 1})};
    one.fields = {{evil, evil, ""}};
    Step wait = step(Action::wait, unit.overview.unit, evil, evil);
    wait.wait = Wait{WaitKind::person, evil, evil, {}, evil};
    Step after = step(Action::distrust, unit.overview.unit, "edge01", "ca");
    after.after = {step_id(one)};
    unit.steps = {one, wait, after};
    unit.diagnostics = {{Severity::error, evil, evil, {evil, 2, 2}, evil, evil}};
    PlanInputs inputs;
    inputs.at = instant("2026-11-22T12:00:00Z");
    return make_plan(
        inputs, digits('d'), {unit}, {{Severity::warning, evil, evil, {evil, 1, 1}, evil, evil}});
}

Plan wide_plan() {
    UnitPlan wide = berlin(UnitState::waiting);
    wide.overview.serving[0].names.clear();
    for (int i = 10; i < 55; ++i) {
        wide.overview.serving[0].names.push_back("name" + std::to_string(i) + ".contoso.net");
        wide.overview.key_moves.push_back("internal: edge01 → edge" + std::to_string(i));
    }
    Step wait = step(Action::wait, "ber-edge", "edge01", "internal");
    wait.summary = "collect internal";
    wait.wait = Wait{WaitKind::authority,
                     "request-pending",
                     "the officer of contoso-issuing (request 42)",
                     instant("2026-11-20T12:00:00Z"),
                     "approve request 42"};
    wide.steps = {wait};
    UnitPlan failed;
    failed.overview.unit = "par-edge";
    failed.overview.state = UnitState::failed;
    failed.diagnostics = {
        {Severity::error, "store-twice", "edge01 and edge02 show one store id", {}, "", ""}};
    PlanInputs inputs;
    inputs.at = instant("2026-11-22T12:00:00Z");
    inputs.targets = {"par-edge", "ber-edge"};
    inputs.retry = {"ber-edge/internal"};
    inputs.until_installed = true;
    Plan plan = make_plan(inputs, digits('d'), {wide, failed}, {});
    plan.to_look_at_only = true;
    return plan;
}

Run mixed_run() {
    const Plan plan = rich_plan();
    Run run;
    run.plan_id = plan.id;
    UnitRun authority{plan.units[0].overview.unit, UnitResult::converged, {}, {}, ""};
    authority.records = {{plan.units[0].steps[0], StepResult::done, {}, {}, "", {}}};
    UnitRun pool{"ams-edge", UnitResult::failed, {}, plan.units[1], "edge01 does not answer on 5061"};
    const Diagnostic why{
        Severity::error, "handshake", "edge01 does not answer on 5061", {}, "", "look at its log"};
    pool.records = {{plan.units[1].steps[0], StepResult::done, {}, {}, "", {}},
                    {plan.units[1].steps[1], StepResult::failed, {}, {}, why.text, why},
                    {plan.units[1].steps[2], StepResult::skipped, {}, {}, "", {}},
                    {plan.units[1].steps[3], StepResult::vanished, {}, {}, "", {}}};
    UnitRun waiting{"ber-edge", UnitResult::waiting, {}, wide_plan().units[0], ""};
    run.units = {authority, pool, waiting};
    return run;
}

}  // namespace edgecert::test
