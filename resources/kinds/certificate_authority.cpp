// Reader of the kind CertificateAuthority.
#include "resources/kinds/certificate_authority.h"

#include <algorithm>

#include "engine/text/encoding.h"

namespace edgecert {

namespace {

Field<std::string_view> read_url(Fields& fields, std::string_view key) {
    auto url = fields.text(key);
    if (url.present() && !is_url(url.value, {"http://", "https://"}, " \"<>")) {
        fields.findings().error(
            "bad-url", url.place, ticked(url.value) + " is no http:// or https:// address");
        url.state = Field<std::string_view>::State::broken;
    }
    return url;
}

LocalFields read_local(Fields& fields) {
    LocalFields local{};
    local.directory = fields.text("directory");
    local.subject = fields.object("subject", [](Fields& inner) {
        SubjectFields subject = read_subject(inner);
        inner.require({"commonName"});
        auto& common_name = subject.parts[common_name_part];
        if (common_name.state == Field<std::string_view>::State::cleared) {
            inner.findings().error("missing-key", common_name.place, "a CA needs a `commonName`");
        } else if (common_name.present() && count_characters(common_name.value) > longest_common_name) {
            inner.findings().error("too-long", common_name.place, "a common name has at most 64 characters");
        }
        return subject;
    });
    local.key = fields.object("key", [](Fields& inner) { return read_key(inner, false); });
    local.validity = fields.duration("validity");
    local.distribution_point = read_url(fields, "distributionPoint");
    local.issuer_url = read_url(fields, "issuerUrl");
    fields.require({"directory", "subject"});
    return local;
}

OfflineFields read_offline(Fields& fields) {
    OfflineFields offline{fields.text("outbox"), fields.text("inbox")};
    fields.require({"outbox", "inbox"});
    return offline;
}

ChainFields read_chain(Fields& fields) {
    ChainFields chain{};
    chain.file = fields.text("file");
    chain.roots = fields.texts("roots");
    constexpr std::string_view prefix = "sha256:";
    constexpr std::size_t digits = 64;
    for (const Text& pin : chain.roots.value) {
        const std::string_view text = pin.value;
        const bool hex = text.starts_with(prefix) && text.size() == prefix.size() + digits &&
                         from_hex(text.substr(prefix.size())).has_value();
        if (!hex) {
            fields.findings().error(
                "bad-pin",
                pin.place,
                ticked(text) + " is no pin",
                "`sha256:` and the 64 hexadecimal digits of a root's SHA-256; `edgecert chain` shows them");
            chain.roots.state = Field<std::vector<Text>>::State::broken;
        }
    }
    return chain;
}

MatchFields read_match(Fields& fields) {
    return {fields.choice("subject", {"exact", "commonName"}),
            fields.choice("names", {"exact", "superset"}),
            fields.choice("usages", {"exact", "superset"})};
}

// What each sort of authority needs to know of its chain.
void check_chain(Fields& fields, const AuthorityFields& authority) {
    if (!authority.local.absent()) {
        fields.at_most_one({"local", "chain"});
        return;
    }
    const bool fetches = !authority.command.absent() || !authority.adcs.absent();
    if (fetches || authority.chain.broken()) {
        return;
    }
    const bool no_file = !authority.chain.present() || authority.chain.value.file.absent();
    if (no_file) {
        const Place where = authority.chain.present() ? authority.chain.place : fields.place();
        fields.findings().error("missing-key",
                                where,
                                "nothing can fetch this authority's chain: `chain.file` is missing",
                                "export it as .p7b, .pem or .cer and name it here");
    }
}

}  // namespace

bool is_url(std::string_view text,
            std::initializer_list<std::string_view> schemes,
            std::string_view refused) {
    if (text.find_first_of(refused) != std::string_view::npos) {
        return false;
    }
    return std::any_of(schemes.begin(), schemes.end(), [&](std::string_view scheme) {
        return text.starts_with(scheme) && text.size() > scheme.size() && text[scheme.size()] != '/';
    });
}

AuthorityFields read_certificate_authority(Fields& fields) {
    AuthorityFields authority{};
    authority.local = fields.object("local", read_local);
    authority.offline = fields.object("offline", read_offline);
    authority.command = fields.texts("command");
    authority.adcs = fields.object("adcs", read_adcs);
    authority.chain = fields.object("chain", read_chain);
    authority.match = fields.object("match", read_match);
    authority.is_public = fields.boolean("public");
    fields.at_most_one({"local", "offline", "command", "adcs"});
    if (authority.command.present() && authority.command.value.empty()) {
        fields.findings().error(
            "wrong-type", authority.command.place, "expected a program and its arguments, found nothing");
    }
    check_chain(fields, authority);
    return authority;
}

}  // namespace edgecert
