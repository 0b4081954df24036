// What an authority's unit plans: a local CA that is not there yet is made, once; everything else about a
// chain needs a person.
#include "resources/authorities/unit.h"

#include <exception>
#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/digest.h"
#include "engine/text/encoding.h"
#include "engine/text/mutant.h"
#include "resources/authorities/chain_end.h"
#include "resources/authorities/trusted_chain.h"

namespace edgecert {
namespace {

bool is_absent(const AuthoritySpec& spec, const AuthorityView& view) {
    return spec.is_local() && view.reachable && !view.exists;
}

// A CA that exists and is not the declared one: only a local one tells.
bool is_changed(const AuthoritySpec& spec, const AuthorityView& view) {
    return spec.is_local() && view.reachable && view.exists && !view.chain_problem.empty();
}

std::string kind_text(const AuthoritySpec& spec) {
    if (spec.is_local())
        return "local, " + std::get<LocalAuthority>(spec.kind).directory;
    if (std::holds_alternative<OfflineAuthority>(spec.kind))
        return "offline";
    if (std::holds_alternative<CommandAuthority>(spec.kind))
        return "command";
    if (std::holds_alternative<AdcsAuthority>(spec.kind))
        return "adcs, " + std::get<AdcsAuthority>(spec.kind).url;
    return "chain only";
}

std::string lost_text(const AuthoritySpec& spec) {
    return "servers trust the CA \"" + spec.name + "\" already, but its folder " +
           std::get<LocalAuthority>(spec.kind).directory + " is empty: a CA is not born twice";
}

Step create_step(const AuthoritySpec& spec) {
    const auto& local = std::get<LocalAuthority>(spec.kind);
    x509::Subject root = local.subject;
    root.common_name += " Root";
    Step step;
    step.action = Action::create_authority;
    step.unit = "authority/" + spec.name;
    step.certificate = spec.name;
    step.object = birth_id(spec, true);
    step.reasons.push_back(
        {"authority-missing", "there is no CA in " + local.directory + " yet", Cause::fresh, spec.where});
    step.fields = {
        {"root", "", x509::to_text(root)},
        {"issuing", "", x509::to_text(local.subject)},
        {"key", "", x509::to_text(local.key)},
        {"validity",
         "",
         std::to_string(std::chrono::duration_cast<std::chrono::days>(local.validity).count()) + "d"}};
    step.expects = {{"authority/" + spec.name, "absent"}};
    step.summary = "make the CA " + x509::to_text(local.subject) + " and its root in " + local.directory;
    step.id = step_id(step);
    return step;
}

Step wait_step(const AuthoritySpec& spec, Reason reason, Wait wait) {
    Step step;
    step.action = Action::wait;
    step.unit = "authority/" + spec.name;
    step.certificate = spec.name;
    step.summary = reason.text;
    step.reasons.push_back(std::move(reason));
    step.wait = std::move(wait);
    step.id = step_id(step);
    return step;
}

void block(const AuthoritySpec& spec, Cause cause, const std::string& text, Wait wait, UnitPlan& plan) {
    plan.overview.state = UnitState::blocked;
    plan.diagnostics.push_back({Severity::warning, wait.code, text, spec.where, "", wait.what_to_do});
    Reason reason{wait.code, text, cause, spec.where};
    plan.steps.push_back(wait_step(spec, std::move(reason), std::move(wait)));
}

std::string pins_text(const AuthorityView& view) {
    if (view.unpinned_roots.empty())
        return "find out the SHA-256 of its root from somebody who knows, and write it under chain.roots";
    std::string text = "compare with somebody who knows, then write under chain.roots: ";
    for (std::size_t i = 0; i < view.unpinned_roots.size(); ++i)
        text += (i == 0 ? "" : "; or ") + pin_text(*view.unpinned_roots[i]);
    return text;
}

void plan_local(const AuthoritySpec& spec, const AuthorityView& view, bool known_elsewhere, UnitPlan& plan) {
    if (is_changed(spec, view)) {
        block(spec, Cause::manifest, view.chain_problem, wait_for_folder(spec, view), plan);
    } else if (is_absent(spec, view) && known_elsewhere) {
        block(spec, Cause::drift, lost_text(spec), wait_for_folder(spec, view), plan);
    } else if (is_absent(spec, view)) {
        plan.overview.state = UnitState::changes;
        plan.steps.push_back(create_step(spec));
    }
}

}  // namespace

Wait wait_for_folder(const AuthoritySpec& spec, const AuthorityView& view) {
    const auto& directory = std::get<LocalAuthority>(spec.kind).directory;
    if (view.exists)
        return {.kind = WaitKind::person,
                .code = "authority-changed",
                .on_whom = "whoever keeps the manifests",
                .what_to_do =
                    "declare subject and key as they are, or declare a new CA with a name and "
                    "folder of its own; what is in " +
                    directory + " is never overwritten"};
    return {.kind = WaitKind::person,
            .code = "authority-lost",
            .on_whom = "whoever keeps the backup of " + directory,
            .what_to_do =
                "put the CA's folder back from the backup; if it is lost, declare a new CA "
                "under a new name"};
}

std::string how_to_restore(const AuthoritySpec& spec) {
    return "restore its private key from the backup" +
           (spec.is_local() ? " of " + std::get<LocalAuthority>(spec.kind).directory : std::string{}) +
           "; if it is lost, declare a new CA under a new name";
}

std::string birth_id(const AuthoritySpec& spec, bool root) {
    return Digest("edgecert.birth/1")
        .field(spec.name)
        .field(root ? "root" : "issuing")
        .field(spec.declaration)
        .hex();
}

UnitPlan plan_authority(const AuthoritySpec& spec,
                        const AuthorityView& view,
                        bool known_elsewhere,
                        const PlanInputs& inputs) {
    UnitPlan plan;
    plan.overview.unit = "authority/" + spec.name;
    plan.overview.title = "authority " + spec.name + " (" + kind_text(spec) + ")";
    plan.overview.notes = view.notes;
    for (const std::string& warning : view.warnings)
        plan.diagnostics.push_back({Severity::warning, "authority-warning", warning, spec.where, "", ""});
    if (auto warning = warning_of_end(spec, view, inputs.at)) {
        if (spec.issues() && warning->code == "authority-expired")
            plan.overview.state =
                UnitState::blocked;  // whether anything waits for it is for the pools to say
        plan.diagnostics.push_back(*std::move(warning));
    }
    if (!view.unable.empty()) {
        plan.overview.state = UnitState::blocked;  // likewise
        plan.diagnostics.push_back({Severity::warning,
                                    "authority-unable",
                                    "the CA " + spec.name + ": " + view.unable,
                                    spec.where,
                                    "",
                                    how_to_restore(spec)});
    }
    plan.overview.next_change = next_word_of_end(view, inputs.at);
    if (!view.reachable) {
        // Whether anything has to wait for it is for the pools to say: it may not be needed at all. That
        // nothing is known of it is said here.
        plan.overview.state = UnitState::waiting;
        plan.diagnostics.push_back(
            {Severity::warning, "authority-unreachable", view.error, spec.where, "", ""});
        plan.overview.notes.push_back("cannot be reached or used: " + view.error);
    }
    if (spec.is_local()) {
        plan_local(spec, view, known_elsewhere, plan);
    } else if (!view.pinned) {
        block(spec,
              Cause::manifest,
              "no root of \"" + spec.name + "\" is pinned, so nothing of it is trusted",
              {.kind = WaitKind::person,
               .code = "no-pin",
               .on_whom = "whoever keeps the manifests",
               .what_to_do = pins_text(view)},
              plan);
    } else if (!view.chain_problem.empty() && view.chain_problem != view.error) {
        plan.diagnostics.push_back(
            {Severity::warning, "chain-unusable", view.chain_problem, spec.where, "", ""});
        plan.overview.notes.push_back("no chain: " + view.chain_problem);
    }
    return plan;
}

AuthorityView project_authority(const AuthoritySpec& spec, const AuthorityView& view) {
    AuthorityView projected = view;
    if (is_absent(spec, view)) {
        projected.exists = true;
        projected.chain = {{.birth = birth_id(spec, true), .root = true},
                           {.birth = birth_id(spec, false), .root = false}};
    } else if (is_changed(spec, view)) {
        projected.chain.clear();  // a fact in the view, but nothing that a pool may go by
    }
    return projected;
}

AuthorityUnit::AuthorityUnit(AuthoritySpec spec,
                             std::shared_ptr<Authority> authority,
                             Clock& clock,
                             x509::CertificateCache& cache)
    : spec_(std::move(spec)),
      authority_(std::move(authority)),
      clock_(clock),
      cache_(cache),
      id_("authority/" + spec_.name) {
    AuthorityView unseen;
    unseen.name = spec_.name;
    unseen.reachable = false;
    unseen.error = "it was not looked at";
    show(std::move(unseen));
}

void AuthorityUnit::show(AuthorityView view) {
    auto seen = std::make_shared<const AuthorityView>(std::move(view));
    const std::lock_guard<std::mutex> guard(mutex_);
    view_ = std::move(seen);
    project();
}

void AuthorityUnit::project() {
    if (!is_absent(spec_, *view_) && !is_changed(spec_, *view_)) {
        projected_ = view_;  // as it is: a log can be long, and is not copied
        return;
    }
    AuthorityView projected = project_authority(spec_, *view_);
    if (known_elsewhere_ && is_absent(spec_, *view_)) {
        projected = *view_;
        projected.chain_problem = lost_text(spec_);
    }
    projected_ = std::make_shared<const AuthorityView>(std::move(projected));
}

void AuthorityUnit::observe() {
    AuthorityView view;
    view.name = spec_.name;
    view.pinned = spec_.is_local() || !spec_.roots.empty();
    try {
        view = authority_->observe(clock_.now(), cache_);
        view.idempotent = authority_->idempotent();
    } catch (const Error& error) {
        view.reachable = false;
        view.error = error.diagnostic().text;
    } catch (const std::exception& error) {
        view.reachable = false;
        view.error = printable(error.what(), 400);
    }
    show(std::move(view));
}

UnitPlan AuthorityUnit::plan(const PlanInputs& inputs) const {
    std::shared_ptr<const AuthorityView> view;
    bool known_elsewhere = false;
    {
        const std::lock_guard<std::mutex> guard(mutex_);
        view = view_;
        known_elsewhere = known_elsewhere_;
    }
    return plan_authority(spec_, *view, known_elsewhere, inputs);
}

Outcome AuthorityUnit::perform(const Step& step, const PlanInputs& /*inputs*/) {
    if (step.action == Action::wait && step.wait)
        return Waiting{step.wait->on_whom, step.wait->what_to_do};
    if (step.action != Action::create_authority || !spec_.is_local()) {
        return Failed{{.code = "wrong-step",
                       .text = "an authority knows no step " + std::string(to_text(step.action))}};
    }
    Outcome outcome = Done{};
    try {
        refuse_second_birth();
        authority_->create(clock_.now());
    } catch (const Error& error) {
        outcome = Failed{error.diagnostic()};
    } catch (const std::exception& error) {
        outcome = Failed{{.code = "authority-refused", .text = printable(error.what(), 400)}};
    }
    observe();
    return outcome;
}

void AuthorityUnit::refuse_second_birth() const {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (known_elsewhere_ && is_absent(spec_, *view_))
        throw Error("authority-lost", lost_text(spec_), "put its folder back from the backup");
}

std::shared_ptr<const AuthorityView> AuthorityUnit::view() const {
    const std::lock_guard<std::mutex> guard(mutex_);
    return view_;
}

std::shared_ptr<const AuthorityView> AuthorityUnit::projected() const {
    const std::lock_guard<std::mutex> guard(mutex_);
    return projected_;
}

void AuthorityUnit::known_by_a_store() {
    bool gone = false;
    {
        const std::lock_guard<std::mutex> guard(mutex_);
        if (known_elsewhere_) {
            return;  // what it means is projected with every look
        }
        gone = is_absent(spec_, *view_);
        known_elsewhere_ = !EDGECERT_MUTANT(authority_born_twice);
        project();
    }
    // Another controller may have made it between the look at its folder and the look at the store.
    if (gone) {
        observe();
    }
}

}  // namespace edgecert
