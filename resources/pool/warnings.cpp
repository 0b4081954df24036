// Warnings of a pool, each from facts of one server's view.
#include "resources/pool/warnings.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <set>
#include <string>

#include "engine/text/encoding.h"
#include "resources/pool/closed.h"
#include "resources/pool/judgement.h"
#include "resources/pool/look.h"
#include "resources/pool/renewal.h"

namespace edgecert {

namespace {

constexpr Seconds far_apart = std::chrono::minutes{5};
constexpr std::size_t findings_told = 2;

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
                             (entry.name.empty() ? entry.id.str().substr(0, 12) : entry.name) + " on " +
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

bool makes_unusable(const Finding& finding) {
    return closes(finding) || finding.code == "no-key-group";
}

void add_unusable(const ServerSpec& server, const ServerView& view, std::vector<Diagnostic>& found) {
    for (const auto& finding : view.store.findings) {
        if (makes_unusable(finding)) {
            found.push_back(
                {Severity::warning,
                 "store-unusable",
                 (finding.code == "no-key-group" ? "no key could be put on "
                                                 : "nothing could be changed on ") +
                     server.name + ": " + printable(finding.text, 512),
                 server.where,
                 {},
                 finding.code == "no-key-group" ? "make the group there, or declare another keyGroup" : ""});
        }
    }
}

// A hash in a path as people compare it by eye.
std::string shortened(const std::string& path) {
    std::string text;
    std::size_t from = 0;
    while (from <= path.size()) {
        const auto slash = std::min(path.find('/', from), path.size());
        const auto part = path.substr(from, slash - from);
        const bool hash = part.size() == 64 && from_hex(part).has_value();
        text += (from == 0 ? "" : "/") + (hash ? part.substr(0, 12) + "…" : part);
        from = slash + 1;
    }
    return text;
}

// Once a server, however much there is: `show` tells all of it.
void add_findings(const Pool& pool,
                  const ServerSpec& server,
                  const ServerView& view,
                  std::vector<Diagnostic>& found) {
    std::string what;
    std::size_t told = 0;
    std::size_t more = 0;
    for (const auto& finding : view.store.findings) {
        if (makes_unusable(finding)) {
            continue;  // said by itself
        }
        if (told == findings_told) {
            ++more;
            continue;
        }
        what += (told == 0 ? "" : "; ") + shortened(printable(finding.path, 256)) + ": " +
                printable(finding.text, 256) + " [" + printable(finding.code, 64) + "]";
        ++told;
    }
    if (told == 0) {
        return;
    }
    what += more == 0 ? "" : "; and " + std::to_string(more) + " more";
    found.push_back({Severity::note,
                     "store-findings",
                     "the store of " + server.name + " is not all as it should be: " + what,
                     server.where,
                     {},
                     "edgecert show " + pool.name + "/" + server.name + " tells everything found there"});
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
        const auto held = candidate(present, row.line.sha256);
        const bool ours = held && held->entry->owned;
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
                         !row.chain_renewed ? how_to_renew(authority)
                         : ours ? "the chain that is declared lasts longer: apply has servers present it"
                                : "the chain that is declared lasts longer, but servers present the one "
                                  "before, with a certificate that somebody else put there: "
                                  "issuedAfter with today's date makes the pool ask for its own"});
    }
}

// Its renewal is due by its own lifetime, and none is ordered: it would gain nothing.
void add_unrenewed(const Planning& present, const std::vector<Served>& rows, std::vector<Diagnostic>& found) {
    std::set<CertificateId> told;
    for (const auto& row : rows) {
        const auto* spec = find_certificate(present.pool, row.line.certificate);
        if (spec == nullptr || row.chain_end || row.line.renewal_due ||
            due(*row.certificate, spec->renewal) > present.now() || !told.insert(row.line.sha256).second) {
            continue;
        }
        const auto end = outlived_authority(present, *spec, *row.certificate);
        if (!end) {
            continue;
        }
        const auto& authority = present.authorities.at(spec->requirement.authority);
        found.push_back({Severity::warning,
                         "authority-ends-soon",
                         "the renewal of " + spec->name + " has been due since " +
                             to_rfc3339(due(*row.certificate, spec->renewal)) +
                             ", and nothing is ordered: the CA " + printable(end->which->subject_text, 200) +
                             " expires on " + to_rfc3339(end->at) +
                             ", and what it issues ends no later than what serves (" +
                             to_rfc3339(row.certificate->not_after) + ")",
                         authority.where,
                         {},
                         how_to_renew(authority)});
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
        add_findings(present.pool, server, *seen, found);
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
    add_unrenewed(present, rows, found);
    return found;
}

namespace {

// Those that these steps would switch: "internal, r2".
std::string roles_in(const std::vector<Step>& steps) {
    std::set<std::string> roles;
    for (const auto& step : steps) {
        if (step.action == Action::assign_role || step.action == Action::unassign_role ||
            step.action == Action::activate_role || step.action == Action::verify_role) {
            roles.insert(step.role);
        }
    }
    std::string names;
    for (const auto& role : roles) {
        names += (names.empty() ? "" : ", ") + role;
    }
    return names;
}

}  // namespace

std::vector<Diagnostic> left_outside_target(const Pool& pool, const std::vector<Step>& dropped) {
    if (dropped.empty()) {
        return {};
    }
    const std::string roles = roles_in(dropped);
    const std::string many = std::to_string(dropped.size()) + (dropped.size() == 1 ? " step" : " steps");
    return {{Severity::note,
             "outside-target",
             "left outside of --target: " + many + (roles.empty() ? "" : "; not switched: " + roles),
             pool.where,
             {},
             "a plan without --target has them"}};
}

std::vector<Diagnostic> left_at_barrier(const Pool& pool, const std::vector<Step>& whole) {
    const std::string names = roles_in(whole);
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
