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
#include "resources/windows_node/text.h"
#include "resources/x509/certificate.h"

namespace edgecert::windows {
namespace {

constexpr const char* refused = "store-refused";
constexpr DWORD own_property = CERT_FIRST_USER_PROP_ID + 0x6D0;
// Wine keeps no property that it does not know: there the description takes its place, marked as ours.
constexpr DWORD substitute_property = CERT_DESCRIPTION_PROP_ID;
constexpr std::string_view record_mark = "edgecert:";

struct NamedStore {
    std::string_view name{};
    StoreName store{};
};
constexpr std::array<NamedStore, 5> store_names{{{"Root", StoreName::root},
                                                 {"CA", StoreName::intermediate},
                                                 {"My", StoreName::personal},
                                                 {"Request", StoreName::request},
                                                 {"Personal", StoreName::personal}}};

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// crypt32 takes what it only reads as if it changed it.
BYTE* octets(const std::string& bytes) {
    return reinterpret_cast<BYTE*>(const_cast<char*>(bytes.data()));  // NOLINT
}

CRYPT_DATA_BLOB blob_of(const std::string& bytes) {
    return {static_cast<DWORD>(bytes.size()), octets(bytes)};
}

std::string property(PCCERT_CONTEXT certificate, DWORD id) {
    DWORD size = 0;
    if (::CertGetCertificateContextProperty(certificate, id, nullptr, &size) == FALSE) {
        return {};
    }
    std::string value(size, '\0');
    if (::CertGetCertificateContextProperty(certificate, id, value.data(), &size) == FALSE) {
        return {};
    }
    value.resize(size);
    return value;
}

// Asked of a certificate that is in no store, since only this tells what the system keeps.
DWORD record_property(PCCERT_CONTEXT certificate) {
    const CertificateHandle copy(::CertCreateCertificateContext(
        X509_ASN_ENCODING, certificate->pbCertEncoded, certificate->cbCertEncoded));
    const std::string probe = "probe";
    const CRYPT_DATA_BLOB blob = blob_of(probe);
    const bool kept = copy &&
                      ::CertSetCertificateContextProperty(copy.get(), own_property, 0, &blob) != FALSE &&
                      property(copy.get(), own_property) == probe;
    return kept ? own_property : substitute_property;
}

std::string read_record(PCCERT_CONTEXT certificate) {
    for (const DWORD id : {own_property, substitute_property}) {
        const std::string value = property(certificate, id);
        if (value.starts_with(record_mark)) {
            return value.substr(record_mark.size());
        }
    }
    return {};
}

void write_record(PCCERT_CONTEXT certificate, const std::string& record) {
    const std::string value = std::string(record_mark) + record;
    const CRYPT_DATA_BLOB blob = blob_of(value);
    if (::CertSetCertificateContextProperty(certificate, record_property(certificate), 0, &blob) == FALSE) {
        fail(refused, "the certificate's record cannot be kept");
    }
}

std::string read_friendly_name(PCCERT_CONTEXT certificate) {
    const std::string bytes = property(certificate, CERT_FRIENDLY_NAME_PROP_ID);
    std::wstring name(bytes.size() / sizeof(wchar_t), L'\0');
    std::copy_n(bytes.begin(), name.size() * sizeof(wchar_t), reinterpret_cast<char*>(name.data()));
    name.resize(std::min(name.size(), name.find(L'\0')));
    return narrow(name);
}

void write_friendly_name(PCCERT_CONTEXT certificate, const std::string& name) {
    std::wstring wide = widen(name);
    CRYPT_DATA_BLOB blob{static_cast<DWORD>((wide.size() + 1) * sizeof(wchar_t)),
                         reinterpret_cast<BYTE*>(wide.data())};
    if (::CertSetCertificateContextProperty(
            certificate, CERT_FRIENDLY_NAME_PROP_ID, 0, name.empty() ? nullptr : &blob) == FALSE) {
        fail(refused, "the friendly name cannot be kept");
    }
}

std::optional<Container> read_key(PCCERT_CONTEXT certificate) {
    const std::string bytes = property(certificate, CERT_KEY_PROV_INFO_PROP_ID);
    if (bytes.size() < sizeof(CRYPT_KEY_PROV_INFO)) {
        return std::nullopt;
    }
    // The names stand behind the structure, in the same bytes.
    std::vector<std::uint64_t> aligned((bytes.size() + 7) / 8);
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(aligned.data()));
    DWORD size = static_cast<DWORD>(bytes.size());
    if (::CertGetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, aligned.data(), &size) ==
        FALSE) {
        return std::nullopt;
    }
    const auto* const info = reinterpret_cast<const CRYPT_KEY_PROV_INFO*>(aligned.data());
    return Container{.name = info->pwszContainerName == nullptr ? L"" : info->pwszContainerName,
                     .provider = info->pwszProvName == nullptr ? L"" : info->pwszProvName,
                     .type = info->dwProvType,
                     .flags = info->dwFlags,
                     .spec = info->dwKeySpec};
}

void write_key(PCCERT_CONTEXT certificate, Container key) {
    CRYPT_KEY_PROV_INFO info{};
    info.pwszContainerName = key.name.data();
    info.pwszProvName = key.provider.data();
    info.dwProvType = key.type;
    info.dwFlags = key.flags & CRYPT_MACHINE_KEYSET;
    info.dwKeySpec = key.spec;
    if (::CertSetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, 0, &info) == FALSE) {
        fail(refused, "the certificate cannot be tied to its key");
    }
}

CertificateHandle find_in(const StoreHandle& store, const std::string& sha1) {
    const std::string hash = from_hex(sha1).value_or("");
    const CRYPT_HASH_BLOB blob = blob_of(hash);
    return CertificateHandle(
        ::CertFindCertificateInStore(store.get(), X509_ASN_ENCODING, 0, CERT_FIND_SHA1_HASH, &blob, nullptr));
}

// Windows writes at once and has nothing to do here, or says that it cannot; Wine loses what is not committed
// by force. Whether the change is there is read back, whatever this says.
void commit(const StoreHandle& store) {
    ::CertControlStore(store.get(), CERT_STORE_CTRL_COMMIT_FORCE_FLAG, CERT_STORE_CTRL_COMMIT, nullptr);
}

Stored stored(PCCERT_CONTEXT certificate) {
    return {.der = {reinterpret_cast<const char*>(certificate->pbCertEncoded), certificate->cbCertEncoded},
            .friendly_name = read_friendly_name(certificate),
            .key = read_key(certificate),
            .record = read_record(certificate)};
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
        all.push_back(stored(at));
    }
    return all;
}

std::optional<Stored> SystemStores::find(StoreName store, const std::string& sha1) const {
    const StoreHandle handle = open(store, CERT_STORE_READONLY_FLAG | CERT_STORE_OPEN_EXISTING_FLAG);
    if (!handle) {
        return std::nullopt;
    }
    const CertificateHandle found = find_in(handle, sha1);
    return found ? std::optional(stored(found.get())) : std::nullopt;
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
