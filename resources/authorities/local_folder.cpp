// Reads, checks and makes the folder of a local CA.
#include "resources/authorities/local_folder.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "engine/text/secret.h"
#include "resources/authorities/unit.h"
#include "resources/x509/chain.h"
#include "resources/x509/issue.h"

namespace edgecert {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* ca_folder = "ca";
constexpr const char* making_folder = "making";
constexpr const char* private_folder = "private";
constexpr const char* record_file = "authority.json";
constexpr const char* record_format = "edgecert.local-authority/1";
constexpr std::size_t file_limit = 64U << 10U;
constexpr std::size_t longest_common_name = 64;  // ub-common-name, RFC 5280 appendix A.1

[[noreturn]] void refuse(const std::string& text, const std::string& hint = {}) {
    throw Error("authority-refused", text, hint);
}

const char* key_file(bool root) {
    return root ? "root.key" : "issuing.key";
}

std::string read_part(const Folder& folder, const std::string& name) {
    const std::optional<std::string> bytes = folder.read(name, file_limit);
    if (!bytes)
        refuse("the CA in " + folder.path().string() + " lacks its " + name, "restore it from a backup");
    return *bytes;
}

std::string member(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

x509::CertificateRef read_certificate(const Folder& folder,
                                      const std::string& name,
                                      x509::CertificateCache& cache) {
    try {
        return cache.parse(x509::der_of_pem(read_part(folder, name)));
    } catch (const Error& error) {
        if (error.diagnostic().code == "authority-refused")
            throw;
        refuse((folder.path() / name).string() + " is no certificate: " + error.what(),
               "restore it from a backup");
    }
}

// A key that is absent is a fact; one that somebody else may read is a reason to stop.
void check_key_mode(const Folder& keys, const char* name) {
    const std::optional<Folder::Stat> status = keys.stat(name);
    if (!status)
        return;
    const std::string path = (keys.path() / name).string();
    if (status->kind != Folder::Stat::Kind::file)
        refuse(path + " is not a regular file");
    if ((status->mode & 077U) != 0) {
        refuse("others than its owner may read or write the private key " + path,
               "chmod 600 " + path + ", and think of the key as known to whoever could read it");
    }
}

void check_keys(const Folder& ca) {
    const std::optional<Folder> keys = ca.enter(private_folder);
    if (!keys)
        return;
    check_key_mode(*keys, key_file(true));
    check_key_mode(*keys, key_file(false));
}

LocalCa read_ca(Folder folder, x509::CertificateCache& cache) {
    const Json record = Json::parse(read_part(folder, record_file), nullptr, false);
    if (!record.is_object() || member(record, "format") != record_format) {
        refuse((folder.path() / record_file).string() + " is not what this program wrote",
               "restore it from a backup");
    }
    x509::CertificateRef root = read_certificate(folder, "root.pem", cache);
    x509::CertificateRef issuing = read_certificate(folder, "issuing.pem", cache);
    if (!root->self_signed || !root->is_authority)
        refuse((folder.path() / "root.pem").string() + " is no root");
    if (!issuing->is_authority || !x509::issued_by(*issuing, *root)) {
        refuse((folder.path() / "issuing.pem").string() + " is not issued by the root beside it");
    }
    check_keys(folder);
    return LocalCa{.folder = std::move(folder),
                   .declaration = member(record, "declaration"),
                   .root_birth = member(record, "rootBirth"),
                   .issuing_birth = member(record, "issuingBirth"),
                   .root = std::move(root),
                   .issuing = std::move(issuing)};
}

void refuse_foreign_files(const Folder& folder) {
    constexpr std::array<std::string_view, 3> expected{local_lock_file, making_folder, "lost+found"};
    for (const std::string& name : folder.names()) {
        if (std::find(expected.begin(), expected.end(), name) != expected.end())
            continue;
        refuse(folder.path().string() + " holds no CA, and is not empty: there is \"" + printable(name, 100) +
                   "\"",
               "name an empty folder, or one that does not exist yet");
    }
}

struct Born {
    x509::PrivateKey key{};
    x509::CertificateRef certificate{};
};

Born bear(const x509::Issuance& what, x509::PrivateKey key, const Born* issuer) {
    Born born{.key = std::move(key)};
    born.certificate =
        x509::sign_certificate(what,
                               issuer != nullptr ? issuer->key : born.key,
                               issuer != nullptr ? issuer->certificate : x509::CertificateRef{});
    return born;
}

x509::Issuance authority_issuance(const LocalAuthority& local, const RandomBytes& random_bytes, Instant now) {
    x509::Issuance what;
    what.subject = local.subject;
    what.not_before = now - local_backdate;
    what.not_after = now + local.validity;
    what.authority = true;
    what.serial = random_serial(random_bytes);
    return what;
}

void write_ca(
    const Folder& making, const AuthoritySpec& spec, const Born& root, const Born& issuing, Instant now) {
    const Folder keys = making.make(private_folder, 0700);
    keys.replace(key_file(true), root.key.pem.view(), 0600);
    keys.replace(key_file(false), issuing.key.pem.view(), 0600);
    static_cast<void>(making.make("log"));
    making.replace("root.pem", x509::to_pem(*root.certificate));
    making.replace("issuing.pem", x509::to_pem(*issuing.certificate));
    making.replace("chain.pem", x509::to_pem(*issuing.certificate) + x509::to_pem(*root.certificate));
    const Json record{{"format", record_format},
                      {"name", spec.name},
                      {"declaration", spec.declaration},
                      {"rootBirth", birth_id(spec, true)},
                      {"issuingBirth", birth_id(spec, false)},
                      {"subject", x509::to_text(issuing.certificate->subject)},
                      {"made", to_rfc3339(now)}};
    making.replace(record_file, record.dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
}

}  // namespace

std::string random_serial(const RandomBytes& random_bytes) {
    std::string bytes = random_bytes(16);
    if (bytes.size() != 16)
        throw Error("authority-refused", "the source of randomness gave too little");
    const auto first = static_cast<unsigned char>(bytes.front());
    bytes.front() = static_cast<char>((first & 0x3FU) | 0x40U);  // positive, and always 16 octets
    return to_hex(bytes);
}

std::optional<LocalCa> open_local_ca(const std::string& directory, x509::CertificateCache& cache) {
    try {
        const std::optional<Folder> folder = Folder::open_existing(directory);
        if (!folder)
            return std::nullopt;
        std::optional<Folder> ca = folder->enter(ca_folder);
        if (ca)
            return read_ca(std::move(*ca), cache);
        refuse_foreign_files(*folder);
        return std::nullopt;
    } catch (const Error& error) {
        if (error.diagnostic().code == "authority-refused")
            throw;
        refuse(error.diagnostic().text, error.diagnostic().hint);
    }
}

bool has_private_key(const LocalCa& ca, bool root) {
    const std::optional<Folder> keys = ca.folder.enter(private_folder);
    return keys && keys->stat(key_file(root)).has_value();
}

x509::PrivateKey read_issuing_key(const LocalCa& ca) {
    const std::optional<Folder> keys = ca.folder.enter(private_folder);
    if (!keys)
        refuse("the CA in " + ca.folder.path().string() + " has no private keys",
               "restore them from a backup");
    check_key_mode(*keys, key_file(false));
    std::string pem = read_part(*keys, key_file(false));
    const Secret held(std::move(pem));
    x509::PrivateKey key = x509::parse_key(held.view());
    if (key.spki_sha256 != ca.issuing->spki_sha256) {
        refuse((keys->path() / key_file(false)).string() + " is not the key of the issuing CA",
               "restore it from a backup");
    }
    return key;
}

void make_local_ca(const Folder& folder,
                   const AuthoritySpec& spec,
                   const RandomBytes& random_bytes,
                   Instant now) {
    const auto& local = std::get<LocalAuthority>(spec.kind);
    const std::string root_name = local.subject.common_name + " Root";
    if (local.subject.common_name.empty() || root_name.size() > longest_common_name) {
        refuse("a CA's common name is 1 to 59 octets long, for its root is named \"" + printable(root_name) +
               "\"");
    }
    x509::Issuance root_issuance = authority_issuance(local, random_bytes, now);
    root_issuance.subject.common_name = root_name;
    x509::PrivateKey root_key = x509::generate_key(local.key);
    root_issuance.spki_der = root_key.spki_der;
    const Born root = bear(root_issuance, std::move(root_key), nullptr);

    x509::Issuance issuance = authority_issuance(local, random_bytes, now);
    x509::PrivateKey key = x509::generate_key(local.key);
    issuance.spki_der = key.spki_der;
    issuance.path_length = 0;
    const Born issuing = bear(issuance, std::move(key), &root);

    folder.remove_tree(making_folder);
    const Folder making = folder.make(making_folder);
    write_ca(making, spec, root, issuing, now);
    making.sync();
    folder.rename(making_folder, ca_folder);
}

}  // namespace edgecert
