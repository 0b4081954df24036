// The invariants that whole runs have to keep: I3, I6, I7, I8, I11, I12.
#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/plan/fit.h"
#include "tests/simulation/judge.h"
#include "tests/simulation/process.h"
#include "tests/simulation/scenario.h"

namespace edgecert::simulation {

namespace {

const AuthoritySpec* authority_of(const Fleet& fleet, const std::string& name) {
    const auto found = std::find_if(fleet.authorities.begin(),
                                    fleet.authorities.end(),
                                    [&](const AuthoritySpec& spec) { return spec.name == name; });
    return found == fleet.authorities.end() ? nullptr : &*found;
}

std::string first_step(const Plan& plan) {
    for (const UnitPlan& unit : plan.units) {
        if (!unit.steps.empty()) {
            const Step& step = unit.steps.front();
            return step.unit + ": " + std::string(to_text(step.action)) + " " + step.server + " " +
                   step.role + step.certificate + (step.wait ? " " + step.wait->code : "");
        }
    }
    return "";
}

bool is_empty(const Plan& plan) {
    return std::all_of(
        plan.units.begin(), plan.units.end(), [](const UnitPlan& unit) { return unit.steps.empty(); });
}

}  // namespace

namespace {

Seconds wanted_span(const CertificateSpec& spec, Seconds lifetime) {
    return spec.renewal.before ? *spec.renewal.before : lifetime * spec.renewal.fraction / 10000;
}

}  // namespace

std::string shortfall(const CertificateSpec& spec,
                      const AuthoritySpec& authority,
                      const PersonalEntry& entry,
                      Instant now) {
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
    if (certificate.key.algorithm != wanted.key.algorithm || certificate.key.bits < wanted.key.bits) {
        return "its key is too small";
    }
    if (certificate.not_after <= now) {
        return "it has expired";
    }
    const Seconds lifetime = certificate.not_after - certificate.not_before;
    const Seconds before = wanted_span(spec, lifetime);
    if (std::max(certificate.not_after - before, certificate.not_before + lifetime / 2) <= now) {
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
void Judge::i3_one_certificate_everywhere(const Run& run) {
    for (const Pool& pool : fleet_.pools) {
        const auto ran = std::find_if(
            run.units.begin(), run.units.end(), [&](const UnitRun& unit) { return unit.unit == pool.name; });
        if (ran == run.units.end() || ran->result != UnitResult::converged) {
            continue;
        }
        count(3);
        trust_is_complete(pool);
        for (const CertificateSpec& spec : pool.certificates) {
            CertificateId served;
            for (const ServerSpec& server : pool.servers) {
                if (server.absent || server.outside || server.maintenance) {
                    continue;
                }
                StoreState& state = world_.servers.at(server.store.directory)->state;
                for (const std::string& role : spec.roles) {
                    const RoleRecord* record = find_role_record(state, role);
                    const PersonalEntry* entry =
                        record == nullptr ? nullptr : find_entry(state, record->assigned);
                    const AuthoritySpec* authority = authority_of(fleet_, spec.requirement.authority);
                    const std::string missing = entry == nullptr
                                                    ? "it points at nothing"
                                                    : shortfall(spec, *authority, *entry, world_.now);
                    if (!missing.empty()) {
                        violate("I3",
                                "the run ended with 0, and " + role + " on " + server.store.directory + ": " +
                                    missing);
                    } else if (!served.empty() && served != entry->id) {
                        violate("I3",
                                "the run ended with 0, and " + role + " on " + server.store.directory +
                                    " has another certificate than its pool");
                    } else {
                        served = entry->id;
                    }
                    const MemoryServer& machine = *world_.servers.at(server.store.directory);
                    const auto in_effect = machine.in_effect.find(role);
                    if (missing.empty() && machine.activates &&
                        (in_effect == machine.in_effect.end() || in_effect->second != record->assigned)) {
                        violate("I3",
                                "the run ended with 0, and " + role + " on " + server.store.directory +
                                    " still answers with something else");
                    }
                }
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

bool Judge::is_touched_by_loss(const Pool& pool) const {
    const bool server = std::any_of(pool.servers.begin(), pool.servers.end(), [&](const ServerSpec& one) {
        return world_.gone.contains(one.store.directory);
    });
    const bool authority =
        std::any_of(pool.authorities.begin(), pool.authorities.end(), [&](const std::string& name) {
            return world_.gone.contains("ca/" + name);
        });
    return server || authority;
}

void Judge::the_rest_converged(const Run& run) {
    for (const Pool& pool : fleet_.pools) {
        for (const UnitRun& unit : run.units) {
            if (unit.unit == pool.name && unit.result != UnitResult::converged && !is_touched_by_loss(pool)) {
                violate("convergence",
                        pool.name + " is " + std::string(to_text(unit.result)) +
                            " although nothing is wrong with it" +
                            (unit.left.steps.empty() ? "" : ": " + brief(unit.left.steps.front())));
            }
        }
    }
    i3_one_certificate_everywhere(run);
}

namespace {

// A plan approves the way back of what it switches itself; what another plan did is for the next one.
bool switches(const Plan& plan,
              const std::string& pool,
              const std::string& server,
              const RoleRecord& record) {
    for (const UnitPlan& unit : plan.units) {
        for (const Step& step : unit.steps) {
            const bool here = unit.overview.unit == pool && step.action == Action::assign_role &&
                              step.server == server && step.role == record.role && !step.fields.empty();
            if (here && (is_way_back(step) || step.fields.front().before == record.previous)) {
                return true;
            }
        }
    }
    return false;
}

}  // namespace

// A pool whose certificate was rejected is back at what it had before, wherever that can be.
void Judge::nothing_half_switched(const Plan& approved) {
    count(2);
    for (const Pool& pool : fleet_.pools) {
        std::set<std::pair<std::string, CertificateId>> rejected;
        std::set<std::pair<std::string, CertificateId>> ever;  // nothing goes back to these
        for (const CertificateSpec& spec : pool.certificates) {
            const std::string requirement = digest(spec.requirement);
            for (const ServerSpec& server : pool.servers) {
                for (const RoleRecord& record : world_.servers.at(server.store.directory)->state.roles) {
                    for (const Rejection& one : record.rejected) {
                        const bool of_it =
                            std::find(spec.roles.begin(), spec.roles.end(), record.role) != spec.roles.end();
                        const bool counts = of_it && !server.absent && one.requirement == requirement &&
                                            record.pool == pool.name;
                        ever.emplace(record.role, one.certificate);
                        if (counts) {
                            rejected.emplace(record.role, one.certificate);
                        }
                    }
                }
            }
        }
        for (const ServerSpec& server : pool.servers) {
            StoreState& state = world_.servers.at(server.store.directory)->state;
            for (const RoleRecord& record : state.roles) {
                const PersonalEntry* previous = find_entry(state, record.previous);
                const bool way_back = previous != nullptr && previous->key == KeyState::present &&
                                      previous->certificate->not_after > world_.now &&
                                      !ever.contains({record.role, record.previous});
                if (!server.absent && !server.outside && way_back &&
                    switches(approved, pool.name, server.name, record) &&
                    rejected.contains({record.role, record.assigned})) {
                    violate("I2",
                            record.role + " on " + server.store.directory +
                                " stays at a rejected certificate, and what it had before is there");
                }
            }
        }
    }
}

// After any crash the fresh plan fits the approved one.
void Judge::i6_fits_after_a_crash(const Plan& approved, const Plan& fresh) {
    count(6);
    for (const UnitPlan& unit : fresh.units) {
        const auto same =
            std::find_if(approved.units.begin(), approved.units.end(), [&](const UnitPlan& one) {
                return one.overview.unit == unit.overview.unit;
            });
        if (same == approved.units.end()) {
            continue;
        }
        if (const auto why = misfit(*same, unit)) {
            violate("I6", "after the crash: " + *why);
        }
    }
}

// After exit 0 the plan is empty until an instant that the planner can name.
void Judge::i7_stays_empty(const std::vector<Unit*>& units, const PlanInputs& inputs, Chance& chance) {
    count(7);
    for (Unit* unit : units) {
        PlanInputs later;
        later.at = inputs.at;
        const UnitPlan now = unit->plan(later);
        const Seconds span = now.overview.next_change ? *now.overview.next_change - later.at - Seconds{1}
                                                      : Seconds{std::chrono::days{30}};
        for (const Seconds ahead : {Seconds{0}, Seconds{span.count() * chance.below(100) / 100}, span}) {
            later.at = inputs.at + std::max(ahead, Seconds{0});
            const UnitPlan plan = unit->plan(later);
            if (!plan.steps.empty()) {
                const Step& step = plan.steps.front();
                violate("I7",
                        "the run ended with 0, and " + to_words(ahead) +
                            " later there is something to do, without a word of it: " + step.unit + ": " +
                            std::string(to_text(step.action)) + " " + step.server + " " + step.role +
                            (step.reasons.empty() ? "" : " (" + step.reasons.front().code + ")"));
                return;
            }
        }
    }
}

// Same manifests, same observation, same time: same plan, whatever the order of input.
void Judge::i8_same_plan(const std::vector<Unit*>& units, const Plan& plan, const Failures& unobserved) {
    count(8);
    const std::vector<Unit*> backwards(units.rbegin(), units.rend());
    const Plan again = plan_all(backwards, plan.inputs, plan.requirements, {}, unobserved);
    if (again.id != plan.id || !(again == plan)) {
        violate("I8", "the same view gave two different plans");
    }
}

// An empty plan changes no store, CA or outbox.
void Judge::i12_empty_plan_writes_nothing(const Plan& plan, std::uint64_t writes_before) {
    if (!is_empty(plan)) {
        return;
    }
    count(12);
    if (world_.writes != writes_before) {
        violate("I12", "an empty plan wrote something " + first_step(plan));
    }
}

}  // namespace edgecert::simulation
