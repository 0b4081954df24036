// A saved observation as JSON (edgecert.observation/1), and back: what `observe` writes and `plan --observed`
// reads. No private key is in a view.
#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "engine/plan/json_reader.h"
#include "engine/text/encoding.h"
#include "resources/pool/view.h"

namespace edgecert {

namespace {

using Json = nlohmann::ordered_json;

// Of a hundred thousand servers, and a little more.
constexpr JsonBounds observation_bounds{512UL << 20U, 16'000'000, 200'000, 16};
constexpr const char* bad_observation = "bad-observation";
constexpr const char* format_name = "edgecert.observation/1";

std::string encoded(const x509::CertificateRef& certificate) {
    return to_base64(certificate->der);
}

x509::CertificateRef decoded(const Json& json,
                             const ObjectReader& reader,
                             const std::string& name,
                             x509::CertificateCache& cache) {
    const auto der =
        json.is_string() ? from_base64(json.get_ref<const std::string&>()) : std::optional<std::string>{};
    if (!der) {
        reader.refuse(name, "is not base64");
    }
    try {
        return cache.parse(*der);
    } catch (const Error& error) {
        reader.refuse(name, "is not a certificate: " + error.diagnostic().text);
    }
}

Json answer_to_json(const Answer& answer) {
    Json json{{"kind", ""},
              {"certificate", nullptr},
              {"chain", Json::array()},
              {"onWhom", ""},
              {"whatToDo", ""},
              {"code", ""},
              {"message", ""},
              {"hint", ""},
              {"where", ""}};
    if (const auto* issued = std::get_if<Issued>(&answer)) {
        json["kind"] = "issued";
        json["where"] = issued->where;
        json["certificate"] = encoded(issued->certificate);
        for (const auto& certificate : issued->chain) {
            json["chain"].push_back(encoded(certificate));
        }
    } else if (const auto* pending = std::get_if<Pending>(&answer)) {
        json["kind"] = "pending";
        json["onWhom"] = pending->on_whom;
        json["whatToDo"] = pending->what_to_do;
    } else if (const auto* denied = std::get_if<Denied>(&answer)) {
        json["kind"] = "denied";
        json["code"] = denied->code;
        json["message"] = denied->message;
        json["hint"] = denied->hint;
    } else if (const auto* ambiguous = std::get_if<Ambiguous>(&answer)) {
        json["kind"] = "ambiguous";
        json["message"] = ambiguous->message;
    } else if (const auto* unusable = std::get_if<Unusable>(&answer)) {
        json["kind"] = "unusable";
        json["message"] = unusable->message;
        json["where"] = unusable->where;
    }
    return json;
}

Issued issued_from_json(ObjectReader& reader, const std::string& where, x509::CertificateCache& cache) {
    Issued issued;
    issued.certificate = decoded(reader.value("certificate"), reader, "certificate", cache);
    for (const auto& certificate : reader.value("chain")) {
        issued.chain.push_back(decoded(certificate, reader, "chain", cache));
    }
    issued.where = where;
    return issued;
}

// All fields are there whatever the kind.
Answer answer_from_json(ObjectReader& reader, x509::CertificateCache& cache) {
    const auto kind = reader.text("kind");
    const auto on_whom = reader.text("onWhom");
    const auto what_to_do = reader.text("whatToDo");
    const auto code = reader.text("code");
    const auto message = reader.text("message");
    const auto hint = reader.text("hint");
    const auto where = reader.text("where");
    const Json& chain = reader.value("chain");
    if (!chain.is_array()) {
        reader.refuse("chain", "is not a list");
    }
    if (kind != "issued" && (!reader.is_null("certificate") || !chain.empty())) {
        reader.refuse("certificate", "belongs to an issued one, and so does a chain");
    }
    static_cast<void>(reader.value("certificate"));
    reader.finish();
    if (kind == "issued") {
        return issued_from_json(reader, where, cache);
    }
    if (kind == "pending") {
        return Pending{on_whom, what_to_do};
    }
    if (kind == "denied") {
        return Denied{code, message, hint};
    }
    if (kind == "ambiguous") {
        return Ambiguous{message};
    }
    if (kind == "unusable") {
        return Unusable{message, where};
    }
    reader.refuse("kind", "is not one of the values that this format knows");
}

Json pool_to_json(const PoolView& view) {
    Json servers = Json::object();
    for (const auto& [name, server] : view.servers) {
        servers[name] = {{"reachable", server.reachable},
                         {"error", server.error},
                         {"observed", to_rfc3339(server.observed)},
                         {"clockDifference", server.clock_difference.count()},
                         {"store", to_json(server.store)}};
    }
    Json answers = Json::object();
    for (const auto& [issuance, answer] : view.answers) {
        answers[issuance] = answer_to_json(answer);
    }
    return {{"servers", std::move(servers)}, {"answers", std::move(answers)}, {"silent", view.silent}};
}

ServerView server_from_json(ObjectReader& reader, x509::CertificateCache& cache) {
    constexpr std::int64_t most = std::int64_t{1'000} * 366 * 86'400;  // no clock is a thousand years wrong
    ServerView server;
    server.reachable = reader.flag("reachable");
    server.error = reader.text("error");
    server.observed = reader.instant("observed");
    server.clock_difference = Seconds{reader.number("clockDifference", -most, most)};
    try {
        server.store = store_observation_from_json(reader.value("store"), cache);
    } catch (const Error& error) {
        reader.refuse("store", "cannot be read: " + error.diagnostic().text);
    }
    reader.finish();
    return server;
}

PoolView pool_from_json(ObjectReader& reader, x509::CertificateCache& cache) {
    PoolView view;
    for (auto& [name, server] : reader.objects_by_name("servers")) {
        view.servers.emplace(name, server_from_json(server, cache));
    }
    for (auto& [issuance, answer] : reader.objects_by_name("answers")) {
        view.answers.emplace(issuance, answer_from_json(answer, cache));
    }
    view.silent = reader.texts_by_name("silent");
    reader.finish();
    return view;
}

}  // namespace

nlohmann::ordered_json to_json(const Observation& observation) {
    Json authorities = Json::object();
    for (const auto& [name, view] : observation.authorities) {
        authorities[name] = to_json(view);
    }
    Json pools = Json::object();
    for (const auto& [name, view] : observation.pools) {
        pools[name] = pool_to_json(view);
    }
    return {{"format", format_name},
            {"at", to_rfc3339(observation.at)},
            {"authorities", std::move(authorities)},
            {"pools", std::move(pools)}};
}

Observation observation_from_json(std::string_view bytes, x509::CertificateCache& cache) {
    const auto json = parse_json(bytes, observation_bounds, bad_observation);
    ObjectReader reader(json, "", bad_observation);
    if (reader.text("format") != format_name) {
        reader.refuse("format", std::string{"is not "} + format_name);
    }
    Observation observation;
    observation.at = reader.instant("at");
    for (const auto& [name, view] : reader.objects_by_name("authorities")) {
        observation.authorities.emplace(name, authority_view_from_json(view.json(), cache, view.place()));
    }
    for (auto& [name, view] : reader.objects_by_name("pools")) {
        observation.pools.emplace(name, pool_from_json(view, cache));
    }
    reader.finish();
    return observation;
}

}  // namespace edgecert
