// Manifests are looked for beside what stores and CAs keep, not in it.
#include "resources/kinds/state_folders.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <sys/stat.h>

#include "resources/authorities/local_folder.h"
#include "resources/kinds/fleet.h"
#include "resources/stores/open.h"
#include "resources/x509/chain.h"
#include "tests/unit/ground/temporary.h"
#include "tests/unit/kinds/fleets.h"

namespace edgecert {
namespace {

namespace fs = std::filesystem;
using ground_test::Temporary;

class StillClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override { return tests::today(); }
    void sleep(Seconds) override {}
};

AuthoritySpec small_authority() {
    LocalAuthority local;
    local.subject.common_name = "Contoso Issuing CA";
    local.key = {x509::KeyAlgorithm::ecdsa, 256};
    local.validity = std::chrono::days{30};
    AuthoritySpec spec;
    spec.name = "contoso";
    spec.kind = local;
    return spec;
}

// A CA and a store as they are really made, below manifests.
void make_state(const Temporary& place) {
    const auto random = [](std::size_t count) { return std::string(count, 'x'); };
    const Folder folder = Folder::open(place.path() / "state" / "ca", true);
    make_local_ca(folder, small_authority(), random, tests::today());
    x509::CertificateCache cache;
    const auto ca = open_local_ca((place.path() / "state" / "ca").string(), cache);
    REQUIRE(ca);
    StillClock clock;
    StoreSpec spec;
    spec.directory = (place.path() / "state" / "stores" / "edge01").string();
    open_directory_store(spec, clock)->trust(TrustKind::root, ca->root, "contoso", "ams-edge");
}

}  // namespace

TEST_CASE("rubbish in a store or a CA below the manifests does not stop the fleet") {
    const Temporary place;
    place.write("fleet.yaml", tests::with_pool());
    make_state(place);
    place.write("state/ca/ca/notes.yaml", "not: a manifest\n");
    place.write("state/ca/evil.yml", "{{{{");
    place.write("state/stores/edge01/values.yaml", "not: a manifest\n");
    place.write("state/stores/edge01/personal/deeper/values.yaml", "{{{{");
    place.write("state/stores/edge01/id", "spoilt by somebody");  // with personal beside it
    CHECK(tests::codes(load_fleet({place.path()}, tests::today())).empty());
}

TEST_CASE("a store that only trusts something yet is known by its id") {
    const Temporary place;
    make_state(place);
    const fs::path store = place.path() / "state" / "stores" / "edge01";
    REQUIRE_FALSE(fs::exists(store / "personal"));
    CHECK(is_kept_state(store));
    CHECK(is_kept_state(place.path() / "state" / "ca"));
    CHECK_FALSE(is_kept_state(place.path() / "state"));
    CHECK_FALSE(is_kept_state(place.path() / "state" / "stores"));
}

TEST_CASE("folders of manifests that look a little like a store or a CA are read") {
    const Temporary place;
    place.write("a/id", "somebody's own\n");
    place.write("a/roles/fleet.yaml", tests::with_pool());
    place.write("b/personal/wrong.yaml", "kind: [\n");
    place.write("c/ca/wrong.yaml", "kind: [\n");
    CHECK(tests::codes(load_fleet({place.path()}, tests::today())).size() == 2);
    fs::create_directories(place.path() / "d" / "id");
    fs::create_directories(place.path() / "d" / "personal");
    CHECK_FALSE(is_kept_state(place.path() / "d"));
    REQUIRE(::mkfifo((place.path() / "b" / "id").c_str(), 0600) == 0);
    CHECK_FALSE(is_kept_state(place.path() / "b"));
}

TEST_CASE("a store's folder that is named itself is looked into") {
    const Temporary place;
    make_state(place);
    const fs::path store = place.path() / "state" / "stores" / "edge01";
    place.write("state/stores/edge01/fleet.yaml", tests::with_pool());
    CHECK(tests::codes(load_fleet({store}, tests::today())).empty());
}

}  // namespace edgecert
