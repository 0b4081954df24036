// Manifests of a made-up fleet: sites, and pools named by number, with names that vary with the seed.
#include "tests/bench/fleet_files.h"

#include <array>
#include <fstream>
#include <numeric>
#include <random>
#include <unistd.h>

#include "tests/bench/measure.h"

namespace edgecert::bench {

namespace {

constexpr std::size_t pools_a_file = 100;
constexpr std::size_t pools_a_site = 50;

const char* const shared = R"(apiVersion: edgecert/v1
kind: CertificateAuthority
metadata: {name: contoso-issuing}
spec:
  local:
    directory: ca
    subject: {commonName: Contoso Issuing CA, organization: Contoso}
    key: {algorithm: rsa, bits: 2048}
---
apiVersion: edgecert/v1
kind: CertificateTemplate
metadata: {name: web-server}
spec:
  template: WebServer
  key: {algorithm: rsa, bits: 2048, exportable: true}
  validity: 365d
  renewal: {before: 33%}
---
apiVersion: edgecert/v1
kind: SanList
metadata: {name: edge-external}
spec:
  dns: ["${pool.vars.access}", "${pool.vars.webconf}", "sip.${pool.vars.domain}"]
---
apiVersion: edgecert/v1
kind: CertificateProfile
metadata: {name: internal}
spec: {roles: [internal], friendlyName: Edge Internal}
---
apiVersion: edgecert/v1
kind: CertificateProfile
metadata: {name: external}
spec:
  roles: [access-edge-external, data-edge-external]
  friendlyName: Edge External
  subject: {commonName: "${pool.vars.access}"}
  sans: [edge-external]
---
apiVersion: edgecert/v1
kind: CertificateProfile
metadata: {name: av}
spec:
  roles: [audio-video-authentication]
  friendlyName: Edge A/V
  subject: {commonName: "av.${pool.vars.domain}"}
)";

std::string site_document(const std::string& site) {
    return "---\napiVersion: edgecert/v1\nkind: Site\nmetadata: {name: " + site +
           "}\nspec:\n"
           "  subject: {organization: Contoso, organizationalUnit: UC, country: NL, state: Noord-Holland, "
           "locality: Amsterdam}\n"
           "  authority: contoso-issuing\n  template: web-server\n"
           "  store: {directory: \"stores/${pool.name}/${server.name}\"}\n";
}

std::string padded(std::size_t number) {
    const std::string digits = std::to_string(number);
    return std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits;
}

std::string site_name(std::size_t pool) {
    return "site-" + padded(pool / pools_a_site);
}

std::string pool_document(std::size_t number, std::mt19937& random) {
    constexpr std::array<const char*, 6> towns{"ams", "berlin", "lisboa", "oslo", "praha", "torino"};
    const std::string name = "edge-" + padded(number) + "-" + towns.at(random() % towns.size());
    const std::string domain = name + ".contoso.com";
    std::string text = "---\napiVersion: edgecert/v1\nkind: EdgePool\nmetadata: {name: " + name +
                       "}\nspec:\n  site: " + site_name(number) + "\n  fqdn: edge-int." + name +
                       ".contoso.net\n  vars: {access: access." + domain + ", webconf: webconf." + domain +
                       ", domain: " + domain + "}\n  requestOn: edge01\n  servers:\n";
    for (std::size_t server = 1; server <= servers_a_pool; ++server) {
        const std::string label = "edge0" + std::to_string(server);
        text += "    - name: " + label + "\n      fqdn: " + label + "." + name + ".contoso.net\n";
    }
    text += "  certificates:\n    - internal\n    - external\n    - av\n";
    for (const char* const role : {"proxy", "xmpp"}) {
        const std::string host = std::string(role) + "." + domain;
        text += std::string("    - name: ") + role + "\n      roles: [" + role +
                "]\n      friendlyName: Edge " + role + "\n      subject:\n        commonName: " + host +
                "\n        organizationalUnit: UC " + role + "\n      names:\n        - a." + host +
                "\n        - b." + host + "\n";
    }
    return text;
}

}  // namespace

std::vector<ManifestFile> manifests_of(const FleetShape& shape) {
    std::mt19937 random(shape.seed);
    std::vector<ManifestFile> files{{"shared.yaml", shared}};
    for (std::size_t pool = 0; pool < shape.pools; ++pool) {
        if (pool % pools_a_site == 0) {
            files.front().bytes += site_document(site_name(pool));
        }
        if (pool % pools_a_file == 0) {
            files.push_back({"pools-" + padded(pool) + ".yaml", {}});
        }
        files.back().bytes += pool_document(pool, random);
    }
    return files;
}

FleetFolder::FleetFolder(const FleetShape& shape) : files_(manifests_of(shape)) {
    std::string pattern = (std::filesystem::temp_directory_path() / "edgecert-bench-XXXXXX").string();
    require(mkdtemp(pattern.data()) != nullptr, "a temporary folder can be made");
    path_ = pattern;
    for (const ManifestFile& file : files_) {
        write(file);
    }
}

FleetFolder::~FleetFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::size_t FleetFolder::bytes() const {
    return std::accumulate(
        files_.begin(), files_.end(), std::size_t{0}, [](std::size_t sum, const auto& file) {
            return sum + file.bytes.size();
        });
}

void FleetFolder::edit_one_line() {
    ManifestFile& file = files_.at(1);
    const std::string line = "        - a.proxy.";
    const std::size_t place = file.bytes.find(line);
    require(place != std::string::npos, "the first pool has a line to edit");
    file.bytes.insert(place + std::string("        - a").size(), "-new");
    write(file);
}

void FleetFolder::write(const ManifestFile& file) const {
    std::ofstream stream(path_ / file.name, std::ios::binary);
    stream << file.bytes;
    require(stream.flush().good(), "a manifest can be written");
}

}  // namespace edgecert::bench
