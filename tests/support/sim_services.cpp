// What the simulated stores and handshakes get from their controller: cheap keys, cheap PFX files, services
// that answer.
#include <memory>
#include <string>
#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "tests/support/file_store.h"
#include "tests/support/sim_world.h"

namespace edgecert {

namespace {

// Roles are told apart by the port at which their service answers.
std::string role_at(int port) {
    switch (port) {
        case 5061:
            return "access-edge-external";
        case 5062:
            return "audio-video-authentication";
        case 5063:
            return "data-edge-external";
        default:
            return "internal";
    }
}

CertificateId answers_with(const MemoryServer& server, const std::string& role) {
    if (!server.activates) {
        for (const RoleRecord& record : server.state.roles) {
            if (record.role == role) {
                return record.assigned;
            }
        }
        return "";
    }
    const auto found = server.in_effect.find(role);
    return found == server.in_effect.end() ? "" : found->second;
}

}  // namespace

std::string SimController::random_bytes(std::size_t count) {
    std::string bytes(Mint::canary.substr(0, count / 2));  // what comes of it can be looked for
    while (bytes.size() < count) {
        const std::uint64_t number = world_.chance.next();
        for (unsigned shift = 0; shift < 64 && bytes.size() < count; shift += 8) {
            bytes.push_back(static_cast<char>((number >> shift) & 0xffU));
        }
    }
    return bytes;
}

std::unique_ptr<CertificateStore> SimController::open_store(const StoreSpec& spec,
                                                            const std::string& server) {
    const auto found = world_.servers.find(spec.directory);
    if (found == world_.servers.end()) {
        throw Error("store-unreachable", "there is no machine for " + server);
    }
    StoreServices& services = *this;
    Clock& now = *this;
    if (found->second->disk != nullptr) {
        return std::make_unique<FileStore>(found->second, services, now);
    }
    return std::make_unique<MemoryStore>(found->second, services);
}

std::shared_ptr<Authority> SimController::open_authority(const AuthoritySpec& spec) {
    return std::make_shared<SimAuthority>(spec, world_.authorities.at(spec.name), *this);
}

void SimController::sleep(Seconds span) {
    world_.now += span;
}

KeyRef SimController::make_key(x509::KeyKind kind) {
    return world_.mint.key(kind, world_.next_key++);
}

std::string SimController::make_request(const x509::RequestContents& contents, const x509::PrivateKey& key) {
    return world_.mint.request(contents, key);
}

Secret SimController::make_pfx(const x509::PfxContents& contents,
                               const Secret& password,
                               x509::PfxProfile /*profile*/) {
    if (!world_.passwords.insert(std::string(password.view())).second) {
        world_.judge->leaked("a PFX password was used a second time");
    }
    // As its bytes would be, what stands for them can be looked for.
    std::string stand_in = std::string(Mint::canary) + " PFX " + std::to_string(world_.pfxs.size());
    world_.pfxs[stand_in] = {contents, std::string(password.view())};
    return Secret(std::move(stand_in));
}

x509::PfxContents SimController::parse_pfx(const Secret& pfx, const Secret& password) {
    const auto found = world_.pfxs.find(std::string(pfx.view()));
    if (found == world_.pfxs.end()) {
        throw Error("bad-pfx", "this is no PFX file");
    }
    if (found->second.password != password.view()) {
        throw Error("wrong-password", "the password is wrong");
    }
    return found->second.contents;
}

std::string SimController::new_store_id() {
    return "store-" + std::to_string(++world_.next_store);
}

std::optional<Instant> SimController::clock_of(const MemoryServer& server) {
    const auto skew = world_.skew.find(server.name);
    return skew == world_.skew.end() ? world_.now : world_.now + skew->second;
}

CommandResult SimController::activate(MemoryServer& server, const std::string& role) {
    const Where where{"activate", server.name};
    if (const Fault* fault = fault_at(FaultKind::activation_fails, where)) {
        world_.failing_activations[server.name] = 1 + fault->length % 3;
    }
    const auto failing = world_.failing_activations.find(server.name);
    if (!world_.quiet && failing != world_.failing_activations.end() && failing->second > 0) {
        --failing->second;
        server.refused.insert(role);
        return {false, "the configuration test failed"};
    }
    const RoleRecord* record = find_role_record(server.state, role);
    server.in_effect[role] = record == nullptr ? CertificateId() : record->assigned;
    server.refused.erase(role);
    return {true, ""};
}

HandshakeResult SimController::handshake(const HandshakeOrder& order) {
    refuse_if_dead();
    const auto host = world_.by_host.find(order.host);
    if (host == world_.by_host.end()) {
        return {false, "", {}, order.host + " does not answer"};
    }
    if (fault_at(FaultKind::handshake_fails, {"handshake", order.host}) != nullptr ||
        world_.gone.contains(host->second)) {
        return {false, "", {}, order.host + " does not answer"};
    }
    const MemoryServer& server = *world_.servers.at(host->second);
    const CertificateId id = answers_with(server, role_at(order.port));
    if (id.empty()) {
        return {false, "", {}, order.host + " refuses the connection"};
    }
    return {true, id, {id}, ""};
}

// Everything but its requests: whoever hides those makes others ask again, and no engine can know.
StoreState SimController::lie_about(const MemoryServer& server, int chance) const {
    StoreState lie = server.state;
    switch (chance % 5) {
        case 0:  // it has what another has, with the key
            for (const auto& [name, other] : world_.servers) {
                for (const PersonalEntry& entry : other->state.personal) {
                    put(lie, entry);
                }
            }
            break;
        case 1:  // its keys are gone
            for (PersonalEntry& entry : lie.personal) {
                entry.key = KeyState::absent;
            }
            break;
        case 2:  // it is another machine
            for (const auto& [name, other] : world_.servers) {
                lie.store_id = other->state.store_id.empty() ? lie.store_id : other->state.store_id;
            }
            break;
        case 3:  // its roles point at what it has last
            for (RoleRecord& record : lie.roles) {
                record.assigned = lie.personal.empty() ? "" : lie.personal.back().id;
            }
            break;
        default:  // it trusts what another trusts
            for (const auto& [name, other] : world_.servers) {
                for (const TrustEntry& entry : other->state.trust) {
                    put(lie, entry);
                }
            }
            break;
    }
    return lie;
}

const StoreState* SimController::stale(const MemoryServer& server, bool locked) {
    const Where where{"observe", server.name};
    const auto earlier = world_.earlier.find(server.name);
    if (!locked && earlier != world_.earlier.end() && fault_at(FaultKind::stale_read, where) != nullptr) {
        deceived_by_.insert(server.name);
        return &earlier->second;
    }
    if (const Fault* lies = fault_at(FaultKind::node_lies, where)) {
        deceived_by_.insert(server.name);
        lie_ = lie_about(server, lies->subject);
        return &lie_;
    }
    deceived_by_.erase(server.name);
    return nullptr;
}

}  // namespace edgecert
