// Explanation: fields with their places and what is observed of them, the steps that follow, and why no more
// do.
#include "engine/cli/explanation.h"

#include <algorithm>
#include <map>
#include <set>

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
    const auto* said = where_said(spec, field);
    return said == nullptr ? Source{} : *said;
}

Source source_of(const std::vector<FieldSource>& fields, const std::string& field) {
    const auto* said = where_said(fields, field);
    return said == nullptr ? Source{} : *said;
}

std::string usages(const TextSet& usage) {
    return joined({usage.begin(), usage.end()});
}

// What the certificate's roles point at on most servers.
struct SeenEntry {
    const PersonalEntry* entry{};  // null: none
    std::size_t servers{};
};

SeenEntry most_seen(const CertificateSpec& spec, const PoolView& view) {
    std::map<CertificateId, SeenEntry> seen;
    for (const auto& each : view.servers) {
        std::set<CertificateId> assigned;
        for (const RoleRecord& role : each.second.store.roles) {
            if (std::find(spec.roles.begin(), spec.roles.end(), role.role) != spec.roles.end())
                assigned.insert(role.assigned);
        }
        for (const CertificateId& id : assigned) {
            const PersonalEntry* entry = personal(each.second, id);
            if (entry == nullptr || !entry->certificate)
                continue;
            seen[id].entry = entry;
            ++seen[id].servers;
        }
    }
    const auto most = std::max_element(seen.begin(), seen.end(), [](const auto& a, const auto& b) {
        return a.second.servers < b.second.servers;
    });
    return most == seen.end() ? SeenEntry{} : most->second;
}

// After `names` as a whole, each name that another line says.
void add_names_said_elsewhere(const CertificateSpec& spec, std::vector<ExplainedField>& fields) {
    const auto whole = std::find_if(
        fields.begin(), fields.end(), [](const ExplainedField& field) { return field.name == "names"; });
    const Source where = whole->where;
    std::vector<ExplainedField> names;
    for (const std::string& name : x509::to_list(spec.requirement.names)) {
        const Source* said = where_named(spec, name);
        if (said != nullptr && (said->file != where.file || said->line != where.line))
            names.push_back({.name = "name", .declared = name, .where = *said});
    }
    fields.insert(whole + 1, names.begin(), names.end());
}

std::vector<ExplainedField> certificate_fields(const CertificateSpec& spec, const PersonalEntry* entry) {
    const x509::Certificate* seen = entry == nullptr ? nullptr : entry->certificate.get();
    const Requirement& wanted = spec.requirement;
    const auto field =
        [&](const std::string& name, const std::string& declared, const std::string& observed) {
            return ExplainedField{
                .name = name, .declared = declared, .observed = observed, .where = source_of(spec, name)};
        };
    std::vector<ExplainedField> fields{
        field("roles", joined({spec.roles.begin(), spec.roles.end()}), ""),
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
    add_names_said_elsewhere(spec, fields);
    return fields;
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
             .where = source_of(server.said, "store")},
            {.name = "pfx",
             .declared = server.pfx == x509::PfxProfile::modern ? "modern" : "3des-sha1",
             .where = source_of(server.said, "pfx")},
            {.name = "maintenance",
             .declared = server.maintenance ? "true" : "false",
             .where = source_of(server.said, "maintenance")},
            {.name = "absent",
             .declared = server.absent ? "true" : "false",
             .where = source_of(server.said, "absent")}};
}

std::vector<ExplainedField> pool_fields(const Pool& pool) {
    std::vector<std::string> servers;
    for (const ServerSpec& server : pool.servers)
        servers.push_back(server.name);
    return {{.name = "site", .declared = pool.site, .where = pool.where},
            {.name = "fqdn", .declared = pool.fqdn, .where = pool.where},
            {.name = "servers", .declared = joined(servers), .where = pool.where},
            {.name = "requestOn", .declared = pool.request_on, .where = source_of(pool.said, "requestOn")},
            {.name = "authorities", .declared = joined(pool.authorities), .where = pool.where},
            {.name = "rollout.maxUnavailable",
             .declared = std::to_string(pool.max_unavailable),
             .where = source_of(pool.said, "rollout.maxUnavailable")},
            {.name = "retire.after",
             .declared = to_words(pool.retire_after),
             .where = source_of(pool.said, "retire.after")}};
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
        return step.unit == "authority/" + address.authority ||
               subject_of(step) == about_authority(address.authority);
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

// `certificate`: only of this one; "": of all.
void add_why_not_more(Explanation& explanation,
                      const UnitPlan& unit,
                      const std::string& certificate,
                      Instant at) {
    const Overview& overview = unit.overview;
    const std::string about = overview.unit + ": ";
    if (explanation.steps.empty())
        explanation.why_not_more.push_back(about + "nothing is planned; what is there is what is declared");
    for (const Serving& serving : overview.serving) {
        const bool replaced =
            std::any_of(explanation.steps.begin(), explanation.steps.end(), [&serving](const Step& step) {
                return step.action == Action::create_request && step.certificate == serving.certificate;
            });
        if (!serving.renewal_due || *serving.renewal_due <= at || replaced ||
            (!certificate.empty() && serving.certificate != certificate))
            continue;
        explanation.why_not_more.push_back(about + "the certificate for " + joined(serving.roles) +
                                           " is not renewed before " + to_rfc3339(*serving.renewal_due));
    }
    if (overview.next_change && *overview.next_change > at && unit.steps.empty())
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
        for (const auto& unit : units.pools()) {
            if (unit->pool().site == address.site)
                explanation.fields.push_back({.name = "pool " + unit->pool().name,
                                              .declared = unit->pool().fqdn,
                                              .where = unit->pool().where});
        }
        return;
    }
    const PoolUnit& unit = units.pool(address.pool);
    const Pool& pool = unit.pool();
    explanation.what = "pool " + pool.name;
    explanation.where = pool.where;
    if (!address.name.empty()) {
        const CertificateSpec& spec = certificate_of(address, pool);
        const SeenEntry seen = most_seen(spec, unit.view());
        explanation.what = "certificate " + spec.name + " of pool " + pool.name;
        if (seen.entry != nullptr) {
            explanation.what += "; " + short_id(seen.entry->id) + " serves on " +
                                std::to_string(seen.servers) + (seen.servers == 1 ? " server" : " servers");
        }
        explanation.where = spec.where;
        explanation.fields = certificate_fields(spec, seen.entry);
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
            add_why_not_more(
                explanation,
                unit,
                pool != nullptr && !address.name.empty() ? certificate_of(address, *pool).name : "",
                plan.inputs.at);
    }
    return explanation;
}

}  // namespace edgecert
