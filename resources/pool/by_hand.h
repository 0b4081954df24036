// What a person does to stores past a plan: gives a request up, brings an answer or a PFX. The only writers
// beside the providers.
#pragma once

#include <string>
#include <vector>

#include "engine/text/secret.h"
#include "resources/pool/desired.h"
#include "resources/pool/planning.h"
#include "resources/world/world.h"

namespace edgecert {

// On these servers of the pool. The store with the key is locked meanwhile, so that the request is not sent
// at the same moment. Throws what a store throws; servers before the one that failed have it.
void give_up_by_hand(const Pool& pool,
                     const RequestEntry& request,
                     const std::vector<std::string>& servers,
                     World& world);

// What a file brings for an open request, fit to be installed.
struct AnswerByHand {
    RequestEntry request{};
    x509::CertificateRef certificate{};
    std::vector<x509::CertificateRef> chain{};  // as declared: issuing CA first, root last
};

// The answer among `bundle` to an open request whose key is on this server, judged as a collected one is: a
// request whose answer does not satisfy stays open. Throws Error "no-request", "answer-unusable" (which names
// every fault), "no-chain".
[[nodiscard]] AnswerByHand judge_by_hand(const Planning& planning,
                                         const CertificateSpec& spec,
                                         const std::string& server,
                                         const std::vector<x509::CertificateRef>& bundle);

// The answer becomes a certificate of ours with its key, and the request is gone; not assigned.
void accept_by_hand(CertificateStore& store, const AnswerByHand& answer);

// The certificate and key stay the person's: not owned.
void import_by_hand(CertificateStore& store,
                    const Secret& pfx,
                    const Secret& password,
                    const std::string& friendly_name,
                    bool exportable);

}  // namespace edgecert
