// A temporary folder in which other implementations (openssl, GnuTLS, NSS, Java) make fixtures and check what
// we made.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "resources/x509/certificate.h"
#include "tests/support/run_program.h"

namespace edgecert::x509 {

class Workshop {
public:
    Workshop();
    Workshop(const Workshop&) = delete;
    Workshop& operator=(const Workshop&) = delete;
    ~Workshop();

    [[nodiscard]] std::string read(const std::string& name) const;
    void write(const std::string& name, std::string_view bytes) const;

    // Runs a program in the folder.
    [[nodiscard]] test::Ran run(const std::vector<std::string>& argv, const std::string& input = {}) const;
    // The same, and the test fails unless it ends with 0. What it wrote to stdout.
    std::string must(const std::vector<std::string>& argv, const std::string& input = {}) const;

    // NAME.key by openssl: "rsa", "p256", "p384", "ed25519", "pss".
    void key(const std::string& name, const std::string& kind = "p256") const;

    struct Wanted {
        std::string name{};                     // NAME.pem; its key is NAME.key, made if absent
        std::string subject{};                  // as openssl's -subj takes it: /CN=…
        std::string issuer{};                   // name of another certificate here; empty: self-signed
        std::vector<std::string> extensions{};  // lines of an extension section
        std::vector<std::string>
            options{};          // further options of `openssl req` or, with an issuer, `openssl x509`
        std::string request{};  // lines of the [req] section: string_mask and the like
        std::string key{"p256"};
        int days{30};
    };
    // By openssl; what parse_certificate makes of it.
    CertificateRef certificate(const Wanted& wanted) const;

private:
    std::filesystem::path folder_;
};

// Extension lines of an authority and of a TLS server.
[[nodiscard]] std::vector<std::string> authority_extensions(const std::string& path_length = {});
[[nodiscard]] std::vector<std::string> server_extensions(const std::string& names = "DNS:edge.contoso.net");

// The code of the Error that `action` throws, or "" if it throws none.
[[nodiscard]] std::string code_of(const std::function<void()>& action);
// Code and text of it: "bad-pfx: …".
[[nodiscard]] std::string failure_of(const std::function<void()>& action);

// `bytes` with every `from` made `to` (equally long).
[[nodiscard]] std::string patched(std::string bytes, std::string_view from, std::string_view to);

}  // namespace edgecert::x509
