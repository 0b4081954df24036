// What keeps an answer from being installed, and how a denial is noted.
#include "engine/text/encoding.h"
#include "engine/text/mutant.h"
#include "resources/pool/choice.h"
#include "resources/pool/enrolment.h"
#include "resources/pool/judgement.h"
#include "resources/pool/look.h"
#include "resources/pool/renewal.h"

namespace edgecert {

std::string joined(const std::vector<Reason>& reasons) {
    std::string text;
    for (const auto& reason : reasons) {
        text += (text.empty() ? "" : "; ") + reason.text;
    }
    return text;
}

namespace {

constexpr std::string_view template_mark = " [template ";
constexpr std::string_view reused_mark = " [issuance-reused]";

}  // namespace

std::string denial_note(const Denied& denied, const std::string& template_name) {
    constexpr std::size_t longest = 2000;  // stores keep so much and more, so that the mark is never cut off
    return printable(denied.message + (denied.hint.empty() ? "" : " (" + denied.hint + ")"), longest) +
           (denied.code == "issuance-reused" ? std::string(reused_mark) : "") +
           (template_name.empty() ? "" : std::string(template_mark) + template_name + "]");
}

bool is_denied_for_good(const std::string& note) {
    return note.find(reused_mark) != std::string::npos;
}

std::string template_denied(const std::string& note) {
    const auto begin = note.rfind(template_mark);
    if (begin == std::string::npos || note.back() != ']') {
        return {};
    }
    const auto name = begin + template_mark.size();
    return note.substr(name, note.size() - name - 1);
}

// What of an issued certificate keeps it from being installed.
std::vector<Reason> faults_of(const Issued& issued,
                              const OpenRequest& open,
                              const CertificateSpec& spec,
                              const Planning& planning) {
    std::vector<Reason> faults;
    if (issued.certificate->spki_sha256 != open.entry.spki) {
        faults.push_back({"key-differs", "it is for another key than the request's", {}, {}});
    }
    const auto authority = planning.authorities.find(spec.requirement.authority);
    if (authority == planning.authorities.end() || EDGECERT_MUTANT(any_answer_accepted)) {
        return faults;
    }
    const auto chain = declared_chain(authority->second, planning.view());
    const auto standard = standard_for(planning, spec, authority->second, chain);
    const auto more = shortcomings(*issued.certificate, open.entry.submitted, standard);
    faults.insert(faults.end(), more.begin(), more.end());
    const auto due_at = renewal_due(planning, spec, *issued.certificate);
    if (due_at && *due_at <= planning.now() && issued.certificate->not_after > planning.valid_at()) {
        faults.push_back(
            {"due-already",
             "it is due for renewal already (valid from " + to_rfc3339(issued.certificate->not_before) + ")",
             {},
             {}});
    }
    const auto fresh = answer_shortcomings(*issued.certificate, standard);
    faults.insert(faults.end(), fresh.begin(), fresh.end());
    return faults;
}

}  // namespace edgecert
