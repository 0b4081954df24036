// The client's half of a TLS handshake by SChannel, without checking what the far side shows.
#include "resources/windows_node/handshake.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/text/encoding.h"
#include "resources/windows_node/handles.h"
#include "resources/windows_node/text.h"
#include "resources/x509/certificate.h"
// after windows.h
#include <schannel.h>
#include <security.h>
#include <ws2tcpip.h>

namespace edgecert::windows {
namespace {

using Deadline = std::chrono::steady_clock::time_point;

constexpr std::size_t most_received = std::size_t{1} << 20U;

struct Trouble {
    std::string text{};
};

[[noreturn]] void give_up(const std::string& text) {
    throw Trouble{text};
}

class Sockets {
public:
    Sockets() {
        WSADATA data{};
        if (::WSAStartup(MAKEWORD(2, 2), &data) != 0) {
            give_up("this system has no sockets");
        }
    }
    Sockets(const Sockets&) = delete;
    Sockets& operator=(const Sockets&) = delete;
    ~Sockets() { ::WSACleanup(); }
};

class Connection {
public:
    Connection(const HandshakeOrder& order, Deadline until) : until_(until) {
        addrinfo wanted{};
        wanted.ai_socktype = SOCK_STREAM;
        addrinfo* found = nullptr;
        if (::getaddrinfo(order.host.c_str(), std::to_string(order.port).c_str(), &wanted, &found) != 0) {
            give_up("the name " + printable(order.host, 256) + " cannot be resolved");
        }
        std::string why = "no address";
        for (const addrinfo* at = found; at != nullptr && socket_ == INVALID_SOCKET; at = at->ai_next) {
            why = connect(*at);
        }
        ::freeaddrinfo(found);
        if (socket_ == INVALID_SOCKET) {
            give_up("no connection: " + why);
        }
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() {
        if (socket_ != INVALID_SOCKET) {
            ::closesocket(socket_);
        }
    }

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            wait(true);
            const int count = ::send(socket_, bytes.data(), static_cast<int>(bytes.size()), 0);
            if (count <= 0) {
                give_up("the far side closed the connection: " + system_text(last_error()));
            }
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }

    std::string receive() {
        wait(false);
        std::array<char, 16384> some{};
        const int count = ::recv(socket_, some.data(), static_cast<int>(some.size()), 0);
        if (count <= 0) {
            give_up("the far side closed the connection in the middle of the handshake");
        }
        return {some.data(), static_cast<std::size_t>(count)};
    }

private:
    std::string connect(const addrinfo& address) {
        socket_ = ::socket(address.ai_family, address.ai_socktype, address.ai_protocol);
        u_long yes = 1;
        ::ioctlsocket(socket_, static_cast<long>(FIONBIO), &yes);
        const int done = ::connect(socket_, address.ai_addr, static_cast<int>(address.ai_addrlen));
        const std::uint32_t error = done == 0 ? 0 : last_error();
        if (done == 0 || (error == WSAEWOULDBLOCK && ready(true))) {
            int result = 0;
            int size = sizeof result;
            ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, reinterpret_cast<char*>(&result), &size);
            if (result == 0) {
                return {};
            }
            close();
            return system_text(static_cast<std::uint32_t>(result));
        }
        close();
        return error == WSAEWOULDBLOCK ? "refused, or no answer in time" : system_text(error);
    }

    void close() {
        ::closesocket(socket_);
        socket_ = INVALID_SOCKET;
    }

    bool ready(bool to_write) const {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until_ - std::chrono::steady_clock::now());
        if (left.count() <= 0) {
            return false;
        }
        fd_set set{};
        fd_set failed{};
        FD_ZERO(&set);
        FD_ZERO(&failed);
        FD_SET(socket_, &set);
        FD_SET(socket_, &failed);
        timeval patience{static_cast<long>(left.count() / 1000),
                         static_cast<long>(left.count() % 1000 * 1000)};
        const int count =
            ::select(0, to_write ? nullptr : &set, to_write ? &set : nullptr, &failed, &patience);
        return count > 0;
    }

    void wait(bool to_write) const {
        if (!ready(to_write)) {
            give_up("no answer in time");
        }
    }

    SOCKET socket_{INVALID_SOCKET};
    Deadline until_;
};

