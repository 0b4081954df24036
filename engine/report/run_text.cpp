// A run as text: what was done in each unit, what is left, and whose turn it is.
#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "engine/report/colours.h"
#include "engine/report/render.h"
#include "engine/report/words.h"
#include "engine/text/encoding.h"

namespace edgecert {

namespace {

constexpr std::size_t shown_names = 6;

int count_of(const UnitRun& unit, StepResult result) {
    return static_cast<int>(std::count_if(unit.records.begin(),
                                          unit.records.end(),
                                          [result](const auto& record) { return record.result == result; }));
}

Colour colour_of(UnitResult result) {
    switch (result) {
        case UnitResult::converged:
            return Colour::green;
        case UnitResult::waiting:
            return Colour::cyan;
        case UnitResult::stopped:
            return Colour::yellow;
        case UnitResult::failed:
        case UnitResult::blocked:
        case UnitResult::misfit:
            return Colour::red;
    }
    return Colour::red;
}

std::string in_words(UnitResult result) {
    return result == UnitResult::misfit ? "no longer fits the plan" : std::string(to_text(result));
}

void add_record(std::string& text, const StepRecord& record) {
    std::string name(to_text(record.result));
    name.resize(9, ' ');
    text += "  " + name + what(record.step);
    if (record.result == StepResult::failed || record.result == StepResult::waiting) {
        text += ": " + printable(record.text, 2048);
    }
    if (record.why) {
        text += " [" + printable(record.why->code, 64) + "]";
        text += record.why->hint.empty() ? "" : "; " + printable(record.why->hint, 512);
    }
    text += "\n";
}

std::string line_of(const UnitRun& unit, const Step& step) {
    return printable(unit.unit, 128) + ": " + awaited(step);
}

// What is still awaited, once each, with what to do about it. A step that answered "waiting" is told only
// where the last look did not find its wait.
std::vector<std::string> all_awaited(const Run& run) {
    std::vector<std::string> lines;
    for (const UnitRun& unit : run.units) {
        std::set<std::string> told;
        for (const Step& step : unit.left.steps) {
            if (step.wait && told.insert(line_of(unit, step)).second) {
                lines.push_back(line_of(unit, step));
            }
        }
        for (const StepRecord& record : unit.records) {
            if (record.result == StepResult::waiting && told.empty()) {
                lines.push_back(printable(unit.unit, 128) + ": " + what(record.step) + ": for " +
                                printable(record.text, 1024));
            }
        }
    }
    return lines;
}

void add_unit(std::string& text, const UnitRun& unit, const RenderOptions& options) {
    const int done = count_of(unit, StepResult::done);
    text += coloured(printable(unit.unit, 128), Colour::bold, options.colour) + ": ";
    text += coloured(in_words(unit.result), colour_of(unit.result), options.colour);
    text += done > 0 ? ", " + plural(done, "step") + " done" : "";
    text += unit.text.empty() ? "" : ": " + printable(unit.text, 2048);
    text += "\n";
    const bool fine = unit.result == UnitResult::converged || unit.result == UnitResult::waiting;
    for (const StepRecord& record : unit.records) {
        if (options.verbose || !fine || record.result == StepResult::failed) {
            add_record(text, record);
        }
    }
    for (const Diagnostic& one : unit.left.diagnostics) {
        if (one.severity == Severity::warning && !unit.records.empty()) {
            text += "  warning  " + printable(one.text, 1024) + " [" + printable(one.code, 64) + "]\n";
        }
    }
}

// What a run up to the installation, or of a part, has left on purpose.
std::vector<std::string> left_on_purpose(const Run& run) {
    std::vector<std::string> lines;
    for (const UnitRun& unit : run.units) {
        for (const Diagnostic& one : unit.left.diagnostics) {
            if (is_left_on_purpose(one)) {
                lines.push_back(printable(unit.unit, 128) + ": " + printable(one.text, 1024) + "; " +
                                printable(one.hint, 512));
            }
        }
    }
    return lines;
}

// What of the run's exit status 1 is nobody's turn: "server edge03 of ams-edge".
std::vector<std::string> out_of_reach(const Run& run) {
    std::vector<const UnitPlan*> left;
    for (const UnitRun& unit : run.units) {
        left.push_back(&unit.left);
    }
    return unreached(left);
}

std::string counted(const Run& run) {
    int done = 0;
    int failed = 0;
    int skipped = 0;
    for (const UnitRun& unit : run.units) {
        done += count_of(unit, StepResult::done);
        failed += count_of(unit, StepResult::failed);
        skipped += count_of(unit, StepResult::skipped);
    }
    std::string text = "Apply: " + plural(done, "step") + " done";
    text += failed > 0 ? ", " + std::to_string(failed) + " failed" : "";
    return text + (skipped > 0 ? ", " + std::to_string(skipped) + " not begun" : "");
}

// Of steps that failed: they are not among those done, and not without effect.
std::vector<std::string> all_standing(const Run& run) {
    std::vector<std::string> lines;
    for (const UnitRun& unit : run.units) {
        for (const StepRecord& record : unit.records) {
            if (!record.stands.empty()) {
                lines.push_back(printable(unit.unit, 128) + ": " + printable(record.stands, 1024));
            }
        }
    }
    return lines;
}

std::string closing(const Run& run) {
    int units_left = 0;
    for (const UnitRun& unit : run.units) {
        units_left += unit.result == UnitResult::converged ? 0 : 1;
    }
    std::string text = counted(run);
    const std::vector<std::string> prepared = left_on_purpose(run);
    if (units_left == 0 && prepared.empty()) {
        return text + ". Nothing left to do.\n";
    }
    if (units_left == 0) {
        text += ". Left, as was asked for:\n";
        for (const std::string& line : prepared) {
            text += "  " + line + "\n";
        }
        return text;
    }
    const std::vector<std::string> far = out_of_reach(run);
    text += "; " + plural(units_left, "unit") + " not there yet.\n";
    const std::vector<std::string> standing = all_standing(run);
    text += standing.empty() ? "" : "Stands all the same: " + joined(standing, shown_names) + ".\n";
    return text + (far.empty() ? "" : "Could not be reached: " + joined(far, shown_names) + ".\n");
}

}  // namespace

std::string render_text(const Run& run, const RenderOptions& options) {
    if (run.refused) {
        return coloured("Nothing was done: the plan no longer fits.", Colour::red, options.colour) + "\n  " +
               printable(run.refusal) + "\nMake a new plan, look at it, and apply that.\n";
    }
    std::string text;
    for (const UnitRun& unit : run.units) {
        if (options.verbose || unit.result != UnitResult::converged || !unit.records.empty()) {
            add_unit(text, unit, options);
        }
    }
    const std::vector<std::string> lines = all_awaited(run);
    text += lines.empty() ? "" : "\nWaiting:\n";
    for (const std::string& line : lines) {
        text += "  " + line + "\n";
    }
    text += text.empty() ? "" : "\n";
    return text + closing(run);
}

}  // namespace edgecert
