// How the steps of an enrolment look, and what the view is behind them.
#include "resources/pool/enrolment_steps.h"

#include <utility>

#include "resources/pool/look.h"
#include "resources/pool/served.h"

namespace edgecert {

namespace {

// And does not only keep the entry of one.
bool makes_one(const Step& step) {
    return step.action == Action::create_request && !step.fields.empty();
}

}  // namespace

std::string address_of(const Planning& planning, const CertificateSpec& spec) {
    return planning.pool.name + "/" + spec.name;
}

bool is_idempotent(const Planning& planning, const CertificateSpec& spec) {
    const auto authority = planning.view().authorities.find(spec.requirement.authority);
    return authority != planning.view().authorities.end() && authority->second->idempotent;
}

void block_certificate(Planning& planning, const CertificateSpec& spec, Wait wait) {
    planning.add(make_wait(planning, spec.name, std::move(wait)));
    planning.blocked.insert(spec.name);
}

void add_collection(Planning& planning,
                    const CertificateSpec& spec,
                    const OpenRequest& open,
                    const x509::CertificateRef& known) {
    auto step = make_step(planning, Action::collect_certificate, open.holder, spec.name);
    step.object = open.entry.issuance;
    step.summary = "take " + spec.name + " from " + spec.requirement.authority;
    step.reasons.push_back({"not-collected",
                            "the answer of " + spec.requirement.authority + " is not on " + open.holder,
                            Cause::fresh,
                            spec.where});
    step.fields.push_back({"certificate", {}, known ? known->sha256 : std::string{known_later}});
    for (const auto& other : planning.steps) {
        if (other.certificate == spec.name && (other.action == Action::submit_request || makes_one(other))) {
            step.after.push_back(other.id);
        }
    }
    planning.add(std::move(step));
    // As it will be.
    for (auto& entry : reachable(planning.project(), open.holder)->store.requests) {
        if (entry.pool == planning.pool.name && entry.name == spec.name &&
            entry.issuance == open.entry.issuance) {
            entry.phase = RequestPhase::collected;
            entry.since = Instant::max();
            entry.answer = known;
        }
    }
}

void add_submission(Planning& planning,
                    const CertificateSpec& spec,
                    const OpenRequest& open,
                    const Reason& reason) {
    const auto& authority = spec.requirement.authority;
    const auto view = planning.view().authorities.find(authority);
    if (view != planning.view().authorities.end() && !view->second->reachable) {
        block_certificate(
            planning,
            spec,
            {WaitKind::authority_unreachable, "authority-unreachable", authority, {}, view->second->error});
        return;
    }
    if (auto wait = cannot_issue(planning, spec)) {
        block_certificate(planning, spec, *std::move(wait));
        return;
    }
    auto step = make_step(planning, Action::submit_request, open.holder, spec.name);
    step.object = open.entry.issuance;
    step.summary = "send the request for " + spec.name + " to " + authority;
    step.reasons.push_back(reason);
    step.fields.push_back({"authority", {}, authority});
    step.irreversible = true;
    for (const auto& other : planning.steps) {
        if (other.certificate == spec.name && makes_one(other)) {
            step.after.push_back(other.id);
        }
    }
    planning.add(std::move(step));
    OpenRequest sent = open;
    sent.entry.phase = RequestPhase::accepted;
    add_collection(planning, spec, sent, nullptr);
}

}  // namespace edgecert
