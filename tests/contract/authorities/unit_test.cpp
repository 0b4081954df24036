// The unit of an authority: what it plans on which view, and that a CA is not born twice.
#include "resources/authorities/unit.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <stdexcept>
#include <thread>
#include <variant>

#include "engine/diagnostic/diagnostic.h"
#include "resources/world/open_authority.h"
#include "tests/contract/authorities/cases.h"
#include "tests/contract/authorities/workbench.h"

namespace edgecert::test {
namespace {

struct UnitWorld {
    Workbench bench{};
    AuthoritySpec spec{local_spec(bench.path("ca"))};
    StillClock clock{};
    x509::CertificateCache cache{};

    [[nodiscard]] std::unique_ptr<AuthorityUnit> unit() {
        auto opened = std::make_unique<AuthorityUnit>(
            spec, open_authority(spec, clock, test_randomness()), clock, cache);
        opened->observe();
        return opened;
    }
};

TEST_CASE("A local CA that is not there yet is made by one step, named by the birth of its root") {
    UnitWorld world;
    const auto unit = world.unit();
    CHECK(unit->id() == "authority/contoso-issuing");
    CHECK(unit->needs().empty());
    const UnitPlan plan = unit->plan({});
    REQUIRE(plan.steps.size() == 1);
    CHECK(plan.overview.state == UnitState::changes);
    const Step& step = plan.steps[0];
    CHECK(step.action == Action::create_authority);
    CHECK(step.id == step_id(step));
    CHECK(step.object == birth_id(world.spec, true));
    REQUIRE(step.reasons.size() == 1);
    CHECK(step.reasons[0].code == "authority-missing");
    CHECK(step.fields.at(0) == FieldChange{"root", "", "CN=Contoso Issuing CA Root, O=Contoso"});
    CHECK(unit->plan({}) == plan);
}

TEST_CASE("The projected view has the unborn chain, and the births are those of the CA that is made") {
    UnitWorld world;
    const auto unit = world.unit();
    const auto projected = unit->projected();
    CHECK(projected->exists);
    REQUIRE(projected->chain.size() == 2);
    CHECK(projected->chain[0].certificate == nullptr);
    CHECK(projected->chain[0].root);
    CHECK_FALSE(unit->view()->exists);

    const UnitPlan plan = unit->plan({});
    CHECK(std::holds_alternative<Done>(unit->perform(plan.steps.at(0), {})));
    CHECK(unit->plan({}).steps.empty());
    CHECK(unit->plan({}).overview.state == UnitState::converged);
    REQUIRE(unit->view()->chain.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(unit->view()->chain[i].birth == projected->chain[i].birth);
        CHECK(unit->view()->chain[i].certificate != nullptr);
    }
    CHECK_MESSAGE(unit->projected() == unit->view(), "the same one: its log is not copied");
    // Whoever does it again does nothing.
    CHECK(std::holds_alternative<Done>(unit->perform(plan.steps.at(0), {})));
    CHECK(*world.unit()->view() == *unit->view());
}

TEST_CASE("A CA that stores know already, but whose folder is empty, is not born twice") {
    UnitWorld world;
    const auto unit = world.unit();
    const Step create = unit->plan({}).steps.at(0);
    unit->known_by_a_store();
    const UnitPlan plan = unit->plan({});
    CHECK(plan.overview.state == UnitState::blocked);
    REQUIRE(plan.steps.size() == 1);
    CHECK(plan.steps[0].action == Action::wait);
    REQUIRE(plan.steps[0].wait.has_value());
    CHECK(plan.steps[0].wait->code == "authority-lost");
    CHECK(plan.steps[0].wait->kind == WaitKind::person);
    REQUIRE(plan.diagnostics.size() == 1);
    CHECK(plan.diagnostics[0].code == "authority-lost");
    CHECK(unit->projected()->chain.empty());
    CHECK_FALSE(unit->projected()->chain_problem.empty());
    const Outcome outcome = unit->perform(create, {});
    REQUIRE(std::holds_alternative<Failed>(outcome));
    CHECK(std::get<Failed>(outcome).why.code == "authority-lost");
    CHECK_FALSE(std::filesystem::exists(world.bench.path("ca")));
}

TEST_CASE("A CA that somebody else made between the look at its folder and the look at a store is not lost") {
    UnitWorld world;
    const auto early = world.unit();
    const auto other = world.unit();
    static_cast<void>(other->perform(other->plan({}).steps.at(0), {}));
    early->known_by_a_store();
    CHECK(early->plan({}).steps.empty());
    CHECK(early->projected()->chain.size() == 2);
}

TEST_CASE("A CA that stores know and whose folder is there has nothing to do") {
    UnitWorld world;
    const auto unit = world.unit();
    static_cast<void>(unit->perform(unit->plan({}).steps.at(0), {}));
    unit->known_by_a_store();
    CHECK(unit->plan({}).steps.empty());
    CHECK(unit->projected()->chain.size() == 2);
}

TEST_CASE(
    "A folder with another CA than the declared one waits for a person, and gives pools no chain to go by") {
    UnitWorld world;
    static_cast<void>(world.unit()->perform(world.unit()->plan({}).steps.at(0), {}));
    world.spec.declaration = issuance_id(2000);
    const auto unit = world.unit();
    const UnitPlan plan = unit->plan({});
    REQUIRE(plan.steps.size() == 1);
    CHECK(plan.steps[0].wait->code == "authority-changed");
    CHECK(plan.diagnostics.at(0).code == "authority-changed");
    CHECK(unit->view()->chain.size() == 2);
    CHECK(unit->projected()->chain.empty());
    CHECK_FALSE(unit->projected()->chain_problem.empty());
}

TEST_CASE("A CA that has expired or ends soon is a warning, by the time of the plan") {
    UnitWorld world;
    const auto unit = world.unit();
    REQUIRE(std::holds_alternative<Done>(unit->perform(unit->plan({}).steps.at(0), {})));
    const Instant end = unit->view()->chain.back().certificate->not_after;
    const auto codes = [&](Instant at) {
        PlanInputs inputs;
        inputs.at = at;
        const UnitPlan plan = unit->plan(inputs);
        CHECK(plan.steps.empty());
        CHECK((plan.overview.state == UnitState::blocked) == (at >= end));
        std::string found;
        for (const Diagnostic& one : plan.diagnostics)
            found += one.code + (one.severity == Severity::warning ? " " : "? ");
        return found;
    };
    CHECK(codes(world.clock.now()).empty());
    CHECK(codes(end - std::chrono::days{181}).empty());
    CHECK(codes(end - std::chrono::days{100}) == "authority-ends-soon ");
    CHECK(codes(end) == "authority-expired ");
    // Until the instant that it names, an authority says the same; from then on something else.
    Instant at = world.clock.now();
    std::vector<std::string> said{codes(at)};
    for (std::optional<Instant> next; said.size() < 5; at = *next) {
        PlanInputs inputs;
        inputs.at = at;
        next = unit->plan(inputs).overview.next_change;
        if (!next) {
            break;
        }
        CHECK(codes(*next - Seconds{1}) == said.back());
        said.push_back(codes(*next));
    }
    CHECK(said == std::vector<std::string>{"", "authority-ends-soon ", "authority-expired "});
    CHECK(at == end);
}

TEST_CASE("An authority without a pin waits for one, and says what could be pinned") {
    UnitWorld world;
    const x509::CertificateRef root = world.bench.ca("root", "/CN=Far Root");
    world.spec = {.name = "far", .chain_file = world.bench.path("root.pem")};
    const UnitPlan plan = world.unit()->plan({});
    CHECK(plan.overview.state == UnitState::blocked);
    REQUIRE(plan.steps.size() == 1);
    CHECK(plan.steps[0].wait->code == "no-pin");
    CHECK(plan.steps[0].wait->what_to_do.find("sha256:" + root->sha256 + " (CN=Far Root") !=
          std::string::npos);
    world.spec.roots = {root->sha256};
    CHECK(world.unit()->plan({}).steps.empty());
}

TEST_CASE(
    "An authority that cannot be used is a fact in its plan, not a step: it blocks only what needs it") {
    UnitWorld world;
    world.bench.write("ca/notes.txt", "somebody else's");
    const UnitPlan plan = world.unit()->plan({});
    CHECK(plan.steps.empty());
    REQUIRE(plan.diagnostics.size() == 1);
    CHECK(plan.diagnostics[0].code == "authority-unreachable");
    CHECK(plan.diagnostics[0].severity == Severity::warning);
}

class Broken final : public Authority {
public:
    [[nodiscard]] AuthorityView observe(Instant /*now*/, x509::CertificateCache& /*cache*/) override {
        throw std::runtime_error("on fire");
    }
    [[nodiscard]] bool idempotent() const override { return false; }
    [[nodiscard]] SubmitAnswer submit(const Submission& /*submission*/) override { return Ambiguous{}; }
    [[nodiscard]] Answer poll(const Inquiry& /*inquiry*/, x509::CertificateCache& /*cache*/) override {
        return Ambiguous{};
    }
    void create(Instant /*now*/) override { throw std::runtime_error("on fire"); }
    [[nodiscard]] Check check(Instant /*now*/) override { return {}; }
};

TEST_CASE("Whatever an authority throws is part of the view or the outcome, never an exception of the unit") {
    UnitWorld world;
    AuthorityUnit unit(world.spec, std::make_shared<Broken>(), world.clock, world.cache);
    CHECK_FALSE(unit.view()->reachable);  // never null, also before it looked
    unit.observe();
    CHECK(unit.view()->error == "on fire");
    Step step{.action = Action::create_authority};
    CHECK(std::holds_alternative<Failed>(unit.perform(step, {})));
    step.action = Action::trust_root;
    CHECK(std::holds_alternative<Failed>(unit.perform(step, {})));
}

TEST_CASE("Pools may read the projected view while the unit looks again") {
    UnitWorld world;
    const auto unit = world.unit();
    std::thread looking([&] {
        for (int i = 0; i < 50; ++i)
            unit->observe();
    });
    for (int i = 0; i < 50; ++i) {
        CHECK(unit->projected()->name == "contoso-issuing");
        unit->known_by_a_store();
        CHECK(unit->plan({}).steps.size() == 1);
    }
    looking.join();
}

TEST_CASE("A view survives JSON, born and unborn") {
    UnitWorld world;
    const auto unit = world.unit();
    const auto unborn = unit->projected();
    CHECK(authority_view_from_json(to_json(*unborn), world.cache) == *unborn);
    static_cast<void>(unit->perform(unit->plan({}).steps.at(0), {}));
    AuthorityView born = *unit->view();
    born.notes = {"a note"};
    born.issued = {{issuance_id(1), issuance_id(2), issuance_id(3)}};
    born.unpinned_roots = {born.chain[0].certificate};
    const nlohmann::ordered_json json = to_json(born);
    CHECK(authority_view_from_json(json, world.cache) == born);
    x509::CertificateCache fresh;
    CHECK(to_json(authority_view_from_json(json, fresh)) == json);
}

TEST_CASE("A view in JSON that lacks something, or says something else than it holds, is refused") {
    UnitWorld world;
    const auto unit = world.unit();
    static_cast<void>(unit->perform(unit->plan({}).steps.at(0), {}));
    const nlohmann::ordered_json whole = to_json(*unit->view());
    for (const auto& item : whole.items()) {
        CAPTURE(item.key());
        nlohmann::ordered_json less = whole;
        less.erase(item.key());
        CHECK(code_of([&] { static_cast<void>(authority_view_from_json(less, world.cache)); }) ==
              "bad-observation");
        nlohmann::ordered_json wrong = whole;
        wrong[item.key()] = 7;
        CHECK(code_of([&] { static_cast<void>(authority_view_from_json(wrong, world.cache)); }) ==
              "bad-observation");
    }
    nlohmann::ordered_json more = whole;
    more["chain"][0]["more"] = 7;
    CHECK(code_of([&] { static_cast<void>(authority_view_from_json(more, world.cache)); }) ==
          "bad-observation");
    nlohmann::ordered_json lie = whole;
    lie["chain"][0]["sha256"] = issuance_id(1);
    CHECK(code_of([&] { static_cast<void>(authority_view_from_json(lie, world.cache)); }) ==
          "bad-observation");
    lie["chain"][0]["certificate"] = "AAAA";
    CHECK(code_of([&] { static_cast<void>(authority_view_from_json(lie, world.cache)); }) ==
          "bad-observation");
    CHECK(code_of([&] {
              static_cast<void>(authority_view_from_json(nlohmann::ordered_json::array(), world.cache));
          }) == "bad-observation");
}

}  // namespace
}  // namespace edgecert::test
