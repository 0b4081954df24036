// The far end: serves one certificate store on two file descriptors, without a terminal, without a prompt.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/text/secret.h"
#include "engine/time/instant.h"
#include "resources/stores/protocol.h"
#include "resources/stores/store.h"

namespace edgecert {

struct NodeOptions {
    std::string program{};          // version, for the hello
    std::string kind{"directory"};  // of the store
    bool activates{};
    Seconds patience{protocol::node_patience};
};

// Answers requests until the controller closes `in` (0), says nothing for too long, or something that is no
// request (1; the reason goes to stderr). A lock taken over the wire goes when this returns.
[[nodiscard]] int serve_node(
    CertificateStore& store, int in, int out, Clock& clock, const NodeOptions& options);

// Answers single requests; serve_node without its descriptors. Never throws.
class NodeDesk {
public:
    explicit NodeDesk(CertificateStore& store) : store_(store) {}
    NodeDesk(const NodeDesk&) = delete;
    NodeDesk& operator=(const NodeDesk&) = delete;
    ~NodeDesk() = default;

    struct Reply {
        std::string text{};
        std::vector<Secret> secrets{};  // to be sent before it
    };
    // `secrets` came before the request.
    [[nodiscard]] Reply answer(std::string_view request, const std::vector<Secret>& secrets);

private:
    class Request;
    void perform(const Request& request, Reply& reply);
    void perform_on_requests(const Request& request, Reply& reply);
    void perform_on_roles(const Request& request, Reply& reply);
    void observe(const Request& request, Reply& reply);

    CertificateStore& store_;
    x509::CertificateCache cache_{};
    std::unique_ptr<StoreLock> lock_{};
};

}  // namespace edgecert
