// Keys to and from a node: in a PFX, or as they are where the PFX is made and read here.
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "resources/stores/conversation.h"
#include "resources/stores/entry_json.h"
#include "resources/stores/protocol.h"
#include "resources/stores/remote_store.h"

namespace edgecert {
namespace {

using Json = nlohmann::ordered_json;
using protocol::Operation;

constexpr const char* node_lies = "node-lies";

void nothing(const Json& /*result*/) {}

// What a node hands out goes to every other server of its pool: it must be what it was asked for. "" or what
// is wrong.
std::string problem_of(const Secret& pfx, const Secret& password, const CertificateId& certificate) {
    try {
        x509::CertificateCache cache;
        const auto contents = x509::parse_pfx(pfx.view(), password, cache);
        return contents.certificate->sha256 == certificate
                   ? std::string{}
                   : "the node sent another certificate than it was asked for";
    } catch (const Error& error) {
        return "the PFX that the node sent is none: " + error.diagnostic().text;
    }
}

}  // namespace

Secret RemoteStore::export_pfx(const CertificateId& certificate,
                               const Secret& password,
                               x509::PfxProfile profile) {
    if (conversation_->kind() == protocol::windows_kind) {
        return x509::make_pfx(export_key(certificate), password, profile, x509::PasswordOrigin::random);
    }
    const Json with{{"certificate", certificate}, {"profile", protocol::profile_to_json(profile)}};
    const std::vector<Secret> secrets = conversation_->ask(
        {.operation = Operation::export_pfx, .with = with, .secrets = {&password}, .patience = {}}, nothing);
    if (secrets.size() != 1) {
        conversation_->give_up(node_lies, "the node sent no PFX");
    }
    if (const auto problem = problem_of(secrets.front(), password, certificate); !problem.empty()) {
        conversation_->give_up(node_lies, problem);
    }
    return secrets.front();
}

x509::PfxContents RemoteStore::export_key(const CertificateId& certificate) {
    x509::CertificateCache cache;
    KeyParcel parcel;
    const Json with{{"certificate", certificate}};
    const std::vector<Secret> secrets = conversation_->ask(
        {.operation = Operation::export_key, .with = with},
        [&](const Json& result) { parcel = protocol::parcel_from_json(result, cache, node_lies); });
    if (secrets.size() != 1) {
        conversation_->give_up(node_lies, "the node sent no key");
    }
    x509::PfxContents contents{.key = {},
                               .certificate = parcel.certificate,
                               .chain = parcel.chain,
                               .friendly_name = parcel.friendly_name};
    try {
        contents.key = x509::parse_pkcs1(secrets.front().view());
    } catch (const Error& error) {
        conversation_->give_up(node_lies, "the key that the node sent is none: " + error.diagnostic().text);
    }
    if (parcel.certificate->sha256 != certificate ||
        contents.key.spki_sha256 != parcel.certificate->spki_sha256) {
        conversation_->give_up(node_lies, "the node sent another key than it was asked for");
    }
    return contents;
}

void RemoteStore::import_pfx(const Secret& pfx, const Secret& password, const PersonalLabel& label) {
    if (conversation_->kind() == protocol::windows_kind) {
        x509::CertificateCache cache;
        return import_key(x509::parse_pfx(pfx.view(), password, cache), label);
    }
    const Json with = label_to_json(label);
    conversation_->ask(
        {.operation = Operation::import_pfx, .with = with, .secrets = {&pfx, &password}, .patience = {}},
        nothing);
}

void RemoteStore::import_key(const x509::PfxContents& contents, const PersonalLabel& label) {
    const KeyParcel parcel{.certificate = contents.certificate,
                           .chain = contents.chain,
                           .friendly_name = contents.friendly_name,
                           .key = x509::to_pkcs1(contents.key)};
    const Json with{{"parcel", protocol::parcel_to_json(parcel)}, {"label", label_to_json(label)}};
    conversation_->ask(
        {.operation = Operation::import_key, .with = with, .secrets = {&parcel.key}, .patience = {}},
        nothing);
}

}  // namespace edgecert
