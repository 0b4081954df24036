// Actions, causes and waits by their stable names, and the hash that names a step.
#include "engine/plan/step.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/text/digest.h"

namespace edgecert {

std::string_view to_text(Action action) {
    switch (action) {
        case Action::create_authority:
            return "create-authority";
        case Action::trust_root:
            return "trust-root";
        case Action::trust_intermediate:
            return "trust-intermediate";
        case Action::distrust:
            return "distrust";
        case Action::create_request:
            return "create-request";
        case Action::submit_request:
            return "submit-request";
        case Action::collect_certificate:
            return "collect-certificate";
        case Action::install_certificate:
            return "install-certificate";
        case Action::transfer_certificate:
            return "transfer-certificate";
        case Action::set_friendly_name:
            return "set-friendly-name";
        case Action::assign_role:
            return "assign-role";
        case Action::activate_role:
            return "activate-role";
        case Action::verify_role:
            return "verify-role";
        case Action::unassign_role:
            return "unassign-role";
        case Action::retire_certificate:
            return "retire-certificate";
        case Action::wait:
            return "wait";
    }
    return "wait";
}

const std::vector<Action>& all_actions() {
    static const std::vector<Action> actions{Action::create_authority,
                                             Action::trust_root,
                                             Action::trust_intermediate,
                                             Action::distrust,
                                             Action::create_request,
                                             Action::submit_request,
                                             Action::collect_certificate,
                                             Action::install_certificate,
                                             Action::transfer_certificate,
                                             Action::set_friendly_name,
                                             Action::assign_role,
                                             Action::activate_role,
                                             Action::verify_role,
                                             Action::unassign_role,
                                             Action::retire_certificate,
                                             Action::wait};
    return actions;
}

std::optional<Action> parse_action(std::string_view text) {
    for (const Action action : all_actions()) {
        if (to_text(action) == text) {
            return action;
        }
    }
    return std::nullopt;
}

std::string_view to_text(Cause cause) {
    switch (cause) {
        case Cause::manifest:
            return "manifest";
        case Cause::drift:
            return "drift";
        case Cause::time:
            return "time";
        case Cause::fresh:
            return "new";
    }
    return "new";
}

std::optional<Cause> parse_cause(std::string_view text) {
    for (const Cause cause : {Cause::manifest, Cause::drift, Cause::time, Cause::fresh}) {
        if (to_text(cause) == text) {
            return cause;
        }
    }
    return std::nullopt;
}

std::string_view to_text(WaitKind kind) {
    switch (kind) {
        case WaitKind::authority:
            return "authority";
        case WaitKind::person:
            return "person";
        case WaitKind::server:
            return "server";
        case WaitKind::unit:
            return "unit";
        case WaitKind::authority_unreachable:
            return "authority-unreachable";
    }
    return "person";
}

std::optional<WaitKind> parse_wait_kind(std::string_view text) {
    for (const WaitKind kind : {WaitKind::authority,
                                WaitKind::person,
                                WaitKind::server,
                                WaitKind::unit,
                                WaitKind::authority_unreachable}) {
        if (to_text(kind) == text) {
            return kind;
        }
    }
    return std::nullopt;
}

StepId step_id(const Step& step) {
    // The kind of the name is part of the hash: a role and a certificate may share one.
    return Digest("edgecert.step/1")
        .field(step.unit)
        .field(to_text(step.action))
        .field(step.server)
        .field(step.role.empty() ? "certificate" : "role")
        .field(step.role.empty() ? step.certificate : step.role)
        .field(step.object)
        .hex();
}

bool is_way_back(const Step& step) {
    return std::any_of(step.reasons.begin(), step.reasons.end(), [](const Reason& reason) {
        return reason.code == way_back_code;
    });
}

}  // namespace edgecert
