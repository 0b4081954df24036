// A small pool with a CA, built by hand for the planner's tables: what is declared, what is there, and the
// plan as lines of text.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "resources/pool/unit.h"
#include "resources/x509/issue.h"

namespace edgecert::test {

// A CA with a root and an issuing certificate; keys are made once a program.
struct Ca {
    x509::CertificateRef root{};
    x509::CertificateRef issuing{};
    x509::PrivateKey root_key{};
    x509::PrivateKey issuing_key{};
};
[[nodiscard]] const Ca& ca(const std::string& name);
[[nodiscard]] const x509::PrivateKey& key(int number);  // P-256, numbered

// 2026-06-01T00:00:00Z, the present of these tests.
[[nodiscard]] Instant present();
[[nodiscard]] inline Seconds days(int count) {
    return std::chrono::days{count};
}

struct Issue {
    std::string ca{"contoso"};
    std::string common_name{"pool.contoso.net"};
    TextSet names{"pool.contoso.net", "edge01.contoso.net", "edge02.contoso.net"};
    TextSet usages{"serverAuth"};
    int key_number{1};
    Seconds age{days(10)};
    Seconds lifetime{days(365)};
};
[[nodiscard]] x509::CertificateRef issue(const Issue& what);

struct Put {
    bool owned{true};
    KeyState key{KeyState::present};
    bool exportable{true};
    std::string issuance{};
    std::string requirement{};  // "": the present one
    std::optional<Instant> submitted{};
    std::optional<Instant> superseded{};
    std::string friendly_name{"Edge Internal"};
    std::string name{"internal"};
};

class Fixture {
public:
    explicit Fixture(int servers = 2);

    Pool pool{};
    std::map<std::string, AuthoritySpec> authorities{};
    PoolView view{};
    PlanInputs inputs{};

    [[nodiscard]] CertificateSpec& spec(std::size_t index = 0) { return pool.certificates.at(index); }
    [[nodiscard]] StoreObservation& store(const std::string& server) { return view.servers.at(server).store; }
    [[nodiscard]] AuthorityView& authority(const std::string& name = "contoso");
    void add_server(const std::string& name);
    void add_authority(const std::string& name);
    void trust(const std::string& server, const std::string& authority = "contoso", bool owned = true);
    void put(const std::string& server, const x509::CertificateRef& certificate, const Put& how = {});
    void assign(const std::string& server,
                const std::string& role,
                const x509::CertificateRef& certificate,
                bool owned = true);
    // Trusted, installed and assigned on every server, ours.
    x509::CertificateRef converge(const Issue& what = {}, const Put& how = {});
    RequestEntry& request(const std::string& server,
                          RequestPhase phase,
                          bool with_key = true,
                          int key_number = 7);

    [[nodiscard]] UnitPlan plan() const;
    // One line a step: "action server role-or-certificate [code/cause, …]".
    [[nodiscard]] std::string lines() const;
    // The actions only: "trust-root edge01; …".
    [[nodiscard]] std::string actions() const;
};

}  // namespace edgecert::test
