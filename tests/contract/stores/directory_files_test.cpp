// What the directory store leaves on disk, as consumers and the openssl command line see it.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): setenv is POSIX's
#include <string>
#include <sys/stat.h>
#include <vector>

#include "resources/stores/open.h"
#include "tests/contract/stores/directory_tools.h"
#include "tests/contract/stores/store_contract_tools.h"
#include "tests/support/run_program.h"

namespace edgecert {
namespace {

namespace fs = std::filesystem;
using store_contract::authority;
using store_contract::cache;
using store_contract::chain;
using store_contract::other_authority;

struct Bench {
    TemporaryFolder folder{};
    StillClock clock{};
    fs::path place{folder.path() / "store"};

    [[nodiscard]] std::unique_ptr<CertificateStore> open(StoreSpec spec = {}) {
        spec.directory = place.string();
        return open_directory_store(spec, clock);
    }
    [[nodiscard]] StoreUnderTest under_test() {
        StoreUnderTest store;
        store.open = [this] { return open(); };
        return store;
    }
    void assign(const CertificateId& id, int minutes = 1) {
        RoleAssignment made;
        made.role = "internal";
        made.certificate = id;
        made.pool = "ams-edge";
        made.now = store_contract::start() + std::chrono::minutes{minutes};
        open()->assign(made);
    }
};

std::string said(const std::vector<std::string>& argv) {
    const test::Ran ran = test::run_program(argv);
    REQUIRE_MESSAGE(ran.status == 0, argv.front() << ": " << ran.err);
    return ran.out;
}

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("what a role serves verifies with openssl against root.pem, and its key is the certificate's") {
    Bench bench;
    bench.open()->trust(TrustKind::root, authority().root, "contract", "ams-edge");
    bench.open()->trust(TrustKind::intermediate, authority().issuing, "contract", "ams-edge");
    const CertificateId id = store_contract::install(bench.under_test(), 'a');
    bench.assign(id);
    const fs::path role = bench.place / "roles" / "internal";
    const std::string served = (role / "fullchain.pem").string();
    const std::string at =
        std::to_string((store_contract::start() + std::chrono::hours{1}).time_since_epoch().count());
    CHECK(said({"openssl",
                "verify",
                "-attime",
                at,
                "-CAfile",
                (bench.place / "root.pem").string(),
                "-untrusted",
                served,
                served})
              .ends_with(": OK\n"));
    CHECK(said({"openssl",
                "verify",
                "-attime",
                at,
                "-CAfile",
                (bench.place / "root.pem").string(),
                "-untrusted",
                (bench.place / "intermediate.pem").string(),
                (role / "certificate.pem").string()})
              .ends_with(": OK\n"));
    CHECK(said({"openssl", "x509", "-in", served, "-noout", "-pubkey"}) ==
          said({"openssl", "pkey", "-in", (role / "key.pem").string(), "-pubout"}));
    CHECK_MESSAGE(count_of(read_text(served), "BEGIN") == 2, "the root is not sent");
    CHECK(count_of(read_text(role / "chain.pem"), "BEGIN") == 2);
}

TEST_CASE("keys are their owner's alone, whatever the umask says") {
    const mode_t before = ::umask(0);
    Bench bench;
    const RequestEntry request = bench.open()->create_request(store_contract::order('b'));
    const CertificateId id = store_contract::install(bench.under_test(), 'a');
    ::umask(before);
    const fs::path waiting = bench.place / "requests" / request.pool / request.name / request.spki;
    CHECK(mode_of(bench.place / "personal" / id.str() / "key.pem") == 0600);
    CHECK(mode_of(waiting / "key.pem") == 0600);
    CHECK(mode_of(waiting) == 0700);
    CHECK(mode_of(bench.place / "requests") == 0700);
    CHECK(mode_of(bench.place) == 0755);
    CHECK(mode_of(bench.place / "personal" / id.str() / "certificate.pem") == 0644);
    CHECK(read_text(waiting / "request.pem") == request.request_pem);
}

TEST_CASE("a group gets the keys of certificates and no others") {
    Bench bench;
    StoreSpec spec;
    spec.key_group = "root";  // exists everywhere
    spec.directory = bench.place.string();
    StoreUnderTest store;
    store.open = [&] { return open_directory_store(spec, bench.clock); };
    const CertificateId id = store_contract::install(store, 'a');
    const RequestEntry request = store.open()->create_request(store_contract::order('b'));
    CHECK(mode_of(bench.place / "personal" / id.str() / "key.pem") == 0640);
    CHECK(mode_of(bench.place / "requests" / request.pool / request.name / request.spki / "key.pem") == 0600);
    CHECK(store_contract::look(store).personal.at(0).key == KeyState::present);
    write_text(bench.place / "personal" / id.str() / "entry.json", "{}");
    CHECK_MESSAGE(bench.open()->observe(cache()).personal.at(0).key == KeyState::exposed,
                  "that it was given to the group nobody says");
    spec.key_group = "edgecert-no-such-group";
    CHECK(store_contract::refusal([&] { store_contract::install(store, 'c'); }) == "store-refused");
}

TEST_CASE("another group is declared: the key that serves is no leak, and assigning gives it to that group") {
    Bench bench;
    StoreSpec spec;
    spec.directory = bench.place.string();
    StoreUnderTest store;
    store.open = [&] { return open_directory_store(spec, bench.clock); };
    RoleAssignment assignment;
    assignment.role = "internal";
    assignment.certificate = store_contract::install(store, 'a');
    store.open()->assign(assignment);
    const auto key = bench.place / "personal" / assignment.certificate.str() / "key.pem";
    const auto codes = [&] {
        const StoreObservation seen = store_contract::look(store);
        CHECK(seen.personal.at(0).key == KeyState::present);
        return finding_codes(seen);
    };
    const std::string differs = "personal/" + assignment.certificate + "/key.pem: key-group-differs";
    CHECK(mode_of(key) == 0600);
    CHECK(codes().empty());
    spec.key_group = "root";
    CHECK_MESSAGE(codes() == std::vector<std::string>{differs}, "a group that came to be declared");
    store.open()->assign(assignment);
    CHECK(mode_of(key) == 0640);
    CHECK(codes().empty());
    store.open()->set_friendly_name(assignment.certificate, "another");
    spec.key_group = "";
    CHECK_MESSAGE(codes() == std::vector<std::string>{differs}, "one that is declared no more");
    store.open()->assign(assignment);
    CHECK(mode_of(key) == 0600);
    CHECK(codes().empty());
}

TEST_CASE("a group that is not there is found by looking, also where there is no store yet") {
    Bench bench;
    StoreSpec spec;
    spec.directory = (bench.place / "not-yet").string();
    spec.key_group = "edgecert-no-such-group";
    const auto store = open_directory_store(spec, bench.clock);
    const StoreObservation seen = store->observe(cache());
    CHECK_FALSE(seen.exists);
    CHECK(finding_codes(seen) == std::vector<std::string>{": no-key-group"});
    store->trust(TrustKind::root, authority().root, "contract", "ams-edge");
    CHECK(finding_codes(store->observe(cache())) == std::vector<std::string>{": no-key-group"});
}

TEST_CASE("the consumers' file keeps what others put there, comments included") {
    Bench bench;
    const std::string theirs = "# partner since 2019\n" + x509::to_pem(*other_authority().root);
    write_text(bench.place / "root.pem", theirs);
    const StoreObservation before = bench.open()->observe(cache());
    REQUIRE(before.trust.size() == 1);
    CHECK_FALSE(before.trust[0].owned);
    bench.open()->trust(TrustKind::root, authority().root, "contract", "ams-edge");
    CHECK(read_text(bench.place / "root.pem") == theirs + "# edgecert " + authority().root->sha256 +
                                                     " contract ams-edge\n" +
                                                     x509::to_pem(*authority().root));
    CHECK(bench.open()->observe(cache()).trust.size() == 2);
    bench.open()->distrust(TrustKind::root, authority().root->sha256);
    CHECK(read_text(bench.place / "root.pem") == theirs);
    CHECK(fs::is_empty(bench.place / "root"));
}

TEST_CASE(
    "a certificate of ours that went missing in the consumers' file is no longer trusted, and comes back") {
    Bench bench;
    bench.open()->trust(TrustKind::root, authority().root, "contract", "ams-edge");
    const auto good = snapshot(bench.place);
    write_text(bench.place / "root.pem", "");
    const StoreObservation drifted = bench.open()->observe(cache());
    CHECK(drifted.trust.empty());
    CHECK(finding_codes(drifted) == std::vector<std::string>{"root.pem: not-in-bundle"});
    bench.open()->trust(TrustKind::root, authority().root, "contract", "ams-edge");
    CHECK(snapshot(bench.place) == good);
}

TEST_CASE("what went missing in the consumers' file comes back one by one, as it is asked for") {
    Bench bench;
    const auto& next = *other_authority().root;
    bench.open()->trust(TrustKind::root, authority().root, "contract", "ams-edge");
    const std::string whole = read_text(bench.place / "root.pem");
    write_text(bench.place / "root.pem", whole.substr(0, whole.size() / 2));
    bench.open()->trust(TrustKind::root, other_authority().root, "other", "ams-edge");
    const StoreObservation seen = bench.open()->observe(cache());
    REQUIRE_MESSAGE(seen.trust.size() == 1, "nobody asked for the first one again");
    CHECK(seen.trust[0].id == CertificateId(next.sha256));
    bench.open()->distrust(TrustKind::root, next.sha256);
    CHECK_MESSAGE(bench.open()->observe(cache()).trust.empty(), "neither does removing one ask for another");
    bench.open()->trust(TrustKind::root, authority().root, "contract", "ams-edge");
    CHECK(read_text(bench.place / "root.pem").ends_with(whole));
}

TEST_CASE("rubbish in the consumers' file is kept beside it, and certificates after it are not lost") {
    Bench bench;
    const std::string half = "-----BEGIN CERTIFICATE-----\nMIIB\n";
    write_text(bench.place / "root.pem",
               half + x509::to_pem(*other_authority().root) + "-----BEGIN CERTIFICATE-----\nMII");
    CHECK(bench.open()->observe(cache()).trust.size() == 1);
    bench.open()->trust(TrustKind::root, authority().root, "contract", "ams-edge");
    CHECK(read_text(bench.place / "root.pem") == x509::to_pem(*other_authority().root) + "# edgecert " +
                                                     authority().root->sha256 + " contract ams-edge\n" +
                                                     x509::to_pem(*authority().root));
    const auto files = snapshot(bench.place);
    const bool kept = std::any_of(files.begin(), files.end(), [&half](const std::string& line) {
        return line.starts_with("root.pem.kept-") && line.find(half) != std::string::npos;
    });
    CHECK(kept);
}

TEST_CASE("doing a thing again writes nothing") {
    Bench bench;
    bench.open()->trust(TrustKind::root, authority().root, "contract", "ams-edge");
    const CertificateId id = store_contract::install(bench.under_test(), 'a');
    bench.assign(id);
    const auto when = [&](const char* name) { return fs::last_write_time(bench.place / name); };
    const auto before =
        std::vector{when("root.pem"), when("roles/internal.json"), when("roles"), when("root")};
    bench.open()->trust(TrustKind::root, authority().root, "contract", "ams-edge");
    bench.assign(id, 5);
    CHECK(std::vector{when("root.pem"), when("roles/internal.json"), when("roles"), when("root")} == before);
}

TEST_CASE("a link by its whole path to an entry of the store is that entry") {
    Bench bench;
    const CertificateId id = store_contract::install(bench.under_test(), 'a');
    fs::create_directories(bench.place / "roles");
    fs::create_symlink(bench.place / "personal" / id.str(), bench.place / "roles" / "internal");
    const StoreObservation seen = bench.open()->observe(cache());
    REQUIRE(seen.roles.size() == 1);
    CHECK(seen.roles[0].assigned == id);
    CHECK_FALSE(seen.roles[0].owned);
}

TEST_CASE("a key that is another's is not overwritten by the right one") {
    Bench bench;
    const CertificateId id = store_contract::install(bench.under_test(), 'a');
    const Secret password{std::string("one time")};
    const Secret pfx = bench.open()->export_pfx(id, password, x509::PfxProfile::modern);
    const x509::PrivateKey foreign = x509::generate_key({x509::KeyAlgorithm::ecdsa, 256});
    const fs::path key = bench.place / "personal" / id.str() / "key.pem";
    write_text(key, foreign.pem.view());
    CHECK(bench.open()->observe(cache()).personal.at(0).key == KeyState::mismatched);
    PersonalLabel label;
    label.exportable = true;
    bench.open()->import_pfx(pfx, password, label);
    CHECK(bench.open()->observe(cache()).personal.at(0).key == KeyState::present);
    const auto files = snapshot(bench.place / "personal" / id.str());
    const bool kept = std::any_of(files.begin(), files.end(), [&foreign](const std::string& line) {
        return line.starts_with("key.kept-") && line.ends_with(foreign.pem.view());
    });
    CHECK_MESSAGE(kept, "somebody may still need that key");
    const auto findings = bench.open()->observe(cache()).findings;
    REQUIRE(findings.size() == 1);
    CHECK_MESSAGE(findings[0].code == "key-kept", "what was kept is told as that");
    CHECK(findings[0].path.starts_with("personal/" + id + "/key.kept-"));
    write_text(bench.place / "personal" / id.str() / "key.kept.pem", "x");
    CHECK(bench.open()->observe(cache()).findings.back().code == "rubbish");
}

TEST_CASE("a broken fullchain.pem is reported, and written anew when the role is assigned") {
    Bench bench;
    const CertificateId id = store_contract::install(bench.under_test(), 'a');
    bench.assign(id);
    const fs::path served = bench.place / "roles" / "internal" / "fullchain.pem";
    const std::string good = read_text(served);
    write_text(served, good.substr(0, good.size() / 2));
    CHECK(finding_codes(bench.open()->observe(cache())) ==
          std::vector<std::string>{"personal/" + id + "/fullchain.pem: broken-fullchain"});
    bench.assign(id, 2);
    CHECK(read_text(served) == good);
}

TEST_CASE("a damaged chain.pem is reported, and completed from the store's trust when the role is assigned") {
    for (const std::string damaged : {"", "rubbish\n", "half"}) {
        CAPTURE(damaged);
        Bench bench;
        bench.open()->trust(TrustKind::root, authority().root, "contract", "ams-edge");
        bench.open()->trust(TrustKind::intermediate, authority().issuing, "contract", "ams-edge");
        const CertificateId id = store_contract::install(bench.under_test(), 'a');
        bench.assign(id);
        const fs::path role = bench.place / "roles" / "internal";
        const std::string good = read_text(role / "chain.pem");
        const std::string served = read_text(role / "fullchain.pem");
        write_text(role / "chain.pem", damaged == "half" ? good.substr(0, good.size() / 3) : damaged);
        CHECK_FALSE(bench.open()->observe(cache()).findings.empty());
        bench.assign(id, 2);
        CHECK(read_text(role / "chain.pem") == good);
        CHECK(read_text(role / "fullchain.pem") == served);
        CHECK(bench.open()->observe(cache()).findings.empty());
    }
}

TEST_CASE("a lock that is none is told by whoever only looks") {
    Bench bench;
    static_cast<void>(store_contract::install(bench.under_test(), 'a'));
    CHECK(bench.open()->observe(cache()).findings.empty());
    fs::remove(bench.place / "lock");
    fs::create_symlink("elsewhere", bench.place / "lock");
    const auto told = finding_codes(bench.open()->observe(cache()));
    CHECK(std::find(told.begin(), told.end(), "lock: lock-unusable") != told.end());
}

TEST_CASE("an activation is run with the role and the store, and without our secrets") {
    Bench bench;
    REQUIRE(::setenv("EDGECERT_CANARY", "hush", 1) == 0);  // NOLINT(concurrency-mt-unsafe): one thread
    StoreSpec spec;
    spec.activate = {
        "sh",
        "-c",
        "echo \"$EDGECERT_ROLE $EDGECERT_STORE [$EDGECERT_CANARY]\"; test $EDGECERT_ROLE = internal"};
    const auto store = bench.open(spec);
    const CommandResult good = store->activate("internal");
    ::unsetenv("EDGECERT_CANARY");  // NOLINT(concurrency-mt-unsafe): one thread
    CHECK(good.ok);
    CHECK(good.text.starts_with("internal " + bench.place.string() + " []"));
    CHECK_FALSE(store->activate("data-edge-external").ok);
    CHECK(store->observe(cache()).activates);
    spec.activate = {"edgecert-no-such-program"};
    CHECK_FALSE(bench.open(spec)->activate("internal").ok);
    CHECK(store_contract::refusal([&] { static_cast<void>(bench.open(spec)->activate("../x")); }) ==
          "store-refused");
}

}  // namespace edgecert
