// Plays the far side of every kind of authority.
#include "tests/contract/authorities/cases.h"

#include <filesystem>
#include <utility>

#include "resources/world/open_authority.h"

namespace edgecert::test {
namespace {

class LocalBench final : public AuthorityBench {
public:
    LocalBench() : authority_(open_authority(local_spec(bench_.path("ca")), clock_, test_randomness())) {
        authority_->create(clock_.now());
    }
    [[nodiscard]] Authority& authority() override { return *authority_; }
    void answer(const Submission& /*submission*/, const Workbench& /*bench*/) override {}

private:
    Workbench bench_{};
    StillClock clock_{};
    std::shared_ptr<Authority> authority_;
};

class OfflineBench final : public AuthorityBench {
public:
    OfflineBench() {
        const x509::CertificateRef root = bench_.ca("root", "/CN=Far Root");
        bench_.ca("issuing", "/CN=Far Issuing", "root");
        bench_.write("chain.pem", bench_.read("issuing.pem") + bench_.read("root.pem"));
        AuthoritySpec spec{.name = "far", .chain_file = bench_.path("chain.pem"), .roots = {root->sha256}};
        spec.kind = OfflineAuthority{bench_.path("out"), bench_.path("in")};
        authority_ = open_authority(spec, clock_, test_randomness());
    }
    [[nodiscard]] Authority& authority() override { return *authority_; }

    // The person: takes the request from the outbox, has it signed, puts the answer into the inbox.
    void answer(const Submission& submission, const Workbench& /*bench*/) override {
        bench_.write("sent.csr",
                     bench_.read("out/" + submission.pool + "/" + submission.certificate + ".csr"));
        bench_.leaf({.name = "answer", .csr = "sent", .issuer = "issuing"});
        bench_.write("in/" + submission.pool + "/" + submission.certificate + ".cer",
                     bench_.read("answer.pem"));
    }

private:
    Workbench bench_{};
    StillClock clock_{};
    std::shared_ptr<Authority> authority_;
};

class CommandBench final : public AuthorityBench {
public:
    CommandBench() {
        const std::string program = std::string(EDGECERT_SOURCE_DIR) + "/examples/command-ca/our-ca";
        bench_.must({program, "init", bench_.path("ca")});
        AuthoritySpec spec{.name = "our-ca", .roots = {bench_.certificate("ca/root.pem")->sha256}};
        spec.kind = CommandAuthority{{program, "answer", bench_.path("ca")}};
        authority_ = open_authority(spec, clock_, test_randomness());
    }
    [[nodiscard]] Authority& authority() override { return *authority_; }
    void answer(const Submission& /*submission*/, const Workbench& /*bench*/) override {}

private:
    Workbench bench_{};
    StillClock clock_{};
    std::shared_ptr<Authority> authority_;
};

// Behind the simulated enrolment pages, where an officer has to approve.
class AdcsBench final : public AuthorityBench {
public:
    AdcsBench() {
        AdcsAuthority adcs{.method = "basic", .username = "CONTOSO\\svc-edge"};
        adcs.url = bench_.must({program_, "start", bench_.path("ca"), "--for", "600"});
        adcs.url.resize(adcs.url.find_last_not_of('\n') + 1);
        bench_.must({program_,
                     "set",
                     bench_.path("ca"),
                     "approval=true",
                     "auth=\"basic\"",
                     R"(users={"CONTOSO\\svc-edge": "swordfish"})"});
        bench_.write("password", "swordfish\n");
        adcs.password = {SecretSource::Kind::file, {bench_.path("password")}};
        adcs.tls_ca = bench_.path("ca/root.pem");
        AuthoritySpec spec{.name = "contoso", .roots = {bench_.certificate("ca/root.pem")->sha256}};
        spec.kind = adcs;
        authority_ = open_authority(spec, clock_, test_randomness());
    }
    ~AdcsBench() override { static_cast<void>(bench_.status({program_, "stop", bench_.path("ca")})); }
    AdcsBench(const AdcsBench&) = delete;
    AdcsBench& operator=(const AdcsBench&) = delete;
    [[nodiscard]] Authority& authority() override { return *authority_; }

    // The officer approves whatever waits.
    void answer(const Submission& /*submission*/, const Workbench& /*bench*/) override {
        bench_.must({program_, "approve", bench_.path("ca"), "all"});
    }

private:
    std::string program_{std::string(EDGECERT_SOURCE_DIR) + "/tests/support/certsrv/certsrv"};
    Workbench bench_{};
    StillClock clock_{};
    std::shared_ptr<Authority> authority_;
};

template <typename Bench>
AuthorityCase entry(std::string name) {
    return {std::move(name), [] { return std::make_unique<Bench>(); }};
}

}  // namespace

AuthoritySpec local_spec(const std::string& directory) {
    AuthoritySpec spec{.name = "contoso-issuing", .declaration = issuance_id(1000)};
    spec.kind = LocalAuthority{.directory = directory,
                               .subject = {.common_name = "Contoso Issuing CA", .organization = "Contoso"},
                               .key = {x509::KeyAlgorithm::ecdsa, 256},
                               .distribution_point = "http://pki.contoso.net/contoso.crl",
                               .issuer_url = "http://pki.contoso.net/contoso.cer"};
    return spec;
}

std::vector<AuthorityCase> authority_cases() {
    return {entry<LocalBench>("local"),
            entry<OfflineBench>("offline"),
            entry<CommandBench>("command"),
            entry<AdcsBench>("adcs"),
            simulated_case()};
}

}  // namespace edgecert::test
