// What every authority that issues promises, real and fake alike.
#include <doctest/doctest.h>

#include <set>
#include <thread>
#include <variant>
#include <vector>

#include "resources/x509/certificate.h"
#include "tests/contract/authorities/cases.h"
#include "tests/contract/authorities/workbench.h"

namespace edgecert::test {
namespace {

// Runs a test once a kind, each with a far side of its own.
template <typename Body>
void for_every_authority(Body body) {
    for (const AuthorityCase& kind : authority_cases()) {
        CAPTURE(kind.name);
        const std::unique_ptr<AuthorityBench> far = kind.make();
        const Workbench bench;
        body(*far, bench);
    }
}

Issued collected(AuthorityBench& far,
                 const Workbench& bench,
                 const Submission& submission,
                 x509::CertificateCache& cache) {
    const Inquiry inquiry = inquiry_of(submission, far.authority().submit(submission));
    far.answer(submission, bench);
    const Answer answer = far.authority().poll(inquiry, cache);
    const auto* issued = std::get_if<Issued>(&answer);
    REQUIRE(issued != nullptr);
    return *issued;
}

TEST_CASE("An authority gives its chain, and looking twice shows the same") {
    for_every_authority([](AuthorityBench& far, const Workbench&) {
        x509::CertificateCache cache;
        const AuthorityView first = far.authority().observe(far.now(), cache);
        CHECK(first.reachable);
        CHECK(first.exists);
        CHECK(first.pinned);
        CHECK(first.error.empty());
        CHECK(first.chain_problem.empty());
        REQUIRE(first.chain.size() == 2);
        CHECK(first.chain[0].root);
        CHECK(first.chain[0].certificate->self_signed);
        CHECK_FALSE(first.chain[1].root);
        CHECK(first.chain[1].certificate->issuer_der == first.chain[0].certificate->subject_der);
        CHECK(far.authority().observe(far.now(), cache) == first);
    });
}

TEST_CASE("A submitted request becomes a certificate for its key that openssl verifies to the chain's root") {
    for_every_authority([](AuthorityBench& far, const Workbench& bench) {
        x509::CertificateCache cache;
        const AuthorityView view = far.authority().observe(far.now(), cache);
        const Submission submission =
            submission_of(far.request(bench, "internal"), issuance_id(1), far.now());
        const Issued issued = collected(far, bench, submission, cache);
        CHECK(issued.certificate->spki_sha256 == submission.spki);
        CHECK(issued.certificate->names.dns == TextSet{"edge.contoso.net", "edge01.contoso.net"});
        CHECK(issued.certificate->subject.common_name == "edge.contoso.net");
        bench.write("leaf.pem", x509::to_pem(*issued.certificate));
        bench.write("root.pem", x509::to_pem(*view.chain.at(0).certificate));
        bench.write("issuing.pem", x509::to_pem(*view.chain.at(1).certificate));
        bench.must({"openssl",
                    "verify",
                    "-x509_strict",
                    "-no-CApath",
                    "-no-CAstore",
                    "-CAfile",
                    "root.pem",
                    "-untrusted",
                    "issuing.pem",
                    "-verify_hostname",
                    "edge01.contoso.net",
                    "leaf.pem"});
    });
}

TEST_CASE(
    "Where submitting is idempotent, the same submission gets the same ticket and the same certificate") {
    for_every_authority([](AuthorityBench& far, const Workbench& bench) {
        x509::CertificateCache cache;
        static_cast<void>(far.authority().observe(far.now(), cache));
        if (!far.authority().idempotent())
            return;
        const Submission submission =
            submission_of(far.request(bench, "internal"), issuance_id(1), far.now());
        const Issued first = collected(far, bench, submission, cache);
        const Inquiry again = inquiry_of(submission, far.authority().submit(submission));
        const Answer answer = far.authority().poll(again, cache);
        REQUIRE(std::holds_alternative<Issued>(answer));
        CHECK(std::get<Issued>(answer).certificate->sha256 == first.certificate->sha256);
    });
}

TEST_CASE("Polling changes nothing: it gives the same answer each time") {
    for_every_authority([](AuthorityBench& far, const Workbench& bench) {
        x509::CertificateCache cache;
        const Submission submission =
            submission_of(far.request(bench, "internal"), issuance_id(1), far.now());
        const Inquiry inquiry = inquiry_of(submission, far.authority().submit(submission));
        const Answer waiting = far.authority().poll(inquiry, cache);
        CHECK(far.authority().poll(inquiry, cache) == waiting);
        far.answer(submission, bench);
        const Answer answered = far.authority().poll(inquiry, cache);
        CHECK(std::holds_alternative<Issued>(answered));
        CHECK(far.authority().poll(inquiry, cache) == answered);
    });
}

TEST_CASE("Whoever asks for the answer to another key never gets this one's certificate") {
    for_every_authority([](AuthorityBench& far, const Workbench& bench) {
        x509::CertificateCache cache;
        const Submission submission =
            submission_of(far.request(bench, "internal"), issuance_id(1), far.now());
        Inquiry inquiry = inquiry_of(submission, far.authority().submit(submission));
        far.answer(submission, bench);
        inquiry.spki = issuance_id(77);
        CHECK_FALSE(std::holds_alternative<Issued>(far.authority().poll(inquiry, cache)));
    });
}

TEST_CASE("Pools that share an authority at the same time each get the certificate of their own key") {
    for_every_authority([](AuthorityBench& far, const Workbench& bench) {
        if (!far.concurrent()) {
            return;
        }
        constexpr int pools = 4;
        std::vector<Submission> submissions;
        for (int i = 0; i < pools; ++i) {
            const std::string request = far.request(bench, "pool" + std::to_string(i));
            submissions.push_back(submission_of(request, issuance_id(i), far.now()));
            submissions.back().pool = "pool" + std::to_string(i);
        }
        std::vector<SubmitAnswer> answers(pools, Ambiguous{});
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < pools; ++i) {
            threads.emplace_back(
                [&far, &submissions, &answers, i] { answers[i] = far.authority().submit(submissions[i]); });
        }
        for (std::thread& thread : threads)
            thread.join();
        x509::CertificateCache cache;
        for (std::size_t i = 0; i < pools; ++i) {
            far.answer(submissions[i], bench);
            const Answer answer = far.authority().poll(inquiry_of(submissions[i], answers[i]), cache);
            REQUIRE(std::holds_alternative<Issued>(answer));
            CHECK(std::get<Issued>(answer).certificate->spki_sha256 == submissions[i].spki);
        }
    });
}

TEST_CASE("A check of an authority that works says so, with facts") {
    for_every_authority([](AuthorityBench& far, const Workbench&) {
        const Authority::Check check = far.authority().check(far.now());
        CHECK(check.ok);
        CHECK_FALSE(check.lines.empty());
    });
}

}  // namespace
}  // namespace edgecert::test
