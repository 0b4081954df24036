// A store's observation to JSON; certificates travel once, beside the entries that name them.
#include "resources/stores/observation.h"

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/text/encoding.h"
#include "resources/stores/entry_json.h"
#include "resources/stores/json_fields.h"

namespace edgecert {
namespace {

using Json = nlohmann::ordered_json;

// Names certificates in entries and keeps those whose bytes have to be written beside them.
class Names {
public:
    explicit Names(const std::vector<std::string>& known) : known_(known.begin(), known.end()) {}

    [[nodiscard]] Json name(const x509::CertificateRef& certificate) {
        if (!certificate) {
            return nullptr;
        }
        if (!known_.contains(certificate->sha256)) {
            written_.emplace(certificate->sha256, certificate);
        }
        return certificate->sha256;
    }

    [[nodiscard]] Json certificates() const {
        Json json = Json::object();
        for (const auto& entry : written_) {
            json[entry.first] = to_base64(entry.second->der);
        }
        return json;
    }

private:
    std::set<std::string, std::less<>> known_;
    std::map<std::string, x509::CertificateRef> written_{};
};

Json trust_to_json(const TrustEntry& entry, Names& names) {
    return Json{{"certificate", entry.certificate ? names.name(entry.certificate) : Json(entry.id)},
                {"kind", entry.kind == TrustKind::root ? "root" : "intermediate"},
                {"owned", entry.owned},
                {"authority", entry.authority},
                {"pool", entry.pool}};
}

Json personal_to_json(const PersonalEntry& entry, const WriteCertificate& write) {
    return Json{{"certificate", entry.certificate ? write(entry.certificate) : Json(entry.id)},
                {"chain", certificates_to_json(entry.chain, write)},
                {"key", to_text(entry.key)},
                {"exportable", entry.exportable},
                {"friendlyName", entry.friendly_name},
                {"owned", entry.owned},
                {"pool", entry.pool},
                {"name", entry.name},
                {"requirement", entry.requirement},
                {"issuance", entry.issuance},
                {"submitted", optional_instant_to_json(entry.submitted)},
                {"superseded", optional_instant_to_json(entry.superseded)}};
}

Json role_to_json(const RoleRecord& role) {
    Json rejected = Json::array();
    for (const Rejection& rejection : role.rejected) {
        rejected.push_back(rejection_to_json(rejection));
    }
    return Json{{"role", role.role},
                {"assigned", role.assigned},
                {"dangling", role.dangling},
                {"previous", role.previous},
                {"activated", role.activated},
                {"verified", role.verified},
                {"verifiedChecks", role.verified_checks},
                {"rejected", std::move(rejected)},
                {"owned", role.owned},
                {"pool", role.pool}};
}

}  // namespace

void share_texts(StoreObservation& observation, SharedTexts& texts) {
    const auto share = [&texts](std::initializer_list<SharedText*> fields) {
        for (SharedText* field : fields) {
            *field = field->empty() ? *field : texts.of(*field);
        }
    };
    for (TrustEntry& entry : observation.trust) {
        share({&entry.id, &entry.authority, &entry.pool});
    }
    for (PersonalEntry& entry : observation.personal) {
        share({&entry.id, &entry.pool, &entry.requirement, &entry.issuance});
    }
    for (RoleRecord& role : observation.roles) {
        share({&role.assigned, &role.previous, &role.activated, &role.verified, &role.verified_checks});
        share({&role.pool});
    }
}

Json to_json(const StoreObservation& observation, const std::vector<std::string>& known) {
    Names names(known);
    const WriteCertificate write = [&names](const x509::CertificateRef& certificate) {
        return names.name(certificate);
    };
    Json trust = Json::array();
    for (const TrustEntry& entry : observation.trust) {
        trust.push_back(trust_to_json(entry, names));
    }
    Json personal = Json::array();
    for (const PersonalEntry& entry : observation.personal) {
        personal.push_back(personal_to_json(entry, write));
    }
    Json requests = Json::array();
    for (const RequestEntry& entry : observation.requests) {
        requests.push_back(request_to_json(entry, write));
    }
    Json roles = Json::array();
    for (const RoleRecord& role : observation.roles) {
        roles.push_back(role_to_json(role));
    }
    Json findings = Json::array();
    for (const Finding& finding : observation.findings) {
        findings.push_back(Json{{"path", finding.path}, {"code", finding.code}, {"text", finding.text}});
    }
    return Json{{"exists", observation.exists},
                {"storeId", observation.store_id},
                {"kind", observation.kind},
                {"activates", observation.activates},
                {"clock", optional_instant_to_json(observation.clock)},
                {"trust", std::move(trust)},
                {"personal", std::move(personal)},
                {"requests", std::move(requests)},
                {"roles", std::move(roles)},
                {"findings", std::move(findings)},
                {"certificates", names.certificates()}};
}

}  // namespace edgecert
