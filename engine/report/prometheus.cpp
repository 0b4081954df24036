// Drift as metrics in the text exposition format 0.0.4, for the textfile collector:
// https://prometheus.io/docs/instrumenting/exposition_formats/
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/report/render.h"
#include "engine/report/words.h"
#include "engine/text/encoding.h"

namespace edgecert {

namespace {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

// Backslash, double quote and line feed are escaped in a label's value; control characters are so before
// that.
std::string escaped(const std::string& value) {
    std::string result;
    for (const char c : printable(value, 1024)) {
        result += c == '\\' || c == '"' ? std::string{'\\', c} : std::string{c};
    }
    return result;
}

std::string written(const Labels& labels) {
    std::string text;
    for (const auto& [name, value] : labels) {
        text += (text.empty() ? "" : ",") + std::string(name) + "=\"" + escaped(value) + "\"";
    }
    return text.empty() ? text : "{" + text + "}";
}

// One metric family: its lines stand together under one HELP and TYPE, and a label set occurs once.
class Family {
public:
    Family(std::string name, std::string help) : name_(std::move(name)), help_(std::move(help)) {}

    void add(const Labels& labels, std::int64_t value) { values_[written(labels)] += value; }
    void add_lowest(const Labels& labels, std::int64_t value) {
        const auto [place, fresh] = values_.emplace(written(labels), value);
        place->second = fresh ? value : std::min(place->second, value);
    }

    [[nodiscard]] std::string text() const {
        std::string text = "# HELP " + name_ + " " + help_ + "\n# TYPE " + name_ + " gauge\n";
        for (const auto& [labels, value] : values_) {
            text += name_ + labels + " " + std::to_string(value) + "\n";
        }
        return values_.empty() ? "" : text;
    }

private:
    std::string name_;
    std::string help_;
    std::map<std::string, std::int64_t> values_{};  // by labels as they are written
};

std::int64_t seconds(Instant when) {
    return when.time_since_epoch().count();
}

struct Metrics {
    Family at{"edgecert_compared_timestamp_seconds", "When servers and manifests were compared."};
    Family state{"edgecert_unit_state", "1 for the state that a unit is in, 0 for the others."};
    Family steps{"edgecert_unit_steps", "Steps that would bring a unit back; 0: no drift."};
    Family drift{"edgecert_drift_steps",
                 "Steps by action and cause; a step of two causes counts under both."};
    Family waits{"edgecert_waits", "What waits, by whose turn it is and why."};
    Family not_after{"edgecert_certificate_not_after_seconds",
                     "When the certificate that serves a role expires; the earliest, if servers differ."};
    Family due{"edgecert_certificate_renewal_due_seconds",
               "When the certificate that serves a role is renewed."};
    Family unreachable{"edgecert_unreachable_servers", "Servers that could not be read."};
    Family warnings{"edgecert_warnings", "What somebody should mend before it hurts, by its code."};
    Family observed{"edgecert_observed_timestamp_seconds",
                    "The oldest observation that the comparison rests on."};
    Family next{"edgecert_next_change_timestamp_seconds",
                "Until then there is nothing to do if nobody changes anything."};
};

void add_serving(Metrics& metrics, const UnitId& unit, const Serving& serving) {
    const std::vector<std::string> roles =
        serving.roles.empty() ? std::vector<std::string>{""} : serving.roles;
    for (const std::string& role : roles) {
        const Labels labels{{"unit", unit}, {"certificate", serving.certificate}, {"role", role}};
        if (serving.not_after) {
            metrics.not_after.add_lowest(labels, seconds(*serving.not_after));
        }
        if (serving.renewal_due) {
            metrics.due.add_lowest(labels, seconds(*serving.renewal_due));
        }
    }
}

void add_step(Metrics& metrics, const Step& step) {
    if (step.wait) {
        const std::string kind(to_text(step.wait->kind));
        metrics.waits.add({{"unit", step.unit}, {"kind", kind}, {"code", step.wait->code}}, 1);
    }
    if (step.action == Action::wait) {
        return;
    }
    const std::string action(to_text(step.action));
    for (const Cause cause : causes(step)) {
        metrics.drift.add({{"unit", step.unit}, {"action", action}, {"cause", std::string(to_text(cause))}},
                          1);
    }
}

void add_unit(Metrics& metrics, const UnitPlan& unit) {
    const Overview& overview = unit.overview;
    const Labels labels{{"unit", overview.unit}};
    for (const UnitState state : {UnitState::converged,
                                  UnitState::changes,
                                  UnitState::waiting,
                                  UnitState::blocked,
                                  UnitState::failed}) {
        metrics.state.add({{"unit", overview.unit}, {"state", std::string(to_text(state))}},
                          state == overview.state ? 1 : 0);
    }
    metrics.steps.add(labels, changes(unit));
    metrics.unreachable.add(labels, static_cast<std::int64_t>(overview.unreachable.size()));
    for (const Diagnostic& one : unit.diagnostics) {
        if (one.severity == Severity::warning) {
            metrics.warnings.add({{"unit", overview.unit}, {"code", one.code}}, 1);
        }
    }
    if (overview.observed_at) {
        metrics.observed.add_lowest(labels, seconds(*overview.observed_at));
    }
    if (overview.next_change) {
        metrics.next.add_lowest(labels, seconds(*overview.next_change));
    }
    for (const Serving& serving : overview.serving) {
        add_serving(metrics, overview.unit, serving);
    }
    for (const Step& step : unit.steps) {
        add_step(metrics, step);
    }
}

}  // namespace

std::string render_drift_prometheus(const Plan& plan) {
    Metrics metrics;
    metrics.at.add({}, seconds(plan.inputs.at));
    for (const UnitPlan& unit : plan.units) {
        add_unit(metrics, unit);
    }
    std::string text;
    for (const Family* family : {&metrics.at,
                                 &metrics.state,
                                 &metrics.steps,
                                 &metrics.drift,
                                 &metrics.waits,
                                 &metrics.not_after,
                                 &metrics.due,
                                 &metrics.unreachable,
                                 &metrics.warnings,
                                 &metrics.observed,
                                 &metrics.next}) {
        text += family->text();
    }
    return text;
}

}  // namespace edgecert
