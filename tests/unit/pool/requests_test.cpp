// Requests that are under way: pending, denied, lost, ambiguous, answered well and badly; rejections and
// the way back.
#include <doctest/doctest.h>

#include "resources/pool/choice.h"
#include "resources/pool/enrolment.h"
#include "resources/pool/judgement.h"
#include "resources/pool/open_request.h"
#include "resources/pool/server_failure.h"
#include "unit/pool/fixture.h"

using namespace edgecert;
using namespace edgecert::test;

namespace {

Fixture renewal_due(int servers = 2) {
    Fixture fixture(servers);
    fixture.converge({.age = days(300)});
    return fixture;
}

const Step* wait_of(const UnitPlan& plan) {
    const auto found = std::find_if(
        plan.steps.begin(), plan.steps.end(), [](const Step& step) { return step.wait.has_value(); });
    return found == plan.steps.end() ? nullptr : &*found;
}

std::string wait_code(const Fixture& fixture) {
    static UnitPlan plan;
    plan = fixture.plan();
    const auto* wait = wait_of(plan);
    return wait == nullptr ? "" : wait->wait->code;
}

// As a submission leaves it: every other server has the entry too, without the key.
void know_everywhere(Fixture& fixture) {
    for (const auto& [name, view] : fixture.view.servers) {
        for (auto entry : view.store.requests) {
            entry.key = KeyState::absent;
            for (auto& [other, its] : fixture.view.servers) {
                if (other != name && its.store.requests.empty()) {
                    its.store.requests.push_back(entry);
                }
            }
        }
    }
}

}  // namespace

TEST_CASE("an open request goes on where it stands: never a second one") {
    auto fixture = renewal_due();
    const std::string rest =
        "collect-certificate edge01; install-certificate edge01; transfer-certificate edge02; assign-role "
        "edge01; assign-role edge02";
    SUBCASE("made, not sent") {
        fixture.request("edge01", RequestPhase::created);
        CHECK(fixture.actions() == "submit-request edge01; " + rest);
    }
    SUBCASE("sent and accepted") {
        fixture.request("edge01", RequestPhase::accepted);
        CHECK(fixture.actions() == rest);
    }
    SUBCASE("collected") {
        auto& request = fixture.request("edge01", RequestPhase::collected);
        request.answer = issue({.key_number = 7, .age = days(0)});
        CHECK(fixture.actions() ==
              "install-certificate edge01; transfer-certificate edge02; assign-role edge01; assign-role "
              "edge02");
    }
    SUBCASE("on another server than requestOn says now") {
        fixture.request("edge02", RequestPhase::created);
        CHECK(
            fixture.actions().starts_with("submit-request edge02; collect-certificate edge02; "
                                          "install-certificate edge02; transfer-certificate edge01"));
    }
}

TEST_CASE("the step ids of a plan stay the same when the certificate is born") {
    auto fixture = renewal_due();
    auto& request = fixture.request("edge01", RequestPhase::collected);
    request.answer = issue({.key_number = 7, .age = days(0)});
    const auto before = fixture.plan();
    Put how;
    how.issuance = request.issuance;
    const auto answer = request.answer;
    fixture.store("edge01").requests.clear();
    fixture.put("edge01", answer, how);
    const auto after = fixture.plan();
    REQUIRE(before.steps.size() == after.steps.size() + 1);
    for (std::size_t index = 0; index < after.steps.size(); ++index) {
        CHECK(after.steps[index].id == before.steps[index + 1].id);
    }
}

