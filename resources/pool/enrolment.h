// What planning an enrolment and carrying it out share: what keeps an answer from being installed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "resources/pool/open_request.h"

namespace edgecert {

// Steps and waits of every certificate whose request is open.
void diff_enrolment(Planning& planning);

// The reason code of a submission of what was accepted before and is at its CA no more.
inline constexpr std::string_view not_at_authority = "not-at-authority";

// The shortcomings of an issued certificate as an answer to this request; codes as in judgement.h, and
// key-differs, due-already.
[[nodiscard]] std::vector<Reason> faults_of(const Issued& issued,
                                            const OpenRequest& open,
                                            const CertificateSpec& spec,
                                            const Planning& planning);

// What is noted of a denial: the CA's words and the template that was asked for, so that another one is a
// reason to ask again. template_denied() reads it back; "" where it is not said.
[[nodiscard]] std::string denial_note(const Denied& denied, const std::string& template_name);
[[nodiscard]] std::string template_denied(const std::string& note);
// Has the CA answered this issuance id for another key? Sent again it is denied again.
[[nodiscard]] bool is_denied_for_good(const std::string& note);

[[nodiscard]] std::string joined(const std::vector<Reason>& reasons);  // "text; text"

}  // namespace edgecert
