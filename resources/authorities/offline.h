// The authority `offline`: requests are files that a person sends, answers are files that a person drops.
#pragma once

#include <string>
#include <vector>

#include "resources/authorities/authority.h"

namespace edgecert {

// submit() leaves <outbox>/<pool>/<certificate>.csr (PEM) and .txt (for the person; written first, so that a
// request never lies there unexplained); equal bytes are left untouched. <inbox>/<pool> is made where that is
// possible. ticket: the SHA-256 of the public key.
//
// poll() looks at every <inbox>/<pool>/<certificate>.{cer,crt,pem,p7b} (endings in either case, at most 1 MiB
// each): the certificate whose key is the request's wins, among several the one that ends last. Files that
// are there but no answer are Unusable, each with its reason, but for certificates of an earlier request,
// which only have to make room; nothing is moved or deleted. While another request lies in this one's place
// in the outbox the answer is Ambiguous without a word: submit() puts this one there. Nothing here contacts
// anybody, so nothing is ever unreachable.
class OfflineCertificateAuthority final : public Authority {
public:
    explicit OfflineCertificateAuthority(AuthoritySpec spec);  // spec.kind is OfflineAuthority

    [[nodiscard]] AuthorityView observe(Instant now, x509::CertificateCache& cache) override;
    [[nodiscard]] bool idempotent() const override { return true; }
    [[nodiscard]] SubmitAnswer submit(const Submission& submission) override;
    [[nodiscard]] Answer poll(const Inquiry& inquiry, x509::CertificateCache& cache) override;
    void create(Instant now) override;
    [[nodiscard]] Check check(Instant now) override;

private:
    [[nodiscard]] const OfflineAuthority& offline() const { return std::get<OfflineAuthority>(spec_.kind); }

    AuthoritySpec spec_;
};

// What stands in the .txt: one form for one request, without a time, so that writing it again changes
// nothing.
[[nodiscard]] std::string request_text(const AuthoritySpec& spec, const Submission& submission);

// Thrown as Error "authority-refused" when pool or certificate are no checked names: they become file names.
void check_file_names(const std::string& pool, const std::string& certificate);

}  // namespace edgecert
