// The simulated world: servers, authorities and time as they truly are, and controllers that see it through
// one door and may die.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "resources/world/world.h"
#include "tests/support/memory_store.h"
#include "tests/support/mint.h"
#include "tests/support/sim_authority.h"
#include "tests/support/sim_faults.h"

namespace edgecert {

// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every platform.
class Chance {
public:
    explicit Chance(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next();
    int below(int count);  // 0 … count − 1
    bool one_in(int count) { return below(count) == 0; }

private:
    std::uint64_t state_;
};

class SimController;

// What is done, and where: made into words only when somebody wants to know.
struct Where {
    std::string_view what{};
    std::string_view place{};
};

// What a simulation's judge is told. All calls come in the order of events.
class SimJudge {
public:
    SimJudge() = default;
    SimJudge(const SimJudge&) = delete;
    SimJudge& operator=(const SimJudge&) = delete;
    virtual ~SimJudge() = default;

    // A controller's operation changed (or may have changed) a server. `before` is what it was.
    virtual void changed(const MemoryServer& server,
                         const StoreState& before,
                         StoreOperation operation,
                         const SimController& by) = 0;
    virtual void submitted(const SimCa& ca, const SimSubmission& submission, bool again) = 0;
    virtual void fault(const Fault& fault, const Where& where) = 0;
    // What was away can be reached again.
    virtual void returned(const std::string& place) = 0;
    // Somebody else acts in between; true: somebody did.
    virtual bool interlude(const Fault& fault, const std::string& server) = 0;
};

struct SimWorld {
    SimWorld(Mint& of, std::uint64_t seed) : mint(of), chance(seed) {}

    Mint& mint;
    Chance chance;  // entropy of the controllers
    Instant now{};
    std::map<std::string, std::shared_ptr<MemoryServer>> servers{};  // by StoreSpec::directory
    std::map<std::string, std::string> by_host{};                    // fqdn → directory
    std::map<std::string, std::shared_ptr<SimCa>> authorities{};
    std::map<std::string, StoreState> earlier{};  // directory → before its last change, for stale reads
    std::map<std::string, Seconds> skew{};        // directory → its clock's difference
    std::map<std::string, int> failing_activations{};  // directory → so many more times

    std::vector<Fault> faults{};  // sorted by point
    bool quiet{};                 // no more faults but what is gone for good
    int point{};
    std::map<std::string, int> away{};  // directory or "ca/<name>" → until this point
    std::set<std::string> gone{};

    std::size_t next_key{};
    int next_store{};
    int next_ticket{};
    std::uint64_t writes{};  // operations of controllers that may change something
    struct Pfx {
        x509::PfxContents contents{};
        std::string password{};
    };
    std::map<std::string, Pfx> pfxs{};  // files on their way, by what stands for their bytes
    bool in_interlude{};
    SimJudge* judge{};
    std::function<void(const std::string&)> tell{};  // a story, when somebody listens
};

// One process of ours. After its death nothing works through it.
class SimController final : public World, private StoreServices, private Clock {
public:
    SimController(SimWorld& world, std::string name);
    ~SimController() override;

    [[nodiscard]] Clock& clock() override { return *this; }
    [[nodiscard]] std::string random_bytes(std::size_t count) override;
    [[nodiscard]] x509::CertificateCache& certificates() override { return certificates_; }
    [[nodiscard]] bool concurrent() const override { return false; }
    [[nodiscard]] std::unique_ptr<CertificateStore> open_store(const StoreSpec& spec,
                                                               const std::string& server) override;
    [[nodiscard]] std::shared_ptr<Authority> open_authority(const AuthoritySpec& spec) override;
    [[nodiscard]] HandshakeResult handshake(const HandshakeOrder& order) override;

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] bool dead() const { return dead_; }
    [[nodiscard]] bool disturbed() const { return disturbed_; }
    void die() { dead_ = true; }
    [[nodiscard]] SimWorld& world() { return world_; }

    // The points of an authority's operation. A submission's own faults are asked for with fault_at().
    void before_authority(const std::string& authority, std::string_view operation);
    void after_authority(const std::string& authority, std::string_view operation, bool changes);
    [[nodiscard]] Fault* fault_at(FaultKind kind,
                                  const Where& where);  // one that is due and fits here; spent with this

private:
    [[nodiscard]] Instant now() const override { return world_.now; }
    void sleep(Seconds span) override;
    [[nodiscard]] KeyRef make_key(x509::KeyKind kind) override;
    [[nodiscard]] std::string make_request(const x509::RequestContents& contents,
                                           const x509::PrivateKey& key) override;
    [[nodiscard]] Secret make_pfx(const x509::PfxContents& contents,
                                  const Secret& password,
                                  x509::PfxProfile profile) override;
    [[nodiscard]] x509::PfxContents parse_pfx(const Secret& pfx, const Secret& password) override;
    [[nodiscard]] std::string new_store_id() override;
    [[nodiscard]] std::optional<Instant> clock_of(const MemoryServer& server) override;
    [[nodiscard]] CommandResult activate(MemoryServer& server, const std::string& role) override;
    [[nodiscard]] const StoreState* stale(const MemoryServer& server, bool locked) override;
    void before(MemoryServer& server, StoreOperation operation) override;
    void midway(MemoryServer& server, StoreOperation operation) override;
    void after(MemoryServer& server, StoreOperation operation) override;

    void point(const std::string& place, const Where& where, bool is_node);
    void refuse_if_dead() const;

    SimWorld& world_;
    std::string name_;
    bool dead_{};
    bool disturbed_{};  // somebody else acted since it started
    x509::CertificateCache certificates_{};
    StoreState before_{};  // of the operation that runs
};

}  // namespace edgecert
