// Addresses: taken apart and checked against the fleet; an unknown one gets a suggestion.
#include "engine/cli/addresses.h"

#include <algorithm>
#include <set>
#include <utility>

namespace edgecert {
namespace {

constexpr std::string_view authority_prefix = "authority/";
constexpr std::size_t longest_request_id = 256;

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (std::size_t slash = text.find('/'); slash != std::string::npos; slash = text.find('/', begin)) {
        parts.push_back(text.substr(begin, slash - begin));
        begin = slash + 1;
    }
    parts.push_back(text.substr(begin));
    return parts;
}

Error unknown(const std::string& text, const Fleet& fleet) {
    const std::vector<std::string> known = all_addresses(fleet);
    const std::string meant = nearest(text, known);
    std::string hint;
    if (!meant.empty()) {
        hint = "did you mean `" + meant + "`?";
    } else if (known.empty()) {
        hint = "nothing is declared";
    } else {
        hint = "there is, for example, `" + known.front() + "`; `edgecert help` tells the forms of addresses";
    }
    return {"unknown-address", "there is no `" + text + "` in the manifests", hint};
}

const Pool* find_pool(const std::string& name, const Fleet& fleet) {
    const auto found = std::find_if(
        fleet.pools.begin(), fleet.pools.end(), [&](const Pool& pool) { return pool.name == name; });
    return found == fleet.pools.end() ? nullptr : &*found;
}

bool has_server(const Pool& pool, const std::string& name) {
    return std::any_of(pool.servers.begin(), pool.servers.end(), [&](const ServerSpec& server) {
        return server.name == name;
    });
}

bool is_called(const CertificateSpec& certificate, const std::string& name) {
    return certificate.name == name ||
           std::find(certificate.roles.begin(), certificate.roles.end(), name) != certificate.roles.end();
}

bool has_certificate(const Pool& pool, const std::string& name) {
    return std::any_of(pool.certificates.begin(),
                       pool.certificates.end(),
                       [&](const CertificateSpec& certificate) { return is_called(certificate, name); });
}

void add_pool_addresses(std::set<std::string>& all, const Pool& pool) {
    all.insert(pool.name);
    std::set<std::string> names;
    for (const CertificateSpec& certificate : pool.certificates) {
        names.insert(certificate.name);
        names.insert(certificate.roles.begin(), certificate.roles.end());
    }
    for (const std::string& name : names)
        all.insert(pool.name + "/" + name);
    for (const ServerSpec& server : pool.servers) {
        all.insert(pool.name + "/" + server.name);
        for (const std::string& name : names)
            all.insert(pool.name + "/" + server.name + "/" + name);
    }
}

std::vector<std::string> checked(const std::vector<std::string>& texts, const Fleet& fleet) {
    std::set<std::string> addresses;
    for (const std::string& text : texts) {
        const Address address = parse_address(text, fleet);
        if (address.site.empty()) {
            addresses.insert(text);
        } else {
            for (const Pool* pool : pools_of(address, fleet))
                addresses.insert(pool->name);
        }
    }
    return {addresses.begin(), addresses.end()};
}

// What an option of one certificate's request or rejection can be about: a whole pool or site, or one
// certificate of it. Nothing of the kind is kept for one server, and an authority has none.
void refuse_other_kinds(const std::string& option, const std::string& text, const Fleet& fleet) {
    const Address address = parse_address(text, fleet);
    const std::string about = "it is about a pool, a site, or a role or certificate of a pool";
    if (!address.authority.empty())
        throw Error("usage", option + ": `" + text + "` is an authority", about);
    if (address.server.empty())
        return;
    const std::string meant = address.pool + (address.name.empty() ? "" : "/" + address.name);
    throw Error("usage",
                option + ": `" + text + "` names a server, and requests and rejections are the pool's",
                about + "; for example: " + option + " " + meant);
}

}  // namespace

Address parse_address(const std::string& text, const Fleet& fleet) {
    Address address;
    if (text.starts_with(authority_prefix)) {
        address.authority = text.substr(authority_prefix.size());
        const bool known = std::any_of(
            fleet.authorities.begin(), fleet.authorities.end(), [&](const AuthoritySpec& authority) {
                return authority.name == address.authority;
            });
        if (!known)
            throw unknown(text, fleet);
        return address;
    }
    const std::vector<std::string> parts = split(text);
    if (parts.size() == 1 && fleet.sites.contains(text)) {
        address.site = text;
        return address;
    }
    const Pool* pool = find_pool(parts.front(), fleet);
    if (pool == nullptr || parts.size() > 3)
        throw unknown(text, fleet);
    address.pool = pool->name;
    if (parts.size() == 1)
        return address;
    if (has_server(*pool, parts[1])) {
        address.server = parts[1];
        if (parts.size() == 3)
            address.name = parts[2];
    } else if (parts.size() == 2) {
        address.name = parts[1];
    } else {
        throw unknown(text, fleet);
    }
    if (!address.name.empty() && !has_certificate(*pool, address.name))
        throw unknown(text, fleet);
    return address;
}

