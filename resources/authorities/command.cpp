// Runs the program of a `command` authority, once an operation.
#include "resources/authorities/command.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "engine/transport/process.h"
#include "resources/authorities/trusted_chain.h"
#include "resources/x509/chain.h"

namespace edgecert {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* protocol = "edgecert.authority-command/1";
constexpr std::size_t output_limit = 1U << 20U;
constexpr std::size_t shown = 400;

// The end of what it said on stderr, where the reason usually is.
std::string last_words(const ProcessResult& result) {
    std::string_view said = result.error_output;
    while (!said.empty() && (said.back() == '\n' || said.back() == ' '))
        said.remove_suffix(1);
    if (said.empty())
        return {};
    if (said.size() > shown)
        said.remove_prefix(said.size() - shown);
    return "; it said: " + printable(said, 4 * shown);
}

std::string error_text(const Json& answer) {
    const auto found = answer.find("error");
    if (found == answer.end())
        return {};
    if (found->is_string())
        return found->get<std::string>();
    const bool wrapped = found->is_object() && found->contains("message") && found->at("message").is_string();
    return wrapped ? found->at("message").get<std::string>() : "an error without words";
}

std::string hint_text(const Json& answer) {
    const auto found = answer.find("hint");
    return found != answer.end() && found->is_string()
               ? printable(found->get_ref<const std::string&>(), shown)
               : std::string();
}

std::optional<bool> flag(const Json& answer, const char* key) {
    const auto found = answer.find(key);
    if (found == answer.end() || !found->is_boolean())
        return std::nullopt;
    return found->get<bool>();
}

Json request_of(const AuthoritySpec& spec, const char* operation) {
    return {{"format", protocol}, {"operation", operation}, {"authority", spec.name}};
}

}  // namespace

CommandCertificateAuthority::CommandCertificateAuthority(AuthoritySpec spec,
                                                         Seconds deadline,
                                                         std::vector<std::string> hidden)
    : spec_(std::move(spec)), deadline_(deadline), hidden_(std::move(hidden)) {}

// `unanswered`: it was started, and what it did nobody knows.
Json CommandCertificateAuthority::ask(const Json& request, bool& unanswered) {
    const std::vector<std::string>& argv = std::get<CommandAuthority>(spec_.kind).command;
    const std::string program = argv.empty() ? "" : printable(argv.front(), shown);
    const ProcessLimits limits{.output = output_limit, .deadline = deadline_};
    const std::string input = request.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    unanswered = false;
    ProcessResult result;
    try {
        result = run_process(argv, input, limits, hidden_);
    } catch (const Error& error) {
        throw Error(
            "authority-unreachable", program + ": " + error.diagnostic().text, error.diagnostic().hint);
    }
    unanswered = true;
    if (result.timed_out) {
        throw Error("authority-unreachable",
                    program + " gave no answer within " + to_words(deadline_) + last_words(result));
    }
    if (result.output_exceeded)
        throw Error("authority-refused", program + " answers with more than 1 MiB" + last_words(result));
    Json answer = Json::parse(result.output, nullptr, false);
    const std::string failure = answer.is_object() ? error_text(answer) : std::string();
    if (result.status != 0 && !failure.empty()) {
        unanswered = false;
        throw Error("authority-refused", program + ": " + printable(failure, 4 * shown), hint_text(answer));
    }
    if (result.status != 0) {
        throw Error("authority-refused",
                    program + " ended with status " + std::to_string(result.status) + last_words(result));
    }
    if (!answer.is_object())
        throw Error("authority-refused",
                    "what " + program + " answers is no JSON object" + last_words(result));
    const std::optional<bool> idempotent = flag(answer, "idempotent");
    if (idempotent)
        idempotent_ = *idempotent;
    return answer;
}

std::vector<x509::CertificateRef> CommandCertificateAuthority::fetch_chain(x509::CertificateCache& cache) {
    bool unanswered = false;
    const Json answer = ask(request_of(spec_, "chain"), unanswered);
    std::vector<x509::CertificateRef> heap;
    const auto certificates = answer.find("certificates");
    if (certificates == answer.end() || !certificates->is_array()) {
        throw Error("authority-refused", "the program's answer to `chain` has no list `certificates`");
    }
    for (const Json& certificate : *certificates) {
        constexpr std::size_t most = 64;
        if (!certificate.is_string())
            throw Error("authority-refused", "a certificate in the program's chain is no text");
        for (x509::CertificateRef& parsed :
             x509::parse_bundle(certificate.get_ref<const std::string&>(), cache))
            heap.push_back(std::move(parsed));
        if (heap.size() > most)
            throw Error("authority-refused", "the program's chain has more than 64 certificates");
    }
    return heap;
}

