// The far end: serves one certificate store to a controller, without a terminal, without a prompt.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/text/secret.h"
#include "engine/time/instant.h"
#include "engine/transport/frame.h"
#include "resources/stores/key_carrier.h"
#include "resources/stores/protocol.h"
#include "resources/stores/store.h"

namespace edgecert {

struct NodeOptions {
    std::string program{};          // version, for the hello
    std::string kind{"directory"};  // of the store
    bool activates{};
    Seconds patience{protocol::node_patience};
};

// Answers single requests. Never throws.
class NodeDesk {
public:
    // `keys`: the same store, where it hands keys over as they are; else null.
    explicit NodeDesk(CertificateStore& store, KeyCarrier* keys = nullptr) : store_(store), keys_(keys) {}
    NodeDesk(const NodeDesk&) = delete;
    NodeDesk& operator=(const NodeDesk&) = delete;
    ~NodeDesk() = default;

    struct Reply {
        std::string text{};
        std::vector<Secret> secrets{};  // to be sent before it
    };
    // `text`: the request; `secrets` came before it.
    [[nodiscard]] Reply answer(std::string_view text, const std::vector<Secret>& secrets);

private:
    class Request;
    void perform(const Request& request, Reply& reply);
    void perform_on_requests(const Request& request, Reply& reply);
    void perform_on_roles(const Request& request, Reply& reply);
    void perform_on_keys(const Request& request, Reply& reply);
    void observe(const Request& request, Reply& reply);

    CertificateStore& store_;
    KeyCarrier* keys_;
    x509::CertificateCache cache_{};
    std::unique_ptr<StoreLock> lock_{};
};

// Where frames come from and go to.
class NodeLine {
public:
    NodeLine() = default;
    NodeLine(const NodeLine&) = delete;
    NodeLine& operator=(const NodeLine&) = delete;
    virtual ~NodeLine() = default;

    [[nodiscard]] virtual std::variant<Frame, FrameProblem> read(std::size_t limit, Seconds patience) = 0;
    [[nodiscard]] virtual WriteResult write(char kind, std::string_view payload, Seconds patience) = 0;
    // For whoever started the node; whether anybody reads it is their business.
    virtual void complain(const std::string& text) = 0;
};

// Answers requests until the controller closes the line (0), says nothing for too long, or something that is
// no request (1; the reason is complained of). A lock taken over the wire goes when this returns.
[[nodiscard]] int serve_line(NodeDesk& desk, NodeLine& line, Clock& clock, const NodeOptions& options);

// The same on two POSIX file descriptors; complaints go to stderr.
[[nodiscard]] int serve_node(
    CertificateStore& store, int in, int out, Clock& clock, const NodeOptions& options);

}  // namespace edgecert
