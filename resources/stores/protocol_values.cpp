// The values that requests and answers carry.
#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "resources/stores/entry_json.h"
#include "resources/stores/json_fields.h"
#include "resources/stores/protocol.h"

namespace edgecert::protocol {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t names_limit = 10'000;
constexpr std::size_t chain_limit = 64;

Json texts_to_json(const TextSet& texts) {
    return Json(std::vector<std::string>(texts.begin(), texts.end()));
}

TextSet texts_from_json(JsonFields& fields, const std::string& name) {
    TextSet texts;
    for (const Json& text : fields.list(name, names_limit)) {
        if (!text.is_string() || text.get_ref<const std::string&>().size() > 1024) {
            fields.fail(name, "holds something else than short texts");
        }
        texts.insert(text.get<std::string>());
    }
    return texts;
}

Json subject_to_json(const x509::Subject& subject) {
    return Json{{"commonName", subject.common_name},
                {"organization", subject.organization},
                {"organizationalUnit", subject.organizational_unit},
                {"locality", subject.locality},
                {"state", subject.state},
                {"country", subject.country}};
}

x509::Subject subject_from_json(const Json& json, const std::string& code) {
    JsonFields fields(json, code, "the subject");
    x509::Subject subject;
    subject.common_name = fields.text("commonName", 1024);
    subject.organization = fields.text("organization", 1024);
    subject.organizational_unit = fields.text("organizationalUnit", 1024);
    subject.locality = fields.text("locality", 1024);
    subject.state = fields.text("state", 1024);
    subject.country = fields.text("country", 1024);
    fields.finish();
    return subject;
}

Json contents_to_json(const x509::RequestContents& contents) {
    return Json{{"subject", subject_to_json(contents.subject)},
                {"dnsNames", texts_to_json(contents.names.dns)},
                {"addresses", texts_to_json(contents.names.ip)},
                {"extendedKeyUsage", texts_to_json(contents.extended_key_usage)},
                {"keyAlgorithm", contents.key.algorithm == x509::KeyAlgorithm::rsa ? "rsa" : "ecdsa"},
                {"keyBits", contents.key.bits},
                {"digest", contents.digest}};
}

x509::RequestContents contents_from_json(const Json& json, const std::string& code) {
    JsonFields fields(json, code, "the request's contents");
    x509::RequestContents contents;
    contents.subject = subject_from_json(fields.at("subject"), code);
    contents.names.dns = texts_from_json(fields, "dnsNames");
    contents.names.ip = texts_from_json(fields, "addresses");
    contents.extended_key_usage = texts_from_json(fields, "extendedKeyUsage");
    const std::string algorithm = fields.text("keyAlgorithm", 16);
    if (algorithm != "rsa" && algorithm != "ecdsa") {
        fields.fail("keyAlgorithm", "is neither rsa nor ecdsa");
    }
    contents.key.algorithm = algorithm == "rsa" ? x509::KeyAlgorithm::rsa : x509::KeyAlgorithm::ecdsa;
    contents.key.bits = static_cast<int>(fields.number("keyBits", 0, 65'536));
    contents.digest = fields.text("digest", 32);
    fields.finish();
    return contents;
}

Json optional_to_json(const std::optional<std::string>& text) {
    return text ? Json(*text) : Json(nullptr);
}

std::optional<std::string> optional_hash(JsonFields& fields, const std::string& name) {
    if (fields.at(name).is_null()) {
        return std::nullopt;
    }
    return fields.hash(name);
}

std::string text_of(const Json& json, const std::string& code) {
    if (!json.is_string()) {
        throw Error(code, "a text is missing");
    }
    return json.get<std::string>();
}

}  // namespace

Json kind_to_json(TrustKind kind) {
    return kind == TrustKind::root ? "root" : "intermediate";
}

TrustKind kind_from_json(const Json& json, const std::string& code) {
    const std::string text = text_of(json, code);
    if (text != "root" && text != "intermediate") {
        throw Error(code, "a kind of trust that there is not");
    }
    return text == "root" ? TrustKind::root : TrustKind::intermediate;
}

Json profile_to_json(x509::PfxProfile profile) {
    return profile == x509::PfxProfile::modern ? "modern" : "3des-sha1";
}

x509::PfxProfile profile_from_json(const Json& json, const std::string& code) {
    const std::string text = text_of(json, code);
    if (text != "modern" && text != "3des-sha1") {
        throw Error(code, "a PFX profile that there is not");
    }
    return text == "modern" ? x509::PfxProfile::modern : x509::PfxProfile::tdes_sha1;
}

Json key_to_json(const RequestKey& key) {
    return Json{{"pool", key.pool}, {"name", key.name}, {"publicKey", key.spki}};
}

RequestKey key_from_json(const Json& json, const std::string& code) {
    JsonFields fields(json, code, "the request");
    RequestKey key{
        .pool = fields.text("pool", 64), .name = fields.text("name", 64), .spki = fields.hash("publicKey")};
    fields.finish();
    return key;
}

Json order_to_json(const RequestOrder& order) {
    return Json{{"pool", order.pool},
                {"name", order.name},
                {"issuance", order.issuance},
                {"requirement", order.requirement},
                {"holder", order.holder},
                {"authority", order.authority},
                {"contents", contents_to_json(order.contents)},
                {"exportable", order.exportable},
                {"friendlyName", order.friendly_name},
                {"reuseKey", optional_to_json(order.reuse_key)},
                {"now", to_rfc3339(order.now)}};
}

RequestOrder order_from_json(const Json& json, const std::string& code) {
    JsonFields fields(json, code, "the order");
    RequestOrder order;
    order.pool = fields.text("pool", 64);
    order.name = fields.text("name", 64);
    order.issuance = fields.text("issuance", 128);
    order.requirement = fields.text("requirement", 128);
    order.holder = fields.text("holder", 256);
    order.authority = fields.text("authority", 256);
    order.contents = contents_from_json(fields.at("contents"), code);
    order.exportable = fields.flag("exportable");
    order.friendly_name = fields.text("friendlyName");
    order.reuse_key = optional_hash(fields, "reuseKey");
    order.now = fields.instant("now");
    fields.finish();
    return order;
}

Json note_to_json(const RequestNote& note) {
    return Json{{"phase", edgecert::to_text(note.phase)},
                {"at", to_rfc3339(note.at)},
                {"ticket", note.ticket},
                {"message", note.message},
                {"answer", inline_certificate(note.answer)},
                {"answerChain", certificates_to_json(note.answer_chain, inline_certificate)}};
}

RequestNote note_from_json(const Json& json, x509::CertificateCache& cache, const std::string& code) {
    JsonFields fields(json, code, "the note");
    const auto phase = parse_request_phase(fields.text("phase", 16));
    if (!phase) {
        fields.fail("phase", "is none");
    }
    const ReadCertificate read = read_inline(cache, code);
    RequestNote note;
    note.phase = *phase;
    note.at = fields.instant("at");
    note.ticket = fields.text("ticket");
    note.message = fields.text("message", 64U << 10U);
    note.answer = read(fields.at("answer"));
    note.answer_chain = certificates_from_json(fields.list("answerChain", chain_limit), read);
    fields.finish();
    return note;
}

Json assignment_to_json(const RoleAssignment& assignment) {
    return Json{{"role", assignment.role},
                {"certificate", assignment.certificate},
                {"pool", assignment.pool},
                {"now", to_rfc3339(assignment.now)},
                {"clearRejection", assignment.clear_rejection}};
}

RoleAssignment assignment_from_json(const Json& json, const std::string& code) {
    JsonFields fields(json, code, "the assignment");
    RoleAssignment assignment;
    assignment.role = fields.text("role", 64);
    assignment.certificate = fields.hash("certificate");
    assignment.pool = fields.text("pool", 256);
    assignment.now = fields.instant("now");
    assignment.clear_rejection = fields.flag("clearRejection");
    fields.finish();
    return assignment;
}

Json role_note_to_json(const RoleNote& note) {
    return Json{{"role", note.role},
                {"activated", optional_to_json(note.activated)},
                {"verified", optional_to_json(note.verified)},
                {"verifiedChecks", note.verified_checks},
                {"rejected", note.rejected ? rejection_to_json(*note.rejected) : Json(nullptr)}};
}

RoleNote role_note_from_json(const Json& json, const std::string& code) {
    JsonFields fields(json, code, "the role's note");
    RoleNote note;
    note.role = fields.text("role", 64);
    note.activated = optional_hash(fields, "activated");
    note.verified = optional_hash(fields, "verified");
    note.verified_checks = fields.text("verifiedChecks", 128);
    if (!fields.at("rejected").is_null()) {
        note.rejected = rejection_from_json(fields.at("rejected"), code);
    }
    fields.finish();
    return note;
}

Json handshake_order_to_json(const HandshakeOrder& order) {
    return Json{{"host", order.host}, {"port", order.port}, {"serverName", order.server_name}};
}

HandshakeOrder handshake_order_from_json(const Json& json, const std::string& code) {
    JsonFields fields(json, code, "the handshake");
    HandshakeOrder order;
    order.host = fields.text("host", 256);
    order.port = static_cast<int>(fields.number("port", 1, 65'535));
    order.server_name = fields.text("serverName", 256);
    fields.finish();
    return order;
}

Json handshake_result_to_json(const HandshakeResult& result) {
    return Json{{"connected", result.connected},
                {"certificate", result.sha256},
                {"chain", Json(result.chain_sha256)},
                {"text", result.text}};
}

HandshakeResult handshake_result_from_json(const Json& json, const std::string& code) {
    JsonFields fields(json, code, "the handshake's result");
    HandshakeResult result;
    result.connected = fields.flag("connected");
    result.sha256 = fields.hash("certificate");
    for (const Json& item : fields.list("chain", chain_limit)) {
        const std::string sha256 = text_of(item, code);
        if (!is_hash(sha256)) {
            fields.fail("chain", "holds something else than SHA-256");
        }
        result.chain_sha256.push_back(sha256);
    }
    result.text = fields.text("text", 64U << 10U);
    fields.finish();
    if (result.connected && result.sha256.empty()) {
        fields.fail("certificate", "is missing");
    }
    return result;
}

Json command_result_to_json(const CommandResult& result) {
    return Json{{"ok", result.ok}, {"text", result.text}};
}

CommandResult command_result_from_json(const Json& json, const std::string& code) {
    JsonFields fields(json, code, "the command's result");
    CommandResult result{.ok = fields.flag("ok"), .text = fields.text("text", 64U << 10U)};
    fields.finish();
    return result;
}

}  // namespace edgecert::protocol
