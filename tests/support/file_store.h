// The product's own store in a folder, on a simulated disk and with a simulation's points: what is true of it
// is read back after every operation.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/time/instant.h"
#include "tests/support/memory_store.h"

namespace edgecert {

class FileStore final : public CertificateStore {
public:
    FileStore(std::shared_ptr<MemoryServer> server, StoreServices& services, Clock& clock);
    ~FileStore() override;

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
    void run(StoreOperation operation, const std::function<void()>& work);
    void carry_out(StoreOperation operation, const std::function<void()>& work);

    std::shared_ptr<MemoryServer> server_;
    StoreServices& services_;
    Clock& clock_;
    MemoryStore memory_;  // for what needs no disk: locks, activation, handshakes
    std::unique_ptr<CertificateStore> inner_;
};

// Reads a disk's store into the server's state.
void read_back(MemoryServer& server, x509::CertificateCache& cache);
// Does to the disk what a person did to the state, and reads it back.
void write_by_hand(MemoryServer& server, const StoreState& before, x509::CertificateCache& cache);

}  // namespace edgecert
