// The unit of one authority: observes its chain once for the whole fleet, and makes a local CA that is not
// there yet.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "engine/plan/unit.h"
#include "resources/authorities/authority.h"

namespace edgecert {

// Pure: the plan of an authority on a view (create-authority, or nothing) and the view as it will be.
// `known_elsewhere`: a store already knows this authority (an owned trust entry for it), so an empty CA
// folder is refused: a CA is not born twice.
[[nodiscard]] UnitPlan plan_authority(const AuthoritySpec& spec,
                                      const AuthorityView& view,
                                      bool known_elsewhere,
                                      const PlanInputs& inputs);
[[nodiscard]] AuthorityView project_authority(const AuthoritySpec& spec, const AuthorityView& view);

// Of a local CA whose folder is not what is declared (it is another CA), or is empty though stores know the
// CA: who is waited for, the same for the authority as for the pools that need it.
[[nodiscard]] Wait wait_for_folder(const AuthoritySpec& spec, const AuthorityView& view);

// Of a CA that has lost its private key.
[[nodiscard]] std::string how_to_restore(const AuthoritySpec& spec);

// hash(authority, "root" or "issuing", declaration): names a CA's certificates before they are born.
[[nodiscard]] std::string birth_id(const AuthoritySpec& spec, bool root);

class AuthorityUnit final : public Unit {
public:
    AuthorityUnit(AuthoritySpec spec,
                  std::shared_ptr<Authority> authority,
                  Clock& clock,
                  x509::CertificateCache& cache);

    [[nodiscard]] const UnitId& id() const override { return id_; }
    [[nodiscard]] std::span<const UnitId> needs() const override { return {}; }
    void observe() override;
    [[nodiscard]] UnitPlan plan(const PlanInputs& inputs) const override;
    [[nodiscard]] Outcome perform(const Step& step, const PlanInputs& inputs) override;

    [[nodiscard]] const AuthoritySpec& spec() const { return spec_; }
    [[nodiscard]] Authority& authority() const { return *authority_; }
    [[nodiscard]] std::shared_ptr<const AuthorityView> view()
        const;  // last observation; never null; safe from other threads
    [[nodiscard]] std::shared_ptr<const AuthorityView> projected()
        const;  // as it will be when this unit has converged
    // Pools tell, after they observed and before anything is planned, that a store has an owned trust entry
    // of this authority. Safe from several threads.
    void known_by_a_store();

private:
    void show(AuthorityView view);
    void project();  // with mutex_ held
    void refuse_second_birth() const;

    AuthoritySpec spec_;
    std::shared_ptr<Authority> authority_;
    Clock& clock_;
    x509::CertificateCache& cache_;
    UnitId id_;
    mutable std::mutex mutex_{};
    std::shared_ptr<const AuthorityView> view_{};
    std::shared_ptr<const AuthorityView> projected_{};  // made once a look: a log can be long
    bool known_elsewhere_{};
};

}  // namespace edgecert
