// Rows of what serves, from the role records of a pool's members and the certificates they point at.
#include "resources/pool/served.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "engine/text/encoding.h"
#include "resources/authorities/unit.h"
#include "resources/pool/choice.h"
#include "resources/pool/judgement.h"
#include "resources/pool/look.h"
#include "resources/pool/renewal.h"

namespace edgecert {

namespace {

bool is_declared(const Pool& pool, const std::string& role) {
    return std::any_of(pool.certificates.begin(), pool.certificates.end(), [&](const CertificateSpec& spec) {
        return std::find(spec.roles.begin(), spec.roles.end(), role) != spec.roles.end();
    });
}

// Calls `use(server, view, record)` for every role of the pool that points at something which is there.
template <class Use>
void each_assignment(const Planning& present, const Use& use) {
    for (const auto* server : members(present.pool)) {
        const auto* view = reachable(present, *server);
        if (view == nullptr) {
            continue;
        }
        for (const auto& record : view->store.roles) {
            const bool ours = record.owned && record.pool == present.pool.name;
            if (!record.assigned.empty() && !record.dangling &&
                (ours || is_declared(present.pool, record.role))) {
                use(*server, *view, record);
            }
        }
    }
}

// A key that others can read is refused for a switch, but what uses the role serves with it all the same.
bool can_serve(const PersonalEntry& entry) {
    return entry.key == KeyState::present || entry.key == KeyState::exposed;
}

// Whose it is: the declaration it was made for, or, where there is none or it was put there by hand, the
// first that it fits, whatever its age; else what it was declared as. "": nobody's.
std::string name_of(const Planning& present, const PersonalEntry& entry) {
    const bool ours = entry.owned && entry.pool == present.pool.name;
    if (ours && find_certificate(present.pool, entry.name) != nullptr) {
        return entry.name;
    }
    for (const auto& spec : present.pool.certificates) {
        const auto authority = present.authorities.find(spec.requirement.authority);
        if (authority == present.authorities.end()) {
            continue;
        }
        const auto chain = declared_chain(authority->second, present.view());
        auto faults = shortcomings(
            *entry.certificate, entry.submitted, standard_for(present, spec, authority->second, chain));
        std::erase_if(faults, [](const Reason& fault) {
            return fault.code == "expired" || fault.code == "issued-before";
        });
        if (faults.empty()) {
            return spec.name;
        }
    }
    return ours ? entry.name : std::string{};
}

// By the declared chain of its authority, and by what servers present with it: most of those who check it go
// by that. What is in no declared chain is told as a shortcoming.
void put_chain_end(const Planning& present,
                   const CertificateSpec& spec,
                   const PersonalEntry& entry,
                   Served& row) {
    const auto authority = present.authorities.find(spec.requirement.authority);
    if (authority == present.authorities.end()) {
        return;
    }
    const auto declared = declared_chain(authority->second, present.view());
    auto presented = entry.chain;
    std::copy_if(
        declared.begin(), declared.end(), std::back_inserter(presented), [](const x509::CertificateRef& ca) {
            return ca->self_signed;
        });
    const auto end = chain_end(*entry.certificate, declared);
    const auto sooner = chain_end(*entry.certificate, presented);
    row.chain_renewed = end && sooner && sooner->at < end->at;
    row.chain_end = row.chain_renewed ? sooner : end;
    if (row.chain_end && row.chain_end->at >= entry.certificate->not_after) {
        row.chain_end.reset();
    }
}

Served row_of(const Planning& present, const PersonalEntry& entry) {
    Served row;
    row.certificate = entry.certificate;
    row.line.certificate = name_of(present, entry);
    row.line.sha256 = entry.id;
    row.line.sha1 = entry.certificate->sha1;
    row.line.serial = entry.certificate->serial;
    row.line.names = x509::to_list(entry.certificate->names);
    row.line.not_after = entry.certificate->not_after;
    if (const auto* spec = find_certificate(present.pool, row.line.certificate)) {
        row.line.renewal_due = renewal_due(present, *spec, *entry.certificate);
        put_chain_end(present, *spec, entry, row);
    }
    return row;
}

std::size_t place_of(const Pool& pool, const std::string& name) {
    const auto found = std::find_if(pool.certificates.begin(),
                                    pool.certificates.end(),
                                    [&](const CertificateSpec& spec) { return spec.name == name; });
    return static_cast<std::size_t>(found - pool.certificates.begin()) + (name.empty() ? 1U : 0U);
}

}  // namespace

std::vector<Served> served(const Planning& present) {
    std::map<CertificateId, std::map<std::string, std::vector<std::string>>> roles;  // by server
    each_assignment(present, [&](const ServerSpec& server, const ServerView& view, const RoleRecord& record) {
        const auto* entry = personal(view, record.assigned);
        if (entry != nullptr && entry->certificate && can_serve(*entry)) {
            roles[record.assigned][server.name].push_back(record.role);
        }
    });
    std::vector<Served> rows;
    for (const auto& [id, by_server] : roles) {
        const auto row = row_of(present, *candidate(present, id)->entry);
        std::map<std::vector<std::string>, std::vector<std::string>> servers;  // by their roles
        for (const auto* server : members(present.pool)) {
            if (const auto found = by_server.find(server->name); found != by_server.end()) {
                servers[found->second].push_back(server->name);
            }
        }
        for (auto& [alike, names] : servers) {
            rows.push_back(row);
            rows.back().line.roles = alike;
            rows.back().line.servers = std::move(names);
        }
    }
    std::sort(rows.begin(), rows.end(), [&](const Served& left, const Served& right) {
        const auto rank = [&](const Served& row, const Served& other) {
            return std::make_tuple(place_of(present.pool, row.line.certificate),
                                   other.line.servers.size(),
                                   other.line.not_after,
                                   std::cref(row.line.sha256),
                                   std::cref(row.line.roles));
        };
        return rank(left, right) < rank(right, left);
    });
    return rows;
}

std::vector<Keyless> keyless(const Planning& present) {
    std::map<std::pair<std::string, std::string>, std::vector<std::string>> found;
    each_assignment(present, [&](const ServerSpec& server, const ServerView& view, const RoleRecord& record) {
        const auto* entry = personal(view, record.assigned);
        if (entry == nullptr || can_serve(*entry)) {
            return;
        }
        const std::string how =
            entry->key == KeyState::mismatched ? "with a key that is not its own" : "without its key";
        found[{record.role, how}].push_back(server.name);
    });
    std::vector<Keyless> list;
    list.reserve(found.size());
    for (auto& [which, servers] : found) {
        list.push_back({which.first, which.second, std::move(servers)});
    }
    return list;
}

std::optional<Wait> cannot_issue(const Planning& planning, const CertificateSpec& spec) {
    const auto& name = spec.requirement.authority;
    const auto declared = planning.authorities.find(name);
    const auto view = planning.view().authorities.find(name);
    if (declared == planning.authorities.end() || view == planning.view().authorities.end()) {
        return std::nullopt;
    }
    if (!view->second->unable.empty()) {
        return Wait{WaitKind::person,
                    "authority-unable",
                    "whoever keeps the CA " + name,
                    {},
                    view->second->unable + "; " + how_to_restore(declared->second)};
    }
    const auto end = issuing_end(*view->second);
    if (!end || end->at > planning.valid_at()) {
        return std::nullopt;
    }
    return Wait{WaitKind::person,
                "authority-expired",
                "whoever keeps the CA " + name,
                end->at,
                "the CA " + printable(end->which->subject_text, 200) + " expired on " + to_rfc3339(end->at) +
                    ", so that it can issue nothing; " + how_to_renew(declared->second)};
}

}  // namespace edgecert
