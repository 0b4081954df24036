// Reads certificates, requests, bundles and PFX files that others made, and says what is in each: one line of
// JSON on stdin asks for one file, one on stdout answers. What is compared with openssl's answer is
// vectors_test.py's business.
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/time/instant.h"
#include "resources/x509/chain.h"
#include "resources/x509/pfx.h"
#include "resources/x509/request.h"

namespace {

namespace x509 = edgecert::x509;
using nlohmann::ordered_json;

std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw std::runtime_error("cannot read " + path);
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

class Reader {
public:
    ordered_json answer(const ordered_json& question) {
        const std::string kind = question.at("read");
        const std::string file = question.at("file");
        try {
            if (kind == "certificate") {
                return certificate(*read(file));
            }
            if (kind == "request") {
                return request(x509::parse_request(bytes_of(file)));
            }
            if (kind == "bundle") {
                return bundle(file);
            }
            if (kind == "pfx") {
                return pfx(file, question.at("password"));
            }
            return path(question);
        } catch (const edgecert::Error& error) {
            return {{"refused", error.diagnostic().text}, {"code", error.diagnostic().code}};
        }
    }

private:
    // In PEM or DER, as stores and people have them.
    x509::CertificateRef read(const std::string& file) {
        const std::string bytes = bytes_of(file);
        return cache_.parse(bytes.find("-----BEGIN ") == std::string::npos ? bytes : x509::der_of_pem(bytes));
    }

    // As openssl_answers.py reads them out of openssl's lines.
    static std::vector<std::string> values(const x509::Subject& subject) {
        std::vector<std::string> found;
        const auto known = [&](const char* name, const std::string& value) {
            if (!value.empty()) {
                found.push_back(name + ("=" + value));
            }
        };
        known("CN", subject.common_name);
        known("O", subject.organization);
        known("OU", subject.organizational_unit);
        known("L", subject.locality);
        known("ST", subject.state);
        known("C", subject.country);
        found.insert(found.end(), subject.other.begin(), subject.other.end());
        return found;
    }

    static std::vector<std::string> list(const edgecert::TextSet& texts) {
        return {texts.begin(), texts.end()};
    }

    // Every field that there is.
    static ordered_json certificate(const x509::Certificate& one) {
        return {{"sha256", one.sha256},
                {"sha1", one.sha1},
                {"der", x509::sha256(one.der)},
                {"serial", one.serial},
                {"subject", one.subject_text},
                {"issuer", one.issuer_text},
                {"subjectValues", values(one.subject)},
                {"issuerValues", values(one.issuer)},
                {"subjectDer", x509::sha256(one.subject_der)},
                {"issuerDer", x509::sha256(one.issuer_der)},
                {"notBefore", one.not_before.time_since_epoch().count()},
                {"notAfter", one.not_after.time_since_epoch().count()},
                {"names", to_list(one.names)},
                {"otherNames", one.other_names},
                {"key", one.spki_sha256},
                {"keyKind", to_text(one.key)},
                {"pssKey", one.rsa_pss_key},
                {"digest", one.digest},
                {"oneAlgorithm", one.one_signature_algorithm},
                {"selfSigned", one.self_signed},
                {"usages", list(one.extended_key_usage)},
                {"authority", one.is_authority},
                {"crlPoints", one.has_crl_distribution_point},
                {"subjectKeyId", one.subject_key_id},
                {"authorityKeyId", one.authority_key_id}};
    }

    static ordered_json request(const x509::RequestContents& one) {
        return {{"key", one.spki_sha256},
                {"subjectValues", values(one.subject)},
                {"names", to_list(one.names)},
                {"usages", list(one.extended_key_usage)},
                {"keyKind", to_text(one.key)},
                {"digest", one.digest}};
    }

    ordered_json bundle(const std::string& file) {
        ordered_json found = ordered_json::array();
        for (const x509::CertificateRef& one : x509::parse_bundle(bytes_of(file), cache_)) {
            found.push_back(one->sha256);
        }
        return {{"certificates", found}};
    }

    ordered_json pfx(const std::string& file, const std::string& password) {
        const x509::PfxContents contents =
            x509::parse_pfx(bytes_of(file), edgecert::Secret(password), cache_);
        ordered_json chain = ordered_json::array();
        for (const x509::CertificateRef& one : contents.chain) {
            chain.push_back(one->sha256);
        }
        return {{"certificate", contents.certificate->sha256},
                {"key", contents.key.spki_sha256},
                {"friendlyName", contents.friendly_name},
                {"chain", chain}};
    }

    ordered_json path(const ordered_json& question) {
        std::vector<x509::CertificateRef> issuers;
        for (const std::string file : question.at("intermediates")) {
            issuers.push_back(remembered(file));
        }
        const edgecert::Instant at{std::chrono::seconds(question.at("at").get<std::int64_t>())};
        const auto found =
            x509::build_path(read(question.at("file")), issuers, {remembered(question.at("root"))}, at, true);
        if (const auto* none = std::get_if<x509::NoPath>(&found)) {
            return {{"refused", none->why}};
        }
        return {{"length", std::get<x509::Path>(found).certificates.size()}};
    }

    const x509::CertificateRef& remembered(const std::string& file) {
        x509::CertificateRef& known = read_[file];
        if (!known) {
            known = read(file);
        }
        return known;
    }

    x509::CertificateCache cache_{};
    std::map<std::string, x509::CertificateRef> read_{};
};

}  // namespace

int main() {
    try {
        Reader reader;
        for (std::string line; std::getline(std::cin, line);) {
            std::cout << reader.answer(ordered_json::parse(line)).dump() << '\n';
        }
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
