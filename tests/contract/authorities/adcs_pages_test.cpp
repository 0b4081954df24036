// The enrolment pages as the simulator makes them, as other people's clients expect them, and as nobody
// should.
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "resources/authorities/adcs/hresults.h"
#include "resources/authorities/adcs/pages.h"
#include "resources/authorities/adcs/text.h"
#include "tests/contract/authorities/workbench.h"

namespace edgecert::test {
namespace {

using adcs::Page;
using adcs::read_page;

const std::map<std::string, Page::Kind>& kinds() {
    static const std::map<std::string, Page::Kind> all{{"issued", Page::Kind::issued},
                                                       {"pending", Page::Kind::pending},
                                                       {"denied", Page::Kind::denied},
                                                       {"failed", Page::Kind::failed},
                                                       {"revoked", Page::Kind::revoked},
                                                       {"unknown", Page::Kind::unknown}};
    return all;
}

// KIND-ID-HRESULT-…, "-" for an id that is not said.
struct Expected {
    Page::Kind kind{};
    std::string id{};
    std::string hresult{};
};
Expected expected_of(const std::string& name) {
    const std::size_t first = name.find('-');
    Expected expected{.kind = kinds().at(name.substr(0, first))};
    const std::size_t digits = name.find_first_not_of("0123456789", first + 1);
    expected.id = name.substr(first + 1, digits - first - 1);
    const std::size_t begin = name.find_first_not_of('-', digits);
    expected.hresult = name.substr(begin, name.find('-', begin) - begin);
    return expected;
}

TEST_CASE("Every page of the simulator is understood in every language, encoding and way to write a link") {
    const Workbench bench;
    bench.must(
        {std::string(EDGECERT_SOURCE_DIR) + "/tests/support/certsrv/certsrv", "pages", bench.path("pages")});
    const std::vector<std::string> files = bench.files("pages");
    CHECK(files.size() > 400);
    for (const std::string& file : files) {
        CAPTURE(file);
        const Expected expected = expected_of(file.substr(file.rfind('/') + 1));
        const Page page = read_page(bench.read(file.find('/') == std::string::npos ? "pages/" + file : file));
        CHECK(page.kind == expected.kind);
        CHECK(page.id == expected.id);
        const std::string hresult = page.hresult ? adcs::hresult_text(*page.hresult).substr(2) : "0";
        CHECK(hresult == expected.hresult);
        if (expected.kind == Page::Kind::denied)
            CHECK(page.message.find("Denied by") <= 1);  // half of a quotation mark may be an ASCII letter
    }
}

TEST_CASE("Pages that other clients wait for are understood without any id of an element") {
    CHECK(read_page("<script>location=\"certnew.cer?ReqID=101&ENC=b64\"</script>") ==
          Page{.kind = Page::Kind::issued, .id = "101"});
    CHECK(read_page("certnew.cer?ReqID=303&ENC=b64") == Page{.kind = Page::Kind::issued, .id = "303"});
    const Page pending = read_page("... Certificate Pending ... Your Request Id is 7 ...");
    CHECK(pending.kind == Page::Kind::pending);
    CHECK(pending.id == "7");
    const Page waits = read_page("Your Request Id is 202. Please wait.");
    CHECK(waits.kind == Page::Kind::pending);
    CHECK(waits.id == "202");
    const Page denied = read_page("The disposition message is \"Certificate Template not supported\"");
    CHECK(denied.kind == Page::Kind::denied);
    CHECK(denied.message == "Certificate Template not supported");
    const Page listed =
        read_page("Disposition message:</b> \n\t\tTaken Under Submission\r\nLastStatus: x\t\tfine");
    CHECK(listed.kind == Page::Kind::pending);
    const Page refused = read_page("Disposition message:</b> \n\t\tDenied by CA Administrator\r\n");
    CHECK(refused.kind == Page::Kind::denied);
    CHECK(read_page("no disposition markers here").kind == Page::Kind::unknown);
    CHECK(read_page("").kind == Page::Kind::unknown);
}

TEST_CASE("A denial is never taken for a pending request, whatever numbers it holds") {
    const Page page = read_page(
        "<P ID=locDenied><P ID=locInfoReqIDandReason>Your Request Id is 12. The disposition message is "
        "\"Denied by Policy Module  0x80094800, The request\r\n was for 3 templates\". <p>Contact 555");
    CHECK(page.kind == Page::Kind::denied);
    CHECK(page.id == "12");
    CHECK(page.hresult == 0x80094800U);
    CHECK(page.message == "Denied by Policy Module 0x80094800, The request was for 3 templates");
}

TEST_CASE("Comments count for nothing, scripts say no prose, and the CA's own certificate is no request") {
    CHECK(read_page("<!-- certnew.cer?ReqID=9& <p id=locDenied> -->").kind == Page::Kind::unknown);
    CHECK(read_page("<a href=x> <!-- <p id=locDenied> never ends").kind == Page::Kind::unknown);
    CHECK(read_page("<script>// Your Request Id is 9. 0x80094800</script>").kind == Page::Kind::unknown);
    CHECK(read_page("<a href=\"certnew.cer?ReqID=CACert&amp;Renewal=1\">").kind == Page::Kind::unknown);
    CHECK(read_page("certnew.cer?ReqID=41& certnew.cer?ReqID=42&").kind == Page::Kind::unknown);
    CHECK(read_page("certnew.cer?ReqID=99999999999&").kind == Page::Kind::unknown);
}

TEST_CASE("An id is found in every way to write an attribute, and only as an attribute") {
    for (const char* tag : {"<P ID=locInfoReqID>",
                            "<p id=\"locInfoReqID\">",
                            "<P class=x  Id = 'locInfoReqID' >",
                            "<P\r\n\tID=locInfoReqID\r\n>",
                            "<p x=\"\"id=locInfoReqID>"}) {
        CAPTURE(tag);
        const Page page = read_page(std::string(tag) + "Nummer 5</P>");
        CHECK(page.kind == Page::Kind::pending);
        CHECK(page.id == "5");
    }
    for (const char* tag :
         {"<P VOID=locInfoReqID>", "<P ID=locInfoReqIDx>", "< P ID=locInfoReqID>", "ID=locInfoReqID"}) {
        CAPTURE(tag);
        CHECK(read_page(std::string(tag) + "Nummer 5</P>").kind == Page::Kind::unknown);
    }
}

TEST_CASE("A pending page with several numbers names no request") {
    const Page page = read_page("<P ID=locInfoReqID>Anforderung 42, in 10 Tagen</P>");
    CHECK(page.kind == Page::Kind::pending);
    CHECK(page.id.empty());
}

TEST_CASE("Each disposition means what the documentation says, and an unknown one is an error") {
    const std::map<std::string, Page::Kind> meanings{{"0", Page::Kind::failed},
                                                     {"1", Page::Kind::failed},
                                                     {"2", Page::Kind::denied},
                                                     {"3", Page::Kind::issued},
                                                     {"4", Page::Kind::issued},
                                                     {"5", Page::Kind::pending},
                                                     {"6", Page::Kind::revoked},
                                                     {"77", Page::Kind::failed}};
    for (const auto& [number, kind] : meanings) {
        CAPTURE(number);
        CHECK(read_page("<DL><DT><B ID=locDispLabel>Disposition</B><DD>" + number + "<DT>x<DD>9</DL>").kind ==
              kind);
    }
}

TEST_CASE("The number of renewals is read, absent it is none, and a lie is bounded") {
    CHECK(adcs::renewals_in("<script>var nRenewals=2;</script>") == 2);
    CHECK(adcs::renewals_in("var nRenewals = 12 ;") == 12);
    CHECK(adcs::renewals_in("nothing") == 0);
    CHECK(adcs::renewals_in("var nRenewals=99999999999999999999;") == 1000);
    CHECK(adcs::renewals_in("var nRenewals=-3;") == 0);
}

TEST_CASE("HRESULTs have eight digits, stand by themselves and are not zero") {
    CHECK(adcs::hresult_in("x 0x80094800, y") == 0x80094800U);
    CHECK(adcs::hresult_in("0x00000000 then 0X800706BA.") == 0x800706BAU);
    CHECK_FALSE(adcs::hresult_in("0x8009480"));
    CHECK_FALSE(adcs::hresult_in("0x800948001"));
    CHECK_FALSE(adcs::hresult_in("0x0 (WIN32: 0)"));
}

TEST_CASE("The table of HRESULTs is sorted, and its entries say something") {
    std::uint32_t before = 0;
    for (const adcs::Hresult& hresult : adcs::hresults()) {
        CAPTURE(hresult.name);
        CHECK(hresult.value > before);
        CHECK_FALSE(hresult.meaning.empty());
        CHECK(adcs::find_hresult(hresult.value) == &hresult);
        before = hresult.value;
    }
    CHECK(adcs::in_words(0x80094012U).find("CERTSRV_E_TEMPLATE_DENIED (0x80094012)") == 0);
    CHECK(adcs::in_words(0x81234567U) == "0x81234567");
}

TEST_CASE("Every HRESULT has a hint, and its line in the table that people read") {
    const Workbench bench;
    const std::string table =
        bench.must({"cat", std::string(EDGECERT_SOURCE_DIR) + "/examples/adcs/README.md"});
    for (const adcs::Hresult& hresult : adcs::hresults()) {
        CAPTURE(hresult.name);
        CHECK_FALSE(hresult.hint.empty());
        CHECK(table.find(adcs::hresult_text(hresult.value) + " `" + std::string(hresult.name) + "`") !=
              std::string::npos);
    }
}

TEST_CASE("Control characters of a page do not reach a screen") {
    const Page page = read_page(
        "<P ID=locDenied><P ID=locInfoReqIDandReason>Your Request Id is 1. \"Denied by \x1b[31m&#27;[2J "
        "me\"");
    CHECK(page.kind == Page::Kind::denied);
    CHECK(page.message.find('\x1b') == std::string::npos);
}

TEST_CASE("Pages that are made to be slow are read in no time") {
    constexpr std::size_t size = 5U << 20U;
    const std::array<std::string, 7> parts{
        "<a ", "<P ID=locInfoReqID>", "certnew.cer?ReqID=1", "0x8009480", "<!--", "&amp", "<script>"};
    for (const std::string& part : parts) {
        CAPTURE(part);
        std::string page;
        while (page.size() < size)
            page += part;
        const auto begin = std::chrono::steady_clock::now();
        static_cast<void>(read_page(page));
        CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
    }
}

}  // namespace
}  // namespace edgecert::test
