// PoolUnit: observes its servers and asks its CAs, plans, and hands each step to the provider that carries it
// out.
#include "resources/pool/unit.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <future>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/text/encoding.h"
#include "engine/text/mutant.h"
#include "resources/pool/look.h"
#include "resources/pool/open_request.h"
#include "resources/pool/provider.h"
#include "resources/pool/requests.h"

namespace edgecert {

namespace {

constexpr std::size_t servers_at_once = 16;

// Where no thread is to be had, whoever waits for the answer does the work.
std::future<ServerView> in_a_thread(const std::function<ServerView()>& look) {
    try {
        return std::async(std::launch::async, look);
    } catch (const std::system_error&) {
        return std::async(std::launch::deferred, look);
    }
}

}  // namespace

PoolUnit::PoolUnit(Pool pool, const std::vector<AuthorityUnit*>& authorities, World& world)
    : pool_(std::move(pool)),
      world_(world),
      id_(pool_.name),
      all_authorities_(authorities),
      providers_(make_providers()) {
    for (auto* authority : authorities) {
        const auto& name = authority->spec().name;
        if (std::find(pool_.authorities.begin(), pool_.authorities.end(), name) != pool_.authorities.end()) {
            authority_units_[name] = authority;
            authorities_[name] = authority->spec();
            needs_.push_back(authority->id());
        }
    }
    for (const auto& server : pool_.servers) {
        stores_[server.name] = world_.open_store(server.store, server.name);
    }
}

PoolUnit::~PoolUnit() = default;

namespace {

// A remote store's errors begin with the server's name, which stands beside a view wherever it is shown.
std::string why_not_read(const std::string& server, const Diagnostic& why) {
    const auto name = server + ": ";
    const auto text = why.text.starts_with(name) ? why.text.substr(name.size()) : why.text;
    return printable(text + (why.hint.empty() ? "" : " (" + why.hint + ")"), 4000);
}

}  // namespace

ServerView PoolUnit::look_at(const std::string& server) {
    ServerView view;
    view.observed = world_.clock().now();
    if (const auto refused = refused_.find(server); refused != refused_.end()) {
        view.reachable = false;
        view.error = refused->second;
        return view;
    }
    try {
        view.store = stores_.at(server)->observe(world_.certificates());
        view.clock_difference = view.store.clock ? *view.store.clock - view.observed : Seconds{};
        if (EDGECERT_MUTANT(looking_writes) && !view.store.roles.empty()) {
            RoleNote same;
            same.role = view.store.roles.front().role;
            stores_.at(server)->note_role(same);
        }
    } catch (const Error& error) {
        view.reachable = false;
        view.error = why_not_read(server, error.diagnostic());
    } catch (const std::exception& error) {  // no memory, no threads: this server's trouble, not the pool's
        view.reachable = false;
        view.error = printable(error.what(), 4000);
    }
    return view;
}

void PoolUnit::refuse(const std::string& server, const std::string& why) {
    refused_[server] = why;
    view_.servers[server] = look_at(server);
}

void PoolUnit::look_at_all() {
    std::vector<std::string> names;
    for (const auto& server : pool_.servers) {
        names.push_back(server.name);
    }
    if (names.size() == 1 || !world_.concurrent()) {
        for (const auto& name : names) {
            view_.servers[name] = look_at(name);
        }
    }
    for (std::size_t first = 0; names.size() > 1 && world_.concurrent() && first < names.size();
         first += servers_at_once) {
        std::vector<std::future<ServerView>> running;
        const auto last = std::min(names.size(), first + servers_at_once);
        for (std::size_t index = first + 1; index < last; ++index) {
            running.push_back(in_a_thread([this, &names, index] { return look_at(names[index]); }));
        }
        view_.servers[names[first]] = look_at(names[first]);  // this thread would only wait
        for (std::size_t index = first + 1; index < last; ++index) {
            view_.servers[names[index]] = running[index - first - 1].get();
        }
    }
    refuse_shared_stores();
}

// Two servers that show one store id are one machine or a copy of one: nothing that is done there would be
// what it says.
void PoolUnit::refuse_shared_stores() {
    std::map<std::string, std::vector<std::string>> shown;  // store id → servers as declared
    for (const auto& server : pool_.servers) {
        const auto& view = view_.servers[server.name];
        if (view.reachable && !view.store.store_id.empty()) {
            shown[view.store.store_id].push_back(server.name);
        }
    }
    for (const auto& [id, servers] : shown) {
        if (servers.size() == 1) {
            continue;
        }
        for (const auto& name : servers) {
            std::string others;
            for (const auto& other : servers) {
                others += other == name ? "" : (others.empty() ? "" : ", ") + other;
            }
            view_.servers[name].reachable = false;
            view_.servers[name].error = "it shows the same store as " + others + " (id " + printable(id, 80) +
                                        "): two servers must not share or copy one";
        }
    }
}

void PoolUnit::ask_authorities() {
    view_.answers.clear();
    view_.silent.clear();
    const auto present = make_planning(pool_, authorities_, inputs_, view_);
    for (const auto& spec : pool_.certificates) {
        const auto open = open_request(present, spec);
        const auto unit = authority_units_.find(spec.requirement.authority);
        if (!open || open->phase != RequestPhase::accepted || unit == authority_units_.end()) {
            continue;
        }
        const auto& entry = open->entry;
        try {
            const Inquiry inquiry{entry.issuance,
                                  entry.pool,
                                  spec.name,
                                  entry.spki,
                                  entry.ticket,
                                  entry.request_pem,
                                  entry.submitted.value_or(entry.since)};
            view_.answers[entry.issuance] = unit->second->authority().poll(inquiry, world_.certificates());
        } catch (const Error& error) {
            view_.silent[entry.issuance] = printable(error.diagnostic().text, 4000);
        }
    }
}

// Servers whose requests another controller may be about to change: wait for its end and look again. A
// submission that is just being made is not an ambiguous one, and a key that its holder did not show may have
// been made, or become a certificate's, between the looks at two servers: it is not lost.
// Value: whether it is a submission, which without a second look nobody can plan upon.
std::map<std::string, bool> PoolUnit::changing_hands() const {
    const auto shows_key = [](const ServerView& holder, const RequestEntry& entry) {
        const auto& requests = holder.store.requests;
        return std::any_of(requests.begin(), requests.end(), [&](const RequestEntry& own) {
            return own.pool == entry.pool && own.name == entry.name && own.spki == entry.spki &&
                   own.key == KeyState::present;
        });
    };
    std::map<std::string, bool> busy;
    for (const auto& [name, server] : view_.servers) {
        for (const auto& entry : server.store.requests) {
            if (!server.reachable || entry.pool != pool_.name || entry.phase == RequestPhase::abandoned) {
                continue;
            }
            const auto holder = view_.servers.find(entry.holder);
            const bool gone = holder == view_.servers.end() || !holder->second.reachable ||
                              !holder->second.store.exists;  // nothing to lock: looking makes no store
            if (gone) {
                continue;
            }
            const bool seen = shows_key(holder->second, entry);
            const bool submitted = seen && entry.phase == RequestPhase::submitting && name == entry.holder;
            if (!seen || submitted) {
                busy[entry.holder] = busy[entry.holder] || submitted;
            }
        }
    }
    return busy;
}

void PoolUnit::observe() {
    look_at_all();
    for (const auto& [name, submitted] : changing_hands()) {
        try {
            const auto lock = stores_.at(name)->lock(lock_patience);
            view_.servers[name] = look_at(name);
        } catch (const Error& error) {
            if (submitted) {
                view_.servers[name].reachable = false;
                view_.servers[name].error = why_not_read(name, error.diagnostic());
            }
        }
    }
    ask_authorities();
    for (const auto& [name, server] : view_.servers) {
        for (const auto& entry : server.store.trust) {
            // Also where this pool no longer declares it: another pool may, and a CA is not born twice.
            for (auto* unit : all_authorities_) {
                if (server.reachable && entry.owned && unit->spec().name == entry.authority) {
                    unit->known_by_a_store();
                }
            }
        }
    }
}

void PoolUnit::rest() {
    for (const auto& [name, store] : stores_) {
        store->rest();
    }
}

UnitPlan PoolUnit::plan(const PlanInputs& inputs) const {
    auto view = view_;
    for (const auto& [name, unit] : authority_units_) {
        view.authorities[name] = unit->projected();
    }
    return plan_pool(pool_, authorities_, view, inputs);
}

Planning PoolUnit::present(const PlanInputs& inputs) const {
    auto view = view_;
    for (const auto& [name, unit] : authority_units_) {
        view.authorities[name] = unit->view();
    }
    return make_planning(pool_, authorities_, inputs, std::move(view));
}

// What a step needs is gone, and nobody plans the step any more: that is another controller, not a fault.
Diagnostic PoolUnit::told_apart(Diagnostic why, const Step& step) const {
    const std::vector<Step> fresh = plan(inputs_).steps;
    const bool planned =
        std::any_of(fresh.begin(), fresh.end(), [&step](const Step& one) { return one.id == step.id; });
    if (why.code == "no-such-entry" && !planned) {
        why.code = "overtaken";
        why.text = "somebody else was faster, and it is not needed any more: " + why.text;
        why.hint = "apply again, which goes on from what is there now";
    }
    return why;
}

Outcome PoolUnit::perform(const Step& step, const PlanInputs& inputs) {
    inputs_ = inputs;
    for (const auto& [name, unit] : authority_units_) {
        view_.authorities[name] = unit->projected();
    }
    const auto store = [this](const std::string& server) -> CertificateStore& {
        const auto found = stores_.find(server);
        if (found == stores_.end()) {
            throw Error("no-such-server", "server " + server + " is not declared");
        }
        return *found->second;
    };
    PoolWorld world{pool_,
                    authorities_,
                    authority_units_,
                    view_,
                    inputs_,
                    world_,
                    store,
                    [this](const std::string& server) { view_.servers[server] = look_at(server); },
                    [this] {
                        look_at_all();
                        ask_authorities();
                    },
                    switches_};
    try {
        for (const auto& provider : providers_) {
            if (provider->carries_out(step.action)) {
                return provider->apply(step, world);
            }
        }
    } catch (const Error& error) {
        look_at_all();
        ask_authorities();
        return Failed{told_apart(error.diagnostic(), step)};
    }
    return Failed{{Severity::error,
                   "no-provider",
                   "nothing carries out " + std::string{to_text(step.action)},
                   {},
                   {},
                   {}}};
}

}  // namespace edgecert
