// The controller's conversation with one node: hello, requests and answers over a session; private to this
// folder.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/text/secret.h"
#include "engine/transport/process.h"
#include "resources/stores/protocol.h"
#include "resources/stores/remote_store.h"

namespace edgecert {

class RemoteStore::Conversation {
public:
    Conversation(std::vector<std::string> argv,
                 std::string server,
                 Clock& clock,
                 std::vector<std::string> hidden);
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;
    ~Conversation() = default;

    using Use = std::function<void(const nlohmann::ordered_json& result)>;
    struct Call {
        protocol::Operation operation{};
        const nlohmann::ordered_json& with;
        std::vector<const Secret*> secrets{};
        Seconds patience{};  // on top of the operation's own deadline
    };
    // Asks, and hands the result to `use`. What `use` throws about the answer ends the session as the node's
    // lie; what the node itself reports is thrown with its own code. Returns the secrets that came with the
    // answer.
    std::vector<Secret> ask(const Call& call, const Use& use);

    // What kind of store the far side's hello says it is; begins the session if there is none.
    [[nodiscard]] const std::string& kind();
    void end() { session_.reset(); }
    [[nodiscard]] bool alive() const { return session_ != nullptr; }
    [[nodiscard]] int session_number() const { return session_number_; }
    void expect_session(int number) {
        expected_session_ = number;
    }  // 0: any; while a lock is held only this one will do
    [[noreturn]] void give_up(const std::string& code, const std::string& text, const std::string& hint = {});

private:
    void connect();
    [[nodiscard]] Frame next(Seconds deadline, std::vector<Secret>& secrets);

    std::vector<std::string> argv_;
    std::string server_;
    Clock* clock_;
    std::vector<std::string> hidden_;
    std::unique_ptr<Session> session_{};
    std::string kind_{};
    int session_number_{};
    int expected_session_{};
    std::int64_t last_id_{};
};

}  // namespace edgecert
