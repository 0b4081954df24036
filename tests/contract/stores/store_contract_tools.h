// What the cases of the store contract share: orders, answers, looks at the store through fresh objects.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "resources/stores/store.h"
#include "tests/contract/stores/store_contract.h"
#include "tests/support/test_authority.h"

namespace edgecert::store_contract {

inline const std::string pool = "ams-edge";
inline const std::string holder = "edge01";

[[nodiscard]] const TestAuthority& authority();        // made once a process
[[nodiscard]] const TestAuthority& other_authority();  // another CA
[[nodiscard]] x509::CertificateCache& cache();
[[nodiscard]] Instant start();                 // 2026-11-22T10:00:00Z
[[nodiscard]] std::string hex_id(char digit);  // 64 times that digit: an issuance id, a requirement

// Observed through a new object, so that what is seen is durable and not one object's memory; the clock is
// taken off.
[[nodiscard]] StoreObservation look(const StoreUnderTest& store);

// The code of the Error that `action` throws, "" when it throws none.
[[nodiscard]] std::string refusal(const std::function<void()>& action);

[[nodiscard]] RequestOrder order(char issuance, const std::string& name = "internal");
[[nodiscard]] RequestOrder order(const StoreUnderTest& store,  // with a key of the kind that it takes
                                 char issuance,
                                 const std::string& name = "internal");
[[nodiscard]] RequestKey key_of(const RequestEntry& entry);
[[nodiscard]] x509::CertificateRef answer_to(const RequestEntry& entry, const std::string& serial = "0a01");
[[nodiscard]] PersonalLabel label_for(const RequestEntry& entry);
[[nodiscard]] std::vector<x509::CertificateRef> chain();

struct Held {
    x509::CertificateRef certificate{};
    x509::PrivateKey key{};
};
[[nodiscard]] Held held_elsewhere(
    const StoreUnderTest& store,
    const std::string& serial);  // a certificate of authority() with a key made here
[[nodiscard]] Secret pfx_of(const Held& held,
                            const Secret& password,
                            x509::PfxProfile profile = x509::PfxProfile::modern);

// Requested and accepted through the contract; its id.
CertificateId install(const StoreUnderTest& store, char issuance, bool exportable = true);

[[nodiscard]] const PersonalEntry* find_personal(const StoreObservation& seen, const CertificateId& id);
[[nodiscard]] const RequestEntry* find_request(const StoreObservation& seen, const std::string& spki);
[[nodiscard]] const RoleRecord* find_role(const StoreObservation& seen, const std::string& role);
[[nodiscard]] const TrustEntry* find_trust(const StoreObservation& seen,
                                           TrustKind kind,
                                           const CertificateId& id);

void add_trust_cases(std::vector<StoreCase>& cases);
void add_request_cases(std::vector<StoreCase>& cases);
void add_note_cases(std::vector<StoreCase>& cases);
void add_accept_cases(std::vector<StoreCase>& cases);
void add_transfer_cases(std::vector<StoreCase>& cases);
void add_role_cases(std::vector<StoreCase>& cases);
void add_role_note_cases(std::vector<StoreCase>& cases);
void add_retire_cases(std::vector<StoreCase>& cases);
void add_lock_cases(std::vector<StoreCase>& cases);

}  // namespace edgecert::store_contract
