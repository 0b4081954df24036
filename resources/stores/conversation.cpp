// Speaking with a node, and telling its troubles apart.
#include "resources/stores/conversation.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"

namespace edgecert {
namespace {

constexpr Seconds hello_deadline{60};
constexpr const char* node_lies = "node-lies";

}  // namespace

RemoteStore::Conversation::Conversation(std::vector<std::string> argv,
                                        std::string server,
                                        Clock& clock,
                                        std::vector<std::string> hidden)
    : argv_(std::move(argv)), server_(std::move(server)), clock_(&clock), hidden_(std::move(hidden)) {}

void RemoteStore::Conversation::give_up(const std::string& code,
                                        const std::string& text,
                                        const std::string& hint) {
    session_.reset();
    throw Error("store-unreachable", server_ + ": " + text + " (" + code + ")", hint);
}

// Secrets that come before a frame are kept; keep-alive frames are passed over, a handful of them.
Frame RemoteStore::Conversation::next(Seconds deadline, std::vector<Secret>& secrets) {
    constexpr int most_frames = 64;
    // One deadline for all of them: frames that say nothing gain no time.
    const auto end = std::chrono::steady_clock::now() + deadline;
    for (int count = 0; count < most_frames; ++count) {
        const auto left = std::chrono::ceil<Seconds>(end - std::chrono::steady_clock::now());
        Frame frame = session_->receive(std::max(left, Seconds{0}));
        if (frame.kind == keep_alive_frame) {
            continue;
        }
        if (frame.kind != protocol::secret_frame) {
            return frame;
        }
        const bool fits =
            secrets.size() < protocol::secrets_at_once && frame.payload.size() <= protocol::secret_limit;
        if (fits) {
            secrets.emplace_back(std::string(frame.payload));
        }
        wipe(frame.payload);
        if (!fits) {
            throw Error(node_lies, "the node sent more secrets than any answer has");
        }
    }
    throw Error(node_lies, "the node sends frames and no answer");
}

void RemoteStore::Conversation::connect() {
    if (session_) {
        return;
    }
    ProcessLimits limits;
    limits.output = protocol::answer_limit;
    session_ = std::make_unique<Session>(argv_, limits, hidden_);
    ++session_number_;
    protocol::Hello ours;
    ours.program = EDGECERT_VERSION;
    ours.clock = clock_->now();
    std::vector<Secret> secrets;
    session_->send(protocol::hello_frame, protocol::hello_text(ours));
    const Frame frame = next(hello_deadline, secrets);
    if (frame.kind != protocol::hello_frame || !secrets.empty()) {
        throw Error(node_lies, "the node did not say hello");
    }
    const protocol::Hello theirs = protocol::parse_hello(frame.payload);
    static_cast<void>(protocol::agree(ours, theirs));
    kind_ = theirs.kind;
}

const std::string& RemoteStore::Conversation::kind() {
    try {
        connect();
    } catch (const Error& error) {
        const Diagnostic& why = error.diagnostic();
        give_up(why.code, why.text, why.hint);
    }
    return kind_;
}

std::vector<Secret> RemoteStore::Conversation::ask(const Call& call, const Use& use) {
    if (expected_session_ != 0 && (!session_ || session_number_ != expected_session_)) {
        give_up("lock-lost", "the session that held the store's lock is gone");
    }
    std::vector<Secret> secrets;
    std::variant<nlohmann::ordered_json, Diagnostic> answer;
    try {
        connect();
        const std::int64_t id = ++last_id_;
        for (const Secret* secret : call.secrets) {
            session_->send(protocol::secret_frame, secret->view());
        }
        session_->send(protocol::request_frame, protocol::request_text(id, call.operation, call.with));
        const Frame frame = next(protocol::deadline_of(call.operation) + call.patience, secrets);
        if (frame.kind != protocol::answer_frame) {
            throw Error(node_lies, "the node sent something else than an answer");
        }
        answer = protocol::read_answer(frame.payload, id);
        if (const auto* result = std::get_if<nlohmann::ordered_json>(&answer)) {
            use(*result);
        }
    } catch (const Error& error) {
        const Diagnostic& why = error.diagnostic();
        give_up(why.code, why.text, why.hint);
    }
    if (const auto* why = std::get_if<Diagnostic>(&answer)) {
        throw Error(why->code, server_ + ": " + why->text, why->hint);
    }
    return secrets;
}

}  // namespace edgecert
