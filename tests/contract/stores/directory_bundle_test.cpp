// What stands in the files that consumers read and is not ours: kept, and no more readable than it was.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <vector>

#include "resources/stores/open.h"
#include "tests/contract/stores/directory_tools.h"
#include "tests/contract/stores/store_contract_tools.h"

namespace edgecert {
namespace {

namespace fs = std::filesystem;
using store_contract::authority;
using store_contract::cache;
using store_contract::other_authority;

struct Bench {
    TemporaryFolder folder{};
    StillClock clock{};
    fs::path place{folder.path() / "store"};

    [[nodiscard]] std::unique_ptr<CertificateStore> open() {
        StoreSpec spec;
        spec.directory = place.string();
        return open_directory_store(spec, clock);
    }
    void trust() { open()->trust(TrustKind::root, authority().root, "contract", "ams-edge"); }
    void distrust() { open()->distrust(TrustKind::root, authority().root->sha256); }
    [[nodiscard]] fs::path kept_copy() const {
        for (const auto& entry : fs::directory_iterator(place)) {
            if (entry.path().filename().string().starts_with("root.pem.kept-")) {
                return entry.path();
            }
        }
        return {};
    }
};

std::string block(const std::string& label, const std::string& body) {
    return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
}

std::string mark() {
    return "# edgecert " + authority().root->sha256 + " contract ams-edge\n";
}

// As it stands in the consumers' file.
std::string our_root() {
    return mark() + x509::to_pem(*authority().root);
}

}  // namespace

TEST_CASE("whole blocks that we do not read are somebody else's, and stay in the consumers' file") {
    Bench bench;
    const std::string theirs = block("TRUSTED CERTIFICATE", "MIIBAAAA") + "# lists\n" +
                               block("X509 CRL", "MIIBAAAB") + x509::to_pem(*other_authority().root) +
                               block("CERTIFICATE", "MIIBAAAC");
    write_text(bench.place / "root.pem", theirs);
    bench.trust();
    CHECK(read_text(bench.place / "root.pem") == theirs + our_root());
    bench.distrust();
    CHECK(read_text(bench.place / "root.pem") == theirs);
    CHECK_MESSAGE(bench.kept_copy().empty(), "nothing was dropped");
}

TEST_CASE("a block that ends as another than it began is torn, and dropped with a copy for its owner alone") {
    Bench bench;
    const std::string torn = "-----BEGIN X509 CRL-----\nMIIB\n-----END CERTIFICATE-----\n";
    write_text(bench.place / "root.pem", torn + block("X509 CRL", "MIIBAAAB"));
    bench.trust();
    CHECK(read_text(bench.place / "root.pem") == block("X509 CRL", "MIIBAAAB") + our_root());
    REQUIRE_FALSE(bench.kept_copy().empty());
    CHECK(read_text(bench.kept_copy()).starts_with(torn));
    CHECK(mode_of(bench.kept_copy()) == 0600);
}

TEST_CASE("a private key among the certificates becomes no more readable than it was") {
    Bench bench;
    const fs::path file = bench.place / "root.pem";
    const std::string theirs = block("PRIVATE KEY", "MIIBAAAA");
    write_text(file, theirs);
    for (const unsigned mode : {0600U, 0640U, 0400U}) {
        CAPTURE(mode);
        REQUIRE(::chmod(file.c_str(), mode) == 0);
        bench.trust();
        CHECK(read_text(file) == theirs + our_root());
        CHECK(mode_of(file) == mode);
        bench.distrust();
        CHECK(read_text(file) == theirs);
        CHECK(mode_of(file) == mode);
    }
}

TEST_CASE("a record that a crash left behind is forgotten, and a root put there later is not ours") {
    Bench bench;
    bench.trust();
    fs::remove(bench.place / "root" / (authority().root->sha256 + ".pem"));
    write_text(bench.place / "root.pem", "");
    bench.distrust();
    write_text(bench.place / "root.pem", x509::to_pem(*authority().root));
    const StoreObservation seen = bench.open()->observe(cache());
    REQUIRE(seen.trust.size() == 1);
    CHECK_FALSE(seen.trust[0].owned);
    CHECK(store_contract::refusal([&] { bench.distrust(); }) == "store-refused");
}

TEST_CASE("files of a certificate of ours that somebody deleted are missed, and come back as ours") {
    Bench bench;
    write_text(bench.place / "root.pem", x509::to_pem(*other_authority().root));
    bench.trust();
    const auto good = snapshot(bench.place);
    const std::string file = authority().root->sha256;
    const std::vector<std::vector<std::string>> losses{{".pem"}, {".json"}, {".pem", ".json"}};
    for (const auto& lost : losses) {
        CAPTURE(lost.size());
        CAPTURE(lost.front());
        for (const std::string& ending : lost) {
            fs::remove(bench.place / "root" / (file + ending));
        }
        const StoreObservation seen = bench.open()->observe(cache());
        CHECK(finding_codes(seen) ==
              std::vector<std::string>{"root/" + file + lost.front() + ": trust-file-lost"});
        REQUIRE(seen.trust.size() == 2);
        for (const TrustEntry& entry : seen.trust) {
            CHECK(entry.owned == (entry.id == file));
            CHECK(entry.pool == (entry.owned ? "ams-edge" : ""));
        }
        bench.open()->trust(TrustKind::root, authority().root, "another", "another-pool");
        CHECK_MESSAGE(snapshot(bench.place) == good, "by whose wish it is there stays as it was");
    }
    fs::remove_all(bench.place / "root");
    bench.distrust();
    CHECK(read_text(bench.place / "root.pem") == x509::to_pem(*other_authority().root));
}

TEST_CASE("a line of ours tells of the certificate that it names, and of no other below it") {
    Bench bench;
    const std::string& sha256 = authority().root->sha256;
    const std::string pem = x509::to_pem(*authority().root);
    const std::vector<std::string> strangers{
        mark() + x509::to_pem(*other_authority().root),
        mark() + "\n" + pem,
        mark() + "# another line\n" + pem,
        "# edgecert " + sha256 + " contract\n" + pem,
        "# edgecert " + sha256 + " \n" + pem,
        "# edgecert " + sha256 + " contract ams-edge and more\n" + pem,
        "# edgecert " + sha256 + " contract ams-edge\r\n" + pem,
        "see # edgecert " + sha256 + " contract ams-edge\n" + pem,
    };
    for (const std::string& text : strangers) {
        CAPTURE(text.substr(0, 120));
        write_text(bench.place / "root.pem", text);
        const StoreObservation seen = bench.open()->observe(cache());
        REQUIRE(seen.trust.size() == 1);
        CHECK_FALSE(seen.trust[0].owned);
        CHECK(seen.findings.empty());
        CHECK(store_contract::refusal([&] {
                  bench.open()->distrust(TrustKind::root, seen.trust[0].id.str());
              }) == "store-refused");
        CHECK(read_text(bench.place / "root.pem") == text);
    }
}

TEST_CASE(
    "a record that is none is somebody's damage, and is not replaced while the mark tells whose it was") {
    Bench bench;
    bench.trust();
    const fs::path record = bench.place / "root" / (authority().root->sha256 + ".json");
    write_text(record, "[[[[");
    const StoreObservation seen = bench.open()->observe(cache());
    CHECK(finding_codes(seen) ==
          std::vector<std::string>{"root/" + authority().root->sha256 + ".json: bad-record"});
    REQUIRE(seen.trust.size() == 1);
    CHECK(seen.trust[0].owned);
    fs::remove(bench.place / "root" / (authority().root->sha256 + ".pem"));
    bench.trust();
    CHECK(read_text(record) == "[[[[");
}

}  // namespace edgecert
