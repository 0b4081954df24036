// Edits of manifests, as somebody makes them between two runs.
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "tests/simulation/events.h"

namespace edgecert::simulation {

namespace {

using std::chrono::days;

template <class Item>
Item* one_of(std::vector<Item>& items, Chance& chance) {
    return items.empty() ? nullptr
                         : &items[static_cast<std::size_t>(chance.below(static_cast<int>(items.size())))];
}

ServerSpec* server_where(Pool& pool, Chance& chance, bool absent) {
    std::vector<ServerSpec*> found;
    for (ServerSpec& server : pool.servers) {
        if (server.absent == absent && !server.outside) {
            found.push_back(&server);
        }
    }
    ServerSpec** chosen = one_of(found, chance);
    return chosen == nullptr ? nullptr : *chosen;
}

std::string edit_servers(Happening what, Chance& chance, Pool& pool) {
    int present = 0;
    for (const ServerSpec& server : pool.servers) {
        present += !server.absent && !server.outside ? 1 : 0;
    }
    if (what == Happening::add_server) {
        for (int i = 1; i <= 4; ++i) {
            const std::string name = "edge0" + std::to_string(i);
            const bool taken = std::any_of(pool.servers.begin(),
                                           pool.servers.end(),
                                           [&](const ServerSpec& server) { return server.name == name; });
            if (!taken) {
                const auto place = std::find_if(pool.servers.begin(),
                                                pool.servers.end(),
                                                [](const ServerSpec& server) { return server.outside; });
                pool.servers.insert(place, make_server(pool, name));
                return pool.name + "/" + name;
            }
        }
        return "";
    }
    if (what == Happening::forget_absent) {
        ServerSpec* server = server_where(pool, chance, true);
        const std::string name = server == nullptr ? "" : server->name;
        std::erase_if(pool.servers, [&](const ServerSpec& one) { return one.absent && one.name == name; });
        return name.empty() ? "" : pool.name + "/" + name;
    }
    ServerSpec* server = server_where(pool, chance, what == Happening::server_returns);
    if (server == nullptr || (what == Happening::server_absent && present < 2)) {
        return "";
    }
    if (what == Happening::maintenance) {
        server->maintenance = !server->maintenance;
    } else {
        server->absent = what == Happening::server_absent;
        server->maintenance = false;
    }
    return pool.name + "/" + server->name + (server->maintenance ? " on" : "");
}

std::string edit_requirement(Happening what, Chance& chance, const Fleet& fleet, CertificateSpec& spec) {
    if (what == Happening::add_name) {
        const std::string name = "name" + std::to_string(chance.below(4)) + ".example.net";
        return spec.requirement.names.dns.insert(name).second ? name : "";
    }
    if (what == Happening::remove_name) {
        if (spec.requirement.names.dns.empty()) {
            return "";
        }
        const std::string name = *spec.requirement.names.dns.begin();
        spec.requirement.names.dns.erase(name);
        return name;
    }
    if (what == Happening::larger_key) {
        spec.requirement.key.bits = spec.requirement.key.bits == 256 ? 384 : 256;
        return std::to_string(spec.requirement.key.bits) + " bits";
    }
    for (const AuthoritySpec& authority : fleet.authorities) {
        if (authority.issues() && authority.name != spec.requirement.authority) {
            spec.requirement.authority = authority.name;
            return authority.name;
        }
    }
    return "";
}

std::string edit_settings(Happening what, Chance& chance, const SimWorld& world, CertificateSpec& spec) {
    if (what == Happening::friendly_name) {
        spec.friendly_name = "Edge, edited " + std::to_string(chance.below(5));
        return spec.friendly_name;
    }
    if (what == Happening::renewal_window) {
        spec.renewal.before = Seconds{days{10 + 15 * chance.below(8)}};
        return to_words(*spec.renewal.before);
    }
    if (what == Happening::validity) {
        spec.validity = days{30 + 30 * chance.below(4)};
        return to_words(spec.validity);
    }
    if (what == Happening::issued_after) {
        spec.issued_after = world.now + std::chrono::hours{24 * (chance.below(6) - 3)};
        return to_rfc3339(*spec.issued_after);
    }
    if (what == Happening::exportable) {
        spec.exportable = !spec.exportable;
        return spec.exportable ? "on" : "off";
    }
    spec.reuse_key = !spec.reuse_key;
    return spec.reuse_key ? "reuse" : "new";
}

std::string edit_roles(Happening what, Chance& chance, Pool& pool, CertificateSpec& spec) {
    if (what == Happening::remove_role) {
        if (spec.roles.size() < 2) {
            return "";
        }
        const std::string role = spec.roles.back();
        spec.roles.pop_back();
        return role;
    }
    const std::string& role =
        role_names().at(static_cast<std::size_t>(chance.below(static_cast<int>(role_names().size()))));
    for (const CertificateSpec& one : pool.certificates) {
        if (std::find(one.roles.begin(), one.roles.end(), role) != one.roles.end()) {
            return "";
        }
    }
    spec.roles.push_back(role);
    std::sort(spec.roles.begin(), spec.roles.end());
    return role;
}

std::string edit_certificates(Happening what, Pool& pool) {
    if (what == Happening::remove_certificate) {
        if (pool.certificates.size() < 2) {
            return "";
        }
        const std::string name = pool.certificates.back().name;
        pool.certificates.pop_back();
        return name;
    }
    for (const CertificateSpec& one : pool.certificates) {
        if (one.name == "media" ||
            std::find(one.roles.begin(), one.roles.end(), "audio-video-authentication") != one.roles.end()) {
            return "";
        }
    }
    pool.certificates.push_back(make_certificate(
        pool, "media", pool.certificates.front().requirement.authority, {"audio-video-authentication"}));
    return "media";
}

std::string edit_trust(Happening what, const Fleet& fleet, Pool& pool) {
    for (const AuthoritySpec& authority : fleet.authorities) {
        const auto place = std::find(pool.authorities.begin(), pool.authorities.end(), authority.name);
        const bool trusted = place != pool.authorities.end();
        const bool used =
            std::any_of(pool.certificates.begin(), pool.certificates.end(), [&](const CertificateSpec& spec) {
                return spec.requirement.authority == authority.name;
            });
        if (what == Happening::trust_more && !trusted) {
            pool.authorities.push_back(authority.name);
            return authority.name;
        }
        if (what == Happening::trust_less && trusted && !used) {
            pool.authorities.erase(place);
            return authority.name;
        }
    }
    return "";
}

std::string edit_pool(Happening what, Chance& chance, Pool& pool, CertificateSpec& spec) {
    if (what == Happening::retire_after) {
        pool.retire_after = Seconds{days{1 + chance.below(14)}};
        return to_words(pool.retire_after);
    }
    if (what == Happening::max_unavailable) {
        pool.max_unavailable = 1 + chance.below(3);
        return std::to_string(pool.max_unavailable);
    }
    if (what == Happening::verification) {
        spec.verify =
            spec.verify.empty() ? checks_of(pool, spec, chance.one_in(2)) : std::vector<Verification>{};
        return spec.verify.empty() ? "off" : "on";
    }
    ServerSpec* server = server_where(pool, chance, false);
    if (server == nullptr) {
        return "";
    }
    pool.request_on = server->name;
    return server->name;
}

}  // namespace

std::string edit_manifest(Happening what, Chance& chance, Fleet& fleet, SimWorld& world) {
    Pool* pool = one_of(fleet.pools, chance);
    CertificateSpec* spec = pool == nullptr ? nullptr : one_of(pool->certificates, chance);
    if (spec == nullptr) {
        return "";
    }
    const std::string address = pool->name + "/" + spec->name + ": ";
    std::string done;
    if (what > Happening::lose_authority) {
        done = edit_in_plot(what, chance, fleet, *pool, world);
    } else if (what <= Happening::maintenance) {
        done = edit_servers(what, chance, *pool);
    } else if (what <= Happening::larger_key) {
        done = edit_requirement(what, chance, fleet, *spec);
    } else if (what <= Happening::exportable || what == Happening::reuse_key) {
        done = edit_settings(what, chance, world, *spec);
    } else if (what <= Happening::remove_role) {
        done = edit_roles(what, chance, *pool, *spec);
    } else if (what <= Happening::remove_certificate) {
        done = edit_certificates(what, *pool);
    } else if (what <= Happening::trust_less) {
        done = edit_trust(what, fleet, *pool);
    } else {
        done = edit_pool(what, chance, *pool, *spec);
    }
    tidy(*pool);
    return done.empty() ? "" : address + done;
}

}  // namespace edgecert::simulation
