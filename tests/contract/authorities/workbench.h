// A temporary folder with a clock, randomness and `openssl` at hand: what tests of authorities work with.
#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/time/instant.h"
#include "resources/authorities/authority.h"
#include "resources/x509/certificate.h"

namespace edgecert::test {

[[nodiscard]] Instant real_now();

class StillClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override { return now_; }
    void sleep(Seconds span) override { now_ += span; }

private:
    Instant now_{real_now()};
};

// Bytes that differ from call to call; safe from several threads.
[[nodiscard]] std::function<std::string(std::size_t)> test_randomness();

class Workbench {
public:
    Workbench();
    Workbench(const Workbench&) = delete;
    Workbench& operator=(const Workbench&) = delete;
    ~Workbench();

    [[nodiscard]] std::string path(const std::string& name = {}) const { return (folder_ / name).string(); }
    [[nodiscard]] std::string read(const std::string& name) const;
    void write(const std::string& name, std::string_view bytes) const;  // makes the folders above it
    [[nodiscard]] std::vector<std::string> files(
        const std::string& below = {}) const;  // every file's relative path, sorted

    // Runs a program in the folder; the test fails unless it ends with 0. Its stdout.
    std::string must(const std::vector<std::string>& argv, const std::string& input = {}) const;
    [[nodiscard]] int status(const std::vector<std::string>& argv) const;

    // A request by openssl: NAME.key, NAME.csr. `extensions` are openssl's -addext values.
    struct Csr {
        std::string name{"internal"};
        std::string subject{"/O=Contoso/CN=edge.contoso.net"};
        std::vector<std::string> extensions{"subjectAltName=DNS:edge.contoso.net,DNS:edge01.contoso.net"};
        std::string key{"ec"};
    };
    std::string csr(const Csr& wanted) const;  // its PEM; a key NAME.key that is there is used again

    // NAME.pem and NAME.key: a root, or with `issuer` (another of these) a CA under it.
    x509::CertificateRef ca(const std::string& name,
                            const std::string& subject,
                            const std::string& issuer = {}) const;
    // NAME.pem: the request NAME.csr of another name signed by one of ca()'s; options go to `openssl x509`.
    struct Leaf {
        std::string name{};
        std::string csr{};
        std::string issuer{};
        std::vector<std::string> options{"-days", "90"};
    };
    x509::CertificateRef leaf(const Leaf& wanted) const;
    [[nodiscard]] x509::CertificateRef certificate(const std::string& file) const;

private:
    std::filesystem::path folder_;
};

// A submission of a request, and the inquiry that asks for its answer.
[[nodiscard]] Submission submission_of(const std::string& request_pem,
                                       const std::string& issuance,
                                       Instant now);
[[nodiscard]] Inquiry inquiry_of(const Submission& submission, const SubmitAnswer& answer);
[[nodiscard]] std::string issuance_id(int number);  // 64 hex digits

[[nodiscard]] std::string code_of(const std::function<void()>& action);  // of the Error it throws, or ""

}  // namespace edgecert::test
