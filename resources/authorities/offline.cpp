// Writes requests into the outbox and says what lies in the inbox.
#include "resources/authorities/offline.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "engine/diagnostic/diagnostic.h"
#include "engine/files/files.h"
#include "engine/text/encoding.h"
#include "resources/authorities/answer_files.h"
#include "resources/authorities/trusted_chain.h"
#include "resources/x509/request.h"

namespace edgecert {
namespace {

constexpr mode_t folder_mode = 0755;  // people other than us send, and bring
constexpr std::size_t request_limit = 256U << 10U;

// Equal bytes stay untouched: their time tells since when the request waits to be sent.
void put(const Folder& folder, const std::string& name, const std::string& bytes) {
    const std::optional<Folder::Stat> there = folder.stat(name);
    const bool readable = there && there->kind == Folder::Stat::Kind::file && there->size <= request_limit;
    if (readable && folder.read(name, request_limit) == bytes)
        return;
    folder.replace(name, bytes);
}

void check_folder(const std::string& what, const std::string& path, Authority::Check& result) {
    try {
        const bool there = Folder::open_existing(path).has_value();
        result.lines.push_back(what + " " + path + (there ? ": there" : ": not there yet"));
    } catch (const Error& error) {
        result.fault(what + " " + path + ": " + error.what());
    }
}

// Where the answer is to be put. A place that others provide, and keep from us, is no hindrance: whoever
// brings the answer may write there.
void make_place_for_answer(const std::string& inbox, const std::string& pool) {
    try {
        static_cast<void>(Folder::open(inbox, true, folder_mode).make(pool, folder_mode));
    } catch (const Error&) {
        return;  // observe() warns about a folder that nobody can use
    }
}

enum class Outbox { nothing, this_request, another };

// Does it ask for the same, under the same key? A person's editor may have changed its line ends.
bool is_same_request(const std::optional<std::string>& bytes, const std::string& request_pem) {
    try {
        return bytes &&
               (*bytes == request_pem || x509::parse_request(*bytes) == x509::parse_request(request_pem));
    } catch (const Error&) {
        return false;
    }
}

// As far as anybody can look: what cannot be read is not there.
Outbox look_into_outbox(const std::string& outbox, const Inquiry& inquiry) {
    try {
        const std::string name = inquiry.certificate + ".csr";
        const std::optional<Folder> folder = Folder::open_existing(outbox);
        const std::optional<Folder> pool = folder ? folder->enter(inquiry.pool) : std::nullopt;
        const std::optional<Folder::Stat> there = pool ? pool->stat(name) : std::nullopt;
        if (!there || there->kind != Folder::Stat::Kind::file)
            return Outbox::nothing;
        const bool same = there->size <= request_limit &&
                          is_same_request(pool->read(name, request_limit), inquiry.request_pem);
        return same ? Outbox::this_request : Outbox::another;
    } catch (const Error&) {
        return Outbox::nothing;
    }
}

}  // namespace

OfflineCertificateAuthority::OfflineCertificateAuthority(AuthoritySpec spec) : spec_(std::move(spec)) {}

AuthorityView OfflineCertificateAuthority::observe(Instant /*now*/, x509::CertificateCache& cache) {
    AuthorityView view = view_of_declared_chain(spec_, cache);
    Authority::Check folders;
    check_folder("outbox", offline().outbox, folders);
    check_folder("inbox", offline().inbox, folders);
    view.warnings = std::move(folders.faults);  // the next request would stop there
    return view;
}

SubmitAnswer OfflineCertificateAuthority::submit(const Submission& submission) {
    check_file_names(submission.pool, submission.certificate);
    try {
        const std::string text = request_text(spec_, submission);
        const Folder pool =
            Folder::open(offline().outbox, true, folder_mode).make(submission.pool, folder_mode);
        make_place_for_answer(offline().inbox, submission.pool);
        put(pool, submission.certificate + ".txt", text);
        put(pool, submission.certificate + ".csr", submission.request_pem);
    } catch (const Error& error) {
        throw Error("authority-refused",
                    "the request cannot be put into the outbox: " + error.diagnostic().text,
                    error.diagnostic().hint);
    }
    return Accepted{submission.spki};
}

Answer OfflineCertificateAuthority::poll(const Inquiry& inquiry, x509::CertificateCache& cache) {
    check_file_names(inquiry.pool, inquiry.certificate);
    AnswerFiles found = look_for_answer(offline().inbox, inquiry, cache);
    if (found.answer)
        return *std::move(found.answer);
    const Outbox lies_there = look_into_outbox(offline().outbox, inquiry);
    if (lies_there == Outbox::another)
        return Ambiguous{};  // whoever sends what lies there gets an answer for another key
    const std::string request = offline().outbox + "/" + inquiry.pool + "/" + inquiry.certificate + ".csr";
    const std::string answer = offline().inbox + "/" + inquiry.pool + "/" + inquiry.certificate;
    std::string message;
    for (const AnswerProblem& problem : found.problems)
        message += (message.empty() ? "" : "; ") + problem.path + ": " + problem.why;
    // An answer of the last time lies where it was put; this one's has not come yet.
    const bool only_earlier = std::all_of(found.problems.begin(),
                                          found.problems.end(),
                                          [](const AnswerProblem& problem) { return problem.earlier; });
    if (!only_earlier)
        return Unusable{message + "; the request is " + request, found.problems.front().path};
    const std::string again = lies_there == Outbox::this_request
                                  ? ""
                                  : " (it is not there any more: edgecert request " + inquiry.pool + "/" +
                                        inquiry.certificate + " shows it)";
    return Pending{"the person who sends " + request + " to " + spec_.name,
                   "send " + request + again + " to the CA, and put its answer at " + answer +
                       ".cer (or .crt, .pem, .p7b)" + (message.empty() ? "" : " in place of " + message)};
}

void OfflineCertificateAuthority::create(Instant /*now*/) {
    throw Error("authority-refused", "\"" + spec_.name + "\" is a CA elsewhere, and is not made here");
}

Authority::Check OfflineCertificateAuthority::check(Instant /*now*/) {
    Check result{.ok = true};
    check_folder("outbox", offline().outbox, result);
    check_folder("inbox", offline().inbox, result);
    check_declared_chain(spec_, result);
    return result;
}

void check_file_names(const std::string& pool, const std::string& certificate) {
    for (const std::string& name : {pool, certificate}) {
        if (!is_name(name))
            throw Error("authority-refused",
                        "\"" + printable(name, 100) + "\" is no name that may become a file's");
    }
}

}  // namespace edgecert
