// Requests, rejections and labels to JSON and back.
#include "resources/stores/entry_json.h"

#include <nlohmann/json.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/stores/json_fields.h"

namespace edgecert {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t chain_limit = 64;
constexpr std::size_t request_limit = 64U << 10U;
constexpr std::size_t message_limit = 16U << 10U;

constexpr std::array<std::pair<KeyState, std::string_view>, 5> key_states{{
    {KeyState::absent, "absent"},
    {KeyState::present, "present"},
    {KeyState::mismatched, "mismatched"},
    {KeyState::unreadable, "unreadable"},
    {KeyState::exposed, "exposed"},
}};

constexpr std::array<std::pair<RequestPhase, std::string_view>, 7> phases{{
    {RequestPhase::created, "created"},
    {RequestPhase::submitting, "submitting"},
    {RequestPhase::accepted, "accepted"},
    {RequestPhase::denied, "denied"},
    {RequestPhase::ambiguous, "ambiguous"},
    {RequestPhase::collected, "collected"},
    {RequestPhase::abandoned, "abandoned"},
}};

template <typename Table, typename Value>
std::string_view text_in(const Table& table, Value value) {
    for (const auto& row : table) {
        if (row.first == value) {
            return row.second;
        }
    }
    return {};
}

template <typename Value, std::size_t Size>
std::optional<Value> value_in(const std::array<std::pair<Value, std::string_view>, Size>& table,
                              std::string_view text) {
    for (const auto& row : table) {
        if (row.second == text) {
            return row.first;
        }
    }
    return std::nullopt;
}

std::string name_field(JsonFields& fields, const std::string& name) {
    std::string value = fields.text(name, 64);
    if (!is_name(value)) {
        fields.fail(name, "is no name");
    }
    return value;
}

}  // namespace

std::string_view to_text(KeyState state) {
    return text_in(key_states, state);
}

std::optional<KeyState> parse_key_state(std::string_view text) {
    return value_in(key_states, text);
}

std::string_view to_text(RequestPhase phase) {
    return text_in(phases, phase);
}

std::optional<RequestPhase> parse_request_phase(std::string_view text) {
    return value_in(phases, text);
}

Json inline_certificate(const x509::CertificateRef& certificate) {
    return certificate ? Json(to_base64(certificate->der)) : Json(nullptr);
}

ReadCertificate read_inline(x509::CertificateCache& cache, const std::string& code) {
    return [&cache, code](const Json& json) -> x509::CertificateRef {
        if (json.is_null()) {
            return nullptr;
        }
        const auto der =
            json.is_string() ? from_base64(json.get_ref<const std::string&>()) : std::optional<std::string>{};
        if (!der) {
            throw Error(code, "a certificate that is not base64");
        }
        return cache.parse(*der);
    };
}

Json certificates_to_json(const std::vector<x509::CertificateRef>& certificates,
                          const WriteCertificate& write) {
    Json list = Json::array();
    for (const auto& certificate : certificates) {
        list.push_back(write(certificate));
    }
    return list;
}

std::vector<x509::CertificateRef> certificates_from_json(const Json& list, const ReadCertificate& read) {
    std::vector<x509::CertificateRef> certificates;
    for (const Json& item : list) {
        if (auto certificate = read(item)) {
            certificates.push_back(std::move(certificate));
        }
    }
    return certificates;
}

Json request_to_json(const RequestEntry& entry, const WriteCertificate& write) {
    return Json{{"pool", entry.pool},
                {"name", entry.name},
                {"publicKey", entry.spki},
                {"issuance", entry.issuance},
                {"requirement", entry.requirement},
                {"holder", entry.holder},
                {"key", to_text(entry.key)},
                {"exportable", entry.exportable},
                {"friendlyName", entry.friendly_name},
                {"authority", entry.authority},
                {"request", entry.request_pem},
                {"phase", to_text(entry.phase)},
                {"created", to_rfc3339(entry.created)},
                {"since", to_rfc3339(entry.since)},
                {"submitted", optional_instant_to_json(entry.submitted)},
                {"ticket", entry.ticket},
                {"message", entry.message},
                {"answer", write(entry.answer)},
                {"answerChain", certificates_to_json(entry.answer_chain, write)}};
}

RequestEntry request_from_json(const Json& json, const std::string& code, const ReadCertificate& read) {
    JsonFields fields(json, code, "a request");
    RequestEntry entry;
    entry.pool = name_field(fields, "pool");
    entry.name = name_field(fields, "name");
    entry.spki = fields.hash("publicKey");
    entry.issuance = fields.text("issuance", 128);
    entry.requirement = fields.text("requirement", 128);
    entry.holder = fields.text("holder", 256);
    const auto key = parse_key_state(fields.text("key", 16));
    const auto phase = parse_request_phase(fields.text("phase", 16));
    if (entry.spki.empty() || !key || !phase) {
        fields.fail("publicKey, key or phase", "is none");
    }
    entry.key = *key;
    entry.phase = *phase;
    entry.exportable = fields.flag("exportable");
    entry.friendly_name = fields.text("friendlyName");
    entry.authority = fields.text("authority", 256);
    entry.request_pem = fields.text("request", request_limit);
    entry.created = fields.instant("created");
    entry.since = fields.instant("since");
    entry.submitted = fields.optional_instant("submitted");
    entry.ticket = fields.text("ticket");
    entry.message = fields.text("message", message_limit);
    entry.answer = read(fields.at("answer"));
    entry.answer_chain = certificates_from_json(fields.list("answerChain", chain_limit), read);
    fields.finish();
    return entry;
}

Json rejection_to_json(const Rejection& rejection) {
    return Json{{"certificate", rejection.certificate},
                {"issuance", rejection.issuance},
                {"requirement", rejection.requirement},
                {"at", to_rfc3339(rejection.at)},
                {"why", rejection.why}};
}

Rejection rejection_from_json(const Json& json, const std::string& code) {
    JsonFields fields(json, code, "a rejection");
    Rejection rejection;
    rejection.certificate = fields.hash("certificate");
    rejection.issuance = fields.text("issuance", 128);
    rejection.requirement = fields.text("requirement", 128);
    rejection.at = fields.instant("at");
    rejection.why = fields.text("why", message_limit);
    fields.finish();
    return rejection;
}

Json label_to_json(const PersonalLabel& label) {
    return Json{{"pool", label.pool},
                {"name", label.name},
                {"requirement", label.requirement},
                {"issuance", label.issuance},
                {"friendlyName", label.friendly_name},
                {"exportable", label.exportable},
                {"owned", label.owned},
                {"submitted", optional_instant_to_json(label.submitted)}};
}

PersonalLabel label_from_json(const Json& json, const std::string& code) {
    JsonFields fields(json, code, "a label");
    PersonalLabel label;
    label.pool = fields.text("pool", 64);
    label.name = fields.text("name", 64);
    label.requirement = fields.text("requirement", 128);
    label.issuance = fields.text("issuance", 128);
    label.friendly_name = fields.text("friendlyName");
    label.exportable = fields.flag("exportable");
    label.owned = fields.flag("owned");
    label.submitted = fields.optional_instant("submitted");
    fields.finish();
    return label;
}

}  // namespace edgecert
