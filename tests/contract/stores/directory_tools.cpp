// Files of directory stores as a person sees and spoils them.
#include "tests/contract/stores/directory_tools.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkdtemp is POSIX's
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <vector>

namespace edgecert {
namespace {

namespace fs = std::filesystem;

std::string described(const fs::directory_entry& entry, const fs::path& top) {
    std::string line = entry.path().lexically_relative(top).string();
    if (entry.is_symlink()) {
        return line + " -> " + fs::read_symlink(entry.path()).string();
    }
    line += " " + std::to_string(mode_of(entry.path()));
    return entry.is_regular_file() ? line + " " + read_text(entry.path()) : line;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "edgecert-store-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("no temporary folder");
    }
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

std::string read_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_text(const fs::path& path, std::string_view text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

unsigned mode_of(const fs::path& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0U;
}

std::vector<std::string> snapshot(const fs::path& folder) {
    std::vector<std::string> lines;
    if (fs::exists(folder)) {
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
            lines.push_back(described(entry, folder));
        }
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

SomebodyElse somebody_with_a_shell(const std::function<fs::path()>& folder) {
    SomebodyElse somebody;
    somebody.trusts = [folder](TrustKind kind, const x509::CertificateRef& certificate) {
        const fs::path place = folder() / (kind == TrustKind::root ? "root" : "intermediate");
        write_text(place / "by-hand.pem", x509::to_pem(*certificate));
    };
    somebody.installs = [folder](const x509::CertificateRef& certificate, const x509::PrivateKey* key) {
        const fs::path place = folder() / "personal" / certificate->sha256;
        write_text(place / "certificate.pem", x509::to_pem(*certificate));
        if (key != nullptr) {
            write_text(place / "key.pem", key->pem.view());
            ::chmod((place / "key.pem").c_str(), 0600);
        }
    };
    somebody.points = [folder](const std::string& role, const CertificateId& id) {
        fs::create_directories(folder() / "roles");
        fs::remove(folder() / "roles" / role);
        fs::create_symlink("../personal/" + id, folder() / "roles" / role);
    };
    somebody.loses_key = [folder](const CertificateId& id) {
        fs::remove(folder() / "personal" / id.str() / "key.pem");
    };
    somebody.exposes_key = [folder](const CertificateId& id) {
        ::chmod((folder() / "personal" / id.str() / "key.pem").c_str(), 0644);
    };
    return somebody;
}

std::vector<std::string> finding_codes(const StoreObservation& seen) {
    std::vector<std::string> codes;
    for (const Finding& finding : seen.findings) {
        codes.push_back(finding.path + ": " + finding.code);
    }
    return codes;
}

}  // namespace edgecert
