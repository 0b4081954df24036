// Request, carried out: a key and a request on the server that is to hold it, and the entry without the key
// on the others.
#include "resources/pool/request.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/text/mutant.h"
#include "resources/pool/closed.h"
#include "resources/pool/look.h"
#include "resources/pool/open_request.h"
#include "resources/pool/provider.h"
#include "resources/pool/requests.h"

namespace edgecert {

x509::RequestContents contents_of(const CertificateSpec& spec) {
    x509::RequestContents contents;
    contents.subject = spec.requirement.subject;
    contents.names = spec.requirement.names;
    // The CN's own entry goes into every request: clients look at the SAN only (RFC 6125 6.4.4).
    if (const auto own = x509::fold_host_name(spec.requirement.subject.common_name);
        own && !EDGECERT_MUTANT(own_name_left_out)) {
        contents.names.dns.insert(*own);
    }
    contents.extended_key_usage = spec.requirement.extended_key_usage;
    contents.key = spec.requirement.key;
    contents.digest = spec.digest;
    return contents;
}

namespace {

class Request final : public Provider {
public:
    void diff(Planning& planning) const override { diff_request(planning); }
    [[nodiscard]] bool carries_out(Action action) const override { return action == Action::create_request; }
    [[nodiscard]] Outcome apply(const Step& step, PoolWorld& world) const override;
};

// onRenewal: reuse: the key of what serves, where it is on this server and of the declared kind.
std::optional<CertificateId> key_to_reuse(const CertificateSpec& spec,
                                          const ServerView& server,
                                          const PoolView& view) {
    for (const auto& role : spec.roles) {
        const auto* record = role_record(server, role);
        const auto* entry = record == nullptr ? nullptr : personal(server, record->assigned);
        if (spec.reuse_key && entry != nullptr && entry->key == KeyState::present && entry->certificate &&
            entry->certificate->key == spec.requirement.key) {
            // Requests are told apart by their keys, on every server: one that another request has needs a
            // new one.
            const bool taken = std::any_of(view.servers.begin(), view.servers.end(), [&](const auto& other) {
                const auto& known = other.second.store.requests;
                return std::any_of(known.begin(), known.end(), [&](const RequestEntry& request) {
                    return request.spki == entry->certificate->spki_sha256;
                });
            });
            return taken && !EDGECERT_MUTANT(taken_key_used_again) ? std::nullopt : std::optional{entry->id};
        }
    }
    return std::nullopt;
}

// Everything else that was asked for this certificate no longer counts. Written before the new request is
// made.
void give_up_others(const Step& step, PoolWorld& world, const std::string& requirement, bool resubmitted) {
    for (const auto& server : world.pool.servers) {
        const auto* view = writable(world.view, server.name);
        if (view == nullptr) {
            continue;
        }
        for (const auto& entry : view->store.requests) {
            const bool other = entry.pool == world.pool.name && entry.name == step.certificate &&
                               entry.issuance != step.object;
            const auto why = resubmitted                        ? given_up_because::resubmitted
                             : entry.requirement == requirement ? given_up_because::superseded
                                                                : given_up_because::requirement_changed;
            // One that was given up until its requirement is back is given up for good by a resubmission.
            const bool noted = entry.phase == RequestPhase::abandoned &&
                               (entry.message == why || !resubmitted || entry.requirement != requirement);
            if (other && !noted && !EDGECERT_MUTANT(others_not_given_up)) {
                // Never before what it replaces, whatever this controller's clock says.
                const auto at = std::max(world.world.clock().now(), entry.since);
                const RequestNote note{RequestPhase::abandoned, at, {}, std::string{why}, {}, {}};
                world.store(server.name).note_request({entry.pool, entry.name, entry.spki}, note);
            }
        }
    }
}

Outcome Request::apply(const Step& step, PoolWorld& world) const {
    const auto& spec = spec_of(step, world);
    const auto has_reason = [&step](std::string_view code) {
        return std::any_of(step.reasons.begin(), step.reasons.end(), [code](const Reason& reason) {
            return reason.code == code;
        });
    };
    if (has_reason(entry_missing)) {
        return keep_entry(spec, step, world);
    }
    auto& store = world.store(step.server);
    const auto lock = store.lock(lock_patience);
    world.look(
        step.server);  // the decision is made again under the lock: another controller may have been here
    const auto* view = reachable(world.view, step.server);
    if (view == nullptr) {
        return unreachable(step.server);
    }
    const bool resubmitted = has_reason("resubmit");
    const auto present = at_present(world);
    const auto open = open_request(present, spec);
    const bool another = open && open->entry.issuance != step.object;
    const bool arrived = named(*view, step.object) != nullptr;  // a second key under one issuance id, else
    if (arrived || (another && (!resubmitted || was_resubmitted(present, open->entry)))) {
        return Done{};  // somebody else asked meanwhile; the fresh plan goes on with that
    }
    give_up_others(step, world, present.requirement(spec), resubmitted);
    RequestOrder order;
    order.pool = world.pool.name;
    order.name = spec.name;
    order.issuance = step.object;
    order.requirement = present.requirement(spec);
    order.holder = step.server;
    order.authority = spec.requirement.authority;
    order.contents = contents_of(spec);
    order.exportable = spec.exportable;
    order.friendly_name = spec.friendly_name;
    order.reuse_key = key_to_reuse(spec, *view, world.view);
    // Never before the plan: by this a resubmission knows what it has made (was_resubmitted).
    order.now = std::max(world.world.clock().now(), world.inputs.at);
    const auto entry = store.create_request(order);
    Outcome outcome = Done{};
    try {
        keep_everywhere(entry, step.server, world);
    } catch (const Error& error) {
        auto why = error.diagnostic();
        const auto stands = "a request for " + spec.name + " and its key are on " + step.server;
        why.text = stands + ", and nothing was sent: not every server could be told of it: " + why.text;
        outcome = Failed{std::move(why), stands};
    }
    world.look_everywhere();
    return outcome;
}

}  // namespace

std::unique_ptr<Provider> make_request() {
    return std::make_unique<Request>();
}

}  // namespace edgecert
