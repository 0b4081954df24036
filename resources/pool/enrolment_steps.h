// The steps and waits that an enrolment is planned with, whichever way a request has come.
#pragma once

#include <string>

#include "resources/pool/enrolment.h"

namespace edgecert {

// As --retry and --resubmit take it: pool/certificate.
[[nodiscard]] std::string address_of(const Planning& planning, const CertificateSpec& spec);

// Does its CA take the same request twice as one?
[[nodiscard]] bool is_idempotent(const Planning& planning, const CertificateSpec& spec);

// Somebody is waited for, and nothing more of this certificate is planned.
void block_certificate(Planning& planning, const CertificateSpec& spec, Wait wait);

// The two steps, and the view as it will be behind them. `known`: the answer where it is there already.
void add_collection(Planning& planning,
                    const CertificateSpec& spec,
                    const OpenRequest& open,
                    const x509::CertificateRef& known);
void add_submission(Planning& planning,
                    const CertificateSpec& spec,
                    const OpenRequest& open,
                    const Reason& reason);

// Of a request that was denied, with the CA's words.
void diff_denied(Planning& planning,
                 const CertificateSpec& spec,
                 const OpenRequest& open,
                 const std::string& why);
// Of a request that its CA has: taken, waited for, given up or sent again by what the CA says of it.
void diff_enrolment_answer(Planning& planning, const CertificateSpec& spec, const OpenRequest& open);

}  // namespace edgecert
