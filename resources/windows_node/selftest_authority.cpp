// Certificates for a day, written field by field (RFC 5280).
#include "resources/windows_node/selftest_authority.h"

#include <chrono>
#include <string>
#include <string_view>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/windows_node/der.h"
#include "resources/windows_node/request.h"

namespace edgecert::windows {
namespace {

constexpr const char* root_name = "edgecert selftest root";

std::string der_of_pem(const std::string& pem) {
    std::string text;
    std::size_t at = 0;
    while (at < pem.size()) {
        const std::size_t end = std::min(pem.find('\n', at), pem.size());
        const std::string line = pem.substr(at, end - at);
        text += line.starts_with("-----") ? "" : line;
        at = end + 1;
    }
    return from_base64(text).value_or("");
}

// CertificationRequestInfo (RFC 2986 section 4.1): version, subject, subjectPKInfo.
std::string public_key_of_request(const std::string& pem) {
    const std::string der = der_of_pem(pem);
    DerReader outside(der, "selftest");
    DerReader whole = outside.enter(tag::sequence);
    DerReader inside = whole.enter(tag::sequence);
    inside.take(tag::integer);
    inside.take(tag::sequence);
    return std::string(inside.take(tag::sequence).whole);
}

}  // namespace

SelftestAuthority::SelftestAuthority() : key_(new_container()) {
    make_key(key_, 2048, false);
    const Instant now = std::chrono::floor<Seconds>(std::chrono::system_clock::now());
    CertificateOrder order{.subject = root_name, .issuer = root_name, .spki = public_key(key_), .now = now};
    order.authority = true;
    root_ = x509::parse_certificate(make_certificate(order, key_));
    order.subject = "edgecert selftest issuing";
    issuing_ = x509::parse_certificate(make_certificate(order, key_));
}

SelftestAuthority::~SelftestAuthority() {
    try {
        forget();
    } catch (const Error&) {
        return;  // the report told of it
    }
}

void SelftestAuthority::forget() {
    if (!forgotten_) {
        delete_key(key_);
        forgotten_ = true;
    }
}

x509::CertificateRef SelftestAuthority::issue(const std::string& request_pem, const std::string& name) const {
    const Instant now = std::chrono::floor<Seconds>(std::chrono::system_clock::now());
    const CertificateOrder order{
        .subject = name, .issuer = root_name, .spki = public_key_of_request(request_pem), .now = now};
    return x509::parse_certificate(make_certificate(order, key_));
}

}  // namespace edgecert::windows
