// A scenario: everything that a seed means before it is lived through; its parts can be left out one by one.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "resources/pool/desired.h"
#include "tests/support/sim_faults.h"
#include "tests/support/sim_world.h"

namespace edgecert::simulation {

// What happens between two runs. Numbers choose among what is there, whatever that is.
enum class Happening {
    // in the manifests
    add_server,
    server_absent,
    server_returns,
    forget_absent,
    maintenance,
    add_name,
    remove_name,
    other_authority,
    larger_key,
    friendly_name,
    renewal_window,
    validity,
    issued_after,
    exportable,
    add_role,
    remove_role,
    add_certificate,
    remove_certificate,
    trust_more,
    trust_less,
    reuse_key,
    retire_after,
    max_unavailable,
    verification,
    request_on,
    // by people, past the manifests
    delete_key,
    delete_certificate,
    unassign_by_hand,
    point_by_hand,
    root_by_hand,
    misplace_intermediate,
    certificate_by_hand,
    satisfying_by_hand,
    damage,
    stray_request,
    remove_trust,
    new_machine,
    rubbish,
    delete_request,
    officer_issues,
    officer_denies,
    renew_chain,
    drop_old_chain,
    lose_authority,
    // only in plots, where several things come together: in the manifests,
    share_certificate,
    move_authority,
    hand_over,
    // and by people and networks
    cut_off,
    take_back,
    repoint_by_hand,
    delete_foreign_key
};
inline constexpr int first_by_people = static_cast<int>(Happening::delete_key);
inline constexpr int happenings = static_cast<int>(Happening::lose_authority) + 1;  // drawn one by one
[[nodiscard]] bool is_by_people(Happening happening);
[[nodiscard]] std::string_view to_text(Happening happening);

// Of so many seeds one has real stores: files cost a hundred times as much.
inline constexpr std::uint64_t one_with_disks = 32;

struct Event {
    int round{};  // before this run; −1: before the first one, as the state that is found
    Happening what{};
    std::uint64_t chance{};
    int number{};
};

struct AuthorityPlan {
    SimCa ca{};
    AuthoritySpec spec{};
};

struct Scenario {
    std::uint64_t seed{};
    std::vector<AuthorityPlan> authorities{};
    std::vector<Pool> pools{};
    std::set<std::string> activating{};  // directories of servers that run something after an assignment
    std::vector<Event> events{};
    std::vector<Fault> faults{};
    std::vector<int> pauses{};           // minutes before each run
    std::vector<std::string> targets{};  // of each run; "": everything
    std::vector<int> others{};           // controllers that run at the same time as each run
    std::map<std::string, int> skew{};   // directory → minutes by which a server's clock is ahead
    bool disks{};                        // servers have the real store in a folder
    bool guards{true};                   // stores and CAs refuse what would break them
};

// 2026-01-01, when every simulation starts.
[[nodiscard]] Instant beginning();
[[nodiscard]] const std::vector<std::string>& role_names();
[[nodiscard]] ServerSpec make_server(const Pool& pool, const std::string& name);
[[nodiscard]] std::vector<Verification> checks_of(const Pool& pool,
                                                  const CertificateSpec& spec,
                                                  bool from_server);
[[nodiscard]] CertificateSpec make_certificate(const Pool& pool,
                                               const std::string& name,
                                               const std::string& authority,
                                               const std::vector<std::string>& roles);
void tidy(Pool& pool);  // what resolve() would do: exportable where the key travels, authorities collected,
                        // checks for present servers

// Names of parts: "e3" an event, "f2" a fault, "pool lon", "server ams/edge02", "certificate ams/external",
// "rounds 3" (only so many), "guards" of stores and CAs.
[[nodiscard]] Scenario make_scenario(std::uint64_t seed, const std::set<std::string>& without);
// Things that come together, each rare by itself, and faults that aim at an action: from a stream of their
// own.
void draw_plots(std::uint64_t seed, Scenario& scenario);
[[nodiscard]] std::vector<std::string> parts_of(const Scenario& scenario);  // the largest first
[[nodiscard]] std::vector<std::string> describe(const Scenario& scenario);

}  // namespace edgecert::simulation
