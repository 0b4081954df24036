// Readers of a certificate's own fields, and of what sites and pools say for their certificates.
#include <algorithm>
#include <cstddef>
#include <optional>

#include "resources/kinds/shared.h"

namespace edgecert {

namespace {

std::optional<TlsCheck> read_tls_check(Fields& fields) {
    TlsCheck check{};
    check.host = fields.text("host");
    check.port = fields.number("port", 1, 65535);
    check.server_name = fields.text("serverName");
    check.from = fields.choice("from", {"controller", "server"});
    fields.require({"host", "port"});
    const bool whole =
        check.host.present() && check.port.present() && !check.server_name.broken() && !check.from.broken();
    return whole ? std::optional(check) : std::nullopt;
}

std::optional<TlsCheck> read_check(Fields& outer, const Value& item) {
    if (item.kind != Value::Kind::mapping) {
        outer.wrong_type(item, "a mapping such as {tls: {host: …, port: …}}");
        return std::nullopt;
    }
    Fields fields(outer.findings(), outer.document(), item, item.mark);
    const auto tls = fields.object("tls", read_tls_check);
    fields.require({"tls"});
    fields.finish();
    return tls.present() ? tls.value : std::nullopt;
}

Field<std::vector<Text>> read_roles(Fields& fields) {
    auto roles = fields.texts("roles", Null::clears);
    for (std::size_t i = 0; i < roles.value.size(); ++i) {
        const Text& role = roles.value[i];
        if (!check_identifier(fields.findings(), role, "role", false)) {
            roles.state = Field<std::vector<Text>>::State::broken;
        }
        const auto end = roles.value.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::any_of(
                roles.value.begin(), end, [&](const Text& other) { return other.value == role.value; })) {
            fields.findings().error(
                "duplicate-role", role.place, "the role " + ticked(role.value) + " stands here twice");
            roles.state = Field<std::vector<Text>>::State::broken;
        }
    }
    if (roles.present() && roles.value.empty()) {
        fields.findings().error("missing-role", roles.place, "a certificate serves at least one role");
        roles.state = Field<std::vector<Text>>::State::broken;
    }
    return roles;
}

Field<Instant> read_instant(Fields& fields, std::string_view key) {
    const auto written = fields.text(key, Null::clears);
    Field<Instant> field{};
    field.place = written.place;
    field.state = static_cast<Field<Instant>::State>(written.state);
    if (!written.present()) {
        return field;
    }
    const auto instant = parse_rfc3339(written.value);
    if (!instant) {
        fields.findings().error("bad-time",
                                written.place,
                                "expected a date or a time, found " + ticked(written.value),
                                "RFC 3339, such as 2026-01-01 or 2026-01-01T08:00:00Z");
        field.state = Field<Instant>::State::broken;
        return field;
    }
    field.value = *instant;
    return field;
}

std::optional<CertificateEntry> read_entry(Fields& outer, const Value& item) {
    CertificateEntry entry{};
    if (item.kind == Value::Kind::scalar) {
        entry.name = {item.text, outer.place(item)};
        return entry;
    }
    if (item.kind != Value::Kind::mapping) {
        outer.wrong_type(item, "the name of a CertificateProfile, or a certificate written in place");
        return std::nullopt;
    }
    Fields fields(outer.findings(), outer.document(), item, item.mark);
    const auto name = fields.text("name");
    entry.in_place = true;
    entry.name = {name.value, name.place};
    entry.fields = read_certificate_fields(fields);
    fields.require({"name"});
    fields.finish();
    const bool named = name.present() && check_identifier(outer.findings(), entry.name, "certificate");
    return named ? std::optional(std::move(entry)) : std::nullopt;
}

}  // namespace

CertificateFields read_certificate_fields(Fields& fields) {
    CertificateFields certificate{};
    certificate.roles = read_roles(fields);
    certificate.friendly_name = fields.text("friendlyName", Null::clears);
    certificate.authority = fields.text("authority", Null::clears);
    certificate.template_name = fields.text("template", Null::clears);
    certificate.subject = fields.object("subject", read_subject, Null::clears);
    certificate.sans = fields.texts("sans", Null::clears);
    certificate.names = read_names(fields, "names", NameKind::either, Null::clears);
    certificate.issued_after = read_instant(fields, "issuedAfter");
    certificate.verify = fields.list(
        "verify", [&](const Value& item) { return read_check(fields, item); }, Null::clears);
    return certificate;
}

PoolDefaults read_pool_defaults(Fields& fields) {
    PoolDefaults defaults{};
    defaults.subject = fields.object("subject", read_subject, Null::clears);
    defaults.authority = fields.text("authority", Null::clears);
    defaults.template_name = fields.text("template", Null::clears);
    defaults.trust = fields.texts("trust", Null::clears);
    defaults.store = fields.object("store", read_store, Null::clears);
    defaults.pfx = fields.choice("pfx", {"modern", "3des-sha1"}, Null::clears);
    defaults.vars = read_variables(fields);
    defaults.certificates = fields.list(
        "certificates", [&](const Value& item) { return read_entry(fields, item); }, Null::clears);
    const auto rollout = [](Fields& inner) {
        return RolloutFields{inner.number("maxUnavailable", 1, 100'000, Null::clears)};
    };
    defaults.rollout = fields.object("rollout", rollout, Null::clears);
    const auto retire = [](Fields& inner) { return RetireFields{inner.duration("after", Null::clears)}; };
    defaults.retire = fields.object("retire", retire, Null::clears);
    return defaults;
}

}  // namespace edgecert
