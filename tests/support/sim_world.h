// The simulated world: servers, authorities and time as they truly are, and controllers that see it through
// one door and may die.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
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
    virtual void submitted(const SimCa& ca,
                           const SimSubmission& submission,
                           bool again,
                           const SimController& by) = 0;
    virtual void fault(const Fault& fault, const Where& where) = 0;
    // What was away can be reached again.
    virtual void returned(const std::string& place) = 0;
    // Somebody else acts in between; true: somebody did.
    virtual bool interlude(const Fault& fault, const std::string& server) = 0;
    // A server's power was lost during an operation (or its process killed, or its disk failed).
    virtual void survived(const MemoryServer& server, const StoreState& before, StoreOperation operation) = 0;
    virtual void leaked(const std::string& what) = 0;
    virtual void born(const SimCa& ca) = 0;
};

struct SimWorld {
    SimWorld(Mint& of, std::uint64_t seed) : mint(of), chance(seed) {}

    Mint& mint;
    Chance chance;  // entropy of the controllers
    Instant now{};
    Instant latest{};                                                // before clocks were put back
    std::map<std::string, std::shared_ptr<MemoryServer>> servers{};  // by StoreSpec::directory
    std::map<std::string, std::string> by_host{};                    // fqdn → directory
    std::map<std::string, std::shared_ptr<SimCa>> authorities{};
    std::map<std::string, StoreState> earlier{};  // directory → before its last change, for stale reads
    std::map<std::string, Seconds> skew{};        // directory → its clock's difference
    std::map<std::string, int> failing_activations{};  // directory → so many more times

    std::vector<Fault> faults{};  // sorted by point
    // Faults that wait on a disk until a call meets them: only then have they happened.
    struct DiskFault {
        Fault what{};
        Fault* from{};  // among the faults above; null: it came with another
        bool met{};
    };
    std::deque<DiskFault> disk_faults{};
    bool guards{true};  // stores and CAs refuse what would break them; without, the judge has to see it
    bool quiet{};       // no more faults but what is gone for good
    int point{};
    std::map<std::string, int> away{};      // directory or "ca/<name>" → until this point
    std::map<std::string, int> flapping{};  // directory → until this point
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
    std::string_view doing{};           // the action that is under way, for faults that aim at one
    bool in_interlude{};
    int acts_of_people{};                   // past the manifests, since the beginning
    std::function<void()> pass_the_turn{};  // when several controllers run at once: another may go on
    x509::CertificateCache cache{};         // of what is read back from disks
    std::set<std::string> passwords{};      // of PFX files: each is to be used once
    SimJudge* judge{};
    std::function<void(const std::string&)> tell{};  // a story, when somebody listens
};

// One process of ours. After its death nothing works through it.
class SimController final : public World, private StoreServices, private Clock {
public:
    // Its clock is `fast` ahead of the world's.
    SimController(SimWorld& world, std::string name, Seconds fast = {});
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
    // Did somebody act since the step that it carries out began, or does it believe what was not true?
    [[nodiscard]] bool disturbed() const {
        return !deceived_by_.empty() || world_.acts_of_people != acts_at_begin_;
    }
    // Servers that answered when it looked last.
    [[nodiscard]] const std::set<std::string>& in_touch() const { return in_touch_; }
    void begin_step() { acts_at_begin_ = world_.acts_of_people; }
    void die() { dead_ = true; }
    [[nodiscard]] SimWorld& world() { return world_; }

    // The points of an authority's operation. A submission's own faults are asked for with fault_at().
    void before_authority(const std::string& authority, std::string_view operation);
    void after_authority(const std::string& authority, std::string_view operation, bool changes);
    [[nodiscard]] Fault* fault_at(FaultKind kind,
                                  const Where& where);  // one that is due and fits here; spent with this

private:
    [[nodiscard]] Fault* due(FaultKind kind);  // one that fits now, not spent
    void meet(const SimDisk& disk, const Where& where);
    void aim_again(SimDisk& disk);

    [[nodiscard]] Instant now() const override { return world_.now + fast_; }
    [[nodiscard]] bool guards() const override { return world_.guards; }
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
    [[nodiscard]] StoreState lie_about(const MemoryServer& server, int chance) const;
    [[nodiscard]] const StoreState* stale(const MemoryServer& server, bool locked) override;
    void before(MemoryServer& server, StoreOperation operation) override;
    void midway(MemoryServer& server, StoreOperation operation) override;
    void after(MemoryServer& server, StoreOperation operation) override;
    [[nodiscard]] bool wait_for_lock(MemoryServer& server) override;
    [[nodiscard]] bool repeats(MemoryServer& server, StoreOperation operation) override;
    void trouble(MemoryServer& server, StoreOperation operation) override;
    void interrupted(MemoryServer& server, StoreOperation operation, bool failed) override;

    void pass_time(const Where& where);
    void lose_touch(const std::string& place, const Where& where, bool is_node);
    void let_others_act(const std::string& place, const Where& where);
    void point(const std::string& place, const Where& where, bool is_node);
    void refuse_if_dead() const;

    SimWorld& world_;
    std::string name_;
    bool dead_{};
    Seconds fast_;
    int acts_at_begin_;
    std::set<std::string> in_touch_{};
    std::set<std::string> deceived_by_{};  // servers whose last observation was not true
    StoreState lie_{};
    x509::CertificateCache certificates_{};
    StoreState before_{};  // of the operation that runs
};

}  // namespace edgecert
