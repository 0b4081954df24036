// The node's loop: frames in, frames out, whatever carries them.
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/stores/node.h"

namespace edgecert {
namespace {

constexpr int left_in_peace = 0;
constexpr int left_in_trouble = 1;

std::string reason_of(const FrameProblem& problem) {
    switch (problem.what) {
        case FrameProblem::What::closed:
            return "the controller left in the middle of a frame";
        case FrameProblem::What::late:
            return "nothing was heard of the controller for too long";
        case FrameProblem::What::failed:
            return "stdin cannot be read";
        case FrameProblem::What::too_large:
        case FrameProblem::What::no_frame:
            break;
    }
    return "this is no request: \"" + printable(problem.beginning, 200) + "\"";
}

class Conversation {
public:
    Conversation(NodeDesk& desk, NodeLine& line, Seconds patience)
        : desk_(desk), line_(line), patience_(patience) {}

    int run(const protocol::Hello& ours) {
        if (!send(protocol::hello_frame, protocol::hello_text(ours))) {
            return left_in_trouble;
        }
        bool greeted = false;
        while (true) {
            auto got = line_.read(protocol::request_limit, patience_);
            if (const auto* problem = std::get_if<FrameProblem>(&got)) {
                const bool closed = problem->what == FrameProblem::What::closed && problem->beginning.empty();
                return closed ? left_in_peace : complain(reason_of(*problem));
            }
            auto& frame = std::get<Frame>(got);
            if (frame.kind == keep_alive_frame) {
                continue;
            }
            if (!greeted) {
                if (frame.kind != protocol::hello_frame) {
                    return complain("the controller did not say hello");
                }
                static_cast<void>(protocol::agree(ours, protocol::parse_hello(frame.payload)));
                greeted = true;
            } else if (!take(frame)) {
                return left_in_trouble;
            }
        }
    }

    int complain(const std::string& text) {
        line_.complain(text);
        return left_in_trouble;
    }

private:
    bool send(char kind, std::string_view payload) {
        const WriteResult result = line_.write(kind, payload, patience_);
        if (result == WriteResult::late) {
            complain("the controller does not read its answer");
        }
        return result == WriteResult::done;
    }

    bool take(Frame& frame) {
        if (frame.kind == protocol::secret_frame) {
            const bool fits =
                secrets_.size() < protocol::secrets_at_once && frame.payload.size() <= protocol::secret_limit;
            if (fits) {
                secrets_.emplace_back(std::string(frame.payload));
            }
            wipe(frame.payload);
            return fits || complain("more secrets than a request has") == left_in_peace;
        }
        if (frame.kind != protocol::request_frame) {
            return complain("a frame of an unknown kind") == left_in_peace;
        }
        NodeDesk::Reply reply = desk_.answer(frame.payload, secrets_);
        secrets_.clear();
        if (reply.text.size() > protocol::answer_limit) {
            complain("an answer that is too large");
            return false;
        }
        for (const Secret& secret : reply.secrets) {
            if (!send(protocol::secret_frame, secret.view())) {
                return false;
            }
        }
        return send(protocol::answer_frame, reply.text);
    }

    NodeDesk& desk_;
    NodeLine& line_;
    Seconds patience_;
    std::vector<Secret> secrets_{};
};

}  // namespace

int serve_line(NodeDesk& desk, NodeLine& line, Clock& clock, const NodeOptions& options) {
    protocol::Hello hello;
    hello.program = options.program;
    hello.kind = options.kind;
    hello.activates = options.activates;
    hello.clock = clock.now();
    Conversation conversation(desk, line, options.patience);
    try {
        return conversation.run(hello);
    } catch (const Error& error) {
        return conversation.complain(error.diagnostic().text);
    }
}

}  // namespace edgecert
