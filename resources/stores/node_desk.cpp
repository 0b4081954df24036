// What a node does for each request.
#include <nlohmann/json.hpp>

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "resources/stores/entry_json.h"
#include "resources/stores/json_fields.h"
#include "resources/stores/node.h"
#include "resources/stores/protocol.h"

namespace edgecert {
namespace {

using Json = nlohmann::ordered_json;
using protocol::Operation;

constexpr const char* bad_request = "bad-request";
constexpr std::size_t chain_limit = 64;

Diagnostic why_of(const std::string& code, const std::string& text) {
    Diagnostic why;
    why.code = code;
    why.text = text;
    return why;
}

}  // namespace

// One request taken apart; fields are asked for by name, and none may be left over.
class NodeDesk::Request {
public:
    Request(std::string_view text, const std::vector<Secret>& secrets)
        : json_(parse_json(text, bad_request)), secrets_(secrets) {
        JsonFields fields(json_, bad_request, "the request");
        id = fields.number("id", 1, INT64_MAX);
        const std::string name = fields.text("do", 64);
        const auto found = protocol::parse_operation(name);
        if (!found) {
            throw Error(bad_request, "this node cannot do \"" + name + "\"");
        }
        operation = *found;
        with_ = &fields.at("with");
        fields.finish();
    }

    [[nodiscard]] JsonFields fields() const {
        return {*with_, bad_request, std::string(protocol::to_text(operation))};
    }
    [[nodiscard]] const Json& with() const { return *with_; }
    [[nodiscard]] const Secret& secret(std::size_t at) const {
        if (at >= secrets_.size()) {
            throw Error(bad_request, "a secret is missing that belongs to this request");
        }
        return secrets_[at];
    }