AuthorityView CommandCertificateAuthority::observe(Instant /*now*/, x509::CertificateCache& cache) {
    // Where a file is declared it alone is the chain: one that came and went with the program would be drift
    // on every server.
    AuthorityView view = view_of_declared_chain(spec_, cache);
    try {
        const std::vector<x509::CertificateRef> heap = fetch_chain(cache);
        if (spec_.chain_file.empty())
            put_chain(trusted_chain(heap, spec_.roots), view);
    } catch (const Error& error) {
        view.reachable = false;
        view.error = error.diagnostic().text;
        if (spec_.chain_file.empty())
            view.chain_problem = view.error;
    }
    const std::lock_guard<std::mutex> guard(mutex_);
    seen_ = std::make_shared<const AuthorityView>(view);
    return view;
}

SubmitAnswer CommandCertificateAuthority::submit(const Submission& submission) {
    Json request = request_of(spec_, "submit");
    request["issuance"] = submission.issuance;
    request["pool"] = submission.pool;
    request["certificate"] = submission.certificate;
    request["request"] = submission.request_pem;
    request["publicKey"] = submission.spki;
    request["template"] = submission.template_name;
    request["extendedKeyUsage"] = submission.extended_key_usage;
    request["validity"] = submission.validity.count();
    request["digest"] = submission.digest;
    request["holder"] = submission.holder;
    request["at"] = to_rfc3339(submission.now);
    bool unanswered = false;
    try {
        return submit_answer_of(ask(request, unanswered));
    } catch (const Error& error) {
        if (!unanswered)  // it could not be started, or says itself that it did nothing
            throw Error(not_submitted, error.diagnostic().text, error.diagnostic().hint);
        if (idempotent_)
            throw;  // nobody has said anything: it goes out again by itself
        return Ambiguous{error.diagnostic().text};
    }
}

Answer CommandCertificateAuthority::poll(const Inquiry& inquiry, x509::CertificateCache& cache) {
    Json request = request_of(spec_, "poll");
    request["issuance"] = inquiry.issuance;
    request["pool"] = inquiry.pool;
    request["certificate"] = inquiry.certificate;
    request["request"] = inquiry.request_pem;
    request["publicKey"] = inquiry.spki;
    request["ticket"] = inquiry.ticket;
    request["submitted"] = to_rfc3339(inquiry.submitted);
    bool unanswered = false;
    return poll_answer_of(ask(request, unanswered), inquiry, cache);
}

void CommandCertificateAuthority::create(Instant /*now*/) {
    throw Error("authority-refused", "\"" + spec_.name + "\" is a CA elsewhere, and is not made here");
}

Authority::Check CommandCertificateAuthority::check(Instant /*now*/) {
    Check result;
    try {
        bool unanswered = false;
        const Json answer = ask(request_of(spec_, "check"), unanswered);
        result.ok = flag(answer, "ok").value_or(false);
        auto& said = result.ok ? result.lines : result.faults;  // which of them is the fault only it knows
        const auto lines = answer.find("lines");
        constexpr std::size_t most_lines = 50;
        for (std::size_t i = 0;
             lines != answer.end() && lines->is_array() && i < std::min(lines->size(), most_lines);
             ++i) {
            const Json& line = lines->at(i);
            if (line.is_string())
                said.push_back(printable(line.get_ref<const std::string&>(), shown));
        }
        if (!result.ok && result.faults.empty())
            result.fault("the program says that the CA is not usable, and not why");
    } catch (const Error& error) {
        result.fault(error.diagnostic().text);
    }
    if (result.ok || !spec_.chain_file.empty())
        check_chain(spec_, *chain_to_check(), result);
    return result;
}

// Whoever looked has asked for the chain already.
std::shared_ptr<const AuthorityView> CommandCertificateAuthority::chain_to_check() {
    x509::CertificateCache cache;
    if (!spec_.chain_file.empty())
        return std::make_shared<const AuthorityView>(view_of_declared_chain(spec_, cache));
    {
        const std::lock_guard<std::mutex> guard(mutex_);
        if (seen_)
            return seen_;
    }
    return std::make_shared<const AuthorityView>(observe({}, cache));
}

}  // namespace edgecert
