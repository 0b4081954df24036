// Certificates as the shared code knows them, read with the system's means: what a store has to know of them,
// since the controller reads the whole for itself.
#include "resources/x509/certificate.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/windows_node/der.h"
#include "resources/windows_node/handles.h"
#include "resources/windows_node/text.h"
#include "resources/x509/read_certificate.h"

namespace edgecert::x509 {
namespace {

namespace tag = windows::tag;
using windows::CertificateHandle;
using windows::DerReader;

constexpr const char* bad_certificate = "bad-certificate";
constexpr std::size_t most_bytes = std::size_t{256} * 1024;

// RFC 5280 section 4.1: what stands in TBSCertificate up to the public key.
void read_fields(Certificate& value) {
    DerReader outside(value.der, bad_certificate);
    DerReader whole = outside.enter(tag::sequence);
    outside.finish();
    DerReader inside = whole.enter(tag::sequence);
    if (inside.next_is(tag::context(0))) {
        inside.take();
    }
    const std::string_view serial = inside.take(tag::integer).body;
    value.serial = to_hex(serial.size() > 1 && serial.front() == '\0' ? serial.substr(1) : serial);
    inside.take(tag::sequence);  // the signature's algorithm
    value.issuer_der = inside.take(tag::sequence).whole;
    inside.take(tag::sequence);  // validity
    value.subject_der = inside.take(tag::sequence).whole;
    value.spki_sha256 = sha256(inside.take(tag::sequence).whole);
}

std::string name_text(const CERT_NAME_BLOB& name) {
    CERT_NAME_BLOB copy = name;
    constexpr DWORD form = CERT_X500_NAME_STR | CERT_NAME_STR_REVERSE_FLAG;
    const DWORD length = ::CertNameToStrW(X509_ASN_ENCODING, &copy, form, nullptr, 0);
    std::wstring text(length, L'\0');
    const DWORD written = ::CertNameToStrW(X509_ASN_ENCODING, &copy, form, text.data(), length);
    text.resize(written == 0 ? 0 : written - 1);
    return windows::narrow(text);
}

// Signed by its own key. Where the system cannot tell (an algorithm it does not know), the names decide.
bool signs_itself(PCCERT_CONTEXT certificate) {
    constexpr DWORD encoding = X509_ASN_ENCODING;
    const BOOL good = ::CryptVerifyCertificateSignature(0,
                                                        encoding,
                                                        certificate->pbCertEncoded,
                                                        certificate->cbCertEncoded,
                                                        &certificate->pCertInfo->SubjectPublicKeyInfo);
    return good != FALSE || windows::last_error() != static_cast<DWORD>(NTE_BAD_SIGNATURE);
}

Instant instant_of(const FILETIME& time) {
    constexpr std::int64_t ticks = 10'000'000;  // of 100 ns
    constexpr std::int64_t until_1970 = 11'644'473'600;
    const std::uint64_t value = (static_cast<std::uint64_t>(time.dwHighDateTime) << 32U) | time.dwLowDateTime;
    return Instant{Seconds{static_cast<std::int64_t>(value) / ticks - until_1970}};
}

}  // namespace

CertificateRef read_certificate(std::string_view der, std::string fingerprint) {
    if (der.size() > most_bytes) {
        throw Error(bad_certificate, "a certificate of more than 256 KiB");
    }
    auto value = std::make_shared<Certificate>();
    value->sha256 = std::move(fingerprint);
    value->sha1 = sha1(der);
    value->der = der;
    read_fields(*value);
    const CertificateHandle handle(::CertCreateCertificateContext(
        X509_ASN_ENCODING, reinterpret_cast<const BYTE*>(der.data()), static_cast<DWORD>(der.size())));
    if (!handle) {
        windows::fail(bad_certificate, "not a certificate");
    }
    const CERT_INFO& info = *handle.get()->pCertInfo;
    value->subject_text = name_text(info.Subject);
    value->issuer_text = name_text(info.Issuer);
    value->not_before = instant_of(info.NotBefore);
    value->not_after = instant_of(info.NotAfter);
    value->self_signed = value->subject_der == value->issuer_der && signs_itself(handle.get());
    return value;
}

CertificateRef parse_certificate(std::string_view der) {
    return read_certificate(der, sha256(der));
}

std::string reversed_serial(const std::string& serial) {
    std::string reversed;
    for (std::size_t left = serial.size(); left >= 2; left -= 2) {
        reversed += serial.substr(left - 2, 2);
    }
    return reversed;
}

}  // namespace edgecert::x509
