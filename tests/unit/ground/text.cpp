// Encodings, harmless text, names, secrets and digests.
#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/text/digest.h"
#include "engine/text/encoding.h"
#include "engine/text/secret.h"
#include "engine/text/shared_text.h"
#include "engine/text/text_set.h"

using namespace std::literals;
using edgecert::Digest;
using edgecert::Secret;
using edgecert::SharedText;
using edgecert::SharedTexts;
using edgecert::SharedTextSet;
using edgecert::TextSet;

TEST_CASE("hexadecimal is lower case and comes back in either case") {
    CHECK(edgecert::to_hex("\x00\xAB\xff"sv) == "00abff");
    CHECK(edgecert::from_hex("00aBFf") == "\x00\xAB\xff"s);
    CHECK(edgecert::from_hex("") == "");
}

TEST_CASE("hexadecimal takes nothing but pairs of digits") {
    for (const std::string_view wrong : {"0", "0g", " 00", "0x00", "00 ", "aé"}) {
        CAPTURE(wrong);
        CHECK(edgecert::from_hex(wrong) == std::nullopt);
    }
}

TEST_CASE("base64 gives the test vectors of RFC 4648 section 10, both ways") {
    const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                     {"f", "Zg=="},
                                                                     {"fo", "Zm8="},
                                                                     {"foo", "Zm9v"},
                                                                     {"foob", "Zm9vYg=="},
                                                                     {"fooba", "Zm9vYmE="},
                                                                     {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : vectors) {
        CHECK(edgecert::to_base64(bytes) == text);
        CHECK(edgecert::from_base64(text) == bytes);
    }
    CHECK(edgecert::to_base64("\xfb\xff\x00"sv) == "+/8A");
    CHECK(edgecert::from_base64("+/8A") == "\xfb\xff\x00"s);
}

TEST_CASE("base64 takes one encoding of bytes only") {
    for (const std::string_view wrong : {"Zg",
                                         "Zg=",
                                         "Zg===",
                                         "Zh==",
                                         "Zm9=",
                                         "Zg==Zg==",
                                         "Z===",
                                         "====",
                                         "Zm9v\n",
                                         " Zm9",
                                         "Zm-_",
                                         "Z=g="}) {
        CAPTURE(wrong);
        CHECK(edgecert::from_base64(wrong) == std::nullopt);
    }
}

TEST_CASE("UTF-8 is what RFC 3629 says it is") {
    for (const std::string_view right :
         {""sv, "a\0b"sv, "é"sv, "\xEF\xBF\xBF"sv, "\xF4\x8F\xBF\xBF"sv, "日本"sv}) {
        CHECK(edgecert::is_utf8(right));
    }
    for (const std::string_view wrong : {"\x80"sv,
                                         "\xC3"sv,
                                         "\xC0\x80"sv,
                                         "\xC1\xBF"sv,
                                         "\xE0\x9F\xBF"sv,
                                         "\xED\xA0\x80"sv,
                                         "\xF0\x8F\xBF\xBF"sv,
                                         "\xF4\x90\x80\x80"sv,
                                         "\xF5\x80\x80\x80"sv,
                                         "\xFF"sv,
                                         "a\xE2\x82"sv,
                                         "\xE2\x28\xA1"sv}) {
        CAPTURE(edgecert::to_hex(wrong));
        CHECK_FALSE(edgecert::is_utf8(wrong));
    }
}

TEST_CASE("text of a far side cannot move a cursor, forge a line or turn the writing round") {
    CHECK(edgecert::printable("plain é 日本 text") == "plain é 日本 text");
    CHECK(edgecert::printable("a\nb\tc\r\x1b[2J\0"sv) == "a\\x0ab\\x09c\\x0d\\x1b[2J\\x00");
    CHECK(edgecert::printable("\x7f\xC2\x9B") == "\\x7f\\xc2\\x9b");
    CHECK(edgecert::printable("bad \xff end \xC3") == "bad \\xff end \\xc3");
    CHECK(edgecert::printable("a\u202Eb\u2028c") == "a\\xe2\\x80\\xaeb\\xe2\\x80\\xa8c");
}

TEST_CASE("harmless text is cut between characters") {
    CHECK(edgecert::printable("abcdef", 6) == "abcdef");
    CHECK(edgecert::printable("abcdefg", 6) == "abcdef…");
    CHECK(edgecert::printable("ééé", 3) == "é…");
    CHECK(edgecert::printable("x", 0) == "…");
    CHECK(edgecert::printable(std::string(10000, '\x01'), 4).size() == 4 * 4 + 3);
}

