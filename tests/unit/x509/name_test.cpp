// Host names, addresses and subjects as values.
#include "resources/x509/name.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace edgecert::x509 {
namespace {

TEST_CASE("host names fold to one form") {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"edge.contoso.net", "edge.contoso.net"},
        {"EDGE.Contoso.NET", "edge.contoso.net"},
        {"edge.contoso.net.", "edge.contoso.net"},
        {"bücher.example", "xn--bcher-kva.example"},
        {"BÜCHER.example", "xn--bcher-kva.example"},
        {"bu\xcc\x88"
         "cher.example",
         "xn--bcher-kva.example"},                    // a decomposed u-umlaut
        {"straße.example", "xn--strae-oqa.example"},  // nontransitional: not strasse
        {"XN--BCHER-KVA.example", "xn--bcher-kva.example"},
        {"例え。テスト", "xn--r8jz45g.xn--zckzah"},  // an ideographic full stop parts labels
        {"3com.example", "3com.example"},
        {"r3---sn-a.example", "r3---sn-a.example"},
        {"localhost", "localhost"},
        {std::string(63, 'a') + ".example", std::string(63, 'a') + ".example"},
    };
    for (const auto& [text, folded] : rows) {
        CAPTURE(text);
        CHECK(fold_host_name(text) == std::optional(folded));
    }
}

TEST_CASE("what is no host name folds to nothing") {
    const std::vector<std::string> rows{"",
                                        ".",
                                        "..",
                                        "a..b",
                                        ".a",
                                        "a.b..",
                                        "*.contoso.net",
                                        "under_score.example",
                                        "-a.example",
                                        "a-.example",
                                        "a b.example",
                                        "a/b",
                                        "10.0.0.1",
                                        "10.0.0",
                                        "::1",
                                        "edge.contoso.net\n",
                                        std::string("a\0.example", 10),
                                        std::string(64, 'a') + ".example",
                                        "xn--a.example",  // no A-label of anything
                                        "xn--.example",
                                        "\xff\xfe.example",
                                        std::string(2000, 'a')};
    for (const std::string& text : rows) {
        CAPTURE(text);
        CHECK(fold_host_name(text) == std::nullopt);
    }
    std::string longest;
    for (int i = 0; i < 4; ++i) {
        longest += std::string(62, 'a') + '.';
    }
    CHECK(fold_host_name(longest + "a").has_value());  // 253
    CHECK_FALSE(fold_host_name(longest + "aa").has_value());
}

TEST_CASE("addresses fold to their canonical text") {
    CHECK(fold_ip_address("192.0.2.1") == "192.0.2.1");
    CHECK(fold_ip_address("2001:DB8:0:0:0:0:0:1") == "2001:db8::1");
    CHECK(fold_ip_address("::ffff:192.0.2.1") == "::ffff:192.0.2.1");
    for (const char* text :
         {"", "192.0.2", "192.0.2.256", "192.0.2.01", "1", "fe80::1%eth0", "[::1]", "edge", " 192.0.2.1"}) {
        CAPTURE(text);
        CHECK(fold_ip_address(text) == std::nullopt);
    }
    CHECK(fold_ip_address(std::string("192.0.2.1\0", 10)) == std::nullopt);
}

TEST_CASE("names contain each other as sets, dns and addresses apart") {
    const Names all{{"a.example", "b.example"}, {"192.0.2.1"}};
    CHECK(all.contains({{"b.example"}, {}}));
    CHECK(all.contains(all));
    CHECK(all.contains({}));
    CHECK_FALSE(all.contains({{"c.example"}, {}}));
    CHECK_FALSE(all.contains({{"192.0.2.1"}, {}}));
    CHECK(to_list(all) == std::vector<std::string>{"a.example", "b.example", "192.0.2.1"});
    CHECK(all.size() == 3);
}

TEST_CASE("a subject's text has only what is there, and a comma in a value forges no part") {
    Subject subject;
    subject.common_name = "edge.contoso.net";
    subject.organization = "Contoso, CN=evil";
    subject.country = "NL";
    subject.other = {"1.2.840.113549.1.9.1=a@b"};
    CHECK(to_text(subject) == "CN=edge.contoso.net, O=Contoso\\, CN=evil, C=NL, 1.2.840.113549.1.9.1=a@b");
    CHECK(to_text(Subject{}).empty());
}

}  // namespace
}  // namespace edgecert::x509
