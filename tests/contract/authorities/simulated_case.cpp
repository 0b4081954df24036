// The simulation's authority, held to the contract of the real ones.
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "tests/contract/authorities/cases.h"
#include "tests/support/mint.h"
#include "tests/support/silent_judge.h"
#include "tests/support/sim_authority.h"
#include "tests/support/sim_world.h"

namespace edgecert::test {
namespace {

class SimulatedBench final : public AuthorityBench {
public:
    SimulatedBench() {
        world_.now = real_now();
        world_.judge = &judge_;
        auto ca = std::make_shared<SimCa>();
        ca->name = "contoso-issuing";
        ca->born = world_.now - std::chrono::days{1};
        authority_ = std::make_unique<SimAuthority>(local_spec("/simulated"), std::move(ca), controller_);
    }
    [[nodiscard]] Authority& authority() override { return *authority_; }
    [[nodiscard]] Instant now() const override { return world_.now; }
    // Of the mint's keys, for it signs no others.
    [[nodiscard]] std::string request(const Workbench& /*bench*/, const std::string& /*name*/) override {
        const KeyRef key = mint_.key({x509::KeyAlgorithm::ecdsa, 256}, next_key_++);
        x509::RequestContents contents;
        contents.subject.common_name = "edge.contoso.net";
        contents.names.dns = {"edge.contoso.net", "edge01.contoso.net"};
        contents.extended_key_usage = {"serverAuth"};
        contents.key = key->kind;
        contents.spki_sha256 = key->spki_sha256;
        contents.digest = "sha256";
        return mint_.request(contents, *key);
    }
    [[nodiscard]] bool concurrent() const override { return false; }
    void answer(const Submission& /*submission*/, const Workbench& /*bench*/) override {}

private:
    SilentJudge judge_{};
    Mint mint_{};
    SimWorld world_{mint_, 1};
    SimController controller_{world_, "controller"};
    std::unique_ptr<SimAuthority> authority_{};
    std::size_t next_key_{};
};

}  // namespace

AuthorityCase simulated_case() {
    return {"simulated", [] { return std::make_unique<SimulatedBench>(); }};
}

}  // namespace edgecert::test
