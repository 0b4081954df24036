// What is done by hand on one server: entries found, chains completed, passwords taken.
#include "engine/cli/by_hand.h"

#include <algorithm>

#include "engine/files/files.h"
#include "resources/x509/chain.h"

namespace edgecert {
namespace {

constexpr std::size_t largest_password_file = 4096;

bool is_ours(const PersonalEntry& entry, const Pool& pool, const CertificateSpec& spec) {
    return entry.owned && entry.pool == pool.name && entry.name == spec.name &&
           entry.key == KeyState::present && !entry.superseded && entry.certificate;
}

}  // namespace

const PersonalEntry* entry_meant(const StoreObservation& store,
                                 const Pool& pool,
                                 const CertificateSpec& spec) {
    for (const RoleRecord& role : store.roles) {
        if (std::find(spec.roles.begin(), spec.roles.end(), role.role) == spec.roles.end() ||
            role.assigned.empty())
            continue;
        const auto found =
            std::find_if(store.personal.begin(), store.personal.end(), [&](const PersonalEntry& entry) {
                return entry.id == role.assigned && entry.certificate;
            });
        if (found != store.personal.end())
            return &*found;
    }
    const PersonalEntry* best = nullptr;
    for (const PersonalEntry& entry : store.personal) {
        if (!is_ours(entry, pool, spec))
            continue;
        if (best == nullptr || entry.certificate->not_after > best->certificate->not_after)
            best = &entry;
    }
    return best;
}

std::vector<x509::CertificateRef> whole_chain(const x509::CertificateRef& leaf,
                                              const std::vector<x509::CertificateRef>& known,
                                              const StoreObservation& store,
                                              Instant now) {
    std::vector<x509::CertificateRef> roots;
    std::vector<x509::CertificateRef> intermediates;
    for (const x509::CertificateRef& each : known)
        (each->self_signed ? roots : intermediates).push_back(each);
    for (const TrustEntry& entry : store.trust) {
        if (entry.certificate)
            (entry.certificate->self_signed ? roots : intermediates).push_back(entry.certificate);
    }
    const auto built = x509::build_path(leaf, intermediates, roots, now, false);
    if (const auto* path = std::get_if<x509::Path>(&built))
        return {path->certificates.begin() + 1, path->certificates.end()};
    return known;
}

Secret password_for(const std::string& password_file, bool twice, const Console& console) {
    if (!password_file.empty()) {
        std::string bytes = read_file(password_file, largest_password_file);
        std::string line = bytes.substr(0, std::min(bytes.find_first_of("\r\n"), bytes.size()));
        wipe(bytes);
        if (line.empty())
            throw Error("no-password", password_file + ": its first line, the password, is empty");
        return Secret{std::move(line)};
    }
    Secret first = console.ask_secret("Password for the PFX: ");
    if (first.empty())
        throw Error("no-password", "an empty password is none; nothing was done");
    if (twice) {
        const Secret second = console.ask_secret("The same again: ");
        if (first.view() != second.view())
            throw Error("no-password", "the two passwords differ; nothing was done");
    }
    return first;
}

}  // namespace edgecert
