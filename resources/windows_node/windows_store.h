// The store of a Windows server: LocalMachine's Root, CA, My and Request, keys in machine containers, records
// in properties of the certificates and in the node's folder.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resources/stores/key_carrier.h"
#include "resources/stores/records.h"
#include "resources/stores/store.h"
#include "resources/windows_node/data_folder.h"
#include "resources/windows_node/roles.h"
#include "resources/windows_node/system_stores.h"

namespace edgecert::windows {

struct WindowsStoreSpec {
    std::string data{};    // "": %ProgramData%\edgecert
    std::string stores{};  // prefix of the stores' names; "": the machine's own
    std::vector<std::string> activate{};
};

// A certificate in My with all that is known of it.
struct Installed {
    PersonalEntry entry{};
    std::optional<Container> container{};
    bool recorded{};  // with a record of ours, also one that says "not ours"
};

class WindowsStore final : public CertificateStore, public KeyCarrier {
public:
    // The clock and the roles are borrowed and must live longer.
    WindowsStore(const WindowsStoreSpec& spec, Roles& roles, Clock& clock);

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
    // A PFX that every server reads cannot be made here: Error "store-refused". See export_key.
    [[nodiscard]] Secret export_pfx(const CertificateId& certificate,
                                    const Secret& password,
                                    x509::PfxProfile profile) override;
    void import_pfx(const Secret& pfx, const Secret& password, const PersonalLabel& label) override;
    [[nodiscard]] KeyParcel export_key(const CertificateId& certificate) override;
    void import_key(const KeyParcel& parcel, const PersonalLabel& label) override;
    void set_friendly_name(const CertificateId& certificate, const std::string& friendly_name) override;
    void assign(const RoleAssignment& assignment) override;
    void unassign(const std::string& role, Instant now) override;
    [[nodiscard]] CommandResult activate(const std::string& role) override;
    void note_role(const RoleNote& note) override;
    [[nodiscard]] HandshakeResult handshake(const HandshakeOrder& order) override;
    void retire(const CertificateId& certificate) override;

private:
    using Change = std::shared_ptr<DataLock>;
    [[nodiscard]] Change take_lock(Seconds patience);
    [[nodiscard]] Change start_change();  // makes the store if it does not exist
    void sweep();
    void sweep_intent(const std::string& name,
                      const std::vector<Stored>& personal,
                      const std::vector<Stored>& requests);

    // A list of findings is filled where what cannot be read is met.
    using Findings = std::vector<Finding>;
    [[nodiscard]] std::vector<TrustEntry> read_trust(TrustKind kind,
                                                     x509::CertificateCache& cache,
                                                     Findings& findings);
    [[nodiscard]] std::optional<TrustEntry> find_trust(TrustKind kind, const std::string& sha256);
    [[nodiscard]] std::vector<Installed> read_personal(x509::CertificateCache& cache, Findings& findings);
    [[nodiscard]] std::vector<RequestEntry> read_requests(x509::CertificateCache& cache, Findings& findings);
    [[nodiscard]] std::vector<RoleRecord> read_roles(const std::vector<PersonalEntry>& personal,
                                                     Findings& findings);
    [[nodiscard]] std::string read_id(Findings& findings) const;

    [[nodiscard]] std::optional<Installed> find_personal(const CertificateId& id);
    [[nodiscard]] Installed need_personal(const CertificateId& id);
    void put_personal(const PersonalEntry& entry, const std::optional<Container>& container);
    [[nodiscard]] bool is_used(const Container& container);
    void drop_key(const Container& container);
    void mark_superseded(const CertificateId& id, std::optional<Instant> when);

    [[nodiscard]] std::optional<RequestEntry> read_request(const std::string& file);
    [[nodiscard]] std::optional<RequestEntry> find_request(const RequestKey& key);
    [[nodiscard]] bool keeps_request(const RequestKey& key);  // also one that cannot be read
    [[nodiscard]] std::optional<RequestEntry> find_request_of(const RequestOrder& order);
    void write_request(const RequestEntry& entry) const;
    // The stand-in in Request that holds the request's key.
    [[nodiscard]] std::optional<Stored> find_placeholder(const RequestKey& key);
    void put_placeholder(const RequestEntry& entry, const Container& container, Instant now);

    [[nodiscard]] std::string certificate_of(const std::string& thumbprint);  // SHA-256, "" when not in My
    [[nodiscard]] records::WrittenRole read_role_record(const std::string& role, Findings& findings);
    void write_role_record(const records::WrittenRole& written) const;
    void leave(const std::map<std::string, std::string>& assigned,
               const CertificateId& id,
               const std::string& role,
               Instant now);

    SystemStores stores_;
    DataFolder folder_;
    std::vector<std::string> activate_;
    Roles& roles_;
    Clock& clock_;
    x509::CertificateCache cache_{};
    std::weak_ptr<DataLock> held_{};  // lives while a handle of lock() or a change does
    bool swept_{};
};

}  // namespace edgecert::windows
