// Checklist: counts over a pool's servers, told by the same questions that planning asks.
#include "engine/cli/checklist.h"

#include <algorithm>
#include <utility>

#include "engine/cli/certificate_text.h"
#include "resources/pool/choice.h"
#include "resources/pool/look.h"
#include "resources/pool/open_request.h"
#include "resources/pool/planning.h"

namespace edgecert {
namespace {

// What every item is counted on.
struct Count {
    const Planning& planning;
    const CertificateSpec& spec;
    std::vector<const ServerSpec*> servers{};  // members in the barrier
    std::optional<OpenRequest> request{};
    std::optional<Candidate>
        certificate{};  // what the servers have or are to have; none while it is being asked for

    [[nodiscard]] const ServerView* view(const ServerSpec& server) const {
        return reachable(planning.view(), server.name);
    }
};

ChecklistItem counted(std::string name, int done, int of, std::string text) {
    if (of == 0)
        return {.name = std::move(name),
                .state = ItemState::not_needed,
                .text = "every server is in maintenance"};
    const ItemState state = done == of ? ItemState::done : done > 0 ? ItemState::partly : ItemState::missing;
    return {.name = std::move(name), .state = state, .done = done, .of = of, .text = std::move(text)};
}

template <typename Holds>
int count_servers(const Count& count, const Holds& holds) {
    return static_cast<int>(
        std::count_if(count.servers.begin(), count.servers.end(), [&](const ServerSpec* server) {
            const ServerView* view = count.view(*server);
            return view != nullptr && holds(*server, *view);
        }));
}

bool trusts(const ServerView& view, const ChainCertificate& wanted) {
    const auto& trust = view.store.trust;
    return wanted.certificate && std::any_of(trust.begin(), trust.end(), [&](const TrustEntry& entry) {
               return entry.certificate && entry.certificate->sha256 == wanted.certificate->sha256 &&
                      (entry.kind == TrustKind::root) == wanted.root;
           });
}

// Of an authority that cannot be asked, what the servers trust of it already and ends in a pin is chain
// enough.
std::vector<ChainCertificate> known_chain(const Planning& planning, const std::string& authority) {
    std::vector<ChainCertificate> chain;
    const auto declared = planning.authorities.find(authority);
    if (declared == planning.authorities.end()) {
        return chain;
    }
    for (const auto& certificate : declared_chain(declared->second, planning.view())) {
        chain.push_back({{}, certificate, certificate->self_signed});
    }
    return chain;
}

ChecklistItem chain_item(const Planning& planning,
                         const std::vector<const ServerSpec*>& servers,
                         const std::string& authority) {
    const auto found = planning.view().authorities.find(authority);
    const bool asked = found != planning.view().authorities.end() && !found->second->chain.empty();
    const auto chain = asked ? found->second->chain : known_chain(planning, authority);
    const int of = static_cast<int>(servers.size());
    if (chain.empty()) {
        const bool unpinned = found != planning.view().authorities.end() && !found->second->pinned;
        return {.name = "chain-trusted",
                .of = of,
                .text = unpinned ? "no root of " + authority + " is pinned"
                                 : "the chain of " + authority + " is not known"};
    }
    const auto done = std::count_if(servers.begin(), servers.end(), [&](const ServerSpec* server) {
        const ServerView* view = reachable(planning.view(), server->name);
        return view != nullptr &&
               std::all_of(chain.begin(), chain.end(), [&](const auto& each) { return trusts(*view, each); });
    });
    return counted("chain-trusted",
                   static_cast<int>(done),
                   of,
                   authority + (asked ? "" : ", which could not be asked for its chain"));
}

std::vector<const ServerSpec*> counted_servers(const Pool& pool) {
    std::vector<const ServerSpec*> servers = members(pool);
    std::erase_if(servers, [](const ServerSpec* server) { return !in_barrier(*server); });
    return servers;
}

ChecklistItem request_item(const Count& count) {
    if (!count.request) {
        return {.name = "request",
                .state = count.certificate ? ItemState::done : ItemState::missing,
                .text = count.certificate ? "none open" : "not made yet"};
    }
    const RequestEntry& entry = count.request->entry;
    std::string text = std::string{to_text(count.request->phase)} + " since " + to_rfc3339(entry.since) +
                       " on " + count.request->holder;
    if (!entry.ticket.empty())
        text += ", " + entry.authority + " calls it " + entry.ticket;
    if (!count.request->has_key)
        text += ", its key was not found";
    return {.name = "request", .state = ItemState::waiting, .text = std::move(text)};
}

ChecklistItem issued_item(const Count& count) {
    if (count.certificate) {
        return {.name = "issued", .state = ItemState::done, .text = short_id(count.certificate->id)};
    }
    return {.name = "issued", .state = count.request ? ItemState::waiting : ItemState::missing};
}

bool has_certificate(const Count& count, const ServerView& view) {
    return count.certificate && holds(view, count.certificate->id);
}

ChecklistItem installed_item(const Count& count) {
    if (!count.certificate || count.certificate->holders.empty())
        return {.name = "installed"};
    return {
        .name = "installed", .state = ItemState::done, .text = "on " + count.certificate->holders.front()};
}

ChecklistItem transferred_item(const Count& count) {
    const int of = static_cast<int>(count.servers.size());
    if (of == 1)
        return {.name = "transferred", .state = ItemState::not_needed, .text = "one server"};
    return counted(
        "transferred",
        count_servers(
            count, [&](const ServerSpec&, const ServerView& view) { return has_certificate(count, view); }),
        of,
        "");
}

ChecklistItem role_item(const Count& count, const std::string& name, CertificateId RoleRecord::*field) {
    const int done = count_servers(count, [&](const ServerSpec&, const ServerView& view) {
        return count.certificate &&
               std::all_of(count.spec.roles.begin(), count.spec.roles.end(), [&](const std::string& role) {
                   const RoleRecord* record = role_record(view, role);
                   return record != nullptr && !record->dangling && record->*field == count.certificate->id;
               });
    });
    return counted(name, done, static_cast<int>(count.servers.size()), "");
}

ChecklistItem verified_item(const Count& count) {
    if (count.spec.verify.empty())
        return {.name = "verified", .state = ItemState::not_needed, .text = "not asked for"};
    return role_item(count, "verified", &RoleRecord::verified);
}

CertificateStatus certificate_status(const Planning& planning,
                                     const CertificateSpec& spec,
                                     const UnitPlan& plan) {
    Count count{.planning = planning, .spec = spec, .request = open_request(planning, spec)};
    count.servers = counted_servers(planning.pool);
    count.certificate = count.request ? wanted(planning, spec) : current(planning, spec);
    CertificateStatus status{.name = spec.name, .roles = {spec.roles.begin(), spec.roles.end()}};
    status.items = {chain_item(planning, count.servers, spec.requirement.authority),
                    request_item(count),
                    issued_item(count),
                    installed_item(count),
                    transferred_item(count),
                    role_item(count, "assigned", &RoleRecord::assigned),
                    verified_item(count)};
    for (const Serving& serving : plan.overview.serving) {
        const bool ours = std::any_of(spec.roles.begin(), spec.roles.end(), [&](const std::string& role) {
            return std::find(serving.roles.begin(), serving.roles.end(), role) != serving.roles.end();
        });
        if (ours && (!status.serving || serving.servers.size() > status.serving->servers.size()))
            status.serving = serving;
    }
    for (const Step& step : plan.steps) {
        if (step.wait && step.certificate == spec.name)
            status.waits.push_back(*step.wait);
    }
    return status;
}

}  // namespace

std::string_view to_text(ItemState state) {
    switch (state) {
        case ItemState::done:
            return "done";
        case ItemState::partly:
            return "partly";
        case ItemState::waiting:
            return "waiting";
        case ItemState::missing:
            return "missing";
        case ItemState::not_needed:
            return "not-needed";
    }
    return "";
}

PoolStatus pool_status(const Pool& pool,
                       const std::map<std::string, AuthoritySpec>& authorities,
                       const PoolView& view,
                       const UnitPlan& plan,
                       const PlanInputs& inputs) {
    const Planning planning = make_planning(pool, authorities, inputs, view);
    PoolStatus status{.pool = pool.name,
                      .site = pool.site,
                      .state = plan.overview.state,
                      .servers = plan.overview.servers,
                      .deadline = plan.overview.deadline,
                      .next_change = plan.overview.next_change,
                      .due = !plan.steps.empty(),
                      .unreachable = plan.overview.unreachable,
                      .diagnostics = plan.diagnostics};
    for (const CertificateSpec& spec : pool.certificates)
        status.certificates.push_back(certificate_status(planning, spec, plan));
    for (const std::string& authority : pool.authorities) {
        const bool issues =
            std::any_of(pool.certificates.begin(), pool.certificates.end(), [&](const CertificateSpec& spec) {
                return spec.requirement.authority == authority;
            });
        if (!issues)
            status.further_trust.push_back(chain_item(planning, counted_servers(pool), authority));
    }
    for (const Step& step : plan.steps) {
        if (step.wait && find_certificate(pool, step.certificate) == nullptr)
            status.waits.push_back(*step.wait);
    }
    return status;
}

}  // namespace edgecert
