// The contract of every certificate store as named cases, run against a factory: whatever the store is made
// of and however far away.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "resources/stores/store.h"
#include "resources/x509/certificate.h"
#include "resources/x509/key.h"

namespace edgecert {

// What a person does to a store past the contract. Each is optional: cases that need one are left out where
// it is empty.
struct SomebodyElse {
    std::function<void(TrustKind, const x509::CertificateRef&)> trusts{};
    std::function<void(const x509::CertificateRef&, const x509::PrivateKey*)>
        installs{};  // null: without a key
    std::function<void(const std::string& role, const CertificateId&)>
        points{};  // a role, also at what is not there
    std::function<void(const CertificateId&)> loses_key{};
    std::function<void(const CertificateId&)> exposes_key{};  // readable by others
};

// Nothing is configured to run after an assignment in a store under test.
struct StoreUnderTest {
    std::string name{};
    std::function<std::unique_ptr<CertificateStore>()>
        open{};                     // again: the same store, a new object (another controller)
    std::function<void()> reset{};  // from now on, open() opens a store that was never written
    SomebodyElse somebody_else{};
    x509::KeyKind key{x509::KeyAlgorithm::ecdsa, 256};  // that it makes and takes
};

struct StoreCase {
    std::string name{};
    std::function<void(const StoreUnderTest&)> run{};
};

// Every case, in the order of the files store_contract_*.cpp. A case resets the store itself.
[[nodiscard]] std::vector<StoreCase> store_cases();

// Runs all cases as subcases of the test case that calls it.
void check_store_contract(const StoreUnderTest& store);

}  // namespace edgecert
