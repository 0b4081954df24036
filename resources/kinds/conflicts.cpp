// What only shows when all pools are known: shared stores, hosts and names, and addresses that could mean two
// things.
#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "resources/kinds/resolution.h"

namespace edgecert {

namespace {

// A server, by what no other may have as well.
struct Use {
    std::string_view key{};
    const ResolvedPool* pool{};
    std::size_t index{};
    [[nodiscard]] const ServerSpec& server() const { return pool->pool.servers[index]; }
};

// Calls tell(first, other) for each that is not the first with its key, in the order of pools and servers.
// Sorted instead of hashed: there are as many as servers, and the nodes of a table take more than they hold.
template <class Tell>
void tell_shared(std::vector<Use>& uses, const Tell& tell) {
    std::sort(uses.begin(), uses.end(), [](const Use& left, const Use& right) {
        return std::tie(left.key, left.pool, left.index) < std::tie(right.key, right.pool, right.index);
    });
    const Use* first = nullptr;
    for (const Use& use : uses) {
        if (first == nullptr || first->key != use.key) {
            first = &use;
        } else {
            tell(*first, use);
        }
    }
}

std::string address(const Use& use) {
    return use.pool->pool.name + "/" + use.server().name;
}

std::string command_key(const StoreSpec& store) {
    std::string key;
    for (const std::string& argument : store.command) {
        key += "\n" + std::to_string(argument.size()) + " " + argument;
    }
    return key;
}

class Conflicts {
public:
    Conflicts(Resolution& resolution, const std::vector<ResolvedPool>& pools)
        : resolution_(resolution), pools_(pools) {}

    void check(const std::vector<AuthoritySpec>& authorities) {
        std::size_t servers = 0;
        for (const ResolvedPool& pool : pools_) {
            check_address(pool.pool.name, pool.where, "pool");
            servers += pool.pool.servers.size();
        }
        check_authority_folders(authorities);
        check_stores(servers);
        check_hosts(servers);
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
        const std::string* name{};
        const ResolvedPool* pool{};
    };

    void check_address(std::string_view name, const Place& where, std::string_view what) {
        if (name == "authority") {
            resolution_.findings.error(
                "ambiguous-address",
                where,
                "a " + std::string(what) +
                    " cannot be named `authority`: addresses such as `authority/x` mean authorities");
        }
    }

    void check_authority_folders(const std::vector<AuthoritySpec>& authorities) {
        std::unordered_map<std::string_view, const AuthoritySpec*> folders;
        for (const AuthoritySpec& authority : authorities) {
            if (const auto* local = std::get_if<LocalAuthority>(&authority.kind)) {
                folders.emplace(local->directory, &authority);
            }
        }
        for (const ResolvedPool& pool : pools_) {
            for (std::size_t i = 0; i < pool.pool.servers.size(); ++i) {
                const std::string& directory = pool.pool.servers[i].store.directory;
                const auto authority = folders.find(directory);
                if (!directory.empty() && authority != folders.end()) {
                    resolution_.findings.error(
                        "shared-store",
                        pool.stores[i],
                        "this store is the folder of the CA " + ticked(authority->second->name));
                }
            }
        }
    }

    void check_stores(std::size_t servers) {
        std::deque<std::string> commands;  // keys of stores; all other keys are texts of the pools
        std::vector<Use> uses;
        uses.reserve(servers);
        for (const ResolvedPool& pool : pools_) {
            for (std::size_t i = 0; i < pool.pool.servers.size(); ++i) {
                const StoreSpec& store = pool.pool.servers[i].store;
                if (!store.directory.empty()) {  // absolute, so it is no command's key
                    uses.push_back({store.directory, &pool, i});
                } else if (!store.command.empty()) {
                    uses.push_back({commands.emplace_back(command_key(store)), &pool, i});
                }
            }
        }
        tell_shared(uses, [&](const Use& first, const Use& other) {
            if (first.server().outside && other.server().outside && first.pool != other.pool) {
                return;  // several pools may have their requests made on one machine
            }
            resolution_.findings.error(
                "shared-store",
                other.pool->stores[other.index],
                ticked(address(other)) + " has the same store as " + ticked(address(first)),
                "each server has a store of its own; ${server.name} or ${server.fqdn} in the store's path "
                "tells them apart");
        });
    }

    void check_hosts(std::size_t servers) {
        std::vector<Use> uses;
        uses.reserve(servers);
        for (const ResolvedPool& pool : pools_) {
            for (std::size_t i = 0; i < pool.pool.servers.size(); ++i) {
                const ServerSpec& server = pool.pool.servers[i];
                if (!server.fqdn.empty() && !server.outside) {
                    uses.push_back({server.fqdn, &pool, i});
                }
            }
        }
        tell_shared(uses, [&](const Use& first, const Use& other) {
            const bool same = first.pool == other.pool;
            resolution_.findings.error(
                same ? "duplicate-host" : "host-in-two-pools",
                other.pool->servers[other.index],
                ticked(other.server().fqdn) + " is the host of " + ticked(address(first)) + " already",
                same ? "" : "one host in two pools is out of scope for now");
        });
    }

    // Sorted likewise: a fleet has many more names than anything else. One that is twice in a pool harms
    // nothing.
    void collect_claims() {
        const auto each = [&](const auto& take) {
            for (const ResolvedPool& pool : pools_) {
                for (const CertificateSpec& spec : pool.pool.certificates) {
                    const x509::Names& names = spec.requirement.names;
                    std::for_each(
                        names.dns.begin(), names.dns.end(), [&](const auto& name) { take(name, pool); });
                    std::for_each(
                        names.ip.begin(), names.ip.end(), [&](const auto& name) { take(name, pool); });
                    const std::string& own = spec.requirement.subject.common_name;
                    if (!own.empty() && !names.dns.contains(own)) {
                        take(own, pool);
                    }
                }
            }
        };
        std::size_t count = 0;
        each([&count](const std::string&, const ResolvedPool&) { ++count; });
        claims_.reserve(count);
        each([this](const std::string& name, const ResolvedPool& pool) {
            claims_.push_back({&name, &pool});
        });
        std::sort(claims_.begin(), claims_.end(), [](const Claim& left, const Claim& right) {
            return std::tie(*left.name, left.pool) < std::tie(*right.name, right.pool);
        });
    }

    [[nodiscard]] const ResolvedPool* claimer(std::string_view name) const {
        const auto comes_before = [](const Claim& claim, std::string_view wanted) {
            return *claim.name < wanted;
        };
        return std::lower_bound(claims_.begin(), claims_.end(), name, comes_before)->pool;
    }

    // The first pool by name claims; later ones are warned. One finding a certificate, however many names it
    // shares.
    void check_claims(const ResolvedPool& pool) {
        for (std::size_t i = 0; i < pool.certificates.size(); ++i) {
            const ResolvedPool::Certificate& certificate = pool.certificates[i];
            std::vector<std::string> shared;
            const ResolvedPool* other = nullptr;
            Place where{};
            for (const NamePlace& claimed : claimed_names(pool.pool.certificates[i], certificate)) {
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
    std::vector<Claim> claims_{};
};

}  // namespace

void check_conflicts(Resolution& resolution,
                     const std::vector<ResolvedPool>& pools,
                     const std::vector<AuthoritySpec>& authorities) {
    Conflicts(resolution, pools).check(authorities);
}

}  // namespace edgecert
