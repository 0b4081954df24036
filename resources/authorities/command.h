// The authority `command`: any CA behind a program of the user's own, one JSON object on its stdin, one on
// its stdout.
//
// The program is started once an operation (argv as declared, no shell), gets a request and has 60 s and 1
// MiB for its answer; its stderr is for people. schemas/authority-command.schema.json describes both sides,
// examples/command-ca/our-ca is a program that works.
//
//   every request   {"format": "edgecert.authority-command/1", "operation": …, "authority": NAME, …}
//   chain           → {"certificates": [PEM, …], "idempotent": BOOL}       any certificates; only what leads
//   to a pin is trusted check           → {"ok": BOOL, "lines": [TEXT, …], "idempotent": BOOL} submit
//   issuance, pool, certificate, request (PEM), publicKey, template, extendedKeyUsage, validity (seconds),
//   digest, holder, at
//                   → {"status": "accepted", "ticket": TEXT}
//                   | {"status": "denied", "code": TEXT, "message": TEXT, "hint": TEXT}     for good: a
//                   person has to act | {"status": "ambiguous", "message": TEXT} nobody knows whether the CA
//                   took it
//   poll            issuance, pool, certificate, request, publicKey, ticket, submitted
//                   → {"status": "issued", "certificate": PEM, "chain": [PEM, …]}
//                   | {"status": "pending", "onWhom": TEXT, "whatToDo": TEXT} | denied | ambiguous
//   any of them     → {"error": TEXT, "hint": TEXT} and an exit status that is not 0: nothing was done, and
//   it may be tried again
//
// "idempotent": true promises that submitting one issuance id twice gives one certificate; it is asked for by
// chain and check. Optional fields (code, hint, lines, chain, idempotent, onWhom, whatToDo) may be left out;
// fields that are not known are ignored.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "resources/authorities/authority.h"

namespace edgecert {

inline constexpr Seconds command_deadline{60};

// What a program that cannot be started, is killed, hangs, babbles or lies does to a caller: submit to one
// that is not idempotent is Ambiguous unless the program cannot be started or says itself that nothing was
// done; everything else throws Error "authority-unreachable" (cannot be started, hangs) or
// "authority-refused" (an error of its own, or an answer that is none), with the end of its stderr.
class CommandCertificateAuthority final : public Authority {
public:
    // spec.kind is CommandAuthority; the variables named in `hidden` are kept from the program.
    explicit CommandCertificateAuthority(AuthoritySpec spec,
                                         Seconds deadline = command_deadline,
                                         std::vector<std::string> hidden = {});

    [[nodiscard]] AuthorityView observe(Instant now, x509::CertificateCache& cache) override;
    [[nodiscard]] bool idempotent() const override {
        return idempotent_;
    }  // as it last said; false before it was asked
    [[nodiscard]] SubmitAnswer submit(const Submission& submission) override;
    [[nodiscard]] Answer poll(const Inquiry& inquiry, x509::CertificateCache& cache) override;
    void create(Instant now) override;
    [[nodiscard]] Check check(Instant now) override;

private:
    [[nodiscard]] nlohmann::ordered_json ask(const nlohmann::ordered_json& request, bool& unanswered);
    [[nodiscard]] std::vector<x509::CertificateRef> fetch_chain(x509::CertificateCache& cache);
    [[nodiscard]] std::shared_ptr<const AuthorityView> chain_to_check();

    AuthoritySpec spec_;
    Seconds deadline_;
    std::vector<std::string> hidden_;
    std::atomic<bool> idempotent_{false};
    std::mutex mutex_{};
    std::shared_ptr<const AuthorityView> seen_{};  // at the last look
};

// The protocol alone: what a program's answer means. Throw Error "authority-refused".
[[nodiscard]] SubmitAnswer submit_answer_of(const nlohmann::ordered_json& answer);
[[nodiscard]] Answer poll_answer_of(const nlohmann::ordered_json& answer,
                                    const Inquiry& inquiry,
                                    x509::CertificateCache& cache);

}  // namespace edgecert
