// The store in a folder: every change beside, synced, renamed; killed anywhere, it holds what was there or
// what was wanted.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/files/files.h"
#include "resources/stores/directory_keys.h"
#include "resources/stores/directory_read.h"
#include "resources/stores/store.h"

namespace edgecert {

class DirectoryStore final : public CertificateStore {
public:
    // The clock is borrowed and must live longer, and so is `certificates`, what the run has parsed already
    // (null: the store remembers for itself). `hidden`: variables that what is activated does not get.
    DirectoryStore(const StoreSpec& spec,
                   Clock& clock,
                   std::vector<std::string> hidden,
                   std::shared_ptr<directory::KnownKeys> known,
                   x509::CertificateCache* certificates = nullptr);

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
    [[nodiscard]] bool copy_key(CertificateStore& source,
                                const CertificateId& certificate,
                                const PersonalLabel& label) override;
    void set_friendly_name(const CertificateId& certificate, const std::string& friendly_name) override;
    void assign(const RoleAssignment& assignment) override;
    void unassign(const std::string& role, Instant now) override;
    [[nodiscard]] CommandResult activate(const std::string& role) override;
    void note_role(const RoleNote& note) override;
    [[nodiscard]] HandshakeResult handshake(const HandshakeOrder& order) override;
    void retire(const CertificateId& certificate) override;

private:
    // The store's folder while it is being changed, under the lock.
    struct Change {
        Folder root;
        std::shared_ptr<FileLock> lock;
    };
    [[nodiscard]] std::shared_ptr<FileLock> take_lock(const Folder& root, Seconds patience);
    [[nodiscard]] Change open_for_change();                          // makes the store if it does not exist
    [[nodiscard]] std::optional<Change> open_for_change_if_there();  // nullopt: there is no store
    [[nodiscard]] Change start_change(Folder root);
    void finish_accepted(const Folder& root);
    void look_for_group(directory::Findings& findings);
    [[nodiscard]] directory::Reading reading() { return {*cache_, keys_, ignored_findings_, {}}; }

    [[nodiscard]] std::optional<PersonalEntry> find_personal(const Folder& root, const CertificateId& id);
    [[nodiscard]] PersonalEntry need_personal(const Folder& root, const CertificateId& id);
    [[nodiscard]] x509::PfxContents handed_out(const CertificateId& certificate);
    void take(const x509::PfxContents& contents, const PersonalLabel& label);
    void write_personal(const Folder& root, const PersonalEntry& entry, const x509::PrivateKey& key);
    void install(const Folder& root, PersonalEntry entry, const x509::PrivateKey& key);
    void write_record(const Folder& root, const PersonalEntry& entry) const;
    void forget_previous(const Folder& roles, const CertificateId& certificate);
    void remove_entry(const Folder& personal, const CertificateId& certificate) const;
    void write_chain(const Folder& root, const Folder& folder, const PersonalEntry& entry);
    void mark_superseded(const Folder& root, const CertificateId& id, std::optional<Instant> when);
    [[nodiscard]] bool points_at(const Folder& roles,
                                 const CertificateId& id,
                                 const std::string& except) const;
    void leave(const Folder& root,
               const Folder& roles,
               const CertificateId& id,
               const std::string& role,
               Instant now);

    [[nodiscard]] std::optional<RequestEntry> find_request_of(const Folder& folder,
                                                              const RequestOrder& order);
    [[nodiscard]] x509::PrivateKey key_for(const Folder& root, const RequestOrder& order);
    void write_request(const Folder& parent, const RequestEntry& entry, const x509::PrivateKey* key);
    [[nodiscard]] std::optional<Folder> request_parent(const Folder& root, const RequestKey& key) const;

    StoreSpec spec_;
    Clock* clock_;
    std::vector<std::string> hidden_;
    directory::KeyFiles keys_;
    x509::CertificateCache own_cache_{};
    x509::CertificateCache* cache_;
    directory::Findings ignored_findings_{};  // of looks in the middle of a change; observe() reports them
    std::weak_ptr<FileLock> held_{};          // lives while a handle of lock() or a change does
    bool swept_{};
};

}  // namespace edgecert
