// The log of a CA in a folder: the files are the truth, the index only saves time.
#include "resources/authorities/issuance_log.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/files/files.h"
#include "tests/contract/authorities/workbench.h"

namespace edgecert::test {
namespace {

namespace fs = std::filesystem;

struct LogWorld {
    Workbench bench{};
    x509::CertificateCache cache{};
    x509::CertificateRef certificate{bench.ca("some", "/CN=Some")};
    Folder folder{Folder::open(bench.path("ca"), true)};
    IssuanceLog log{folder};

    void append(int number) const {
        log.append({.issuance = issuance_id(number),
                    .serial = "40",
                    .spki = certificate->spki_sha256,
                    .pool = "p",
                    .certificate = "c",
                    .template_name = "WebServer",
                    .holder = "edge01",
                    .issued = real_now(),
                    .what = certificate});
    }
    [[nodiscard]] std::string file(int number) const { return "ca/log/" + issuance_id(number) + ".json"; }
};

TEST_CASE("An entry is found by its issuance id, with its certificate") {
    const LogWorld world;
    x509::CertificateCache cache;
    CHECK_FALSE(world.log.find(issuance_id(1), cache).has_value());
    CHECK(world.log.list(cache).records.empty());
    world.append(1);
    const auto entry = world.log.find(issuance_id(1), cache);
    REQUIRE(entry.has_value());
    CHECK(entry->what->sha256 == world.certificate->sha256);
    CHECK(entry->holder == "edge01");
    CHECK_FALSE(world.log.find(issuance_id(2), cache).has_value());
}

TEST_CASE("A log is listed sorted, and the same without its index, with a torn one, or one of rubbish") {
    const LogWorld world;
    x509::CertificateCache cache;
    for (int i = 0; i < 5; ++i)
        world.append(i);
    const std::vector<IssuedRecord> whole = world.log.list(cache).records;
    REQUIRE(whole.size() == 5);
    for (std::size_t i = 1; i < whole.size(); ++i)
        CHECK(whole[i - 1].issuance < whole[i].issuance);
    const std::string index = world.bench.read("ca/log.index");
    CHECK(index.size() == 5 * 195);
    const std::vector<std::string> spoiled{"",
                                           index.substr(0, 400),
                                           std::string(1000, '\0'),
                                           std::string(195, 'x') + index.substr(195),
                                           "rubbish\n"};
    for (const std::string& bytes : spoiled) {
        world.bench.write("ca/log.index", bytes);
        CHECK(world.log.list(cache).records == whole);
    }
    fs::remove(world.bench.path("ca/log.index"));
    fs::create_symlink("/etc/passwd", world.bench.path("ca/log.index"));
    CHECK(world.log.list(cache).records == whole);
}

TEST_CASE("After a torn line the next one is whole again") {
    const LogWorld world;
    world.append(1);
    world.append(2);
    world.bench.write("ca/log.index", world.bench.read("ca/log.index").substr(0, 250));
    world.append(3);
    const std::string index = world.bench.read("ca/log.index");
    CHECK(index.size() == 2 * 195);
    CHECK(index.substr(0, 64) == issuance_id(1));
    CHECK(index.substr(195, 64) == issuance_id(3));
    x509::CertificateCache cache;
    CHECK(world.log.list(cache).records.size() == 3);
}

TEST_CASE("An index that cannot be written is no reason to lose what was issued") {
    const LogWorld world;
    fs::create_directory(world.bench.path("ca/log.index"));
    world.append(1);
    x509::CertificateCache cache;
    CHECK(world.log.list(cache).records.size() == 1);
}

TEST_CASE("A line in the index without its file is nothing, and other files are not looked at") {
    const LogWorld world;
    world.append(1);
    world.append(2);
    fs::remove(world.bench.path(world.file(1)));
    world.bench.write("ca/log/readme.json", "{}");
    world.bench.write("ca/log/" + issuance_id(5) + ".json.part", "half");
    x509::CertificateCache cache;
    const IssuanceLog::Listing listing = world.log.list(cache);
    REQUIRE(listing.records.size() == 1);
    CHECK(listing.records[0].issuance == issuance_id(2));
    CHECK(listing.notes.empty());
}

TEST_CASE("An entry that cannot be read is an error, never an entry that is not there") {
    const LogWorld world;
    for (const std::string bytes : {"", "[]", "{}", "{\"format\":\"edgecert.issued/1\",\"issuance\":7}"}) {
        world.bench.write(world.file(1), bytes);
        x509::CertificateCache cache;
        CHECK(code_of([&] { static_cast<void>(world.log.find(issuance_id(1), cache)); }) ==
              "authority-refused");
        CHECK(world.log.list(cache).notes.size() == 1);
    }
}

TEST_CASE("An entry put under another id, or with another key than it says, is refused") {
    const LogWorld world;
    world.append(1);
    world.bench.write(world.file(2), world.bench.read(world.file(1)));
    x509::CertificateCache cache;
    CHECK(code_of([&] { static_cast<void>(world.log.find(issuance_id(2), cache)); }) == "authority-refused");
    nlohmann::ordered_json entry = nlohmann::ordered_json::parse(world.bench.read(world.file(1)));
    entry["publicKey"] = issuance_id(9);
    world.bench.write(world.file(1), entry.dump());
    CHECK(code_of([&] { static_cast<void>(world.log.find(issuance_id(1), cache)); }) == "authority-refused");
}

TEST_CASE("Ten thousand entries are listed without opening them") {
    const LogWorld world;
    std::string index;
    constexpr int many = 10'000;
    world.append(1);
    const std::string bytes = "not even JSON: whoever reads it would say so";
    for (int i = 10; i < many + 10; ++i) {
        // Written without syncing each: only their names and the index matter here.
        world.bench.write(world.file(i), bytes);
        index +=
            issuance_id(i) + ' ' + world.certificate->sha256 + ' ' + world.certificate->spki_sha256 + '\n';
    }
    world.bench.write("ca/log.index", world.bench.read("ca/log.index") + index);
    x509::CertificateCache cache;
    const IssuanceLog::Listing listing = world.log.list(cache);
    CHECK(listing.records.size() == many + 1);
    CHECK(listing.notes.empty());
}

}  // namespace
}  // namespace edgecert::test
