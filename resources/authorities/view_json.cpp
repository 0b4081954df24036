// An observed authority as JSON and back: part of a saved observation, every field always.
#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <utility>

#include "engine/text/encoding.h"
#include "resources/authorities/authority.h"

namespace edgecert {
namespace {

using Json = nlohmann::ordered_json;

Json certificate_json(const x509::CertificateRef& certificate) {
    return certificate ? Json(to_base64(certificate->der)) : Json(nullptr);
}

[[noreturn]] void refuse(const std::string& what) {
    throw Error("bad-observation", "the observation of an authority cannot be read: " + what);
}

const Json& member(const Json& object, const char* key) {
    if (!object.is_object())
        refuse("an object was expected");
    const auto found = object.find(key);
    if (found == object.end())
        refuse(std::string("`") + key + "` is missing");
    return *found;
}

std::string text(const Json& object, const char* key) {
    const Json& value = member(object, key);
    if (!value.is_string())
        refuse(std::string("`") + key + "` is no text");
    return value.get<std::string>();
}

bool flag(const Json& object, const char* key) {
    const Json& value = member(object, key);
    if (!value.is_boolean())
        refuse(std::string("`") + key + "` is neither true nor false");
    return value.get<bool>();
}

const Json& list(const Json& object, const char* key) {
    const Json& value = member(object, key);
    if (!value.is_array())
        refuse(std::string("`") + key + "` is no list");
    return value;
}

x509::CertificateRef certificate(const Json& value, x509::CertificateCache& cache) {
    if (!value.is_string())
        refuse("a certificate is no text");
    const auto der = from_base64(value.get_ref<const std::string&>());
    if (!der)
        refuse("a certificate is not base64");
    try {
        return cache.parse(*der);
    } catch (const Error& error) {
        refuse(error.diagnostic().text);
    }
}

std::vector<std::string> texts(const Json& json, const char* key) {
    std::vector<std::string> all;
    for (const Json& each : list(json, key)) {
        if (!each.is_string())
            refuse(std::string("one of `") + key + "` is no text");
        all.push_back(each.get<std::string>());
    }
    return all;
}

}  // namespace

Json to_json(const AuthorityView& view) {
    Json chain = Json::array();
    for (const ChainCertificate& link : view.chain) {
        chain.push_back({{"birth", link.birth},
                         {"root", link.root},
                         {"sha256", link.certificate ? Json(link.certificate->sha256) : Json(nullptr)},
                         {"certificate", certificate_json(link.certificate)}});
    }
    Json unpinned = Json::array();
    for (const auto& root : view.unpinned_roots)
        unpinned.push_back(certificate_json(root));
    Json issued = Json::array();
    for (const IssuedRecord& record : view.issued) {
        issued.push_back({{"issuance", record.issuance}, {"sha256", record.sha256}, {"spki", record.spki}});
    }
    return {{"name", view.name},
            {"reachable", view.reachable},
            {"error", view.error},
            {"exists", view.exists},
            {"idempotent", view.idempotent},
            {"pinned", view.pinned},
            {"chainProblem", view.chain_problem},
            {"chain", std::move(chain)},
            {"unpinnedRoots", std::move(unpinned)},
            {"issued", std::move(issued)},
            {"notes", view.notes},
            {"warnings", view.warnings}};
}

AuthorityView authority_view_from_json(const Json& json, x509::CertificateCache& cache) {
    AuthorityView view;
    view.name = text(json, "name");
    view.reachable = flag(json, "reachable");
    view.error = text(json, "error");
    view.exists = flag(json, "exists");
    view.idempotent = flag(json, "idempotent");
    view.pinned = flag(json, "pinned");
    view.chain_problem = text(json, "chainProblem");
    for (const Json& link : list(json, "chain")) {
        ChainCertificate read{.birth = text(link, "birth"), .root = flag(link, "root")};
        if (!member(link, "certificate").is_null()) {
            read.certificate = certificate(member(link, "certificate"), cache);
            if (text(link, "sha256") != read.certificate->sha256)
                refuse("a certificate is not the one its `sha256` names");
        }
        view.chain.push_back(std::move(read));
    }
    for (const Json& root : list(json, "unpinnedRoots"))
        view.unpinned_roots.push_back(certificate(root, cache));
    for (const Json& record : list(json, "issued")) {
        view.issued.push_back({text(record, "issuance"), text(record, "sha256"), text(record, "spki")});
    }
    view.notes = texts(json, "notes");
    view.warnings = texts(json, "warnings");
    return view;
}

}  // namespace edgecert
