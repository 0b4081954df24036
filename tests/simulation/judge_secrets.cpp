// I11: no byte of a private key, and no password, in any output or record.
#include <nlohmann/json.hpp>

#include <array>
#include <cctype>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/text/encoding.h"
#include "tests/simulation/judge.h"

namespace edgecert::simulation {

namespace {

using Look = std::function<void(std::string_view)>;

void each_text(const Diagnostic& diagnostic, const Look& look) {
    look(diagnostic.text);
    look(diagnostic.hint);
    look(diagnostic.excerpt);
}

void each_text(const Step& step, const Look& look) {
    look(step.summary);
    look(step.object);
    look(step.certificate);
    for (const Reason& reason : step.reasons) {
        look(reason.text);
    }
    for (const FieldChange& field : step.fields) {
        look(field.before);
        look(field.after);
    }
    if (step.wait) {
        look(step.wait->on_whom);
        look(step.wait->what_to_do);
    }
}

void each_text(const UnitPlan& plan, const Look& look) {
    const Overview& head = plan.overview;
    look(head.deadline);
    look(head.way_back);
    for (const auto* list : {&head.key_moves, &head.roots_added, &head.roots_removed, &head.notes}) {
        for (const std::string& line : *list) {
            look(line);
        }
    }
    for (const Unreachable& one : head.unreachable) {
        look(one.why);
    }
    for (const Step& step : plan.steps) {
        each_text(step, look);
    }
    for (const Diagnostic& diagnostic : plan.diagnostics) {
        each_text(diagnostic, look);
    }
}

void each_text(const Run& run, const Look& look) {
    look(run.refusal);
    for (const UnitRun& unit : run.units) {
        look(unit.text);
        each_text(unit.left, look);
        for (const StepRecord& record : unit.records) {
            look(record.text);
            if (record.why) {
                each_text(*record.why, look);
            }
        }
    }
}

// The bytes that all secrets begin with, as they may be written: raw, hex, base64 from each of three places.
std::vector<std::string> needles() {
    std::vector<std::string> found{std::string(Mint::canary), to_hex(Mint::canary), "PRIVATE KEY"};
    std::string upper = to_hex(Mint::canary);
    for (char& letter : upper) {
        letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    found.push_back(upper);
    for (std::size_t skipped = 0; skipped < 3; ++skipped) {
        const std::string_view whole = Mint::canary.substr(skipped, (Mint::canary.size() - skipped) / 3 * 3);
        found.push_back(to_base64(whole));
    }
    return found;
}

}  // namespace

void Judge::i11_no_secret(const Plan& plan, const Run& run, bool thorough) {
    count(11);
    static const std::vector<std::string> secrets = needles();
    bool found = false;
    const Look look = [&](std::string_view text) {
        for (const std::string& secret : secrets) {
            found = found || (text.size() >= secret.size() && text.find(secret) != std::string_view::npos);
        }
    };
    for (const UnitPlan& unit : plan.units) {
        each_text(unit, look);
    }
    each_text(run, look);
    if (thorough) {
        look(to_json(plan).dump());
    }
    if (found) {
        violate("I11", "a secret stands in an output");
    }
}

}  // namespace edgecert::simulation
