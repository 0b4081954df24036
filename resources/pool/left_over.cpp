// What is left over and stays, told so that a person may decide.
#include "resources/pool/left_over.h"

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "engine/text/encoding.h"
#include "resources/pool/look.h"
#include "resources/pool/unneeded.h"

namespace edgecert {

namespace {

// Of a pool that nobody declares here: it may be somebody else's, so that nothing takes it away.
void add_left_behind(const Planning& present,
                     const ServerSpec& server,
                     const ServerView& view,
                     std::vector<Diagnostic>& found) {
    const auto& declared = present.view().declared_pools;
    if (server.outside || declared == nullptr) {
        return;
    }
    std::map<std::string, std::size_t> left;  // pool → certificates
    for (const auto& entry : view.store.personal) {
        if (entry.owned && !declared->contains(entry.pool) && !is_in_use(view.store, entry.id)) {
            ++left[entry.pool];
        }
    }
    for (const auto& [pool, count] : left) {
        found.push_back({Severity::warning,
                         "left-behind",
                         "the pool " + printable(pool, 128) + ", which is not declared here, left " +
                             (count == 1 ? "a certificate" : std::to_string(count) + " certificates") +
                             " on " + server.name + " that no role there refers to, and nothing removes",
                         server.where,
                         {},
                         "edgecert show " + present.pool.name + "/" + server.name +
                             " tells which; if that pool is gone for good, or has another name now, take "
                             "them away there by hand"});
    }
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

// It never served, and does not: a person may take it away, we may not.
void add_kept(const Planning& present, std::vector<Diagnostic>& found) {
    std::map<CertificateId, std::pair<const PersonalEntry*, std::vector<std::string>>> kept;
    for (const auto& server : present.pool.servers) {
        const auto* view = server.absent ? nullptr : reachable(present, server);
        if (view == nullptr) {
            continue;
        }
        for (const auto& entry : view->store.personal) {
            const auto why = unneeded(present, server, entry);
            if (why && why->kept_since && *why->kept_since <= present.now()) {
                auto& one = kept[entry.id];
                one.first = &entry;
                one.second.push_back(server.name);
            }
        }
    }
    for (const auto& [id, one] : kept) {
        found.push_back({Severity::warning,
                         "unused-kept",
                         one.first->name + " " + id.str().substr(0, 12) + " of the pool " +
                             printable(one.first->pool, 128) + " on " + listed(one.second) +
                             " never served there, and what is declared is something else; it stays until "
                             "it has expired (" +
                             to_rfc3339(one.first->certificate->not_after) +
                             "): while a pool may need it, and nothing newer serves, the same would be "
                             "ordered again",
                         present.pool.where,
                         {},
                         {}});
    }
}

}  // namespace

std::vector<Diagnostic> left_over(const Planning& present) {
    std::vector<Diagnostic> found;
    for (const auto& server : present.pool.servers) {
        if (const auto* seen = reachable(present, server)) {
            add_left_behind(present, server, *seen, found);
        }
    }
    add_kept(present, found);
    return found;
}

}  // namespace edgecert
