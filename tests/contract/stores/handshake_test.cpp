// Handshakes with openssl s_server: what is served is seen, also by one who is not let in.
#include "resources/x509/handshake.h"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/transport/process.h"
#include "tests/contract/stores/directory_tools.h"
#include "tests/contract/stores/store_contract_tools.h"

namespace edgecert {
namespace {

// Serves for a few seconds on a port of its own choice, and is ended with the object.
class Server {
public:
    Server(const store_contract::Held& held, int port, const std::vector<std::string>& more) : port_(port) {
        write_text(folder_.path() / "cert.pem", x509::to_pem(*held.certificate));
        write_text(folder_.path() / "chain.pem", x509::to_pem(*store_contract::authority().issuing));
        write_text(folder_.path() / "key.pem", held.key.pem.view());
        std::vector<std::string> argv{"openssl",
                                      "s_server",
                                      "-quiet",
                                      "-accept",
                                      std::to_string(port),
                                      "-cert",
                                      path("cert.pem"),
                                      "-key",
                                      path("key.pem"),
                                      "-cert_chain",
                                      path("chain.pem")};
        argv.insert(argv.end(), more.begin(), more.end());
        session_ = std::make_unique<Session>(argv, ProcessLimits{});
    }

    [[nodiscard]] HandshakeResult shake() const {
        HandshakeResult result;
        for (int attempt = 0; attempt < 100; ++attempt) {
            result = tls_handshake(
                {.host = "127.0.0.1", .port = port_, .server_name = "edge-int.ams.example.net"}, Seconds{5});
            if (result.text.find("no connection") == std::string::npos) {
                return result;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        return result;
    }

private:
    [[nodiscard]] std::string path(const char* name) const { return (folder_.path() / name).string(); }

    TemporaryFolder folder_{};
    int port_;
    std::unique_ptr<Session> session_{};
};

int free_port() {
    const auto found = run_process(
        {"python3",
         "-c",
         "import socket\ns = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"},
        "");
    return std::stoi(found.output);
}

}  // namespace

TEST_CASE("a handshake shows the certificate and its chain") {
    const auto held = store_contract::held_elsewhere(StoreUnderTest{}, "0d01");
    const Server server(held, free_port(), {});
    const HandshakeResult result = server.shake();
    CHECK(result.connected);
    CHECK(result.sha256 == held.certificate->sha256);
    CHECK(result.chain_sha256 ==
          std::vector<std::string>{held.certificate->sha256, store_contract::authority().issuing->sha256});
    CHECK(result.text.empty());
}

TEST_CASE("a server that wants a certificate of the client shows its own") {
    const auto held = store_contract::held_elsewhere(StoreUnderTest{}, "0d01");
    for (const char* version : {"-tls1_2", "-tls1_3"}) {
        const Server server(held, free_port(), {"-Verify", "1", "-verify_return_error", version});
        const HandshakeResult result = server.shake();
        CHECK_MESSAGE(result.connected, version << " " << result.text);
        CHECK(result.sha256 == held.certificate->sha256);
        CHECK(result.text.find("asked for a certificate") != std::string::npos);
    }
}

TEST_CASE("a port that is silent, closed, no TLS or no port is an answer in words, in time") {
    const auto before = std::chrono::steady_clock::now();
    const int port = free_port();
    const auto shake = [](const std::string& host, int at) {
        return tls_handshake({.host = host, .port = at, .server_name = ""}, Seconds{2});
    };
    CHECK_FALSE(shake("127.0.0.1", port).connected);
    CHECK(shake("127.0.0.1", port).text.find("no connection") != std::string::npos);
    CHECK_FALSE(shake("", 443).text.empty());
    CHECK_FALSE(shake("127.0.0.1", 0).text.empty());
    CHECK_FALSE(shake("no-such-host.invalid", 443).text.empty());
    const std::string listen =
        "import socket, sys\ns = socket.socket(); s.bind(('127.0.0.1', " + std::to_string(port) +
        ")); s.listen(); print('\\0\\0\\0\\0', end='a'); sys.stdout.flush()\nc = s.accept()[0]\n";
    {
        Session silent({"python3", "-c", listen + "import time; time.sleep(20)"});
        static_cast<void>(silent.receive(Seconds{20}));
        CHECK(shake("127.0.0.1", port).text.find("in time") != std::string::npos);
    }
    const int other = free_port();
    std::string chatter = listen;
    chatter.replace(chatter.find(std::to_string(port)), std::to_string(port).size(), std::to_string(other));
    Session talks({"python3",
                   "-c",
                   chatter + "c.sendall(b'SSH-2.0-OpenSSH_9.2\\r\\n' * 99); import time; time.sleep(20)"});
    static_cast<void>(talks.receive(Seconds{20}));
    CHECK(shake("127.0.0.1", other).text.find("no TLS") != std::string::npos);
    CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(30));
}

}  // namespace edgecert