TEST_CASE(
    "a submission whose end is not known: sent again where that is the same request, else a person decides") {
    auto fixture = renewal_due();
    auto& request = fixture.request("edge01", RequestPhase::submitting);
    know_everywhere(fixture);
    CHECK(fixture.actions().starts_with("submit-request edge01; collect"));
    fixture.authority().idempotent = false;
    CHECK(fixture.actions() == "wait");
    CHECK(wait_code(fixture) == "submission-ambiguous");
    SUBCASE("who names the CA's request id") {
        fixture.inputs.request_ids["ams-edge/internal"] = "77";
        CHECK(fixture.actions().starts_with("collect-certificate edge01; install"));
    }
    SUBCASE("or gives it up: another issuance id") {
        fixture.inputs.resubmit = {"ams-edge/internal"};
        CHECK(fixture.actions().starts_with("create-request edge01; submit-request edge01"));
        CHECK(fixture.plan().steps[0].object != request.issuance);
    }
}

TEST_CASE("an accepted request that its CA has no more, and says nothing of, is sent once more") {
    auto fixture = renewal_due(1);
    auto& request = fixture.request("edge01", RequestPhase::accepted);
    SUBCASE("also one that was given up for another requirement and counts again") {
        request.phase = RequestPhase::abandoned;
        request.message = given_up_because::requirement_changed;
    }
    fixture.view.answers[request.issuance] = Ambiguous{};
    CHECK(fixture.lines().starts_with("submit-request edge01 internal [not-at-authority/drift]\ncollect"));
    SUBCASE("not where that would be another request") {
        fixture.authority().idempotent = false;
        CHECK(fixture.actions() == "wait");
    }
    SUBCASE("nor where the CA says why nobody knows") {
        fixture.view.answers[request.issuance] = Ambiguous{"two of that name"};
        CHECK(fixture.actions() == "wait");
        CHECK(wait_code(fixture) == "answer-ambiguous");
    }
}

TEST_CASE(
    "what the CA says of a submission that it does not know the end of is waited on, whatever it promised") {
    auto fixture = renewal_due(1);
    fixture.request("edge01", RequestPhase::ambiguous).message = "half way, see newcerts";
    CHECK(fixture.actions() == "wait");
    CHECK(wait_code(fixture) == "submission-ambiguous");
    const auto plan = fixture.plan();
    CHECK(wait_of(plan)->wait->what_to_do.starts_with("half way, see newcerts"));
    SUBCASE("until somebody has it sent again") {
        fixture.inputs.retry = {"ams-edge/internal"};
        CHECK(fixture.lines().starts_with("submit-request edge01 internal [retry/manifest]"));
    }
    SUBCASE("and not where it would be another request") {
        fixture.authority().idempotent = false;
        fixture.inputs.retry = {"ams-edge/internal"};
        CHECK(fixture.actions() == "wait");
    }
}

TEST_CASE("every server that lacks the entry of the open request gets it, without the key") {
    auto fixture = renewal_due(3);
    auto& request = fixture.request("edge02", RequestPhase::accepted);
    fixture.store("edge03").requests.push_back(request);
    fixture.store("edge03").requests.back().key = KeyState::absent;
    fixture.view.answers[request.issuance] = Pending{"the officer", "ask"};
    const std::string kept = "create-request edge01 internal [entry-missing/drift]\n";
    CHECK(fixture.lines().starts_with(kept + "wait internal [request-pending/new]\ncollect-certificate"));
    const auto plan = fixture.plan();
    Plan whole;
    whole.units = {plan};
    CHECK(count(whole).issue == 0);
    CHECK(plan.overview.names_gained.empty());
    SUBCASE("also while it is denied") {
        request.phase = RequestPhase::denied;
        fixture.store("edge03").requests.back().phase = RequestPhase::denied;
        CHECK(fixture.lines() == kept + "wait internal [request-denied/new]\n");
    }
    SUBCASE("not one that is to be taken out") {
        fixture.pool.servers.front().absent = true;
        CHECK(fixture.lines().find("entry-missing") == std::string::npos);
    }
    SUBCASE("nor while nobody can see its key") {
        fixture.view.servers["edge02"].reachable = false;
        CHECK(fixture.lines().find("entry-missing") == std::string::npos);
    }
    SUBCASE("then the loss of the key asks a person and orders nothing") {
        fixture.store("edge02").requests.clear();
        CHECK(fixture.actions() == "wait");
        CHECK(wait_code(fixture) == "key-lost");
    }
}

