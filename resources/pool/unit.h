// The unit of one pool: plan_pool over what was observed, and its providers to carry steps out.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/plan/unit.h"
#include "resources/authorities/unit.h"
#include "resources/pool/desired.h"
#include "resources/pool/provider.h"
#include "resources/pool/view.h"
#include "resources/world/world.h"

namespace edgecert {

// Pure: what would change in this pool, why, in which order. Also the head of the pool: state, serving
// certificates, deadline.
[[nodiscard]] UnitPlan plan_pool(const Pool& pool,
                                 const std::map<std::string, AuthoritySpec>& authorities,
                                 const PoolView& view,
                                 const PlanInputs& inputs);

class PoolUnit final : public Unit {
public:
    // Of the authorities it uses those that the pool declares; of any other it tells whether a server knows
    // it.
    PoolUnit(Pool pool, const std::vector<AuthorityUnit*>& authorities, World& world);
    PoolUnit(const PoolUnit&) = delete;
    PoolUnit& operator=(const PoolUnit&) = delete;
    ~PoolUnit() override;

    [[nodiscard]] const UnitId& id() const override { return id_; }
    [[nodiscard]] std::span<const UnitId> needs() const override { return needs_; }
    void observe() override;
    [[nodiscard]] UnitPlan plan(const PlanInputs& inputs) const override;
    [[nodiscard]] Outcome perform(const Step& step, const PlanInputs& inputs) override;
    void rest() override;

    [[nodiscard]] const Pool& pool() const { return pool_; }
    [[nodiscard]] const PoolView& view() const { return view_; }
    // What the last look saw of pool and authorities, for questions about the present. Borrows `inputs`, and
    // this.
    [[nodiscard]] Planning present(const PlanInputs& inputs) const;
    // Which pools the manifests declare, this one among them; until then nobody knows.
    void declare(std::shared_ptr<const std::set<std::string>> pools) {
        view_.declared_pools = std::move(pools);
    }
    // From now on this server counts as one that cannot be reached, for what only shows beside other pools.
    void refuse(const std::string& server, const std::string& why);
    [[nodiscard]] CertificateStore& store(const std::string& server) {
        return *stores_.at(server);
    }  // for commands that work by hand

private:
    [[nodiscard]] Diagnostic told_apart(Diagnostic why, const Step& step) const;
    [[nodiscard]] ServerView look_at(const std::string& server);
    void look_at_all();
    void refuse_shared_stores();
    [[nodiscard]] std::map<std::string, bool> changing_hands() const;
    void ask_authorities();

    Pool pool_;
    World& world_;
    UnitId id_;
    std::vector<UnitId> needs_{};
    std::map<std::string, AuthorityUnit*> authority_units_{};
    std::vector<AuthorityUnit*> all_authorities_;
    std::map<std::string, AuthoritySpec> authorities_{};
    std::vector<std::unique_ptr<Provider>> providers_;
    std::map<std::string, std::unique_ptr<CertificateStore>> stores_{};
    std::map<std::string, std::string> refused_{};  // server → why
    PoolView view_{};
    PlanInputs inputs_{};  // of the plan that is being carried out
    Switches switches_{};  // by it
};

}  // namespace edgecert
