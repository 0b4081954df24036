// Warnings of a pool, each from facts of one server's view.
#include "resources/pool/warnings.h"

#include <chrono>
#include <set>
#include <string>

#include "engine/text/encoding.h"
#include "resources/pool/look.h"

namespace edgecert {

namespace {

constexpr Seconds far_apart = std::chrono::minutes{5};

void add_clock(const ServerSpec& server, const ServerView& view, std::vector<Diagnostic>& found) {
    const Seconds ahead = view.clock_difference;
    if (ahead <= far_apart && ahead >= -far_apart) {
        return;
    }
    found.push_back(
        {Severity::warning,
         "clock-differs",
         "the clock of " + server.name + " is " + to_words(ahead > Seconds{} ? ahead : -ahead) +
             (ahead > Seconds{} ? " ahead of" : " behind") + " the one here",
         server.where,
         {},
         "certificates are valid by the clock of whoever looks at them: set the wrong one of both"});
}

// A key that was open to others stays known to whoever read it, also when a closed copy takes its place.
void add_exposed(const ServerSpec& server, const ServerView& view, std::vector<Diagnostic>& found) {
    for (const auto& entry : view.store.personal) {
        if (entry.key != KeyState::exposed) {
            continue;
        }
        found.push_back({Severity::warning,
                         "key-exposed",
                         "others can read the key of " +
                             (entry.name.empty() ? entry.id.substr(0, 12) : entry.name) + " on " +
                             server.name +
                             ", which is refused there; closing it, or putting a copy back, does not make it "
                             "secret again",
                         server.where,
                         {},
                         "if anybody may have read it, have it replaced: issuedAfter with today's date makes "
                         "the pool ask "
                         "for a certificate with a new key (template: key.onRenewal new)"});
    }
}

void add_unusable(const ServerSpec& server, const ServerView& view, std::vector<Diagnostic>& found) {
    for (const auto& finding : view.store.findings) {
        if (finding.code == "not-writable" || finding.code == "lock-unusable") {
            found.push_back(
                {Severity::warning,
                 "store-unusable",
                 "nothing could be changed on " + server.name + ": " + printable(finding.text, 512),
                 server.where,
                 {},
                 {}});
        }
    }
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

// Whoever checks a certificate checks the CAs above it. No request would mend it, so that it makes no step.
void add_ends(const Planning& present, const std::vector<Served>& rows, std::vector<Diagnostic>& found) {
    std::set<CertificateId> told;
    for (const auto& row : rows) {
        const auto* spec = find_certificate(present.pool, row.line.certificate);
        if (!row.chain_end || spec == nullptr || !told.insert(row.line.sha256).second) {
            continue;
        }
        const auto& authority = present.authorities.at(spec->requirement.authority);
        const bool past = row.chain_end->at <= present.valid_at();
        found.push_back({Severity::warning,
                         "chain-ends-first",
                         "the CA " + printable(row.chain_end->which->subject_text, 200) + " above " +
                             spec->name + (past ? " expired on " : " expires on ") +
                             to_rfc3339(row.chain_end->at) + ", before " + spec->name + " itself (" +
                             to_rfc3339(row.certificate->not_after) +
                             (past ? "), which is refused since then" : "), which is refused from then on"),
                         authority.where,
                         {},
                         row.chain_renewed
                             ? "the chain that is declared lasts longer, but servers present the one before: "
                               "issuedAfter with today's date makes the pool ask for a certificate anew"
                             : how_to_renew(authority)});
    }
}

}  // namespace

std::vector<Diagnostic> pool_warnings(const Planning& present, const std::vector<Served>& rows) {
    std::vector<Diagnostic> found;
    for (const auto& server : present.pool.servers) {
        const auto* seen = reachable(present.view(), server.name);
        if (seen == nullptr) {
            continue;
        }
        add_clock(server, *seen, found);
        add_exposed(server, *seen, found);
        add_unusable(server, *seen, found);
    }
    for (const auto& one : keyless(present)) {
        found.push_back({Severity::warning,
                         "served-without-key",
                         one.role + " points at a certificate " + one.key + " on " + listed(one.servers),
                         present.pool.where,
                         {},
                         {}});
    }
    add_ends(present, rows, found);
    return found;
}

std::vector<Diagnostic> left_at_barrier(const Pool& pool, const std::vector<Step>& whole) {
    std::set<std::string> roles;
    for (const auto& step : whole) {
        if (step.action == Action::assign_role || step.action == Action::unassign_role ||
            step.action == Action::activate_role || step.action == Action::verify_role) {
            roles.insert(step.role);
        }
    }
    std::string names;
    for (const auto& role : roles) {
        names += (names.empty() ? "" : ", ") + role;
    }
    if (names.empty()) {
        return {};
    }
    return {{Severity::note,
             "not-switched",
             "prepared, not switched: " + names,
             pool.where,
             {},
             "a plan without --until installed switches it"}};
}

}  // namespace edgecert
