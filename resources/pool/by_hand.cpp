// Notes and imports made for a person, by the store's own operations.
#include "resources/pool/by_hand.h"

#include <algorithm>
#include <map>
#include <memory>

#include "resources/pool/look.h"
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

void accept_by_hand(CertificateStore& store,
                    const RequestEntry& request,
                    const x509::CertificateRef& certificate,
                    const std::vector<x509::CertificateRef>& chain) {
    PersonalLabel label;
    label.pool = request.pool;
    label.name = request.name;
    label.requirement = request.requirement;
    label.issuance = request.issuance;
    label.friendly_name = request.friendly_name;
    label.exportable = request.exportable;
    label.submitted = request.submitted;
    store.accept({request.pool, request.name, request.spki}, certificate, chain, label);
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
