// A certificate store in memory: one server as it truly is, and stores (one a controller) that look at it and
// change it.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "resources/stores/store.h"
#include "resources/x509/key.h"
#include "resources/x509/pfx.h"
#include "tests/support/sim_disk.h"

namespace edgecert {

using KeyRef = std::shared_ptr<const x509::PrivateKey>;
using RequestName = std::tuple<std::string, std::string, std::string>;  // pool, name, spki

// What a store holds, as a value. The entries' own `key` fields say what state the key is in; the keys
// themselves are beside them.
struct StoreState {
    bool exists{};
    std::string store_id{};
    std::vector<TrustEntry> trust{};
    std::vector<PersonalEntry> personal{};
    std::vector<RequestEntry> requests{};
    std::vector<RoleRecord> roles{};
    std::vector<Finding> findings{};
    std::map<CertificateId, KeyRef> personal_keys{};
    std::map<RequestName, KeyRef> request_keys{};
    bool operator==(const StoreState&) const = default;  // keys by identity
};

enum class StoreOperation {
    observe,
    lock,
    trust,
    distrust,
    create_request,
    keep_request,
    note_request,
    forget_request,
    accept,
    export_pfx,
    import_pfx,
    set_friendly_name,
    assign,
    unassign,
    activate,
    note_role,
    handshake,
    retire
};
[[nodiscard]] std::string_view to_text(StoreOperation operation);
[[nodiscard]] bool changes_store(StoreOperation operation);

// One server. `locked_by` is the store object that holds its lock, gone with that object.
struct MemoryServer {
    std::string name{};
    StoreState state{};
    bool activates{};
    std::map<std::string, CertificateId> in_effect{};  // role → what the service answers with
    std::set<std::string> refused{};                   // roles whose service did not take the last one
    const void* locked_by{};
    bool unsettled{};                 // an operation failed on the disk: what it left may still vanish
    std::shared_ptr<SimDisk> disk{};  // a server with the real store in a folder has one; `state` is what was
                                      // read there last
};

// What a store in memory takes from outside itself. Every operation passes before() and after(), which may
// throw or let others act meanwhile; midway() lies between two writes of one operation.
class StoreServices {
public:
    StoreServices() = default;
    StoreServices(const StoreServices&) = delete;
    StoreServices& operator=(const StoreServices&) = delete;
    virtual ~StoreServices() = default;

    [[nodiscard]] virtual KeyRef make_key(x509::KeyKind kind) = 0;
    [[nodiscard]] virtual std::string make_request(const x509::RequestContents& contents,
                                                   const x509::PrivateKey& key) = 0;
    [[nodiscard]] virtual Secret make_pfx(const x509::PfxContents& contents,
                                          const Secret& password,
                                          x509::PfxProfile profile) = 0;
    [[nodiscard]] virtual x509::PfxContents parse_pfx(const Secret& pfx, const Secret& password) = 0;
    [[nodiscard]] virtual std::string new_store_id() = 0;
    virtual void sleep(Seconds span) = 0;
    [[nodiscard]] virtual std::optional<Instant> clock_of(const MemoryServer& server) = 0;
    [[nodiscard]] virtual CommandResult activate(MemoryServer& server, const std::string& role) = 0;
    [[nodiscard]] virtual HandshakeResult handshake(const HandshakeOrder& order) = 0;
    // A stale read: what to show instead of the truth, or null.
    [[nodiscard]] virtual const StoreState* stale(const MemoryServer& server, bool locked) = 0;

    virtual void before(MemoryServer& server, StoreOperation operation) = 0;
    virtual void midway(MemoryServer& server, StoreOperation operation) = 0;
    virtual void after(MemoryServer& server, StoreOperation operation) = 0;

