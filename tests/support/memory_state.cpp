// The ordered places of a store's state.
#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/support/memory_store.h"

namespace edgecert {

namespace {

auto key_of(const TrustEntry& entry) {
    return std::tie(entry.id, entry.kind);
}
auto key_of(const PersonalEntry& entry) {
    return std::tie(entry.id);
}
auto key_of(const RequestEntry& entry) {
    return std::tie(entry.pool, entry.name, entry.spki);
}
auto key_of(const RoleRecord& record) {
    return std::tie(record.role);
}

template <class Entry, class Key>
auto place_of(std::vector<Entry>& entries, const Key& key) {
    return std::lower_bound(entries.begin(), entries.end(), key, [](const Entry& entry, const Key& wanted) {
        return key_of(entry) < wanted;
    });
}

template <class Entry, class Key>
Entry* find_in(std::vector<Entry>& entries, const Key& key) {
    const auto place = place_of(entries, key);
    return place != entries.end() && key_of(*place) == key ? &*place : nullptr;
}

template <class Entry>
Entry& put_into(std::vector<Entry>& entries, Entry entry) {
    const auto place = place_of(entries, key_of(entry));
    if (place != entries.end() && key_of(*place) == key_of(entry)) {
        *place = std::move(entry);
        return *place;
    }
    return *entries.insert(place, std::move(entry));
}

template <class Entry, class Key>
void remove_from(std::vector<Entry>& entries, const Key& key) {
    const auto place = place_of(entries, key);
    if (place != entries.end() && key_of(*place) == key) {
        entries.erase(place);
    }
}

}  // namespace

PersonalEntry* find_entry(StoreState& state, const CertificateId& id) {
    return find_in(state.personal, std::tie(id));
}

RequestEntry* find_entry(StoreState& state, const RequestKey& key) {
    return find_in(state.requests, std::tie(key.pool, key.name, key.spki));
}

RoleRecord* find_role_record(StoreState& state, const std::string& role) {
    return find_in(state.roles, std::tie(role));
}

TrustEntry* find_entry(StoreState& state, TrustKind kind, const CertificateId& id) {
    return find_in(state.trust, std::tie(id, kind));
}

TrustEntry& put(StoreState& state, TrustEntry entry) {
    return put_into(state.trust, std::move(entry));
}

PersonalEntry& put(StoreState& state, PersonalEntry entry) {
    return put_into(state.personal, std::move(entry));
}

RequestEntry& put(StoreState& state, RequestEntry entry) {
    return put_into(state.requests, std::move(entry));
}

RoleRecord& put(StoreState& state, RoleRecord record) {
    return put_into(state.roles, std::move(record));
}

void remove_entry(StoreState& state, const CertificateId& id) {
    remove_from(state.personal, std::tie(id));
    state.personal_keys.erase(id);
}

void remove_entry(StoreState& state, const RequestKey& key) {
    remove_from(state.requests, std::tie(key.pool, key.name, key.spki));
    state.request_keys.erase({key.pool, key.name, key.spki});
}

void remove_entry(StoreState& state, TrustKind kind, const CertificateId& id) {
    remove_from(state.trust, std::tie(id, kind));
}

}  // namespace edgecert
