// What the exit status 0 promises of a pool (I3).
#include <algorithm>
#include <string>

#include "tests/simulation/judge.h"
#include "tests/simulation/process.h"

namespace edgecert::simulation {

namespace {

const AuthoritySpec* authority_of(const Fleet& fleet, const std::string& name) {
    const auto found = std::find_if(fleet.authorities.begin(),
                                    fleet.authorities.end(),
                                    [&](const AuthoritySpec& spec) { return spec.name == name; });
    return found == fleet.authorities.end() ? nullptr : &*found;
}

Seconds wanted_span(const CertificateSpec& spec, Seconds lifetime) {
    return spec.renewal.before ? *spec.renewal.before : lifetime * spec.renewal.fraction / 10000;
}

}  // namespace

std::string shortfall(const CertificateSpec& spec,
                      const AuthoritySpec& authority,
                      const PersonalEntry& entry,
                      Instant at,
                      Instant latest) {
    const x509::Certificate& certificate = *entry.certificate;
    const Requirement& wanted = spec.requirement;
    if (entry.key != KeyState::present) {
        return "its key is missing";
    }
    if (certificate.subject.common_name != wanted.subject.common_name) {
        return "its subject is " + certificate.subject.common_name;
    }
    if (!certificate.names.contains(wanted.names)) {
        return "a name is missing";
    }
    const TextSet& usages = certificate.extended_key_usage;
    if (!std::includes(usages.begin(),
                       usages.end(),
                       wanted.extended_key_usage.begin(),
                       wanted.extended_key_usage.end())) {
        return "a usage is missing";
    }
    if (certificate.key.algorithm != wanted.key.algorithm || certificate.key.bits < wanted.key.bits) {
        return "its key is too small";
    }
    if (certificate.not_after <= at) {
        return "it has expired";
    }
    if (certificate.not_before > latest) {
        return "it is not valid yet";
    }
    const Seconds lifetime = certificate.not_after - certificate.not_before;
    const Seconds before = wanted_span(spec, lifetime);
    if (std::max(certificate.not_after - before, certificate.not_before + lifetime / 2) <= at) {
        return "its renewal is due";
    }
    const bool granted_else = certificate.names.dns.contains("somebody.else.example.net");
    const bool asked_for = entry.owned && !entry.issuance.empty() && !granted_else;
    if (asked_for && !certificate.names.dns.contains(wanted.subject.common_name)) {
        return "its own name is missing among its names";
    }
    return certificate.issuer.common_name == authority.name ? ""
                                                            : "it is of " + certificate.issuer.common_name;
}

// Exit 0 over a whole pool means one certificate and key a role on every server not in maintenance.
void Judge::i3_one_certificate_everywhere(const Run& run, Instant at) {
    for (const Pool& pool : fleet_.pools) {
        const auto ran = std::find_if(
            run.units.begin(), run.units.end(), [&](const UnitRun& unit) { return unit.unit == pool.name; });
        if (ran == run.units.end() || ran->result != UnitResult::converged) {
            continue;
        }
        count(3);
        trust_is_complete(pool);
        std::vector<const ServerSpec*> servers;
        for (const ServerSpec& server : pool.servers) {
            if (!server.absent && !server.outside && !server.maintenance) {
                servers.push_back(&server);
            }
        }
        for (const CertificateSpec& spec : pool.certificates) {
            one_certificate(servers, spec, at, "the run ended with 0");
        }
    }
}

void Judge::one_certificate(const std::vector<const ServerSpec*>& servers,
                            const CertificateSpec& spec,
                            Instant at,
                            const std::string& why) {
    const AuthoritySpec* authority = authority_of(fleet_, spec.requirement.authority);
    const Instant latest = std::max({at, world_.now, world_.latest});
    CertificateId served;
    for (const ServerSpec* server : servers) {
        MemoryServer& machine = *world_.servers.at(server->store.directory);
        for (const std::string& role : spec.roles) {
            const RoleRecord* record = find_role_record(machine.state, role);
            const PersonalEntry* entry =
                record == nullptr ? nullptr : find_entry(machine.state, record->assigned);
            const std::string missing =
                entry == nullptr ? "it points at nothing" : shortfall(spec, *authority, *entry, at, latest);
            const std::string place = why + ", and " + role + " on " + server->store.directory;
            if (!missing.empty()) {
                violate("I3", place + ": " + missing);
            } else if (!served.empty() && served != entry->id) {
                violate("I3", place + " has another certificate than its pool");
            } else {
                served = entry->id;
            }
            const auto in_effect = machine.in_effect.find(role);
            if (missing.empty() && machine.activates &&
                (in_effect == machine.in_effect.end() || in_effect->second != record->assigned)) {
                violate("I3", place + " still answers with something else");
            }
        }
    }
}

// The chain that a CA shows is trusted on every server that can be reached, each part in its place.
void Judge::trust_is_complete(const Pool& pool) {
    for (const std::string& name : pool.authorities) {
        const AuthoritySpec* spec = authority_of(fleet_, name);
        const auto ca = world_.authorities.find(name);
        if (spec == nullptr || ca == world_.authorities.end() || !ca->second->exists ||
            world_.gone.contains("ca/" + name) || world_.away.contains("ca/" + name)) {
            continue;
        }
        const Mint::Chain& chain = world_.mint.chain(name, ca->second->generation, ca->second->born);
        for (const ServerSpec& server : pool.servers) {
            const std::string& place = server.store.directory;
            if (server.absent || server.maintenance || world_.gone.contains(place)) {
                continue;
            }
            StoreState& state = world_.servers.at(place)->state;
            if (find_entry(state, TrustKind::root, chain.root->sha256) == nullptr ||
                find_entry(state, TrustKind::intermediate, chain.issuing->sha256) == nullptr) {
                violate("I3", "the run ended with 0, and " + place + " does not trust the chain of " + name);
            } else if (find_entry(state, TrustKind::root, chain.issuing->sha256) != nullptr) {
                violate("I3",
                        "the run ended with 0, and an intermediate of " + name + " is in Root of " + place);
            }
        }
    }
}

void Judge::the_rest_converged(const Run& run) {
    for (const Pool& pool : fleet_.pools) {
        for (const UnitRun& unit : run.units) {
            if (unit.unit == pool.name && unit.result != UnitResult::converged && !is_touched_by_loss(pool)) {
                violate("convergence",
                        pool.name + " is " + std::string(to_text(unit.result)) +
                            " although nothing is wrong with it",
                        unit.left.steps.empty() ? "" : ": " + brief(unit.left.steps.front()));
            }
        }
    }
    i3_one_certificate_everywhere(run, world_.now);
    what_served_still_serves();
    for (const Pool& pool : fleet_.pools) {
        if (is_touched_by_loss(pool)) {
            living_part_converged(pool);
        }
    }
}

}  // namespace edgecert::simulation
