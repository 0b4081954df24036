// Parts of a store that cannot be read: the look is refused and says how to mend it, for what was not read is
// not absent.
#include <doctest/doctest.h>

#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "resources/stores/open.h"
#include "tests/contract/stores/directory_tools.h"
#include "tests/contract/stores/store_contract_tools.h"

namespace edgecert {
namespace {

namespace fs = std::filesystem;
using store_contract::cache;

std::unique_ptr<CertificateStore> open_at(const fs::path& place, Clock& clock) {
    StoreSpec spec;
    spec.directory = place.string();
    return open_directory_store(spec, clock);
}

// A store with everything in it, and the names of what is.
struct Furnished {
    TemporaryFolder folder{};
    StillClock clock{};
    fs::path place{folder.path() / "store"};
    CertificateId id{};
    std::string spki{};

    Furnished() {
        StoreUnderTest store;
        store.open = [&] { return open_at(place, clock); };
        store.open()->trust(TrustKind::root, store_contract::authority().root, "contract", "ams-edge");
        store.open()->trust(
            TrustKind::intermediate, store_contract::authority().issuing, "contract", "ams-edge");
        id = store_contract::install(store, 'a');
        spki = store.open()->create_request(store_contract::order('b')).spki;
        RoleAssignment assignment;
        assignment.role = "internal";
        assignment.certificate = id;
        store.open()->assign(assignment);
    }

    [[nodiscard]] std::vector<std::string> folders() const {
        return {"personal",
                "roles",
                "requests",
                "root",
                "intermediate",
                "personal/" + id,
                "requests/ams-edge",
                "requests/ams-edge/internal",
                "requests/ams-edge/internal/" + spki};
    }

    // Everything without which it is not known what the store holds.
    [[nodiscard]] std::vector<std::string> files() const {
        return {"id",
                "root.pem",
                "intermediate.pem",
                "root/" + store_contract::authority().root->sha256 + ".json",
                "roles/internal.json",
                "personal/" + id + "/certificate.pem",
                "personal/" + id + "/entry.json",
                "personal/" + id + "/key.pem",
                "requests/ams-edge/internal/" + spki + "/entry.json",
                "requests/ams-edge/internal/" + spki + "/key.pem"};
    }

    // What the look is refused with, "" when it is not.
    [[nodiscard]] Diagnostic refusal() {
        try {
            static_cast<void>(open_at(place, clock)->observe(cache()));
            return {};
        } catch (const Error& error) {
            return error.diagnostic();
        }
    }

