// The store as a whole: locking, sweeping, observing, running what is configured.
#include "resources/windows_node/windows_store.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/stores/json_fields.h"
#include "resources/stores/protocol.h"
#include "resources/windows_node/handshake.h"
#include "resources/windows_node/hash.h"
#include "resources/windows_node/process.h"
#include "resources/windows_node/store_records.h"
#include "resources/windows_node/text.h"

namespace edgecert::windows {
namespace {

constexpr Seconds own_patience{30};
constexpr Seconds activation_patience{60};
constexpr Seconds handshake_patience{15};
constexpr const char* id_file = "id";
constexpr std::size_t id_bytes = 16;
constexpr std::size_t most_findings = 1000;

class HeldLock final : public StoreLock {
public:
    explicit HeldLock(std::shared_ptr<DataLock> lock) : lock_(std::move(lock)) {}

private:
    std::shared_ptr<DataLock> lock_;
};

void put_in_order(std::vector<Finding>& findings) {
    for (Finding& finding : findings) {
        finding.text = printable(finding.text);
    }
    std::sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
        return std::tie(a.path, a.code, a.text) < std::tie(b.path, b.code, b.text);
    });
    findings.resize(std::min(findings.size(), most_findings));
}

}  // namespace

WindowsStore::WindowsStore(const WindowsStoreSpec& spec, Roles& roles, Clock& clock)
    : stores_(spec.stores), folder_(spec.data), activate_(spec.activate), roles_(roles), clock_(clock) {}

WindowsStore::Change WindowsStore::take_lock(Seconds patience) {
    if (auto held = held_.lock()) {
        return held;
    }
    folder_.make();
    auto taken = folder_.lock(patience);
    held_ = taken;
    return taken;
}

WindowsStore::Change WindowsStore::start_change() {
    auto lock = take_lock(own_patience);
    if (!swept_) {
        sweep();
        swept_ = true;
    }
    if (!folder_.has(id_file)) {
        folder_.replace(id_file, to_hex(random_bytes(id_bytes)) + "\r\n");
    }
    return lock;
}

std::unique_ptr<StoreLock> WindowsStore::lock(Seconds patience) {
    constexpr std::int64_t longest = 86'400;
    return std::make_unique<HeldLock>(
        take_lock(Seconds{std::clamp<std::int64_t>(patience.count(), 0, longest)}));
}

// Ends what a crash left in the middle: keys that no certificate and no request came to, and stand-ins whose
// request was answered.
void WindowsStore::sweep() {
    for (const char* part : {"requests", "roles", "intents"}) {
        folder_.sweep(part);
    }
    const std::vector<Stored> personal = stores_.read(StoreName::personal);
    const std::vector<Stored> requests = stores_.read(StoreName::request);
    for (const std::string& name : folder_.files("intents")) {
        sweep_intent(name, personal, requests);
    }
    for (const Stored& placeholder : requests) {
        const auto key = parse_request_record(placeholder.record);
        const bool installed =
            placeholder.key &&
            std::any_of(personal.begin(), personal.end(), [&placeholder](const Stored& one) {
                return one.key && one.key->name == placeholder.key->name;
            });
        if (key && installed && !keeps_request(*key)) {
            stores_.remove(StoreName::request, x509::sha1(placeholder.der));
        }
    }
}

// An intent is named after the container of a key that was about to be made.
void WindowsStore::sweep_intent(const std::string& name,
                                const std::vector<Stored>& personal,
                                const std::vector<Stored>& requests) {
    const Container container = container_named(widen(name));
    if (!is_our_name(container.name)) {
        return;
    }
    const auto names_it = [&container](const Stored& one) {
        return one.key && one.key->name == container.name;
    };
    bool used = std::any_of(personal.begin(), personal.end(), names_it);
    std::vector<std::string> left;
    for (const Stored& one : requests) {
        const auto key = names_it(one) ? parse_request_record(one.record) : std::nullopt;
        if (key) {
            used = used || keeps_request(*key);
            left.push_back(x509::sha1(one.der));
        }
    }
    if (!used) {
        for (const std::string& sha1 : left) {
            stores_.remove(StoreName::request, sha1);
        }
        delete_key(container);
    }
    folder_.remove("intents\\" + name);
}

std::string WindowsStore::read_id(Findings& findings) const {
    std::string id;
    try {
        id = folder_.read(id_file, 4096).value_or("");
    } catch (const Error& error) {
        findings.push_back({.path = id_file, .code = "unreadable", .text = error.diagnostic().text});
    }
    while (!id.empty() && (id.back() == '\n' || id.back() == '\r')) {
        id.pop_back();
    }
    if (!id.empty() && (id.size() != id_bytes * 2 || !is_hash(id + id))) {
        findings.push_back({.path = id_file, .code = "rubbish", .text = "this is no id of a store"});
        id.clear();
    }
    return id;
}

StoreObservation WindowsStore::observe(x509::CertificateCache& cache) {
    folder_.check();
    StoreObservation seen;
    seen.kind = protocol::windows_kind;
    seen.activates = !activate_.empty();
    seen.clock = clock_.now();
    Findings findings;
    seen.store_id = read_id(findings);
    for (const TrustKind kind : {TrustKind::root, TrustKind::intermediate}) {
        for (TrustEntry& entry : read_trust(kind, cache, findings)) {
            seen.trust.push_back(std::move(entry));
        }
    }
    for (Installed& one : read_personal(cache, findings)) {
        seen.personal.push_back(std::move(one.entry));
    }
    seen.requests = read_requests(cache, findings);
    seen.roles = read_roles(seen.personal, findings);
    put_in_order(findings);
    seen.findings = std::move(findings);
    seen.exists = !seen.store_id.empty() || !seen.trust.empty() || !seen.personal.empty() ||
                  !seen.requests.empty() || !seen.roles.empty() || !seen.findings.empty();
    return seen;
}

CommandResult WindowsStore::activate(const std::string& role) {
    if (!is_role_name(role)) {
        throw Error("store-refused", "\"" + printable(role, 64) + "\" is no role");
    }
    if (activate_.empty()) {
        return {.ok = true, .text = {}};
    }
    try {
        const auto assigned = roles_.read();
        const auto found = assigned.find(role);
        const std::string thumbprint = found == assigned.end() ? "" : found->second;
        const Ran ran = run_program(activate_,
                                    {{"EDGECERT_ROLE", role},
                                     {"EDGECERT_STORE", folder_.path()},
                                     {"EDGECERT_THUMBPRINT", thumbprint}},
                                    activation_patience);
        const std::string trouble = trouble_of(ran, activation_patience);
        return {.ok = trouble.empty(), .text = trouble.empty() ? printable(ran.output) : trouble};
    } catch (const Error& error) {
        return {.ok = false, .text = error.diagnostic().text};
    }
}

HandshakeResult WindowsStore::handshake(const HandshakeOrder& order) {
    return tls_handshake_by_schannel(order, handshake_patience);
}

}  // namespace edgecert::windows
