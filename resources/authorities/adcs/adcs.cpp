// What is asked of the enrolment pages for an authority, and what their answers mean for it.
#include "resources/authorities/adcs/adcs.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/authorities/adcs/hresults.h"
#include "resources/authorities/answer_files.h"
#include "resources/authorities/trusted_chain.h"
#include "resources/x509/chain.h"

namespace edgecert {
namespace {

using Certificates = std::vector<x509::CertificateRef>;

const AdcsAuthority& adcs_of(const AuthoritySpec& spec) {
    return std::get<AdcsAuthority>(spec.kind);
}

std::string with_hint(const std::string& text, const std::string& hint) {
    return hint.empty() ? text : text + "; " + hint;
}

[[noreturn]] void fail(const adcs::Failure& failure) {
    const bool refused = failure.trouble == adcs::Trouble::status;
    throw Error(refused ? "authority-refused" : "authority-unreachable", failure.text, failure.hint);
}

std::string request_named(const std::string& id) {
    return id.empty() ? "the request" : "request " + id;
}

// "request 42: CERTSRV_E_… (0x…): the account may not enrol on this template; the CA says: Denied by …"
Denied denied_of(const adcs::Page& page, const std::string& id, const std::string& what) {
    Denied denied;
    denied.code = page.hresult ? adcs::hresult_text(*page.hresult) : "request-denied";
    denied.message = request_named(id) + " " + what;
    if (page.hresult)
        denied.message += ", " + adcs::in_words(*page.hresult);
    if (!page.message.empty())
        denied.message += "; the CA says: " + page.message;
    const adcs::Hresult* known = page.hresult ? adcs::find_hresult(*page.hresult) : nullptr;
    denied.hint = known == nullptr ? "" : std::string(known->hint);
    return denied;
}

// The template's CN is one line of the form's attributes: what would begin another is refused.
void check_template(const std::string& name) {
    const bool plain = !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == '\x7F' || c == ':';
    });
    if (!plain)
        throw Error(not_submitted, "`" + printable(name, 100) + "` is no name of a template");
}

}  // namespace

AdcsCertificateAuthority::AdcsCertificateAuthority(AuthoritySpec spec,
                                                   AdcsDoors doors,
                                                   adcs::Patience patience)
    : spec_(std::move(spec)), doors_(std::move(doors)), client_(adcs_of(spec_), doors_.hidden, patience) {}

std::string AdcsCertificateAuthority::kept(std::string_view body) const {
    const std::string path = doors_.keep_page && !body.empty() ? doors_.keep_page(body) : "";
    return path.empty() ? "" : "; the whole page is kept in " + path;
}

std::string AdcsCertificateAuthority::body_of(const std::string& page) {
    adcs::Answered answered = client_.get(page);
    if (const auto* failure = std::get_if<adcs::Failure>(&answered))
        fail(*failure);
    return std::move(std::get<adcs::Reply>(answered).body);
}

adcs::Answered AdcsCertificateAuthority::sent(std::string_view form) {
    try {
        return client_.post("certfnsh.asp", form);
    } catch (const Error& error) {  // no password, no handle: nothing went out
        throw Error(not_submitted, error.diagnostic().text, error.diagnostic().hint);
    }
}

SubmitAnswer AdcsCertificateAuthority::submit(const Submission& submission) {
    check_template(submission.template_name);
    const std::string form =
        adcs::form_of({{"Mode", "newreq"},
                       {"CertRequest", submission.request_pem},
                       {"CertAttrib", "CertificateTemplate:" + submission.template_name + "\r\n"},
                       {"FriendlyType", "Saved-Request Certificate"},
                       {"TargetStoreFlags", "0"},
                       {"SaveCert", "yes"}});
    const adcs::Answered answered = sent(form);
    if (const auto* failure = std::get_if<adcs::Failure>(&answered)) {
        if (!failure->arrived)
            throw Error(not_submitted, failure->text, failure->hint);
        return Ambiguous{failure->text + ", so nobody knows whether the CA has the request" +
                         kept(failure->body)};
    }
    return answer_of_submission(std::get<adcs::Reply>(answered).body);
}

SubmitAnswer AdcsCertificateAuthority::answer_of_submission(std::string_view body) const {
    const adcs::Page page = adcs::read_page(body);
    switch (page.kind) {
        case adcs::Page::Kind::issued:
        case adcs::Page::Kind::pending:
            if (!page.id.empty())
                return Accepted{page.id};
            return Ambiguous{"the CA took the request and its page names no request id that is understood" +
                             kept(body)};
        case adcs::Page::Kind::denied:
            return denied_of(page, page.id, "was denied");
        case adcs::Page::Kind::failed: {
            const adcs::Hresult* known = page.hresult ? adcs::find_hresult(*page.hresult) : nullptr;
            if (known != nullptr && known->undone) {
                throw Error(not_submitted,
                            adcs::host_of(client_.spec().url) +
                                " did not pass the request on: " + adcs::in_words(*page.hresult),
                            std::string(known->hint));
            }
            constexpr std::uint32_t lost_in_the_middle = 0x800706BE;
            if (page.hresult == lost_in_the_middle) {
                return Ambiguous{adcs::in_words(*page.hresult) +
                                 ", so nobody knows whether the CA has the request"};
            }
            return denied_of(page, page.id, "ended in an error");
        }
        case adcs::Page::Kind::revoked:
        case adcs::Page::Kind::unknown:
            break;
    }
    return Ambiguous{"the page that answers the request is not understood" + kept(body)};
}

