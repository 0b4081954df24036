// Choices among a pool's certificates; every tie is broken the same way, so that equal views give equal
// plans.
#include "resources/pool/choice.h"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/text/mutant.h"
#include "resources/pool/renewal.h"

namespace edgecert {

namespace {

// The answer that is known, or `find()`, which is kept while it is about what was observed.
template <class Answer, class Find>
Answer once(const Planning& planning,
            std::map<std::string, Answer> Looked::*known,
            const std::string& name,
            const Find& find) {
    if (planning.projected) {
        return find();
    }
    auto& answers = planning.looked.get()->*known;
    const auto found = answers.find(name);
    return found != answers.end() ? found->second : answers.emplace(name, find()).first->second;
}

// Servers of the pool on which at least one of the certificate's roles points at `id`.
std::map<CertificateId, std::vector<std::string>> assignments(const Planning& planning,
                                                              const CertificateSpec& spec) {
    std::map<CertificateId, std::vector<std::string>> found;
    for (const auto* server : members(planning.pool)) {
        const auto* view = reachable(planning, *server);
        if (view == nullptr) {
            continue;
        }
        std::set<CertificateId> here;
        for (const auto& role : spec.roles) {
            const auto* record = role_record(*view, role);
            if (record != nullptr && !record->assigned.empty() && !record->dangling) {
                here.insert(record->assigned);
            }
        }
        for (const auto& id : here) {
            found[id].push_back(server->name);
        }
    }
    return found;
}

Instant end_of(const Candidate& candidate) {
    // What is not born yet lives longest: it is what the walk is making.
    return candidate.entry != nullptr && candidate.entry->certificate
               ? candidate.entry->certificate->not_after
               : Instant::max();
}

// Its key is on every server that needs it, or can get there.
bool can_reach_all(const Planning& planning, const Candidate& candidate) {
    if (candidate.holders.empty()) {
        return false;
    }
    if (candidate.exportable) {
        return true;
    }
    const auto all = members(planning.pool);
    return std::all_of(all.begin(), all.end(), [&](const ServerSpec* server) {
        const auto* view = reachable(planning, *server);
        return view == nullptr || holds(*view, candidate.id);
    });
}

bool does_for(const Planning& planning,
              const CertificateSpec& spec,
              const PersonalEntry& entry,
              const std::vector<x509::CertificateRef>& chain) {
    const auto authority = planning.authorities.find(spec.requirement.authority);
    if (authority == planning.authorities.end()) {
        return false;
    }
    const auto standard = standard_for(planning, spec, authority->second, chain);
    return does(*entry.certificate, entry.submitted, standard);
}

// Where two declarations are alike, a certificate is of one of them: the one that it was made for, else the
// first that it does for. A plan that could take either would be another plan as soon as one of them is
// there.
bool is_of_another(const Planning& planning, const CertificateSpec& spec, const PersonalEntry& entry) {
    const bool ours = entry.owned && entry.pool == planning.pool.name;
    if (ours && find_certificate(planning.pool, entry.name) != nullptr) {
        return entry.name != spec.name && !EDGECERT_MUTANT(certificate_shared);
    }
    for (const auto& other : planning.pool.certificates) {
        if (other.name == spec.name) {
            return false;
        }
        const auto authority = planning.authorities.find(other.requirement.authority);
        if (authority != planning.authorities.end() &&
            does_for(planning, other, entry, declared_chain(authority->second, planning.view()))) {
            return true;
        }
    }
    return false;
}

bool satisfies(const Planning& planning,
               const CertificateSpec& spec,
               const Candidate& candidate,
               const std::vector<x509::CertificateRef>& chain) {
    const auto& entry = *candidate.entry;
    if (!entry.certificate) {
        return entry.owned && entry.name == spec.name && entry.requirement == planning.requirement(spec);
    }
    return does_for(planning, spec, entry, chain) && !is_of_another(planning, spec, entry);
}

}  // namespace

Standard standard_for(const Planning& planning,
                      const CertificateSpec& spec,
                      const AuthoritySpec& authority,
                      const std::vector<x509::CertificateRef>& chain) {
    const auto view = planning.view().authorities.find(authority.name);
    const bool unborn = view != planning.view().authorities.end() && !view->second->chain.empty() &&
                        std::all_of(view->second->chain.begin(),
                                    view->second->chain.end(),
                                    [](const ChainCertificate& member) { return !member.certificate; });
    return {spec, authority, chain, planning.now(), planning.valid_at(), unborn};
}

namespace {

std::vector<ServingNow> find_serving(const Planning& planning, const CertificateSpec& spec) {
    std::vector<ServingNow> list;
    std::map<CertificateId, Instant> ends;
    for (auto& [id, servers] : assignments(planning, spec)) {
        const auto held = candidate(planning, id);
        ends[id] = held ? end_of(*held) : Instant::min();
        list.push_back({id, std::move(servers)});
    }
    std::sort(list.begin(), list.end(), [&](const ServingNow& left, const ServingNow& right) {
        if (left.servers.size() != right.servers.size()) {
            return left.servers.size() > right.servers.size();
        }
        if (ends[left.id] != ends[right.id]) {
            return ends[left.id] > ends[right.id];
        }
        return left.id < right.id;
    });
    return list;
}

// A rejection never causes a request, so a certificate that was asked for after it was asked for by somebody
// who retried: the rejection is answered.
bool is_answered(const Planning& planning, const CertificateSpec& spec, const Rejection& rejection) {
    for (const auto& [name, server] : planning.view().servers) {
        const auto& entries = server.store.personal;
        const bool later = std::any_of(entries.begin(), entries.end(), [&](const PersonalEntry& entry) {
            return entry.owned && entry.name == spec.name && entry.requirement == rejection.requirement &&
                   entry.submitted && *entry.submitted > rejection.at && entry.id != rejection.certificate;
        });
        if (server.reachable && later) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::vector<ServingNow> serving(const Planning& planning, const CertificateSpec& spec) {
    return once(planning, &Looked::serving, spec.name, [&] { return find_serving(planning, spec); });
}

std::vector<Rejection> rejections(const Planning& planning, const CertificateSpec& spec) {
    const bool retried = addressed(planning.inputs.retry, planning.pool, spec);
    std::vector<Rejection> found;
    for (const auto* member : members(planning.pool)) {
        const auto* server = reachable(planning, *member);
        if (server == nullptr) {
            continue;
        }
        for (const auto& record : server->store.roles) {
            if (std::find(spec.roles.begin(), spec.roles.end(), record.role) == spec.roles.end()) {
                continue;
            }
            for (const auto& rejection : record.rejected) {
                // A retry forgives what was rejected before it was planned; a rejection in its own course
                // counts, also within the same second.
                const bool forgiven = retried && rejection.at < planning.now();
                if (rejection.requirement == planning.requirement(spec) && !forgiven &&
                    !is_answered(planning, spec, rejection)) {
                    found.push_back(rejection);
                }
            }
        }
    }
    return found;
}

bool is_rejected(const Planning& planning, const CertificateSpec& spec, const Candidate& candidate) {
    const auto all = rejections(planning, spec);
    return std::any_of(all.begin(), all.end(), [&](const Rejection& rejection) {
        return rejection.certificate == candidate.id;
    });
}

namespace {

bool could_serve_under(const Planning& planning,
                       const CertificateSpec& spec,
                       const Candidate& candidate,
                       const std::vector<x509::CertificateRef>& chain) {
    const auto due_at = candidate.entry->certificate
                            ? renewal_due(planning, spec, *candidate.entry->certificate)
                            : std::nullopt;
    const bool due_now =
        due_at && *due_at <= planning.now() + (EDGECERT_MUTANT(renewed_by_far_clock)
                                                   ? planning.view().servers.begin()->second.clock_difference
                                                   : Seconds{});
    return !due_now && can_reach_all(planning, candidate) && satisfies(planning, spec, candidate, chain) &&
           !is_rejected(planning, spec, candidate);
}

// The best of what satisfies under this chain: what more servers serve, then what lives longer.
std::optional<Candidate> best_under(const Planning& planning,
                                    const CertificateSpec& spec,
                                    const std::vector<x509::CertificateRef>& chain) {
    const auto assigned = assignments(planning, spec);
    const auto count = [&](const Candidate& candidate) {
        const auto found = assigned.find(candidate.id);
        return found == assigned.end() ? std::size_t{0} : found->second.size();
    };
    const auto better = [&](const Candidate& left, const Candidate& right) {
        if (count(left) != count(right)) {
            return count(left) > count(right);
        }
        if (end_of(left) != end_of(right)) {
            return end_of(left) > end_of(right);
        }
        return left.id < right.id;
    };
    std::optional<Candidate> best;
    for (auto& candidate : candidates(planning)) {
        if (!could_serve_under(planning, spec, candidate, chain)) {
            continue;
        }
        if (!best || better(candidate, *best)) {
            best = std::move(candidate);
        }
    }
    return best;
}

std::optional<Candidate> find_wanted(const Planning& planning, const CertificateSpec& spec) {
    const auto authority = planning.authorities.find(spec.requirement.authority);
    if (authority == planning.authorities.end()) {
        return std::nullopt;
    }
    return best_under(planning, spec, declared_chain(authority->second, planning.view()));
}

}  // namespace

bool could_serve(const Planning& planning, const CertificateSpec& spec, const Candidate& candidate) {
    const auto authority = planning.authorities.find(spec.requirement.authority);
    return authority != planning.authorities.end() &&
           could_serve_under(planning, spec, candidate, declared_chain(authority->second, planning.view()));
}

std::optional<Candidate> wanted(const Planning& planning, const CertificateSpec& spec) {
    return once(planning, &Looked::wanted, spec.name, [&] { return find_wanted(planning, spec); });
}

std::optional<Candidate> undecided(const Planning& planning, const CertificateSpec& spec) {
    const auto authority = planning.view().authorities.find(spec.requirement.authority);
    const bool silent = authority != planning.view().authorities.end() && authority->second->chain.empty();
    return silent ? best_under(planning, spec, {}) : std::nullopt;
}

namespace {

std::optional<Candidate> find_current(const Planning& planning, const CertificateSpec& spec) {
    if (auto best = wanted(planning, spec)) {
        return best;
    }
    const auto authority = planning.authorities.find(spec.requirement.authority);
    if (authority == planning.authorities.end()) {
        return std::nullopt;
    }
    const auto chain = declared_chain(authority->second, planning.view());
    // Somebody else's may only be what is declared, due or not: nothing else is brought to other servers.
    const auto fits = [&](const Candidate& held) {
        const auto& entry = *held.entry;
        const bool ours = entry.owned && entry.pool == planning.pool.name && entry.name == spec.name;
        return ours || satisfies(planning, spec, held, chain);
    };
    for (const auto& serving_now : serving(planning, spec)) {
        auto held = candidate(planning, serving_now.id);
        const bool usable = held && can_reach_all(planning, *held) && held->entry->certificate &&
                            held->entry->certificate->not_after > planning.valid_at() &&
                            !is_rejected(planning, spec, *held) && fits(*held);
        if (usable) {
            return held;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<Candidate> current(const Planning& planning, const CertificateSpec& spec) {
    return once(planning, &Looked::current, spec.name, [&] { return find_current(planning, spec); });
}

}  // namespace edgecert
