// The client of the enrolment pages: handles, who may have one, and what came of a transfer.
#include "resources/authorities/adcs/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <ctime>
#include <mutex>
#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "engine/text/secret.h"
#include "resources/authorities/adcs/secret.h"
#include "resources/authorities/adcs/transfer.h"

namespace edgecert::adcs {
namespace {

// libcurl as a whole; counted inside, and safe from several threads since 7.84.
class Library {
public:
    Library() {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
            throw Error("authority-unreachable", "libcurl cannot be used on this machine");
    }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library() { curl_global_cleanup(); }
};

struct EasyCleanup {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyCleanup>;

Trouble of_verification(CURL* easy) {
    // X509_V_ERR_*, as openssl-verify(1) lists them; 1 where libcurl itself compared the name.
    long result = 0;
    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result);
    switch (result) {
        case 0:
        case 1:
        case 62:
        case 64:
            return Trouble::host_name;
        case 9:
            return Trouble::not_yet;
        case 10:
            return Trouble::expired;
        case 26:
            return Trouble::purpose;
        case 2:
        case 18:
        case 19:
        case 20:
        case 21:
        case 24:
        case 27:
            return Trouble::untrusted;
        default:
            return Trouble::handshake;
    }
}

Trouble trouble_of(CURLcode code, CURL* easy) {
    constexpr std::array<std::pair<CURLcode, Trouble>, 7> known{{
        {CURLE_COULDNT_RESOLVE_HOST, Trouble::resolve},
        {CURLE_COULDNT_RESOLVE_PROXY, Trouble::resolve},
        {CURLE_COULDNT_CONNECT, Trouble::connect},
        {CURLE_SSL_CONNECT_ERROR, Trouble::handshake},
        {CURLE_SSL_CACERT_BADFILE, Trouble::trust_file},
        {CURLE_SSL_CERTPROBLEM, Trouble::client_file},
        {CURLE_OPERATION_TIMEDOUT, Trouble::timeout},
    }};
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        return of_verification(easy);
    const auto* const found =
        std::find_if(known.begin(), known.end(), [code](const auto& each) { return each.first == code; });
    return found == known.end() ? Trouble::broken : found->second;
}

// Statuses of servers that did not hand the form on to anybody.
bool was_turned_away(long status) {
    constexpr std::array<long, 9> turned_away{400, 401, 403, 404, 405, 407, 411, 413, 501};
    return (status >= 300 && status < 400) ||
           std::find(turned_away.begin(), turned_away.end(), status) != turned_away.end();
}

FailureFacts facts_of(const AdcsAuthority& spec, const std::string& page, const Transfer& transfer) {
    FailureFacts facts;
    facts.url = spec.url;
    facts.page = page;
    facts.method = spec.method;
    facts.username = spec.username;
    facts.trust = spec.tls_ca;
    facts.status = transfer.status;
    facts.offered = transfer.offered;
    facts.ticket_problem = transfer.ticket_problem;
    facts.location = transfer.location;
    facts.detail = transfer.error.data();
    const curl_version_info_data* library = curl_version_info(CURLVERSION_NOW);
    constexpr unsigned channel_binding_since = 0x080A00;
    facts.channel_binding = library->version_num >= channel_binding_since;
    facts.library = std::string("libcurl ") + library->version;
    return facts;
}

}  // namespace

// The handles and who may have one.
class Client::State {
public:
    State(int most, std::vector<std::string> hidden, Patience patience)
        : hidden_(std::move(hidden)), patience_(patience), free_(std::max(1, most)) {}

    class Lease {
    public:
        explicit Lease(State& state) : state_(state), easy_(state.take()) {}
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease() { state_.give_back(std::move(easy_)); }
        [[nodiscard]] CURL* easy() const { return easy_.get(); }

    private:
        State& state_;
        Easy easy_;
    };

    [[nodiscard]] const Patience& patience() const { return patience_; }
    [[nodiscard]] Secret password(const AdcsAuthority& spec) {
        const std::lock_guard<std::mutex> guard(mutex_);
        if (!password_)
            password_ = read_secret(spec.password, hidden_);
        return *password_;
    }

private:
    Easy take() {
        std::unique_lock<std::mutex> guard(mutex_);
        freed_.wait(guard, [this] { return free_ > 0; });
        --free_;
        if (idle_.empty()) {
            Easy made(curl_easy_init());
            if (made)
                return made;
            ++free_;
            throw Error("authority-unreachable", "libcurl makes no handle");
        }
        Easy easy = std::move(idle_.back());
        idle_.pop_back();
        return easy;
    }
    void give_back(Easy easy) {
        {
            const std::lock_guard<std::mutex> guard(mutex_);
            curl_easy_reset(easy.get());  // keeps its connection
            idle_.push_back(std::move(easy));
            ++free_;
        }
        freed_.notify_one();
    }

    Library library_{};
    std::vector<std::string> hidden_;
    Patience patience_;
    std::mutex mutex_{};
    std::condition_variable freed_{};
    int free_;
    std::vector<Easy> idle_{};
    std::optional<Secret> password_{};
};

namespace {

Answered outcome_of(CURLcode code, CURL* easy, Transfer& transfer, FailureFacts facts) {
    const bool form = !transfer.form.empty();
    if (code == CURLE_OK && transfer.status == 200)
        return Reply{std::move(transfer.body), transfer.date};
    facts.trouble = Trouble::status;
    if (code != CURLE_OK)
        facts.trouble = transfer.too_large ? Trouble::too_large : trouble_of(code, easy);
    Sentence sentence = in_words(facts);
    const bool unseen = code == CURLE_OK && was_turned_away(transfer.status);
    return Failure{.trouble = facts.trouble,
                   .text = std::move(sentence.text),
                   .hint = std::move(sentence.hint),
                   .arrived = form && transfer.begun && !unseen,
                   .body = std::move(transfer.body)};
}

}  // namespace

Client::Client(AdcsAuthority spec, std::vector<std::string> hidden, Patience patience)
    : spec_(std::move(spec)),
      state_(std::make_unique<State>(spec_.concurrent, std::move(hidden), patience)) {}

Client::~Client() = default;

Answered Client::get(const std::string& page) {
    return post(page, {});
}

Answered Client::post(const std::string& page, std::string_view form) {
    const Secret password = state_->password(spec_);
    const State::Lease lease(*state_);
    CURL* easy = lease.easy();
    Transfer transfer{.form = form};
    const Seconds patience = form.empty() ? state_->patience().get : state_->patience().post;
    prepare(easy, transfer, spec_, page, password, state_->patience());
    const CURLcode code = curl_easy_perform(easy);
    FailureFacts facts = facts_of(spec_, page, transfer);
    facts.seconds = static_cast<int>(patience.count());
    return outcome_of(code, easy, transfer, std::move(facts));
}

std::string form_of(const std::vector<std::pair<std::string, std::string>>& fields) {
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string form;
    const auto add = [&form, plain](std::string_view text) {
        for (const char c : text) {
            if (plain.find(c) != std::string_view::npos) {
                form += c;
                continue;
            }
            std::string hex = to_hex(std::string_view(&c, 1));
            std::transform(hex.begin(), hex.end(), hex.begin(), [](char digit) {
                return digit >= 'a' && digit <= 'f' ? static_cast<char>(digit - 'a' + 'A') : digit;
            });
            form += "%" + hex;
        }
    };
    for (const auto& [name, value] : fields) {
        form += form.empty() ? "" : "&";
        add(name);
        form += "=";
        add(value);
    }
    return form;
}

}  // namespace edgecert::adcs