TEST_CASE("a denial that would come again for ever says what helps instead") {
    const auto noted = [](const std::string& code) {
        auto fixture = renewal_due(1);
        fixture.request("edge01", RequestPhase::denied).message =
            denial_note({code, "used for another key", ""}, fixture.spec().template_name);
        const auto plan = fixture.plan();
        return wait_of(plan)->wait->what_to_do;
    };
    CHECK(noted("issuance-reused").find("--resubmit ams-edge/internal") != std::string::npos);
    CHECK(noted("issuance-reused").find("--retry") == std::string::npos);
    CHECK(noted("name-not-allowed").find("--retry ams-edge/internal") != std::string::npos);
}

TEST_CASE("a denied request is not sent again until somebody says so") {
    auto fixture = renewal_due();
    fixture.request("edge01", RequestPhase::denied).message = "template unknown";
    know_everywhere(fixture);
    CHECK(fixture.actions() == "wait");
    CHECK(wait_code(fixture) == "request-denied");
    fixture.inputs.retry = {"ams-edge/internal"};
    CHECK(fixture.actions().starts_with("submit-request edge01; collect"));
    fixture.inputs.retry.clear();
    fixture.spec().requirement.names.dns.insert(
        "another.contoso.net");  // a changed declaration is another request
    CHECK(fixture.actions().starts_with("create-request edge01; submit-request"));
}

TEST_CASE("a key of an open request that is gone blocks until it is given up") {
    auto fixture = renewal_due();
    fixture.request("edge01", RequestPhase::accepted, false);
    CHECK(fixture.actions() == "wait");
    CHECK(wait_code(fixture) == "key-lost");
    fixture.inputs.resubmit = {"ams-edge"};
    CHECK(fixture.actions().starts_with("create-request edge01"));
}

TEST_CASE(
    "a request made in the second in which the certificate before was submitted stays open without its key") {
    auto fixture = renewal_due();
    const auto created = fixture.request("edge01", RequestPhase::accepted, false).created;
    const auto submitted = [&](Instant at) {
        for (const char* server : {"edge01", "edge02"}) {
            for (auto& entry : fixture.store(server).personal) {
                entry.submitted = at;
            }
        }
    };
    submitted(created);
    CHECK(fixture.actions() == "wait");
    CHECK(wait_code(fixture) == "key-lost");
    submitted(created + Seconds{1});  // of a later request: this one is history
    CHECK(fixture.actions().starts_with("create-request"));
}

TEST_CASE("a request whose issuance id the CA has used for another key is given up, not sent") {
    auto fixture = renewal_due();
    const auto& request = fixture.request("edge01", RequestPhase::created);
    fixture.authority().issued.push_back({request.issuance, "aa", "bb"});
    CHECK(fixture.actions() == "wait");
    CHECK(wait_code(fixture) == "key-lost");
    fixture.inputs.retry = {"ams-edge/internal"};  // it would be denied again, and again
    CHECK(fixture.actions() == "wait");
    fixture.inputs.resubmit = {"ams-edge/internal"};
    CHECK(fixture.actions().starts_with("create-request edge01; submit-request edge01"));
    fixture.inputs.resubmit.clear();
    fixture.authority().issued.front().spki = request.spki;
    CHECK(fixture.actions().starts_with("submit-request edge01; collect-certificate edge01"));
}

