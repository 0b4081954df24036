// The authority `local`: a root and an issuing CA in a folder, made on the first apply, that issues by
// template at once.
#pragma once

#include <functional>
#include <string>

#include "resources/authorities/authority.h"
#include "resources/authorities/local_folder.h"

namespace edgecert {

// Holds nothing but what was declared: every call reads the folder, so several processes may share one CA.
// Issuing and making hold the folder's lock (30 s of patience, then Error "authority-unreachable"); looking
// needs none.
//
// submit() refuses (Denied) what a careful CA refuses, and never answers before the log has the certificate;
// the same issuance id with the same key gets the certificate it got before, with another key
// "issuance-reused". Validity: as asked, from five minutes ago, never beyond the issuing CA's own. ticket:
// the serial in hex. poll() answers from the log alone.
class LocalCertificateAuthority final : public Authority {
public:
    LocalCertificateAuthority(AuthoritySpec spec, RandomBytes random_bytes);  // spec.kind is LocalAuthority

    [[nodiscard]] AuthorityView observe(Instant now, x509::CertificateCache& cache) override;
    [[nodiscard]] bool idempotent() const override { return true; }
    [[nodiscard]] SubmitAnswer submit(const Submission& submission) override;
    [[nodiscard]] Answer poll(const Inquiry& inquiry, x509::CertificateCache& cache) override;
    void create(Instant now) override;
    [[nodiscard]] Check check(Instant now) override;

private:
    [[nodiscard]] const LocalAuthority& local() const { return std::get<LocalAuthority>(spec_.kind); }
    [[nodiscard]] std::string changed(
        const LocalCa& ca) const;  // "" or why the folder's CA is not the declared one
    [[nodiscard]] LocalCa open(x509::CertificateCache& cache) const;
    [[nodiscard]] SubmitAnswer issue(const Submission& submission, const LocalCa& ca) const;

    AuthoritySpec spec_;
    RandomBytes random_bytes_;
    x509::CertificateCache own_{};  // for submissions, which come without one; above all its own chain
};

}  // namespace edgecert
