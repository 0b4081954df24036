// Every file of examples/broken says exactly what its name says, in the words of tests/golden/broken.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "resources/kinds/declarations.h"
#include "tests/unit/kinds/fleets.h"

namespace {

namespace fs = std::filesystem;
using namespace edgecert;

std::vector<fs::path> broken_files() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(fs::path(EDGECERT_SOURCE_DIR) / "examples/broken")) {
        files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::string read(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

// The place of this checkout is nobody's business.
std::string without_folder(std::string text) {
    const std::string folder = EDGECERT_SOURCE_DIR;
    for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder)) {
        text.replace(at, folder.size(), "<source>");
    }
    return text;
}

bool inside_git() {
    return fs::exists(fs::path(EDGECERT_SOURCE_DIR) / ".git");
}

}  // namespace

TEST_CASE("every broken example gives exactly its code, in the words that were agreed") {
    const char* const accept = std::getenv("ACCEPT");  // NOLINT(concurrency-mt-unsafe): nothing sets it
    const auto files = broken_files();
    CHECK(files.size() > 70);
    for (const fs::path& file : files) {
        const std::string code = file.stem().stem();
        if (code == "authority-in-git" && !inside_git()) {
            continue;
        }
        CAPTURE(file.filename().string());
        const Resolved resolved = load_fleet({file}, tests::today());
        std::string text;
        for (const Diagnostic& diagnostic : resolved.diagnostics) {
            CHECK(diagnostic.code == code);
            text += render(diagnostic);
        }
        CHECK(resolved.diagnostics.size() == 1);
        text = without_folder(text);
        const fs::path golden =
            fs::path(EDGECERT_SOURCE_DIR) / "tests/golden/broken" / (file.stem().string() + ".txt");
        if (accept != nullptr) {
            std::ofstream(golden, std::ios::binary) << text;
        }
        CHECK(text == read(golden));
    }
}

TEST_CASE("every warning that can be allowed has a broken example, and allowing it silences exactly that") {
    for (const std::string& code : warning_codes()) {
        CAPTURE(code);
        const fs::path file = fs::path(EDGECERT_SOURCE_DIR) / "examples/broken" / (code + ".yaml");
        REQUIRE(fs::exists(file));
        std::string text = read(file);
        const std::string before = "metadata: {name: ";
        std::size_t at = 0;
        while ((at = text.find(before, at)) != std::string::npos) {
            text.replace(
                at, before.size(), "metadata: {annotations: {edgecert/allow: '" + code + "'}, name: ");
            at += before.size();
        }
        CHECK(tests::resolve_text(text).diagnostics.empty());
    }
}

TEST_CASE("the golden texts are of examples that are there") {
    std::set<std::string> names;
    for (const fs::path& file : broken_files()) {
        names.insert(file.stem());
    }
    for (const auto& entry : fs::directory_iterator(fs::path(EDGECERT_SOURCE_DIR) / "tests/golden/broken")) {
        CHECK_MESSAGE(names.contains(entry.path().stem()), entry.path().string());
    }
}

TEST_CASE("the quick start has nothing wrong with it outside a Git work tree") {
    std::string folder = fs::temp_directory_path() / "edgecert-quickstart-XXXXXX";
    REQUIRE(mkdtemp(folder.data()) != nullptr);
    fs::copy(fs::path(EDGECERT_SOURCE_DIR) / "examples/quickstart", folder, fs::copy_options::recursive);
    const Resolved resolved = load_fleet({folder}, tests::today());
    CHECK(resolved.diagnostics.empty());
    CHECK(resolved.fleet.pools.size() == 3);
    CHECK(resolved.fleet.sites.size() == 2);
    REQUIRE(resolved.fleet.authorities.size() == 1);
    const auto& ca = std::get<LocalAuthority>(resolved.fleet.authorities.front().kind);
    CHECK(ca.directory == folder + "/state/ca");
    CHECK(resolved.fleet.pools.front().servers.front().store.directory ==
          folder + "/state/stores/ams-edge/edge01");
    fs::remove_all(folder);
}
