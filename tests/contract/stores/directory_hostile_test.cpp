// Stores that somebody changed, truncated, linked elsewhere or filled with rubbish: reported, never deleted,
// never trusted, never a crash.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "resources/stores/open.h"
#include "tests/contract/stores/directory_tools.h"
#include "tests/contract/stores/store_contract_tools.h"

namespace edgecert {
namespace {

namespace fs = std::filesystem;
using store_contract::authority;
using store_contract::cache;
using store_contract::refusal;

std::unique_ptr<CertificateStore> open_at(const fs::path& place, Clock& clock) {
    StoreSpec spec;
    spec.directory = place.string();
    return open_directory_store(spec, clock);
}

bool has(const std::vector<std::string>& codes, const std::string& code) {
    return std::find(codes.begin(), codes.end(), code) != codes.end();
}

}  // namespace

TEST_CASE(
    "a store that is a link, a file, open to everybody or somebody else's is refused, for looking as well") {
    const TemporaryFolder folder;
    StillClock clock;
    const auto look = [&](const fs::path& place) {
        return refusal([&] { static_cast<void>(open_at(place, clock)->observe(cache())); });
    };
    const auto change = [&](const fs::path& place) {
        return refusal(
            [&] { open_at(place, clock)->trust(TrustKind::root, authority().root, "contract", "ams-edge"); });
    };
    const fs::path real = folder.path() / "real";
    fs::create_directory(real);
    fs::create_symlink(real, folder.path() / "link");
    CHECK(look(folder.path() / "link") == "store-refused");
    CHECK(change(folder.path() / "link") == "store-refused");
    CHECK(change(folder.path() / "link/") == "store-refused");
    CHECK(fs::is_empty(real));
    write_text(folder.path() / "file", "no folder");
    CHECK(look(folder.path() / "file") == "store-refused");
    ::chmod(real.c_str(), 0777);
    CHECK(look(real) == "store-refused");
    CHECK(change(real) == "store-refused");
    ::chmod(real.c_str(), 0755);
    CHECK(look(real).empty());
    if (::geteuid() == 0) {
        REQUIRE(::chown(real.c_str(), 12345, 12345) == 0);
        CHECK(look(real) == "store-refused");
        CHECK(change(real) == "store-refused");
    }
    CHECK(refusal([&] { static_cast<void>(open_at("relative/store", clock)); }) == "store-refused");
    CHECK(refusal([&] { static_cast<void>(open_at("", clock)); }) == "store-refused");
}

TEST_CASE("names that are paths are refused, and nothing is written for them") {
    const TemporaryFolder folder;
    StillClock clock;
    const auto store = open_at(folder.path() / "store", clock);
    const RequestEntry made = store->create_request(store_contract::order('a'));
    const auto before = snapshot(folder.path());
    const std::string up = "../../outside";
    RequestOrder order = store_contract::order('b');
    order.pool = up;
    CHECK(refusal([&] { static_cast<void>(store->create_request(order)); }) == "store-refused");
    order = store_contract::order('b', up);
    CHECK(refusal([&] { static_cast<void>(store->create_request(order)); }) == "store-refused");
    RequestEntry entry = made;
    entry.spki = up;
    CHECK(refusal([&] { store->keep_request(entry); }) == "store-refused");
    CHECK(refusal([&] { store->forget_request({up, "internal", made.spki}); }) == "store-refused");
    CHECK(refusal([&] { store->note_request({"ams-edge", up, made.spki}, {}); }) == "store-refused");
    RoleAssignment assignment;
    assignment.role = up;
    assignment.certificate = std::string(64, 'a');
    CHECK(refusal([&] { store->assign(assignment); }) == "store-refused");
    assignment.role = "internal.json";
    CHECK(refusal([&] { store->assign(assignment); }) == "store-refused");
    CHECK(refusal([&] { store->unassign(up, {}); }) == "store-refused");
    RoleNote note;
    note.role = up;
    CHECK(refusal([&] { store->note_role(note); }) == "store-refused");
    note.role = "internal";
    note.activated = up;
    CHECK(refusal([&] { store->note_role(note); }) == "store-refused");
    CHECK(refusal([&] { store->retire(up); }) == "no-such-entry");
    CHECK(refusal([&] { store->set_friendly_name(up, "x"); }) == "no-such-entry");
    store->distrust(TrustKind::root, up);
    CHECK(snapshot(folder.path()) == before);
}

TEST_CASE("what cannot be read back is not written") {
    const TemporaryFolder folder;
    StillClock clock;
    const auto store = open_at(folder.path() / "store", clock);
    const RequestEntry made = store->create_request(store_contract::order('a'));
    const auto before = snapshot(folder.path());
    RequestNote note;
    note.phase = RequestPhase::accepted;
    note.at = store_contract::start();
    note.ticket = std::string(100'000, 'x');
    CHECK_FALSE(refusal([&] { store->note_request(store_contract::key_of(made), note); }).empty());
    note.ticket = "\xff\xfe";
    CHECK_FALSE(refusal([&] { store->note_request(store_contract::key_of(made), note); }).empty());
    CHECK(snapshot(folder.path()) == before);
}

TEST_CASE("rubbish everywhere is found, left alone and not believed") {
    const TemporaryFolder folder;
    StillClock clock;
    const fs::path place = folder.path() / "store";
    StoreUnderTest store;
    store.open = [&] { return open_at(place, clock); };
    store.open()->trust(TrustKind::root, authority().root, "contract", "ams-edge");
    const CertificateId id = store_contract::install(store, 'a');
    const RequestEntry request = store.open()->create_request(store_contract::order('b'));
    const StoreObservation good = store_contract::look(store);
    CHECK(good.findings.empty());

    const std::string pem = x509::to_pem(*good.personal.at(0).certificate);
    const std::string wrong(64, '1');
    write_text(place / "notes.txt", "mine");
    write_text(place / "root" / "README", "mine");
    write_text(place / "root" / "half.pem", "-----BEGIN CERTIFICATE-----\nMIIB");
    write_text(place / "root" / (wrong + ".pem"), x509::to_pem(*authority().issuing));
    write_text(place / "root" / (wrong + ".json"), "[[[[");
    write_text(place / "personal" / "stray.pem", pem);
    write_text(place / "personal" / wrong / "certificate.pem", pem);
    write_text(place / "personal" / std::string(64, '2') / "certificate.pem", pem.substr(0, 200));
    write_text(place / "personal" / std::string(64, '3') / "key.pem", "no key");
    write_text(place / "personal" / id.str() / "\x1b[31mnote\n", "mine");
    write_text(place / "personal" / std::string(64, '4'), "a file");
    write_text(place / "requests" / "ams-edge" / "UPPER" / "x", "mine");
    write_text(place / "requests" / "ams-edge" / "internal" / wrong / "entry.json",
               std::string(100'000, '['));
    write_text(place / "requests" / "ams-edge" / "internal" / std::string(64, '6') / "key.pem", "mine");
    write_text(place / "roles" / "external.json", "{\"assigned\": 5}");
    write_text(place / "roles" / "a file", "mine");
    fs::create_directory(place / "roles" / "data-edge-external");
    fs::create_symlink("/etc/ssl", place / "roles" / "internal");
    fs::create_symlink("../personal/../../..", place / "roles" / "access-edge-external");
    REQUIRE(::mkfifo((place / "personal" / id.str() / "fifo").c_str(), 0600) == 0);
    REQUIRE(::mkfifo((place / "intermediate.pem").c_str(), 0600) == 0);
    const auto files = snapshot(folder.path());

    const StoreObservation seen = store_contract::look(store);
    CHECK(seen.trust == good.trust);
    CHECK(seen.personal == good.personal);
    CHECK(seen.requests == good.requests);
    for (const RoleRecord& role : seen.roles) {
        CHECK(role.assigned.empty());
        CHECK(role.dangling);
    }
    CHECK(seen.roles.size() == 3);
    const auto codes = finding_codes(seen);
    for (const std::string& code : {std::string("notes.txt: rubbish"),
                                    std::string("root/README: rubbish"),
                                    std::string("root/half.pem: rubbish"),
                                    "root/" + wrong + ".pem: wrong-name",
                                    "root/" + wrong + ".json: bad-record",
                                    std::string("personal/stray.pem: rubbish"),
                                    "personal/" + wrong + ": wrong-name",
                                    "personal/" + std::string(64, '2') + ": unreadable",
                                    "personal/" + std::string(64, '3') + ": incomplete",
                                    "personal/" + std::string(64, '4') + ": unreadable",
                                    "personal/" + id + "/\\x1b[31mnote\\x0a: rubbish",
                                    "personal/" + id + "/fifo: rubbish",
                                    std::string("requests/ams-edge/UPPER: rubbish"),
                                    "requests/ams-edge/internal/" + wrong + ": bad-record",
                                    "requests/ams-edge/internal/" + std::string(64, '6') + ": incomplete",
                                    std::string("roles/external.json: bad-record"),
                                    std::string("roles/a file: rubbish"),
                                    std::string("roles/internal: foreign-role-link"),
                                    std::string("roles/access-edge-external: foreign-role-link"),
                                    std::string("roles/data-edge-external: foreign-role-link"),
                                    std::string("intermediate.pem: unreadable")}) {
        CHECK_MESSAGE(has(codes, code), code);
    }
    CHECK_MESSAGE(snapshot(folder.path()) == files, "looking changes nothing");

    // Work goes on around it.
    store.open()->accept(store_contract::key_of(request),
                         store_contract::answer_to(request),
                         store_contract::chain(),
                         store_contract::label_for(request));
    CHECK(store_contract::look(store).personal.size() == 2);
    CHECK(refusal([&] {
              store.open()->trust(TrustKind::intermediate, authority().issuing, "contract", "ams-edge");
          }) == "store-refused");
    RoleAssignment assignment;
    assignment.role = "data-edge-external";
    assignment.certificate = id;
    CHECK_MESSAGE(refusal([&] { store.open()->assign(assignment); }) == "store-refused",
                  "a folder stands there");
    assignment.role = "internal";
    store.open()->assign(assignment);
    CHECK(store_contract::find_role(store_contract::look(store), "internal")->assigned == id);
}

TEST_CASE("a store whose every file is cut short, emptied or a link is looked at without a crash") {
    const TemporaryFolder folder;
    StillClock clock;
    StoreUnderTest store;
    const fs::path good = folder.path() / "good";
    store.open = [&] { return open_at(good, clock); };
    store.open()->trust(TrustKind::root, authority().root, "contract", "ams-edge");
    const CertificateId id = store_contract::install(store, 'a');
    static_cast<void>(store.open()->create_request(store_contract::order('b')));
    RoleAssignment assignment;
    assignment.role = "internal";
    assignment.certificate = id;
    store.open()->assign(assignment);
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(good)) {
        if (entry.is_regular_file() && !entry.is_symlink()) {
            files.push_back(entry.path().lexically_relative(good));
        }
    }
    CHECK(files.size() >= 12);
    for (const fs::path& file : files) {
        for (int spoil = 0; spoil < 4; ++spoil) {
            const fs::path place = folder.path() / "spoilt";
            fs::remove_all(place);
            fs::copy(good, place, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
            const std::string text = read_text(place / file);
            if (spoil == 0) {
                write_text(place / file, text.substr(0, text.size() / 2));
            } else if (spoil == 1) {
                write_text(place / file, "");
            } else if (spoil == 2) {
                fs::remove(place / file);
                fs::create_symlink("/etc/passwd", place / file);
            } else {
                fs::remove(place / file);
                fs::create_directory(place / file);
            }
            StoreObservation seen;
            const std::string refused = refusal([&] { seen = open_at(place, clock)->observe(cache()); });
            const bool plain = file == "lock" || (file.filename() == "request.pem");
            const bool told = refused.empty() ? !seen.findings.empty() : refused == "store-refused";
            CHECK_MESSAGE((plain || told), file.string() << " spoilt in way " << spoil);
        }
    }
}

}  // namespace edgecert
