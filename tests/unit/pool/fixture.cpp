// How the tables' pool is built, and how a plan becomes lines.
#include "unit/pool/fixture.h"

#include <algorithm>
#include <utility>

#include "engine/text/encoding.h"

namespace edgecert::test {

namespace {

std::string serial_of(int number) {
    return x509::sha256("serial " + std::to_string(number)).substr(0, 30);
}

Ca make_ca(const std::string& name, int first_key) {
    Ca made;
    made.root_key = key(first_key);
    made.issuing_key = key(first_key + 1);
    x509::Issuance root;
    root.subject.common_name = name + " root";
    root.spki_der = made.root_key.spki_der;
    root.not_before = present() - days(1000);
    root.not_after = present() + days(8000);
    root.serial = "01" + serial_of(first_key);
    root.authority = true;
    made.root = x509::sign_certificate(root, made.root_key, nullptr);
    x509::Issuance issuing = root;
    issuing.subject.common_name = name + " issuing";
    issuing.spki_der = made.issuing_key.spki_der;
    issuing.serial = "02" + serial_of(first_key);
    made.issuing = x509::sign_certificate(issuing, made.root_key, made.root);
    return made;
}

}  // namespace

const x509::PrivateKey& key(int number) {
    static std::map<int, x509::PrivateKey> made;
    const auto found = made.find(number);
    return found != made.end()
               ? found->second
               : made.emplace(number, x509::generate_key({x509::KeyAlgorithm::ecdsa, 256})).first->second;
}

const Ca& ca(const std::string& name) {
    static std::map<std::string, Ca> made;
    const auto found = made.find(name);
    return found != made.end()
               ? found->second
               : made.emplace(name, make_ca(name, 1000 + 10 * static_cast<int>(made.size()))).first->second;
}

Instant present() {
    return *parse_rfc3339("2026-06-01T00:00:00Z");
}

x509::CertificateRef issue(const Issue& what) {
    static int serial = 100;
    x509::Issuance order;
    order.subject.common_name = what.common_name;
    order.names.dns = what.names;
    order.extended_key_usage = what.usages;
    order.spki_der = key(what.key_number).spki_der;
    order.not_before = present() - what.age;
    order.not_after = order.not_before + what.lifetime;
    order.serial = "03" + serial_of(++serial);
    order.distribution_point = "http://pki.contoso.net/contoso.crl";
    return x509::sign_certificate(order, ca(what.ca).issuing_key, ca(what.ca).issuing);
}

Fixture::Fixture(int servers) {
    pool.name = "ams-edge";
    pool.site = "amsterdam";
    pool.fqdn = "pool.contoso.net";
    pool.request_on = "edge01";
    inputs.at = present();
    for (int number = 1; number <= servers; ++number) {
        add_server("edge0" + std::to_string(number));
    }
    add_authority("contoso");
    CertificateSpec certificate;
    certificate.name = "internal";
    certificate.roles = {"internal"};
    certificate.friendly_name = "Edge Internal";
    certificate.requirement.subject.common_name = "pool.contoso.net";
    certificate.requirement.names.dns = {"pool.contoso.net", "edge01.contoso.net", "edge02.contoso.net"};
    certificate.requirement.key = {x509::KeyAlgorithm::ecdsa, 256};
    certificate.requirement.extended_key_usage = {"serverAuth"};
    certificate.requirement.authority = "contoso";
    certificate.template_name = "WebServer";
    certificate.exportable = true;
    certificate.validity = days(365);
    pool.certificates.push_back(certificate);
}

AuthorityView& Fixture::authority(const std::string& name) {
    auto copy = std::make_shared<AuthorityView>(*view.authorities.at(name));
    auto& reference = *copy;
    view.authorities[name] = std::move(copy);
    return reference;
}

void Fixture::add_server(const std::string& name) {
    ServerSpec server;
    server.name = name;
    server.fqdn = name + ".contoso.net";
    pool.servers.push_back(server);
    view.servers[name].observed = present();
}

void Fixture::add_authority(const std::string& name) {
    AuthoritySpec spec;
    spec.name = name;
    spec.kind = LocalAuthority{};
    authorities[name] = spec;
    auto seen = std::make_shared<AuthorityView>();
    seen->name = name;
    seen->idempotent = true;
    seen->chain = {{{}, ca(name).root, true}, {{}, ca(name).issuing, false}};
    view.authorities[name] = seen;
    pool.authorities.push_back(name);
    std::sort(pool.authorities.begin(), pool.authorities.end());
}

void Fixture::trust(const std::string& server, const std::string& authority, bool owned) {
    store(server).exists = true;
    const auto& made = ca(authority);
    store(server).trust.push_back({made.root->sha256,
                                   made.root,
                                   TrustKind::root,
                                   owned,
                                   owned ? authority : "",
                                   owned ? pool.name : ""});
    store(server).trust.push_back({made.issuing->sha256,
                                   made.issuing,
                                   TrustKind::intermediate,
                                   owned,
                                   owned ? authority : "",
                                   owned ? pool.name : ""});
}

void Fixture::put(const std::string& server, const x509::CertificateRef& certificate, const Put& how) {
    PersonalEntry entry;
    entry.id = certificate->sha256;
    entry.certificate = certificate;
    entry.key = how.key;
    entry.exportable = how.exportable;
    entry.owned = how.owned;
    entry.superseded = how.superseded;
    if (how.owned) {
        entry.friendly_name = how.friendly_name;
        entry.pool = pool.name;
        entry.name = how.name;
        entry.requirement = how.requirement.empty() ? digest(spec().requirement) : how.requirement;
        entry.issuance = how.issuance;
        entry.submitted = how.submitted;
    }
    store(server).exists = true;
    store(server).personal.push_back(entry);
}

void Fixture::assign(const std::string& server,
                     const std::string& role,
                     const x509::CertificateRef& certificate,
                     bool owned) {
    std::erase_if(store(server).roles, [&](const RoleRecord& record) { return record.role == role; });
    RoleRecord record;
    record.role = role;
    record.assigned = certificate->sha256;
    record.activated = certificate->sha256;
    record.owned = owned;
    record.pool = owned ? pool.name : "";
    store(server).roles.push_back(record);
}

x509::CertificateRef Fixture::converge(const Issue& what, const Put& how) {
    const auto certificate = issue(what);
    for (const auto& server : pool.servers) {
        trust(server.name, what.ca);
        put(server.name, certificate, how);
        for (const auto& role : spec().roles) {
            assign(server.name, role, certificate);
        }
    }
    return certificate;
}

RequestEntry& Fixture::request(const std::string& server, RequestPhase phase, bool with_key, int key_number) {
    RequestEntry entry;
    entry.pool = pool.name;
    entry.name = "internal";
    entry.spki = key(key_number).spki_sha256;
    entry.issuance = x509::sha256("issuance " + std::to_string(key_number));
    entry.requirement = digest(spec().requirement);
    entry.holder = server;
    entry.key = with_key ? KeyState::present : KeyState::absent;
    entry.exportable = true;
    entry.authority = "contoso";
    entry.phase = phase;
    entry.created = present() - days(1);
    entry.since = present() - days(1);
    if (phase != RequestPhase::created) {
        entry.submitted = present() - days(1);
    }
    if (phase == RequestPhase::accepted) {
        entry.ticket = "42";
    }
    store(server).exists = true;
    store(server).requests.push_back(entry);
    return store(server).requests.back();
}

UnitPlan Fixture::plan() const {
    return plan_pool(pool, authorities, view, inputs);
}

std::string Fixture::lines() const {
    std::string text;
    for (const auto& step : plan().steps) {
        text += std::string{to_text(step.action)} + (step.server.empty() ? "" : " " + step.server) + " " +
                (step.role.empty() ? step.certificate : step.role) + " [";
        for (const auto& reason : step.reasons) {
            text += (&reason == &step.reasons.front() ? "" : ", ") + reason.code + "/" +
                    std::string{to_text(reason.cause)};
        }
        text += "]\n";
    }
    return text;
}

std::string Fixture::actions() const {
    std::string text;
    for (const auto& step : plan().steps) {
        text += (text.empty() ? "" : "; ") + std::string{to_text(step.action)} +
                (step.server.empty() ? "" : " " + step.server);
    }
    return text;
}

}  // namespace edgecert::test
