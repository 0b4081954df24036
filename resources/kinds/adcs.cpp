// Reader of an authority behind AD CS Web Enrollment: address, credentials, limits. Secrets are named, never
// said.
#include <array>

#include "resources/kinds/certificate_authority.h"

namespace edgecert {

namespace {

// The pages' names are put behind it, so nothing may follow its path.
Field<std::string_view> read_address(Fields& fields) {
    auto url = fields.text("url");
    if (!url.present()) {
        return url;
    }
    auto& findings = fields.findings();
    const bool good = is_url(url.value, {"https://"}, " \"<>@?#\\");
    if (url.value.find('@') != std::string_view::npos) {
        findings.conceal(url.place, url.value);
        findings.error("inline-secret",
                       url.place,
                       "an address holds no user name and no password",
                       "`auth`; and change this password, for it has been read");
    } else if (url.value.starts_with("http://")) {
        findings.error(
            "insecure-url",
            url.place,
            "a CA is spoken to over https only: credentials and requests would travel in the clear",
            "https://" + std::string(url.value.substr(7)));
    } else if (!good) {
        findings.error("bad-url",
                       url.place,
                       ticked(url.value) + " is no https:// address of pages",
                       "https://ca01.contoso.net/certsrv/");
    }
    url.state = good ? url.state : Field<std::string_view>::State::broken;
    return url;
}

// {env: NAME}, {file: PATH} or {command: [PROGRAM, …]}.
SecretFields read_secret(Fields& fields) {
    SecretFields secret{};
    const auto env = fields.text("env");
    const auto file = fields.text("file");
    const auto command = fields.texts("command");
    fields.at_most_one({"env", "file", "command"});
    if (env.present()) {
        secret = {SecretSource::Kind::env, {{env.value, env.place}}};
    } else if (file.present()) {
        secret = {SecretSource::Kind::file, {{file.value, file.place}}};
    } else if (command.present()) {
        secret = {SecretSource::Kind::command, command.value};
        if (command.value.empty()) {
            fields.findings().error(
                "wrong-type", command.place, "expected a program and its arguments, found nothing");
        }
    } else if (env.absent() && file.absent() && command.absent()) {
        fields.findings().error("missing-key",
                                fields.place(),
                                "where the secret is kept is missing here",
                                "`env`, `file` or `command`");
    }
    return secret;
}

SecretFields read_password(Fields& fields) {
    const Entry* written = fields.entry("password");
    if (written != nullptr && written->value.kind == Value::Kind::scalar) {
        const Place where{&fields.document(), written->value.mark};
        fields.findings().conceal(where, written->value.text);
        fields.findings().error(
            "inline-secret",
            where,
            "a secret is never written into a manifest",
            "{env: NAME}, {file: PATH} or {command: [PROGRAM]}; and change this one, for it has been read");
        return {};
    }
    return fields.object("password", read_secret).value;
}

// Which keys each method needs, and which it has no use for.
struct Method {
    std::string_view name{};
    std::vector<std::string_view> needs{};
    std::vector<std::string_view> refuses{};
};

void check_method(Fields& fields, const Field<std::string_view>& written) {
    const std::array<Method, 4> methods{{
        {"basic", {"username", "password"}, {"certificate", "key"}},
        {"ntlm", {"username", "password"}, {"certificate", "key"}},
        {"negotiate", {}, {"password", "certificate", "key"}},
        {"certificate", {"certificate", "key"}, {"username"}},
    }};
    for (const Method& method : methods) {
        if (method.name != written.value) {
            continue;
        }
        for (const std::string_view key : method.needs) {
            fields.require({key});
        }
        for (const std::string_view key : method.refuses) {
            if (fields.has(key)) {
                fields.findings().error(
                    "conflicting-keys",
                    {&fields.document(), fields.entry(key)->mark},
                    "the method " + ticked(method.name) + " takes no " + ticked(key),
                    method.name == "negotiate" ? "it uses the ticket cache or a keytab" : "");
            }
        }
    }
}

}  // namespace

AdcsFields read_adcs(Fields& fields) {
    AdcsFields adcs{};
    adcs.url = read_address(fields);
    const auto auth = [&](Fields& inner) {
        adcs.method = inner.choice("method", {"basic", "ntlm", "negotiate", "certificate"});
        adcs.username = inner.text("username");
        adcs.password = read_password(inner);
        adcs.certificate = inner.text("certificate");
        adcs.key = inner.text("key");
        inner.require({"method"});
        if (adcs.method.present()) {
            check_method(inner, adcs.method);
        }
        return true;
    };
    (void)fields.object("auth", auth);
    const auto tls = [&](Fields& inner) {
        adcs.tls_ca = inner.text("ca");
        return true;
    };
    (void)fields.object("tls", tls);
    const auto limits = [&](Fields& inner) {
        adcs.concurrent = inner.number("concurrent", 1, 64);
        return true;
    };
    (void)fields.object("limits", limits);
    fields.require({"url", "auth"});
    return adcs;
}

}  // namespace edgecert
