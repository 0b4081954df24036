// The store behind a node, a process of its own, keeps the contract of certificate stores.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "resources/stores/open.h"
#include "tests/contract/stores/directory_tools.h"
#include "tests/contract/stores/store_contract.h"

namespace edgecert {

TEST_CASE("the store behind a node keeps the contract of certificate stores") {
    StillClock clock;
    auto folder = std::make_unique<TemporaryFolder>();
    const auto place = [&folder] { return folder->path() / "store"; };
    StoreUnderTest store;
    store.name = "remote";
    store.open = [&] {
        return open_remote_store({EDGECERT_TEST_NODE, place().string()}, "edge01", clock, {});
    };
    store.reset = [&] { folder = std::make_unique<TemporaryFolder>(); };
    store.somebody_else = somebody_with_a_shell(place);
    check_store_contract(store);
}

}  // namespace edgecert