    std::int64_t id{};
    Operation operation{};

private:
    Json json_;
    const Json* with_{};
    const std::vector<Secret>& secrets_;
};

NodeDesk::Reply NodeDesk::answer(std::string_view text, const std::vector<Secret>& secrets) {
    Reply reply;
    std::int64_t id = 0;
    try {
        const Request request(text, secrets);
        id = request.id;
        reply.text = protocol::answer_text(id, nullptr);
        perform(request, reply);
    } catch (const Error& error) {
        reply = {.text = protocol::error_text(id, error.diagnostic()), .secrets = {}};
    } catch (const std::exception& error) {
        reply = {.text = protocol::error_text(id, why_of("node-failed", error.what())), .secrets = {}};
    }
    return reply;
}

void NodeDesk::observe(const Request& request, Reply& reply) {
    JsonFields fields = request.fields();
    std::vector<std::string> known;
    for (const Json& item : fields.list("known", protocol::known_limit)) {
        if (!item.is_string() || !is_hash(item.get_ref<const std::string&>())) {
            fields.fail("known", "holds something else than SHA-256");
        }
        known.push_back(item.get<std::string>());
    }
    fields.finish();
    reply.text = protocol::answer_text(request.id, to_json(store_.observe(cache_), known));
}

void NodeDesk::perform(const Request& request, Reply& reply) {
    JsonFields fields = request.fields();
    switch (request.operation) {
        case Operation::observe:
            return observe(request, reply);
        case Operation::lock: {
            const Seconds patience{fields.number("patience", 0, 3600)};
            fields.finish();
            lock_ = lock_ ? std::move(lock_) : store_.lock(patience);
            return;
        }
        case Operation::unlock:
            fields.finish();
            lock_.reset();
            return;
        case Operation::trust: {
            const TrustKind kind = protocol::kind_from_json(fields.at("kind"), bad_request);
            const auto certificate = read_inline(cache_, bad_request)(fields.at("certificate"));
            const std::string authority = fields.text("authority", 256);
            const std::string pool = fields.text("pool", 256);
            fields.finish();
            if (!certificate) {
                fields.fail("certificate", "is missing");
            }
            return store_.trust(kind, certificate, authority, pool);
        }
        case Operation::distrust: {
            const TrustKind kind = protocol::kind_from_json(fields.at("kind"), bad_request);
            const std::string sha256 = fields.hash("certificate");
            fields.finish();
            return store_.distrust(kind, sha256);
        }
        case Operation::export_pfx:
        case Operation::import_pfx:
        case Operation::export_key:
        case Operation::import_key:
            return perform_on_keys(request, reply);
        case Operation::set_friendly_name: {
            const std::string certificate = fields.hash("certificate");
            const std::string name = fields.text("friendlyName");
            fields.finish();
            return store_.set_friendly_name(certificate, name);
        }
        case Operation::retire: {
            const std::string certificate = fields.hash("certificate");
            fields.finish();
            return store_.retire(certificate);
        }
        case Operation::create_request:
        case Operation::keep_request:
        case Operation::note_request:
        case Operation::forget_request:
        case Operation::accept:
            return perform_on_requests(request, reply);
        case Operation::assign:
        case Operation::unassign:
        case Operation::activate:
        case Operation::note_role:
        case Operation::handshake:
            return perform_on_roles(request, reply);
    }
}

void NodeDesk::perform_on_keys(const Request& request, Reply& reply) {
    JsonFields fields = request.fields();
    if (request.operation == Operation::export_pfx) {
        const std::string certificate = fields.hash("certificate");
        const x509::PfxProfile profile = protocol::profile_from_json(fields.at("profile"), bad_request);
        fields.finish();
        reply.secrets.push_back(store_.export_pfx(certificate, request.secret(0), profile));
        return;
    }
    if (request.operation == Operation::import_pfx) {
        const PersonalLabel label = label_from_json(request.with(), bad_request);
        return store_.import_pfx(request.secret(0), request.secret(1), label);
    }
    if (keys_ == nullptr) {
        throw Error("store-refused", "this store hands keys over in a PFX only");
    }
    if (request.operation == Operation::export_key) {
        const std::string certificate = fields.hash("certificate");
        fields.finish();
        const KeyParcel parcel = keys_->export_key(certificate);
        reply.secrets.push_back(parcel.key);
        reply.text = protocol::answer_text(request.id, protocol::parcel_to_json(parcel));
        return;
    }
    KeyParcel parcel = protocol::parcel_from_json(fields.at("parcel"), cache_, bad_request);
    const PersonalLabel label = label_from_json(fields.at("label"), bad_request);
    fields.finish();
    parcel.key = request.secret(0);
    keys_->import_key(parcel, label);
}

void NodeDesk::perform_on_requests(const Request& request, Reply& reply) {
    const ReadCertificate read = read_inline(cache_, bad_request);
    JsonFields fields = request.fields();
    if (request.operation == Operation::create_request) {
        const RequestEntry made =
            store_.create_request(protocol::order_from_json(request.with(), bad_request));
        reply.text = protocol::answer_text(request.id, request_to_json(made, inline_certificate));
        return;
    }
    if (request.operation == Operation::keep_request) {
        return store_.keep_request(request_from_json(request.with(), bad_request, read));
    }
    const RequestKey key = protocol::key_from_json(fields.at("request"), bad_request);
    if (request.operation == Operation::note_request) {
        const RequestNote note = protocol::note_from_json(fields.at("note"), cache_, bad_request);
        fields.finish();
        return store_.note_request(key, note);
    }
    if (request.operation == Operation::accept) {
        const auto certificate = read(fields.at("certificate"));
        const auto chain = certificates_from_json(fields.list("chain", chain_limit), read);
        const PersonalLabel label = label_from_json(fields.at("label"), bad_request);
        fields.finish();
        if (!certificate) {
            fields.fail("certificate", "is missing");
        }
        return store_.accept(key, certificate, chain, label);
    }
    fields.finish();
    store_.forget_request(key);
}

void NodeDesk::perform_on_roles(const Request& request, Reply& reply) {
    if (request.operation == Operation::assign) {
        return store_.assign(protocol::assignment_from_json(request.with(), bad_request));
    }
    if (request.operation == Operation::note_role) {
        return store_.note_role(protocol::role_note_from_json(request.with(), bad_request));
    }
    if (request.operation == Operation::handshake) {
        const HandshakeResult result =
            store_.handshake(protocol::handshake_order_from_json(request.with(), bad_request));
        reply.text = protocol::answer_text(request.id, protocol::handshake_result_to_json(result));
        return;
    }
    JsonFields fields = request.fields();
    const std::string role = fields.text("role", 64);
    if (request.operation == Operation::unassign) {
        const Instant now = fields.instant("now");
        fields.finish();
        return store_.unassign(role, now);
    }
    fields.finish();
    reply.text = protocol::answer_text(request.id, protocol::command_result_to_json(store_.activate(role)));
}

}  // namespace edgecert