TEST_CASE(
    "an answer that lay about until it is due itself is overtaken; a young one that is due at once needs a "
    "person") {
    auto fixture = renewal_due();
    auto& request = fixture.request("edge01", RequestPhase::accepted);
    SUBCASE("long ago: another request") {
        request.submitted = present() - days(80);
        fixture.view.answers[request.issuance] =
            Issued{issue({.key_number = 7, .age = days(80), .lifetime = days(100)}), {}, {}};
        CHECK(fixture.actions().starts_with("create-request edge01"));
    }
    SUBCASE("long ago, and its holder is away: it stays open, nobody could give it up there") {
        request.submitted = present() - days(80);
        request.phase = RequestPhase::collected;
        request.answer = issue({.key_number = 7, .age = days(80), .lifetime = days(100)});
        auto copy = request;
        copy.key = KeyState::absent;
        fixture.store("edge02").requests.push_back(copy);
        fixture.view.servers["edge01"].reachable = false;
        fixture.pool.request_on = "edge02";
        CHECK(fixture.actions() == "wait edge01; wait");
    }
    SUBCASE("just now: a person") {
        know_everywhere(fixture);
        fixture.view.answers[request.issuance] =
            Issued{issue({.key_number = 7, .age = days(80), .lifetime = days(100)}), {}, {}};
        CHECK(fixture.actions() == "wait");
        CHECK(wait_code(fixture) == "answer-unusable");
    }
}

TEST_CASE(
    "a request given up for its requirement counts again when that is back; one that a newer took the place "
    "of never does") {
    auto fixture = renewal_due();
    auto& request = fixture.request("edge01", RequestPhase::abandoned);
    request.ticket = "request 7";
    SUBCASE("the requirement is back") {
        request.message = given_up_because::requirement_changed;
        CHECK(fixture.actions().starts_with("collect-certificate edge01"));
    }
    SUBCASE("superseded") {
        request.message = given_up_because::superseded;
        CHECK(fixture.actions().starts_with("create-request edge01"));
    }
    SUBCASE("resubmitted") {
        request.message = given_up_because::resubmitted;
        CHECK(fixture.actions().starts_with("create-request edge01"));
    }
}

TEST_CASE("an open request whose key cannot leave its server is given up in a pool that grew") {
    auto fixture = renewal_due();
    fixture.request("edge01", RequestPhase::accepted).exportable = false;
    CHECK(fixture.actions().starts_with("create-request edge01; submit-request edge01"));
    CHECK(fixture.plan().steps[0].object != fixture.store("edge01").requests.front().issuance);
}

TEST_CASE("the holder of an open request that cannot be reached is waited for") {
    auto fixture = renewal_due();
    auto& request = fixture.request("edge02", RequestPhase::accepted, false);
    request.holder = "edge01";
    fixture.view.servers["edge01"].reachable = false;
    CHECK(fixture.actions() == "wait edge01; wait");
}

TEST_CASE("of an open request the server that has its key has the say") {
    auto fixture = renewal_due();
    fixture.authority().idempotent = false;
    RequestPhase held{RequestPhase::created};
    RequestPhase told{RequestPhase::created};
    std::string begins;
    SUBCASE("nobody else brings an answer") {
        held = RequestPhase::accepted;
        told = RequestPhase::collected;
        begins = "collect-certificate edge01; install";
    }
    SUBCASE("nor a denial of what was accepted") {
        held = RequestPhase::accepted;
        told = RequestPhase::denied;
        begins = "collect-certificate edge01; install";
    }
    SUBCASE("nor has it sent again") {
        held = RequestPhase::accepted;
        told = RequestPhase::created;
        begins = "collect-certificate edge01; install";
    }
    SUBCASE("but what somebody knows to have been sent does not go out again") {
        told = RequestPhase::accepted;
        begins = "collect-certificate edge01; install";
    }
    SUBCASE("and what was given up is given up") {
        held = RequestPhase::accepted;
        told = RequestPhase::abandoned;
        begins = "create-request edge01";
    }
    fixture.request("edge01", held);
    auto& copy = fixture.request("edge02", told, false);
    copy.holder = "edge01";
    copy.since += Seconds{60};
    copy.request_pem = "of its own";
    copy.answer = told == RequestPhase::collected ? issue({.key_number = 7, .age = days(0)}) : nullptr;
    CHECK(fixture.actions().starts_with(begins));
    const auto planning = make_planning(fixture.pool, fixture.authorities, fixture.inputs, fixture.view);
    if (const auto open = open_request(planning, fixture.spec())) {
        CHECK(open->entry.request_pem.empty());
        CHECK_FALSE(open->entry.answer);
    }
}

