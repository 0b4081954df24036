// Answers that lie in a folder: which file, if any, holds the certificate for a request, and what is wrong
// with the others.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "resources/authorities/authority.h"

namespace edgecert {

struct AnswerProblem {
    std::string path{};
    std::string why{};
    bool earlier{};  // a certificate for another request or from before this one: it may lie there since the
                     // last time
};

struct AnswerFiles {
    std::optional<Issued> answer{};
    std::vector<AnswerProblem> problems{};  // of every file that is no answer, in the order of their names
};

// Looks at <inbox>/<pool>/<certificate>.{cer,crt,pem,p7b}; pool and certificate are checked names. Absent
// folders are empty. A link, a folder open to every user, a FIFO, a file over 1 MiB are problems in words;
// nothing is followed, nothing blocks.
[[nodiscard]] AnswerFiles look_for_answer(const std::string& inbox,
                                          const Inquiry& inquiry,
                                          x509::CertificateCache& cache);

// The certificate for the request among `certificates`: its key, no CA; the one that ends last, then the
// smallest SHA-256. The others are its chain. Else why there is none. A certificate that began long (a week)
// before the request was sent is last year's, made for the same key.
[[nodiscard]] std::variant<Issued, std::string> answer_among(
    const std::vector<x509::CertificateRef>& certificates, const Inquiry& inquiry);

}  // namespace edgecert
