// What only shows when all pools are known: shared stores, hosts and names, and addresses that could mean two
// things.
#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "resources/kinds/resolution.h"

namespace edgecert {

namespace {

// Which server of which pool.
struct ServerRef {
    const ResolvedPool* pool{};
    const ServerSpec* server{};
};

std::string address(const ServerRef& ref) {
    return ref.pool->pool.name + "/" + ref.server->name;
}

std::string command_key(const StoreSpec& store) {
    std::string key;
    for (const std::string& argument : store.command) {
        key += "\n" + std::to_string(argument.size()) + " " + argument;
    }
    return key;
}

// The maps are only looked up in: pools are walked in the order of their names, so findings do not depend on
// hashes.
class Conflicts {
public:
    Conflicts(Resolution& resolution, const std::vector<ResolvedPool>& pools)
        : resolution_(resolution), pools_(pools) {}

    void check(const std::vector<AuthoritySpec>& authorities) {
        for (const AuthoritySpec& authority : authorities) {
            if (const auto* local = std::get_if<LocalAuthority>(&authority.kind)) {
                authority_folders_.emplace(local->directory, &authority);
            }
        }
        for (const ResolvedPool& pool : pools_) {
            check_address(pool.pool.name, pool.where, "pool");
            for (std::size_t i = 0; i < pool.pool.servers.size(); ++i) {
                check_store(pool, i);
                check_host(pool, i);
            }
        }
        stores_.clear();
        hosts_.clear();
        commands_.clear();
        for (const auto& [name, site] : resolution_.declared.sites) {
            check_address(name, site.name.place, "site");
            if (resolution_.declared.pools.contains(name)) {
                resolution_.findings.error("ambiguous-address",
                                           site.name.place,
                                           "the site " + ticked(name) + " is named like a pool, so `" +
                                               std::string(name) + "` could mean either");
            }
        }
        collect_claims();
        for (const ResolvedPool& pool : pools_) {
            check_claims(pool);
        }
    }

private:
    struct Claim {
        std::string_view name{};
        const ResolvedPool* pool{};
    };
    static bool comes_before(const Claim& left, const Claim& right) { return left.name < right.name; }

    void check_address(std::string_view name, const Place& where, std::string_view what) {
        if (name == "authority") {
            resolution_.findings.error(
                "ambiguous-address",
                where,
                "a " + std::string(what) +
                    " cannot be named `authority`: addresses such as `authority/x` mean authorities");
        }
    }

    void check_store(const ResolvedPool& pool, std::size_t i) {
        const ServerSpec& server = pool.pool.servers[i];
        std::string_view key = server.store.directory;  // absolute, so it is no command's key
        if (key.empty() && !server.store.command.empty()) {
            key = commands_.emplace_back(command_key(server.store));
        }
        if (key.empty()) {
            return;
        }
        const auto authority = authority_folders_.find(server.store.directory);
        if (!server.store.directory.empty() && authority != authority_folders_.end()) {
            resolution_.findings.error(
                "shared-store",
                pool.stores[i],
                "this store is the folder of the CA " + ticked(authority->second->name));
        }
        const auto [first, fresh] = stores_.try_emplace(key, ServerRef{&pool, &server});
        const ServerRef& other = first->second;
        if (fresh || (other.server->outside && server.outside && other.pool != &pool)) {
            return;  // several pools may have their requests made on one machine
        }
        resolution_.findings.error(
            "shared-store",
            pool.stores[i],
            ticked(address({&pool, &server})) + " has the same store as " + ticked(address(other)),
            "each server has a store of its own; ${server.name} or ${server.fqdn} in the store's path tells "
            "them apart");
    }

    void check_host(const ResolvedPool& pool, std::size_t i) {
        const ServerSpec& server = pool.pool.servers[i];
        if (server.fqdn.empty() || server.outside) {
            return;
        }
        const auto [first, fresh] = hosts_.try_emplace(server.fqdn, ServerRef{&pool, &server});
        if (fresh) {
            return;
        }
        const bool same = first->second.pool == &pool;
        resolution_.findings.error(
            same ? "duplicate-host" : "host-in-two-pools",
            pool.servers[i],
            ticked(server.fqdn) + " is the host of " + ticked(address(first->second)) + " already",
            same ? "" : "one host in two pools is out of scope for now");
    }

    // Sorted instead of hashed: a fleet has many more names than anything else.
    void collect_claims() {
        for (const ResolvedPool& pool : pools_) {
            for (const ResolvedPool::Certificate& certificate : pool.certificates) {
                for (const NamePlace& claimed : certificate.names) {
                    claims_.push_back({claimed.name, &pool});
                }
            }
        }
        std::stable_sort(claims_.begin(), claims_.end(), comes_before);
    }

    [[nodiscard]] const ResolvedPool* claimer(std::string_view name) const {
        return std::lower_bound(claims_.begin(), claims_.end(), Claim{name, nullptr}, comes_before)->pool;
    }

    // The first pool by name claims; later ones are warned. One finding a certificate, however many names it
    // shares.
    void check_claims(const ResolvedPool& pool) {
        for (const ResolvedPool::Certificate& certificate : pool.certificates) {
            std::vector<std::string> shared;
            const ResolvedPool* other = nullptr;
            Place where{};
            for (const NamePlace& claimed : certificate.names) {
                const ResolvedPool* const first = claimer(claimed.name);
                if (first == &pool) {
                    continue;
                }
                if (shared.empty()) {
                    other = first;
                    // A name from a shared list says nothing of the pool; the certificate's entry does.
                    where = claimed.place.document == pool.where.document ? claimed.place : certificate.where;
                    where = where.document == pool.where.document ? where : pool.where;
                }
                shared.emplace_back(claimed.name);
            }
            if (other != nullptr) {
                resolution_.warn("name-claimed-twice",
                                 where,
                                 "the pool " + ticked(pool.pool.name) + " claims " + ticked_list(shared, 3) +
                                     ", and so does the pool " + ticked(other->pool.name),
                                 "clients reach one of them only, unless that is meant",
                                 {},
                                 {pool.where.document, other->where.document});
            }
        }
    }

    Resolution& resolution_;
    const std::vector<ResolvedPool>& pools_;
    std::deque<std::string> commands_{};  // keys of stores; all other keys are texts of the pools
    std::unordered_map<std::string_view, ServerRef> stores_{};
    std::unordered_map<std::string_view, ServerRef> hosts_{};
    std::vector<Claim> claims_{};
    std::unordered_map<std::string, const AuthoritySpec*> authority_folders_{};
};

}  // namespace

void check_conflicts(Resolution& resolution,
                     const std::vector<ResolvedPool>& pools,
                     const std::vector<AuthoritySpec>& authorities) {
    Conflicts(resolution, pools).check(authorities);
}

}  // namespace edgecert
