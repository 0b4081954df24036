// Stores through crypt32. Callers hold the node's lock around changes.
#include "resources/windows_node/system_stores.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/windows_node/certificate_properties.h"
#include "resources/windows_node/text.h"
#include "resources/x509/certificate.h"

namespace edgecert::windows {
namespace {

constexpr const char* refused = "store-refused";

struct NamedStore {
    std::string_view name{};
    StoreName store{};
};
// The system's name of each first, then what people call it.
constexpr std::array<NamedStore, 6> store_names{{{"Root", StoreName::root},
                                                 {"CA", StoreName::intermediate},
                                                 {"My", StoreName::personal},
                                                 {"Request", StoreName::request},
                                                 {"Personal", StoreName::personal},
                                                 {"Intermediate", StoreName::intermediate}}};
constexpr DWORD turn_patience = 30'000;  // milliseconds

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

CertificateHandle find_in(const StoreHandle& store, const std::string& sha1) {
    const std::string hash = from_hex(sha1).value_or("");
    const CRYPT_HASH_BLOB blob = blob_of(hash);
    return CertificateHandle(
        ::CertFindCertificateInStore(store.get(), X509_ASN_ENCODING, 0, CERT_FIND_SHA1_HASH, &blob, nullptr));
}

// Between opening a store and its commit, since Wine writes the whole of it then; the node's own lock keeps
// out only who has the same folder. It goes with its process.
class Turn {
public:
    explicit Turn(const std::string& store)
        : mutex_(::CreateMutexW(nullptr, FALSE, widen("Global\\edgecert-store-" + store).c_str())) {
        const DWORD got = mutex_ ? ::WaitForSingleObject(mutex_.get(), turn_patience) : WAIT_FAILED;
        if (got != WAIT_OBJECT_0 && got != WAIT_ABANDONED) {
            throw Error("store-locked", "the store " + store + " is being changed by somebody else");
        }
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { ::ReleaseMutex(mutex_.get()); }

private:
    SystemHandle mutex_;
};

// Windows writes at once and has nothing to do here, or says that it cannot; Wine loses what is not committed
// by force. Whether the change is there is read back, whatever this says.
void commit(const StoreHandle& store) {
    ::CertControlStore(store.get(), CERT_STORE_CTRL_COMMIT_FORCE_FLAG, CERT_STORE_CTRL_COMMIT, nullptr);
}

}  // namespace

std::optional<StoreName> parse_store_name(std::string_view text) {
    for (const NamedStore& one : store_names) {
        const bool same =
            std::equal(text.begin(), text.end(), one.name.begin(), one.name.end(), [](char a, char b) {
                return lower(a) == lower(b);
            });
        if (same) {
            return one.store;
        }
    }
    return std::nullopt;
}

std::string SystemStores::name_of(StoreName store) const {
    for (const NamedStore& one : store_names) {
        if (one.store == store) {
            return prefix_ + std::string(one.name);
        }
    }
    return {};
}

StoreHandle SystemStores::open(StoreName store, DWORD flags) const {
    const std::wstring name = widen(name_of(store));
    return StoreHandle(::CertOpenStore(
        CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_LOCAL_MACHINE | flags, name.c_str()));
}

std::vector<Stored> SystemStores::read(StoreName store) const {
    const StoreHandle handle = open(store, CERT_STORE_READONLY_FLAG | CERT_STORE_OPEN_EXISTING_FLAG);
    if (!handle) {
        if (last_error() == ERROR_FILE_NOT_FOUND) {
            return {};
        }
        fail(refused, "the store " + name_of(store) + " cannot be read");
    }
    std::vector<Stored> all;
    PCCERT_CONTEXT at = nullptr;
    while ((at = ::CertEnumCertificatesInStore(handle.get(), at)) != nullptr) {
        all.push_back(read_stored(at));
    }
    return all;
}

std::optional<Stored> SystemStores::find(StoreName store, const std::string& sha1) const {
    const StoreHandle handle = open(store, CERT_STORE_READONLY_FLAG | CERT_STORE_OPEN_EXISTING_FLAG);
    if (!handle) {
        return std::nullopt;
    }
    const CertificateHandle found = find_in(handle, sha1);
    return found ? std::optional(read_stored(found.get())) : std::nullopt;
}

void SystemStores::put(StoreName store, const Stored& certificate) const {
    const CertificateHandle context(::CertCreateCertificateContext(
        X509_ASN_ENCODING, octets(certificate.der), static_cast<DWORD>(certificate.der.size())));
    if (!context) {
        fail(refused, "the system takes this for no certificate");
    }
    // Whole before it is added: another process sees the certificate with its key and record, or not at all.
    if (certificate.key) {
        write_key(context.get(), *certificate.key);
    }
    if (!certificate.friendly_name.empty()) {
        write_friendly_name(context.get(), certificate.friendly_name);
    }
    if (!certificate.record.empty()) {
        write_record(context.get(), certificate.record);
    }
    {
        const Turn turn(name_of(store));
        const StoreHandle handle = open(store, 0);
        if (!handle || ::CertAddCertificateContextToStore(
                           handle.get(), context.get(), CERT_STORE_ADD_REPLACE_EXISTING, nullptr) == FALSE) {
            fail(refused, "the certificate cannot be put into the store " + name_of(store));
        }
        commit(handle);
    }
    const auto there = find(store, x509::sha1(certificate.der));
    if (!there || there->record != certificate.record || (certificate.key && !there->key)) {
        throw Error(refused,
                    "the store " + name_of(store) + " did not keep the certificate as it was put there");
    }
}

void SystemStores::remove(StoreName store, const std::string& sha1) const {
    {
        const Turn turn(name_of(store));
        const StoreHandle handle = open(store, CERT_STORE_OPEN_EXISTING_FLAG);
        const CertificateHandle found = handle ? find_in(handle, sha1) : CertificateHandle{};
        if (!found) {
            return;
        }
        if (::CertDeleteCertificateFromStore(::CertDuplicateCertificateContext(found.get())) == FALSE) {
            fail(refused, "the certificate cannot be taken out of the store " + name_of(store));
        }
        commit(handle);
    }
    if (find(store, sha1)) {
        throw Error(refused,
                    "the certificate is still there: another of the machine's stores behind " +
                        name_of(store) + " holds it too (group policy?): " + sha1);
    }
}

// Changes what is kept with a certificate that is there, and looks whether it was kept.
template <typename Write, typename Kept>
void SystemStores::change(StoreName store, const std::string& sha1, Write write, Kept kept) const {
    {
        const Turn turn(name_of(store));
        const StoreHandle handle = open(store, CERT_STORE_OPEN_EXISTING_FLAG);
        const CertificateHandle found = handle ? find_in(handle, sha1) : CertificateHandle{};
        if (!found) {
            throw Error("no-such-entry", "there is no certificate " + sha1 + " in " + name_of(store));
        }
        write(found.get());
        commit(handle);
    }
    const auto there = find(store, sha1);
    if (!there || !kept(*there)) {
        throw Error(refused, "the store " + name_of(store) + " did not keep the change: " + sha1);
    }
}

void SystemStores::set_friendly_name(StoreName store,
                                     const std::string& sha1,
                                     const std::string& name) const {
    change(
        store,
        sha1,
        [&name](PCCERT_CONTEXT certificate) { write_friendly_name(certificate, name); },
        [&name](const Stored& stored) { return stored.friendly_name == name; });
}

void SystemStores::set_record(StoreName store, const std::string& sha1, const std::string& record) const {
    change(
        store,
        sha1,
        [&record](PCCERT_CONTEXT certificate) { write_record(certificate, record); },
        [&record](const Stored& stored) { return stored.record == record; });
}

}  // namespace edgecert::windows
