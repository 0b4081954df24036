// Views of a converged fleet, made without a signature a certificate.
#include "tests/bench/fleet_view.h"

#include <chrono>

#include "resources/x509/issue.h"

namespace edgecert::bench {

namespace {

x509::CertificateRef sign(const std::string& name,
                          bool authority,
                          const x509::PrivateKey& own,
                          const x509::PrivateKey& key,
                          const x509::CertificateRef& issuer) {
    x509::Issuance order;
    order.subject.common_name = name;
    order.spki_der = own.spki_der;
    order.not_before = bench_time() - std::chrono::days{10};
    order.not_after = bench_time() + std::chrono::days{355};
    order.serial = "01" + x509::sha256(name).substr(0, 30);
    order.authority = authority;
    if (!authority) {
        order.names.dns = {name};
        order.extended_key_usage = {"serverAuth"};
        order.distribution_point = "http://pki.contoso.net/contoso.crl";
    }
    return x509::sign_certificate(order, key, issuer);
}

}  // namespace

Instant bench_time() {
    using namespace std::chrono_literals;
    return std::chrono::sys_days{2026y / 11 / 1};
}

FleetView::FleetView(Signatures signatures) : signatures_(signatures) {
    constexpr x509::KeyKind rsa{x509::KeyAlgorithm::rsa, 2048};
    const auto root_key = x509::generate_key(rsa);
    const auto issuing_key = x509::generate_key(rsa);
    const auto leaf_key = x509::generate_key(rsa);
    root_ = sign("Contoso Root", true, root_key, root_key, nullptr);
    issuing_ = sign("Contoso Issuing CA", true, issuing_key, root_key, root_);
    leaf_ = sign("leaf.contoso.net", false, leaf_key, issuing_key, issuing_);
    auto view = std::make_shared<AuthorityView>();
    view->name = "contoso-issuing";
    view->idempotent = true;
    view->chain = {{{}, root_, true}, {{}, issuing_, false}};
    authority_ = std::move(view);
}

x509::CertificateRef FleetView::certificate(const Pool& pool, const CertificateSpec& spec) const {
    auto made = std::make_shared<x509::Certificate>(*leaf_);
    made->sha256 = x509::sha256(pool.name + "/" + spec.name);
    made->sha1 = x509::sha1(pool.name + "/" + spec.name);
    made->serial = made->sha1;
    made->spki_sha256 = x509::sha256(made->sha256);
    made->key = spec.requirement.key;
    made->subject = spec.requirement.subject;
    made->subject_text = x509::to_text(made->subject);
    made->subject_der += made->subject_text;  // nobody takes it apart
    made->names = spec.requirement.names;
    made->names.dns.insert(spec.requirement.subject.common_name);
    made->checked = std::make_shared<x509::CheckedSignatures>();
    if (signatures_ == Signatures::checked) {
        made->checked->by_issuer.emplace(issuing_->sha256, true);
    }
    return made;
}

PoolView FleetView::of(const Pool& pool) const {
    PoolView view;
    view.authorities["contoso-issuing"] = authority_;
    std::vector<PersonalEntry> personal;
    std::vector<RoleRecord> roles;
    for (const CertificateSpec& spec : pool.certificates) {
        PersonalEntry entry;
        entry.certificate = certificate(pool, spec);
        entry.id = entry.certificate->sha256;
        entry.chain = {issuing_, root_};
        entry.key = KeyState::present;
        entry.exportable = true;
        entry.friendly_name = spec.friendly_name;
        entry.owned = true;
        entry.pool = pool.name;
        entry.name = spec.name;
        entry.requirement = digest(spec.requirement);
        entry.issuance = x509::sha256("issuance " + entry.id);
        entry.submitted = bench_time() - std::chrono::days{10};
        for (const std::string& name : spec.roles) {
            RoleRecord record;
            record.role = name;
            record.assigned = entry.id;
            record.activated = entry.id;
            record.owned = true;
            record.pool = pool.name;
            roles.push_back(std::move(record));
        }
        personal.push_back(std::move(entry));
    }
    for (const ServerSpec& server : pool.servers) {
        ServerView& seen = view.servers[server.name];
        seen.observed = bench_time();
        seen.store.exists = true;
        seen.store.store_id = x509::sha256(pool.name + "/" + server.name).substr(0, 32);
        seen.store.trust = {
            {root_->sha256, root_, TrustKind::root, true, "contoso-issuing", pool.name},
            {issuing_->sha256, issuing_, TrustKind::intermediate, true, "contoso-issuing", pool.name}};
        seen.store.personal = personal;
        seen.store.roles = roles;
    }
    return view;
}

}  // namespace edgecert::bench
