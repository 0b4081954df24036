// What several kinds have in common, as declared: subjects, stores, keys, names, certificates, and the
// defaults of a pool.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/manifest/fields.h"
#include "resources/stores/store.h"
#include "resources/x509/certificate.h"
#include "resources/x509/name.h"

namespace edgecert {

// The parts of a subject that a manifest can say, with the upper bounds of RFC 5280 appendix A (in
// characters).
struct SubjectPart {
    std::string_view key{};
    std::string x509::Subject::*member{};
    std::size_t longest{};
    std::string_view noted{};  // where it was said is noted under this name
};
inline constexpr std::array<SubjectPart, 6> subject_parts{{
    {"commonName", &x509::Subject::common_name, 253, "subject.commonName"},  // over 64: see check_common_name
    {"organization", &x509::Subject::organization, 64, "subject.organization"},
    {"organizationalUnit", &x509::Subject::organizational_unit, 64, "subject.organizationalUnit"},
    {"country", &x509::Subject::country, 2, "subject.country"},
    {"state", &x509::Subject::state, 128, "subject.state"},
    {"locality", &x509::Subject::locality, 128, "subject.locality"},
}};
inline constexpr std::size_t common_name_part = 0;
inline constexpr std::size_t country_part = 3;
inline constexpr std::size_t longest_common_name = 64;  // ub-common-name

struct SubjectFields {
    std::array<Field<std::string_view>, subject_parts.size()> parts{};
};

struct StoreFields {
    Field<std::string_view> directory{};
    Field<std::vector<Text>> command{};
    Field<std::vector<Text>> activate{};
    Field<std::string_view> key_group{};
};

struct KeyFields {
    x509::KeyKind kind{x509::KeyAlgorithm::rsa, 2048};
    Field<bool> exportable{};
    Field<std::string_view> on_renewal{};
};

struct Variable {
    std::string_view name{};
    Field<std::string_view> value{};
};
using Variables = Field<std::vector<Variable>>;

// A name for a certificate. One without substitutions is checked and folded where it is written, once.
struct NameItem {
    Text text{};
    bool substituted{};
    bool is_ip{};
    std::string folded{};
};
using NameItems = Field<std::vector<NameItem>>;

struct TlsCheck {
    Field<std::string_view> host{};
    Field<int> port{};
    Field<std::string_view> server_name{};
    Field<std::string_view> from{};
};

// A certificate's fields, of a profile or written in place.
struct CertificateFields {
    Field<std::vector<Text>> roles{};
    Field<std::string_view> friendly_name{};
    Field<std::string_view> authority{};
    Field<std::string_view> template_name{};
    Field<SubjectFields> subject{};
    Field<std::vector<Text>> sans{};
    NameItems names{};
    Field<Instant> issued_after{};
    Field<std::vector<TlsCheck>> verify{};
};

struct CertificateEntry {
    Text name{};
    bool in_place{};
    CertificateFields fields{};
};

struct RolloutFields {
    Field<int> max_unavailable{};
};
struct RetireFields {
    Field<Seconds> after{};
};

// What a site says for its pools and a pool for itself.
struct PoolDefaults {
    Field<SubjectFields> subject{};
    Field<std::string_view> authority{};
    Field<std::string_view> template_name{};
    Field<std::vector<Text>> trust{};
    Field<StoreFields> store{};
    Field<std::string_view> pfx{};
    Variables vars{};
    Field<std::vector<CertificateEntry>> certificates{};
    Field<RolloutFields> rollout{};
    Field<RetireFields> retire{};
};

[[nodiscard]] SubjectFields read_subject(Fields& fields);
[[nodiscard]] StoreFields read_store(Fields& fields);
// With `leaf`, also exportable and onRenewal.
[[nodiscard]] KeyFields read_key(Fields& fields, bool leaf);
[[nodiscard]] Variables read_variables(Fields& fields);
[[nodiscard]] CertificateFields read_certificate_fields(Fields& fields);
[[nodiscard]] PoolDefaults read_pool_defaults(Fields& fields);

enum class NameKind { dns, ip, either };
[[nodiscard]] NameItems read_names(Fields& fields, std::string_view key, NameKind kind, Null null);

// What is wrong with a name; nothing: it is right and folded.
struct NameProblem {
    std::string_view code{};
    std::string text{};
    std::string hint{};
};
struct CheckedName {
    std::optional<NameProblem> problem{};
    std::string folded{};
    bool is_ip{};
};
[[nodiscard]] CheckedName check_name(std::string_view text, NameKind kind);

[[nodiscard]] bool has_substitution(std::string_view text);
[[nodiscard]] std::size_t count_characters(std::string_view text);  // code points

// A name by the rule of metadata.name, reported as bad-name when it is none; roles have no dots besides.
[[nodiscard]] bool check_identifier(Findings& findings,
                                    const Text& text,
                                    std::string_view what,
                                    bool dots = true);

}  // namespace edgecert
