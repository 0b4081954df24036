// An observed authority as JSON and back: part of a saved observation, every field always.
#include <nlohmann/json.hpp>

#include <string>
#include <utility>

#include "engine/plan/json_reader.h"
#include "engine/text/encoding.h"
#include "resources/authorities/authority.h"

namespace edgecert {
namespace {

using Json = nlohmann::ordered_json;

Json certificate_json(const x509::CertificateRef& certificate) {
    return certificate ? Json(to_base64(certificate->der)) : Json(nullptr);
}

x509::CertificateRef certificate(const Json& value,
                                 const ObjectReader& reader,
                                 const std::string& name,
                                 x509::CertificateCache& cache) {
    if (!value.is_string()) {
        reader.refuse(name, "is not a string");
    }
    const auto der = from_base64(value.get_ref<const std::string&>());
    if (!der) {
        reader.refuse(name, "is not base64");
    }
    try {
        return cache.parse(*der);
    } catch (const Error& error) {
        reader.refuse(name, "is not a certificate: " + error.diagnostic().text);
    }
}

ChainCertificate read_link(ObjectReader& reader, x509::CertificateCache& cache) {
    ChainCertificate link{.birth = reader.text("birth"), .root = reader.flag("root")};
    const bool born = !reader.is_null("certificate");
    if (!born && !reader.is_null("sha256")) {
        reader.refuse("sha256", "belongs to a certificate");
    }
    if (born) {
        link.certificate = certificate(reader.value("certificate"), reader, "certificate", cache);
        if (reader.text("sha256") != link.certificate->sha256) {
            reader.refuse("sha256", "is not that of its certificate");
        }
    }
    reader.finish();
    return link;
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
    Json json{{"name", view.name},
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
    if (!view.unable.empty())
        json["unable"] = view.unable;
    return json;
}

AuthorityView authority_view_from_json(const Json& json,
                                       x509::CertificateCache& cache,
                                       const std::string& place) {
    ObjectReader reader(json, place, "bad-observation");
    AuthorityView view;
    view.name = reader.text("name");
    view.reachable = reader.flag("reachable");
    view.error = reader.text("error");
    view.exists = reader.flag("exists");
    view.idempotent = reader.flag("idempotent");
    view.pinned = reader.flag("pinned");
    view.chain_problem = reader.text("chainProblem");
    for (ObjectReader& link : reader.objects("chain")) {
        view.chain.push_back(read_link(link, cache));
    }
    const Json& unpinned = reader.value("unpinnedRoots");
    if (!unpinned.is_array()) {
        reader.refuse("unpinnedRoots", "is not a list");
    }
    for (const Json& root : unpinned) {
        view.unpinned_roots.push_back(certificate(root, reader, "unpinnedRoots", cache));
    }
    for (ObjectReader& record : reader.objects("issued")) {
        view.issued.push_back({record.text("issuance"), record.text("sha256"), record.text("spki")});
        record.finish();
    }
    view.notes = reader.texts("notes");
    view.warnings = reader.texts("warnings");
    if (json.contains("unable"))
        view.unable = reader.text("unable");
    reader.finish();
    return view;
}

}  // namespace edgecert
