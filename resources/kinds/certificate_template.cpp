// Reader of the kind CertificateTemplate.
#include "resources/kinds/certificate_template.h"

#include <algorithm>
#include <array>
#include <optional>

namespace edgecert {

namespace {

// RFC 5280 section 4.2.1.12, and the usages that Windows templates name; everything else is written as an
// OID.
constexpr std::array<std::string_view, 10> usages{"serverAuth",
                                                  "clientAuth",
                                                  "codeSigning",
                                                  "emailProtection",
                                                  "timeStamping",
                                                  "OCSPSigning",
                                                  "ipsecEndSystem",
                                                  "ipsecTunnel",
                                                  "ipsecUser",
                                                  "smartcardLogon"};

bool is_dotted_oid(std::string_view text) {
    bool dot = true;  // a digit has to come next
    std::size_t arcs = 0;
    for (const char c : text) {
        if (c == '.' ? dot : (c < '0' || c > '9')) {
            return false;
        }
        arcs += c != '.' && dot ? 1U : 0U;
        dot = c == '.';
    }
    return !dot && arcs >= 3 && text.size() <= 64;
}

Field<std::string_view> read_digest(Fields& fields) {
    auto digest = fields.text("digest");
    if (!digest.present()) {
        return digest;
    }
    const std::vector<std::string> strong{"sha256", "sha384", "sha512"};
    if (digest.value == "sha1" || digest.value == "md5") {
        fields.findings().error("weak-digest",
                                digest.place,
                                ticked(digest.value) + " is below the floor of SHA-2",
                                "sha256, sha384 or sha512");
        digest.state = Field<std::string_view>::State::broken;
    } else if (std::find(strong.begin(), strong.end(), digest.value) == strong.end()) {
        fields.findings().error("bad-choice",
                                digest.place,
                                "expected one of " + ticked_list(strong) + ", found " + ticked(digest.value));
        digest.state = Field<std::string_view>::State::broken;
    }
    return digest;
}

Field<std::vector<Text>> read_usages(Fields& fields) {
    auto written = fields.texts("extendedKeyUsage");
    for (const Text& usage : written.value) {
        if (std::find(usages.begin(), usages.end(), usage.value) != usages.end() ||
            is_dotted_oid(usage.value)) {
            continue;
        }
        const std::vector<std::string> candidates(usages.begin(), usages.end());
        fields.findings().error("bad-choice",
                                usage.place,
                                ticked(usage.value) + " is no extended key usage",
                                suggestion(usage.value, candidates) + " Others as dotted OIDs.");
        written.state = Field<std::vector<Text>>::State::broken;
    }
    if (written.present() && written.value.empty()) {
        fields.findings().error(
            "wrong-type", written.place, "expected at least one usage", "leave it out for serverAuth");
        written.state = Field<std::vector<Text>>::State::broken;
    }
    return written;
}

// "33%" or "12.5%", in 1/10000; at most the half, since a renewal never begins earlier.
std::optional<int> parse_fraction(std::string_view text) {
    text.remove_suffix(1);
    const std::size_t dot = text.find('.');
    const std::string_view whole = text.substr(0, dot);
    std::string decimals(dot == std::string_view::npos ? "" : text.substr(dot + 1));
    const bool bare_dot = dot != std::string_view::npos && decimals.empty();
    if (whole.empty() || whole.size() > 2 || decimals.size() > 2 || bare_dot ||
        (whole.size() == 2 && whole[0] == '0')) {
        return std::nullopt;
    }
    decimals.resize(2, '0');
    int fraction = 0;
    for (const char c : std::string(whole) + decimals) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        fraction = fraction * 10 + (c - '0');
    }
    return fraction > 0 && fraction <= 5000 ? std::optional(fraction) : std::nullopt;
}

Renewal read_renewal(Fields& fields) {
    Renewal renewal{};
    const Entry* written = fields.entry("before");
    fields.require({"before"});
    const bool percent = written != nullptr && written->value.kind == Value::Kind::scalar &&
                         written->value.text.ends_with('%');
    if (!percent) {
        const auto span = fields.duration("before");
        if (span.present()) {
            renewal.before = span.value;
        }
        return renewal;
    }
    const auto fraction = parse_fraction(written->value.text);
    if (!fraction) {
        fields.findings().error(
            "bad-renewal",
            fields.place(written->value),
            ticked(written->value.text) + " is no part of the lifetime that a renewal can begin at",
            "over 0% and at most 50%: a renewal never begins before half of the lifetime");
    }
    renewal.fraction = fraction.value_or(renewal.fraction);
    return renewal;
}

}  // namespace

TemplateFields read_certificate_template(Fields& fields) {
    TemplateFields read{};
    read.template_name = fields.text("template");
    read.key = fields.object("key", [](Fields& inner) { return read_key(inner, true); });
    read.digest = read_digest(fields);
    read.extended_key_usage = read_usages(fields);
    read.validity = fields.duration("validity");
    read.minimum_validity = fields.duration("minimumValidity");
    read.renewal = fields.object("renewal", read_renewal);
    const Seconds asked = read.validity.present() ? read.validity.value : Seconds(std::chrono::days{825});
    if (read.minimum_validity.present() && !read.validity.broken() && read.minimum_validity.value > asked) {
        fields.findings().error("bad-validity",
                                read.minimum_validity.place,
                                "more is refused than is asked for: `validity` is " + to_words(asked));
    }
    return read;
}

}  // namespace edgecert
