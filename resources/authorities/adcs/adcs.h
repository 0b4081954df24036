// The authority `adcs`: Active Directory Certificate Services behind its enrolment pages (/certsrv/).
//
//   chain    GET  certcarc.asp                               how often the CA's own certificate was renewed
//            GET  certnew.p7b?ReqID=CACert&Renewal=N&Enc=bin for each renewal
//   submit   POST certfnsh.asp                               the request and the template's CN, nothing else
//   poll     GET  certnew.cer?ReqID=ID&Enc=b64               the certificate, or a page that says why not
//            GET  certnew.p7b?ReqID=ID&Enc=bin               its chain
//   check    GET  the address itself
//
// There is no key against a second issuance, so a submission whose fate nobody knows is Ambiguous and never
// repeated. Names travel in the request; the attribute `san` is never sent, for it works only on a CA that
// lets every requester choose any name.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "resources/authorities/adcs/client.h"
#include "resources/authorities/adcs/pages.h"
#include "resources/authorities/authority.h"

namespace edgecert {

// What comes in from the process around it.
struct AdcsDoors {
    std::vector<std::string> hidden{};  // variables that no child sees
    // Keeps a page that was not understood, whole; the path it lies at, or "" when it could not be kept.
    std::function<std::string(std::string_view page)> keep_page{};
};

// A ticket is the CA's request id. Failures before the CA can have acted are Errors and change nothing.
class AdcsCertificateAuthority final : public Authority {
public:
    // spec.kind is AdcsAuthority
    explicit AdcsCertificateAuthority(AuthoritySpec spec, AdcsDoors doors = {}, adcs::Patience patience = {});

    [[nodiscard]] AuthorityView observe(Instant now, x509::CertificateCache& cache) override;
    [[nodiscard]] bool idempotent() const override { return false; }
    [[nodiscard]] SubmitAnswer submit(const Submission& submission) override;
    [[nodiscard]] Answer poll(const Inquiry& inquiry, x509::CertificateCache& cache) override;
    void create(Instant now) override;
    [[nodiscard]] Check check(Instant now) override;

private:
    [[nodiscard]] std::string body_of(const std::string& page);  // of a GET; throws
    [[nodiscard]] std::vector<x509::CertificateRef> fetch_chain(x509::CertificateCache& cache,
                                                                std::vector<std::string>& notes);
    [[nodiscard]] std::vector<x509::CertificateRef> fetch_renewal(int renewal,
                                                                  x509::CertificateCache& cache,
                                                                  std::vector<std::string>& notes);
    void compare_with_file(const AuthorityView& fetched, AuthorityView& view) const;
    [[nodiscard]] adcs::Answered sent(std::string_view form);
    [[nodiscard]] SubmitAnswer answer_of_submission(std::string_view body) const;
    [[nodiscard]] Answer answer_of_poll(std::string_view body,
                                        const std::string& id,
                                        const std::string& why_no_certificate) const;
    [[nodiscard]] Answer issued(const std::vector<x509::CertificateRef>& certificates,
                                const Inquiry& inquiry,
                                x509::CertificateCache& cache);
    [[nodiscard]] std::string kept(std::string_view body) const;

    AuthoritySpec spec_;
    AdcsDoors doors_;
    adcs::Client client_;
};

}  // namespace edgecert
