// Notes and imports made for a person, by the store's own operations.
#include "resources/pool/by_hand.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <variant>

#include "engine/text/encoding.h"
#include "resources/authorities/answer_files.h"
#include "resources/pool/enrolment.h"
#include "resources/pool/judgement.h"
#include "resources/pool/look.h"
#include "resources/pool/open_request.h"
#include "resources/pool/requests.h"

namespace edgecert {

void give_up_by_hand(const Pool& pool,
                     const RequestEntry& request,
                     const std::vector<std::string>& servers,
                     World& world) {
    const RequestKey key{request.pool, request.name, request.spki};
    // Not before what it replaces, whatever this controller's clock says: of two copies the later one counts.
    const auto at = std::max(world.clock().now(), request.since);
    const RequestNote note{RequestPhase::abandoned, at, {}, "cancelled by hand", nullptr, {}};
    std::map<std::string, std::unique_ptr<CertificateStore>> stores;
    for (const auto& name : servers) {
        if (const auto* server = find_server(pool, name)) {
            stores[name] = world.open_store(server->store, pool.name + "/" + name);
        }
    }
    const auto holder = stores.find(request.holder);
    const auto lock = holder == stores.end() ? nullptr : holder->second->lock(lock_patience);
    for (const auto& [name, store] : stores) {
        store->note_request(key, note);
    }
}

namespace {

// The certificate for this request, and what issued it.
AnswerByHand judged(const Planning& planning,
                    const CertificateSpec& spec,
                    const OpenRequest& open,
                    const Issued& issued) {
    const auto faults = faults_of(issued, open, spec, planning);
    if (!faults.empty()) {
        throw Error("answer-unusable",
                    "the certificate in the file does not do: " + joined(faults) +
                        "; the request stays open, and nothing was changed");
    }
    const auto authority = planning.authorities.find(spec.requirement.authority);
    const auto path = authority == planning.authorities.end()
                          ? std::nullopt
                          : issuers(*issued.certificate, declared_chain(authority->second, planning.view()));
    if (!path) {
        throw Error("no-chain",
                    "no declared chain leads from the certificate in the file to a pinned root; nothing was "
                    "changed");
    }
    return {.request = open.entry, .certificate = issued.certificate, .chain = *path};
}

}  // namespace

AnswerByHand judge_by_hand(const Planning& planning,
                           const CertificateSpec& spec,
                           const std::string& server,
                           const std::vector<x509::CertificateRef>& bundle) {
    const std::string address = planning.pool.name + "/" + server + "/" + spec.name;
    const auto open = open_requests(planning, spec);
    if (open.empty()) {
        throw Error("no-request", address + " has no open request that an answer could be for");
    }
    std::string why;  // of the latest request
    for (const auto& request : open) {
        if (!request.has_key || request.holder != server) {
            why = why.empty() ? "the key of that request is on " + printable(request.holder, 100) : why;
            continue;
        }
        const auto& entry = request.entry;
        const auto found = answer_among(bundle,
                                        {entry.issuance,
                                         entry.pool,
                                         spec.name,
                                         entry.spki,
                                         entry.ticket,
                                         entry.request_pem,
                                         entry.submitted.value_or(entry.created)});
        if (const auto* issued = std::get_if<Issued>(&found)) {
            return judged(planning, spec, request, *issued);
        }
        why = why.empty() ? std::get<std::string>(found) : why;
    }
    throw Error("no-request",
                "the file answers no open request of " + address + ": " + why,
                "its public key is sha256:" + open.front().entry.spki + ", and the key is on " +
                    printable(open.front().holder, 100));
}

void accept_by_hand(CertificateStore& store, const AnswerByHand& answer) {
    const RequestEntry& request = answer.request;
    PersonalLabel label;
    label.pool = request.pool;
    label.name = request.name;
    label.requirement = request.requirement;
    label.issuance = request.issuance;
    label.friendly_name = request.friendly_name;
    label.exportable = request.exportable;
    label.submitted = request.submitted;
    store.accept({request.pool, request.name, request.spki}, answer.certificate, answer.chain, label);
}

void import_by_hand(CertificateStore& store,
                    const Secret& pfx,
                    const Secret& password,
                    const std::string& friendly_name,
                    bool exportable) {
    PersonalLabel label;
    label.friendly_name = friendly_name;
    label.exportable = exportable;
    label.owned = false;
    store.import_pfx(pfx, password, label);
}

}  // namespace edgecert
