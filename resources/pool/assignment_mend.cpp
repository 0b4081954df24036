// Assigning once more, which writes what servers present anew.
#include "resources/pool/assignment_mend.h"

#include <algorithm>
#include <iterator>

#include "resources/pool/look.h"
#include "resources/pool/provider.h"
#include "resources/stores/presented.h"
#include "resources/x509/lasting.h"

namespace edgecert {

namespace {

// Somebody damaged what servers present of a certificate of ours.
bool is_broken(const ServerView& server, const PersonalEntry& entry) {
    const auto& findings = server.store.findings;
    return entry.owned && std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
               return finding.path == "personal/" + entry.id + "/fullchain.pem" ||
                      finding.path == "personal/" + entry.id + "/chain.pem";
           });
}

// The declaration names another group for the keys than the one that this key was given to.
bool is_for_another_group(const ServerView& server, const CertificateId& id) {
    const auto& findings = server.store.findings;
    return std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
        return finding.code == "key-group-differs" && finding.path == "personal/" + id + "/key.pem";
    });
}

// Its declared chain, once somebody who knows has said what that is.
std::vector<x509::CertificateRef> said_chain(const Planning& planning, const CertificateSpec& spec) {
    std::vector<x509::CertificateRef> chain;
    const auto view = planning.view().authorities.find(spec.requirement.authority);
    if (view != planning.view().authorities.end()) {
        for (const auto& member : view->second->chain) {
            if (member.certificate) {
                chain.push_back(member.certificate);
            }
        }
    }
    return chain;
}

bool presents_all(const PersonalEntry& entry, const std::vector<x509::CertificateRef>& declared) {
    return std::all_of(declared.begin(), declared.end(), [&](const x509::CertificateRef& ca) {
        return ca->self_signed || std::any_of(entry.chain.begin(), entry.chain.end(), [&](const auto& one) {
                   return one->sha256 == ca->sha256;
               });
    });
}

// The CA renewed its certificate and kept its key: what is presented ends sooner than what is declared, or
// leads to no root that is. Windows presents what its own stores make of it, and a store of which nobody
// knows what it presents is left alone.
bool is_outdated(const Planning& planning,
                 const CertificateSpec& spec,
                 const ServerView& server,
                 const PersonalEntry& entry) {
    if (!entry.owned || !entry.certificate || entry.chain.empty() || server.store.kind != "directory") {
        return false;
    }
    const auto declared = said_chain(planning, spec);
    if (presents_all(entry, declared)) {
        return false;  // as on most servers: no signature need be looked at
    }
    std::vector<x509::CertificateRef> presented;
    const auto take = [&](const std::vector<x509::CertificateRef>& from, bool roots) {
        std::copy_if(from.begin(), from.end(), std::back_inserter(presented), [&](const auto& ca) {
            return ca->self_signed == roots;
        });
    };
    take(entry.chain, false);
    take(declared, true);
    const auto best = x509::longest_way_up(*entry.certificate, declared);
    const auto now = x509::longest_way_up(*entry.certificate, presented);
    return best && (!now || now->at < best->at) && chain_to_present(entry, server.store.trust) != entry.chain;
}

}  // namespace

std::vector<Reason> why_mended(const Planning& planning,
                               const CertificateSpec& spec,
                               const ServerView& server,
                               const CertificateId& id) {
    const auto* entry = personal(server, id);
    if (entry == nullptr) {
        return {};
    }
    std::vector<Reason> reasons;
    if (is_broken(server, *entry)) {
        reasons.push_back({"chain-damaged",
                           "the files that servers present are not the certificate with its chain",
                           Cause::drift,
                           spec.where});
    }
    if (is_outdated(planning, spec, server, *entry)) {
        const auto authority = planning.authorities.find(spec.requirement.authority);
        reasons.push_back({"chain-outdated",
                           "the chain that is declared lasts longer than the one that is presented with it",
                           Cause::manifest,
                           authority == planning.authorities.end() ? spec.where : authority->second.where});
    }
    if (is_for_another_group(server, id)) {
        reasons.push_back({"key-group-differs",
                           "its key is readable by another group than the one that is declared",
                           Cause::manifest,
                           spec.where});
    }
    return reasons;
}

void mend(ServerView& server, const CertificateId& id) {
    for (auto& entry : server.store.personal) {
        if (entry.id != id || !entry.owned) {
            continue;
        }
        entry.chain = chain_to_present(entry, server.store.trust);
        std::erase_if(server.store.findings, [&](const Finding& finding) {
            return finding.path.starts_with("personal/" + id + "/");
        });
    }
}

void untell(StoreObservation& store, const CertificateId& id) {
    for (auto& record : store.roles) {
        if (record.assigned == id) {
            record.activated = {};
            record.verified = {};
        }
    }
}

// Durable before anything is written: cut short behind that, a run would leave nobody who tells it.
void untell(PoolWorld& world, const std::string& server, const CertificateId& id) {
    const auto* view = reachable(world.view, server);
    if (view == nullptr) {
        return;
    }
    for (const auto& record : view->store.roles) {
        const bool told = !record.activated.empty() || !record.verified.empty();
        if (record.assigned == id && told) {
            RoleNote note;
            note.role = record.role;
            note.activated = CertificateId{};
            note.verified = CertificateId{};
            world.store(server).note_role(note);
        }
    }
}

}  // namespace edgecert
