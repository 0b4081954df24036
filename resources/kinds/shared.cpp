// Readers of what several kinds have in common.
#include "resources/kinds/shared.h"

#include <algorithm>

#include "engine/text/encoding.h"

namespace edgecert {

bool has_substitution(std::string_view text) {
    return text.find("${") != std::string_view::npos;
}

std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
    }));
}

bool check_identifier(Findings& findings, const Text& text, std::string_view what, bool dots) {
    if (is_name(text.value) && (dots || text.value.find('.') == std::string_view::npos)) {
        return true;
    }
    findings.error("bad-name",
                   text.place,
                   ticked(text.value) + " cannot be the name of a " + std::string(what),
                   std::string("lower-case letters, digits, `-`") + (dots ? " and `.`" : "") +
                       ", a letter or digit at both ends, at most 63");
    return false;
}

SubjectFields read_subject(Fields& fields) {
    SubjectFields subject{};
    for (std::size_t i = 0; i < subject_parts.size(); ++i) {
        auto& part = subject.parts[i];
        part = fields.text(subject_parts[i].key, Null::clears);
        if (!part.present() || has_substitution(part.value)) {
            continue;
        }
        if (i == country_part) {
            const auto letter = [](char byte) {
                return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
            };
            if (part.value.size() != 2 || !std::all_of(part.value.begin(), part.value.end(), letter)) {
                fields.findings().error("bad-country",
                                        part.place,
                                        ticked(part.value) + " is no country",
                                        "two letters of ISO 3166-1, such as NL");
                part.state = Field<std::string_view>::State::broken;
            }
        } else if (count_characters(part.value) > subject_parts[i].longest) {
            fields.findings().error("too-long",
                                    part.place,
                                    "a certificate takes at most " +
                                        std::to_string(subject_parts[i].longest) + " characters as " +
                                        std::string(subject_parts[i].key));
            part.state = Field<std::string_view>::State::broken;
        }
    }
    return subject;
}

StoreFields read_store(Fields& fields) {
    StoreFields store{};
    store.directory = fields.text("directory");
    store.command = fields.texts("command");
    store.activate = fields.texts("activate");
    store.key_group = fields.text("keyGroup");
    fields.at_most_one({"directory", "command"});
    fields.at_most_one({"command", "activate"});
    fields.at_most_one({"command", "keyGroup"});
    if (store.directory.absent() && store.command.absent()) {
        fields.findings().error("missing-key",
                                fields.place(),
                                "a store is a `directory` or a `command`, and here is neither",
                                "a folder of this machine, or the program that reaches a node");
    }
    for (auto* argv : {&store.command, &store.activate}) {
        if (argv->present() && argv->value.empty()) {
            fields.findings().error(
                "wrong-type", argv->place, "expected a program and its arguments, found nothing");
            argv->state = Field<std::vector<Text>>::State::broken;
        }
    }
    return store;
}

namespace {

// The floor is RSA 2048; sizes besides the usual three are nobody's wish.
std::optional<int> read_bits(Fields& fields, const Field<int>& bits) {
    if (!bits.present()) {
        return bits.absent() ? std::optional<int>(2048) : std::nullopt;
    }
    if (bits.value < 2048) {
        fields.findings().error(
            "weak-key",
            bits.place,
            "an RSA key of " + std::to_string(bits.value) + " bits is below the floor of 2048",
            "2048, 3072 or 4096");
        return std::nullopt;
    }
    if (bits.value != 2048 && bits.value != 3072 && bits.value != 4096) {
        fields.findings().error("bad-choice", bits.place, "RSA keys have 2048, 3072 or 4096 bits here");
        return std::nullopt;
    }
    return bits.value;
}

}  // namespace

KeyFields read_key(Fields& fields, bool leaf) {
    KeyFields key{};
    const auto algorithm = fields.choice("algorithm", {"rsa", "ecdsa"});
    const auto bits = fields.number("bits", 1, 1'000'000);
    const auto curve = fields.choice("curve", {"p256", "p384"});
    if (leaf) {
        key.exportable = fields.boolean("exportable");
        key.on_renewal = fields.choice("onRenewal", {"new", "reuse"});
    }
    if (algorithm.broken()) {
        return key;
    }
    if (!algorithm.present() || algorithm.value == "rsa") {
        key.kind.bits = read_bits(fields, bits).value_or(2048);
        if (!curve.absent()) {
            fields.findings().error("conflicting-keys",
                                    curve.place,
                                    "an RSA key has no `curve`",
                                    "say `bits`, or algorithm: ecdsa");
        }
        return key;
    }
    key.kind = {x509::KeyAlgorithm::ecdsa, curve.value == "p384" ? 384 : 256};
    if (!bits.absent()) {
        fields.findings().error(
            "conflicting-keys", bits.place, "an ECDSA key has no `bits`", "say curve: p256 or curve: p384");
    } else if (curve.absent()) {
        fields.findings().error(
            "missing-key", fields.place(), "an ECDSA key needs a `curve`", "p256 or p384");
    }
    return key;
}

Variables read_variables(Fields& fields) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
    };
    const auto read = [&](Fields& inner) {
        std::vector<Variable> found;
        for (const Entry& written : inner.entries()) {
            const auto value = inner.text(written.key, Null::clears);
            if (written.key.empty() || !std::all_of(written.key.begin(), written.key.end(), is_plain)) {
                inner.findings().error("bad-name",
                                       {&inner.document(), written.mark},
                                       ticked(written.key) + " cannot be the name of a variable",
                                       "letters, digits, `-` and `_`");
                continue;
            }
            found.push_back({written.key, value});
        }
        return found;
    };
    return fields.object("vars", read, Null::clears);
}

}  // namespace edgecert
