// Reads the inbox of an offline authority without believing anything in it.
#include "resources/authorities/answer_files.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "engine/files/files.h"
#include "engine/text/encoding.h"
#include "resources/x509/chain.h"

namespace edgecert {
namespace {

using x509::CertificateRef;

constexpr std::size_t answer_limit = 1U << 20U;
constexpr std::size_t most_files = 16;
constexpr Seconds longest_backdate =
    std::chrono::days{7};  // CAs backdate by minutes, public ones by up to a few days

std::string lower_case(std::string text) {
    for (char& c : text)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return text;
}

bool may_be_answer(const std::string& name, const std::string& certificate) {
    constexpr std::array<std::string_view, 4> endings{".cer", ".crt", ".pem", ".p7b"};
    if (!name.starts_with(certificate))
        return false;
    const std::string ending = lower_case(name.substr(certificate.size()));
    return std::find(endings.begin(), endings.end(), ending) != endings.end();
}

bool better(const CertificateRef& a, const CertificateRef& b) {
    if (a->not_after != b->not_after)
        return a->not_after > b->not_after;
    return a->sha256 < b->sha256;
}

std::string names_text(const x509::Certificate& certificate) {
    constexpr std::size_t most_names = 5;
    const std::vector<std::string> names = x509::to_list(certificate.names);
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), most_names); ++i)
        text += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > most_names)
        text += " and " + std::to_string(names.size() - most_names) + " more";
    return text.empty() ? "none" : printable(text, 600);
}

std::string described(const x509::Certificate& certificate) {
    return printable(certificate.subject_text, 200) + ", valid from " + to_rfc3339(certificate.not_before) +
           " to " + to_rfc3339(certificate.not_after) + ", names: " + names_text(certificate);
}

std::variant<Issued, AnswerProblem> answer_in(const std::vector<CertificateRef>& certificates,
                                              const Inquiry& inquiry) {
    auto found = answer_among(certificates, inquiry);
    if (auto* const issued = std::get_if<Issued>(&found))
        return std::move(*issued);
    const bool earlier = std::any_of(certificates.begin(),
                                     certificates.end(),
                                     [](const CertificateRef& each) { return !each->is_authority; });
    return AnswerProblem{.why = std::get<std::string>(std::move(found)), .earlier = earlier};
}

std::variant<Issued, AnswerProblem> read_answer(const Folder& folder,
                                                const std::string& name,
                                                const Inquiry& inquiry,
                                                x509::CertificateCache& cache) {
    const auto problem = [](std::string why) { return AnswerProblem{.why = std::move(why)}; };
    try {
        const std::optional<Folder::Stat> status = folder.stat(name);
        if (status && status->kind == Folder::Stat::Kind::link)
            return problem("it is a symbolic link, and is not followed");
        if (status && status->kind != Folder::Stat::Kind::file)
            return problem("it is no regular file");
        const std::optional<std::string> bytes = folder.read(name, answer_limit);
        if (!bytes)
            return problem("it was taken away while it was read");
        if (bytes->empty())
            return problem("it is empty: is it still being copied?");
        return answer_in(x509::parse_bundle(*bytes, cache), inquiry);
    } catch (const Error& error) {
        return problem(error.diagnostic().text);
    }
}

}  // namespace

std::variant<Issued, std::string> answer_among(const std::vector<CertificateRef>& certificates,
                                               const Inquiry& inquiry) {
    CertificateRef answer;
    CertificateRef other;
    CertificateRef old;
    for (const CertificateRef& certificate : certificates) {
        if (certificate->is_authority)
            continue;
        const bool ours = certificate->spki_sha256 == inquiry.spki;
        const bool late = certificate->not_before + longest_backdate < inquiry.submitted;
        CertificateRef& best = !ours ? other : (late ? old : answer);
        if (!best || better(certificate, best))
            best = certificate;
    }
    if (!answer && old)
        return "last year's answer? It began long before the request was sent: " + described(*old);
    if (!answer && other)
        return "made for another request, with another key (last year's answer?): " + described(*other);
    if (!answer)
        return "it holds only CA certificates, and no answer";
    Issued issued{.certificate = answer};
    for (const CertificateRef& certificate : certificates) {
        if (certificate->is_authority)
            issued.chain.push_back(certificate);
    }
    return issued;
}

AnswerFiles look_for_answer(const std::string& inbox, const Inquiry& inquiry, x509::CertificateCache& cache) {
    AnswerFiles found;
    std::string path = inbox;
    try {
        const std::optional<Folder> folder = Folder::open_existing(inbox);
        if (!folder)
            return found;
        path += "/" + inquiry.pool;
        const std::optional<Folder> pool = folder->enter(inquiry.pool);
        if (!pool)
            return found;
        std::size_t count = 0;
        for (const std::string& name : pool->names()) {
            if (!may_be_answer(name, inquiry.certificate))
                continue;
            if (++count > most_files)
                break;
            auto read = read_answer(*pool, name, inquiry, cache);
            if (auto* const problem = std::get_if<AnswerProblem>(&read)) {
                problem->path = path + "/" + printable(name, 100);
                found.problems.push_back(std::move(*problem));
                continue;
            }
            auto& issued = std::get<Issued>(read);
            issued.where = path + "/" + printable(name, 100);
            if (!found.answer || better(issued.certificate, found.answer->certificate))
                found.answer = std::move(issued);
        }
    } catch (const Error& error) {
        found.problems.push_back({.path = path, .why = error.diagnostic().text});
    }
    return found;
}

}  // namespace edgecert