    // Refused for `name` alone, and mended by a command that begins in this way.
    void check_refused(const std::string& name, const std::string& command) {
        const Diagnostic why = refusal();
        CHECK_MESSAGE(why.code == "store-refused", name);
        CHECK_MESSAGE(why.text.find((place / name).string()) != std::string::npos, why.text);
        CHECK_MESSAGE(why.hint.find(command + " ") == 0, name << ": " << why.hint);
        CHECK_MESSAGE(why.hint.find((place / name).string()) != std::string::npos, why.hint);
    }
};

// Somebody who is stopped by modes: root is not.
class AsNobody {
public:
    explicit AsNobody(const fs::path& theirs) : was_root_(::geteuid() == 0) {
        if (!was_root_) {
            return;
        }
        for (const auto& entry : fs::recursive_directory_iterator(theirs)) {
            REQUIRE(::lchown(entry.path().c_str(), nobody, nobody) == 0);
        }
        REQUIRE(::lchown(theirs.c_str(), nobody, nobody) == 0);
        REQUIRE(::seteuid(nobody) == 0);
    }
    AsNobody(const AsNobody&) = delete;
    AsNobody& operator=(const AsNobody&) = delete;
    ~AsNobody() {
        if (was_root_ && ::seteuid(0) != 0) {
            std::terminate();
        }
    }

private:
    static constexpr uid_t nobody = 65534;
    bool was_root_;
};

}  // namespace

TEST_CASE("a folder of the store that everybody may write to is not read, and not taken for empty") {
    Furnished store;
    REQUIRE(store.refusal().code.empty());
    for (const std::string& name : store.folders()) {
        ::chmod((store.place / name).c_str(), 0777);
        store.check_refused(name, "chmod o-w");
        ::chmod((store.place / name).c_str(), 0755);
        CHECK_MESSAGE(store.refusal().code.empty(), name);
    }
}

TEST_CASE("a folder or file of the store that is a link is not followed, and not taken for absent") {
    Furnished store;
    auto names = store.folders();
    const auto files = store.files();
    names.insert(names.end(), files.begin(), files.end());
    const fs::path elsewhere = store.folder.path() / "elsewhere";
    for (const std::string& name : names) {
        fs::rename(store.place / name, elsewhere);
        fs::create_symlink(elsewhere, store.place / name);
        store.check_refused(name, "rm");
        CHECK_MESSAGE(store.refusal().hint.find("mv " + elsewhere.string()) != std::string::npos, name);
        fs::remove(store.place / name);
        fs::rename(elsewhere, store.place / name);
        CHECK_MESSAGE(store.refusal().code.empty(), name);
    }
}

TEST_CASE("something else in place of a folder of the store is not taken for an empty one") {
    Furnished store;
    for (const char* name : {"personal", "roles", "requests", "root", "intermediate"}) {
        fs::rename(store.place / name, store.folder.path() / "elsewhere");
        write_text(store.place / name, "no folder");
        store.check_refused(name, "mv");
        fs::remove(store.place / name);
        fs::rename(store.folder.path() / "elsewhere", store.place / name);
    }
    CHECK(store.refusal().code.empty());
}

TEST_CASE("what may not be read is not taken for absent") {
    Furnished store;
    const AsNobody nobody(store.folder.path());
    REQUIRE(store.refusal().code.empty());
    for (const std::string& name : store.files()) {
        ::chmod((store.place / name).c_str(), 0);
        store.check_refused(name, "chmod");
        ::chmod((store.place / name).c_str(), 0600);
    }
    for (const std::string& name : store.folders()) {
        for (const mode_t mode : {0U, 0400U, 0100U}) {
            ::chmod((store.place / name).c_str(), mode);
            store.check_refused(name, "chmod u+rwx");
        }
        ::chmod((store.place / name).c_str(), 0755);
    }
    CHECK(store.refusal().code.empty());
}

TEST_CASE("somebody else's certificate whose key may not be read stays a fact until a role points at it") {
    Furnished store;
    const fs::path entry = store.place / "personal" / store.id.str();
    fs::remove(entry / "entry.json");
    fs::remove(store.place / "roles" / "internal");
    const AsNobody nobody(store.folder.path());
    ::chmod((entry / "key.pem").c_str(), 0);
    const StoreObservation seen = open_at(store.place, store.clock)->observe(cache());
    REQUIRE(seen.personal.size() == 1);
    CHECK(seen.personal.front().key == KeyState::unreadable);
    fs::create_symlink("../personal/" + store.id, store.place / "roles" / "internal");
    store.check_refused("personal/" + store.id + "/key.pem", "chmod");
}

TEST_CASE("several parts that cannot be read are all named, up to a few") {
    Furnished store;
    for (const char* name : {"personal", "roles", "requests", "root", "intermediate"}) {
        ::chmod((store.place / name).c_str(), 0777);
    }
    const Diagnostic why = store.refusal();
    CHECK(why.text.find((store.place / "root").string()) != std::string::npos);
    CHECK(why.text.find((store.place / "requests").string()) != std::string::npos);
    CHECK(why.text.find("and 2 more") != std::string::npos);
}

TEST_CASE("what a step needs and cannot be read is refused in these words, not called gone") {
    Furnished store;
    ::chmod((store.place / "personal" / store.id.str()).c_str(), 0777);
    CHECK(store_contract::refusal([&] {
              RoleAssignment assignment;
              assignment.role = "internal";
              assignment.certificate = store.id;
              open_at(store.place, store.clock)->assign(assignment);
          }) == "store-refused");
}

}  // namespace edgecert
