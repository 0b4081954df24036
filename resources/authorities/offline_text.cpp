// The text beside a request in the outbox, written for the person who sends it and may never have heard of
// this program.
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "engine/text/encoding.h"
#include "engine/time/instant.h"
#include "resources/authorities/offline.h"
#include "resources/x509/request.h"

namespace edgecert {
namespace {

// "    Label:       value" and further values under the first.
std::string lines(const std::string& label, const std::vector<std::string>& values) {
    constexpr std::size_t column = 20;
    std::string text;
    std::string head = "  " + label + ":";
    for (const std::string& value : values) {
        head.resize(std::max(column, head.size() + 1), ' ');
        text += head + printable(value, 400) + "\n";
        head.clear();
    }
    return text;
}

std::vector<std::string> or_words(std::vector<std::string> values, const std::string& words) {
    if (values.empty())
        values.push_back(words);
    return values;
}

std::string validity_words(Seconds validity) {
    const auto days = std::chrono::duration_cast<std::chrono::days>(validity);
    return days == validity ? std::to_string(days.count()) + " days" : to_words(validity);
}

std::string what_is_asked(const Submission& submission) {
    const x509::RequestContents contents = x509::parse_request(submission.request_pem);
    const TextSet& usages = submission.extended_key_usage;
    return "What is asked for\n" + lines("Subject", {x509::to_text(contents.subject)}) +
           lines("Names", or_words(x509::to_list(contents.names), "none")) +
           lines("Template", {submission.template_name}) + lines("Key", {x509::to_text(contents.key)}) +
           lines("Usages", or_words({usages.begin(), usages.end()}, "as the template says")) +
           lines("Validity", {validity_words(submission.validity)}) +
           lines("Digest", {submission.digest + ", or a stronger one"});
}

std::string how_to_recognise(const Submission& submission) {
    const std::string file = submission.certificate + ".csr";
    return "How to recognise it\n" + lines("Public key", {submission.spki}) +
           "    (SHA-256 of the key's SubjectPublicKeyInfo; to compare:\n"
           "     openssl req -in " +
           file + " -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256)\n" +
           lines("Request", {submission.issuance}) + lines("Key is kept on", {submission.holder}) +
           "    (it never leaves this way: what you send holds no secret)\n";
}

std::string where_the_answer_goes(const AuthoritySpec& spec, const Submission& submission) {
    const auto& offline = std::get<OfflineAuthority>(spec.kind);
    const std::string answer =
        printable(offline.inbox) + "/" + submission.pool + "/" + submission.certificate;
    std::string text =
        "Where the answer goes\n    " + answer +
        ".cer\n"
        "  or .crt, .pem, .p7b in its place: DER or PEM, alone or with its chain, in any order.\n"
        "  Only a certificate for this very public key is an answer. The next plan or apply reads it;\n"
        "  it is never moved or deleted, and a better one may be put in its place at any time.\n";
    if (spec.roots.empty())
        return text;
    text += "  Its chain has to end in " +
            std::string(spec.roots.size() == 1 ? "this root:\n" : "one of these roots:\n");
    for (const std::string& root : spec.roots)
        text += "    sha256:" + root + "\n";
    return text;
}

}  // namespace

std::string request_text(const AuthoritySpec& spec, const Submission& submission) {
    const auto& offline = std::get<OfflineAuthority>(spec.kind);
    const std::string title = "Certificate request: " + submission.pool + "/" + submission.certificate;
    return title + "\n" + std::string(title.size(), '=') + "\n\n" +
           "Please send this file to the certificate authority \"" + spec.name + "\":\n    " +
           printable(offline.outbox) + "/" + submission.pool + "/" + submission.certificate + ".csr\n\n" +
           what_is_asked(submission) + "\n" + how_to_recognise(submission) + "\n" +
           where_the_answer_goes(spec, submission);
}

}  // namespace edgecert
