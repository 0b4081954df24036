// Drift as JUnit XML, the form that CI systems show: a testsuite a unit, a testcase a server and certificate.
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/report/render.h"
#include "engine/report/words.h"
#include "engine/text/encoding.h"

namespace edgecert {

namespace {

// XML 1.0 section 2.2 has no control characters and no U+FFFE and U+FFFF at all, not even escaped.
std::string xml(std::string_view text) {
    std::string result;
    const std::string harmless = printable(text, text.size() + 1);
    for (std::size_t i = 0; i < harmless.size(); ++i) {
        const std::string_view three = std::string_view(harmless).substr(i, 3);
        if (three == "\xef\xbf\xbe" || three == "\xef\xbf\xbf") {
            result += "?";
            i += 2;
            continue;
        }
        switch (harmless[i]) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '"':
                result += "&quot;";
                break;
            case '\'':
                result += "&apos;";
                break;
            default:
                result += harmless[i];
        }
    }
    return result;
}

struct Case {
    std::vector<std::string> failures{};  // steps
    std::vector<std::string> errors{};    // what could not be read or planned
    std::vector<std::string> waits{};     // what somebody has to do first, and what was not compared
};

using Cases = std::map<std::string, Case>;  // by "server/certificate"

std::string name_of(const Step& step) {
    const std::string& thing = step.certificate.empty() ? step.role : step.certificate;
    if (step.server.empty()) {
        return thing.empty() ? std::string(to_text(step.action)) : thing;
    }
    return thing.empty() ? step.server : step.server + "/" + thing;
}

void add_step(Cases& cases, const Step& step) {
    Case& one = cases[name_of(step)];
    if (step.wait) {
        const bool unread =
            step.wait->kind == WaitKind::server || step.wait->kind == WaitKind::authority_unreachable;
        (unread ? one.errors : one.waits).push_back(what(step) + ": for " + step.wait->on_whom);
        return;
    }
    std::string text = what(step);
    for (const Reason& reason : step.reasons) {
        text += "; " + reason.text + " [" + reason.code + ", " + std::string(to_text(reason.cause)) + "]";
    }
    one.failures.push_back(text);
}

void add_failures_of_unit(Cases& cases, const UnitPlan& unit) {
    // Nothing waits for a server in maintenance: that it could not be read fails nothing.
    const auto is_awaited = [&unit](const std::string& server) {
        return std::any_of(unit.steps.begin(), unit.steps.end(), [&server](const Step& step) {
            return step.wait && step.wait->kind == WaitKind::server && step.server == server;
        });
    };
    for (const Unreachable& one : unit.overview.unreachable) {
        Case& found = cases[one.server];
        (is_awaited(one.server) ? found.errors : found.waits).push_back("it could not be read: " + one.why);
    }
    for (const Diagnostic& one : unit.diagnostics) {
        if (one.severity == Severity::error) {
            cases["plan"].errors.push_back(one.text);
        }
    }
    if (unit.overview.state == UnitState::failed && cases["plan"].errors.empty()) {
        cases["plan"].errors.emplace_back("it could not be planned");
    }
}

Cases cases_of(const UnitPlan& unit) {
    Cases cases;
    for (const Serving& serving : unit.overview.serving) {
        for (const std::string& server : serving.servers) {
            cases.emplace(serving.certificate.empty() ? server : server + "/" + serving.certificate, Case{});
        }
    }
    add_failures_of_unit(cases, unit);
    for (const Step& step : unit.steps) {
        add_step(cases, step);
    }
    if (is_unseen(unit)) {
        cases["reached"].waits.push_back("it could not be reached: " + why_unseen(unit));
    }
    if (cases.empty()) {
        cases.emplace("converged", Case{});
    }
    return cases;
}

// A testcase has one outcome: the worst.
std::string_view outcome_of(const Case& one) {
    if (!one.errors.empty()) {
        return "error";
    }
    if (!one.failures.empty()) {
        return "failure";
    }
    return one.waits.empty() ? "" : "skipped";
}

std::string to_xml(const UnitId& unit, const std::string& name, const Case& one) {
    std::string text = "    <testcase classname=\"" + xml(unit) + "\" name=\"" + xml(name) + "\" time=\"0\"";
    const std::string outcome(outcome_of(one));
    if (outcome.empty()) {
        return text + "/>\n";
    }
    std::string message;
    std::string body;
    for (const std::vector<std::string>* lines : {&one.errors, &one.failures, &one.waits}) {
        for (const std::string& line : *lines) {
            message = message.empty() ? xml(line) : message;
            body += xml(line) + "\n";
        }
    }
    text += ">\n      <" + outcome + " message=\"" + message + "\">" + body;
    return text + "</" + outcome + ">\n    </testcase>\n";
}

struct Totals {
    int tests{};
    int errors{};
    int failures{};
    int skipped{};
};

void add(Totals& totals, std::string_view outcome) {
    ++totals.tests;
    totals.errors += outcome == "error" ? 1 : 0;
    totals.failures += outcome == "failure" ? 1 : 0;
    totals.skipped += outcome == "skipped" ? 1 : 0;
}

std::string attributes(const Totals& totals) {
    return " tests=\"" + std::to_string(totals.tests) + "\" failures=\"" + std::to_string(totals.failures) +
           "\" errors=\"" + std::to_string(totals.errors) + "\"";
}

// No testcase fails for them.
std::string warnings_of(const UnitPlan& unit) {
    std::string text;
    for (const Diagnostic& one : unit.diagnostics) {
        if (one.severity == Severity::warning) {
            text += "warning: " + xml(one.text) + " [" + xml(one.code) + "]\n";
        }
    }
    return text.empty() ? text : "    <system-out>" + text + "</system-out>\n";
}

}  // namespace

std::string render_drift_junit(const Plan& plan) {
    Totals all;
    std::string suites;
    for (const UnitPlan& unit : plan.units) {
        Totals totals;
        std::string tests;
        for (const auto& [name, one] : cases_of(unit)) {
            add(totals, outcome_of(one));
            add(all, outcome_of(one));
            tests += to_xml(unit.overview.unit, name, one);
        }
        suites += "  <testsuite name=\"" + xml(unit.overview.unit) + "\"" + attributes(totals) +
                  " skipped=\"" + std::to_string(totals.skipped) + "\" time=\"0\" timestamp=\"" +
                  to_rfc3339(plan.inputs.at).substr(0, 19) + "\">\n" + tests + warnings_of(unit) +
                  "  </testsuite>\n";
    }
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"edgecert drift\"" +
           attributes(all) + " time=\"0\">\n" + suites + "</testsuites>\n";
}

}  // namespace edgecert
