// Trust: the declared chains on every server, roots in Root and intermediates in the intermediate store,
// misplaced ones repaired.
#include <algorithm>
#include <set>
#include <utility>

#include "engine/text/mutant.h"
#include "resources/pool/judgement.h"
#include "resources/pool/look.h"
#include "resources/pool/provider.h"
#include "resources/x509/chain.h"

namespace edgecert {

namespace {

bool trusts(const ServerView& server, TrustKind kind, const CertificateId& id) {
    return std::any_of(server.store.trust.begin(), server.store.trust.end(), [&](const TrustEntry& entry) {
        return entry.kind == kind && entry.id == id;
    });
}

CertificateId id_of(const ChainCertificate& member) {
    return member.certificate ? CertificateId(member.certificate->sha256) : unborn(member.birth);
}

// Of a certificate that its consumers still find, somebody deleted what the store keeps of it: whose it is
// would be forgotten with the next one.
bool is_file_of(const Finding& finding, TrustKind kind, const CertificateId& id) {
    return finding.code == "trust-file-lost" &&
           finding.path.starts_with((kind == TrustKind::root ? "root/" : "intermediate/") + id.str() + ".");
}

const Finding* lost_file(const ServerView& server, TrustKind kind, const CertificateId& id) {
    const auto& findings = server.store.findings;
    const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) {
        return is_file_of(finding, kind, id);
    });
    return found == findings.end() ? nullptr : &*found;
}

std::string object_of(const ChainCertificate& member) {
    return member.birth.empty() ? member.certificate->sha256 : member.birth;
}

std::string subject_of(const ChainCertificate& member) {
    return member.certificate
               ? member.certificate->subject_text
               : std::string{member.root ? "the root" : "the issuing CA"} + " that is about to be made";
}

// What to compare before one agrees to trust it.
std::string fingerprint_of(const ChainCertificate& member) {
    return member.certificate ? "; sha256:" + member.certificate->sha256 + ", until " +
                                    to_rfc3339(member.certificate->not_after)
                              : std::string{};
}

// What a server holds of ours, which tells whether a certificate of a chain that it lacks was there before.
bool was_here(const StoreObservation& store, const std::string& authority, const ChainCertificate& member) {
    const auto is_it = [&](const x509::CertificateRef& other) { return other->sha256 == id_of(member); };
    for (const auto& entry : store.personal) {
        if (entry.owned && std::any_of(entry.chain.begin(), entry.chain.end(), is_it)) {
            return true;  // installed with this chain, and so behind its trust
        }
    }
    bool known = false;
    for (const auto& entry : store.trust) {
        if (entry.owned && entry.authority == authority) {
            known = true;
            if ((entry.kind == TrustKind::root) == member.root) {
                return false;  // there is another of its kind: the chain was declared anew
            }
        }
    }
    if (known || !member.certificate) {
        return known;
    }
    const auto issued = [&](const x509::CertificateRef& other) {
        return other && x509::issued_by(*other, *member.certificate);
    };
    return std::any_of(store.personal.begin(), store.personal.end(), [&](const PersonalEntry& entry) {
        return entry.owned &&
               (issued(entry.certificate) || std::any_of(entry.chain.begin(), entry.chain.end(), issued));
    });
}

// New on a server that has nothing of ours; drift where it was before; else somebody declared it.
Cause cause_of_missing(const StoreObservation& store,
                       const std::string& authority,
                       const ChainCertificate& member) {
    const auto owned = [](const auto& entry) { return entry.owned; };
    if (std::none_of(store.trust.begin(), store.trust.end(), owned) &&
        std::none_of(store.personal.begin(), store.personal.end(), owned)) {
        return Cause::fresh;
    }
    return was_here(store, authority, member) ? Cause::drift : Cause::manifest;
}

// The authority's chain, or, where the CA cannot be asked, what the pool's stores trust already and ends in a
// pin.
std::vector<ChainCertificate> chain_of(const Planning& planning, const AuthorityView& view) {
    auto chain = view.chain;
    const auto spec = planning.authorities.find(view.name);
    if (chain.empty() && !EDGECERT_MUTANT(chain_forgotten_when_away) && spec != planning.authorities.end()) {
        for (const auto& certificate : declared_chain(spec->second, planning.view())) {
            chain.push_back({{}, certificate, certificate->self_signed});
        }
    }
    return chain;
}

class Trust final : public Provider {
public:
    // A root goes first, and everywhere, before anything that ends in it.
    void diff(Planning& planning) const override {
        for (const auto& name : planning.pool.authorities) {
            const auto view = planning.view().authorities.find(name);
            if (view == planning.view().authorities.end()) {
                continue;
            }
            const auto chain = chain_of(planning, *view->second);
            for (const bool roots : {true, false}) {
                diff_kind(planning, {name, chain}, roots);
            }
        }
    }

    [[nodiscard]] bool carries_out(Action action) const override {
        return action == Action::trust_root || action == Action::trust_intermediate ||
               action == Action::distrust;
    }

