// Records of roles and requests: written, read, changed.
#include "resources/stores/records.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/stores/entry_json.h"
#include "resources/stores/json_fields.h"

namespace edgecert::records {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_rejections = 256;
constexpr std::size_t most_rejections_read = 1024;

WrittenRole role_from_json(const Json& json) {
    JsonFields fields(json, bad_record, "the record");
    WrittenRole written;
    RoleRecord& record = written.role;
    record.assigned = fields.hash("assigned");
    record.previous = fields.hash("previous");
    record.activated = fields.hash("activated");
    record.verified = fields.hash("verified");
    record.verified_checks = fields.text("verifiedChecks", 128);
    record.pool = fields.text("pool", 256);
    for (const Json& rejection : fields.list("rejected", most_rejections_read)) {
        record.rejected.push_back(rejection_from_json(rejection, bad_record));
    }
    if (json.contains("before")) {  // records of older versions have none
        written.before = fields.hash("before");
    }
    return written;
}

void forget_rejection(RoleRecord& record, const CertificateId& certificate) {
    std::erase_if(record.rejected, [&certificate](const Rejection& rejection) {
        return rejection.certificate == certificate;
    });
}

// Sorted by certificate, the oldest forgotten when there are too many.
void add_rejection(RoleRecord& record, Rejection rejection) {
    rejection.why = printable(rejection.why);
    forget_rejection(record, rejection.certificate);
    if (record.rejected.size() >= most_rejections) {
        record.rejected.erase(std::min_element(
            record.rejected.begin(), record.rejected.end(), [](const Rejection& a, const Rejection& b) {
                return a.at < b.at;
            }));
    }
    record.rejected.push_back(std::move(rejection));
    std::sort(record.rejected.begin(), record.rejected.end(), [](const Rejection& a, const Rejection& b) {
        return a.certificate < b.certificate;
    });
}

}  // namespace

std::string role_text(const WrittenRole& written) {
    const RoleRecord& record = written.role;
    Json rejected = Json::array();
    for (const Rejection& rejection : record.rejected) {
        rejected.push_back(rejection_to_json(rejection));
    }
    const Json json{{"format", "edgecert.role/1"},
                    {"assigned", record.assigned},
                    {"previous", record.previous},
                    {"before", written.before},
                    {"activated", record.activated},
                    {"verified", record.verified},
                    {"verifiedChecks", record.verified_checks},
                    {"pool", record.pool},
                    {"rejected", std::move(rejected)}};
    return dump_json(json) + "\n";
}

WrittenRole parse_role(std::string_view text, const std::string& role) {
    const Json json = parse_json(text, bad_record);
    WrittenRole written = role_from_json(json);
    written.role.role = role;
    return written;
}

bool WrittenRole::forget(const CertificateId& gone) {
    const bool was = role.previous == gone || before == gone;
    for (CertificateId* one : {&role.previous, &before}) {
        *one = *one == gone ? CertificateId{} : *one;
    }
    return was;
}

void take_note(RoleRecord& record, const RoleNote& note) {
    if (note.activated) {
        record.activated = *note.activated;
    }
    if (note.verified) {
        record.verified = *note.verified;
    }
    if (!note.verified_checks.empty()) {
        record.verified_checks = note.verified_checks;
    }
    if (note.rejected) {
        add_rejection(record, *note.rejected);
    }
}

std::string request_text(const RequestEntry& entry) {
    std::string text = dump_json(request_to_json(entry, inline_certificate)) + "\n";
    x509::CertificateCache
        cache;  // with what the entry holds: its bytes in the text need not be parsed again
    cache.remember(entry.answer);
    for (const x509::CertificateRef& issuer : entry.answer_chain) {
        cache.remember(issuer);
    }
    if (text.size() > record_limit || parse_request(text, cache) != entry) {
        throw Error("store-refused", "this request cannot be kept: something in it is too long, or no UTF-8");
    }
    return text;
}

RequestEntry parse_request(std::string_view text, x509::CertificateCache& cache) {
    const Json json = parse_json(text, bad_record);
    return request_from_json(json, bad_record, read_inline(cache, bad_record));
}

void take_note(RequestEntry& entry, const RequestNote& note) {
    if (entry.phase != note.phase) {
        entry.since = note.at;
        if (note.phase == RequestPhase::submitting) {
            entry.submitted = note.at;
        }
    }
    entry.phase = note.phase;
    entry.ticket = note.ticket.empty() ? entry.ticket : note.ticket;
    entry.message = note.message.empty() ? entry.message : printable(note.message);
    if (note.answer) {
        entry.answer = note.answer;
        entry.answer_chain = note.answer_chain;
    }
}

void put_label(PersonalEntry& entry, const PersonalLabel& label) {
    entry.friendly_name = label.friendly_name;
    entry.exportable = label.exportable;
    entry.owned = label.owned;
    entry.pool = label.pool;
    entry.name = label.name;
    entry.requirement = label.requirement;
    entry.issuance = label.issuance;
    entry.submitted = label.submitted;
}

bool is_over(RequestPhase phase) {
    return phase == RequestPhase::abandoned || phase == RequestPhase::denied;
}

}  // namespace edgecert::records
