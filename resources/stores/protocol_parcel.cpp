// A certificate that travels with its key, as a text without the key.
#include <nlohmann/json.hpp>

#include <string>

#include "resources/stores/entry_json.h"
#include "resources/stores/json_fields.h"
#include "resources/stores/protocol.h"

namespace edgecert::protocol {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t chain_limit = 64;

}  // namespace

Json parcel_to_json(const KeyParcel& parcel) {
    return Json{{"certificate", inline_certificate(parcel.certificate)},
                {"chain", certificates_to_json(parcel.chain, inline_certificate)},
                {"friendlyName", parcel.friendly_name}};
}

KeyParcel parcel_from_json(const Json& json, x509::CertificateCache& cache, const std::string& code) {
    JsonFields fields(json, code, "the certificate with its key");
    const ReadCertificate read = read_inline(cache, code);
    KeyParcel parcel;
    parcel.certificate = read(fields.at("certificate"));
    if (!parcel.certificate) {
        fields.fail("certificate", "is missing");
    }
    parcel.chain = certificates_from_json(fields.list("chain", chain_limit), read);
    parcel.friendly_name = fields.text("friendlyName");
    fields.finish();
    return parcel;
}

}  // namespace edgecert::protocol
