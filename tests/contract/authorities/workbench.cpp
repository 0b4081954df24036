// A temporary folder with `openssl` at hand.
#include "tests/contract/authorities/workbench.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <stdlib.h>
#include <variant>

#include "engine/diagnostic/diagnostic.h"
#include "resources/x509/request.h"
#include "tests/support/run_program.h"

namespace edgecert::test {

namespace fs = std::filesystem;

Instant real_now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::function<std::string(std::size_t)> test_randomness() {
    auto calls = std::make_shared<std::atomic<int>>(0);
    return [calls](std::size_t count) {
        const int call = ++*calls;
        return x509::sha256("randomness " + std::to_string(call)).substr(0, count);
    };
}

Workbench::Workbench() {
    std::string pattern = (fs::temp_directory_path() / "edgecert-authorities-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
        throw std::runtime_error("mkdtemp");
    folder_ = pattern;
}

Workbench::~Workbench() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

std::string Workbench::read(const std::string& name) const {
    std::ifstream in(folder_ / name, std::ios::binary);
    REQUIRE_MESSAGE(in.good(), name);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void Workbench::write(const std::string& name, std::string_view bytes) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream out(folder_ / name, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out.good())
        throw std::runtime_error("cannot write " + name);
}

std::vector<std::string> Workbench::files(const std::string& below) const {
    std::vector<std::string> found;
    if (!fs::exists(folder_ / below))
        return found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / below)) {
        if (!entry.is_directory())
            found.push_back(entry.path().lexically_relative(folder_).string());
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::string Workbench::must(const std::vector<std::string>& argv, const std::string& input) const {
    const Ran ran = run_program(argv, {input, folder_});
    std::string line;
    for (const std::string& argument : argv)
        line += argument + ' ';
    REQUIRE_MESSAGE(ran.status == 0, line << "ended with " << ran.status << ": " << ran.out << ran.err);
    return ran.out;
}

int Workbench::status(const std::vector<std::string>& argv) const {
    return run_program(argv, {{}, folder_}).status;
}

std::string Workbench::csr(const Csr& wanted) const {
    write("empty.cnf", "[req]\ndistinguished_name=dn\n[dn]\n");
    std::vector<std::string> argv{"openssl",
                                  "req",
                                  "-new",
                                  "-config",
                                  "empty.cnf",
                                  "-subj",
                                  wanted.subject,
                                  "-out",
                                  wanted.name + ".csr"};
    if (fs::exists(folder_ / (wanted.name + ".key"))) {
        argv.insert(argv.end(), {"-key", wanted.name + ".key"});
    } else {
        argv.insert(argv.end(), {"-newkey", wanted.key, "-nodes", "-keyout", wanted.name + ".key"});
        if (wanted.key == "ec")
            argv.insert(argv.end(), {"-pkeyopt", "ec_paramgen_curve:P-256"});
    }
    for (const std::string& extension : wanted.extensions)
        argv.insert(argv.end(), {"-addext", extension});
    must(argv);
    return read(wanted.name + ".csr");
}

x509::CertificateRef Workbench::ca(const std::string& name,
                                   const std::string& subject,
                                   const std::string& issuer) const {
    csr({.name = name, .subject = subject, .extensions = {}, .key = "ec"});
    write("ca.ext",
          "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier="
          "hash\n");
    std::vector<std::string> argv{"openssl",
                                  "x509",
                                  "-req",
                                  "-in",
                                  name + ".csr",
                                  "-days",
                                  "3650",
                                  "-extfile",
                                  "ca.ext",
                                  "-out",
                                  name + ".pem"};
    if (issuer.empty()) {
        argv.insert(argv.end(), {"-signkey", name + ".key"});
    } else {
        argv.insert(argv.end(), {"-CA", issuer + ".pem", "-CAkey", issuer + ".key"});
    }
    must(argv);
    return certificate(name + ".pem");
}

x509::CertificateRef Workbench::leaf(const Leaf& wanted) const {
    std::vector<std::string> argv{"openssl",
                                  "x509",
                                  "-req",
                                  "-in",
                                  wanted.csr + ".csr",
                                  "-CA",
                                  wanted.issuer + ".pem",
                                  "-CAkey",
                                  wanted.issuer + ".key",
                                  "-copy_extensions",
                                  "copy",
                                  "-out",
                                  wanted.name + ".pem"};
    argv.insert(argv.end(), wanted.options.begin(), wanted.options.end());
    must(argv);
    return certificate(wanted.name + ".pem");
}

x509::CertificateRef Workbench::certificate(const std::string& file) const {
    return x509::parse_certificate(x509::der_of_pem(read(file)));
}

Submission submission_of(const std::string& request_pem, const std::string& issuance, Instant now) {
    Submission submission;
    submission.issuance = issuance;
    submission.pool = "ams-edge";
    submission.certificate = "internal";
    submission.request_pem = request_pem;
    submission.spki = x509::parse_request(request_pem).spki_sha256;
    submission.template_name = "WebServer";
    submission.extended_key_usage = {"serverAuth"};
    submission.validity = std::chrono::days{90};
    submission.digest = "sha256";
    submission.holder = "edge01";
    submission.now = now;
    return submission;
}

Inquiry inquiry_of(const Submission& submission, const SubmitAnswer& answer) {
    const auto* accepted = std::get_if<Accepted>(&answer);
    REQUIRE(accepted != nullptr);
    return {.issuance = submission.issuance,
            .pool = submission.pool,
            .certificate = submission.certificate,
            .spki = submission.spki,
            .ticket = accepted->ticket,
            .request_pem = submission.request_pem,
            .submitted = submission.now};
}

std::string issuance_id(int number) {
    return x509::sha256("issuance " + std::to_string(number));
}

std::string code_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.diagnostic().code;
    }
    return {};
}

}  // namespace edgecert::test
