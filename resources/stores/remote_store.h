// The store behind a node: the contract of certificate stores, spoken over a session.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "resources/stores/store.h"

namespace edgecert {

// Nothing is started before the first operation. A session that failed (the node died, hangs, babbles or
// lies) is ended, and the error is this server's alone: "store-unreachable", with what happened and what the
// node said on stderr. The next operation starts a new session, unless a lock was held in the old one. A
// fleet's sessions are processes here and there, so one that rests is ended.
class RemoteStore final : public CertificateStore {
public:
    RemoteStore(std::vector<std::string> argv,
                std::string server,
                Clock& clock,
                std::vector<std::string> hidden);

    [[nodiscard]] StoreObservation observe(x509::CertificateCache& cache) override;
    void rest() override;
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
    class Conversation;
    class Held;
    class Lock;

    [[nodiscard]] x509::PfxContents export_key(const CertificateId& certificate);
    void import_key(const x509::PfxContents& contents, const PersonalLabel& label);

    std::shared_ptr<Conversation> conversation_;
    std::weak_ptr<Held> held_{};
    std::string store_id_{};                        // the first that was seen
    std::vector<std::string> seen_certificates_{};  // of the last observation: the first to be named as known
};

}  // namespace edgecert