    // Somebody else holds the server's lock: lets time pass and others go on. False: nobody else there is.
    virtual bool wait_for_lock(MemoryServer& server) {
        static_cast<void>(server);
        return false;
    }
    // Is the operation to be done twice, as when a connection repeats what was sent?
    virtual bool repeats(MemoryServer& server, StoreOperation operation) {
        static_cast<void>(server);
        static_cast<void>(operation);
        return false;
    }
    // Does the store refuse what would break it? Without, whoever looks has to see that it is broken.
    [[nodiscard]] virtual bool guards() const { return true; }
    // For a server with a disk: its trouble during the operation, and what came of it (which may throw).
    virtual void trouble(MemoryServer& server, StoreOperation operation) {
        static_cast<void>(server);
        static_cast<void>(operation);
    }
    virtual void interrupted(MemoryServer& server, StoreOperation operation, bool failed) {
        static_cast<void>(server);
        static_cast<void>(operation);
        static_cast<void>(failed);
    }
};

// Keeps the contract of CertificateStore over a MemoryServer. Not safe from several threads at once on one
// server.
class MemoryStore final : public CertificateStore {
public:
    MemoryStore(std::shared_ptr<MemoryServer> server, StoreServices& services);
    ~MemoryStore() override;

    [[nodiscard]] StoreObservation observe(x509::CertificateCache& cache) override;
    [[nodiscard]] std::unique_ptr<StoreLock> lock(Seconds patience) override;
    void trust(TrustKind kind,
               const x509::CertificateRef& certificate,
               const std::string& authority,
               const std::string& pool) override;
    void distrust(TrustKind kind, const std::string& sha256) override;
    [[nodiscard]] RequestEntry create_request(const RequestOrder& order) override;
    void keep_request(const RequestEntry& entry) override;
    void note_request(const RequestKey& request, const RequestNote& note) override;
    void forget_request(const RequestKey& request) override;
    void accept(const RequestKey& request,
                const x509::CertificateRef& certificate,
                const std::vector<x509::CertificateRef>& chain,
                const PersonalLabel& label) override;
    [[nodiscard]] Secret export_pfx(const CertificateId& certificate,
                                    const Secret& password,
                                    x509::PfxProfile profile) override;
    void import_pfx(const Secret& pfx, const Secret& password, const PersonalLabel& label) override;
    void set_friendly_name(const CertificateId& certificate, const std::string& friendly_name) override;
    void assign(const RoleAssignment& assignment) override;
    void unassign(const std::string& role, Instant now) override;
    [[nodiscard]] CommandResult activate(const std::string& role) override;
    void note_role(const RoleNote& note) override;
    [[nodiscard]] HandshakeResult handshake(const HandshakeOrder& order) override;
    void retire(const CertificateId& certificate) override;

private:
    class Lock;
    void refuse_if_locked() const;
    void make();
    void mark_left(const CertificateId& certificate, const std::string& role, Instant now);

    std::shared_ptr<MemoryServer> server_;
    StoreServices& services_;
};

// Ordered places in a state's vectors, shared by stores and by people who change stores past them.
[[nodiscard]] PersonalEntry* find_entry(StoreState& state, const CertificateId& id);
[[nodiscard]] RequestEntry* find_entry(StoreState& state, const RequestKey& key);
[[nodiscard]] RoleRecord* find_role_record(StoreState& state, const std::string& role);
[[nodiscard]] TrustEntry* find_entry(StoreState& state, TrustKind kind, const CertificateId& id);
TrustEntry& put(StoreState& state,
                TrustEntry entry);  // each replaces the entry with the same key, or is put in its place
PersonalEntry& put(StoreState& state, PersonalEntry entry);
RequestEntry& put(StoreState& state, RequestEntry entry);
RoleRecord& put(StoreState& state, RoleRecord record);
void remove_entry(StoreState& state, const CertificateId& id);
void remove_entry(StoreState& state, const RequestKey& key);
void remove_entry(StoreState& state, TrustKind kind, const CertificateId& id);

}  // namespace edgecert
