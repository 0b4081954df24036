// chain: an authority's chain as the authority itself or a server's store gives it, with what to pin.
#include "resources/x509/chain.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "engine/cli/addresses.h"
#include "engine/cli/certificate_text.h"
#include "engine/cli/command.h"
#include "engine/cli/inspection.h"
#include "engine/cli/json.h"
#include "engine/files/files.h"
#include "engine/text/encoding.h"

namespace edgecert {
namespace {

constexpr std::size_t chain_file_limit = 1U << 20U;

// The OID of PKCS#7 signedData (RFC 2315, 14), with which a bundle begins.
constexpr std::string_view signed_data{"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"};

// A chain and where it was found.
struct FoundChain {
    std::string from{};
    std::string problem{};
    std::vector<x509::CertificateRef> certificates{};  // roots first
};

FoundChain from_authority(const AuthoritySpec& spec, World& world) {
    FoundChain found{.from = "the authority"};
    const AuthorityView view = world.open_authority(spec)->observe(world.clock().now(), world.certificates());
    found.problem = view.reachable ? view.chain_problem : view.error;
    if (view.reachable && !view.exists)
        found.problem = "the authority does not exist yet; the first apply makes it";
    for (const ChainCertificate& each : view.chain) {
        if (each.certificate)
            found.certificates.push_back(each.certificate);
    }
    for (const x509::CertificateRef& root : view.unpinned_roots)
        found.certificates.push_back(root);
    // As long as nothing is pinned nothing is a chain; whoever takes the file apart to find the pin wants all
    // of it.
    if (!view.unpinned_roots.empty() && !spec.chain_file.empty()) {
        for (const x509::CertificateRef& each :
             x509::parse_bundle(read_file(spec.chain_file, chain_file_limit), world.certificates())) {
            if (each->is_authority && !each->self_signed)
                found.certificates.push_back(each);
        }
    }
    return found;
}

// What the store trusts for this authority; when nothing in it is marked so (somebody put it there by hand),
// all that it trusts.
FoundChain from_store(const AuthoritySpec& spec, const Address& address, const Fleet& fleet, World& world) {
    const Pool& pool = pool_of(address, fleet);
    const ServerSpec& server = server_of(address, pool);
    const StoreObservation store =
        world.open_store(server.store, pool.name + "/" + server.name)->observe(world.certificates());
    FoundChain found{.from = "the store of " + pool.name + "/" + server.name};
    for (const bool marked : {true, false}) {
        for (const TrustEntry& entry : store.trust) {
            if (entry.certificate && (!marked || entry.authority == spec.name))
                found.certificates.push_back(entry.certificate);
        }
        if (!found.certificates.empty())
            break;
        found.problem =
            "nothing there is marked as this authority's: these are all the certificates it trusts";
    }
    if (found.certificates.empty())
        found.problem = "it trusts no certificate at all";
    return found;
}

bool is_pinned(const AuthoritySpec& spec, const x509::Certificate& certificate) {
    return std::find(spec.roots.begin(), spec.roots.end(), certificate.sha256) != spec.roots.end();
}

std::string in_text(const AuthoritySpec& spec, const FoundChain& found, Instant now) {
    std::string text = "chain of " + spec.name + ", from " + found.from + "\n";
    if (!found.problem.empty())
        text += "  " + printable(found.problem) + "\n";
    for (const x509::CertificateRef& certificate : found.certificates) {
        text += certificate->self_signed ? "\n  root\n" : "\n  intermediate\n";
        text += certificate_lines(*certificate, now, "    ");
        if (!certificate->self_signed)
            continue;
        text +=
            line_of("    ",
                    "pin",
                    "sha256:" + certificate->sha256 + (is_pinned(spec, *certificate) ? " (declared)" : ""));
    }
    return text;
}

std::string in_json(const AuthoritySpec& spec, const FoundChain& found) {
    nlohmann::ordered_json json = {{"format", "edgecert.chain/1"},
                                   {"authority", spec.name},
                                   {"from", found.from},
                                   {"problem", found.problem}};
    json["certificates"] = nlohmann::ordered_json::array();
    for (const x509::CertificateRef& certificate : found.certificates) {
        json["certificates"].push_back({{"kind", certificate->self_signed ? "root" : "intermediate"},
                                        {"pinned", is_pinned(spec, *certificate)},
                                        {"certificate", certificate_to_json(certificate)}});
    }
    return text_of(json);
}

int run_chain(const Options& options, Console& console) {
    Inspection inspection{options, console, system_time()};
    const AuthoritySpec& spec = authority_named(options.address, inspection.fleet());
    FoundChain found = options.from.empty() ? from_authority(spec, inspection.world())
                                            : from_store(spec,
                                                         parse_address(options.from, inspection.fleet()),
                                                         inspection.fleet(),
                                                         inspection.world());
    std::stable_partition(found.certificates.begin(), found.certificates.end(), [](const auto& each) {
        return each->self_signed;
    });
    console.result(options.format == "json" ? in_json(spec, found) : in_text(spec, found, system_time()));
    if (found.certificates.empty())
        return 1;
    if (!options.out.empty())
        write_result(options.out, x509::make_bundle(found.certificates), signed_data);
    return 0;
}

}  // namespace

Command chain_command() {
    return {
        .name = "chain",
        .usage = "[OPTIONS] AUTHORITY",
        .summary = "an authority's chain as it or a server's store gives it, with what to pin",
        .description =
            "An authority other than a local one is trusted only by the SHA-256 of its root, written into "
            "the manifest as chain.roots. "
            "This shows the chain and the pins to write. Compare them with what the authority's people tell "
            "you by another way "
            "before you believe them.",
        .options = {{.flags = "AUTHORITY",
                     .text = "the authority's name",
                     .into = &Options::address,
                     .completes = Completes::authority,
                     .required = true},
                    {.flags = "--from",
                     .value = "SERVER",
                     .text = "reads what this server's store trusts instead",
                     .into = &Options::from,
                     .completes = Completes::server},
                    {.flags = "--out",
                     .value = "FILE.p7b",
                     .text = "also writes the certificates as PKCS#7",
                     .into = &Options::out,
                     .completes = Completes::file},
                    manifests_row(),
                    format_row({"text", "json"})},
        .examples =
            {{.line = "edgecert chain contoso-issuing --from ams-edge/edge01 --out contoso-chain.p7b",
              .text =
                  "Takes the chain from a server on which somebody has trusted it by hand, for chain.file."}},
        .exits = {{.status = 0, .text = "a chain was found"},
                  {.status = 1, .text = "there is none, or it cannot be reached"}},
        .run = run_chain};
}

}  // namespace edgecert
