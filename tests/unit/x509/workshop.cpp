// A temporary folder in which other implementations make fixtures and check what we made.
#include "tests/unit/x509/workshop.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diagnostic/diagnostic.h"

namespace edgecert::x509 {

Workshop::Workshop() {
    std::string pattern = (std::filesystem::temp_directory_path() / "edgecert-x509-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error("mkdtemp");
    }
    folder_ = pattern;
}

Workshop::~Workshop() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string Workshop::read(const std::string& name) const {
    std::ifstream in(folder_ / name, std::ios::binary);
    REQUIRE_MESSAGE(in.good(), name);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void Workshop::write(const std::string& name, std::string_view bytes) const {
    std::ofstream out(folder_ / name, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    REQUIRE_MESSAGE(out.good(), name);
}

test::Ran Workshop::run(const std::vector<std::string>& argv, const std::string& input) const {
    return test::run_program(argv, {input, folder_});
}

std::string Workshop::must(const std::vector<std::string>& argv, const std::string& input) const {
    test::Ran ran = run(argv, input);
    std::string line;
    for (const std::string& argument : argv) {
        line += argument + ' ';
    }
    REQUIRE_MESSAGE(ran.status == 0, line << "ended with " << ran.status << ": " << ran.out << ran.err);
    return ran.out;
}

void Workshop::key(const std::string& name, const std::string& kind) const {
    std::vector<std::string> argv{"openssl", "genpkey", "-out", name + ".key", "-algorithm"};
    if (kind == "rsa" || kind == "pss") {
        argv.insert(argv.end(), {kind == "rsa" ? "RSA" : "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"});
    } else if (kind == "ed25519") {
        argv.emplace_back("ED25519");
    } else {
        argv.insert(
            argv.end(),
            {"EC", "-pkeyopt", kind == "p384" ? "ec_paramgen_curve:P-384" : "ec_paramgen_curve:P-256"});
    }
    must(argv);
}

CertificateRef Workshop::certificate(const Wanted& wanted) const {
    if (!std::filesystem::exists(folder_ / (wanted.name + ".key"))) {
        key(wanted.name, wanted.key);
    }
    std::string config = "[req]\ndistinguished_name=dn\n" + wanted.request + "\n[dn]\n[ext]\n";
    for (const std::string& line : wanted.extensions) {
        config += line + "\n";
    }
    write("config", config);
    std::vector<std::string> argv{"openssl",
                                  "req",
                                  "-new",
                                  "-utf8",
                                  "-config",
                                  "config",
                                  "-subj",
                                  wanted.subject,
                                  "-key",
                                  wanted.name + ".key"};
    const std::string days = std::to_string(wanted.days);
    if (wanted.issuer.empty()) {
        argv.insert(argv.end(), {"-x509", "-days", days, "-out", wanted.name + ".pem"});
        if (!wanted.extensions.empty()) {
            argv.insert(argv.end(), {"-extensions", "ext"});
        }
        argv.insert(argv.end(), wanted.options.begin(), wanted.options.end());
        must(argv);
    } else {
        argv.insert(argv.end(), {"-out", wanted.name + ".csr"});
        must(argv);
        std::vector<std::string> sign{
            "openssl", "x509", "-req", "-in", wanted.name + ".csr", "-CA", wanted.issuer + ".pem"};
        sign.insert(sign.end(),
                    {"-CAkey", wanted.issuer + ".key", "-days", days, "-out", wanted.name + ".pem"});
        sign.insert(sign.end(), {"-extfile", "config", "-extensions", "ext"});
        sign.insert(sign.end(), wanted.options.begin(), wanted.options.end());
        must(sign);
    }
    return parse_certificate(der_of_pem(read(wanted.name + ".pem")));
}

std::vector<std::string> authority_extensions(const std::string& path_length) {
    return {"basicConstraints=critical,CA:TRUE" + (path_length.empty() ? "" : ",pathlen:" + path_length),
            "keyUsage=critical,keyCertSign,cRLSign",
            "subjectKeyIdentifier=hash"};
}

std::vector<std::string> server_extensions(const std::string& names) {
    return {"basicConstraints=critical,CA:FALSE",
            "keyUsage=critical,digitalSignature,keyEncipherment",
            "extendedKeyUsage=serverAuth",
            "subjectAltName=" + names};
}

std::string failure_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.diagnostic().code + ": " + error.diagnostic().text;
    }
    return {};
}

std::string code_of(const std::function<void()>& action) {
    const std::string failure = failure_of(action);
    return failure.substr(0, failure.find(':'));
}

std::string patched(std::string bytes, std::string_view from, std::string_view to) {
    REQUIRE(from.size() == to.size());
    std::size_t at = bytes.find(from);
    REQUIRE(at != std::string::npos);
    for (; at != std::string::npos; at = bytes.find(from, at)) {
        bytes.replace(at, from.size(), to);
        at += to.size();
    }
    return bytes;
}

}  // namespace edgecert::x509
