// What counts as the same failure when the simulation makes a failing life small.
#include "tests/simulation/shrink.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace edgecert::simulation {

namespace {

Violation said(const std::string& invariant, const std::string& text) {
    return {invariant, text, "", {"lon", "internal", "contoso-local"}};
}

std::vector<std::string> rest(const Parts& without) {
    std::vector<std::string> left;
    for (const std::string part : {"a", "b", "c"}) {
        if (!without.contains(part)) {
            left.push_back(part);
        }
    }
    return left;
}

}  // namespace

TEST_CASE("violations that differ in names, numbers and addresses only are of one kind") {
    CHECK(kind_of(said("I5", "contoso-local accepted issuance 1f00aa23 2 times")) ==
          kind_of(said("I5", "contoso-local accepted issuance 77c1b0e9 3 times")));
    CHECK(kind_of(said("I1", "internal on lon/edge01 points at 1f00aa23 without its key")) ==
          kind_of(said("I1", "internal on /sim/lon/fe01 points at 7 without its key")));
    CHECK(kind_of(said("I7", "later: lon: assign-role edge01 internal (new)")) ==
          kind_of(said("I7", "later: lon: assign-role edge02 (new)")));
    Violation longer = said("convergence", "not converged after 9 quiet runs");
    longer.detail = ": lon: wait internal (key-lost)";
    CHECK(kind_of(longer) == kind_of(said("convergence", "not converged after 9 quiet runs")));
    CHECK(words_of(longer) == "not converged after 9 quiet runs: lon: wait internal (key-lost)");
}

TEST_CASE("violations of one invariant that say different things are of two kinds") {
    CHECK(kind_of(said("I5", "2 open requests for lon/internal")) !=
          kind_of(said("I5", "contoso-local accepted issuance 1f00aa23 2 times")));
    CHECK(kind_of(said("I1", "internal on lon/edge01 points at 1f00aa23 without its key")) !=
          kind_of(said("I1", "internal on lon/edge01 points at 1f00aa23, whose chain is not trusted there")));
    CHECK(kind_of(said("I7", "later: lon: assign-role internal (new)")) !=
          kind_of(said("I7", "later: lon: retire-certificate internal (superseded)")));
    CHECK(kind_of(said("I1", "it is so")) != kind_of(said("I2", "it is so")));
}

TEST_CASE("a life is made smaller while it fails in the same way, and other failures are told once") {
    const Violation first = said("I5", "2 open requests for lon/internal");
    const auto attempt = [&](const Parts& without) -> std::optional<Violation> {
        if (without.contains("b")) {
            return said("I5", "contoso-local accepted issuance 1f00aa23 2 times");
        }
        return without.contains("c") ? std::nullopt : std::optional(said("I5", "3 open requests for par/7"));
    };
    const Shrunk shrunk = shrink({}, first, rest, attempt);
    CHECK(shrunk.without == Parts{"a"});
    CHECK(shrunk.otherwise ==
          std::vector<std::string>{"another failure, not followed: I5: contoso-local accepted issuance "
                                   "1f00aa23 2 times: --without 'a,b'"});
}

}  // namespace edgecert::simulation
