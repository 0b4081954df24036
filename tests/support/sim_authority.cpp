// What simulated CAs do with requests: at once, after a while, when a person acts, wrongly, or unheard.
#include "tests/support/sim_authority.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "engine/diagnostic/diagnostic.h"
#include "resources/authorities/unit.h"
#include "tests/support/sim_world.h"

namespace edgecert {

namespace {

template <class View>
void set_idempotent(View& view, bool idempotent) {
    if constexpr (requires { view.idempotent; }) {
        view.idempotent = idempotent;
    }
}

void add_generation(AuthorityView& view,
                    const AuthoritySpec& spec,
                    const Mint::Chain& chain,
                    bool born_here) {
    view.chain.push_back({born_here ? birth_id(spec, true) : "", chain.root, true});
    view.chain.push_back({born_here ? birth_id(spec, false) : "", chain.issuing, false});
}

bool pinned(const AuthoritySpec& spec, const x509::CertificateRef& root) {
    return spec.is_local() ||
           std::find(spec.roots.begin(), spec.roots.end(), root->sha256) != spec.roots.end();
}

}  // namespace

void issue(SimCa& ca, SimSubmission& submission, Mint& mint, Instant now) {
    const x509::RequestContents& asked = mint.contents(submission.what.request_pem);
    LeafOrder order;
    order.subject = asked.subject;
    order.names = asked.names;
    order.extended_key_usage = submission.what.extended_key_usage.empty()
                                   ? asked.extended_key_usage
                                   : submission.what.extended_key_usage;
    const KeyRef known = mint.key_with(asked.spki_sha256);
    order.spki_der =
        known != nullptr ? known->spki_der : x509::request_public_key(submission.what.request_pem);
    order.not_before = now - std::chrono::minutes{5};
    order.not_after = now + submission.what.validity;
    order.serial =
        "0a" + std::to_string(10 + ca.log.size() % 89) + (submission.grants_else > 0 ? "ff" : "00");
    switch (submission.grants_else) {
        case 1:
            order.names.dns = {"somebody.else.example.net"};
            break;
        case 2:
            order.extended_key_usage = {"clientAuth"};
            break;
        case 3:  // nearly over, or over, when it is collected
            order.not_after = now + std::chrono::hours{1};
            break;
        case 4:  // of another person
            order.subject.common_name = "somebody.else.example.net";
            break;
        case 5:  // only from some hours later on
            order.not_before = now + std::chrono::hours{6};
            break;
        default:
            break;
    }
    submission.certificate = mint.leaf(ca.name, ca.generation, ca.born, order);
    submission.state = SimSubmissionState::issued;
}

void deny(SimSubmission& submission, const std::string& message) {
    submission.state = SimSubmissionState::denied;
    submission.message = message;
}

SimAuthority::SimAuthority(AuthoritySpec spec, std::shared_ptr<SimCa> ca, SimController& controller)
    : spec_(std::move(spec)), ca_(std::move(ca)), controller_(controller) {}

AuthorityView SimAuthority::observe(Instant /*now*/, x509::CertificateCache& /*cache*/) {
    controller_.before_authority(ca_->name, "look");
    AuthorityView view;
    view.name = spec_.name;
    view.exists = ca_->exists;
    view.pinned = spec_.is_local() || !spec_.roots.empty();
    set_idempotent(view, idempotent());
    if (ca_->exists) {
        Mint& mint = controller_.world().mint;
        std::vector<std::pair<int, Instant>> generations = ca_->older;
        generations.emplace_back(ca_->generation, ca_->born);
        for (const auto& [generation, born] : generations) {
            const Mint::Chain& chain = mint.chain(ca_->name, generation, born);
            if (pinned(spec_, chain.root)) {
                add_generation(view, spec_, chain, spec_.is_local());
            } else {
                view.unpinned_roots.push_back(chain.root);
            }
        }
    }
    std::sort(view.chain.begin(), view.chain.end(), [](const ChainCertificate& a, const ChainCertificate& b) {
        return a.root != b.root ? a.root : a.certificate->sha256 < b.certificate->sha256;
    });
    if (ca_->kind == SimCaKind::local && ca_->exists) {  // its log is in its folder
        for (const SimSubmission& one : ca_->log) {
            if (one.certificate != nullptr) {
                view.issued.push_back({one.what.issuance, one.certificate->sha256, one.what.spki});
            }
        }
        std::sort(view.issued.begin(), view.issued.end(), [](const IssuedRecord& a, const IssuedRecord& b) {
            return a.issuance < b.issuance;
        });
        view.issued.erase(std::unique(view.issued.begin(), view.issued.end()), view.issued.end());
    }
    controller_.after_authority(ca_->name, "look", false);
    return view;
}

// A local CA knows by its log what it issued, a person who sends files knows the file (an older answer for
// the same key is passed over by its age), anybody else the ticket.
SimSubmission* SimAuthority::find(const std::string& issuance,
                                  const std::string& spki,
                                  const std::string& ticket) const {
    for (SimSubmission& one : ca_->log) {
        const bool same = ca_->kind == SimCaKind::local ? one.what.issuance == issuance
                          : ca_->kind == SimCaKind::offline
                              ? one.what.spki == spki && one.what.issuance == issuance
                              : one.ticket == ticket;
        if (same) {
            return &one;
        }
    }
    return nullptr;
}

SubmitAnswer SimAuthority::submit(const Submission& submission) {
    const Where where{"submit", ca_->name};
    controller_.before_authority(ca_->name, "submit");
    if (!ca_->exists || ca_->kind == SimCaKind::chain_only) {
        throw Error("authority-refused", ca_->name + " issues nothing");
    }
    SimWorld& world = controller_.world();
    SimSubmission* known = idempotent() ? find(submission.issuance, submission.spki, "") : nullptr;
    if (known != nullptr && known->what.spki != submission.spki && !world.guards) {
        known = nullptr;
    }
    if (known != nullptr && known->what.spki != submission.spki) {
        return Denied{"issuance-reused", "another key was submitted under this issuance id", ""};
    }
    if (known == nullptr) {
        if (ca_->kind == SimCaKind::manual && controller_.fault_at(FaultKind::denies, where) != nullptr) {
            return Denied{"denied", "the policy module denied the request", ""};
        }
        SimSubmission fresh;
        fresh.what = submission;
        fresh.ticket = std::to_string(++world.next_ticket);
        fresh.polls_left = ca_->kind == SimCaKind::local ? 0 : ca_->patience;
        if (ca_->kind != SimCaKind::local) {
            const Fault* grants_else = controller_.fault_at(FaultKind::grants_else, where);
            fresh.grants_else = grants_else == nullptr ? 0 : 1 + grants_else->subject % 5;
        }
        ca_->log.push_back(std::move(fresh));
        known = &ca_->log.back();
        world.judge->submitted(*ca_, *known, false, controller_);
        if (ca_->kind == SimCaKind::local) {
            issue(*ca_, *known, world.mint, world.now);
        }
    } else {
        world.judge->submitted(*ca_, *known, true, controller_);
    }
    if (idempotent() && controller_.fault_at(FaultKind::duplicated, where) != nullptr) {
        world.judge->submitted(*ca_, *find(submission.issuance, submission.spki, ""), true, controller_);
    }
    const std::string ticket = known->ticket;
    controller_.after_authority(ca_->name, "submit", true);
    if (ca_->kind == SimCaKind::manual &&
        controller_.fault_at(FaultKind::submission_lost, where) != nullptr) {
        return Ambiguous{"the answer was not understood"};
    }
    return Accepted{ticket};
}

Answer SimAuthority::poll(const Inquiry& inquiry, x509::CertificateCache& /*cache*/) {
    controller_.before_authority(ca_->name, "poll");
    SimWorld& world = controller_.world();
    SimSubmission* submission = find(inquiry.issuance, inquiry.spki, inquiry.ticket);
    controller_.after_authority(ca_->name, "poll", false);
    if (submission == nullptr) {
        return Denied{"unknown-request", "no such request is known", ""};
    }
    if (submission->state == SimSubmissionState::pending && submission->polls_left >= 0) {
        if (submission->polls_left > 0) {
            --submission->polls_left;
        } else if (ca_->kind == SimCaKind::manual &&
                   controller_.fault_at(FaultKind::denies, {"poll", ca_->name}) != nullptr) {
            deny(*submission, "the officer denied the request");
        } else {
            issue(*ca_, *submission, world.mint, world.now);
        }
        if (controller_.fault_at(FaultKind::lost_answer, {"poll", ca_->name}) != nullptr) {
            throw Error("authority-unreachable", "the connection to " + ca_->name + " broke");
        }
    }
    switch (submission->state) {
        case SimSubmissionState::pending:
            return Pending{"the officer of " + ca_->name + " (request " + submission->ticket + ")", "ask"};
        case SimSubmissionState::denied:
            return Denied{"denied", submission->message, ""};
        case SimSubmissionState::issued:
            break;
    }
    if (submission->certificate->spki_sha256 != inquiry.spki) {
        return Unusable{"the answer is for another key", "inbox"};
    }
    const Mint::Chain& chain = world.mint.chain(ca_->name, ca_->generation, ca_->born);
    return Issued{submission->certificate, {chain.issuing, chain.root}};
}

void SimAuthority::create(Instant /*now*/) {
    controller_.before_authority(ca_->name, "create");
    if (ca_->kind != SimCaKind::local) {
        throw Error("authority-refused", ca_->name + " is not made here");
    }
    if (!ca_->exists) {
        controller_.world().judge->born(*ca_);
        ca_->exists = true;
        ca_->generation += ca_->was_born ? 1 : 0;  // another one of that name: it has other keys
        ca_->was_born = true;
        ca_->log.clear();
        ca_->born = std::chrono::floor<std::chrono::days>(controller_.world().now);
    }
    controller_.after_authority(ca_->name, "create", true);
}

Authority::Check SimAuthority::check(Instant /*now*/) {
    return {true, {"it is simulated, and answers"}, {}};
}

}  // namespace edgecert
