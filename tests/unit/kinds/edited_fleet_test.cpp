// Plans kept between edits: after any edit of the manifests the plan is the one that a fresh start would
// make.
#include <doctest/doctest.h>

#include <algorithm>

#include "resources/pool/observed_fleet.h"
#include "tests/unit/kinds/fleets.h"

using namespace edgecert;
using edgecert::tests::base;
using edgecert::tests::resolve_text;

namespace {

const std::string list =
    "apiVersion: edgecert/v1\nkind: SanList\nmetadata: {name: more}\nspec: {dns: [MORE]}\n---\n";

std::string pool(const std::string& name, const std::string& more = {}) {
    return "---\napiVersion: edgecert/v1\nkind: EdgePool\nmetadata: {name: " + name +
           "}\nspec:\n  site: amsterdam\n  fqdn: " + name + ".contoso.net\n" +
           "  certificates: [{name: internal, roles: [internal], sans: [more]" + more + "}]\n" +
           "  servers:\n    - {name: e1, fqdn: e1." + name + ".contoso.net, store: {directory: /x/" + name +
           "/e1}}\n    - {name: e2, fqdn: e2." + name + ".contoso.net, store: {directory: /x/" + name +
           "/e2}}\n";
}

std::string fleet(const std::string& dns, const std::string& pools) {
    std::string shared = list;
    shared.replace(shared.find("MORE"), 4, dns);
    const std::string text = base();
    return shared + text.substr(0, text.rfind("---\n")) + pools;
}

FleetPart whole(const Fleet& fleet) {
    FleetPart part;
    for (const AuthoritySpec& authority : fleet.authorities) {
        part.authorities.insert(authority.name);
    }
    for (const Pool& pool : fleet.pools) {
        part.pools.insert(pool.name);
    }
    return part;
}

// Two of three pools were seen, with empty stores; the first pool's second server was not.
Observation seen() {
    Observation observation{.at = tests::today()};
    AuthorityView authority{.name = "contoso"};
    authority.exists = false;
    observation.authorities.emplace("contoso", authority);
    ServerView empty;
    empty.observed = tests::today();
    observation.pools["a"].servers = {{"e1", empty}};
    observation.pools["b"].servers = {{"e1", empty}, {"e2", empty}};
    return observation;
}

PlanInputs now() {
    PlanInputs inputs;
    inputs.at = tests::today();
    return inputs;
}

Resolved resolved(const std::string& text) {
    Resolved made = resolve_text(text);
    REQUIRE(std::none_of(made.diagnostics.begin(), made.diagnostics.end(), [](const Diagnostic& diagnostic) {
        return diagnostic.severity == Severity::error;
    }));
    return made;
}

const std::vector<std::string>& edits() {
    static const std::vector<std::string> texts{
        fleet("x.contoso.net", pool("a") + pool("b") + pool("c")),
        fleet("x.contoso.net", pool("a") + pool("b", ", names: [y.contoso.net]") + pool("c")),
        fleet("x.contoso.net", pool("a") + "# a comment moves what follows\n" + pool("b") + pool("c")),
        fleet("z.contoso.net", pool("a") + pool("b") + pool("c")),  // shared by all
        fleet("z.contoso.net", pool("b") + pool("c")),
        fleet("z.contoso.net", pool("c") + pool("b") + pool("a") + pool("d")),
        fleet("z.contoso.net", pool("b")) +
            "---\napiVersion: edgecert/v1\nkind: CertificateAuthority\nmetadata: {name: unused}\nspec: "
            "{local: "
            "{directory: /x/ca2, subject: {commonName: Unused}}}\n",
        fleet("x.contoso.net", pool("a") + pool("b") + pool("c")),
    };
    return texts;
}

}  // namespace

TEST_CASE("after every edit the plan is the one that a fresh start makes") {
    ObservedFleet kept(seen(), now());
    for (const std::string& text : edits()) {
        const Resolved made = resolved(text);
        ObservedFleet fresh(seen(), now());
        const Plan& again = kept.plan(made.fleet, whole(made.fleet), made.diagnostics);
        CHECK(again == fresh.plan(made.fleet, whole(made.fleet), made.diagnostics));
        CHECK(again.requirements == requirements_digest(made.fleet));
        CHECK(has_changes(again));
    }
}

TEST_CASE("a plan of a part leaves the other pools to be planned when they are asked for") {
    const Resolved made = resolved(edits().front());
    ObservedFleet kept(seen(), now());
    CHECK(kept.plan(made.fleet, {{"contoso"}, {"b"}}, {}).units.size() == 2);
    ObservedFleet fresh(seen(), now());
    CHECK(kept.plan(made.fleet, whole(made.fleet), {}) == fresh.plan(made.fleet, whole(made.fleet), {}));
}

TEST_CASE("pools of one origin are the same pool, and an edit changes the origin of those that it touches") {
    const Resolved first = resolved(edits().front());
    REQUIRE(first.fleet.origins.size() == first.fleet.pools.size());
    std::size_t same = 0;
    for (const std::string& text : edits()) {
        const Fleet other = resolved(text).fleet;
        REQUIRE(other.origins.size() == other.pools.size());
        for (std::size_t i = 0; i < other.pools.size(); ++i) {
            for (std::size_t j = 0; j < first.fleet.pools.size(); ++j) {
                if (other.origins[i] == first.fleet.origins[j]) {
                    CHECK(other.pools[i] == first.fleet.pools[j]);
                    ++same;
                }
            }
        }
    }
    // All of the first and the last; `a` and `c` of the second. The third's comment is part of `a` and moves
    // the rest.
    CHECK(same == 3 + 2 + 0 + 3);
}

TEST_CASE("a fleet without origins is planned anew each time") {
    Resolved made = resolved(edits().front());
    made.fleet.origins.clear();
    ObservedFleet kept(seen(), now());
    const Plan first = kept.plan(made.fleet, whole(made.fleet), {});
    made.fleet.pools.front().servers.pop_back();
    ObservedFleet fresh(seen(), now());
    const Plan& second = kept.plan(made.fleet, whole(made.fleet), {});
    CHECK(second == fresh.plan(made.fleet, whole(made.fleet), {}));
    CHECK_FALSE(second == first);
}