std::vector<std::string> all_addresses(const Fleet& fleet) {
    std::set<std::string> all;
    for (const AuthoritySpec& authority : fleet.authorities)
        all.insert(std::string{authority_prefix} + authority.name);
    for (const auto& [site, where] : fleet.sites)
        all.insert(site);
    for (const Pool& pool : fleet.pools)
        add_pool_addresses(all, pool);
    return {all.begin(), all.end()};
}

std::vector<const Pool*> pools_of(const Address& address, const Fleet& fleet) {
    std::vector<const Pool*> pools;
    for (const Pool& pool : fleet.pools) {
        if (address.site.empty() ? pool.name == address.pool : pool.site == address.site)
            pools.push_back(&pool);
    }
    return pools;
}

const Pool& pool_of(const Address& address, const Fleet& fleet) {
    if (address.pool.empty())
        throw Error("usage", "this takes the address of a pool or of something in it");
    return *find_pool(address.pool, fleet);
}

const ServerSpec& server_of(const Address& address, const Pool& pool) {
    const auto found = std::find_if(pool.servers.begin(), pool.servers.end(), [&](const ServerSpec& server) {
        return server.name == address.server;
    });
    if (found != pool.servers.end())
        return *found;
    std::string servers;
    for (const ServerSpec& server : pool.servers)
        servers += (servers.empty() ? "`" : ", `") + pool.name + "/" + server.name + "`";
    throw Error("usage", "this takes the address of a server", "there is " + servers);
}

const CertificateSpec& certificate_of(const Address& address, const Pool& pool) {
    const auto found = std::find_if(
        pool.certificates.begin(), pool.certificates.end(), [&](const CertificateSpec& certificate) {
            return is_called(certificate, address.name);
        });
    if (found != pool.certificates.end())
        return *found;
    std::string names;
    for (const CertificateSpec& certificate : pool.certificates) {
        names += (names.empty() ? "`" : ", `") + pool.name + "/" + certificate.name + "`";
    }
    throw Error("usage", "this takes the address of a role or certificate", "there is " + names);
}

const AuthoritySpec& authority_named(const std::string& name, const Fleet& fleet) {
    const std::string bare = name.starts_with(authority_prefix) ? name.substr(authority_prefix.size()) : name;
    std::vector<std::string> names;
    for (const AuthoritySpec& authority : fleet.authorities) {
        if (authority.name == bare)
            return authority;
        names.push_back(authority.name);
    }
    const std::string meant = nearest(bare, names);
    throw Error("unknown-address",
                "there is no authority `" + bare + "` in the manifests",
                meant.empty() ? "" : "did you mean `" + meant + "`?");
}

PlanInputs inputs_of(const Options& options, const Fleet& fleet, Instant at) {
    PlanInputs inputs{.at = at};
    for (const std::string& text : options.retry)
        refuse_other_kinds("--retry", text, fleet);
    for (const std::string& text : options.resubmit)
        refuse_other_kinds("--resubmit", text, fleet);
    inputs.targets = checked(options.targets, fleet);
    inputs.retry = checked(options.retry, fleet);
    inputs.resubmit = checked(options.resubmit, fleet);
    inputs.until_installed = options.until == "installed";
    for (const std::string& pair : options.request_ids) {
        const auto equals = pair.find('=');
        if (equals == std::string::npos || equals + 1 == pair.size() ||
            pair.size() - equals > longest_request_id) {
            throw Error("usage",
                        "--request-id: `" + pair + "` is not ADDRESS=ID",
                        "for example: --request-id ams-edge/internal=42");
        }
        const std::string text = pair.substr(0, equals);
        const Address address = parse_address(text, fleet);
        if (address.name.empty())
            throw Error("usage", "--request-id: `" + text + "` names no role or certificate");
        refuse_other_kinds("--request-id", text, fleet);
        inputs.request_ids[text] = pair.substr(equals + 1);
    }
    return inputs;
}

}  // namespace edgecert
