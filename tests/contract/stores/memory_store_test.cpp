// The store in memory keeps the same contract as the real ones, or a simulation over it would prove nothing.
#include "tests/support/memory_store.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

#include "resources/x509/request.h"
#include "tests/contract/stores/store_contract.h"
#include "tests/contract/stores/store_contract_tools.h"

namespace edgecert {

namespace {

// Real keys, real PFX files, nothing that goes wrong.
class PlainServices final : public StoreServices {
public:
    KeyRef make_key(x509::KeyKind kind) override {
        return std::make_shared<const x509::PrivateKey>(x509::generate_key(kind));
    }
    std::string make_request(const x509::RequestContents& contents, const x509::PrivateKey& key) override {
        return x509::make_request(contents, key);
    }
    Secret make_pfx(const x509::PfxContents& contents,
                    const Secret& password,
                    x509::PfxProfile profile) override {
        return x509::make_pfx(contents, password, profile);
    }
    x509::PfxContents parse_pfx(const Secret& pfx, const Secret& password) override {
        return x509::parse_pfx(pfx.view(), password, store_contract::cache());
    }
    std::string new_store_id() override { return "store-" + std::to_string(++stores_); }
    void sleep(Seconds /*span*/) override {}
    std::optional<Instant> clock_of(const MemoryServer& /*server*/) override { return std::nullopt; }
    CommandResult activate(MemoryServer& server, const std::string& role) override {
        const RoleRecord* record = find_role_record(server.state, role);
        server.in_effect[role] = record == nullptr ? CertificateId() : record->assigned;
        return {true, ""};
    }
    HandshakeResult handshake(const HandshakeOrder& order) override {
        return {false, "", {}, order.host + " does not answer"};
    }
    const StoreState* stale(const MemoryServer& /*server*/, bool /*locked*/) override { return nullptr; }
    void before(MemoryServer& /*server*/, StoreOperation /*operation*/) override {}
    void midway(MemoryServer& /*server*/, StoreOperation /*operation*/) override {}
    void after(MemoryServer& /*server*/, StoreOperation /*operation*/) override {}

private:
    int stores_{};
};

PersonalEntry& entry_of(MemoryServer& server, const CertificateId& id) {
    PersonalEntry* entry = find_entry(server.state, id);
    REQUIRE(entry != nullptr);
    return *entry;
}

}  // namespace

TEST_CASE("the store in memory keeps the contract of certificate stores") {
    PlainServices services;
    auto server = std::make_shared<MemoryServer>();
    StoreUnderTest store;
    store.name = "memory";
    store.open = [&] { return std::make_unique<MemoryStore>(server, services); };
    store.reset = [&] {
        server = std::make_shared<MemoryServer>();
        server->name = "edge01";
    };
    store.somebody_else.trusts = [&](TrustKind kind, const x509::CertificateRef& certificate) {
        put(server->state, TrustEntry{certificate->sha256, certificate, kind, false, "", ""});
    };
    store.somebody_else.installs = [&](const x509::CertificateRef& certificate, const x509::PrivateKey* key) {
        PersonalEntry entry;
        entry.id = certificate->sha256;
        entry.certificate = certificate;
        entry.key = key == nullptr ? KeyState::absent : KeyState::present;
        if (key != nullptr) {
            server->state.personal_keys[entry.id] = std::make_shared<const x509::PrivateKey>(*key);
        }
        put(server->state, std::move(entry));
    };
    store.somebody_else.points = [&](const std::string& role, const CertificateId& id) {
        RoleRecord record;
        record.role = role;
        record.assigned = id;
        record.dangling = find_entry(server->state, id) == nullptr;
        put(server->state, std::move(record));
    };
    store.somebody_else.loses_key = [&](const CertificateId& id) {
        entry_of(*server, id).key = KeyState::absent;
        server->state.personal_keys.erase(id);
    };
    store.somebody_else.exposes_key = [&](const CertificateId& id) {
        entry_of(*server, id).key = KeyState::exposed;
    };
    check_store_contract(store);
}

}  // namespace edgecert