TEST_CASE("an answer that lies in a store is judged again before it is installed") {
    auto fixture = renewal_due();
    Issue bad{.key_number = 7, .age = days(0)};
    SUBCASE("a name missing") {
        bad.names.erase("edge02.contoso.net");
    }
    SUBCASE("another key") {
        bad.key_number = 8;
    }
    SUBCASE("an unknown issuer") {
        bad.ca = "fabrikam";
    }
    fixture.request("edge01", RequestPhase::collected).answer = issue(bad);
    CHECK(fixture.actions() == "wait");
    CHECK(wait_code(fixture) == "answer-unusable");
    fixture.inputs.resubmit = {"ams-edge/internal"};
    CHECK(fixture.actions().starts_with("create-request edge01; submit-request edge01; collect"));
}

TEST_CASE("an answer that does not satisfy stays where it is, in words, and the old certificate serves on") {
    auto fixture = renewal_due();
    const auto& request = fixture.request("edge01", RequestPhase::accepted);
    Issue bad{.key_number = 7, .age = days(0)};
    std::string word;
    SUBCASE("a name missing") {
        bad.names.erase("edge02.contoso.net");
        word = "edge02.contoso.net";
    }
    SUBCASE("another key") {
        bad.key_number = 8;
        word = "another key";
    }
    SUBCASE("an unknown issuer") {
        bad.ca = "fabrikam";
        word = "fabrikam issuing";
    }
    SUBCASE("a usage missing") {
        bad.usages = {"clientAuth"};
        word = "serverAuth";
    }
    SUBCASE("too short a validity") {
        fixture.spec().minimum_validity = days(90);
        bad.lifetime = days(30);
        word = "valid for";
    }
    SUBCASE("another subject") {
        bad.common_name = "else.contoso.net";
        word = "subject";
    }
    fixture.view.answers[request.issuance] = Issued{issue(bad), {}};
    know_everywhere(fixture);
    CHECK(fixture.actions() == "wait");
    const auto plan = fixture.plan();
    CHECK(wait_of(plan)->wait->code == "answer-unusable");
    CHECK(wait_of(plan)->wait->what_to_do.find(word) != std::string::npos);
}

TEST_CASE(
    "a rejected certificate goes back everywhere, is not tried again by itself, and never causes a request") {
    Fixture fixture(3);
    const auto old = issue({.key_number = 5, .age = days(200)});
    const auto fresh = fixture.converge({.key_number = 6, .age = days(1)});
    for (const auto& server : {"edge01", "edge02", "edge03"}) {
        fixture.put(server, old);
    }
    // edge01 was switched and failed; the others still serve the old one.
    fixture.assign("edge02", "internal", old);
    fixture.assign("edge03", "internal", old);
    auto& record = fixture.store("edge01").roles.front();
    record.previous = old->sha256;
    record.rejected.push_back(
        {fresh->sha256, {}, digest(fixture.spec().requirement), present() - days(1), "nginx did not reload"});
    CHECK(fixture.lines() ==
          "assign-role edge01 internal [way-back/drift]\nwait internal [role-rejected/drift]\n");
    SUBCASE("back everywhere, it stays blocked") {
        fixture.assign("edge01", "internal", old);
        fixture.store("edge01").roles.front().rejected.push_back({fresh->sha256,
                                                                  {},
                                                                  digest(fixture.spec().requirement),
                                                                  present() - days(1),
                                                                  "nginx did not reload"});
        CHECK(fixture.lines() == "wait internal [role-rejected/drift]\n");
        CHECK(wait_code(fixture) == "role-rejected");
        SUBCASE("also when the old one comes due") {
            fixture.inputs.at = present() + days(100);
            CHECK(fixture.lines() == "wait internal [role-rejected/drift]\n");
        }
        SUBCASE("until somebody says retry") {
            fixture.inputs.retry = {"ams-edge/internal"};
            CHECK(fixture.actions().find("create-request") == std::string::npos);
        }
        SUBCASE("or the requirement changes") {
            fixture.spec().requirement.names.dns.insert("another.contoso.net");
            CHECK(fixture.actions().starts_with("create-request"));
        }
    }
    SUBCASE("nowhere to go back to: it stays and says so") {
        fixture.store("edge01").roles.front().previous = {};
        CHECK(fixture.lines() == "wait internal [role-rejected/drift]\n");
    }
}

