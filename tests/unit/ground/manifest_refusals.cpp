// Manifests that are refused: each mistake with its code and place, and the documents around it unharmed.
#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/manifest/load.h"
#include "engine/manifest/value.h"
#include "tests/unit/ground/temporary.h"

using edgecert::load_bytes;
using edgecert::Loaded;
using ground_test::Temporary;

namespace {

struct Case {
    std::string_view bytes;
    std::string_view told;  // "code line:column", several with ", " between them
    std::size_t documents;
};

std::string told(const Loaded& loaded) {
    std::string text;
    for (const auto& diagnostic : loaded.diagnostics) {
        text += (text.empty() ? "" : ", ") + diagnostic.code + " " + std::to_string(diagnostic.where.line) +
                ":" + std::to_string(diagnostic.where.column);
    }
    return text;
}

void check(const std::vector<Case>& cases) {
    for (const Case& example : cases) {
        CAPTURE(example.bytes);
        const Loaded loaded = load_bytes("f", std::string(example.bytes));
        CHECK(told(loaded) == example.told);
        CHECK(loaded.documents.size() == example.documents);
        for (const auto& diagnostic : loaded.diagnostics) {
            CHECK(diagnostic.where.file == "f");
            CHECK_FALSE(diagnostic.text.empty());
        }
    }
}

std::string repeated(std::string_view part, std::size_t bytes) {
    std::string text;
    while (text.size() + part.size() <= bytes) {
        text += part;
    }
    return text;
}

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

}  // namespace

TEST_CASE("aliases, anchors, tags and merge keys are refused where they stand") {
    check({{"a: &x 1\nb: *x\n", "anchor 1:4, alias 2:4", 1},
           {"a: *nowhere\n", "alias 1:4", 0},
           {"&x a: 1\n", "anchor 1:1", 1},
           {"a: &x [1]\nb: &y {c: d}\n", "anchor 1:4, anchor 2:4", 1},
           {"a: !!str 1\nb: !own {c: d}\nc: ! e\nd: !<tag:x> [1]\n", "tag 1:4, tag 2:4, tag 3:4, tag 4:4", 1},
           {"a: \"!no\"\nb: '&no'\nc: \"*no\"\n", "", 1},
           {"<<: {a: 1}\nb: 2\n", "merge-key 1:1", 1},
           {"\"<<\": {a: 1}\n", "", 1},
           {"a: <<\n", "", 1}});
}

TEST_CASE("a key has to be text") {
    check({{"[a]: 1\nb: 2\n", "bad-key 1:1", 1},
           {"? {a: b}\n: 1\n", "bad-key 1:3", 1},
           {"~: 1\n", "bad-key 1:1", 1},
           {"null: 1\n", "bad-key 1:1", 1},
           {"\"null\": 1\n", "", 1},
           {": 1\n", "bad-key 1:1", 1}});
    CHECK(load_bytes("f", "[a]: 1\nb: 2\n").documents.front().root.entries.size() == 1);
}

TEST_CASE("a key twice is told with both places, and the first one counts") {
    const Loaded loaded = load_bytes("f", "a: 1\nb: {c: 1, c: 2}\n\"a\": 3\n");
    CHECK(told(loaded) == "duplicate-key 2:11, duplicate-key 3:1");
    CHECK(loaded.diagnostics[0].text.find("line 2, column 5") != std::string::npos);
    CHECK(loaded.diagnostics[1].text.find("line 1, column 1") != std::string::npos);
    CHECK(loaded.diagnostics[1].excerpt == "\"a\": 3");
    REQUIRE(loaded.documents.size() == 1);
    CHECK(loaded.documents.front().root.find("a")->text == "1");
    CHECK(loaded.documents.front().root.entries.size() == 2);
}