TEST_CASE("a name is never a path") {
    for (const std::string_view right : {"a", "0", "edge01", "a-b.c", "a..b", "x--y"}) {
        CHECK(edgecert::is_name(right));
    }
    for (const std::string_view wrong :
         {"", ".", "..", "-a", "a-", ".a", "a.", "A", "a/b", "a b", "a\n", "é", "a_b", "../x", "a\\b"}) {
        CAPTURE(wrong);
        CHECK_FALSE(edgecert::is_name(wrong));
    }
    CHECK(edgecert::is_name(std::string(63, 'a')));
    CHECK_FALSE(edgecert::is_name(std::string(64, 'a')));
    CHECK_FALSE(edgecert::is_name("a\0b"sv));
}

TEST_CASE("wiping leaves no byte in the whole capacity") {
    std::string text(100, 'k');
    text.resize(10);
    const char* const memory = text.data();
    const std::size_t capacity = text.capacity();
    edgecert::wipe(text);
    CHECK(text.empty());
    REQUIRE(text.capacity() == capacity);
    for (std::size_t index = 0; index < capacity; ++index) {
        REQUIRE(memory[index] == '\0');
    }
}

TEST_CASE("a secret keeps its bytes through copies and moves, and the one moved from has none") {
    Secret first(std::string("short"));
    Secret second = first;
    CHECK(second.view() == "short");
    Secret third = std::move(first);
    CHECK(third.view() == "short");
    CHECK(first.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
    second = Secret(std::string(200, 'x'));
    CHECK(second.view() == std::string(200, 'x'));
    const Secret& self = second;
    second = self;
    CHECK(second.view().size() == 200);
    CHECK(Secret().empty());
}

TEST_CASE("a shared text is compared by what it says, with texts of every kind") {
    const SharedText text("edge01");
    CHECK(text == SharedText(std::string("edge01")));
    CHECK(text == "edge01");
    CHECK(std::string("edge01") == text);
    CHECK(text != std::string_view("edge02"));
    CHECK(text < "edge02");
    CHECK("site/" + text + "/internal" == "site/edge01/internal");
    CHECK(SharedText().str().empty());
    CHECK(SharedText("").empty());
}

TEST_CASE("a shared text lives as long as the last that has it") {
    SharedText kept;
    {
        const SharedText first("a text that is longer than what lies inside a string");
        SharedText second = first;
        CHECK(second.view().data() == first.view().data());
        kept = second;
        const SharedText& itself = kept;
        kept = itself;
        SharedText moved = std::move(second);
        second = SharedText("another");
        moved = std::move(second);
        CHECK(moved == "another");
    }
    CHECK(kept == "a text that is longer than what lies inside a string");
}

TEST_CASE("shared texts give equal texts one place") {
    SharedTexts texts;
    const SharedText first = texts.of("issuance");
    CHECK(texts.of(std::string("issuance")).view().data() == first.view().data());
    CHECK(texts.of("requirement") == "requirement");
}

TEST_CASE("a set of texts is sorted and has each once") {
    TextSet set{"c", "a", "c"};
    CHECK(set == TextSet{"a", "c"});
    const auto [b, fresh] = set.insert("b");
    CHECK(fresh);
    CHECK(b - set.begin() == 1);
    const auto [again, twice] = set.emplace("b");
    CHECK_FALSE(twice);
    CHECK(*again == "b");
    set.erase("a");
    set.erase("nothing");
    CHECK(set == TextSet{"b", "c"});
    CHECK(set.contains("c"));
    CHECK_FALSE(set.contains("a"));
    CHECK(TextSet{"a", "b"} < TextSet{"b"});

    const SharedTextSet shared(set);
    const SharedTextSet& copy = shared;
    CHECK(copy == SharedTextSet{"c", "b"});
    CHECK(copy.contains("b"));
    CHECK(SharedTextSet() == SharedTextSet(TextSet{}));
    CHECK(SharedTextSet().size() == 0);
}

TEST_CASE("a digest is SHA-256 over length-prefixed fields") {
    // Computed with Python's hashlib and struct.pack('>Q', …).
    CHECK(Digest("edgecert.test/1").hex() ==
          "57aac8b5175b24fa22ec723e79e5c2e1346661ead58b5448167612a6d04edc1d");
    CHECK(Digest("edgecert.test/1").field("ab").field("c").hex() ==
          "8f9dde79fc73f7139bba6c3996d0dbf482a10bf4242bcb6e13a550319f56ab7b");
    CHECK(Digest("edgecert.test/1").number(-2).hex() ==
          "cf99aad9032a06f20da40c7f4f6697e867b49cf8a21ad7ccae208fe76b78db35");
    CHECK(Digest("edgecert.test/1").field("a").field("bc").hex() !=
          Digest("edgecert.test/1").field("ab").field("c").hex());
}