    [[nodiscard]] Outcome apply(const Step& step, PoolWorld& world) const override {
        if (step.action == Action::distrust) {
            const bool from_root =
                std::any_of(step.fields.begin(), step.fields.end(), [](const FieldChange& field) {
                    return field.name == "store" && field.before == "root";
                });
            world.store(step.server)
                .distrust(from_root ? TrustKind::root : TrustKind::intermediate, step.object);
            world.look(step.server);
            return Done{};
        }
        const auto unit = world.authority_units.find(step.certificate);
        if (unit == world.authority_units.end()) {
            throw Error("no-such-authority", "authority " + step.certificate + " is not declared");
        }
        const auto chain = chain_of(at_present(world), *unit->second->view());
        for (const auto& member : chain) {
            if (member.certificate && object_of(member) == step.object) {
                const auto kind = step.action == Action::trust_root || EDGECERT_MUTANT(intermediate_into_root)
                                      ? TrustKind::root
                                      : TrustKind::intermediate;
                world.store(step.server).trust(kind, member.certificate, step.certificate, world.pool.name);
                world.look(step.server);
                return Done{};
            }
        }
        return failed("chain-changed",
                      "the chain of " + step.certificate + " no longer holds the certificate to be trusted",
                      "plan again");
    }

private:
    // An authority, and the chain that is to be trusted for it.
    struct Declared {
        const std::string& name;
        const std::vector<ChainCertificate>& chain;
    };

    static void diff_kind(Planning& planning, const Declared& authority, bool roots) {
        for (const auto& server : planning.pool.servers) {
            const bool seen = !server.absent && reachable(planning, server) != nullptr;
            for (const auto& member : authority.chain) {
                if (seen && member.root == roots) {
                    diff_member(planning, authority, server, member);
                }
            }
        }
    }

    static StepId add_trust(Planning& planning,
                            const ServerSpec& server,
                            const ChainCertificate& member,
                            Reason why,
                            const std::string& authority) {
        auto step = make_step(
            planning, member.root ? Action::trust_root : Action::trust_intermediate, server.name, authority);
        step.object = object_of(member);
        step.summary = "trust " + subject_of(member) + (member.root ? " as a root" : " as an intermediate");
        step.fields.push_back(
            {"certificate", {}, member.certificate ? member.certificate->sha256 : std::string{known_later}});
        step.fields.push_back({"store", {}, member.root ? "root" : "intermediate"});
        step.reasons.push_back(std::move(why));
        return planning.add(std::move(step));
    }

    static void diff_member(Planning& planning,
                            const Declared& authority,
                            const ServerSpec& server,
                            const ChainCertificate& member) {
        const auto& view = *reachable(planning, server);
        const auto kind = member.root ? TrustKind::root : TrustKind::intermediate;
        const auto id = id_of(member);
        const auto spec = planning.authorities.find(authority.name);
        const auto where = spec == planning.authorities.end() ? Source{} : spec->second.where;
        std::vector<StepId> behind;
        if (!trusts(view, kind, id)) {
            const auto& before = *reachable(*planning.observed, server.name);
            behind.push_back(add_trust(planning,
                                       server,
                                       member,
                                       {"chain-missing",
                                        "the chain of " + authority.name + " is not complete on " +
                                            server.name + fingerprint_of(member),
                                        cause_of_missing(before.store, authority.name, member),
                                        where},
                                       authority.name));
            reachable(planning.project(), server.name)
                ->store.trust.push_back(
                    {id, member.certificate, kind, true, authority.name, planning.pool.name});
        } else if (const auto* lost = lost_file(view, kind, id)) {
            behind.push_back(add_trust(planning,
                                       server,
                                       member,
                                       {"chain-missing",
                                        "a file of the chain of " + authority.name + " is gone from " +
                                            server.name + ": " + lost->path,
                                        Cause::drift,
                                        where},
                                       authority.name));
            std::erase_if(reachable(planning.project(), server.name)->store.findings,
                          [&](const Finding& finding) { return is_file_of(finding, kind, id); });
        }
        if (member.root || !trusts(view, TrustKind::root, id) || EDGECERT_MUTANT(misplaced_left_in_root)) {
            return;
        }
        // KB 2795828: an intermediate in Root breaks mutual TLS. First into the intermediate store, then out
        // of Root, whoever put it there.
        auto step = make_step(planning, Action::distrust, server.name, authority.name);
        step.object = member.certificate ? member.certificate->sha256 : member.birth;
        step.summary = "take the intermediate " + subject_of(member) + " out of Root";
        step.fields.push_back({"store", "root", {}});
        step.reasons.push_back({"intermediate-in-root",
                                "only self-signed certificates belong in Root (KB 2795828)",
                                Cause::drift,
                                where});
        step.after = std::move(behind);
        planning.add(std::move(step));
        std::erase_if(reachable(planning.project(), server.name)->store.trust, [&](const TrustEntry& entry) {
            return entry.kind == TrustKind::root && entry.id == id;
        });
    }
};

}  // namespace

std::unique_ptr<Provider> make_trust() {
    return std::make_unique<Trust>();
}

}  // namespace edgecert
