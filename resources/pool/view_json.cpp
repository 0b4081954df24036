// A saved observation as JSON (edgecert.observation/1), and back: what `observe` writes and `plan --observed`
// reads. No private key is in a view.
#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/pool/view.h"

namespace edgecert {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t observation_limit = 1U << 30U;
constexpr const char* format_name = "edgecert.observation/1";

std::string encoded(const x509::CertificateRef& certificate) {
    return to_base64(certificate->der);
}

x509::CertificateRef decoded(const Json& json, x509::CertificateCache& cache) {
    const auto der = from_base64(json.get<std::string>());
    if (!der) {
        throw Error("bad-observation", "a certificate in the observation is not base64");
    }
    return cache.parse(*der);
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

Answer answer_from_json(const Json& json, x509::CertificateCache& cache) {
    const auto text = [&](const char* name) { return json.at(name).get<std::string>(); };
    const auto kind = text("kind");
    if (kind == "issued") {
        Issued issued;
        issued.certificate = decoded(json.at("certificate"), cache);
        for (const auto& certificate : json.at("chain")) {
            issued.chain.push_back(decoded(certificate, cache));
        }
        issued.where = text("where");
        return issued;
    }
    if (kind == "pending") {
        return Pending{text("onWhom"), text("whatToDo")};
    }
    if (kind == "denied") {
        return Denied{text("code"), text("message"), text("hint")};
    }
    if (kind == "ambiguous") {
        return Ambiguous{text("message")};
    }
    if (kind == "unusable") {
        return Unusable{text("message"), text("where")};
    }
    throw Error("bad-observation", "an answer is of the unknown kind \"" + printable(kind, 40) + "\"");
}

Instant instant(const Json& json) {
    const auto when = parse_rfc3339(json.get<std::string>());
    if (!when) {
        throw Error("bad-observation",
                    "a time in the observation is none: " + printable(json.get<std::string>(), 40));
    }
    return *when;
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

// A saved observation may have been scribbled in: no clock is a thousand years wrong.
Seconds difference(const Json& json) {
    constexpr std::int64_t most = std::int64_t{1'000} * 366 * 86'400;
    const bool whole = json.is_number_integer() &&
                       !(json.is_number_unsigned() && json.get<std::uint64_t>() > std::uint64_t{most});
    const std::int64_t seconds = whole ? json.get<std::int64_t>() : most + 1;
    if (seconds > most || seconds < -most) {
        throw Error("bad-observation", "a clockDifference in the observation is no number of seconds");
    }
    return Seconds{seconds};
}

PoolView pool_from_json(const Json& json, x509::CertificateCache& cache) {
    PoolView view;
    for (const auto& [name, server] : json.at("servers").items()) {
        auto& one = view.servers[name];
        one.reachable = server.at("reachable").get<bool>();
        one.error = server.at("error").get<std::string>();
        one.observed = instant(server.at("observed"));
        one.clock_difference = difference(server.at("clockDifference"));
        one.store = store_observation_from_json(server.at("store"), cache);
    }
    for (const auto& [issuance, answer] : json.at("answers").items()) {
        view.answers.emplace(issuance, answer_from_json(answer, cache));
    }
    for (const auto& [issuance, why] : json.at("silent").items()) {
        view.silent.emplace(issuance, why.get<std::string>());
    }
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
    if (bytes.size() > observation_limit) {
        throw Error("bad-observation", "the observation is over 1 GiB");
    }
    try {
        const auto json = Json::parse(bytes);
        if (json.at("format").get<std::string>() != format_name) {
            throw Error("bad-observation", "it is not of the format " + std::string{format_name});
        }
        Observation observation;
        observation.at = instant(json.at("at"));
        for (const auto& [name, view] : json.at("authorities").items()) {
            observation.authorities.emplace(name, authority_view_from_json(view, cache));
        }
        for (const auto& [name, view] : json.at("pools").items()) {
            observation.pools.emplace(name, pool_from_json(view, cache));
        }
        return observation;
    } catch (const nlohmann::json::exception& error) {
        throw Error("bad-observation", "the observation cannot be read: " + printable(error.what(), 300));
    }
}

}  // namespace edgecert
