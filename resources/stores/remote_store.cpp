// Each operation of the contract as one request to a node.
#include "resources/stores/remote_store.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/stores/conversation.h"
#include "resources/stores/entry_json.h"
#include "resources/stores/json_fields.h"
#include "resources/stores/open.h"
#include "resources/stores/protocol.h"

namespace edgecert {
namespace {

using Json = nlohmann::ordered_json;
using protocol::Operation;

constexpr const char* node_lies = "node-lies";

void nothing(const Json& /*result*/) {}

// A node that was taken over could have a certificate issued for names of its choice: the request it hands
// out must be the one that was ordered.
void check_made(const RequestEntry& made, const RequestOrder& order) {
    const x509::RequestContents inside = x509::parse_request(made.request_pem);
    const bool same = made.pool == order.pool && made.name == order.name && made.issuance == order.issuance &&
                      inside.spki_sha256 == made.spki && x509::asks_as_ordered(inside, order.contents);
    if (!same) {
        throw Error(node_lies, "the node made another request than was ordered");
    }
}

// At most 512, those first that this store is likely to hold: what it held at the last look, then CAs.
std::vector<std::string> known_certificates(const x509::CertificateCache& cache,
                                            const std::vector<std::string>& seen) {
    std::vector<std::string> known;
    std::set<std::string, std::less<>> named;
    const auto name = [&](const std::string& sha256) {
        if (known.size() < protocol::known_limit && cache.find(sha256) && named.insert(sha256).second) {
            known.push_back(sha256);
        }
    };
    std::for_each(seen.begin(), seen.end(), name);
    const std::vector<std::string> all = cache.known();
    for (const std::string& sha256 : all) {
        const auto certificate = cache.find(sha256);
        if (certificate && certificate->is_authority) {
            name(sha256);
        }
    }
    std::for_each(all.begin(), all.end(), name);
    return known;
}

std::vector<std::string> certificates_in(const StoreObservation& seen) {
    std::set<std::string> certificates;
    for (const TrustEntry& entry : seen.trust) {
        certificates.insert(entry.id);
    }
    for (const PersonalEntry& entry : seen.personal) {
        certificates.insert(entry.id);
        for (const auto& issuer : entry.chain) {
            certificates.insert(issuer->sha256);
        }
    }
    return {certificates.begin(), certificates.end()};
}

// A node of before refuse_unread() tells with a finding that it could not read a part of its store, and shows
// the part empty. What was not read is not absent.
void refuse_unread(const StoreObservation& seen) {
    static constexpr std::array<std::string_view, 5> parts{
        "personal", "requests", "roles", "root", "intermediate"};
    for (const Finding& finding : seen.findings) {
        const bool part = std::find(parts.begin(), parts.end(), finding.path) != parts.end();
        if (part && finding.code == "unreadable") {
            throw Error("store-refused",
                        "a part of the store cannot be read: " + printable(finding.path, 256) + ": " +
                            printable(finding.text, 3000),
                        "a newer edgecert on that server says with which command to mend it");
        }
    }
}

}  // namespace

// The lock in the node's session. When that session is gone the lock is, too, and nobody is told that it is
// still held.
class RemoteStore::Held {
public:
    explicit Held(const std::shared_ptr<Conversation>& conversation)
        : conversation_(conversation), session_(conversation->session_number()) {
        conversation->expect_session(session_);
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() {
        const auto conversation = conversation_.lock();
        if (!conversation) {
            return;
        }
        conversation->expect_session(0);
        if (!conversation->alive() || conversation->session_number() != session_) {
            return;
        }
        try {
            const Json with = Json::object();
            conversation->ask({.operation = Operation::unlock, .with = with}, nothing);
        } catch (const std::exception&) {
            return;  // the session is ended, and its lock with it
        }
    }

private:
    std::weak_ptr<Conversation> conversation_;
    int session_;
};

class RemoteStore::Lock final : public StoreLock {
public:
    explicit Lock(std::shared_ptr<Held> held) : held_(std::move(held)) {}

private:
    std::shared_ptr<Held> held_;
};

RemoteStore::RemoteStore(std::vector<std::string> argv,
                         std::string server,
                         Clock& clock,
                         std::vector<std::string> hidden)
    : conversation_(
          std::make_shared<Conversation>(std::move(argv), std::move(server), clock, std::move(hidden))) {}

StoreObservation RemoteStore::observe(x509::CertificateCache& cache) {
    const Json with{{"known", Json(known_certificates(cache, seen_certificates_))}};
    StoreObservation seen;
    conversation_->ask({.operation = Operation::observe, .with = with}, [&](const Json& result) {
        seen = store_observation_from_json(result, cache);
        if (!store_id_.empty() && seen.store_id != store_id_) {
            throw Error("store-changed", "this is another store than before: its id changed");
        }
    });
    store_id_ = seen.store_id;
    seen_certificates_ = certificates_in(seen);
    refuse_unread(seen);
    return seen;
}

void RemoteStore::rest() {
    if (held_.expired()) {
        conversation_->end();
    }
}

std::unique_ptr<StoreLock> RemoteStore::lock(Seconds patience) {
    if (auto held = held_.lock()) {
        return std::make_unique<Lock>(std::move(held));
    }
    const Json with{{"patience", std::clamp<std::int64_t>(patience.count(), 0, 3600)}};
    conversation_->ask({.operation = Operation::lock, .with = with, .secrets = {}, .patience = patience},
                       nothing);
    auto held = std::make_shared<Held>(conversation_);
    held_ = held;
    return std::make_unique<Lock>(std::move(held));
}

void RemoteStore::trust(TrustKind kind,
                        const x509::CertificateRef& certificate,
                        const std::string& authority,
                        const std::string& pool) {
    const Json with{{"kind", protocol::kind_to_json(kind)},
                    {"certificate", inline_certificate(certificate)},
                    {"authority", authority},
                    {"pool", pool}};
    conversation_->ask({.operation = Operation::trust, .with = with}, nothing);
}

void RemoteStore::distrust(TrustKind kind, const std::string& sha256) {
    const Json with{{"kind", protocol::kind_to_json(kind)}, {"certificate", sha256}};
    conversation_->ask({.operation = Operation::distrust, .with = with}, nothing);
}

RequestEntry RemoteStore::create_request(const RequestOrder& order) {
    RequestEntry made;
    x509::CertificateCache cache;
    const Json with = protocol::order_to_json(order);
    conversation_->ask({.operation = Operation::create_request, .with = with}, [&](const Json& result) {
        made = request_from_json(result, node_lies, read_inline(cache, node_lies));
        check_made(made, order);
    });
    return made;
}

void RemoteStore::keep_request(const RequestEntry& entry) {
    const Json with = request_to_json(entry, inline_certificate);
    conversation_->ask({.operation = Operation::keep_request, .with = with}, nothing);
}

void RemoteStore::note_request(const RequestKey& request, const RequestNote& note) {
    const Json with{{"request", protocol::key_to_json(request)}, {"note", protocol::note_to_json(note)}};
    conversation_->ask({.operation = Operation::note_request, .with = with}, nothing);
}

void RemoteStore::forget_request(const RequestKey& request) {
    const Json with{{"request", protocol::key_to_json(request)}};
    conversation_->ask({.operation = Operation::forget_request, .with = with}, nothing);
}

void RemoteStore::accept(const RequestKey& request,
                         const x509::CertificateRef& certificate,
                         const std::vector<x509::CertificateRef>& chain,
                         const PersonalLabel& label) {
    const Json with{{"request", protocol::key_to_json(request)},
                    {"certificate", inline_certificate(certificate)},
                    {"chain", certificates_to_json(chain, inline_certificate)},
                    {"label", label_to_json(label)}};
    conversation_->ask({.operation = Operation::accept, .with = with}, nothing);
}

void RemoteStore::set_friendly_name(const CertificateId& certificate, const std::string& friendly_name) {
    const Json with{{"certificate", certificate}, {"friendlyName", friendly_name}};
    conversation_->ask({.operation = Operation::set_friendly_name, .with = with}, nothing);
}

void RemoteStore::assign(const RoleAssignment& assignment) {
    const Json with = protocol::assignment_to_json(assignment);
    conversation_->ask({.operation = Operation::assign, .with = with}, nothing);
}

void RemoteStore::unassign(const std::string& role, Instant now) {
    const Json with{{"role", role}, {"now", to_rfc3339(now)}};
    conversation_->ask({.operation = Operation::unassign, .with = with}, nothing);
}

CommandResult RemoteStore::activate(const std::string& role) {
    CommandResult done;
    const Json with{{"role", role}};
    conversation_->ask({.operation = Operation::activate, .with = with}, [&done](const Json& result) {
        done = protocol::command_result_from_json(result, node_lies);
        done.text = printable(done.text);
    });
    return done;
}

void RemoteStore::note_role(const RoleNote& note) {
    const Json with = protocol::role_note_to_json(note);
    conversation_->ask({.operation = Operation::note_role, .with = with}, nothing);
}

HandshakeResult RemoteStore::handshake(const HandshakeOrder& order) {
    HandshakeResult seen;
    const Json with = protocol::handshake_order_to_json(order);
    conversation_->ask({.operation = Operation::handshake, .with = with}, [&seen](const Json& result) {
        seen = protocol::handshake_result_from_json(result, node_lies);
        seen.text = printable(seen.text);
    });
    return seen;
}

void RemoteStore::retire(const CertificateId& certificate) {
    const Json with{{"certificate", certificate}};
    conversation_->ask({.operation = Operation::retire, .with = with}, nothing);
}

std::unique_ptr<CertificateStore> open_remote_store(std::vector<std::string> argv,
                                                    std::string server_name,
                                                    Clock& clock,
                                                    std::vector<std::string> hidden_environment) {
    return std::make_unique<RemoteStore>(
        std::move(argv), std::move(server_name), clock, std::move(hidden_environment));
}

}  // namespace edgecert
