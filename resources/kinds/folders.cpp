// Folders inside one another: a store, a CA and what a person carries by hand each need a folder of their
// own, with nothing of another's in it.
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "resources/kinds/resolution.h"

namespace edgecert {

namespace {

struct Owned {
    std::string path{};  // absolute, without "." and ".."
    std::string what{};  // "the store of `ams-edge/edge01`"
    Place where{};
    bool exchange{};  // an outbox or inbox: one may well lie in another
};

std::vector<Owned> folders_of_authorities(const Resolution& resolution,
                                          const std::vector<AuthoritySpec>& authorities) {
    std::vector<Owned> folders;
    for (const AuthoritySpec& authority : authorities) {
        const auto declared = resolution.declared.authorities.find(authority.name);
        if (declared == resolution.declared.authorities.end()) {
            continue;
        }
        const AuthorityFields& fields = declared->second.spec.value;
        if (const auto* local = std::get_if<LocalAuthority>(&authority.kind)) {
            folders.push_back({local->directory,
                               "the folder of the CA " + ticked(authority.name),
                               fields.local.value.directory.place,
                               false});
        } else if (const auto* offline = std::get_if<OfflineAuthority>(&authority.kind)) {
            folders.push_back({offline->outbox,
                               "the outbox of " + ticked(authority.name),
                               fields.offline.value.outbox.place,
                               true});
            folders.push_back({offline->inbox,
                               "the inbox of " + ticked(authority.name),
                               fields.offline.value.inbox.place,
                               true});
        }
    }
    return folders;
}

std::vector<Owned> folders_of_stores(const std::vector<ResolvedPool>& pools) {
    std::vector<Owned> folders;
    for (const ResolvedPool& pool : pools) {
        for (std::size_t i = 0; i < pool.pool.servers.size(); ++i) {
            const ServerSpec& server = pool.pool.servers[i];
            folders.push_back({server.store.directory,
                               "the store of " + ticked(pool.pool.name + "/" + server.name),
                               pool.stores[i],
                               false});
        }
    }
    return folders;
}

// The same folder twice is told where stores and CAs are compared; only an exchange folder is told here.
void check_folder(Resolution& resolution,
                  const Owned& inner,
                  const std::unordered_map<std::string, const Owned*>& by_path) {
    std::string path = inner.path;
    while (path.size() > 1) {
        const auto outer = by_path.find(path);
        const bool other = outer != by_path.end() && outer->second != &inner;
        const bool same = path == inner.path;
        if (other && !(inner.exchange && outer->second->exchange) &&
            (!same || inner.exchange != outer->second->exchange)) {
            resolution.findings.error("nested-folder",
                                      inner.where,
                                      inner.what + (same ? " is " : " lies inside ") + outer->second->what,
                                      "give it a folder of its own: what one of them writes or clears away "
                                      "must not be the other's");
            return;
        }
        const auto slash = path.rfind('/');
        path.resize(slash == std::string::npos ? 0 : slash);
    }
}

}  // namespace

void check_folders(Resolution& resolution,
                   const std::vector<ResolvedPool>& pools,
                   const std::vector<AuthoritySpec>& authorities) {
    std::vector<Owned> folders = folders_of_authorities(resolution, authorities);
    for (Owned& store : folders_of_stores(pools)) {
        folders.push_back(std::move(store));
    }
    std::unordered_map<std::string, const Owned*> by_path;  // only looked up in; the first one counts
    for (const bool exchange : {false, true}) {
        for (const Owned& folder : folders) {
            if (folder.exchange == exchange && !folder.path.empty()) {
                by_path.try_emplace(folder.path, &folder);
            }
        }
    }
    for (const Owned& folder : folders) {
        check_folder(resolution, folder, by_path);
    }
}

}  // namespace edgecert
