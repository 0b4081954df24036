// show: what a server's store holds, as text and as JSON.
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "engine/cli/addresses.h"
#include "engine/cli/certificate_text.h"
#include "engine/cli/command.h"
#include "engine/cli/inspection.h"
#include "engine/cli/json.h"
#include "engine/report/words.h"
#include "engine/text/encoding.h"

namespace edgecert {
namespace {

using Json = nlohmann::ordered_json;

struct Shown {
    std::string address{};
    ServerView view{};
};

std::string key_text(const PersonalEntry& entry) {
    std::string text{to_text(entry.key)};
    if (entry.certificate)
        text = x509::to_text(entry.certificate->key) + ", " + text;
    if (entry.key == KeyState::present)
        text += entry.exportable ? ", exportable" : ", not exportable";
    return text;
}

std::string roles_in_text(const StoreObservation& store) {
    std::string text = "  roles\n";
    for (const RoleRecord& role : store.roles) {
        std::string value = role.assigned.empty() ? "nothing" : short_id(role.assigned);
        if (role.dangling)
            value += ", which is not there";
        if (!role.assigned.empty() && role.verified == role.assigned)
            value += ", verified";
        if (!role.owned && !role.assigned.empty())
            value += ", assigned by hand";
        if (!role.previous.empty())
            value += ", before " + short_id(role.previous);
        for (const Rejection& rejection : role.rejected) {
            value += "; rejected " + short_id(rejection.certificate) + " at " + to_rfc3339(rejection.at) +
                     ": " + printable(rejection.why);
        }
        text += "    " + printable(role.role) + ": " + value + "\n";
    }
    return store.roles.empty() ? "  roles: none\n" : text;
}

std::string certificates_in_text(const StoreObservation& store, Instant now) {
    std::string text = store.personal.empty() ? "  certificates: none\n" : "  certificates\n";
    for (const PersonalEntry& entry : store.personal) {
        text += "    " + (entry.friendly_name.empty() ? short_id(entry.id) : printable(entry.friendly_name)) +
                (entry.owned ? " (ours: " + printable(entry.pool + "/" + entry.name) + ")" : " (not ours)") +
                "\n";
        if (entry.certificate)
            text += certificate_lines(*entry.certificate, now, "      ");
        text += line_of("      ", "key", key_text(entry));
        if (entry.superseded)
            text += line_of("      ", "superseded", to_rfc3339(*entry.superseded));
    }
    return text;
}

std::string requests_in_text(const StoreObservation& store) {
    std::string text = store.requests.empty() ? "  requests: none\n" : "  requests\n";
    for (const RequestEntry& entry : store.requests) {
        text += "    " + printable(entry.pool + "/" + entry.name) + ": " + std::string{to_text(entry.phase)} +
                " since " + to_rfc3339(entry.since) + ", key " +
                (entry.key == KeyState::present ? "here" : "on " + printable(entry.holder)) + ", asked of " +
                printable(entry.authority) + (entry.ticket.empty() ? "" : " as " + printable(entry.ticket)) +
                "\n";
    }
    return text;
}

std::string trust_in_text(const StoreObservation& store, Instant now) {
    std::string text = store.trust.empty() ? "  trusted: none\n" : "  trusted\n";
    for (const TrustEntry& entry : store.trust) {
        text += "    " + std::string{entry.kind == TrustKind::root ? "root         " : "intermediate "} +
                short_id(entry.id);
        if (entry.certificate) {
            text += "  " + printable(entry.certificate->subject_text) + ", " +
                    left(entry.certificate->not_after, now);
        }
        text += entry.owned ? " (ours, for " + printable(entry.authority) + ")\n" : " (not ours)\n";
    }
    return text;
}

std::string in_text(const Shown& shown, Instant now) {
    std::string text = shown.address;
    if (!shown.view.reachable)
        return text + "\n  cannot be reached: " + printable(shown.view.error) + "\n";
    const StoreObservation& store = shown.view.store;
    if (!store.exists)
        return text + "\n  an empty store that nothing was written to yet\n";
    text += " (store " + short_id(store.store_id) + ", " + printable(store.kind) + ")\n";
    text += roles_in_text(store) + certificates_in_text(store, now) + requests_in_text(store) +
            trust_in_text(store, now);
    for (const Finding& finding : store.findings) {
        text += "  finding [" + printable(finding.code) + "] " + printable(finding.path) + ": " +
                printable(finding.text) + "\n";
    }
    return text;
}

Json entry_json(const PersonalEntry& entry) {
    return {{"id", entry.id},
            {"certificate", certificate_to_json(entry.certificate)},
            {"chain",
             [&entry] {
                 auto list = Json::array();
                 for (const auto& each : entry.chain)
                     list.push_back(each->sha256);
                 return list;
             }()},
            {"key", to_text(entry.key)},
            {"exportable", entry.exportable},
            {"friendly_name", entry.friendly_name},
            {"owned", entry.owned},
            {"pool", entry.pool},
            {"name", entry.name},
            {"superseded", time_to_json(entry.superseded)}};
}

Json role_json(const RoleRecord& role) {
    auto rejected = Json::array();
    for (const Rejection& each : role.rejected) {
        rejected.push_back(
            {{"certificate", each.certificate}, {"at", to_rfc3339(each.at)}, {"why", each.why}});
    }
    return {{"role", role.role},
            {"assigned", role.assigned},
            {"dangling", role.dangling},
            {"previous", role.previous},
            {"activated", role.activated},
            {"verified", role.verified},
            {"rejected", rejected},
            {"owned", role.owned}};
}

Json request_json(const RequestEntry& entry) {
    return {{"pool", entry.pool},
            {"name", entry.name},
            {"phase", to_text(entry.phase)},
            {"since", to_rfc3339(entry.since)},
            {"created", to_rfc3339(entry.created)},
            {"submitted", time_to_json(entry.submitted)},
            {"holder", entry.holder},
            {"key", to_text(entry.key)},
            {"authority", entry.authority},
            {"ticket", entry.ticket},
            {"message", entry.message},
            {"spki", entry.spki},
            {"issuance", entry.issuance}};
}

Json in_json(const Shown& shown) {
    const StoreObservation& store = shown.view.store;
    Json json = {{"server", shown.address},
                 {"reachable", shown.view.reachable},
                 {"error", shown.view.error},
                 {"observed", to_rfc3339(shown.view.observed)},
                 {"clock_difference", shown.view.clock_difference.count()},
                 {"exists", store.exists},
                 {"store", store.store_id},
                 {"kind", store.kind}};
    for (const char* name : {"roles", "certificates", "requests", "trust", "findings"})
        json[name] = Json::array();
    for (const RoleRecord& role : store.roles)
        json["roles"].push_back(role_json(role));
    for (const PersonalEntry& entry : store.personal)
        json["certificates"].push_back(entry_json(entry));
    for (const RequestEntry& entry : store.requests)
        json["requests"].push_back(request_json(entry));
    for (const TrustEntry& entry : store.trust) {
        json["trust"].push_back({{"id", entry.id},
                                 {"kind", entry.kind == TrustKind::root ? "root" : "intermediate"},
                                 {"certificate", certificate_to_json(entry.certificate)},
                                 {"owned", entry.owned},
                                 {"authority", entry.authority}});
    }
    for (const Finding& finding : store.findings) {
        json["findings"].push_back({{"path", finding.path}, {"code", finding.code}, {"text", finding.text}});
    }
    return json;
}

int run_show(const Options& options, Console& console) {
    Inspection inspection{options, console, system_time()};
    const Address address = parse_address(options.address, inspection.fleet());
    if (!address.authority.empty())
        throw Error("usage",
                    "show takes the address of a server, pool or site",
                    "`edgecert chain` shows an authority");
    FleetUnits& units = inspection.look({options.address});
    std::vector<Shown> shown;
    bool all_reachable = true;
    for (const auto& unit : units.pools()) {
        for (const ServerSpec& server : unit->pool().servers) {
            if (!address.server.empty() && server.name != address.server)
                continue;
            const auto found = unit->view().servers.find(server.name);
            if (found == unit->view().servers.end())
                continue;
            shown.push_back({.address = unit->pool().name + "/" + server.name, .view = found->second});
            all_reachable = all_reachable && found->second.reachable;
        }
    }
    if (options.format == "json") {
        Json json = {{"format", "edgecert.show/1"}, {"servers", Json::array()}};
        for (const Shown& each : shown)
            json["servers"].push_back(in_json(each));
        console.result(text_of(json));
    } else {
        std::string text;
        for (const Shown& each : shown)
            text += (text.empty() ? "" : "\n") + in_text(each, system_time());
        console.result(text);
    }
    return all_reachable ? 0 : 1;
}

}  // namespace

Command show_command() {
    return {.name = "show",
            .usage = "[OPTIONS] ADDRESS",
            .summary = "what a server's store holds: certificates, keys, roles, requests, expiry",
            .description =
                "Certificates with their SHA-256, SHA-1 and serial (as in the certificate, and byte by byte "
                "reversed as event logs print it), "
                "whether their key is there and may leave, which role points at which, requests that are "
                "open, what is trusted, and "
                "what in the store is not as it should be. The address of a pool or site shows all of its "
                "servers.",
            .options = {{.flags = "ADDRESS",
                         .text = "a server, such as ams-edge/edge01",
                         .into = &Options::address,
                         .completes = Completes::server,
                         .required = true},
                        manifests_row(),
                        format_row({"text", "json"})},
            .examples = {{.line = "edgecert show ams-edge/edge01",
                          .text = "When somebody reads you a thumbprint over the telephone."}},
            .exits = {{.status = 0, .text = "shown"},
                      {.status = 1, .text = "a server could not be reached, or the address is unknown"}},
            .run = run_show};
}

}  // namespace edgecert