TEST_CASE("what fails in a role that was added takes nothing from a role that serves to the end") {
    Fixture fixture;
    const auto old = issue({.key_number = 5, .age = days(200)});
    const auto serving = fixture.converge({.key_number = 6, .age = days(1)});
    fixture.spec().roles = {"internal", "added"};
    for (const auto& server : {"edge01", "edge02"}) {
        fixture.put(server, old);
        auto& record = fixture.store(server).roles.front();
        record.previous = old->sha256;
        record.verified_checks = no_checks();
        RoleRecord added;
        added.role = "added";
        added.owned = true;
        added.pool = record.pool;
        added.rejected.push_back({serving->sha256,
                                  {},
                                  digest(fixture.spec().requirement),
                                  present() - days(1),
                                  "it did not reload"});
        fixture.store(server).roles.push_back(added);
    }
    CHECK(fixture.lines() == "wait internal [role-rejected/drift]\n");
    // Until its own switch is over everywhere, it goes back like any other.
    fixture.store("edge02").roles.front().verified_checks = {};
    fixture.store("edge02").roles.front().verified = {};
    CHECK(fixture.actions() == "assign-role edge01; assign-role edge02; wait");
}

TEST_CASE("another certificate that somebody brought takes no rejected one's place by itself") {
    Fixture fixture;
    const auto rejected = fixture.converge({.key_number = 6, .age = days(1)});
    fixture.store("edge02").roles.clear();
    fixture.store("edge01").roles.front().rejected.push_back(
        {rejected->sha256, {}, digest(fixture.spec().requirement), present() - days(1), "it did not reload"});
    fixture.put("edge02", issue({.key_number = 8, .age = days(0)}), {.owned = false});
    CHECK(fixture.lines() == "wait internal [role-rejected/drift]\n");
    fixture.inputs.retry = {"ams-edge/internal"};
    CHECK(fixture.actions().find("assign-role") != std::string::npos);
}

TEST_CASE("an authority without a pin blocks its pools and says what to pin") {
    Fixture fixture;
    auto& authority = fixture.authority();
    authority.pinned = false;
    authority.chain.clear();
    authority.unpinned_roots = {ca("contoso").root};
    CHECK(fixture.actions() == "wait");
    CHECK(wait_code(fixture) == "no-pin");
    const auto plan = fixture.plan();
    CHECK(wait_of(plan)->wait->what_to_do.find(ca("contoso").root->sha256) != std::string::npos);
}

TEST_CASE("a CA that cannot be reached blocks only what needs it") {
    auto fixture = renewal_due();
    auto& authority = fixture.authority();
    authority.reachable = false;
    authority.error = "connection refused";
    fixture.add_server("edge03");
    CHECK(fixture.actions() ==
          "trust-root edge03; trust-intermediate edge03; transfer-certificate edge03; assign-role edge03; "
          "create-request edge01; wait");
}

