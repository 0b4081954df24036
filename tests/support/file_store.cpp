// Each operation between its points, on its disk.
#include "tests/support/file_store.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "resources/stores/open.h"

namespace edgecert {

namespace {

StoreSpec spec_of(const MemoryServer& server) {
    StoreSpec spec;
    spec.directory = server.disk->folder().native();
    return spec;
}

class StillClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override { return {}; }
    void sleep(Seconds /*span*/) override {}
};

}  // namespace

void read_back(MemoryServer& server, x509::CertificateCache& cache) {
    StillClock clock;
    StoreObservation seen = open_directory_store(spec_of(server), clock)->observe(cache);
    StoreState& state = server.state;
    state.exists = seen.exists;
    state.store_id = std::move(seen.store_id);
    state.trust.clear();
    for (TrustEntry& entry : seen.trust) {
        put(state, std::move(entry));  // in the state's own order
    }
    state.personal = std::move(seen.personal);
    state.requests = std::move(seen.requests);
    state.roles = std::move(seen.roles);
    state.findings = std::move(seen.findings);
}

FileStore::FileStore(std::shared_ptr<MemoryServer> server, StoreServices& services, Clock& clock)
    : server_(std::move(server)),
      services_(services),
      clock_(clock),
      memory_(server_, services),
      inner_(open_directory_store(spec_of(*server_), clock)) {}

FileStore::~FileStore() = default;

// What was begun and did not end is told, whatever the store itself made of its disk's trouble.
void FileStore::carry_out(StoreOperation operation, const std::function<void()>& work) {
    services_.trouble(*server_, operation);
    try {
        const DiskUse use(*server_->disk);
        work();
    } catch (const Error&) {
        inner_ = open_directory_store(spec_of(*server_), clock_);
        services_.interrupted(*server_, operation, true);
        throw;
    }
    services_.interrupted(*server_, operation, false);
}

void FileStore::run(StoreOperation operation, const std::function<void()>& work) {
    services_.before(*server_, operation);
    if (changes_store(operation) && server_->locked_by != nullptr && server_->locked_by != &memory_) {
        throw Error("store-locked", "the store of " + server_->name + " is being changed by somebody else");
    }
    carry_out(operation, work);
    if (services_.repeats(*server_, operation)) {
        carry_out(operation, work);
    }
    services_.after(*server_, operation);
}

StoreObservation FileStore::observe(x509::CertificateCache& cache) {
    return memory_.observe(cache);
}

std::unique_ptr<StoreLock> FileStore::lock(Seconds patience) {
    return memory_.lock(patience);
}

void FileStore::trust(TrustKind kind,
                      const x509::CertificateRef& certificate,
                      const std::string& authority,
                      const std::string& pool) {
    run(StoreOperation::trust, [&] { inner_->trust(kind, certificate, authority, pool); });
}

void FileStore::distrust(TrustKind kind, const std::string& sha256) {
    run(StoreOperation::distrust, [&] { inner_->distrust(kind, sha256); });
}

RequestEntry FileStore::create_request(const RequestOrder& order) {
    RequestEntry entry;
    run(StoreOperation::create_request, [&] { entry = inner_->create_request(order); });
    return entry;
}

void FileStore::keep_request(const RequestEntry& entry) {
    run(StoreOperation::keep_request, [&] { inner_->keep_request(entry); });
}

void FileStore::note_request(const RequestKey& request, const RequestNote& note) {
    run(StoreOperation::note_request, [&] { inner_->note_request(request, note); });
}

void FileStore::forget_request(const RequestKey& request) {
    run(StoreOperation::forget_request, [&] { inner_->forget_request(request); });
}

void FileStore::accept(const RequestKey& request,
                       const x509::CertificateRef& certificate,
                       const std::vector<x509::CertificateRef>& chain,
                       const PersonalLabel& label) {
    run(StoreOperation::accept, [&] { inner_->accept(request, certificate, chain, label); });
}

Secret FileStore::export_pfx(const CertificateId& certificate,
                             const Secret& password,
                             x509::PfxProfile profile) {
    Secret made;
    run(StoreOperation::export_pfx, [&] { made = inner_->export_pfx(certificate, password, profile); });
    return made;
}

void FileStore::import_pfx(const Secret& pfx, const Secret& password, const PersonalLabel& label) {
    run(StoreOperation::import_pfx, [&] { inner_->import_pfx(pfx, password, label); });
}

void FileStore::set_friendly_name(const CertificateId& certificate, const std::string& friendly_name) {
    run(StoreOperation::set_friendly_name, [&] { inner_->set_friendly_name(certificate, friendly_name); });
}

void FileStore::assign(const RoleAssignment& assignment) {
    run(StoreOperation::assign, [&] { inner_->assign(assignment); });
}

void FileStore::unassign(const std::string& role, Instant now) {
    run(StoreOperation::unassign, [&] { inner_->unassign(role, now); });
}

CommandResult FileStore::activate(const std::string& role) {
    return memory_.activate(role);
}

void FileStore::note_role(const RoleNote& note) {
    run(StoreOperation::note_role, [&] { inner_->note_role(note); });
}

HandshakeResult FileStore::handshake(const HandshakeOrder& order) {
    return memory_.handshake(order);
}

void FileStore::retire(const CertificateId& certificate) {
    run(StoreOperation::retire, [&] { inner_->retire(certificate); });
}

}  // namespace edgecert
