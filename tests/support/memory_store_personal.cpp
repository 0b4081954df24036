// The store in memory: certificates with keys, and the roles that point at them.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "resources/stores/presented.h"
#include "tests/support/memory_operation.h"
#include "tests/support/memory_store.h"

namespace edgecert {

namespace {

void put_label(PersonalEntry& entry, const PersonalLabel& label) {
    entry.friendly_name = label.friendly_name;
    entry.owned = label.owned;
    entry.pool = label.pool;
    entry.name = label.name;
    entry.requirement = label.requirement;
    entry.issuance = label.issuance;
    entry.submitted = label.submitted;
}

bool some_role_points_at(const StoreState& state, const CertificateId& id) {
    return std::any_of(state.roles.begin(), state.roles.end(), [&](const RoleRecord& record) {
        return record.assigned == id;
    });
}

// A role that pointed at it while it was not there points at something again.
void has_come(StoreState& state, const CertificateId& id) {
    for (RoleRecord& record : state.roles) {
        record.dangling = record.dangling && record.assigned != id;
    }
}

RoleRecord& role_record(StoreState& state, const std::string& role) {
    RoleRecord* record = find_role_record(state, role);
    if (record != nullptr) {
        return *record;
    }
    RoleRecord made;
    made.role = role;
    return put(state, std::move(made));
}

}  // namespace

void MemoryStore::accept(const RequestKey& request,
                         const x509::CertificateRef& certificate,
                         const std::vector<x509::CertificateRef>& chain,
                         const PersonalLabel& label) {
    const MemoryOperation operation(*server_, services_, StoreOperation::accept);
    refuse_if_locked();
    StoreState& state = server_->state;
    const RequestEntry* entry = find_entry(state, request);
    const PersonalEntry* present = find_entry(state, certificate->sha256);
    const bool installed = present != nullptr && present->key == KeyState::present;
    if (entry == nullptr) {
        if (!installed) {
            throw Error("no-such-entry", "there is no such request on " + server_->name);
        }
        operation.done();
        return;
    }
    if (certificate->spki_sha256 != request.spki) {
        throw Error("store-refused", "the certificate is for another key");
    }
    const auto key = state.request_keys.find({request.pool, request.name, request.spki});
    if (entry->key != KeyState::present || key == state.request_keys.end()) {
        throw Error("store-refused", "the request's key is not on " + server_->name);
    }
    if (!installed) {
        PersonalEntry made;
        made.id = certificate->sha256;
        made.certificate = certificate;
        made.chain = chain;
        made.key = KeyState::present;
        made.exportable = label.exportable;
        put_label(made, label);
        state.personal_keys[made.id] = key->second;
        put(state, std::move(made));
        has_come(state, certificate->sha256);
    }
    operation.midway();
    remove_entry(state, request);
    operation.done();
}

Secret MemoryStore::export_pfx(const CertificateId& certificate,
                               const Secret& password,
                               x509::PfxProfile profile) {
    const MemoryOperation operation(*server_, services_, StoreOperation::export_pfx);
    const PersonalEntry* entry = find_entry(server_->state, certificate);
    if (entry == nullptr) {
        throw Error("no-such-entry", "there is no such certificate on " + server_->name);
    }
    if (entry->key != KeyState::present) {
        throw Error("store-refused", "the certificate's key is not usable");
    }
    if (!entry->exportable) {
        throw Error("key-not-exportable", "the key is not exportable");
    }
    const KeyRef key = server_->state.personal_keys.at(certificate);
    Secret made =
        services_.make_pfx({*key, entry->certificate, entry->chain, entry->friendly_name}, password, profile);
    operation.done();
    return made;
}

void MemoryStore::import_pfx(const Secret& pfx, const Secret& password, const PersonalLabel& label) {
    const MemoryOperation operation(*server_, services_, StoreOperation::import_pfx);
    refuse_if_locked();
    x509::PfxContents contents = services_.parse_pfx(pfx, password);
    StoreState& state = server_->state;
    make();
    const CertificateId id = contents.certificate->sha256;
    PersonalEntry* present = find_entry(state, id);
    if (present != nullptr && present->key == KeyState::present) {
        if (present->owned) {
            put_label(*present, label);
        }
        operation.done();
        return;
    }
    PersonalEntry made;
    made.id = id;
    made.certificate = contents.certificate;
    made.chain = std::move(contents.chain);
    made.key = KeyState::present;
    made.exportable = label.exportable;
    put_label(made, label);
    if (present != nullptr && !present->owned) {
        made.owned = false;  // a certificate of somebody else that gets its key back stays theirs
    }
    state.personal_keys[id] = std::make_shared<const x509::PrivateKey>(std::move(contents.key));
    put(state, std::move(made));
    has_come(state, id);
    operation.done();
}

void MemoryStore::set_friendly_name(const CertificateId& certificate, const std::string& friendly_name) {
    const MemoryOperation operation(*server_, services_, StoreOperation::set_friendly_name);
    refuse_if_locked();
    PersonalEntry* entry = find_entry(server_->state, certificate);
    if (entry == nullptr) {
        throw Error("no-such-entry", "there is no such certificate on " + server_->name);
    }
    entry->friendly_name = friendly_name;
    operation.done();
}

// Before the role moves, as on a disk: a crash between leaves nothing that nobody ever retires.
void MemoryStore::mark_left(const CertificateId& certificate, const std::string& role, Instant now) {
    PersonalEntry* left = find_entry(server_->state, certificate);
    const auto& roles = server_->state.roles;
    const bool used = std::any_of(roles.begin(), roles.end(), [&](const RoleRecord& record) {
        return record.role != role && record.assigned == certificate;
    });
    if (left != nullptr && !used) {
        left->superseded = now;
    }
}

void MemoryStore::assign(const RoleAssignment& assignment) {
    const MemoryOperation operation(*server_, services_, StoreOperation::assign);
    refuse_if_locked();
    StoreState& state = server_->state;
    const PersonalEntry* entry = find_entry(state, assignment.certificate);
    if (entry == nullptr && services_.guards()) {
        throw Error("no-such-entry", "there is no such certificate on " + server_->name);
    }
    if (entry != nullptr && entry->key != KeyState::present && services_.guards()) {
        throw Error("store-refused", "the certificate's key is not usable on " + server_->name);
    }
    if (PersonalEntry* now = find_entry(state, assignment.certificate)) {
        now->superseded.reset();
        now->chain = now->owned ? chain_to_present(*now, state.trust) : now->chain;
    }
    RoleRecord& record = role_record(state, assignment.role);
    const CertificateId left = record.assigned;
    if (assignment.clear_rejection) {
        record.rejected.clear();
    }
    if (left != assignment.certificate) {
        mark_left(left, assignment.role, assignment.now);
    }
    operation.midway();
    if (left != assignment.certificate) {
        record.assigned = assignment.certificate;
        record.previous = left;
        record.activated = {};
        record.verified = {};
        record.verified_checks = {};
    }
    record.dangling = entry == nullptr;
    record.owned = true;
    record.pool = assignment.pool;
    operation.done();
}

void MemoryStore::unassign(const std::string& role, Instant now) {
    const MemoryOperation operation(*server_, services_, StoreOperation::unassign);
    refuse_if_locked();
    RoleRecord* record = find_role_record(server_->state, role);
    if (record != nullptr && !record->assigned.empty()) {
        mark_left(record->assigned, role, now);
        operation.midway();
        record->previous = std::exchange(record->assigned, "");
        record->dangling = false;
        record->owned = true;
    }
    operation.done();
}

CommandResult MemoryStore::activate(const std::string& role) {
    const MemoryOperation operation(*server_, services_, StoreOperation::activate);
    CommandResult result = services_.activate(*server_, role);
    operation.done();
    return result;
}

void MemoryStore::note_role(const RoleNote& note) {
    const MemoryOperation operation(*server_, services_, StoreOperation::note_role);
    refuse_if_locked();
    make();
    RoleRecord& record = role_record(server_->state, note.role);
    if (note.activated) {
        record.activated = *note.activated;
    }
    if (note.verified) {
        record.verified = *note.verified;
    }
    if (!note.verified_checks.empty()) {
        record.verified_checks = note.verified_checks;
    }
    if (note.rejected) {
        const auto same =
            std::find_if(record.rejected.begin(), record.rejected.end(), [&](const Rejection& one) {
                return one.certificate == note.rejected->certificate;
            });
        if (same == record.rejected.end()) {
            record.rejected.push_back(*note.rejected);
        } else {
            *same = *note.rejected;
        }
        std::sort(record.rejected.begin(), record.rejected.end(), [](const Rejection& a, const Rejection& b) {
            return a.certificate < b.certificate;
        });
    }
    operation.done();
}

HandshakeResult MemoryStore::handshake(const HandshakeOrder& order) {
    const MemoryOperation operation(*server_, services_, StoreOperation::handshake);
    HandshakeResult result = services_.handshake(order);
    operation.done();
    return result;
}

void MemoryStore::retire(const CertificateId& certificate) {
    const MemoryOperation operation(*server_, services_, StoreOperation::retire);
    refuse_if_locked();
    StoreState& state = server_->state;
    const PersonalEntry* entry = find_entry(state, certificate);
    if (services_.guards() && entry != nullptr && !entry->owned) {
        throw Error("store-refused", "somebody else put it there");
    }
    if (services_.guards() && some_role_points_at(state, certificate)) {
        throw Error("store-refused", "a role points at it");
    }
    for (RoleRecord& record : state.roles) {
        if (record.previous == certificate) {
            record.previous = {};
        }
    }
    remove_entry(state, certificate);
    operation.done();
}

}  // namespace edgecert
