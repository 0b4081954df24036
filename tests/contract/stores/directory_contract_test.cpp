// The store in a folder keeps the contract of certificate stores.
#include <doctest/doctest.h>

#include <memory>

#include "resources/stores/open.h"
#include "tests/contract/stores/directory_tools.h"
#include "tests/contract/stores/store_contract.h"

namespace edgecert {

TEST_CASE("the store in a folder keeps the contract of certificate stores") {
    StillClock clock;
    auto folder = std::make_unique<TemporaryFolder>();
    const auto place = [&folder] { return folder->path() / "store"; };
    StoreUnderTest store;
    store.name = "directory";
    store.open = [&] {
        StoreSpec spec;
        spec.directory = place().string();
        return open_directory_store(spec, clock);
    };
    store.reset = [&] { folder = std::make_unique<TemporaryFolder>(); };
    store.somebody_else = somebody_with_a_shell(place);
    check_store_contract(store);
}

}  // namespace edgecert
