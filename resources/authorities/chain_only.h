// An authority of which only the chain is declared: trusted, never issued from.
#pragma once

#include <string>

#include "resources/authorities/authority.h"

namespace edgecert {

// `why_not`: what anybody who wants a certificate of it is told; empty: that it is declared with a chain
// only. An authority whose client is not built in is one of these, with `code` "adcs-not-available"; then
// observe() gives its chain but says that it cannot be used.
class ChainOnlyAuthority final : public Authority {
public:
    explicit ChainOnlyAuthority(AuthoritySpec spec, std::string code = {}, std::string why_not = {});

    [[nodiscard]] AuthorityView observe(Instant now, x509::CertificateCache& cache) override;
    [[nodiscard]] bool idempotent() const override { return false; }
    [[nodiscard]] SubmitAnswer submit(const Submission& submission) override;
    [[nodiscard]] Answer poll(const Inquiry& inquiry, x509::CertificateCache& cache) override;
    void create(Instant now) override;
    [[nodiscard]] Check check(Instant now) override;

private:
    [[noreturn]] void refuse() const;

    AuthoritySpec spec_;
    std::string code_;
    std::string why_not_;
};

}  // namespace edgecert
