// Fuzzes what a controller asks of a node: every request is answered, and none but those with a right form
// reach the store.
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "resources/stores/entry_json.h"
#include "resources/stores/node.h"
#include "resources/stores/protocol.h"

namespace {

using namespace edgecert;

class NoLock final : public StoreLock {};

// Takes everything: what is fuzzed is the way to it.
class EveryStore final : public CertificateStore {
public:
    StoreObservation observe(x509::CertificateCache& /*cache*/) override { return {}; }
    std::unique_ptr<StoreLock> lock(Seconds /*patience*/) override { return std::make_unique<NoLock>(); }
    void trust(TrustKind /*kind*/,
               const x509::CertificateRef& certificate,
               const std::string& /*authority*/,
               const std::string& /*pool*/) override {
        need(certificate);
    }
    void distrust(TrustKind /*kind*/, const std::string& /*sha256*/) override {}
    RequestEntry create_request(const RequestOrder& /*order*/) override { return {}; }
    void keep_request(const RequestEntry& entry) override {
        x509::CertificateCache cache;
        const auto again = request_from_json(
            request_to_json(entry, inline_certificate), "again", read_inline(cache, "again"));
        if (again != entry) {
            __builtin_trap();
        }
    }
    void note_request(const RequestKey& /*request*/, const RequestNote& /*note*/) override {}
    void forget_request(const RequestKey& /*request*/) override {}
    void accept(const RequestKey& /*request*/,
                const x509::CertificateRef& certificate,
                const std::vector<x509::CertificateRef>& chain,
                const PersonalLabel& /*label*/) override {
        need(certificate);
        for (const auto& issuer : chain) {
            need(issuer);
        }
    }
    Secret export_pfx(const CertificateId& /*certificate*/,
                      const Secret& /*password*/,
                      x509::PfxProfile /*profile*/) override {
        return {};
    }
    void import_pfx(const Secret& /*pfx*/,
                    const Secret& /*password*/,
                    const PersonalLabel& /*label*/) override {}
    void set_friendly_name(const CertificateId& /*certificate*/, const std::string& /*name*/) override {}
    void assign(const RoleAssignment& /*assignment*/) override {}
    void unassign(const std::string& /*role*/, Instant /*now*/) override {}
    CommandResult activate(const std::string& /*role*/) override { return {}; }
    void note_role(const RoleNote& /*note*/) override {}
    HandshakeResult handshake(const HandshakeOrder& /*order*/) override { return {}; }
    void retire(const CertificateId& /*certificate*/) override {}

private:
    static void need(const x509::CertificateRef& certificate) {
        if (!certificate) {
            __builtin_trap();
        }
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    EveryStore store;
    NodeDesk desk(store);
    const std::vector<Secret> secrets{Secret(std::string("pfx")), Secret(std::string("password"))};
    const NodeDesk::Reply reply = desk.answer(bytes, secrets);
    const auto answer = nlohmann::ordered_json::parse(reply.text, nullptr, false);
    if (!answer.is_object() || answer.size() != 3) {
        __builtin_trap();
    }
    return 0;
}
