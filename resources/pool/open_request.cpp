// What a pool's servers remember of its requests, put together into the one that is open.
#include "resources/pool/open_request.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "engine/text/mutant.h"
#include "resources/pool/judgement.h"
#include "resources/pool/look.h"
#include "resources/pool/renewal.h"

namespace edgecert {

namespace {

// Where copies without the key differ, the later one counts, and at the same second the one that knows more.
int knowledge(RequestPhase phase) {
    switch (phase) {
        case RequestPhase::created:
            return 0;
        case RequestPhase::submitting:
            return 1;
        case RequestPhase::ambiguous:
            return 2;
        case RequestPhase::denied:
            return 3;
        case RequestPhase::accepted:
            return 4;
        case RequestPhase::collected:
            return 5;
        case RequestPhase::abandoned:
            return 6;
    }
    return 0;
}

// A request given up because it no longer fitted counts again when its requirement is back; a cancelled or
// resubmitted one never does.
std::optional<RequestPhase> phase_that_counts(const RequestEntry& entry) {
    if (entry.phase != RequestPhase::abandoned) {
        return entry.phase;
    }
    if ((entry.message != given_up_because::requirement_changed && !EDGECERT_MUTANT(given_up_counts_again)) ||
        entry.key != KeyState::present) {
        return std::nullopt;
    }
    if (!entry.ticket.empty()) {
        return RequestPhase::accepted;
    }
    return entry.submitted ? RequestPhase::ambiguous : RequestPhase::created;
}

struct Copies {
    const RequestEntry* best{};   // of those without the key too
    const RequestEntry* keyed{};  // the holder's
    std::string keyed_on{};
};

void merge_copy(Copies& copies, const RequestEntry& entry, const std::string& server) {
    const auto rank = [](const RequestEntry& copy) {
        return std::tuple{copy.since, knowledge(copy.phase), copy.key == KeyState::present};
    };
    if (copies.best == nullptr || rank(entry) > rank(*copies.best)) {
        copies.best = &entry;
    }
    // Of several that show the key the one that the request was made on.
    if (entry.key == KeyState::present && (copies.keyed == nullptr || entry.holder == server)) {
        copies.keyed = &entry;
        copies.keyed_on = server;
    }
}

// The holder's word counts: what is sent, installed and decided comes from where the key is. A copy that
// knows more, later, can only hold it up: the holder may have been put back to an earlier day, and what was
// sent or given up since must not go out again. An answer is nobody's to bring but the CA's.
RequestEntry agreed(const Copies& copies) {
    if (copies.keyed == nullptr) {
        return *copies.best;
    }
    RequestEntry entry = *copies.keyed;
    const auto& other = *copies.best;
    if (other.since <= entry.since || knowledge(other.phase) <= knowledge(entry.phase)) {
        return entry;
    }
    const bool answered = other.phase == RequestPhase::collected;
    entry.phase = answered ? RequestPhase::accepted : other.phase;
    entry.since = other.since;
    entry.submitted = entry.submitted ? entry.submitted : other.submitted;
    entry.message = other.message;
    entry.ticket = entry.ticket.empty() ? other.ticket : entry.ticket;
    return entry;
}

// Did the certificate of this request, or of a later one, arrive already? One that was submitted in the very
// second may as well be the one before: then the request stays open, for nothing is ordered twice (I5).
bool has_become_certificate(const Planning& planning, const RequestEntry& request) {
    for (const auto& found : candidates(planning)) {
        const auto& entry = *found.entry;
        const bool ours = entry.owned && entry.name == request.name && entry.pool == request.pool;
        if (!entry.issuance.empty() && entry.issuance == request.issuance && !found.holders.empty()) {
            return true;
        }
        if (ours && request.key != KeyState::present && entry.submitted &&
            *entry.submitted > request.created) {
            return true;
        }
    }
    return false;
}

// Did its answer lie at the CA, or uninstalled, for so long that it is due for renewal itself? Then another
// request is due as well. A young answer that is due at once is another matter: asking again would go on for
// ever. And one whose holder is out of reach stays open (I5): nobody could give it up there.
bool is_overtaken(const Planning& planning, const CertificateSpec& spec, const OpenRequest& open) {
    if (!open.holder_reachable && find_server(planning.pool, open.holder) != nullptr) {
        return false;
    }
    const auto& request = open.entry;
    auto answer = request.answer;
    const auto known = planning.view().answers.find(request.issuance);
    if (!answer && known != planning.view().answers.end()) {
        const auto* issued = std::get_if<Issued>(&known->second);
        answer = issued == nullptr ? nullptr : issued->certificate;
    }
    if (!answer || !request.submitted || answer->not_after <= planning.valid_at()) {
        return false;
    }
    const auto lifetime = answer->not_after - answer->not_before;
    const auto due_at = renewal_due(planning, spec, *answer);
    return due_at && *due_at <= planning.now() && *request.submitted + lifetime / 4 <= planning.now();
}

// What all copies of one request say together; nullopt: it does not count any more.
std::optional<OpenRequest> as_open(const Planning& planning,
                                   const CertificateSpec& spec,
                                   const Copies& copies) {
    OpenRequest open;
    open.entry = agreed(copies);
    open.has_key = !copies.keyed_on.empty();
    open.entry.key = open.has_key ? KeyState::present : KeyState::absent;
    open.holder = open.has_key ? copies.keyed_on : open.entry.holder;
    open.holder_reachable = reachable(planning.view(), open.holder) != nullptr;
    const auto phase = phase_that_counts(open.entry);
    if (!phase || has_become_certificate(planning, open.entry) || is_overtaken(planning, spec, open)) {
        return std::nullopt;
    }
    // A key that cannot leave its server is of no use to a pool that has others by now.
    const auto all = members(planning.pool);
    const bool travels = std::any_of(
        all.begin(), all.end(), [&](const ServerSpec* server) { return server->name != open.holder; });
    const auto* holder = find_server(planning.pool, open.holder);
    const bool leaves = holder != nullptr && holder->absent;  // and nothing of it can be brought along
    if (travels && !open.entry.exportable && (spec.exportable || leaves)) {
        return std::nullopt;
    }
    // A request that nobody ever sent and whose key is gone was never anything.
    if (!open.has_key && open.holder_reachable && *phase == RequestPhase::created) {
        return std::nullopt;
    }
    open.phase = *phase;
    return open;
}

}  // namespace

std::vector<OpenRequest> open_requests(const Planning& planning, const CertificateSpec& spec) {
    std::map<std::pair<std::string, std::string>, Copies> known;  // by issuance and key
    for (const auto& server : planning.pool.servers) {
        const auto* view = reachable(planning, server);
        if (view == nullptr) {
            continue;
        }
        for (const auto& entry : view->store.requests) {
            if (entry.pool == planning.pool.name && entry.name == spec.name &&
                entry.requirement == planning.requirement(spec)) {
                merge_copy(known[{entry.issuance, entry.spki}], entry, server.name);
            }
        }
    }
    std::vector<OpenRequest> found;
    for (const auto& [key, copies] : known) {
        if (auto open = as_open(planning, spec, copies)) {
            found.push_back(*std::move(open));
        }
    }
    // What is equal in both stays in the order of issuance ids and keys.
    std::stable_sort(found.begin(), found.end(), [](const OpenRequest& one, const OpenRequest& other) {
        return std::pair{one.entry.created, one.has_key} > std::pair{other.entry.created, other.has_key};
    });
    return found;
}

std::optional<OpenRequest> open_request(const Planning& planning, const CertificateSpec& spec) {
    auto found = open_requests(planning, spec);
    return found.empty() ? std::nullopt : std::optional{std::move(found.front())};
}

std::optional<OpenRequest> given_up_since(const Planning& planning, const CertificateSpec& spec) {
    std::optional<OpenRequest> best;
    for (const auto& [name, server] : planning.view().servers) {
        for (const auto& entry : server.store.requests) {
            const bool just_now = server.reachable && entry.pool == planning.pool.name &&
                                  entry.name == spec.name && entry.phase == RequestPhase::abandoned &&
                                  entry.requirement == planning.requirement(spec) &&
                                  entry.message == given_up_because::resubmitted &&
                                  entry.since >= planning.now() && entry.created < planning.now();
            if (just_now && (!best || entry.created > best->entry.created)) {
                best = OpenRequest{entry, name, true, entry.key == KeyState::present, entry.phase};
            }
        }
    }
    return best;
}

}  // namespace edgecert
