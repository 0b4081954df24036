// A TLS client that looks at the other side's certificate and leaves.
#include "resources/x509/handshake.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/types.h>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/x509/certificate.h"
#include "resources/x509/openssl.h"
#include "resources/x509/tcp_connect.h"

namespace edgecert {
namespace {

using Context = x509::Owned<SSL_CTX, SSL_CTX_free>;
using Connection = x509::Owned<SSL, SSL_free>;

std::string words(int error_number) {
    return std::error_code(error_number, std::generic_category()).message();
}

// The TLS side works on memory, and this class carries its bytes: so nothing blocks past the deadline and no
// SIGPIPE can come.
class Handshake {
public:
    Handshake(int socket, const HandshakeOrder& order, Deadline deadline)
        : socket_(socket), deadline_(deadline), context_(SSL_CTX_new(TLS_client_method())) {
        x509::require(context_ != nullptr, "SSL_CTX_new");
        SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
        SSL_CTX_set_security_level(context_.get(), 0);  // to see what is there, however weak
        SSL_CTX_set_client_cert_cb(context_.get(), note_wanted);
        x509::require(SSL_CTX_set_ex_data(context_.get(), 0, &certificate_wanted_) == 1,
                      "SSL_CTX_set_ex_data");
        // What is served is to be seen, old as it may be.
        x509::require(SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION) == 1,
                      "SSL_CTX_set_min_proto_version");
        connection_.reset(SSL_new(context_.get()));
        x509::require(connection_ != nullptr, "SSL_new");
        BIO* in = BIO_new(BIO_s_mem());
        BIO* out = BIO_new(BIO_s_mem());
        SSL_set_bio(connection_.get(), in, out);  // takes both
        in_ = in;
        out_ = out;
        std::string name = order.server_name.empty() ? order.host : order.server_name;
        std::array<unsigned char, 16> address{};
        const bool is_address = ::inet_pton(AF_INET, name.c_str(), address.data()) == 1 ||
                                ::inet_pton(AF_INET6, name.c_str(), address.data()) == 1;
        if (!is_address) {
            // SSL_set_tlsext_host_name without its macro's cast.
            x509::require(SSL_ctrl(connection_.get(),
                                   SSL_CTRL_SET_TLSEXT_HOSTNAME,
                                   TLSEXT_NAMETYPE_host_name,
                                   name.data()) == 1,
                          "SSL_set_tlsext_host_name");
        }
    }
    Handshake(const Handshake&) = delete;
    Handshake& operator=(const Handshake&) = delete;
    ~Handshake() = default;

    HandshakeResult run() {
        HandshakeResult result;
        result.text = converse();
        result.connected = result.text.empty() || proven();
        const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(connection_.get());
        for (int at = 0; result.connected && at < sk_X509_num(chain); ++at) {
            result.chain_sha256.push_back(x509::sha256(x509::encode(i2d_X509, sk_X509_value(chain, at))));
        }
        if (result.connected && result.chain_sha256.empty()) {
            return {.connected = false, .sha256 = {}, .chain_sha256 = {}, .text = "it sent no certificate"};
        }
        if (result.connected) {
            result.sha256 = result.chain_sha256.front();
        }
        if (result.connected && certificate_wanted_) {
            result.text = "it asked for a certificate of the client, which was not given";
        }
        return result;
    }

private:
    static int note_wanted(SSL* connection, X509** /*certificate*/, EVP_PKEY** /*key*/) {
        *static_cast<bool*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), 0)) = true;
        return 0;
    }

    // A server of mutual TLS breaks off when it gets no certificate from us, but by then it has signed with
    // its own key (RFC 5246 section 7.4.3), which is what is to be seen.
    [[nodiscard]] bool proven() const {
        int signature = NID_undef;
        return certificate_wanted_ && SSL_get_peer_signature_type_nid(connection_.get(), &signature) == 1 &&
               signature != NID_undef;
    }

    // "" when the handshake is complete, else why not.
    std::string converse() {
        while (true) {
            const x509::ErrorQueue errors;
            const int result = SSL_connect(connection_.get());
            const int why = SSL_get_error(connection_.get(), result);
            const std::string reason = result != 1 && why == SSL_ERROR_SSL ? x509::drained_reason() : "";
            std::string problem = send_all();
            if (result == 1 || !problem.empty()) {
                return problem;
            }
            if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
                return "no TLS: " + (reason.empty() ? std::string("the handshake broke off") : reason);
            }
            problem = receive_some();
            if (!problem.empty()) {
                return problem;
            }
        }
    }

    [[nodiscard]] std::string wait_for(short events) const {
        pollfd watched{.fd = socket_, .events = events, .revents = 0};
        while (Steady::now() < deadline_) {
            if (::poll(&watched, 1, milliseconds_left(deadline_)) > 0) {
                return "";
            }
        }
        return "no TLS handshake in time";
    }

    std::string send_all() {
        std::array<char, 16384> block{};
        int size = 0;
        while ((size = BIO_read(out_, block.data(), static_cast<int>(block.size()))) > 0) {
            std::string_view rest(block.data(), static_cast<std::size_t>(size));
            while (!rest.empty()) {
                const ssize_t count = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
                if (count >= 0) {
                    rest.remove_prefix(static_cast<std::size_t>(count));
                } else if (errno != EAGAIN && errno != EINTR) {
                    return "the connection broke off: " + words(errno);
                } else if (auto problem = wait_for(POLLOUT); !problem.empty()) {
                    return problem;
                }
            }
        }
        return "";
    }

    std::string receive_some() {
        constexpr std::size_t most = 1U << 20U;  // no handshake is as large
        std::array<char, 16384> block{};
        while (true) {
            const ssize_t count = ::recv(socket_, block.data(), block.size(), 0);
            if (count > 0) {
                received_ += static_cast<std::size_t>(count);
                x509::require(BIO_write(in_, block.data(), static_cast<int>(count)) == count, "BIO_write");
                return received_ > most ? "no TLS: it sends without end" : "";
            }
            if (count == 0) {
                return "no TLS: it closed the connection";
            }
            if (errno != EAGAIN && errno != EINTR) {
                return "the connection broke off: " + words(errno);
            }
            if (auto problem = wait_for(POLLIN); !problem.empty()) {
                return problem;
            }
        }
    }

    int socket_;
    Deadline deadline_;
    bool certificate_wanted_{};
    std::size_t received_{};
    Context context_;
    Connection connection_{};
    BIO* in_{};   // the connection's
    BIO* out_{};  // the connection's
};

}  // namespace

HandshakeResult tls_handshake(const HandshakeOrder& order, Seconds timeout) {
    const Deadline deadline = Steady::now() + timeout;
    const std::string place = printable(order.host, 256) + " port " + std::to_string(order.port);
    HandshakeResult failed;
    try {
        if (order.host.empty() || order.port < 1 || order.port > 65535) {
            throw NoConnection{"no such address"};
        }
        const x509::ErrorQueue errors;
        const auto socket = tcp_connect(order.host, order.port, deadline);
        HandshakeResult result = Handshake(socket->get(), order, deadline).run();
        if (!result.text.empty()) {
            result.text = place + ": " + printable(result.text);
        }
        return result;
    } catch (const NoConnection& failure) {
        failed.text = place + ": " + failure.what();
    } catch (const Error& failure) {
        failed.text = place + ": " + failure.diagnostic().text;
    }
    return failed;
}

}  // namespace edgecert
