// The judge of a simulation: it watches every effect and holds the engine to its invariants, each a function
// of its own.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/apply/executor.h"
#include "engine/plan/plan.h"
#include "resources/pool/desired.h"
#include "tests/simulation/shrink.h"
#include "tests/simulation/statistics.h"
#include "tests/support/sim_world.h"

namespace edgecert::simulation {

class Judge final : public SimJudge {
public:
    Judge(SimWorld& world, const Fleet& fleet, Statistics& statistics);

    void changed(const MemoryServer& server,
                 const StoreState& before,
                 StoreOperation operation,
                 const SimController& by) override;
    void submitted(const SimCa& ca,
                   const SimSubmission& submission,
                   bool again,
                   const SimController& by) override;
    void fault(const Fault& fault, const Where& where) override;
    void returned(const std::string& place) override;
    bool interlude(const Fault& fault, const std::string& place) override;
    void survived(const MemoryServer& server, const StoreState& before, StoreOperation operation) override;
    void leaked(const std::string& what) override { violate("I11", what); }
    void born(const SimCa& ca) override;

    std::function<bool(const Fault&)> on_interlude{};

    // `detail`: behind the text, and not of its kind.
    void violate(const std::string& invariant, const std::string& text, const std::string& detail = "");
    [[nodiscard]] const std::optional<Violation>& violation() const { return violation_; }
    void tell(const std::string& text) const;

    void disturb() { ++disturbances_; }  // somebody or something changed the ground of a plan
    [[nodiscard]] int disturbances() const { return disturbances_; }
    // What can make an exit status of 0 untrue without anybody's fault: an act of a person or of another
    // controller after the last look, or a look that was told what is not so.
    [[nodiscard]] int deceptions() const { return deceptions_; }
    [[nodiscard]] int others() const { return others_; }  // controllers that came in between
    void people_begin();  // somebody is about to change things past the manifests
    void people_ended();
    // Faults so far, other than of services that refuse what they are told.
    [[nodiscard]] int other_faults() const { return other_faults_; }
    [[nodiscard]] int faults() const { return faults_; }
    void several_begin();  // runs, at once
    void run_begins(const SimController& by, const PlanInputs& inputs);
    void run_ends(const SimController& by) { resubmits_.erase(&by); }
    void performing(Action action) {  // `wait`: none
        action_ = action;
        world_.doing = to_text(action);
    }

    [[nodiscard]] Action action() const { return action_; }

    void starts(const SimController& process) { switches_[&process].clear(); }

    // What is checked of steps.
    void begins(const Plan* approved, const Step& step, const SimController& by);
    void failed(const Step& step, const Failed& why, const SimController& by);

    // What is checked of plans: that the order which is approved keeps what the executor's habit keeps as
    // well.
    void order_is_promised(const Plan& plan);

