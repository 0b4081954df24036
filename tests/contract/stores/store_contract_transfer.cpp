// Keys that move: exported and imported in every profile, or refused.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/contract/stores/store_contract_tools.h"

namespace edgecert::store_contract {

namespace {

Secret password() {
    return Secret{std::string("correct horse")};
}

PersonalLabel label(char issuance, bool exportable = true) {
    PersonalLabel made;
    made.pool = pool;
    made.name = "internal";
    made.requirement = hex_id('e');
    made.issuance = hex_id(issuance);
    made.friendly_name = "Edge Internal";
    made.exportable = exportable;
    made.submitted = start();
    return made;
}

void round_trip(const StoreUnderTest& store, x509::PfxProfile profile) {
    const CertificateId id = install(store, 'a');
    const StoreObservation source = look(store);
    const Secret pfx = store.open()->export_pfx(id, password(), profile);
    CHECK_MESSAGE(look(store) == source, "exporting changes nothing");
    const x509::PfxContents inside = x509::parse_pfx(pfx.view(), password(), cache());
    REQUIRE(inside.certificate != nullptr);
    CHECK(inside.certificate->sha256 == id);
    CHECK(inside.key.spki_sha256 == inside.certificate->spki_sha256);
    CHECK(inside.friendly_name == "Edge Internal");
    CHECK(inside.chain == chain());

    store.reset();  // the store of another server
    PersonalLabel wanted = label('a');
    wanted.submitted = source.personal.at(0).submitted;
    store.open()->import_pfx(pfx, password(), wanted);
    const StoreObservation target = look(store);
    REQUIRE(target.personal.size() == 1);
    CHECK(target.personal[0] == source.personal.at(0));
    CHECK(target.requests.empty());
    CHECK_FALSE(store.open()->export_pfx(id, password(), profile).empty());
}

void modern_round_trip(const StoreUnderTest& store) {
    round_trip(store, x509::PfxProfile::modern);
}

void old_round_trip(const StoreUnderTest& store) {
    round_trip(store, x509::PfxProfile::tdes_sha1);
}

void not_exportable(const StoreUnderTest& store) {
    const CertificateId id = install(store, 'a', false);
    REQUIRE(find_personal(look(store), id) != nullptr);
    CHECK_FALSE(find_personal(look(store), id)->exportable);
    CHECK(refusal([&] {
              static_cast<void>(store.open()->export_pfx(id, password(), x509::PfxProfile::modern));
          }) == "key-not-exportable");
    const Held held = held_elsewhere(store, "0c01");
    store.open()->import_pfx(pfx_of(held, password()), password(), label('b', false));
    CHECK(refusal([&] {
              static_cast<void>(
                  store.open()->export_pfx(held.certificate->sha256, password(), x509::PfxProfile::modern));
          }) == "key-not-exportable");
}

void nothing_to_export(const StoreUnderTest& store) {
    install(store, 'a');
    CHECK(refusal([&] {
              static_cast<void>(store.open()->export_pfx(hex_id('0'), password(), x509::PfxProfile::modern));
          }) == "no-such-entry");
}

void imported_twice(const StoreUnderTest& store) {
    const Held held = held_elsewhere(store, "0c01");
    const Secret pfx = pfx_of(held, password());
    store.open()->import_pfx(pfx, password(), label('b'));
    const StoreObservation before = look(store);
    store.open()->import_pfx(pfx, password(), label('b'));
    CHECK(look(store) == before);
}

void ours_gets_the_label(const StoreUnderTest& store) {
    const Held held = held_elsewhere(store, "0c01");
    const Secret pfx = pfx_of(held, password());
    store.open()->import_pfx(pfx, password(), label('b'));
    PersonalLabel relabelled = label('b');
    relabelled.requirement = hex_id('d');
    relabelled.friendly_name = "Edge Internal, new";
    store.open()->import_pfx(pfx, password(), relabelled);
    const StoreObservation seen = look(store);
    REQUIRE(seen.personal.size() == 1);
    CHECK(seen.personal[0].requirement == hex_id('d'));
    CHECK(seen.personal[0].friendly_name == "Edge Internal, new");
    CHECK(seen.personal[0].key == KeyState::present);
}

void theirs_stays_theirs(const StoreUnderTest& store) {
    const Held held = held_elsewhere(store, "0c01");
    const Secret pfx = pfx_of(held, password());
    PersonalLabel theirs;
    theirs.friendly_name = "brought by hand";
    theirs.exportable = true;
    theirs.owned = false;
    store.open()->import_pfx(pfx, password(), theirs);
    const StoreObservation before = look(store);
    REQUIRE(before.personal.size() == 1);
    CHECK_FALSE(before.personal[0].owned);
    CHECK(before.personal[0].key == KeyState::present);
    store.open()->import_pfx(pfx, password(), label('b'));
    CHECK_MESSAGE(look(store) == before, "importing what somebody else put there must not make it ours");
}

void wrong_password(const StoreUnderTest& store) {
    install(store, 'a');
    const StoreObservation before = look(store);
    const Secret pfx = pfx_of(held_elsewhere(store, "0c01"), password());
    CHECK_FALSE(
        refusal([&] { store.open()->import_pfx(pfx, Secret{std::string("wrong")}, label('b')); }).empty());
    CHECK(look(store) == before);
    CHECK_FALSE(refusal([&] {
                    store.open()->import_pfx(Secret{std::string("rubbish")}, password(), label('b'));
                }).empty());
    CHECK(look(store) == before);
}

void lost_key_comes_back(const StoreUnderTest& store) {
    if (!store.somebody_else.loses_key) {
        return;
    }
    const CertificateId id = install(store, 'a');
    const Secret pfx = store.open()->export_pfx(id, password(), x509::PfxProfile::modern);
    store.somebody_else.loses_key(id);
    REQUIRE(find_personal(look(store), id) != nullptr);
    CHECK(find_personal(look(store), id)->key == KeyState::absent);
    CHECK_FALSE(refusal([&] {
                    static_cast<void>(store.open()->export_pfx(id, password(), x509::PfxProfile::modern));
                }).empty());
    store.open()->import_pfx(pfx, password(), label('a'));
    REQUIRE(find_personal(look(store), id) != nullptr);
    CHECK(find_personal(look(store), id)->key == KeyState::present);
}

}  // namespace

void add_transfer_cases(std::vector<StoreCase>& cases) {
    cases.push_back({"certificate, key and chain travel in the modern profile", modern_round_trip});
    cases.push_back({"certificate, key and chain travel in the profile of old Windows", old_round_trip});
    cases.push_back(
        {"a key that is not exportable stays, whether it was made or imported here", not_exportable});
    cases.push_back({"what is not there cannot be exported", nothing_to_export});
    cases.push_back({"importing again changes nothing", imported_twice});
    cases.push_back({"importing over an entry of ours gives it the label", ours_gets_the_label});
    cases.push_back({"importing over somebody else's entry leaves it theirs", theirs_stays_theirs});
    cases.push_back({"a wrong password and rubbish leave nothing behind", wrong_password});
    cases.push_back({"an import brings a lost key back", lost_key_comes_back});
}

}  // namespace edgecert::store_contract
