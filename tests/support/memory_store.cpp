// The store in memory: looking, locking, trust and requests.
#include "tests/support/memory_store.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "tests/support/memory_operation.h"

namespace edgecert {

std::string_view to_text(StoreOperation operation) {
    switch (operation) {
        case StoreOperation::observe:
            return "observe";
        case StoreOperation::lock:
            return "lock";
        case StoreOperation::trust:
            return "trust";
        case StoreOperation::distrust:
            return "distrust";
        case StoreOperation::create_request:
            return "create request";
        case StoreOperation::keep_request:
            return "keep request";
        case StoreOperation::note_request:
            return "note request";
        case StoreOperation::forget_request:
            return "forget request";
        case StoreOperation::accept:
            return "accept";
        case StoreOperation::export_pfx:
            return "export";
        case StoreOperation::import_pfx:
            return "import";
        case StoreOperation::set_friendly_name:
            return "set friendly name";
        case StoreOperation::assign:
            return "assign";
        case StoreOperation::unassign:
            return "unassign";
        case StoreOperation::activate:
            return "activate";
        case StoreOperation::note_role:
            return "note role";
        case StoreOperation::handshake:
            return "handshake";
        case StoreOperation::retire:
            return "retire";
    }
    return "";
}

bool changes_store(StoreOperation operation) {
    return operation != StoreOperation::observe && operation != StoreOperation::lock &&
           operation != StoreOperation::export_pfx && operation != StoreOperation::handshake;
}

class MemoryStore::Lock final : public StoreLock {
public:
    Lock(std::shared_ptr<MemoryServer> server, const void* holder)
        : server_(std::move(server)), holder_(holder) {
        server_->locked_by = holder;
    }
    ~Lock() override {
        if (server_->locked_by == holder_) {
            server_->locked_by = nullptr;
        }
    }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

private:
    std::shared_ptr<MemoryServer> server_;
    const void* holder_;
};

MemoryStore::MemoryStore(std::shared_ptr<MemoryServer> server, StoreServices& services)
    : server_(std::move(server)), services_(services) {}

MemoryStore::~MemoryStore() {
    if (server_->locked_by == this) {
        server_->locked_by = nullptr;
    }
}

void MemoryStore::refuse_if_locked() const {
    if (server_->locked_by != nullptr && server_->locked_by != this) {
        throw Error("store-locked", "the store of " + server_->name + " is being changed by somebody else");
    }
}

void MemoryStore::make() {
    if (!server_->state.exists) {
        server_->state.exists = true;
        server_->state.store_id = services_.new_store_id();
    }
}

StoreObservation MemoryStore::observe(x509::CertificateCache& /*cache*/) {
    services_.before(*server_, StoreOperation::observe);
    const StoreState* stale = services_.stale(*server_, server_->locked_by == this);
    const StoreState& state = stale != nullptr ? *stale : server_->state;
    StoreObservation seen;
    seen.exists = state.exists;
    seen.store_id = state.store_id;
    seen.kind = "directory";
    seen.activates = server_->activates;
    seen.clock = services_.clock_of(*server_);
    seen.trust = state.trust;
    seen.personal = state.personal;
    seen.requests = state.requests;
    seen.roles = state.roles;
    seen.findings = state.findings;
    services_.after(*server_, StoreOperation::observe);
    return seen;
}

std::unique_ptr<StoreLock> MemoryStore::lock(Seconds patience) {
    services_.before(*server_, StoreOperation::lock);
    const auto taken = [this] { return server_->locked_by != nullptr && server_->locked_by != this; };
    Seconds waited{};
    while (taken() && waited < patience && services_.wait_for_lock(*server_)) {
        waited += Seconds{1};
    }
    if (taken()) {
        services_.sleep(patience - waited);
    }
    refuse_if_locked();
    auto held = std::make_unique<Lock>(server_, this);
    services_.after(*server_, StoreOperation::lock);
    return held;
}

void MemoryStore::trust(TrustKind kind,
                        const x509::CertificateRef& certificate,
                        const std::string& authority,
                        const std::string& pool) {
    const MemoryOperation operation(*server_, services_, StoreOperation::trust);
    refuse_if_locked();
    if (services_.guards() && certificate->self_signed != (kind == TrustKind::root)) {
        throw Error("store-refused",
                    kind == TrustKind::root ? "only self-signed certificates go to Root"
                                            : "a self-signed certificate is no intermediate");
    }
    make();
    if (find_entry(server_->state, kind, certificate->sha256) == nullptr) {
        put(server_->state, TrustEntry{certificate->sha256, certificate, kind, true, authority, pool});
    }
    operation.done();
}

void MemoryStore::distrust(TrustKind kind, const std::string& sha256) {
    const MemoryOperation operation(*server_, services_, StoreOperation::distrust);
    refuse_if_locked();
    const TrustEntry* entry = find_entry(server_->state, kind, sha256);
    if (services_.guards() && entry != nullptr && !entry->owned &&
        (kind == TrustKind::intermediate || entry->certificate->self_signed)) {
        throw Error("store-refused", "somebody else put it there");
    }
    remove_entry(server_->state, kind, sha256);
    operation.done();
}

RequestEntry MemoryStore::create_request(const RequestOrder& order) {
    const MemoryOperation operation(*server_, services_, StoreOperation::create_request);
    refuse_if_locked();
    for (const RequestEntry& entry : server_->state.requests) {
        if (entry.pool == order.pool && entry.name == order.name && entry.issuance == order.issuance &&
            entry.key == KeyState::present) {
            const RequestEntry found = entry;
            operation.done();
            return found;
        }
    }
    KeyRef key;
    if (order.reuse_key) {
        const PersonalEntry* entry = find_entry(server_->state, *order.reuse_key);
        if (entry == nullptr || entry->key != KeyState::present) {
            throw Error("no-such-entry", "the key that is to be used again is not there");
        }
        key = server_->state.personal_keys.at(*order.reuse_key);
    } else {
        key = services_.make_key(order.contents.key);
    }
    make();
    RequestEntry entry;
    entry.pool = order.pool;
    entry.name = order.name;
    entry.spki = key->spki_sha256;
    entry.issuance = order.issuance;
    entry.requirement = order.requirement;
    entry.holder = order.holder;
    entry.key = KeyState::present;
    entry.exportable = order.exportable;
    entry.friendly_name = order.friendly_name;
    entry.authority = order.authority;
    entry.request_pem = services_.make_request(order.contents, *key);
    entry.created = order.now;
    entry.since = order.now;
    if (services_.guards() &&
        find_entry(server_->state, RequestKey{entry.pool, entry.name, entry.spki}) != nullptr) {
        throw Error("store-refused", "another request has that key");
    }
    server_->state.request_keys[{entry.pool, entry.name, entry.spki}] = key;
    put(server_->state, entry);
    operation.done();
    return entry;
}

void MemoryStore::keep_request(const RequestEntry& entry) {
    const MemoryOperation operation(*server_, services_, StoreOperation::keep_request);
    refuse_if_locked();
    const RequestEntry* present = find_entry(server_->state, RequestKey{entry.pool, entry.name, entry.spki});
    if (present == nullptr || present->key == KeyState::absent) {
        make();
        RequestEntry kept = entry;
        kept.key = KeyState::absent;
        put(server_->state, std::move(kept));
    }
    operation.done();
}

void MemoryStore::note_request(const RequestKey& request, const RequestNote& note) {
    const MemoryOperation operation(*server_, services_, StoreOperation::note_request);
    refuse_if_locked();
    RequestEntry* entry = find_entry(server_->state, request);
    if (entry == nullptr) {
        throw Error("no-such-entry", "there is no such request on " + server_->name);
    }
    entry->phase = note.phase;
    entry->since = note.at;
    if (note.phase == RequestPhase::submitting) {
        entry->submitted = note.at;
    }
    if (!note.ticket.empty()) {
        entry->ticket = note.ticket;
    }
    if (!note.message.empty()) {
        entry->message = note.message;
    }
    if (note.answer != nullptr) {
        entry->answer = note.answer;
    }
    if (!note.answer_chain.empty()) {
        entry->answer_chain = note.answer_chain;
    }
    operation.done();
}

void MemoryStore::forget_request(const RequestKey& request) {
    const MemoryOperation operation(*server_, services_, StoreOperation::forget_request);
    refuse_if_locked();
    const RequestEntry* entry = find_entry(server_->state, request);
    if (entry != nullptr && entry->key == KeyState::absent) {
        remove_entry(server_->state, request);
    }
    operation.done();
}

}  // namespace edgecert