TEST_CASE("while a CA cannot say what its chain is, no request is made in place of what may belong to it") {
    Fixture fixture;
    const auto certificate = fixture.converge();
    for (const auto& server : {"edge01", "edge02"}) {
        auto& trust = fixture.store(server).trust;
        std::erase_if(trust, [](const TrustEntry& entry) { return entry.kind == TrustKind::intermediate; });
    }
    auto& authority = fixture.authority();
    authority.reachable = false;
    authority.error = "connection refused";
    authority.chain.clear();
    fixture.authorities.at("contoso").roots = {ca("contoso").root->sha256};
    CHECK(fixture.actions().find("create-request") == std::string::npos);
    CHECK(wait_code(fixture) == "authority-unreachable");
    SUBCASE("what is due all the same is asked for") {
        fixture.inputs.at = certificate->not_after - days(1);
        CHECK(fixture.actions().find("create-request") != std::string::npos);
    }
}

TEST_CASE("nothing that exists belongs to the chain of a CA that is about to be made") {
    Fixture fixture;
    fixture.converge();
    auto& authority = fixture.authority();
    authority.exists = false;
    authority.chain = {{"aa", nullptr, true}, {"bb", nullptr, false}};
    CHECK(fixture.lines().find("create-request edge01 internal [chain-unknown/") != std::string::npos);
}

TEST_CASE("a name that the CA added is worth a word") {
    Fixture fixture;
    const auto answer =
        issue({.names = {"pool.contoso.net", "edge01.contoso.net", "edge02.contoso.net", "evil.example"}});
    const std::vector<x509::CertificateRef> chain;
    const auto planning = make_planning(fixture.pool, fixture.authorities, fixture.inputs, fixture.view);
    const auto warnings = answer_warnings(
        *answer, standard_for(planning, fixture.spec(), fixture.authorities.at("contoso"), chain));
    CHECK(std::count(warnings.begin(), warnings.end(), "the CA added the name evil.example") == 1);
    CHECK(std::count(warnings.begin(), warnings.end(), "the CA added the name edge01.contoso.net") == 0);
}

TEST_CASE("a validity that a local CA cut is worth a word, as any other's") {
    Fixture fixture;
    fixture.spec().validity = days(300);
    fixture.converge({.age = days(0), .lifetime = days(30)}, {.submitted = present()});
    const auto plan = fixture.plan();
    REQUIRE(plan.diagnostics.size() == 1);
    CHECK(plan.diagnostics.front().code == "granted-otherwise");
    CHECK(plan.diagnostics.front().text.find("cut the validity to 30 d") != std::string::npos);
}

TEST_CASE("a wait says how far it holds things up, and what made somebody wait") {
    auto fixture = renewal_due();
    const auto first = [&] {
        static UnitPlan plan;
        plan = fixture.plan();
        const auto* wait = wait_of(plan);
        REQUIRE(wait != nullptr);
        return wait->wait->code + ", " + std::string{to_text(wait->reasons.front().cause)} + ": " +
               wait->reasons.front().text;
    };
    SUBCASE("an unreachable server") {
        fixture.view.servers["edge02"].reachable = false;
        CHECK(first() == "server-unreachable, drift: what needs that server is left until then");
    }
    SUBCASE("a request at its CA") {
        auto& request = fixture.request("edge01", RequestPhase::accepted);
        fixture.view.answers[request.issuance] = Pending{"the officer", "approve"};
        CHECK(first() == "request-pending, new: the steps for internal that need it come after that");
    }
    SUBCASE("a key that is gone") {
        fixture.request("edge01", RequestPhase::accepted, false);
        CHECK(first() == "key-lost, drift: no new certificate serves as internal before that");
    }
    SUBCASE("an authority without a pin") {
        fixture.authority().pinned = false;
        CHECK(first() == "no-pin, manifest: what needs its chain is left until then");
    }
}

