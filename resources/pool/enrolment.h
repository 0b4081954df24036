// What planning an enrolment and carrying it out share: what keeps an answer from being installed.
#pragma once

#include <string>
#include <vector>

#include "resources/pool/open_request.h"

namespace edgecert {

// Steps and waits of every certificate whose request is open.
void diff_enrolment(Planning& planning);

// The shortcomings of an issued certificate as an answer to this request; codes as in judgement.h, and
// key-differs, due-already.
[[nodiscard]] std::vector<Reason> faults_of(const Issued& issued,
                                            const OpenRequest& open,
                                            const CertificateSpec& spec,
                                            const Planning& planning);

[[nodiscard]] std::string joined(const std::vector<Reason>& reasons);  // "text; text"

}  // namespace edgecert
