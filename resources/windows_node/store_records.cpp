// Records in certificates' properties, as JSON.
#include "resources/windows_node/store_records.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "engine/diagnostic/diagnostic.h"
#include "resources/stores/entry_json.h"
#include "resources/stores/json_fields.h"
#include "resources/stores/protocol.h"
#include "resources/stores/records.h"

namespace edgecert::windows {
namespace {

using Json = nlohmann::ordered_json;
using records::bad_record;

constexpr const char* trust_format = "edgecert.trust/1";
constexpr const char* personal_format = "edgecert.personal/1";
constexpr const char* request_format = "edgecert.request-key/1";
constexpr std::size_t chain_limit = 64;

void check_format(JsonFields& fields, const char* format) {
    if (fields.text("format", 64) != format) {
        fields.fail("format", "is another one");
    }
}

PersonalLabel label_of(const PersonalEntry& entry) {
    return {.pool = entry.pool,
            .name = entry.name,
            .requirement = entry.requirement,
            .issuance = entry.issuance,
            .friendly_name = entry.friendly_name,
            .exportable = entry.exportable,
            .owned = entry.owned,
            .submitted = entry.submitted};
}

}  // namespace

std::string to_record(const TrustRecord& record) {
    return dump_json(Json{{"format", trust_format}, {"authority", record.authority}, {"pool", record.pool}});
}

TrustRecord parse_trust_record(std::string_view text) {
    const Json json = parse_json(text, bad_record);
    JsonFields fields(json, bad_record, "the record");
    check_format(fields, trust_format);
    return {.authority = fields.text("authority", 256), .pool = fields.text("pool", 256)};
}

std::string to_record(const PersonalEntry& entry) {
    return dump_json(Json{{"format", personal_format},
                          {"label", label_to_json(label_of(entry))},
                          {"superseded", optional_instant_to_json(entry.superseded)},
                          {"chain", certificates_to_json(entry.chain, inline_certificate)}});
}

void take_personal_record(PersonalEntry& entry, std::string_view text, x509::CertificateCache& cache) {
    const Json json = parse_json(text, bad_record);
    JsonFields fields(json, bad_record, "the record");
    check_format(fields, personal_format);
    const PersonalLabel label = label_from_json(fields.at("label"), bad_record);
    entry.superseded = fields.optional_instant("superseded");
    entry.chain = certificates_from_json(fields.list("chain", chain_limit), read_inline(cache, bad_record));
    entry.exportable = label.exportable;
    entry.owned = label.owned;
    entry.pool = label.pool;
    entry.name = label.name;
    entry.requirement = label.requirement;
    entry.issuance = label.issuance;
    entry.submitted = label.submitted;
}

std::string to_record(const RequestKey& key) {
    return dump_json(Json{{"format", request_format}, {"request", protocol::key_to_json(key)}});
}

std::optional<RequestKey> parse_request_record(std::string_view text) {
    try {
        const Json json = parse_json(text, bad_record);
        JsonFields fields(json, bad_record, "the record");
        check_format(fields, request_format);
        return protocol::key_from_json(fields.at("request"), bad_record);
    } catch (const Error&) {
        return std::nullopt;
    }
}

}  // namespace edgecert::windows
