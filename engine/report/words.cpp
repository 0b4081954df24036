// Words shared by the renderers.
#include "engine/report/words.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/text/encoding.h"

namespace edgecert {

std::string plural(int count, std::string_view noun) {
    return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

bool is_left_on_purpose(const Diagnostic& one) {
    return one.code == "not-switched" || one.code == "outside-target";
}

std::string joined(const std::vector<std::string>& texts, std::size_t limit) {
    // One more than the limit is shown rather than counted: "and 1 more" would be as long.
    const std::size_t shown = texts.size() <= limit || texts.size() - limit == 1 ? texts.size() : limit;
    std::string result;
    for (std::size_t i = 0; i < shown; ++i) {
        result += (i == 0 ? "" : ", ") + printable(texts[i], 512);
    }
    if (shown < texts.size()) {
        result += " and " + std::to_string(texts.size() - shown) + " more";
    }
    return result;
}

std::string_view sign(const Step& step) {
    switch (step.action) {
        case Action::create_authority:
        case Action::trust_root:
        case Action::trust_intermediate:
        case Action::create_request:
        case Action::submit_request:
        case Action::collect_certificate:
        case Action::install_certificate:
        case Action::transfer_certificate:
            return "+";
        case Action::assign_role: {
            const bool first = std::all_of(step.fields.begin(),
                                           step.fields.end(),
                                           [](const FieldChange& field) { return field.before.empty(); });
            return first && !step.fields.empty() ? "+" : "~";
        }
        case Action::set_friendly_name:
        case Action::activate_role:
        case Action::verify_role:
            return "~";
        case Action::distrust:
        case Action::unassign_role:
        case Action::retire_certificate:
            return "-";
        case Action::wait:
            return "…";
    }
    return "~";
}

std::string left(Instant until, Instant now) {
    const Seconds span = until - now;
    if (span < Seconds(0)) {
        return "expired " + to_words(-span) + " ago";
    }
    // Up to four days people count in hours at night.
    const auto hours = std::chrono::duration_cast<std::chrono::hours>(span);
    if (hours >= std::chrono::hours(1) && hours <= std::chrono::hours(96)) {
        return std::to_string(hours.count()) + " h left";
    }
    return to_words(span) + " left";
}

std::string where(const Source& source) {
    if (source.line == 0) {
        return printable(source.file, 512);
    }
    return printable(source.file, 512) + ":" + std::to_string(source.line) + ":" +
           std::to_string(source.column);
}

std::string what(const Step& step) {
    if (!step.summary.empty()) {
        return printable(step.summary, 1024);
    }
    std::string text(to_text(step.action));
    const std::string& name = step.role.empty() ? step.certificate : step.role;
    text += name.empty() ? "" : " " + printable(name, 128);
    text += step.server.empty() ? "" : " on " + printable(step.server, 128);
    return text;
}

std::string awaited(const Step& step) {
    std::string text = what(step);
    if (!step.wait) {
        return text;
    }
    const auto says = [&step](const std::string& part) {
        return part.empty() || step.summary.find(part) != std::string::npos;
    };
    text += says(step.wait->on_whom) ? "" : ": for " + printable(step.wait->on_whom, 512);
    text += step.wait->since ? ", since " + to_rfc3339(*step.wait->since) : "";
    return text + (says(step.wait->what_to_do) ? "" : "; " + printable(step.wait->what_to_do, 1024));
}

std::string title(const UnitPlan& unit) {
    return unit.overview.title.empty() ? unit.overview.unit : unit.overview.title;
}

int changes(const UnitPlan& unit) {
    return static_cast<int>(unit.steps.size()) - waits(unit);
}

int waits(const UnitPlan& unit) {
    return static_cast<int>(std::count_if(
        unit.steps.begin(), unit.steps.end(), [](const Step& step) { return step.action == Action::wait; }));
}

bool is_converged(const UnitPlan& unit) {
    return unit.steps.empty() && unit.overview.state == UnitState::converged;
}

bool is_unseen(const UnitPlan& unit) {
    return unit.steps.empty() && unit.overview.state == UnitState::waiting;
}

std::vector<std::string> unreached(const std::vector<const UnitPlan*>& units) {
    std::set<std::string> names;
    for (const UnitPlan* unit : units) {
        if (is_unseen(*unit)) {
            names.insert(unit->overview.unit);
        }
        for (const Unreachable& one : unit->overview.unreachable) {
            names.insert("server " + one.server + " of " + unit->overview.unit);
        }
        for (const Step& step : unit->steps) {
            if (step.wait && step.wait->kind == WaitKind::authority_unreachable) {
                names.insert("authority/" + step.wait->on_whom);
            }
        }
    }
    return {names.begin(), names.end()};
}

std::string why_unseen(const UnitPlan& unit) {
    for (const Diagnostic& one : unit.diagnostics) {
        if (one.code == "authority-unreachable") {
            return one.text;
        }
    }
    return "it was not looked at";
}

std::vector<Cause> causes(const Step& step) {
    std::vector<Cause> result;
    for (const Cause cause : {Cause::manifest, Cause::drift, Cause::time, Cause::fresh}) {
        const bool has = std::any_of(step.reasons.begin(), step.reasons.end(), [cause](const Reason& reason) {
            return reason.cause == cause;
        });
        if (has) {
            result.push_back(cause);
        }
    }
    // A step without a reason is not known to be anything but new.
    return result.empty() ? std::vector<Cause>{Cause::fresh} : result;
}

CauseCounts causes(const std::vector<Step>& steps) {
    CauseCounts result;
    for (const Step& step : steps) {
        if (step.action == Action::wait) {
            continue;
        }
        const std::vector<Cause> all = causes(step);
        const auto has = [&all](Cause cause) {
            return std::count(all.begin(), all.end(), cause) > 0 ? 1 : 0;
        };
        result.manifest += has(Cause::manifest);
        result.drift += has(Cause::drift);
        result.time += has(Cause::time);
        result.fresh += has(Cause::fresh);
    }
    return result;
}

std::string sentence(const Counts& counts, const Plan& plan) {
    int pools = 0;
    int authorities = 0;
    int steps = 0;
    int waiting = 0;
    for (const UnitPlan& unit : plan.units) {
        if (changes(unit) > 0) {
            ++(is_authority(unit.overview.unit) ? authorities : pools);
        }
        steps += changes(unit);
        waiting += waits(unit);
    }
    std::string text;
    text += counts.issue > 0 ? plural(counts.issue, "certificate") + " to issue, " : "";
    text += counts.keys_moved > 0 ? plural(counts.keys_moved, "key") + " to move, " : "";
    text += steps == 0 ? "no steps" : plural(steps, "step");
    text += pools > 0 ? " in " + plural(pools, "pool") : "";
    if (authorities > 0) {
        text += pools > 0 ? " and " : " in ";
        text += std::to_string(authorities) + (authorities == 1 ? " authority" : " authorities");
    }
    text += waiting > 0 ? "; " + plural(waiting, "wait") : "";
    return text;
}

}  // namespace edgecert
