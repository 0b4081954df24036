// Manifests as they become trees, with the place of every value.
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/manifest/load.h"
#include "engine/manifest/value.h"
#include "tests/unit/ground/temporary.h"

using edgecert::Entry;
using edgecert::load;
using edgecert::load_bytes;
using edgecert::Loaded;
using edgecert::Mark;
using edgecert::Value;
using ground_test::Temporary;
using Kind = edgecert::Value::Kind;
namespace fs = std::filesystem;

namespace {

// The one value at a path of keys, in the only document.
const Value& at(const Loaded& loaded, std::initializer_list<std::string_view> keys) {
    REQUIRE(loaded.diagnostics.empty());
    REQUIRE(loaded.documents.size() == 1);
    const Value* value = &loaded.documents.front().root;
    for (const std::string_view key : keys) {
        CAPTURE(key);
        value = value->find(key);
        REQUIRE(value != nullptr);
    }
    return *value;
}

std::vector<std::string> files_of(const Loaded& loaded) {
    std::vector<std::string> files;
    for (const auto& document : loaded.documents) {
        files.push_back(fs::path(document.file->path.view()).filename().string());
    }
    return files;
}

// "code line:column" of every diagnostic.
std::vector<std::string> codes_of(const Loaded& loaded) {
    std::vector<std::string> codes;
    for (const auto& diagnostic : loaded.diagnostics) {
        codes.push_back(diagnostic.code + " " + std::to_string(diagnostic.where.line) + ":" +
                        std::to_string(diagnostic.where.column));
    }
    return codes;
}

}  // namespace

TEST_CASE("a document becomes a tree of texts, lists and maps in written order") {
    const Loaded loaded = load_bytes("f", "b: 1\na: [x, \"y\", ~]\nc: {d: e}\n");
    const Value& root = at(loaded, {});
    REQUIRE(root.entries.size() == 3);
    CHECK(root.entries[0].key == "b");
    CHECK(root.entries[1].key == "a");
    CHECK(root.entries[1].value.items.size() == 3);
    CHECK(root.entries[1].value.items.front().text == "x");
    CHECK(root.entries[1].value.items.back().kind == Kind::null);
    CHECK(at(loaded, {"c", "d"}).text == "e");
    CHECK(root.find("none") == nullptr);
    CHECK(at(loaded, {"c", "d"}).items.empty());
    CHECK(at(loaded, {"c", "d"}).entries.empty());
}

TEST_CASE("what looks like a number or a boolean stays as it was written") {
    const Loaded loaded = load_bytes("f", "a: 010\nb: yes\nc: \"on\"\nd: 1e3\ne: 'null'\nf: |\n  5\n");
    CHECK(at(loaded, {"a"}).text == "010");
    CHECK(at(loaded, {"b"}).text == "yes");
    CHECK_FALSE(at(loaded, {"b"}).quoted);
    CHECK(at(loaded, {"c"}).quoted);
    CHECK(at(loaded, {"d"}).text == "1e3");
    CHECK(at(loaded, {"e"}).kind == Kind::scalar);
    CHECK(at(loaded, {"e"}).text == "null");
    CHECK(at(loaded, {"f"}).quoted);
    CHECK(at(loaded, {"f"}).text == "5\n");
}

TEST_CASE("escaped, folded and literal texts are as YAML says") {
    const Loaded loaded = load_bytes("f",
                                     "a: \"x\\ty\\u00e9\"\nb: 'it''s'\nc: one\n  two\nd: |\n  l1\n\n   l2\n"
                                     "e: >-\n  f1\n  f2\nf: \"\"\n");
    CHECK(at(loaded, {"a"}).text == "x\tyé");
    CHECK(at(loaded, {"b"}).text == "it's");
    CHECK(at(loaded, {"c"}).text == "one two");
    CHECK(at(loaded, {"d"}).text == "l1\n\n l2\n");
    CHECK(at(loaded, {"e"}).text == "f1 f2");
    CHECK(at(loaded, {"f"}).text.empty());
    CHECK(at(loaded, {"f"}).kind == Kind::scalar);
}

