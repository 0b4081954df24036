// The store of a Windows server, behind edgecert-node.exe under Wine, keeps the contract of certificate
// stores.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/text/encoding.h"
#include "resources/stores/open.h"
#include "tests/contract/stores/directory_tools.h"
#include "tests/contract/stores/store_contract.h"
#include "tests/support/run_program.h"

namespace edgecert {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
    if (value == nullptr) {
        throw std::runtime_error(std::string(name) + " is not set: run this under tests/support/wine.py");
    }
    return value;
}

// Stores and a folder of their own in one Wine prefix; the next one for each case.
class Machine {
public:
    [[nodiscard]] std::string prefix() const { return "Case" + std::to_string(number_); }
    [[nodiscard]] fs::path data() const {
        return fs::path(variable("WINEPREFIX")) / "drive_c" / ("edgecert-" + std::to_string(number_));
    }
    void next() { ++number_; }

    [[nodiscard]] std::vector<std::string> node(const std::vector<std::string>& more = {}) const {
        std::vector<std::string> argv{variable("EDGECERT_WINE"),
                                      EDGECERT_WINDOWS_NODE,
                                      "--stores",
                                      prefix(),
                                      "--data",
                                      "C:\\edgecert-" + std::to_string(number_)};
        argv.insert(argv.end(), more.begin(), more.end());
        return argv;
    }

    // What a person does there, by a program that knows nothing of edgecert.
    void outside(std::vector<std::string> words) const {
        words.insert(words.begin(), {variable("EDGECERT_WINE"), EDGECERT_WINDOWS_PROGRAMS "/outsider.exe"});
        const test::Ran ran = test::run_program(words);
        if (ran.status != 0) {
            throw std::runtime_error("outsider: " + ran.out + ran.err);
        }
    }

    [[nodiscard]] std::string thumbprint(CertificateStore& store, const CertificateId& id) const {
        x509::CertificateCache cache;
        for (const PersonalEntry& entry : store.observe(cache).personal) {
            if (entry.id == id) {
                return entry.certificate->sha1;
            }
        }
        return std::string(40, '0');
    }

private:
    int number_{};
};

std::string openssl_file(const TemporaryFolder& folder, const x509::PrivateKey& key) {
    const fs::path pem = folder.path() / "key.pem";
    const fs::path blob = folder.path() / "key.blob";
    write_text(pem, key.pem.view());
    const test::Ran ran = test::run_program(
        {"openssl", "rsa", "-in", pem.string(), "-outform", "MSBLOB", "-out", blob.string()});
    if (ran.status != 0) {
        throw std::runtime_error("openssl: " + ran.err);
    }
    return blob.string();
}

SomebodyElse somebody_at(const Machine& machine, const TemporaryFolder& folder, const StoreUnderTest& store) {
    SomebodyElse somebody;
    const auto certificate_file = [&folder](const x509::CertificateRef& certificate) {
        const fs::path path = folder.path() / (certificate->sha256 + ".der");
        write_text(path, certificate->der);
        return path.string();
    };
    somebody.trusts = [&machine, certificate_file](TrustKind kind, const x509::CertificateRef& certificate) {
        const std::string name = machine.prefix() + (kind == TrustKind::root ? "Root" : "CA");
        machine.outside({"add", name, certificate_file(certificate)});
    };
    somebody.installs = [&machine, &folder, certificate_file](const x509::CertificateRef& certificate,
                                                              const x509::PrivateKey* key) {
        const std::string path = certificate_file(certificate);
        if (key == nullptr) {
            return machine.outside({"add", machine.prefix() + "My", path});
        }
        machine.outside({"install", machine.prefix() + "My", path, openssl_file(folder, *key)});
    };
    somebody.points = [&machine, &store](const std::string& role, const CertificateId& id) {
        const std::string thumbprint = machine.thumbprint(*store.open(), id);
        write_text(machine.data() / "roles" / ("role-" + role + ".thumbprint"), thumbprint + "\r\n");
    };
    somebody.loses_key = [&machine, &store](const CertificateId& id) {
        machine.outside({"lose-key", machine.prefix() + "My", machine.thumbprint(*store.open(), id)});
    };
    return somebody;
}

}  // namespace

TEST_CASE("the store of a Windows server keeps the contract of certificate stores") {
    StillClock clock;
    static Machine machine;
    const TemporaryFolder folder;
    StoreUnderTest store;
    store.name = "windows";
    store.key = {x509::KeyAlgorithm::rsa, 2048};
    store.open = [&] { return open_remote_store(machine.node(), "edge01", clock, {}); };
    store.reset = [] { machine.next(); };
    store.somebody_else = somebody_at(machine, folder, store);
    check_store_contract(store);
}

}  // namespace edgecert
