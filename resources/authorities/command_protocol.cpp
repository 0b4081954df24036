// What a CA program's answers mean; every text of it bounded and made harmless.
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/authorities/answer_files.h"
#include "resources/authorities/command.h"
#include "resources/x509/chain.h"

namespace edgecert {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t text_limit = 2000;
constexpr std::size_t ticket_limit = 256;
constexpr std::size_t most_certificates = 64;

[[noreturn]] void refuse(const std::string& why) {
    throw Error("authority-refused", "the program's answer cannot be used: " + why);
}

std::string text(const Json& answer, const char* key) {
    const auto found = answer.find(key);
    if (found == answer.end() || found->is_null())
        return {};
    if (!found->is_string())
        refuse(std::string("`") + key + "` is no text");
    return printable(found->get_ref<const std::string&>(), text_limit);
}

std::string text_or(const Json& answer, const char* key, const std::string& otherwise) {
    std::string found = text(answer, key);
    return found.empty() ? otherwise : found;
}

// What we keep and say back to it later: as it is, or not at all.
std::string ticket(const Json& answer) {
    const auto found = answer.find("ticket");
    if (found == answer.end() || !found->is_string())
        refuse("it accepts without a `ticket`");
    const auto& bytes = found->get_ref<const std::string&>();
    if (bytes.empty() || bytes.size() > ticket_limit || printable(bytes) != bytes)
        refuse("its `ticket` is not 1 to 256 printable bytes");
    return bytes;
}

Denied denied(const Json& answer) {
    return {text_or(answer, "code", "request-denied"),
            text_or(answer, "message", "the CA denied it without a reason"),
            text(answer, "hint")};
}

Ambiguous ambiguous(const Json& answer) {
    return {text_or(answer, "message", "the program does not know whether the CA has it")};
}

void add_certificates(const Json& value,
                      const char* key,
                      std::vector<x509::CertificateRef>& into,
                      x509::CertificateCache& cache) {
    if (!value.is_string())
        refuse(std::string("`") + key + "` holds something that is no text");
    for (x509::CertificateRef& certificate : x509::parse_bundle(value.get_ref<const std::string&>(), cache)) {
        if (into.size() == most_certificates)
            refuse("more than 64 certificates");
        into.push_back(std::move(certificate));
    }
}

Answer issued(const Json& answer, const Inquiry& inquiry, x509::CertificateCache& cache) {
    const std::string where = "the program's answer";
    try {
        std::vector<x509::CertificateRef> certificates;
        const auto certificate = answer.find("certificate");
        if (certificate == answer.end())
            return Unusable{"it says issued without a `certificate`", where};
        add_certificates(*certificate, "certificate", certificates, cache);
        const auto chain = answer.find("chain");
        if (chain != answer.end() && chain->is_array()) {
            for (const Json& link : *chain)
                add_certificates(link, "chain", certificates, cache);
        }
        auto found = answer_among(certificates, inquiry);
        if (auto* ours = std::get_if<Issued>(&found))
            return std::move(*ours);
        return Unusable{std::get<std::string>(std::move(found)), where};
    } catch (const Error& error) {
        return Unusable{error.diagnostic().text, where};
    }
}

}  // namespace

SubmitAnswer submit_answer_of(const Json& answer) {
    const std::string status = text(answer, "status");
    if (status == "accepted")
        return Accepted{ticket(answer)};
    if (status == "denied")
        return denied(answer);
    if (status == "ambiguous")
        return ambiguous(answer);
    refuse("`status` is neither accepted, denied nor ambiguous");
}

Answer poll_answer_of(const Json& answer, const Inquiry& inquiry, x509::CertificateCache& cache) {
    const std::string status = text(answer, "status");
    if (status == "issued")
        return issued(answer, inquiry, cache);
    if (status == "denied")
        return denied(answer);
    if (status == "ambiguous")
        return ambiguous(answer);
    if (status == "pending") {
        return Pending{text_or(answer, "onWhom", "the CA (request " + printable(inquiry.ticket, 100) + ")"),
                       text_or(answer, "whatToDo", "wait, or ask those who run the CA")};
    }
    refuse("`status` is neither issued, pending, denied nor ambiguous");
}

}  // namespace edgecert