TEST_CASE("a lost local CA is waited for with the same words by its pools") {
    Fixture fixture;
    auto& local = std::get<LocalAuthority>(fixture.authorities.at("contoso").kind);
    local.directory = "/srv/ca";
    fixture.authority().exists = false;
    fixture.authority().chain.clear();
    fixture.authority().chain_problem = "its folder is empty";
    const auto plan = fixture.plan();
    const auto* wait = wait_of(plan);
    REQUIRE(wait != nullptr);
    CHECK(wait->wait->code == "authority-lost");
    CHECK(wait->wait->on_whom == "whoever keeps the backup of /srv/ca");
    CHECK(wait->wait->what_to_do.find("its folder is empty; put the CA's folder back") == 0);
    CHECK(wait->reasons.front().cause == Cause::drift);
}

TEST_CASE("what only its own signature vouches for belongs to no chain") {
    Fixture fixture;
    fixture.converge();
    const auto& root = ca("fabrikam").root;
    CHECK_FALSE(issuers(*root, {ca("contoso").root, ca("contoso").issuing}));
    CHECK(issuers(*root, {root}));
}

TEST_CASE("while a renewal waits, nothing that is not declared spreads") {
    auto fixture = renewal_due();
    fixture.authority().idempotent = false;
    fixture.request("edge01", RequestPhase::submitting);
    const auto foreign = issue({.ca = "fabrikam", .key_number = 4, .age = days(1)});
    fixture.put("edge01", foreign, {.owned = false});
    fixture.assign("edge01", "internal", foreign, false);
    const auto actions = fixture.actions();
    CHECK(actions.find("transfer-certificate edge02") == std::string::npos);
    CHECK(actions.find("assign-role edge02") == std::string::npos);
}

TEST_CASE("--until installed stops at the barrier") {
    Fixture fixture;
    fixture.inputs.until_installed = true;
    CHECK(fixture.actions().ends_with("install-certificate edge01; transfer-certificate edge02"));
}

TEST_CASE("a CA's log that knows an issuance id makes the next request another one") {
    Fixture fixture(1);
    const auto first = fixture.plan();
    const auto request = std::find_if(first.steps.begin(), first.steps.end(), [](const Step& step) {
        return step.action == Action::create_request;
    });
    fixture.authority().issued.push_back({request->object, "aa", "bb"});
    const auto second = fixture.plan();
    const auto again = std::find_if(second.steps.begin(), second.steps.end(), [](const Step& step) {
        return step.action == Action::create_request;
    });
    CHECK(again->object != request->object);
}

TEST_CASE("a pool whose servers are all new does not name its request like its very first one") {
    Fixture fixture(1);
    const auto request = [&] {
        const auto plan = fixture.plan();
        const auto found = std::find_if(plan.steps.begin(), plan.steps.end(), [](const Step& step) {
            return step.action == Action::create_request;
        });
        REQUIRE(found != plan.steps.end());
        return found->object;
    };
    const auto first = request();
    // Long ago; the last of its successors is still on the server that is taken out, and cannot leave it.
    fixture.put("edge01", issue({.key_number = 5}), {.exportable = false, .issuance = std::string(64, '5')});
    fixture.pool.servers[0].absent = true;
    fixture.add_server("edge02");
    fixture.pool.request_on = "edge02";
    const auto again = request();
    CHECK(again != first);
    fixture.put("edge01",
                issue({.key_number = 6, .age = days(1)}),
                {.exportable = false, .issuance = std::string(64, '6')});
    CHECK(request() != again);
}

TEST_CASE(
    "an outside request machine gets trust and the key, stays out of the barrier and is never assigned") {
    Fixture fixture;
    ServerSpec outside;
    outside.name = "fe01";
    outside.outside = true;
    fixture.pool.servers.push_back(outside);
    fixture.pool.request_on = "fe01";
    fixture.view.servers["fe01"].observed = present();
    const auto text = fixture.actions();
    CHECK(text.find("create-request fe01; submit-request fe01; collect-certificate fe01; install-certificate "
                    "fe01; transfer-certificate edge01; transfer-certificate edge02") != std::string::npos);
    CHECK(text.find("assign-role fe01") == std::string::npos);
}