    // What is checked between runs.
    void foreseen(const Run& run);
    void nothing_half_switched(const Plan& approved);
    void the_rest_converged(const Run& run);  // what nothing that is gone for good concerns
    void remember_what_serves();              // as it is when nothing goes wrong any more
    void trust_is_complete(const Pool& pool);
    // `at`: of the plan. What comes due while a run takes its time is for the next one.
    void i3_one_certificate_everywhere(const Run& run, Instant at);
    void i6_fits_after_a_crash(const Plan& approved, const Plan& fresh, const std::set<UnitId>& unanswered);
    void i7_stays_empty(const std::vector<Unit*>& units, const PlanInputs& inputs, Chance& chance);
    void i8_same_plan(const std::vector<Unit*>& units, const Plan& plan, const Failures& unobserved);
    void i11_no_secret(const Plan& plan, const Run& run, bool thorough);
    void i12_empty_plan_writes_nothing(const Plan& plan, std::uint64_t writes_before);

private:
    void order_is_promised(const Pool& pool, const UnitPlan& unit);
    void bring_before(const Pool& pool,
                      const UnitPlan& unit,
                      const Step& assigned_step,
                      const std::set<StepId>& earlier);
    using Rejected = std::tuple<std::string, CertificateId, Instant>;  // directory, what, since when
    [[nodiscard]] std::set<Rejected> rejected_for_all(const Step& step) const;
    void few_at_once(const MemoryServer& server, const StoreState& before);
    void retired_late(const MemoryServer& server, const StoreState& before);
    void distrusted_late(const MemoryServer& server, const StoreState& before);
    void rejected_before_it_goes_back(const MemoryServer& server, const StoreState& before);
    void foreign_stays_foreign(const MemoryServer& server, const StoreState& before);
    void i5_given_up_stays_given_up(const MemoryServer& server, const StoreState& before);
    void i6_only_what_was_approved(const Plan& approved, const Step& step);
    void only_what_is_targeted(const PlanInputs& inputs, const Step& step);
    [[nodiscard]] bool nobody_to_ask(const SimSubmission& one, const SimController& by) const;
    void retired_with_its_server(const MemoryServer& server, const StoreState& before);
    void note_installed(const StoreState& state);
    void i1_roles_can_serve(const MemoryServer& server, const StoreState& before, const SimController& by);
    void i2_barrier(const MemoryServer& server, const StoreState& before, const SimController& by);
    void i4_keys_of_requests_stay(const MemoryServer& server, const StoreState& before);
    void i5_one_open_request(const MemoryServer& server,
                             const StoreState& before,
                             StoreOperation operation,
                             const SimController& by);
    void i9_only_roots_in_root(const MemoryServer& server, const StoreState& before);
    void i10_foreign_things_stay(const MemoryServer& server,
                                 const StoreState& before,
                                 const SimController& by);
    [[nodiscard]] bool is_touched_by_loss(const Pool& pool) const;
    void what_served_still_serves();
    void living_part_converged(const Pool& pool);
    // Do all these servers serve one and the same of this certificate? `why` they have to.
    void one_certificate(const std::vector<const ServerSpec*>& servers,
                         const CertificateSpec& spec,
                         Instant at,
                         const std::string& why);
    [[nodiscard]] std::vector<const ServerSpec*> living_members(const Pool& pool) const;
    [[nodiscard]] bool is_served_otherwise(const Pool& pool,
                                           const CertificateSpec& declared,
                                           const CertificateId& id) const;
    [[nodiscard]] bool is_settled(const Pool& pool, const CertificateSpec& declared) const;
    [[nodiscard]] bool is_served_well(const Pool& pool,
                                      const Step& step,
                                      const CertificateId& id,
                                      const SimController& by) const;
    [[nodiscard]] bool is_trusted(const StoreState& state, const x509::Certificate& certificate) const;
    [[nodiscard]] bool in_a_chain(const std::string& sha256) const;
    [[nodiscard]] std::pair<const Pool*, const ServerSpec*> place_of(const MemoryServer& server) const;
    void count(int invariant) { ++statistics_.checks.at(static_cast<std::size_t>(invariant)); }

    SimWorld& world_;
    const Fleet& fleet_;
    Statistics& statistics_;
    std::optional<Violation> violation_{};
    struct Known {
        std::string store_id{};
        std::set<std::string> issuances{};
    };
    std::map<std::string, Known> known_before_{};              // server → before somebody acted
    std::map<std::string, std::set<std::string>> known_by_{};  // ticket → servers that have to know of it
    std::set<std::string> installed_{};                        // issuances
    std::set<std::string> forgotten_{};  // tickets of submissions that nobody but their CA can know of
    int faults_{};
    int other_faults_{};
    int disturbances_{};
    int acts_at_start_{};                      // of people, when the present run began
    std::set<std::string> existing_before_{};  // CAs, before somebody acted
    // Since several runs began at once: CAs whose folders were lost; and before: directory, CA that it
    // trusts.
    std::set<std::string> lost_meanwhile_{};
    std::set<std::pair<std::string, std::string>> trusted_before_several_{};
    int deceptions_{};
    int others_{};
    std::map<std::pair<std::string, std::string>, CertificateId> served_{};  // directory, role → what
    std::map<const SimController*, PlanInputs> resubmits_{};                 // of the runs that are under way
    std::set<std::string> replaced_{};  // issuances that were open when somebody asked anew beside them
    int returns_{};                     // of servers that were away
    std::map<const SimController*, int> returns_at_begin_{};  // of the step that it carries out
    std::map<const SimController*, std::set<Rejected>> rejected_at_begin_{};  // likewise
    std::map<const SimController*, bool> deceived_at_begin_{};                // likewise: by its last look
    // What it pointed elsewhere since it was started: server, role, certificate.
    std::map<const SimController*, std::set<std::tuple<std::string, std::string, CertificateId>>> switches_{};
    Action action_{Action::wait};
};

// What the exit status 0 promises of one certificate on one server, read from the truth; "" or what is
// missing.
[[nodiscard]] std::string shortfall(const CertificateSpec& spec,
                                    const AuthoritySpec& authority,
                                    const PersonalEntry& entry,
                                    Instant at,
                                    Instant latest);

}  // namespace edgecert::simulation