TEST_CASE("every value knows its line and column in characters") {
    const Loaded loaded =
        load_bytes("f", "# é\né: ü\nlist:\n  - x\n  - {日本: \"q\", k: v}\n\tignored: no\n");
    CHECK(codes_of(loaded) == std::vector<std::string>{"syntax 6:2"});
    const Loaded right = load_bytes("f", "# é\né: ü\nlist:\n  - x\n  - {日本: \"q\", k: v}\n");
    CHECK(at(right, {}).mark == Mark{2, 1});
    CHECK(at(right, {"é"}).mark == Mark{2, 4});
    CHECK(at(right, {"list"}).mark == Mark{4, 3});
    const Value& list = at(right, {"list"});
    CHECK(list.items[0].mark == Mark{4, 5});
    CHECK(list.items[1].mark == Mark{5, 5});
    CHECK(list.items[1].entries[0].mark == Mark{5, 6});
    CHECK(list.items[1].entries[0].value.mark == Mark{5, 10});
    CHECK(list.items[1].entries[1].mark == Mark{5, 15});
    CHECK(right.documents.front().source(list.items[1].mark) == edgecert::Source{"f", 5, 5});
}

TEST_CASE("a value that is missing is shown at its key or its dash, one that is written at its own place") {
    const Loaded loaded = load_bytes("f", "a:\nb: ~\nc:\n  -\n  - x\n  - # - no\n\nd: {e: , f}\n");
    CHECK(at(loaded, {"a"}).mark == Mark{1, 1});
    CHECK(at(loaded, {"a"}).kind == Kind::null);
    CHECK(at(loaded, {"b"}).mark == Mark{2, 4});
    CHECK(at(loaded, {"c"}).items[0].mark == Mark{4, 3});
    CHECK(at(loaded, {"c"}).items[2].mark == Mark{6, 3});
    CHECK(at(loaded, {"d", "e"}).mark == Mark{8, 5});
    CHECK(at(loaded, {"d", "f"}).mark == Mark{8, 10});
}

TEST_CASE("line ends of Windows and a byte-order mark change no place") {
    const Loaded loaded = load_bytes("f",
                                     "\xEF\xBB\xBF"
                                     "a: é\r\nb: |\r\n  x\r\n---\r\nc: \"d\"\r\n");
    REQUIRE(loaded.diagnostics.empty());
    REQUIRE(loaded.documents.size() == 2);
    CHECK(loaded.documents[0].root.find("a")->mark == Mark{1, 4});
    CHECK(loaded.documents[0].root.find("b")->text == "x\n");
    CHECK(loaded.documents[1].root.find("c")->mark == Mark{5, 4});
    CHECK(loaded.documents[0].file->line(1) == "a: é");
    CHECK(loaded.documents[0].file->line(5) == "c: \"d\"");
    CHECK(loaded.documents[0].file->line(6).empty());
}

TEST_CASE("documents end at their markers, also inside a block scalar, and the empty ones are skipped") {
    const Loaded loaded =
        load_bytes("f",
                   "# only a comment\n---\n---\n# nothing\n--- # here\na: |\n  text\n---\nb: 1\n...\n"
                   "c: 2\n... # end\n\n--- {d: 3}\n---x: 4\n");
    CHECK(codes_of(loaded) == std::vector<std::string>{"syntax 15:1"});
    REQUIRE(loaded.documents.size() == 3);
    CHECK(loaded.documents[0].root.find("a")->text == "text\n");
    CHECK(loaded.documents[1].root.find("b")->mark == Mark{9, 4});
    CHECK(loaded.documents[2].root.find("c")->mark == Mark{11, 4});
}

TEST_CASE("text behind the end of a document is a mistake, a comment there is none") {
    const Loaded loaded = load_bytes("f",
                                     "a: 1\n... b: 2\nc: 3\n... # fine\n...\t # fine\n...  \r\n"
                                     "...#: a key\n---\nd: |\n  x\n...\t---\n");
    CHECK(codes_of(loaded) == std::vector<std::string>{"syntax 2:5", "syntax 11:5"});
    REQUIRE(loaded.documents.size() == 4);
    CHECK(loaded.documents[1].root.find("c") != nullptr);
    CHECK(loaded.documents[2].root.find("...#") != nullptr);
    CHECK(loaded.documents[3].root.find("d") != nullptr);
    CHECK(loaded.diagnostics.front().text.find("...") != std::string::npos);
}