TEST_CASE("a key twice among many is told as well, and is not looked for in quadratic time") {
    std::string bytes;
    for (int number = 0; number < 40'000; ++number) {
        bytes += "k" + std::to_string(number % 39'990) + ": " + std::to_string(number) + "\n";
    }
    const Loaded loaded = load_bytes("f", bytes);
    CHECK(loaded.diagnostics.size() == 10);
    CHECK(loaded.diagnostics[3].where.line == 39'994);
    CHECK(loaded.diagnostics[3].text.find("line 4,") != std::string::npos);
    const auto& root = loaded.documents.front().root;
    REQUIRE(root.entries.size() == 39'990);
    CHECK(root.find("k3")->text == "3");
    CHECK(root.entries.back().key == "k39989");
}

TEST_CASE("a syntax error costs its document only") {
    check({{"a: [1\n---\nb: 1\n---\nc: }\n---\nd: 1\n", "syntax 1:6, syntax 5:4", 2},
           {"a: \"open\n---\nb: 1\n", "syntax 1:4", 1},  // the parser itself takes this one
           {"a: 'open\n", "syntax 1:4", 0},
           {"a: b: c\n", "syntax 1:5", 0},
           {"a:\n\tb: c\n", "syntax 2:3", 0},
           {"{a: b} {c: d}\n", "syntax 1:8", 0},
           {"- a\nb: c\n", "syntax 2:1", 0},
           {"a: @x\n", "syntax 1:4", 0},
           {"a: 1\nb\n", "syntax 2:1", 0},  // the parser would make b a key without a value
           {"a:\n  \"b\" # c\nd: 1\n", "", 1},
           {"\"a\"\nb: 1\n", "syntax 2:1", 0},
           {"{a, b: 1}\n", "", 1},
           {"? a\n? b\n: c\n", "", 1},
           {"a: \"\\N\"\n", "syntax 1:4", 0},  // the parser makes it a byte that is no UTF-8
           {"a: b\n%x\n", "syntax 2:1", 0},    // the parser would drop the line in silence
           {"%TAG ! x\n---\na: 1\n", "syntax 1:1", 1},
           {"%YAML 1.2\n---\na: 1\n", "", 1},
           {"%YAML 3.0\n---\na: 1\n", "syntax 1:1", 1}});
}

TEST_CASE("a tab as indentation is told as such") {
    const Loaded loaded = load_bytes("f", "a:\n\tb: c\n");
    CHECK(loaded.diagnostics.front().text == "a tab cannot indent");
}

TEST_CASE("a document that is no map is refused") {
    check({{"- a\n", "not-a-mapping 1:1", 0},
           {"\n text\n", "not-a-mapping 2:2", 0},
           {"--- ~\n", "not-a-mapping 1:5", 0},
           {"--- \"\"\n", "not-a-mapping 1:5", 0},
           {"{}\n", "", 1},
           {"", "", 0},
           {"\n# c\n", "", 0}});
}

TEST_CASE("bytes that are not text are refused, with the place of the first") {
    check({{"a: b\nc: \xff\n", "not-utf8 2:4", 0},
           {"a: é\xC3", "not-utf8 1:5", 0},
           {"a: \xED\xA0\x80", "not-utf8 1:4", 0},
           {"a: \x1b[2J", "syntax 1:4", 0},
           {std::string_view("a: \0b", 5), "syntax 1:4", 0},
           {std::string_view("a\0:\0 \0", 6), "syntax 1:2", 0},  // UTF-16
           {"a: \x04", "syntax 1:4", 0},                         // the parser's own mark of the end
           {"a: \xC2\x9B", "syntax 1:4", 0},
           {"a: b\rc: d\n", "syntax 1:5", 0},
           {"a: b\n\xEF\xBB\xBF"
            "c: d\n",
            "syntax 2:1",
            0},
           {"\xFF\xFE"
            "a\0",
            "not-utf8 1:1",
            0}});
}

TEST_CASE("nesting ends at 32, of whichever kind") {
    const auto nested = [](std::size_t depth) {
        return std::string(depth - 1, '[') + std::string(depth - 1, ']');
    };
    CHECK(told(load_bytes("f", "a: " + nested(32) + "\n")).empty());
    CHECK(told(load_bytes("f", "a: " + nested(33) + "\n")) == "nesting 1:35");
    CHECK(told(load_bytes("f", repeated("- ", 200) + "x\n---\na: b\n")) == "nesting 1:65");
    std::string blocks;
    for (std::size_t level = 0; level < 33; ++level) {
        blocks += std::string(level, ' ') + "a:\n";
    }
    CHECK(told(load_bytes("f", blocks + std::string(33, ' ') + "b: c\n")) == "nesting 33:33");
}

TEST_CASE("brackets inside texts are no nesting") {
    const std::string brackets(900, '[');
    CHECK(told(load_bytes("f",
                          "a: |\n  " + brackets + "\n  " + repeated("[ ] { } ", 10'000) + "\nb: \"" +
                              brackets + "\"\n"))
              .empty());
}

TEST_CASE("a document of more than 100,000 values is refused") {
    CHECK(told(load_bytes("f", "a:\n" + repeated("- 1\n", 4 * 99'997))).empty());
    CHECK(told(load_bytes("f", "a:\n" + repeated("- 1\n", 4 * 99'998))) == "too-many-nodes 99999:3");
    CHECK(told(load_bytes("f", "a: [" + repeated(",", 900'000) + "]")).starts_with("too-many-nodes 1:"));
}

TEST_CASE("a document over 1 MiB is refused, and the next one is read") {
    const std::string exact = "a: |\n  " + std::string(mebibyte - 8, 'x') + "\n";
    REQUIRE(exact.size() == mebibyte);
    CHECK(told(load_bytes("f", exact)).empty());
    const Loaded loaded = load_bytes("f", "# c\n---\n" + exact + "---\nb: 1\n");
    CHECK(told(loaded) == "document-too-large 2:1");
    CHECK(loaded.documents.size() == 1);
}

TEST_CASE("a file over 64 MiB is refused unread") {
    const Temporary place;
    const auto path = place.path() / "large.yaml";
    std::ofstream(path).close();
    std::filesystem::resize_file(path,
                                 70 * mebibyte);  // all hole: would be refused for its zeros were it read
    CHECK(told(edgecert::load({path})) == "too-large 0:0");
    CHECK(told(load_bytes("f", std::string(64 * mebibyte + 1, '\n'))) == "too-large 0:0");
}

TEST_CASE("a file of more than 200,000 documents is refused") {
    CHECK(told(load_bytes("f", repeated("--- a\n", 6 * 200'001))) == "too-many-documents 200001:1");
}

TEST_CASE("of thousands of mistakes the first thousand are told") {
    const Loaded loaded = load_bytes("f", repeated("a: *b\n---\n", 10 * 5'000));
    REQUIRE(loaded.diagnostics.size() == 1'001);
    CHECK(loaded.diagnostics[999].where.line == 1'999);
    CHECK(loaded.diagnostics.back().code == "too-many-mistakes");
    CHECK(load_bytes("f", repeated("a: 1\n", 5 * 5'000)).diagnostics.size() == 1'001);
}

TEST_CASE("hostile documents cost little memory") {
    const auto most = [] {
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;  // KiB, and never falls
    };
    const std::vector<std::string> documents = {std::string(mebibyte, '['),
                                                repeated("{a: ", mebibyte),
                                                repeated("[{", mebibyte),
                                                "a: [" + repeated("[],", mebibyte - 8),
                                                "a: [" + repeated(",", mebibyte - 8),
                                                repeated("- ", mebibyte),
                                                repeated("? ", mebibyte),
                                                repeated("&a ", mebibyte)};
    [[maybe_unused]] const auto before = most();
    for (const std::string& document : documents) {
        CHECK_FALSE(load_bytes("f", document).diagnostics.empty());
    }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    CHECK(most() - before < 96 * 1024);  // unguarded, the first one alone takes 240 MiB
#endif
}

TEST_CASE("a long line is not copied into every mistake") {
    const Loaded loaded = load_bytes("f", "{" + repeated("a: 1, ", 240'000) + "}");
    CHECK(loaded.diagnostics.size() == 1'001);
    CHECK(loaded.diagnostics.front().excerpt.empty());
    CHECK(load_bytes("f", "{" + repeated("a: 1, ", 4'000) + "}").diagnostics.front().excerpt.size() > 3'900);
}
