// What a store writes down beside its certificates, and how it changes: the same in every kind of store.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "resources/stores/observation.h"
#include "resources/stores/store.h"

namespace edgecert::records {

inline constexpr const char* bad_record = "bad-record";
inline constexpr std::size_t record_limit = 1U << 20U;

// A role as its record tells it: `assigned` is what we assigned last, which the role need not confirm. The
// record is written before the role moves, so it also keeps what was `previous` until then: a role that still
// points at the new `previous` was never moved.
struct WrittenRole {
    RoleRecord role{};
    CertificateId before{};
    // What the role pointed at before `now`, at which it points now.
    [[nodiscard]] const CertificateId& previous_of(const CertificateId& now) const {
        const bool unmoved = now != role.assigned && now == role.previous;
        return unmoved ? before : role.previous;
    }
    bool forget(const CertificateId& gone);  // as previous; true: it was
};
[[nodiscard]] std::string role_text(const WrittenRole& written);
[[nodiscard]] WrittenRole parse_role(std::string_view text, const std::string& role);  // Error bad_record
// Rejections sorted by certificate, the oldest forgotten when there are too many.
void take_note(RoleRecord& record, const RoleNote& note);

// The entry is called, and belongs, as the label says.
void put_label(PersonalEntry& entry, const PersonalLabel& label);

// A request with everything in it, as JSON. Error "store-refused": it could not be read back.
[[nodiscard]] std::string request_text(const RequestEntry& entry);
[[nodiscard]] RequestEntry parse_request(std::string_view text, x509::CertificateCache& cache);
// Fields left empty in the note stay as they are.
void take_note(RequestEntry& entry, const RequestNote& note);
[[nodiscard]] bool is_over(RequestPhase phase);  // its key may be asked for again

}  // namespace edgecert::records
