// What stands in the files that consumers read and is not ours: kept, and no more readable than it was.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/stat.h>

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

}  // namespace

TEST_CASE("whole blocks that we do not read are somebody else's, and stay in the consumers' file") {
    Bench bench;
    const std::string theirs = block("TRUSTED CERTIFICATE", "MIIBAAAA") + "# lists\n" +
                               block("X509 CRL", "MIIBAAAB") + x509::to_pem(*other_authority().root) +
                               block("CERTIFICATE", "MIIBAAAC");
    write_text(bench.place / "root.pem", theirs);
    bench.trust();
    CHECK(read_text(bench.place / "root.pem") == theirs + x509::to_pem(*authority().root));
    bench.distrust();
    CHECK(read_text(bench.place / "root.pem") == theirs);
    CHECK_MESSAGE(bench.kept_copy().empty(), "nothing was dropped");
}

TEST_CASE("a block that ends as another than it began is torn, and dropped with a copy for its owner alone") {
    Bench bench;
    const std::string torn = "-----BEGIN X509 CRL-----\nMIIB\n-----END CERTIFICATE-----\n";
    write_text(bench.place / "root.pem", torn + block("X509 CRL", "MIIBAAAB"));
    bench.trust();
    CHECK(read_text(bench.place / "root.pem") ==
          block("X509 CRL", "MIIBAAAB") + x509::to_pem(*authority().root));
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
        CHECK(read_text(file) == theirs + x509::to_pem(*authority().root));
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

}  // namespace edgecert
