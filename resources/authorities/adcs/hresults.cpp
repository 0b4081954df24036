// The table of HRESULTs; names and numbers as in the public winerror.h, the words our own.
#include "resources/authorities/adcs/hresults.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/text/encoding.h"

namespace edgecert::adcs {
namespace {

constexpr std::string_view rights_hint =
    "give the account the rights Read and Enroll on the template (Certificate Templates, Security), and wait "
    "for replication";
constexpr std::string_view name_hint =
    "the template has to take the subject from the request (Subject Name: Supply in the request)";

constexpr std::array<Hresult, 32> table{{
    {0x80040154U,
     "REGDB_E_CLASSNOTREG",
     "a component of the enrolment pages is not registered",
     "repair the role service Certification Authority Web Enrollment on the web host",
     false},
    {0x80070005U,
     "E_ACCESSDENIED",
     "the web server may not use the CA for this account",
     "the account needs Request Certificates on the CA; where the pages run on another machine than the CA, "
     "that machine has to be trusted for delegation",
     false},
    {0x80070057U,
     "E_INVALIDARG",
     "the CA does not take the request as it is",
     "is the template's CN right, and its key algorithm the request's? The page or the CA's event log "
     "(Application, source CertificationAuthority) says more",
     false},
    {0x800706BAU,
     "RPC_S_SERVER_UNAVAILABLE",
     "the web host cannot reach the CA",
     "is the service Active Directory Certificate Services running? Where the pages run on another machine "
     "than the CA, look at its firewall, and that the machine is trusted for delegation",
     true},
    {0x800706BBU, "RPC_S_SERVER_TOO_BUSY", "the CA is too busy", "the next run asks again by itself", true},
    {0x800706BEU,
     "RPC_S_CALL_FAILED",
     "the web host lost the CA in the middle of the call",
     "look at the CA whether the request is there: --request-id with its id, or --resubmit",
     false},
    {0x800706BFU,
     "RPC_S_CALL_FAILED_DNE",
     "the call to the CA failed and was not executed",
     "the next run asks again by itself",
     true},
    {0x8007203AU,
     "ERROR_DS_SERVER_DOWN",
     "the CA reaches no domain controller",
     "look at the CA's network and DNS, then --retry",
     false},
    {0x80092012U,
     "CRYPT_E_NO_REVOCATION_CHECK",
     "the CA could not check a revocation list",
     "have the CA publish its CRLs where its chain says they are",
     false},
    {0x80092013U,
     "CRYPT_E_REVOCATION_OFFLINE",
     "the CA cannot reach a revocation list that it needs",
     "publish the CRL of the CA above it, or renew the one that has expired",
     false},
    {0x80094001U,
     "CERTSRV_E_BAD_REQUESTSUBJECT",
     "the subject of the request is invalid or too long",
     name_hint,
     false},
    {0x80094002U,
     "CERTSRV_E_NO_REQUEST",
     "the CA knows no such request",
     "is it another CA's request id?",
     false},
    {0x80094003U,
     "CERTSRV_E_BAD_REQUESTSTATUS",
     "the request is not in a state that allows this",
     "look at the request at the CA: it may have been decided otherwise meanwhile",
     false},
    {0x80094004U,
     "CERTSRV_E_PROPERTY_EMPTY",
     "the CA has nothing under this request id",
     "is it another CA's request id?",
     false},
    {0x80094005U,
     "CERTSRV_E_INVALID_CA_CERTIFICATE",
     "the CA's own certificate is not usable",
     "it may have expired: renew the CA's certificate",
     false},
    {0x80094011U,
     "CERTSRV_E_ENROLL_DENIED",
     "the account may not request certificates from this CA",
     "give it Request Certificates on the CA (Certification Authority, Properties, Security)",
     false},
    {0x80094012U,
     "CERTSRV_E_TEMPLATE_DENIED",
     "the account may not enrol on this template",
     rights_hint,
     false},
    {0x80094014U,
     "CERTSRV_E_ADMIN_DENIED_REQUEST",
     "an officer of the CA denied the request",
     "ask whoever is CA manager why",
     false},
    {0x80094800U,
     "CERTSRV_E_UNSUPPORTED_CERT_TYPE",
     "the CA does not issue by this template",
     "name the template by its CN, not its display name, and publish it on this CA (Certificate Templates, "
     "New, Certificate Template to Issue)",
     false},
    {0x80094801U,
     "CERTSRV_E_NO_CERT_TYPE",
     "the request names no template",
     "the CA is an enterprise CA and needs one: set template in the CertificateTemplate",
     false},
    {0x80094802U,
     "CERTSRV_E_TEMPLATE_CONFLICT",
     "the request names two templates",
     "the web page's own default template gets in the way: ask whoever runs the enrolment pages",
     false},
    {0x80094803U,
     "CERTSRV_E_SUBJECT_ALT_NAME_REQUIRED",
     "the template builds the alternative names from the directory and finds none",
     name_hint,
     false},
    {0x80094804U,
     "CERTSRV_E_ARCHIVED_KEY_REQUIRED",
     "the template archives private keys, and ours never leaves us",
     "use a template without key archival",
     false},
    {0x80094805U,
     "CERTSRV_E_SMIME_REQUIRED",
     "the template wants S/MIME capabilities in the request",
     "use a template without S/MIME extensions",
     false},
    {0x8009480AU,
     "CERTSRV_E_SIGNATURE_COUNT",
     "the template wants the signature of an enrolment agent on the request",
     "use a template without authorized signatures",
     false},
    {0x8009480FU,
     "CERTSRV_E_SUBJECT_DNS_REQUIRED",
     "the template takes the DNS name from the directory, and the account has none",
     name_hint,
     false},
    {0x80094810U,
     "CERTSRV_E_ARCHIVED_KEY_UNEXPECTED",
     "the request holds a key that the template does not archive",
     "use a template without key archival",
     false},
    {0x80094811U,
     "CERTSRV_E_KEY_LENGTH",
     "the key is shorter than the template's minimum",
     "raise key.bits of the CertificateTemplate",
     false},
    {0x80094812U,
     "CERTSRV_E_SUBJECT_EMAIL_REQUIRED",
     "the template wants a mail address in the subject",
     name_hint,
     false},
    {0x80094813U,
     "CERTSRV_E_UNKNOWN_CERT_TYPE",
     "the template is not known in this forest",
     "name it by its CN, not its display name",
     false},
    {0x800B0101U,
     "CERT_E_EXPIRED",
     "a certificate that the CA needs has expired",
     "renew what has expired in the CA's own chain, or mend the CA's clock",
     false},
    {0x800B0109U,
     "CERT_E_UNTRUSTEDROOT",
     "the CA's own chain ends in a root that its machine does not trust",
     "have the root of the CA's own chain trusted on the CA's machine",
     false},
}};

}  // namespace

std::span<const Hresult> hresults() {
    return table;
}

const Hresult* find_hresult(std::uint32_t value) {
    const auto* const found = std::find_if(
        table.begin(), table.end(), [value](const Hresult& hresult) { return hresult.value == value; });
    return found == table.end() ? nullptr : &*found;
}

std::string hresult_text(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes += static_cast<char>((value >> static_cast<unsigned>(shift)) & 0xFFU);
    return "0x" + to_hex(bytes);
}

std::string in_words(std::uint32_t value) {
    const Hresult* known = find_hresult(value);
    if (known == nullptr)
        return hresult_text(value);
    return std::string(known->name) + " (" + hresult_text(value) + "): " + std::string(known->meaning);
}

}  // namespace edgecert::adcs
