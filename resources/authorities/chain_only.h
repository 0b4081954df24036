// An authority of which only the chain is declared: trusted, never issued from.
#pragma once

#include "resources/authorities/authority.h"

namespace edgecert {

class ChainOnlyAuthority final : public Authority {
public:
    explicit ChainOnlyAuthority(AuthoritySpec spec);

    [[nodiscard]] AuthorityView observe(Instant now, x509::CertificateCache& cache) override;
    [[nodiscard]] bool idempotent() const override { return false; }
    [[nodiscard]] SubmitAnswer submit(const Submission& submission) override;
    [[nodiscard]] Answer poll(const Inquiry& inquiry, x509::CertificateCache& cache) override;
    void create(Instant now) override;
    [[nodiscard]] Check check(Instant now) override;

private:
    [[noreturn]] void refuse() const;

    AuthoritySpec spec_;
};

}  // namespace edgecert
