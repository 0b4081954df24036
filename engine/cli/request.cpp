// request: an open request as the pool's stores know it; --cancel gives it up.
#include "resources/x509/request.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/cli/addresses.h"
#include "engine/cli/certificate_text.h"
#include "engine/cli/command.h"
#include "engine/cli/inspection.h"
#include "engine/cli/json.h"
#include "engine/cli/records.h"
#include "engine/text/encoding.h"
#include "resources/pool/by_hand.h"
#include "resources/pool/open_request.h"

namespace edgecert {
namespace {

// An open request, and whose stores know it.
struct FoundRequest {
    RequestEntry entry{};  // its phase as it counts
    std::vector<std::string> servers{};
    bool key_present{};
};

std::vector<FoundRequest> find_requests(const PoolUnit& unit, const CertificateSpec& spec, Instant now) {
    const PlanInputs inputs{.at = now};
    const Planning present = unit.present(inputs);
    std::vector<FoundRequest> found;
    for (const OpenRequest& open : open_requests(present, spec)) {
        FoundRequest request{.entry = open.entry, .key_present = open.has_key};
        request.entry.phase = open.phase;
        for (const auto& [name, server] : unit.view().servers) {
            const auto& known = server.store.requests;
            const bool knows = std::any_of(known.begin(), known.end(), [&](const RequestEntry& entry) {
                return entry.pool == open.entry.pool && entry.name == open.entry.name &&
                       entry.spki == open.entry.spki;
            });
            if (server.reachable && knows)
                request.servers.push_back(name);
        }
        found.push_back(std::move(request));
    }
    return found;
}

std::string asked_in_text(const RequestEntry& entry) {
    const x509::RequestContents asked = x509::parse_request(entry.request_pem);
    std::string text = line_of("  ", "subject", printable(x509::to_text(asked.subject)));
    text += line_of("  ", "names", printable(joined(x509::to_list(asked.names))));
    text +=
        line_of("  ", "usages", joined({asked.extended_key_usage.begin(), asked.extended_key_usage.end()}));
    text += line_of("  ", "key", x509::to_text(asked.key) + ", " + asked.digest);
    return text + line_of("  ", "public key", "sha256:" + asked.spki_sha256);
}

std::string in_text(const std::string& address, const FoundRequest& found) {
    const RequestEntry& entry = found.entry;
    std::string text =
        address + ": " + std::string{to_text(entry.phase)} + " since " + to_rfc3339(entry.since) + "\n";
    text += asked_in_text(entry);
    text += line_of(
        "  ",
        "authority",
        printable(entry.authority) + (entry.ticket.empty() ? "" : ", request " + printable(entry.ticket)));
    text += line_of(
        "  ",
        "created",
        to_rfc3339(entry.created) + (entry.submitted ? ", submitted " + to_rfc3339(*entry.submitted) : ""));
    text += line_of("  ",
                    "its key",
                    "on " + printable(entry.holder) + (found.key_present ? "" : ", where it was not found"));
    text += line_of("  ", "known to", joined(found.servers));
    if (!entry.message.empty())
        text += line_of("  ", "message", printable(entry.message));
    return text + entry.request_pem;
}

nlohmann::ordered_json in_json(const FoundRequest& found) {
    const RequestEntry& entry = found.entry;
    const x509::RequestContents asked = x509::parse_request(entry.request_pem);
    return {{"phase", to_text(entry.phase)},
            {"since", to_rfc3339(entry.since)},
            {"created", to_rfc3339(entry.created)},
            {"submitted", time_to_json(entry.submitted)},
            {"authority", entry.authority},
            {"ticket", entry.ticket},
            {"message", entry.message},
            {"issuance", entry.issuance},
            {"subject", x509::to_text(asked.subject)},
            {"names", x509::to_list(asked.names)},
            {"extended_key_usage", asked.extended_key_usage},
            {"key", x509::to_text(asked.key)},
            {"spki", asked.spki_sha256},
            {"holder", entry.holder},
            {"key_present", found.key_present},
            {"servers", found.servers},
            {"request", entry.request_pem}};
}

int run_request(const Options& options, Console& console) {
    Inspection inspection{options, console, system_time()};
    const Address address = parse_address(options.address, inspection.fleet());
    const Pool& pool = pool_of(address, inspection.fleet());
    const CertificateSpec& spec = certificate_of(address, pool);
    const std::string name = pool.name + "/" + spec.name;
    const PoolUnit& unit = inspection.look({pool.name}).pool(pool.name);
    const std::vector<FoundRequest> found = find_requests(unit, spec, inspection.world().clock().now());
    for (const auto& [server, view] : unit.view().servers) {
        if (!view.reachable)
            console.say(pool.name + "/" + server + " cannot be reached: " + printable(view.error));
    }
    if (options.cancel) {
        if (found.empty())
            throw Error("no-request", name + " has no open request; nothing was done");
        std::string text = name;
        for (const FoundRequest& each : found)
            text += " " + each.entry.issuance;
        record_by_hand("request --cancel", text, inspection.world().clock(), console, [&] {
            for (const FoundRequest& each : found)
                give_up_by_hand(pool, each.entry, each.servers, inspection.world());
        });
        console.say(
            "The request is given up; the next apply asks anew if one is needed. The authority has not been "
            "told.");
    }
    if (options.format == "json") {
        nlohmann::ordered_json json = {{"format", "edgecert.request/1"},
                                       {"address", name},
                                       {"requests", nlohmann::ordered_json::array()}};
        for (const FoundRequest& each : found)
            json["requests"].push_back(in_json(each));
        console.result(text_of(json));
        return 0;
    }
    std::string text;
    for (const FoundRequest& each : found)
        text += in_text(name, each);
    console.result(text.empty() ? name + ": no open request" : text);
    return 0;
}

}  // namespace

Command request_command() {
    return {.name = "request",
            .usage = "[OPTIONS] ADDRESS",
            .summary = "an open request: its CSR, what was asked, where its key is, its state",
            .description =
                "Ends with the request itself as PEM, so that it can be handed to `openssl req` or sent to "
                "an authority. --cancel marks it as "
                "given up on every server of the pool that can be reached; its key is kept, and the "
                "authority is not told.",
            .options = {{.flags = "ADDRESS",
                         .text = "a role or certificate, such as ams-edge/internal",
                         .into = &Options::address,
                         .completes = Completes::address,
                         .required = true},
                        {.flags = "--cancel", .text = "gives the request up", .into = &Options::cancel},
                        manifests_row(),
                        format_row({"text", "json"})},
            .examples = {{.line = "edgecert request ams-edge/internal | openssl req -noout -text",
                          .text = "What exactly was asked for, by another program's reading."},
                         {.line = "edgecert request --cancel ams-edge/internal",
                          .text = "When the authority's people lost it for good."}},
            .exits = {{.status = 0, .text = "shown, or given up; also when there is none to show"},
                      {.status = 1, .text = "the address is unknown, or there was nothing to cancel"}},
            .run = run_request};
}

}  // namespace edgecert
