// A saved observation comes back as it was, and nothing else is taken for one.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "unit/pool/fixture.h"

namespace edgecert::test {
namespace {

using Json = nlohmann::ordered_json;

// Two servers that hold everything, a CA, and an answer of each kind.
Observation full() {
    Fixture fixture;
    const auto certificate = fixture.converge();
    fixture.request("edge01", RequestPhase::accepted);
    Observation seen;
    seen.at = present();
    seen.authorities["contoso"] = fixture.authority();
    auto& pool = seen.pools["pool"];
    pool.servers = fixture.view.servers;
    pool.servers["edge02"].reachable = false;
    pool.servers["edge02"].error = "it is away";
    pool.answers["a"] = Issued{certificate, {ca("contoso").issuing}, "inbox/internal.cer"};
    pool.answers["b"] = Pending{"an officer", "wait"};
    pool.answers["c"] = Denied{"denied", "no", "ask"};
    pool.answers["d"] = Ambiguous{"who knows"};
    pool.answers["e"] = Unusable{"half", "inbox/x.cer"};
    pool.silent["f"] = "it is away";
    return seen;
}

// What it is refused with, "taken" when it is not.
std::string refusal(const std::string& bytes) {
    try {
        x509::CertificateCache cache;
        static_cast<void>(observation_from_json(bytes, cache));
        return "taken";
    } catch (const Error& error) {
        CHECK(error.diagnostic().code == "bad-observation");
        return error.diagnostic().text;
    }
}

std::string refusal(const Json& json) {
    return refusal(json.dump());
}

// Every object below, by its place.
void visit(const Json& json, const Json::json_pointer& at, std::vector<Json::json_pointer>& objects) {
    if (json.is_object()) {
        objects.push_back(at);
    }
    for (const auto& item : json.items()) {
        if (item.value().is_structured()) {
            visit(item.value(),
                  json.is_object() ? at / item.key() : at / static_cast<std::size_t>(std::stoul(item.key())),
                  objects);
        }
    }
}

bool has_names_of_its_own(const Json::json_pointer& at) {
    const auto name = at.empty() ? std::string{} : at.back();
    return name == "pools" || name == "authorities" || name == "servers" || name == "answers" ||
           name == "silent" || name == "certificates";
}

}  // namespace

TEST_CASE("a saved observation comes back as it was") {
    const Observation seen = full();
    const Json json = to_json(seen);
    x509::CertificateCache cache;
    const Observation back = observation_from_json(json.dump(), cache);
    CHECK(back.at == seen.at);
    CHECK(back.authorities == seen.authorities);
    CHECK(back.pools.at("pool").servers == seen.pools.at("pool").servers);
    CHECK(to_json(back) == json);
}

TEST_CASE("a saved observation with any field missing, of another type or unknown is refused in words") {
    const Json good = to_json(full());
    REQUIRE(refusal(good) == "taken");
    std::vector<Json::json_pointer> objects;
    visit(good, Json::json_pointer{}, objects);
    CHECK(objects.size() > 20);
    for (const auto& at : objects) {
        if (has_names_of_its_own(at)) {
            continue;
        }
        CAPTURE(at.to_string());
        Json more = good;
        more[at]["scribbled"] = 1;
        CHECK(refusal(more).find("scribbled") != std::string::npos);
        for (const auto& field : good[at].items()) {
            CAPTURE(field.key());
            Json less = good;
            less[at].erase(field.key());
            CHECK(refusal(less) != "taken");
            Json other = good;
            other[at][field.key()] = Json::array({Json::array()});
            const std::string why = refusal(other);
            CHECK(why != "taken");
            CHECK_MESSAGE(why.find("exception") == std::string::npos, why);
        }
    }
}

TEST_CASE("what is wrong with a saved observation is said with its place, in our words") {
    Json json = to_json(full());
    json["pools"]["pool"]["servers"]["edge01"]["reachable"] = "yes";
    CHECK(refusal(json) == "pools[\"pool\"].servers[\"edge01\"].reachable is neither true nor false");
    json = to_json(full());
    json["authorities"]["contoso"]["chain"][0]["root"] = 1;
    CHECK(refusal(json) == "authorities[\"contoso\"].chain[0].root is neither true nor false");
    json = to_json(full());
    json["pools"]["pool"]["answers"]["a"]["certificate"] = "AAAA";
    CHECK(refusal(json).find("pools[\"pool\"].answers[\"a\"].certificate is not a certificate: ") == 0);
    json = to_json(full());
    json["pools"]["pool"]["answers"]["b"]["kind"] = "lost";
    CHECK(refusal(json) ==
          "pools[\"pool\"].answers[\"b\"].kind is not one of the values that this format knows");
    json = to_json(full());
    json["pools"]["pool"]["servers"]["edge01"]["store"]["roles"] = 5;
    CHECK(refusal(json).find("pools[\"pool\"].servers[\"edge01\"].store cannot be read: ") == 0);
    json = to_json(full());
    json["format"] = "edgecert.plan/1";
    CHECK(refusal(json) == "format is not edgecert.observation/1");
    CHECK(refusal(std::string{"{\"format\": 1,"}) ==
          "it is not JSON: something else is needed at line 1, byte 14");
    CHECK(refusal(std::string{R"({"at": 1, "at": 2})"}) == "the field \"at\" is there twice");
    CHECK(refusal(std::string(4U << 20U, '[')).find("nested deeper") != std::string::npos);
}

// Looked up one by one as the library does, the names of these pools would take minutes.
TEST_CASE("an observation of a great many pools is read, and one of too many values is not") {
    std::string bytes = R"({"format": "edgecert.observation/1", "at": "2026-06-01T00:00:00Z",
        "authorities": {}, "pools": {)";
    for (int number = 0; number < 100'000; ++number) {
        bytes += (number == 0 ? "" : ",") + std::string("\"p") + std::to_string(number) +
                 R"(": {"servers": {}, "answers": {}, "silent": {}})";
    }
    bytes += "}}";
    CHECK(refusal(bytes) == "taken");
    std::string zeros(2 * 17'000'000, '0');
    for (std::size_t at = 1; at < zeros.size(); at += 2) {
        zeros[at] = ',';
    }
    CHECK(refusal("[" + zeros + "0]") == "it has more than 16000000 values");
}

}  // namespace edgecert::test