TEST_CASE("lines are found by their number in a file of many") {
    std::string bytes;
    for (int number = 1; number <= 2000; ++number) {
        bytes += "k" + std::to_string(number) + ": v\n";
    }
    const Loaded loaded = load_bytes("f", bytes);
    const auto& file = *loaded.documents.front().file;
    for (const std::uint32_t number : {1U, 2U, 255U, 256U, 257U, 258U, 512U, 513U, 1999U, 2000U}) {
        CHECK(file.line(number) == "k" + std::to_string(number) + ": v");
        CHECK(loaded.documents.front().root.entries[number - 1].mark.line == number);
    }
    CHECK(file.line(0).empty());
    CHECK(file.line(2001).empty());
    CHECK(file.line(999'999).empty());
    const edgecert::File plain{.path = "p", .bytes = "a\nb"};
    CHECK(plain.line(2) == "b");
}

TEST_CASE("texts outlive the list they were loaded into, as long as a document is kept") {
    edgecert::Document kept;
    {
        Loaded loaded = load_bytes("f", "a: \"x\\ty\"\nb: plain\nc: [1, 2]\n---\nd: 1\n");
        kept = loaded.documents.front();
    }
    CHECK(kept.root.find("a")->text == "x\ty");
    CHECK(kept.root.find("b")->text == "plain");
    CHECK(kept.root.find("c")->items.size() == 2);
}

TEST_CASE("files and folders are found, sorted, without what is hidden") {
    const Temporary place;
    place.write("b.yaml", "k: b\n");
    place.write("a/z.yml", "k: z\n");
    place.write("a/.hidden.yaml", "k: no\n");
    place.write(".git/c.yaml", "k: no\n");
    place.write("a/readme.md", "k: no\n");
    place.write("c/d/e.yaml", "k: e\n---\nk: f\n");
    const Loaded loaded = load({place.path()});
    CHECK(loaded.diagnostics.empty());
    CHECK(files_of(loaded) == std::vector<std::string>{"z.yml", "b.yaml", "e.yaml", "e.yaml"});
    // However it is named, and however often.
    const Loaded again =
        load({place.path() / "c", place.path() / "a/../b.yaml", place.path(), place.path() / "b.yaml"});
    CHECK(files_of(again) == files_of(loaded));
}

TEST_CASE("a file that is named is read whatever it is called") {
    const Temporary place;
    CHECK(load({place.write(".hidden", "k: v\n")}).documents.size() == 1);
}

TEST_CASE("links to files are followed, links to folders are not, so that no circle is walked") {
    const Temporary place;
    place.write("..data/a.yaml", "k: v\n");  // as Kubernetes mounts its maps
    fs::create_symlink("..data/a.yaml", place.path() / "a.yaml");
    fs::create_directory_symlink(".", place.path() / "loop");
    const Loaded loaded = load({place.path()});
    CHECK(loaded.diagnostics.empty());
    CHECK(files_of(loaded) == std::vector<std::string>{"a.yaml"});
}

TEST_CASE("paths that lead to nothing are told, each with its name") {
    const Temporary place;
    fs::create_directory(place.path() / "empty");
    const fs::path fifo = place.path() / "fifo.yaml";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const fs::path good = place.write("good.yaml", "k: v\n");
    fs::create_symlink("nowhere", place.path() / "dangling.yaml");
    const Loaded loaded = load({place.path() / "absent", place.path() / "empty", fifo, good, place.path()});
    CHECK(
        codes_of(loaded) ==
        std::vector<std::string>{"no-such-path 0:0", "no-manifests 0:0", "unreadable 0:0", "unreadable 0:0"});
    CHECK(loaded.diagnostics[0].where.file == (place.path() / "absent").string());
    CHECK(loaded.diagnostics[2].where.file == (place.path() / "dangling.yaml").string());
    CHECK(loaded.documents.size() == 1);
}

TEST_CASE("many files and documents come out the same every time") {
    const Temporary place;
    for (int file = 0; file < 40; ++file) {
        std::string bytes;
        for (int document = 0; document < 60; ++document) {
            bytes += "---\nfile: " + std::to_string(file) + "\ndocument: " + std::to_string(document) + "\n" +
                     (document % 7 == 3 ? "document: again\n" : "") + (document % 11 == 5 ? "bad: [\n" : "") +
                     "filler: " + std::string(static_cast<std::size_t>(file % 8) * 300, 'x') + "\n";
        }
        place.write("f" + std::to_string(file) + ".yaml", bytes);
    }
    const Loaded first = load({place.path()});
    CHECK(first.documents.size() == 40 * 55);
    CHECK(first.diagnostics.size() == 40 * 13);
    for (int round = 0; round < 3; ++round) {
        const Loaded next = load({place.path()});
        REQUIRE(next.diagnostics == first.diagnostics);
        REQUIRE(files_of(next) == files_of(first));
        for (std::size_t index = 0; index < next.documents.size(); ++index) {
            REQUIRE(next.documents[index].root.mark == first.documents[index].root.mark);
            REQUIRE(next.documents[index].root.find("document")->text ==
                    first.documents[index].root.find("document")->text);
        }
    }
}
