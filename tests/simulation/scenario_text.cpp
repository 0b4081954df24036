// A scenario in words, and the parts that can be left out of it.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/scenario.h"

namespace edgecert::simulation {

std::vector<std::string> parts_of(const Scenario& scenario) {
    std::vector<std::string> parts;
    if (scenario.pools.size() > 1) {
        for (const Pool& pool : scenario.pools) {
            parts.push_back("pool " + pool.name);
        }
    }
    for (std::size_t rounds = 1; rounds < scenario.pauses.size(); ++rounds) {
        parts.push_back("rounds " + std::to_string(rounds));
    }
    const auto some = [](const auto& list, const auto& nothing) {
        return std::any_of(list.begin(), list.end(), [&](const auto& one) { return one != nothing; });
    };
    if (scenario.disks) {
        parts.push_back("disks");
    }
    if (some(scenario.others, 0)) {
        parts.push_back("others");
    }
    if (some(scenario.targets, std::string())) {
        parts.push_back("targets");
    }
    if (!scenario.skew.empty()) {
        parts.push_back("clocks");
    }
    for (const Event& event : scenario.events) {
        parts.push_back("e" + std::to_string(event.number));
    }
    for (const Fault& fault : scenario.faults) {
        parts.push_back("f" + std::to_string(fault.number));
    }
    for (const Pool& pool : scenario.pools) {
        for (const CertificateSpec& spec : pool.certificates) {
            if (pool.certificates.size() > 1) {
                parts.push_back("certificate " + pool.name + "/" + spec.name);
            }
        }
        for (const ServerSpec& server : pool.servers) {
            if (server.name != "edge01") {
                parts.push_back("server " + pool.name + "/" + server.name);
            }
        }
    }
    return parts;
}

std::vector<std::string> describe(const Scenario& scenario) {
    std::vector<std::string> lines;
    for (const AuthorityPlan& authority : scenario.authorities) {
        lines.push_back("authority " + authority.spec.name + (authority.ca.exists ? "" : ", not born yet"));
    }
    if (scenario.disks) {
        lines.push_back("servers have real stores on simulated disks");
    }
    for (const Pool& pool : scenario.pools) {
        std::string line = "pool " + pool.name + ":";
        for (const ServerSpec& server : pool.servers) {
            line += " " + server.name + (server.maintenance ? " (maintenance)" : "") +
                    (server.outside ? " (outside)" : "") +
                    (scenario.activating.contains(server.store.directory) ? " (activates)" : "");
            const auto skew = scenario.skew.find(server.store.directory);
            line +=
                skew == scenario.skew.end() ? "" : " (its clock " + std::to_string(skew->second) + " min)";
        }
        line += "; requests on " + pool.request_on;
        for (const CertificateSpec& spec : pool.certificates) {
            line += "; certificate " + spec.name + " of " + spec.requirement.authority +
                    (spec.verify.empty() ? "" : ", verified") + (spec.reuse_key ? ", key used again" : "") +
                    (spec.exportable ? "" : ", not exportable");
        }
        lines.push_back(line);
    }
    return lines;
}

std::string_view to_text(Happening happening) {
    switch (happening) {
        case Happening::add_server:
            return "a server is added";
        case Happening::server_absent:
            return "a server is declared absent";
        case Happening::server_returns:
            return "an absent server returns";
        case Happening::forget_absent:
            return "an absent server leaves the manifest";
        case Happening::maintenance:
            return "maintenance is switched";
        case Happening::add_name:
            return "a name is added";
        case Happening::remove_name:
            return "a name is removed";
        case Happening::other_authority:
            return "another authority is declared";
        case Happening::larger_key:
            return "a larger key is declared";
        case Happening::friendly_name:
            return "the friendly name is edited";
        case Happening::renewal_window:
            return "the renewal window is edited";
        case Happening::validity:
            return "the validity is edited";
        case Happening::issued_after:
            return "issuedAfter is declared";
        case Happening::exportable:
            return "exportable is switched";
        case Happening::add_role:
            return "a role is added";
        case Happening::remove_role:
            return "a role is removed";
        case Happening::add_certificate:
            return "a certificate is added";
        case Happening::remove_certificate:
            return "a certificate is removed";
        case Happening::trust_more:
            return "a further authority is trusted";
        case Happening::trust_less:
            return "a further authority is trusted no longer";
        case Happening::reuse_key:
            return "onRenewal is edited";
        case Happening::retire_after:
            return "retire.after is edited";
        case Happening::max_unavailable:
            return "maxUnavailable is edited";
        case Happening::verification:
            return "verification is switched";
        case Happening::request_on:
            return "requestOn is edited";
        case Happening::delete_key:
            return "somebody deletes a key";
        case Happening::delete_certificate:
            return "somebody deletes a certificate";
        case Happening::unassign_by_hand:
            return "somebody unassigns a role";
        case Happening::point_by_hand:
            return "somebody assigns another certificate";
        case Happening::root_by_hand:
            return "somebody trusts a root";
        case Happening::misplace_intermediate:
            return "somebody puts an intermediate into Root";
        case Happening::certificate_by_hand:
            return "somebody installs a certificate";
        case Happening::satisfying_by_hand:
            return "somebody installs a certificate that satisfies";
        case Happening::damage:
            return "a file is damaged";
        case Happening::stray_request:
            return "a request of old times lies about";
        case Happening::remove_trust:
            return "somebody removes trust";
        case Happening::new_machine:
            return "a machine is replaced by an empty one";
        case Happening::rubbish:
            return "rubbish lies in a store";
        case Happening::delete_request:
            return "somebody deletes a request";
        case Happening::officer_issues:
            return "officers issue what waits";
        case Happening::officer_denies:
            return "an officer denies";
        case Happening::renew_chain:
            return "a CA renews its chain";
        case Happening::drop_old_chain:
            return "a CA drops its old chain";
        case Happening::lose_authority:
            return "a CA's folder is lost";
        case Happening::share_certificate:
            return "two declarations want one and the same certificate";
        case Happening::move_authority:
            return "another authority is declared, and the old one trusted no longer";
        case Happening::hand_over:
            return "a server is replaced by one that cannot be reached yet";
        case Happening::cut_off:
            return "a server is cut off for a while";
        case Happening::take_back:
            return "somebody takes a role back to what it had, on a server that is cut off then";
        case Happening::repoint_by_hand:
            return "somebody points a role in use elsewhere";
        case Happening::delete_foreign_key:
            return "somebody deletes the key of what is not ours";
    }
    return "";
}

}  // namespace edgecert::simulation