Answer AdcsCertificateAuthority::poll(const Inquiry& inquiry, x509::CertificateCache& cache) {
    const std::string& id = inquiry.ticket;
    if (!adcs::is_request_id(id))
        return Ambiguous{"`" + printable(id, 60) + "` is no request id of AD CS, which is a number"};
    const std::string body = body_of("certnew.cer?ReqID=" + id + "&Enc=b64");
    Certificates certificates;
    try {
        certificates = x509::parse_bundle(body, cache);
    } catch (const Error& why) {
        return answer_of_poll(body, id, why.diagnostic().text);
    }
    return issued(certificates, inquiry, cache);
}

Answer AdcsCertificateAuthority::issued(const Certificates& certificates,
                                        const Inquiry& inquiry,
                                        x509::CertificateCache& cache) {
    const std::string where = "request " + inquiry.ticket + " of " + client_.spec().url;
    auto found = answer_among(certificates, inquiry);
    auto* ours = std::get_if<Issued>(&found);
    if (ours == nullptr)
        return Unusable{std::get<std::string>(std::move(found)), where};
    // Its own chain: a CA may have been re-keyed since the authority was looked at. Without it the declared
    // one has to do.
    const adcs::Answered chain = client_.get("certnew.p7b?ReqID=" + inquiry.ticket + "&Enc=bin");
    if (const auto* reply = std::get_if<adcs::Reply>(&chain)) {
        try {
            for (x509::CertificateRef& link : x509::parse_bundle(reply->body, cache)) {
                if (link->is_authority)
                    ours->chain.push_back(std::move(link));
            }
        } catch (const Error&) {
            return std::move(*ours);
        }
    }
    return std::move(*ours);
}

Answer AdcsCertificateAuthority::answer_of_poll(std::string_view body,
                                                const std::string& id,
                                                const std::string& why_no_certificate) const {
    const adcs::Page page = adcs::read_page(body);
    switch (page.kind) {
        case adcs::Page::Kind::pending:
            return Pending{"an officer of " + spec_.name + " (request " + id + ")",
                           "have request " + id +
                               " issued at the CA (Certification Authority, Pending Requests; or "
                               "certutil -resubmit " +
                               id + "), then apply again"};
        case adcs::Page::Kind::denied:
            return denied_of(page, id, "was denied");
        case adcs::Page::Kind::revoked:
            return denied_of(page, id, "was issued and then revoked");
        case adcs::Page::Kind::issued:
            return Unusable{
                "the CA says that it is issued, and gives a page instead of the certificate" + kept(body),
                "request " + id + " of " + client_.spec().url};
        case adcs::Page::Kind::failed: {
            constexpr std::uint32_t unknown_ids[] = {0x80094002, 0x80094004};
            const bool unknown = std::any_of(std::begin(unknown_ids), std::end(unknown_ids), [&](auto value) {
                return page.hresult == value;
            });
            const adcs::Hresult* known = page.hresult ? adcs::find_hresult(*page.hresult) : nullptr;
            if (known != nullptr && known->undone) {
                throw Error("authority-unreachable",
                            adcs::host_of(client_.spec().url) + ": " + adcs::in_words(*page.hresult),
                            std::string(known->hint));
            }
            if (unknown)
                return Ambiguous{"the CA knows no request " + id + ": " + adcs::in_words(*page.hresult)};
            return denied_of(page, id, "ended in an error");
        }
        case adcs::Page::Kind::unknown:
            break;
    }
    if (body.starts_with('\x30') || body.find("-----BEGIN") != std::string_view::npos) {
        return Unusable{"what the CA gives as the certificate of request " + id +
                            " cannot be read: " + why_no_certificate + kept(body),
                        "request " + id + " of " + client_.spec().url};
    }
    return Ambiguous{"the page about request " + id + " is not understood" + kept(body)};
}

void AdcsCertificateAuthority::create(Instant /*now*/) {
    throw Error("authority-refused", "\"" + spec_.name + "\" is a CA elsewhere, and is not made here");
}

Authority::Check AdcsCertificateAuthority::check(Instant now) {
    Check result{.ok = true};
    const AdcsAuthority& adcs = client_.spec();
    try {
        const adcs::Answered answered = client_.get("");
        if (const auto* failure = std::get_if<adcs::Failure>(&answered))
            fail(*failure);
        const std::string who = adcs.method == "negotiate"     ? "the Kerberos ticket"
                                : adcs.method == "certificate" ? "the client certificate"
                                                               : printable(adcs.username, 100);
        result.lines.push_back(
            who + " may use the enrolment pages of " + adcs.url + " (" + adcs.method +
            "); whether it may enrol on a template only the CA says, when it is asked: the "
            "right is Enroll on the template");
        const std::optional<Instant>& date = std::get<adcs::Reply>(answered).date;
        const Seconds apart = date ? *date - now : Seconds{};
        constexpr Seconds worth_a_word{60};
        if (apart > worth_a_word || -apart > worth_a_word) {
            result.lines.push_back("its clock is " + to_words(apart > Seconds{} ? apart : -apart) +
                                   (apart > Seconds{} ? " ahead of" : " behind") + " the one here");
        }
        x509::CertificateCache cache;
        const AuthorityView view = observe(now, cache);
        for (const ChainCertificate& link : view.chain)
            result.lines.push_back((link.root ? "root " : "intermediate ") + pin_text(*link.certificate));
        if (!view.chain_problem.empty() && view.pinned) {
            result.fault("chain: " + view.chain_problem);
        } else if (!view.chain_problem.empty()) {
            result.lines.push_back("chain: " + view.chain_problem);
        }
        if (!view.reachable && view.error != view.chain_problem)
            result.fault(view.error);
        result.ok = result.ok && view.reachable;
    } catch (const Error& error) {
        result.fault(with_hint(error.diagnostic().text, error.diagnostic().hint));
    }
    return result;
}

}  // namespace edgecert
