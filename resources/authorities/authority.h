// Authority: the contract of a certificate authority, and what is declared and observed of one.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/time/instant.h"
#include "resources/x509/certificate.h"
#include "resources/x509/request.h"

namespace edgecert {

// ---- declared
// -----------------------------------------------------------------------------------------------------------------

struct LocalAuthority {
    std::string directory{};  // absolute
    x509::Subject subject{};
    x509::KeyKind key{x509::KeyAlgorithm::rsa, 2048};
    Seconds validity{std::chrono::days{3650}};
    std::string distribution_point{};
    std::string issuer_url{};
    bool operator==(const LocalAuthority&) const = default;
};
struct OfflineAuthority {
    std::string outbox{};  // absolute
    std::string inbox{};
    bool operator==(const OfflineAuthority&) const = default;
};
struct CommandAuthority {
    std::vector<std::string> command{};
    bool operator==(const CommandAuthority&) const = default;
};
struct SecretSource {
    enum class Kind { none, env, file, command };
    Kind kind{Kind::none};
    std::vector<std::string> value{};
    bool operator==(const SecretSource&) const = default;
};
struct AdcsAuthority {
    std::string url{};
    std::string method{};  // basic, ntlm, negotiate, certificate
    std::string username{};
    SecretSource password{};
    std::string certificate{};  // files, absolute
    std::string key{};
    std::string tls_ca{};  // absolute, or "": the system's
    int concurrent{2};
    bool operator==(const AdcsAuthority&) const = default;
};

// What the CA may change of what was asked.
struct Match {
    bool subject_common_name_only{};
    bool names_superset{};
    bool usages_superset{true};
    bool operator==(const Match&) const = default;
};

struct AuthoritySpec {
    std::string name{};
    std::variant<std::monostate, LocalAuthority, OfflineAuthority, CommandAuthority, AdcsAuthority>
        kind{};                        // monostate: chain only
    std::string chain_file{};          // absolute, or ""
    std::vector<std::string> roots{};  // pins: SHA-256 hex
    Match match{};
    bool is_public{};
    Source where{};
    std::string declaration{};  // digest of what makes it this CA (kind, subject, key; not its folder)
    bool operator==(const AuthoritySpec&) const = default;
    [[nodiscard]] bool issues() const { return kind.index() != 0; }
    [[nodiscard]] bool is_local() const { return std::holds_alternative<LocalAuthority>(kind); }
};

// ---- observed
// -----------------------------------------------------------------------------------------------------------------

// A certificate of the chain, born or not (a local CA before its first apply). `birth`: hash(authority, root
// or issuing, declaration), or "".
struct ChainCertificate {
    std::string birth{};
    x509::CertificateRef certificate{};  // null while unborn
    bool root{};
    bool operator==(const ChainCertificate&) const = default;
};

struct IssuedRecord {  // of a CA that keeps a log we can read
    std::string issuance{};
    std::string sha256{};
    std::string spki{};
    bool operator==(const IssuedRecord&) const = default;
};

struct AuthorityView {
    std::string name{};
    bool reachable{true};
    std::string error{};                    // why not
    bool exists{true};                      // a local CA: its folder holds one
    bool idempotent{};                      // Authority::idempotent(), for planning
    std::vector<ChainCertificate> chain{};  // verified, ends in a pin (a local CA's own needs none); roots
                                            // first, then by SHA-256; every renewal
    std::vector<x509::CertificateRef> unpinned_roots{};  // what could be pinned
    bool pinned{true};                   // false: no pin declared (and not local): nothing of it is trusted
    std::string chain_problem{};         // "" or why there is no usable chain
    std::vector<IssuedRecord> issued{};  // sorted by issuance
    std::vector<std::string> notes{};
    std::vector<std::string> warnings{};  // what somebody should mend before it hurts
    std::string unable{};                 // "" or why it can issue nothing, although its chain is known
    bool operator==(const AuthorityView&) const = default;
};
[[nodiscard]] nlohmann::ordered_json to_json(const AuthorityView& view);
// Every field, and no other; Error "bad-observation" begins with `place`.
[[nodiscard]] AuthorityView authority_view_from_json(const nlohmann::ordered_json& json,
                                                     x509::CertificateCache& cache,
                                                     const std::string& place = {});

// ---- spoken to
// ----------------------------------------------------------------------------------------------------------------

struct Submission {
    std::string issuance{};
    std::string pool{};
    std::string certificate{};
    std::string request_pem{};
    std::string spki{};
    std::string template_name{};
    TextSet extended_key_usage{};
    Seconds validity{};
    std::string digest{};
    std::string holder{};
    Instant now{};
};

struct Accepted {
    std::string ticket{};
};
struct Denied {
    std::string code{};
    std::string message{};
    std::string hint{};
    bool operator==(const Denied&) const = default;
};
struct Ambiguous {
    std::string message{};
    bool operator==(const Ambiguous&) const = default;
};
using SubmitAnswer = std::variant<Accepted, Denied, Ambiguous>;

struct Issued {
    x509::CertificateRef certificate{};
    std::vector<x509::CertificateRef> chain{};  // what came with it; any order
    std::string where{};                        // the file it was read from, if it was
    bool operator==(const Issued&) const = default;
};
struct Pending {
    std::string on_whom{};
    std::string what_to_do{};
    bool operator==(const Pending&) const = default;
};
struct Unusable {
    std::string message{};
    std::string where{};
    bool operator==(const Unusable&) const = default;
};  // an answer that is none: rubbish, half a file, another key
using Answer = std::variant<Issued, Pending, Denied, Ambiguous, Unusable>;

struct Inquiry {  // which request an answer is wanted for
    std::string issuance{};
    std::string pool{};
    std::string certificate{};
    std::string spki{};
    std::string ticket{};
    std::string request_pem{};
    Instant submitted{};
};

// The code of an Error of submit() that means: the CA never saw the request, so it may be sent again without
// asking anybody.
inline constexpr const char* not_submitted = "not-submitted";

// Safe from several threads (pools share an authority). Failures that mean "cannot be reached or used" throw
// Error "authority-unreachable", "authority-refused"; of these submit() leaves open whether the CA has the
// request.
class Authority {
public:
    Authority() = default;
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;
    virtual ~Authority() = default;

    [[nodiscard]] virtual AuthorityView observe(Instant now, x509::CertificateCache& cache) = 0;
    // Is a second submission of one issuance id the same as the first (no second certificate)? Then a lost
    // answer needs no person.
    [[nodiscard]] virtual bool idempotent() const = 0;
    [[nodiscard]] virtual SubmitAnswer submit(const Submission& submission) = 0;
    [[nodiscard]] virtual Answer poll(const Inquiry& inquiry,
                                      x509::CertificateCache& cache) = 0;  // changes nothing at the CA
    // A local CA is made; everybody else: Error. Idempotent.
    virtual void create(Instant now) = 0;
    // What check says of it: one line a fact. ok false: unusable, and `faults` say why; the facts stay good.
    struct Check {
        bool ok{};
        std::vector<std::string> lines{};
        std::vector<std::string> faults{};

        void fault(std::string why) {
            ok = false;
            faults.push_back(std::move(why));
        }
    };
    [[nodiscard]] virtual Check check(Instant now) = 0;
};

}  // namespace edgecert
