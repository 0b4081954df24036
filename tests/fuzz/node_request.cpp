// Fuzzes what a controller asks of a node: every request is answered, and none but those with a right form
// reach the store. After an 'F' the bytes are a whole session in frames, read from a pipe.
#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>
#include <variant>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/transport/frame.h"
#include "resources/stores/entry_json.h"
#include "resources/stores/node.h"
#include "resources/stores/protocol.h"
#include "resources/x509/issue.h"
#include "resources/x509/key.h"

namespace {

using namespace edgecert;

class NoLock final : public StoreLock {};

Instant some_day() {
    using namespace std::chrono_literals;
    return std::chrono::sys_days{2026y / 6 / 1};
}

// One to answer with.
const x509::CertificateRef& some_certificate() {
    static const x509::CertificateRef certificate = [] {
        const auto key = x509::generate_key({x509::KeyAlgorithm::ecdsa, 256});
        x509::Issuance order;
        order.subject.common_name = "edge.contoso.net";
        order.spki_der = key.spki_der;
        order.not_before = some_day();
        order.not_after = some_day() + std::chrono::days{90};
        order.serial = "01";
        return x509::sign_certificate(order, key, nullptr);
    }();
    return certificate;
}

// Takes everything: what is fuzzed is the way to it.
class EveryStore final : public CertificateStore, public KeyCarrier {
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
    KeyParcel export_key(const CertificateId& /*certificate*/) override {
        return {.certificate = some_certificate(),
                .chain = {some_certificate()},
                .friendly_name = "edge",
                .key = Secret(std::string("key"))};
    }
    void import_key(const KeyParcel& parcel, const PersonalLabel& /*label*/) override {
        need(parcel.certificate);
        x509::CertificateCache cache;
        const KeyParcel again = protocol::parcel_from_json(protocol::parcel_to_json(parcel), cache, "again");
        if (again.certificate->sha256 != parcel.certificate->sha256 ||
            again.chain.size() != parcel.chain.size() || again.friendly_name != parcel.friendly_name) {
            __builtin_trap();
        }
    }
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

void check_answer(std::string_view text) {
    const auto answer = nlohmann::ordered_json::parse(text, nullptr, false);
    if (!answer.is_object() || answer.size() != 3) {
        __builtin_trap();
    }
}

// Reads what lies in a pipe that nobody writes to any more.
class PipeLine final : public NodeLine {
public:
    explicit PipeLine(int in) : in_(in) {}

    [[nodiscard]] std::variant<Frame, FrameProblem> read(std::size_t limit, Seconds patience) override {
        auto got = read_frame(in_, limit, std::chrono::steady_clock::now() + patience);
        const auto* const frame = std::get_if<Frame>(&got);
        if (frame != nullptr && (frame->payload.size() > limit || frame->kind < 'a' || frame->kind > 'z')) {
            __builtin_trap();
        }
        return got;
    }
    [[nodiscard]] WriteResult write(char kind, std::string_view payload, Seconds /*patience*/) override {
        if (kind == protocol::answer_frame) {
            check_answer(payload);
        }
        return WriteResult::done;
    }
    void complain(const std::string& text) override {
        if (text.empty()) {
            __builtin_trap();
        }
    }

private:
    int in_;
};

class SomeDay final : public Clock {
public:
    [[nodiscard]] Instant now() const override { return some_day(); }
    void sleep(Seconds /*span*/) override {}
};

void hold_session(NodeDesk& desk, std::string_view bytes) {
    constexpr std::size_t pipe_takes = 65'536;  // pipe(7): more would wait for a reader
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) {
        __builtin_trap();
    }
    const std::string_view sent = bytes.substr(0, pipe_takes);
    if (::write(ends[1], sent.data(), sent.size()) != static_cast<ssize_t>(sent.size())) {
        __builtin_trap();
    }
    ::close(ends[1]);
    PipeLine line(ends[0]);
    SomeDay clock;
    const int left = serve_line(desk, line, clock, {});
    ::close(ends[0]);
    if (left != 0 && left != 1) {
        __builtin_trap();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    EveryStore store;
    NodeDesk desk(store, &store);
    if (!bytes.empty() && bytes.front() == 'F') {
        hold_session(desk, bytes.substr(1));
        return 0;
    }
    const std::vector<Secret> secrets{Secret(std::string("pfx")), Secret(std::string("password"))};
    const NodeDesk::Reply reply = desk.answer(bytes, secrets);
    check_answer(reply.text);
    return 0;
}
