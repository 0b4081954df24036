// Every operation once, in named stores that nothing else reads, with a root made for it; then all of it
// taken away again.
#include "resources/windows_node/selftest.h"

#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/windows_node/certificate_properties.h"
#include "resources/windows_node/selftest_authority.h"
#include "resources/windows_node/selftest_place.h"

namespace edgecert::windows {
namespace {

constexpr const char* pool = "selftest";
constexpr const char* role = "internal";

class SystemClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override {
        return std::chrono::floor<Seconds>(std::chrono::system_clock::now());
    }
    void sleep(Seconds span) override { ::Sleep(static_cast<DWORD>(span.count() * 1000)); }
};

void say(const std::string& line) {
    static_cast<void>(std::printf("%s\n", line.c_str()));
    static_cast<void>(std::fflush(stdout));
}

void expect(bool good, const std::string& what) {
    if (!good) {
        throw Error("selftest", what);
    }
}

class Run {
public:
    Run() : here_("EdgecertSelftestA"), there_("EdgecertSelftestB") {}

    bool all() {
        here_.remove();  // what an earlier run left that was ended
        there_.remove();
        say(selftest_heading());
        step("a store that was never written is empty", [this] {
            const StoreObservation seen = observe(here_);
            expect(!seen.exists && seen.personal.empty() && seen.trust.empty(), "it is not empty");
        });
        step("a root is made for this test", [this] { authority_ = std::make_unique<SelftestAuthority>(); });
        if (authority_) {
            trust();
            enrol();
            transfer();
            roles();
            retire();
        }
        step("everything is taken away again", [this] {
            if (authority_) {
                authority_->forget();
            }
            here_.remove();
            there_.remove();
            const StoreObservation seen = observe(here_);
            expect(seen.personal.empty() && seen.trust.empty() && seen.requests.empty(), "something is left");
        });
        say(records_);
        say(failures_ == 0 ? "\nAll went well." : "\n" + std::to_string(failures_) + " of the steps failed.");
        return failures_ == 0;
    }

private:
    void step(const std::string& what, const std::function<void()>& action) {
        const auto begin = std::chrono::steady_clock::now();
        std::string why;
        try {
            action();
        } catch (const Error& error) {
            why = error.diagnostic().text + " [" + error.diagnostic().code + "]";
        } catch (const std::exception& error) {
            why = error.what();
        }
        const auto spent =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
        failures_ += why.empty() ? 0 : 1;
        say((why.empty() ? "ok      " : "FAILED  ") + what + " (" + std::to_string(spent.count()) + " ms)" +
            (why.empty() ? "" : "\n        " + printable(why)));
    }

    [[nodiscard]] StoreObservation observe(const SelftestPlace& place) {
        return place.open(clock_)->observe(cache_);
    }

    static std::string refusal(const std::function<void()>& action) {
        try {
            action();
        } catch (const Error& error) {
            return error.diagnostic().code;
        }
        return "";
    }

    void trust() {
        step("a root is trusted, and seen as ours", [this] {
            here_.open(clock_)->trust(TrustKind::root, authority_->root(), "selftest", pool);
            records_ = keeps_own_properties(authority_->root()->der)
                           ? "\nRecords stand in a property of our own."
                           : "\nRecords stand in the description: this system keeps no property of our own.";
            const StoreObservation seen = observe(here_);
            expect(seen.trust.size() == 1 && seen.trust[0].owned && seen.trust[0].certificate->self_signed,
                   "it is not there, or not ours");
        });
        step("an intermediate goes to its store", [this] {
            here_.open(clock_)->trust(TrustKind::intermediate, authority_->issuing(), "selftest", pool);
            expect(observe(here_).trust.size() == 2, "it is not there");
        });
        step("an intermediate among the roots is taken out of them", [this] {
            here_.stores().put(StoreName::root, {.der = authority_->issuing()->der});
            expect(observe(here_).trust.size() == 3, "it did not come to the roots");
            here_.open(clock_)->distrust(TrustKind::root, authority_->issuing()->sha256);
            expect(observe(here_).trust.size() == 2, "it is still there");
        });
        step("a root does not go to the intermediates", [this] {
            expect(refusal([this] {
                       here_.open(clock_)->trust(
                           TrustKind::intermediate, authority_->root(), "selftest", pool);
                   }) == "store-refused",
                   "it did");
        });
    }

