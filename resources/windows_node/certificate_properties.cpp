// Properties: our own, the friendly name, the key.
#include "resources/windows_node/certificate_properties.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resources/windows_node/text.h"

namespace edgecert::windows {
namespace {

constexpr const char* refused = "store-refused";
constexpr DWORD own_property = CERT_FIRST_USER_PROP_ID + 0x6D0;
// Wine keeps no property that it does not know: there the description takes its place, marked as ours.
constexpr DWORD substitute_property = CERT_DESCRIPTION_PROP_ID;
constexpr std::string_view record_mark = "edgecert:";

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

std::string read_record(PCCERT_CONTEXT certificate) {
    for (const DWORD id : {own_property, substitute_property}) {
        const std::string value = property(certificate, id);
        if (value.starts_with(record_mark)) {
            return value.substr(record_mark.size());
        }
    }
    return {};
}

std::string read_friendly_name(PCCERT_CONTEXT certificate) {
    const std::string bytes = property(certificate, CERT_FRIENDLY_NAME_PROP_ID);
    std::wstring name(bytes.size() / sizeof(wchar_t), L'\0');
    std::copy_n(bytes.begin(), name.size() * sizeof(wchar_t), reinterpret_cast<char*>(name.data()));
    name.resize(std::min(name.size(), name.find(L'\0')));
    return narrow(name);
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

}  // namespace

BYTE* octets(const std::string& bytes) {
    return reinterpret_cast<BYTE*>(const_cast<char*>(bytes.data()));  // NOLINT
}

CRYPT_DATA_BLOB blob_of(const std::string& bytes) {
    return {static_cast<DWORD>(bytes.size()), octets(bytes)};
}

// Asked of a certificate that is in no store, since only this tells what the system keeps.
bool keeps_own_properties(const std::string& der) {
    const CertificateHandle copy(
        ::CertCreateCertificateContext(X509_ASN_ENCODING, octets(der), static_cast<DWORD>(der.size())));
    const std::string probe = "probe";
    const CRYPT_DATA_BLOB blob = blob_of(probe);
    return copy && ::CertSetCertificateContextProperty(copy.get(), own_property, 0, &blob) != FALSE &&
           property(copy.get(), own_property) == probe;
}

void write_record(PCCERT_CONTEXT certificate, const std::string& record) {
    const std::string value = std::string(record_mark) + record;
    const CRYPT_DATA_BLOB blob = blob_of(value);
    const std::string der(reinterpret_cast<const char*>(certificate->pbCertEncoded),
                          certificate->cbCertEncoded);
    const DWORD id = keeps_own_properties(der) ? own_property : substitute_property;
    if (::CertSetCertificateContextProperty(certificate, id, 0, &blob) == FALSE) {
        fail(refused, "the certificate's record cannot be kept");
    }
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

Stored read_stored(PCCERT_CONTEXT certificate) {
    return {.der = {reinterpret_cast<const char*>(certificate->pbCertEncoded), certificate->cbCertEncoded},
            .friendly_name = read_friendly_name(certificate),
            .key = read_key(certificate),
            .record = read_record(certificate)};
}

}  // namespace edgecert::windows
