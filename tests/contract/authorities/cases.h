// The kinds of authority that keep one contract, each with its far side played.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "resources/authorities/authority.h"
#include "tests/contract/authorities/workbench.h"

namespace edgecert::test {

// One authority that can issue, with whoever stands behind it.
class AuthorityBench {
public:
    AuthorityBench() = default;
    AuthorityBench(const AuthorityBench&) = delete;
    AuthorityBench& operator=(const AuthorityBench&) = delete;
    virtual ~AuthorityBench() = default;

    [[nodiscard]] virtual Authority& authority() = 0;
    [[nodiscard]] virtual Instant now() const { return real_now(); }
    // A request in PEM for the names edge.contoso.net (its CN) and edge01.contoso.net; a key of its own for
    // each `name`.
    [[nodiscard]] virtual std::string request(const Workbench& bench, const std::string& name) {
        return bench.csr({.name = name});
    }
    [[nodiscard]] virtual bool concurrent() const { return true; }
    // Does what the far side has to do before poll() can give the certificate: a person signs, an officer
    // approves. Nothing, for most.
    virtual void answer(const Submission& submission, const Workbench& bench) = 0;
};

struct AuthorityCase {
    std::string name{};
    std::function<std::unique_ptr<AuthorityBench>()> make{};
};

// Every kind there is. A fake joins the suite by an entry here, and then cannot promise what real ones do
// not.
[[nodiscard]] std::vector<AuthorityCase> authority_cases();

[[nodiscard]] AuthorityCase simulated_case();

[[nodiscard]] AuthoritySpec local_spec(const std::string& directory);

}  // namespace edgecert::test
