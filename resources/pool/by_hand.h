// What a person does to stores past a plan: gives a request up, brings an answer or a PFX. The only writers
// beside the providers.
#pragma once

#include <string>
#include <vector>

#include "engine/text/secret.h"
#include "resources/pool/desired.h"
#include "resources/world/world.h"

namespace edgecert {

// On these servers of the pool. The store with the key is locked meanwhile, so that the request is not sent
// at the same moment. Throws what a store throws; servers before the one that failed have it.
void give_up_by_hand(const Pool& pool,
                     const RequestEntry& request,
                     const std::vector<std::string>& servers,
                     World& world);

// The answer to this request becomes a certificate of ours with its key; not assigned.
void accept_by_hand(CertificateStore& store,
                    const RequestEntry& request,
                    const x509::CertificateRef& certificate,
                    const std::vector<x509::CertificateRef>& chain);

// The certificate and key stay the person's: not owned.
void import_by_hand(CertificateStore& store,
                    const Secret& pfx,
                    const Secret& password,
                    const std::string& friendly_name,
                    bool exportable);

}  // namespace edgecert