// SSPI's functions, loaded when a handshake is asked for: its libraries cost more than the rest of a start.
const SecurityFunctionTableW& sspi() {
    const HMODULE library = ::LoadLibraryExW(L"secur32.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
    const FARPROC found = library == nullptr ? nullptr : ::GetProcAddress(library, "InitSecurityInterfaceW");
    const auto init = reinterpret_cast<INIT_SECURITY_INTERFACE_W>(reinterpret_cast<void*>(found));
    const SecurityFunctionTableW* const table = init == nullptr ? nullptr : init();
    if (table == nullptr) {
        give_up("SChannel is not available: " + system_text(last_error()));
    }
    return *table;
}

// SChannel's two handles, and the tokens that go back and forth.
class Client {
public:
    explicit Client(std::string name) : name_(widen(name)) {
        SCHANNEL_CRED wanted{};
        wanted.dwVersion = SCHANNEL_CRED_VERSION;
        wanted.dwFlags =
            SCH_CRED_MANUAL_CRED_VALIDATION | SCH_CRED_NO_DEFAULT_CREDS | SCH_CRED_IGNORE_NO_REVOCATION_CHECK;
        std::wstring package = UNISP_NAME_W;
        const SECURITY_STATUS status = sspi_.AcquireCredentialsHandleW(nullptr,
                                                                       package.data(),
                                                                       SECPKG_CRED_OUTBOUND,
                                                                       nullptr,
                                                                       &wanted,
                                                                       nullptr,
                                                                       nullptr,
                                                                       &credentials_,
                                                                       nullptr);
        if (status != SEC_E_OK) {
            give_up("SChannel is not available: " + system_text(static_cast<std::uint32_t>(status)));
        }
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client() {
        if (begun_) {
            sspi_.DeleteSecurityContext(&context_);
        }
        sspi_.FreeCredentialsHandle(&credentials_);
    }

    void shake_hands(Connection& connection) {
        std::string received;
        SECURITY_STATUS status = step(received, connection);
        while (status == SEC_I_CONTINUE_NEEDED || status == SEC_E_INCOMPLETE_MESSAGE ||
               status == SEC_I_INCOMPLETE_CREDENTIALS) {
            if (status != SEC_I_INCOMPLETE_CREDENTIALS &&
                (received.empty() || status == SEC_E_INCOMPLETE_MESSAGE)) {
                received += connection.receive();
            }
            if (received.size() > most_received) {
                give_up("the far side sends and sends");
            }
            status = step(received, connection);
        }
        if (status != SEC_E_OK) {
            give_up("the handshake failed: " + system_text(static_cast<std::uint32_t>(status)));
        }
    }

    [[nodiscard]] CertificateHandle far_certificate() {
        PCCERT_CONTEXT certificate = nullptr;
        if (sspi_.QueryContextAttributesW(&context_, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &certificate) !=
            SEC_E_OK) {
            give_up("the far side showed no certificate");
        }
        return CertificateHandle(certificate);
    }

private:
    SECURITY_STATUS step(std::string& received, Connection& connection) {
        std::array<SecBuffer, 2> in{
            {{static_cast<unsigned long>(received.size()), SECBUFFER_TOKEN, received.data()},
             {0, SECBUFFER_EMPTY, nullptr}}};
        SecBufferDesc input{SECBUFFER_VERSION, static_cast<unsigned long>(in.size()), in.data()};
        SecBuffer out{0, SECBUFFER_TOKEN, nullptr};
        SecBufferDesc output{SECBUFFER_VERSION, 1, &out};
        unsigned long flags = ISC_REQ_SEQUENCE_DETECT | ISC_REQ_REPLAY_DETECT | ISC_REQ_CONFIDENTIALITY |
                              ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_STREAM | ISC_REQ_MANUAL_CRED_VALIDATION |
                              ISC_REQ_USE_SUPPLIED_CREDS;
        const SECURITY_STATUS status =
            sspi_.InitializeSecurityContextW(&credentials_,
                                             begun_ ? &context_ : nullptr,
                                             name_.empty() ? nullptr : name_.data(),
                                             flags,
                                             0,
                                             0,
                                             begun_ ? &input : nullptr,
                                             0,
                                             &context_,
                                             &output,
                                             &flags,
                                             nullptr);
        begun_ = begun_ || status == SEC_I_CONTINUE_NEEDED || status == SEC_E_OK;
        if (status == SEC_E_INCOMPLETE_MESSAGE) {
            return status;
        }
        const bool extra = in[1].BufferType == SECBUFFER_EXTRA && in[1].cbBuffer <= received.size();
        received = extra ? received.substr(received.size() - in[1].cbBuffer) : std::string();
        if (out.pvBuffer != nullptr) {
            const std::string token(static_cast<const char*>(out.pvBuffer), out.cbBuffer);
            sspi_.FreeContextBuffer(out.pvBuffer);
            if (!token.empty()) {
                connection.send(token);
            }
        }
        return status;
    }

    const SecurityFunctionTableW& sspi_ = sspi();
    std::wstring name_;
    CredHandle credentials_{};
    CtxtHandle context_{};
    bool begun_{};
};

std::string fingerprint(PCCERT_CONTEXT certificate) {
    return x509::sha256(
        {reinterpret_cast<const char*>(certificate->pbCertEncoded), certificate->cbCertEncoded});
}

}  // namespace

HandshakeResult tls_handshake_by_schannel(const HandshakeOrder& order, Seconds timeout) {
    HandshakeResult result;
    try {
        const Sockets sockets;
        Connection connection(order, std::chrono::steady_clock::now() + timeout);
        Client client(order.server_name.empty() ? order.host : order.server_name);
        client.shake_hands(connection);
        const CertificateHandle shown = client.far_certificate();
        result.sha256 = fingerprint(shown.get());
        result.chain_sha256.push_back(result.sha256);
        PCCERT_CONTEXT at = nullptr;
        while ((at = ::CertEnumCertificatesInStore(shown.get()->hCertStore, at)) != nullptr) {
            if (std::string other = fingerprint(at); other != result.sha256) {
                result.chain_sha256.push_back(std::move(other));
            }
        }
        result.connected = true;
    } catch (const Trouble& trouble) {
        result = {.connected = false, .sha256 = {}, .chain_sha256 = {}, .text = printable(trouble.text)};
    }
    return result;
}

}  // namespace edgecert::windows
