// A certificate authority as it truly is in a simulation, and the Authority that a controller speaks to.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "resources/authorities/authority.h"
#include "tests/support/mint.h"

namespace edgecert {

enum class SimSubmissionState { pending, issued, denied };

// A submission that the CA accepted; one entry each time, also when it is the same request again.
struct SimSubmission {
    Submission what{};
    std::string ticket{};
    SimSubmissionState state{SimSubmissionState::pending};
    int polls_left{};   // issued by itself after so many looks; negative: only a person issues it
    int grants_else{};  // 0: what was asked; else what not
    x509::CertificateRef certificate{};
    std::string message{};
};

enum class SimCaKind { local, offline, manual, chain_only };

struct SimCa {
    std::string name{};
    SimCaKind kind{SimCaKind::local};
    bool exists{true};
    bool was_born{};  // here, by somebody's apply
    int generation{};
    Instant born{};
    int patience{};  // looks until a manual CA issues; negative: a person has to
    std::vector<std::pair<int, Instant>> older{};  // generations that are still in the chain
    std::vector<SimSubmission> log{};
    std::vector<std::string> resubmitted{};  // issuance ids that an operator gave up
};

// Signs what was asked, or something else.
void issue(SimCa& ca, SimSubmission& submission, Mint& mint, Instant now);
void deny(SimSubmission& submission, const std::string& message);

class SimController;

class SimAuthority final : public Authority {
public:
    SimAuthority(AuthoritySpec spec, std::shared_ptr<SimCa> ca, SimController& controller);

    [[nodiscard]] AuthorityView observe(Instant now, x509::CertificateCache& cache) override;
    [[nodiscard]] bool idempotent() const override { return ca_->kind != SimCaKind::manual; }
    [[nodiscard]] SubmitAnswer submit(const Submission& submission) override;
    [[nodiscard]] Answer poll(const Inquiry& inquiry, x509::CertificateCache& cache) override;
    void create(Instant now) override;
    [[nodiscard]] Check check(Instant now) override;

private:
    [[nodiscard]] SimSubmission* find(const std::string& issuance,
                                      const std::string& spki,
                                      const std::string& ticket) const;

    AuthoritySpec spec_;
    std::shared_ptr<SimCa> ca_;
    SimController& controller_;
};

}  // namespace edgecert
