// A declared local CA in a temporary folder, for the tests of its making and of its issuing.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "resources/authorities/local.h"
#include "tests/contract/authorities/cases.h"
#include "tests/contract/authorities/workbench.h"

namespace edgecert::test {

struct LocalWorld {
    Workbench bench{};
    AuthoritySpec spec{local_spec(bench.path("deep/ca"))};
    x509::CertificateCache cache{};
    Instant now{real_now()};
    std::function<std::string(std::size_t)> random{test_randomness()};

    [[nodiscard]] LocalCertificateAuthority authority() const {
        return LocalCertificateAuthority(spec, random);
    }
    [[nodiscard]] AuthorityView view() { return authority().observe(now, cache); }
    [[nodiscard]] SubmitAnswer submit(const Submission& submission) const {
        return authority().submit(submission);
    }
};

[[nodiscard]] inline bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace edgecert::test
