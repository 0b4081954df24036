// Explanation: fields with their places and what is observed of them, the steps that follow, and why no more
// do.
#include "engine/cli/explanation.h"

#include <algorithm>

#include "engine/cli/certificate_text.h"
#include "engine/text/encoding.h"
#include "resources/pool/judgement.h"
#include "resources/pool/look.h"

namespace edgecert {
namespace {

std::string in_words(const Renewal& renewal) {
    if (renewal.before)
        return to_words(*renewal.before) + " before the end";
    return std::to_string(renewal.fraction / 100) + "% of the lifetime before the end";
}

Source source_of(const CertificateSpec& spec, const std::string& field) {
    const auto found = spec.fields.find(field);
    return found == spec.fields.end() ? Source{} : found->second;
}

std::string usages(const std::set<std::string>& usage) {
    return joined({usage.begin(), usage.end()});
}

// What serves most servers now, else the best that is there.
const PersonalEntry* observed_entry(const Pool& pool,
                                    const CertificateSpec& spec,
                                    const PoolView& view,
                                    std::size_t& servers) {
    std::map<CertificateId, std::size_t> counts;
    std::map<CertificateId, const PersonalEntry*> entries;
    for (const auto& [name, server] : view.servers) {
        for (const RoleRecord& role : server.store.roles) {
            if (std::find(spec.roles.begin(), spec.roles.end(), role.role) == spec.roles.end())
                continue;
            const PersonalEntry* entry = personal(server, role.assigned);
            if (entry == nullptr || !entry->certificate)
                continue;
            ++counts[role.assigned];
            entries[role.assigned] = entry;
        }
    }
    const auto best = std::max_element(
        counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    if (best == counts.end())
        return nullptr;
    servers = 0;
    for (const auto& [name, server] : view.servers) {
        servers += std::any_of(server.store.roles.begin(),
                               server.store.roles.end(),
                               [&](const RoleRecord& role) { return role.assigned == best->first; })
                       ? 1U
                       : 0U;
    }
    static_cast<void>(pool);
    return entries[best->first];
}

std::vector<ExplainedField> certificate_fields(const CertificateSpec& spec, const PersonalEntry* entry) {
    const x509::Certificate* seen = entry == nullptr ? nullptr : entry->certificate.get();
    const Requirement& wanted = spec.requirement;
    const auto field =
        [&](const std::string& name, const std::string& declared, const std::string& observed) {
            return ExplainedField{
                .name = name, .declared = declared, .observed = observed, .where = source_of(spec, name)};
        };
    return {
        field("roles", joined(spec.roles), ""),
        field("subject", x509::to_text(wanted.subject), seen == nullptr ? "" : x509::to_text(seen->subject)),
        field("names",
              joined(x509::to_list(wanted.names)),
              seen == nullptr ? "" : joined(x509::to_list(seen->names))),
        field("key", x509::to_text(wanted.key), seen == nullptr ? "" : x509::to_text(seen->key)),
        field("exportable",
              spec.exportable ? "true" : "false",
              entry == nullptr    ? ""
              : entry->exportable ? "true"
                                  : "false"),
        field("extendedKeyUsage",
              usages(wanted.extended_key_usage),
              seen == nullptr ? "" : usages(seen->extended_key_usage)),
        field("authority", wanted.authority, seen == nullptr ? "" : seen->issuer_text),
        field("template", spec.template_name, ""),
        field("digest", spec.digest + " or better", seen == nullptr ? "" : seen->digest),
        field("validity",
              to_words(spec.validity),
              seen == nullptr ? "" : to_words(seen->not_after - seen->not_before)),
        field("renewal",
              in_words(spec.renewal),
              seen == nullptr ? "" : "due " + to_rfc3339(due(*seen, spec.renewal))),
        field("issuedAfter",
              spec.issued_after ? to_rfc3339(*spec.issued_after) : "",
              seen == nullptr ? "" : to_rfc3339(seen->not_before)),
        field("friendlyName", spec.friendly_name, entry == nullptr ? "" : entry->friendly_name),
    };
}

std::vector<ExplainedField> server_fields(const ServerSpec& server, const PoolView& view) {
    const auto found = view.servers.find(server.name);
    const ServerView* seen = found == view.servers.end() ? nullptr : &found->second;
    const std::string state = seen == nullptr   ? ""
                              : seen->reachable ? "reached " + to_rfc3339(seen->observed)
                                                : "cannot be reached: " + seen->error;
    return {{.name = "fqdn", .declared = server.fqdn, .where = server.where},
            {.name = "store",
             .declared =
                 server.store.command.empty() ? server.store.directory : joined(server.store.command, " "),
             .observed = state,
             .where = server.where},
            {.name = "pfx",
             .declared = server.pfx == x509::PfxProfile::modern ? "modern" : "3des-sha1",
             .where = server.where},
            {.name = "maintenance", .declared = server.maintenance ? "true" : "false", .where = server.where},
            {.name = "absent", .declared = server.absent ? "true" : "false", .where = server.where}};
}

std::vector<ExplainedField> pool_fields(const Pool& pool) {
    std::vector<std::string> servers;
    for (const ServerSpec& server : pool.servers)
        servers.push_back(server.name);
    return {{.name = "site", .declared = pool.site, .where = pool.where},
            {.name = "fqdn", .declared = pool.fqdn, .where = pool.where},
            {.name = "servers", .declared = joined(servers), .where = pool.where},
            {.name = "requestOn", .declared = pool.request_on, .where = pool.where},
            {.name = "authorities", .declared = joined(pool.authorities), .where = pool.where},
            {.name = "rollout.maxUnavailable",
             .declared = std::to_string(pool.max_unavailable),
             .where = pool.where},
            {.name = "retire.after", .declared = to_words(pool.retire_after), .where = pool.where}};
}

std::vector<ExplainedField> authority_fields(const AuthorityUnit& unit) {
    const AuthoritySpec& spec = unit.spec();
    const auto view = unit.view();
    constexpr const char* kinds[] = {"chain only", "local", "offline", "command", "adcs"};
    const std::string chain = view->chain_problem.empty()
                                  ? std::to_string(view->chain.size()) + " certificates"
                                  : view->chain_problem;
    return {{.name = "kind",
             .declared = kinds[spec.kind.index()],
             .observed = view->reachable ? "reached" : view->error,
             .where = spec.where},
            {.name = "chain",
             .declared = spec.chain_file.empty() ? "as the authority gives it" : spec.chain_file,
             .observed = chain,
             .where = spec.where},
            {.name = "roots",
             .declared = spec.is_local() ? "its own" : joined(spec.roots),
             .observed = view->pinned ? "pinned" : "no pin: nothing of it is trusted",
             .where = spec.where}};
}

bool concerns(const Step& step, const Address& address, const Pool* pool) {
    if (!address.authority.empty())
        return step.unit == "authority/" + address.authority || step.certificate == address.authority;
    if (pool == nullptr || step.unit != pool->name)
        return false;
    if (!address.server.empty() && !step.server.empty() && step.server != address.server)
        return false;
    if (address.name.empty())
        return true;
    const CertificateSpec& spec = certificate_of(address, *pool);
    return step.certificate == spec.name || step.role == address.name ||
           (step.certificate.empty() && step.role.empty());
}

void add_why_not_more(Explanation& explanation, const UnitPlan& unit) {
    const Overview& overview = unit.overview;
    const std::string about = overview.unit + ": ";
    if (explanation.steps.empty())
        explanation.why_not_more.push_back(about + "nothing is planned; what is there is what is declared");
    for (const Serving& serving : overview.serving) {
        if (!serving.renewal_due)
            continue;
        explanation.why_not_more.push_back(about + joined(serving.roles) + " is not renewed before " +
                                           to_rfc3339(*serving.renewal_due));
    }
    if (overview.next_change)
        explanation.why_not_more.push_back(about + "nothing changes by itself before " +
                                           to_rfc3339(*overview.next_change));
    for (const Step& step : explanation.steps) {
        if (!step.wait)
            continue;
        explanation.why_not_more.push_back(
            about + "what follows waits for " + step.wait->on_whom +
            (step.wait->what_to_do.empty() ? "" : ": " + step.wait->what_to_do));
    }
    for (const Unreachable& each : overview.unreachable) {
        explanation.why_not_more.push_back(about + each.server + " cannot be reached (" + each.why +
                                           "), which blocks " + joined(each.blocks));
    }
    for (const std::string& note : overview.notes)
        explanation.why_not_more.push_back(about + note);
}

void describe(Explanation& explanation, const Address& address, const FleetUnits& units) {
    if (!address.authority.empty()) {
        for (const auto& unit : units.authorities()) {
            if (unit->spec().name != address.authority)
                continue;
            explanation.what = "authority " + address.authority;
            explanation.where = unit->spec().where;
            explanation.fields = authority_fields(*unit);
        }
        return;
    }
    if (address.pool.empty()) {
        explanation.what = "site " + address.site;
        return;
    }
    const PoolUnit& unit = units.pool(address.pool);
    const Pool& pool = unit.pool();
    explanation.what = "pool " + pool.name;
    explanation.where = pool.where;
    if (!address.name.empty()) {
        const CertificateSpec& spec = certificate_of(address, pool);
        std::size_t servers = 0;
        const PersonalEntry* entry = observed_entry(pool, spec, unit.view(), servers);
        explanation.what = "certificate " + spec.name + " of pool " + pool.name;
        if (entry != nullptr)
            explanation.what += "; " + short_id(entry->id) + " serves on " + std::to_string(servers) +
                                (servers == 1 ? " server" : " servers");
        explanation.where = spec.where;
        explanation.fields = certificate_fields(spec, entry);
    } else if (!address.server.empty()) {
        const ServerSpec& server = server_of(address, pool);
        explanation.what = "server " + server.name + " of pool " + pool.name;
        explanation.where = server.where;
        explanation.fields = server_fields(server, unit.view());
    } else {
        explanation.fields = pool_fields(pool);
    }
}

}  // namespace

Explanation explain(const std::string& text,
                    const Address& address,
                    const FleetUnits& units,
                    const Plan& plan) {
    Explanation explanation{.address = text};
    describe(explanation, address, units);
    for (const UnitPlan& unit : plan.units) {
        const Pool* pool = nullptr;
        for (const auto& each : units.pools()) {
            const bool named =
                address.site.empty() ? each->pool().name == address.pool : each->pool().site == address.site;
            if (named && each->id() == unit.overview.unit)
                pool = &each->pool();
        }
        for (const Step& step : unit.steps) {
            if (concerns(step, address, pool))
                explanation.steps.push_back(step);
        }
        if (pool != nullptr || unit.overview.unit == "authority/" + address.authority)
            add_why_not_more(explanation, unit);
    }
    return explanation;
}

}  // namespace edgecert
