// Answers about a pool's view: in the order of declared servers, or of ids.
#include "resources/pool/look.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "engine/text/mutant.h"
#include "resources/pool/judgement.h"
#include "resources/stores/presented.h"

namespace edgecert {

std::string Candidate::object() const {
    if (entry != nullptr && !entry->issuance.empty()) {
        return entry->issuance;
    }
    return is_unborn(id) ? id.str().substr(std::string_view{"issuance:"}.size()) : id.str();
}

const ServerView* reachable(const PoolView& view, const std::string& server) {
    const auto found = view.servers.find(server);
    return found != view.servers.end() && found->second.reachable ? &found->second : nullptr;
}

ServerView* reachable(PoolView& view, const std::string& server) {
    const auto found = view.servers.find(server);
    return found != view.servers.end() && found->second.reachable ? &found->second : nullptr;
}

const ServerView* reachable(const Planning& planning, const ServerSpec& server) {
    if (planning.projected) {
        return reachable(*planning.projected, server.name);
    }
    const auto place = &server - planning.pool.servers.data();
    return planning.looked->servers.at(static_cast<std::size_t>(place));
}

const PersonalEntry* personal(const ServerView& server, const CertificateId& id) {
    const auto& entries = server.store.personal;
    const auto found = std::find_if(
        entries.begin(), entries.end(), [&](const PersonalEntry& entry) { return entry.id == id; });
    return found == entries.end() ? nullptr : &*found;
}

const PersonalEntry* named(const ServerView& server, const std::string& object) {
    const auto& entries = server.store.personal;
    const auto found = std::find_if(entries.begin(), entries.end(), [&](const PersonalEntry& entry) {
        return entry.id == object || (!entry.issuance.empty() && entry.issuance == object);
    });
    return found == entries.end() ? nullptr : &*found;
}

bool holds(const ServerView& server, const CertificateId& id) {
    const auto* entry = personal(server, id);
    return entry != nullptr && (entry->key == KeyState::present || EDGECERT_MUTANT(key_not_looked_at));
}

const RoleRecord* role_record(const ServerView& server, const std::string& role) {
    const auto& roles = server.store.roles;
    const auto found = std::find_if(
        roles.begin(), roles.end(), [&](const RoleRecord& record) { return record.role == role; });
    return found == roles.end() ? nullptr : &*found;
}

RoleRecord& role_record_for(ServerView& server, const std::string& role) {
    auto& roles = server.store.roles;
    const auto found = std::find_if(
        roles.begin(), roles.end(), [&](const RoleRecord& record) { return record.role == role; });
    if (found != roles.end()) {
        return *found;
    }
    RoleRecord fresh;
    fresh.role = role;
    roles.push_back(std::move(fresh));
    return roles.back();
}

const CertificateSpec* find_certificate(const Pool& pool, const std::string& name) {
    const auto found = std::find_if(pool.certificates.begin(),
                                    pool.certificates.end(),
                                    [&](const CertificateSpec& spec) { return spec.name == name; });
    return found == pool.certificates.end() ? nullptr : &*found;
}

const ServerSpec* find_server(const Pool& pool, const std::string& name) {
    const auto found = std::find_if(pool.servers.begin(), pool.servers.end(), [&](const ServerSpec& server) {
        return server.name == name;
    });
    return found == pool.servers.end() ? nullptr : &*found;
}

bool is_member(const ServerSpec& server) {
    return !server.absent && !server.outside;
}

bool in_barrier(const ServerSpec& server) {
    return is_member(server) && !server.maintenance;
}

std::vector<const ServerSpec*> members(const Pool& pool) {
    std::vector<const ServerSpec*> found;
    for (const auto& server : pool.servers) {
        if (is_member(server)) {
            found.push_back(&server);
        }
    }
    return found;
}

namespace {

void add_copy(Candidate& candidate, const std::string& server, const PersonalEntry& entry) {
    const bool better = candidate.entry == nullptr || (entry.owned && !candidate.entry->owned);
    candidate.entry = better ? &entry : candidate.entry;
    if (entry.key == KeyState::present) {
        candidate.holders.push_back(server);
        candidate.exportable = candidate.exportable || entry.exportable;
    }
}

std::vector<Candidate> find_candidates(const Planning& planning) {
    std::map<CertificateId, Candidate> found;
    for (const auto& server : planning.pool.servers) {
        const auto* view = reachable(planning, server);
        if (view == nullptr) {
            continue;
        }
        for (const auto& entry : view->store.personal) {
            auto& candidate = found[entry.id];
            candidate.id = entry.id;
            add_copy(candidate, server.name, entry);
        }
    }
    std::vector<Candidate> list;
    list.reserve(found.size());
    for (auto& [id, candidate] : found) {
        list.push_back(std::move(candidate));
    }
    return list;
}

}  // namespace

bool all_answer(const Planning& planning) {
    const auto all = members(planning.pool);
    return std::all_of(all.begin(), all.end(), [&](const ServerSpec* server) {
        return reachable(planning, *server) != nullptr;
    });
}

std::vector<Candidate> candidates(const Planning& planning) {
    if (planning.projected) {
        return find_candidates(planning);
    }
    auto& known = planning.looked->candidates;
    if (!known) {
        known = find_candidates(planning);
    }
    return *known;
}

std::optional<Candidate> candidate(const Planning& planning, const CertificateId& id) {
    Candidate found;
    found.id = id;
    for (const auto& server : planning.pool.servers) {
        const auto* view = reachable(planning, server);
        const auto* entry = view == nullptr ? nullptr : personal(*view, id);
        if (entry != nullptr) {
            add_copy(found, server.name, *entry);
        }
    }
    return found.entry == nullptr ? std::nullopt : std::optional{std::move(found)};
}

bool is_trusted(const ServerView& server, const x509::CertificateRef& certificate) {
    if (!certificate) {
        return true;
    }
    return issuers(*certificate, trusted_in_place(server.store.trust)).has_value();
}

}  // namespace edgecert