    void enrol() {
        step("a key and a request are made in the machine's key store", [this] {
            RequestOrder order;
            order.pool = pool;
            order.name = "internal";
            order.issuance = std::string(64, 'a');
            order.requirement = std::string(64, 'e');
            order.holder = "selftest";
            order.contents.subject.common_name = "selftest.example";
            order.contents.names.dns = {"selftest.example"};
            order.contents.extended_key_usage = {"serverAuth"};
            order.contents.key = {x509::KeyAlgorithm::rsa, 2048};
            order.contents.digest = "sha256";
            order.exportable = true;
            order.friendly_name = "edgecert selftest";
            order.now = clock_.now();
            request_ = here_.open(clock_)->create_request(order);
            const StoreObservation seen = observe(here_);
            expect(seen.requests.size() == 1 && seen.requests[0].key == KeyState::present, "it is not there");
        });
        step("its submission is noted", [this] {
            RequestNote note;
            note.phase = RequestPhase::submitting;
            note.at = clock_.now();
            here_.open(clock_)->note_request(key(), note);
            expect(observe(here_).requests.at(0).phase == RequestPhase::submitting, "it is not noted");
        });
        step("another server of the pool keeps the request, and forgets it", [this] {
            there_.open(clock_)->keep_request(request_);
            const StoreObservation seen = observe(there_);
            expect(seen.requests.size() == 1 && seen.requests[0].key == KeyState::absent, "it is not kept");
            there_.open(clock_)->forget_request(key());
            expect(observe(there_).requests.empty(), "it is still there");
        });
        step("a second controller is kept out meanwhile", [this] {
            const auto one = here_.open(clock_);
            const auto held = one->lock(Seconds{0});
            expect(refusal([this] { static_cast<void>(here_.open(clock_)->lock(Seconds{0})); }) ==
                       "store-locked",
                   "both have the lock");
        });
        step("the answer is tied to the request's key", [this] {
            certificate_ = authority_->issue(request_.request_pem, "selftest.example");
            here_.open(clock_)->accept(key(), certificate_, {authority_->root()}, label());
            const StoreObservation seen = observe(here_);
            expect(seen.requests.empty() && seen.personal.size() == 1,
                   "the request stayed, or no certificate came");
            const PersonalEntry& entry = seen.personal[0];
            expect(entry.key == KeyState::present, "the key is " + std::string(to_text(entry.key)));
            expect(entry.owned && entry.exportable && entry.friendly_name == "edgecert selftest" &&
                       entry.chain.size() == 1,
                   "what is kept with it is not what was said");
        });
    }

    void transfer() {
        step("a friendly name is set", [this] {
            here_.open(clock_)->set_friendly_name(certificate_->sha256, "edgecert selftest \xC3\xA4");
            expect(observe(here_).personal.at(0).friendly_name == "edgecert selftest \xC3\xA4", "it is not");
        });
        step("the key is handed over and comes to a second store", [this] {
            const KeyParcel parcel = here_.open(clock_)->export_key(certificate_->sha256);
            there_.open(clock_)->import_key(parcel, label());
            const StoreObservation seen = observe(there_);
            expect(seen.personal.size() == 1 && seen.personal[0].key == KeyState::present, "it is not there");
        });
        step("a key that is not exportable stays", [this] {
            const KeyParcel parcel = here_.open(clock_)->export_key(certificate_->sha256);
            there_.open(clock_)->retire(certificate_->sha256);
            PersonalLabel bound = label();
            bound.exportable = false;
            there_.open(clock_)->import_key(parcel, bound);
            expect(refusal([this] {
                       static_cast<void>(there_.open(clock_)->export_key(certificate_->sha256));
                   }) == "key-not-exportable",
                   "it was handed over");
        });
    }

    void roles() {
        step("a role is assigned, and seen where it is kept", [this] {
            RoleAssignment assignment;
            assignment.role = role;
            assignment.certificate = certificate_->sha256;
            assignment.pool = pool;
            assignment.now = clock_.now();
            here_.open(clock_)->assign(assignment);
            const StoreObservation seen = observe(here_);
            expect(seen.roles.size() == 1 && seen.roles[0].assigned == certificate_->sha256, "it is not");
        });
        step("a program is run after an assignment", [this] {
            const CommandResult result = here_.open(clock_)->activate(role);
            expect(result.ok && result.text.find("edgecert-node") != std::string::npos,
                   "it was not, or said something else: " + result.text);
        });
        step("a rejection is noted with the role", [this] {
            RoleNote note;
            note.role = role;
            note.rejected = Rejection{};
            note.rejected->certificate = certificate_->sha256;
            note.rejected->at = clock_.now();
            here_.open(clock_)->note_role(note);
            expect(observe(here_).roles.at(0).rejected.size() == 1, "it is not");
        });
        step("what a role points at is not retired", [this] {
            expect(refusal([this] { here_.open(clock_)->retire(certificate_->sha256); }) == "store-refused",
                   "it was");
        });
        step("a handshake with nobody is an answer", [this] {
            const HandshakeResult result = here_.open(clock_)->handshake(
                {.host = "127.0.0.1", .port = 1, .server_name = "selftest.example"});
            expect(!result.connected && !result.text.empty(), "somebody answered");
        });
    }

    void retire() {
        step("a certificate is retired with its key", [this] {
            const auto kept = here_.stores().find(StoreName::personal, certificate_->sha1);
            here_.open(clock_)->unassign(role, clock_.now());
            here_.open(clock_)->retire(certificate_->sha256);
            there_.open(clock_)->retire(certificate_->sha256);
            expect(observe(here_).personal.empty() && observe(there_).personal.empty(), "it is still there");
            expect(kept && look_at_key(kept->key, certificate_->spki_sha256).state == KeyState::absent,
                   "its key is still there");
        });
        step("a chain is trusted no more", [this] {
            here_.open(clock_)->distrust(TrustKind::intermediate, authority_->issuing()->sha256);
            here_.open(clock_)->distrust(TrustKind::root, authority_->root()->sha256);
            expect(observe(here_).trust.empty(), "it is still there");
        });
    }

    [[nodiscard]] RequestKey key() const {
        return {.pool = request_.pool, .name = request_.name, .spki = request_.spki};
    }
    [[nodiscard]] static PersonalLabel label() {
        PersonalLabel made;
        made.pool = pool;
        made.name = "internal";
        made.friendly_name = "edgecert selftest";
        made.exportable = true;
        return made;
    }

    SystemClock clock_{};
    x509::CertificateCache cache_{};
    SelftestPlace here_;
    SelftestPlace there_;
    std::unique_ptr<SelftestAuthority> authority_{};
    RequestEntry request_{};
    x509::CertificateRef certificate_{};
    std::string records_{};
    int failures_{};
};

}  // namespace

bool selftest() {
    return Run().all();
}

}  // namespace edgecert::windows
