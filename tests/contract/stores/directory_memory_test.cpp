// What the stores of a run remember together: the bytes on a disk decide, every time.
#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "resources/stores/open.h"
#include "tests/contract/stores/directory_tools.h"
#include "tests/contract/stores/store_contract_tools.h"

namespace edgecert {
namespace {

namespace fs = std::filesystem;

// Servers whose stores share what they remember, as those of one run do.
struct Run {
    TemporaryFolder folder{};
    StillClock clock{};
    std::shared_ptr<directory::KnownKeys> keys{make_known_keys()};
    x509::CertificateCache certificates{};

    [[nodiscard]] fs::path place(const std::string& server) const { return folder.path() / server; }
    [[nodiscard]] std::unique_ptr<CertificateStore> open(const std::string& server) {
        StoreSpec spec;
        spec.directory = place(server).string();
        return open_directory_store(spec, clock, {}, keys, &certificates);
    }
    [[nodiscard]] CertificateId install(const std::string& server, char letter) {
        StoreUnderTest store;
        store.open = [this, server] { return open(server); };
        return store_contract::install(store, letter);
    }
    [[nodiscard]] KeyState key_on(const std::string& server, const CertificateId& id) {
        for (const PersonalEntry& entry : open(server)->observe(certificates).personal) {
            if (entry.id == id) {
                return entry.key;
            }
        }
        return KeyState::absent;
    }
};

}  // namespace

TEST_CASE("a key that the run has written or seen is known by its bytes, wherever they are") {
    Run run;
    const CertificateId first = run.install("one", 'a');
    const CertificateId second = run.install("one", 'b');
    REQUIRE(run.key_on("one", first) == KeyState::present);
    fs::copy(run.place("one"), run.place("two"), fs::copy_options::recursive);
    CHECK(run.key_on("two", first) == KeyState::present);
    CHECK(run.key_on("two", second) == KeyState::present);

    const auto key = [&run](const std::string& server, const CertificateId& id) {
        return run.place(server) / "personal" / id.str() / "key.pem";
    };
    const std::string good = read_text(key("two", first));
    write_text(key("two", first), read_text(key("two", second)));
    CHECK_MESSAGE(run.key_on("two", first) == KeyState::mismatched, "a known key is not everybody's");
    write_text(key("two", first), good.substr(0, good.size() / 2));
    CHECK(run.key_on("two", first) == KeyState::unreadable);
    write_text(key("two", first), good);
    CHECK(run.key_on("two", first) == KeyState::present);
    fs::permissions(key("two", first), fs::perms::others_read, fs::perm_options::add);
    CHECK_MESSAGE(run.key_on("two", first) == KeyState::exposed, "who may read it is asked of each file");
    fs::remove(key("two", first));
    fs::create_symlink(key("one", first), key("two", first));
    CHECK_THROWS_AS_MESSAGE(static_cast<void>(run.key_on("two", first)),
                            Error,
                            "links are not followed to known keys, and the key is not called gone");
    CHECK(run.key_on("one", first) == KeyState::present);
}

TEST_CASE("a key file that changed between two looks of a run is looked at anew") {
    Run run;
    const CertificateId id = run.install("one", 'a');
    const fs::path key = run.place("one") / "personal" / id.str() / "key.pem";
    RoleAssignment made;
    made.role = "internal";
    made.certificate = id;
    made.pool = "ams-edge";
    made.now = store_contract::start();
    const std::string foreign(x509::generate_key({x509::KeyAlgorithm::ecdsa, 256}).pem.view());
    const std::string good = read_text(key);
    const auto store = run.open("one");
    write_text(key, foreign);
    CHECK_THROWS_AS(store->assign(made), Error);
    write_text(key, good);
    CHECK_NOTHROW(store->assign(made));
}

TEST_CASE("a key copied from store to store is there as if it had come in a PFX") {
    Run run;
    const CertificateId id = run.install("one", 'a');
    PersonalLabel label;
    label.pool = "ams-edge";
    label.name = "internal";
    label.friendly_name = "Edge Internal";
    label.exportable = true;
    const StoreObservation before = run.open("one")->observe(run.certificates);
    REQUIRE(run.open("two")->copy_key(*run.open("one"), id, label));
    CHECK_MESSAGE(run.open("one")->observe(run.certificates).personal == before.personal, "it stays there");

    const Secret password{std::string(32, '7')};
    run.open("three")->import_pfx(
        run.open("one")->export_pfx(id, password, x509::PfxProfile::modern), password, label);
    const StoreObservation copied = run.open("two")->observe(run.certificates);
    REQUIRE(copied.personal.size() == 1);
    CHECK(copied.personal.front().key == KeyState::present);
    CHECK(copied.personal == run.open("three")->observe(run.certificates).personal);
    for (const char* const file :
         {"certificate.pem", "chain.pem", "fullchain.pem", "key.pem", "entry.json"}) {
        const fs::path inside = fs::path("personal") / id.str() / file;
        CHECK_MESSAGE(read_text(run.place("two") / inside) == read_text(run.place("three") / inside), file);
    }
}

TEST_CASE("a key that was not made to leave its server is not copied either") {
    Run run;
    const CertificateId id = run.install("one", 'a');
    PersonalLabel label;
    label.exportable = false;
    REQUIRE(run.open("two")->copy_key(*run.open("one"), id, label));
    bool refused = false;
    try {
        static_cast<void>(run.open("three")->copy_key(*run.open("two"), id, label));
    } catch (const Error& error) {
        refused = error.diagnostic().code == "key-not-exportable";
    }
    CHECK(refused);
    CHECK(run.open("three")->observe(run.certificates).personal.empty());
}

}  // namespace edgecert
