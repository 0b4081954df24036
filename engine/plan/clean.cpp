// Escaping what is not UTF-8, text by text.
#include "engine/plan/clean.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/text/encoding.h"

namespace edgecert {

namespace {

std::string cleaned(const std::string& text) {
    return is_utf8(text) ? text : printable(text, text.size() + 1);
}

void clean(std::string& text) {
    if (!is_utf8(text)) {
        text = cleaned(text);
    }
}

void clean(SharedText& text) {
    if (!is_utf8(text)) {
        text = cleaned(text.str());
    }
}

void clean(std::vector<std::string>& texts) {
    for (std::string& text : texts) {
        clean(text);
    }
}

void clean(Overview& overview) {
    for (std::string* text :
         {&overview.unit, &overview.title, &overview.deadline, &overview.worst_moment, &overview.way_back}) {
        clean(*text);
    }
    std::map<std::string, int> orders;
    for (const auto& [authority, number] : overview.orders) {
        orders[cleaned(authority)] += number;
    }
    overview.orders = std::move(orders);
    for (Serving& serving : overview.serving) {
        clean(serving.certificate);
        clean(serving.sha256);
        clean(serving.sha1);
        clean(serving.serial);
        clean(serving.roles);
        clean(serving.names);
        clean(serving.servers);
    }
    for (Unreachable& unreachable : overview.unreachable) {
        clean(unreachable.server);
        clean(unreachable.why);
        clean(unreachable.blocks);
    }
    for (std::vector<std::string>* texts : {&overview.names_lost,
                                            &overview.names_gained,
                                            &overview.key_moves,
                                            &overview.roots_added,
                                            &overview.roots_removed,
                                            &overview.clock_differences,
                                            &overview.notes}) {
        clean(*texts);
    }
}

void clean(Step& step) {
    for (std::string* text :
         {&step.unit, &step.server, &step.role, &step.certificate, &step.object, &step.summary}) {
        clean(*text);
    }
    for (Reason& reason : step.reasons) {
        clean(reason.code);
        clean(reason.text);
        clean(reason.where.file);
    }
    for (FieldChange& field : step.fields) {
        clean(field.name);
        clean(field.before);
        clean(field.after);
    }
    for (Expectation& expectation : step.expects) {
        clean(expectation.name);
        clean(expectation.fingerprint);
    }
    if (step.wait) {
        clean(step.wait->code);
        clean(step.wait->on_whom);
        clean(step.wait->what_to_do);
    }
}

}  // namespace

void clean(std::vector<Diagnostic>& diagnostics) {
    for (Diagnostic& diagnostic : diagnostics) {
        for (std::string* text :
             {&diagnostic.code, &diagnostic.text, &diagnostic.excerpt, &diagnostic.hint}) {
            clean(*text);
        }
        clean(diagnostic.where.file);
    }
}

void clean(PlanInputs& inputs) {
    clean(inputs.targets);
    clean(inputs.retry);
    clean(inputs.resubmit);
    std::map<std::string, std::string> ids;
    for (const auto& [address, id] : inputs.request_ids) {
        ids[cleaned(address)] = cleaned(id);
    }
    inputs.request_ids = std::move(ids);
}

void clean(UnitPlan& unit) {
    clean(unit.overview);
    clean(unit.diagnostics);
    for (Step& step : unit.steps) {
        clean(step);
    }
}

}  // namespace edgecert
