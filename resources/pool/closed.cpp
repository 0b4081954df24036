// Stores that cannot be changed, from what a look found there.
#include "resources/pool/closed.h"

#include <algorithm>

#include "engine/text/encoding.h"
#include "resources/pool/look.h"

namespace edgecert {

namespace {

constexpr std::size_t obstacles_told = 3;

bool is_closed(const ServerView& server) {
    return std::any_of(server.store.findings.begin(), server.store.findings.end(), closes);
}

bool is_noted_everywhere(const Step& step) {
    return step.action == Action::create_request || step.action == Action::submit_request ||
           step.action == Action::collect_certificate || step.action == Action::install_certificate;
}

}  // namespace

bool closes(const Finding& finding) {
    return finding.code == "not-writable" || finding.code == "lock-unusable";
}

const ServerView* writable(const PoolView& view, const std::string& server) {
    const auto* found = reachable(view, server);
    return found != nullptr && !is_closed(*found) ? found : nullptr;
}

std::string why_closed(const ServerView& server) {
    std::string why;
    std::size_t told = 0;
    for (const Finding& finding : server.store.findings) {
        if (closes(finding) && told < obstacles_told) {
            why += (told == 0 ? "" : "; ") + printable(finding.text, 512);
            ++told;
        }
    }
    return "its store cannot be changed: " + why;
}

std::vector<const ServerSpec*> closed_in_the_way(const Pool& pool,
                                                 const PoolView& view,
                                                 const std::vector<Step>& steps) {
    const bool noted = std::any_of(steps.begin(), steps.end(), is_noted_everywhere);
    std::vector<const ServerSpec*> found;
    for (const ServerSpec& server : pool.servers) {
        const auto* seen = reachable(view, server.name);
        if (seen == nullptr || !is_closed(*seen)) {
            continue;
        }
        const bool changed = std::any_of(steps.begin(), steps.end(), [&](const Step& step) {
            return step.server == server.name && !step.wait;
        });
        if (changed || (noted && !server.absent)) {
            found.push_back(&server);
        }
    }
    return found;
}

}  // namespace edgecert
