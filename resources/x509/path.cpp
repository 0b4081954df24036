// Paths from a leaf to a pinned root: candidates found here, every check on them made by OpenSSL.
#include <algorithm>
#include <cstddef>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "resources/x509/certificate.h"
#include "resources/x509/chain.h"
#include "resources/x509/openssl.h"
#include "resources/x509/signature.h"

namespace edgecert::x509 {
namespace {

using Certificates = std::vector<CertificateRef>;

constexpr std::size_t longest_path = 10;
// A hostile bundle can make the number of paths exponential; an honest one has a handful.
constexpr std::size_t most_candidates = 32;
constexpr std::size_t most_steps = 512;

CertificateHandle decode(const Certificate& certificate) {
    auto handle = decode_whole<CertificateHandle>(d2i_X509, certificate.der);
    require(handle != nullptr, "reading a certificate again");
    return handle;
}

// All ways up from a certificate by names, nearest first: roots before intermediates, each in the given
// order. OpenSSL's own search follows only the first issuer that fits by name, so a re-keyed or cross-signed
// CA could hide a good path.
class PathSearch {
public:
    PathSearch(const Certificates& intermediates, const Certificates& roots)
        : intermediates_(intermediates), roots_(roots) {}

    void run(const CertificateRef& from) { extend({from}); }
    [[nodiscard]] const std::vector<Certificates>& complete() const { return complete_; }
    [[nodiscard]] const Certificates& longest() const {
        return longest_;
    }  // the first of those that got farthest

private:
    void extend(const Certificates& path) {
        if (path.size() > longest_.size()) {
            longest_ = path;
        }
        if (is_root(path.back())) {
            complete_.push_back(path);
            return;
        }
        if (path.size() == longest_path) {
            return;
        }
        for (const CertificateRef& issuer : issuers(path)) {
            if (complete_.size() == most_candidates || ++steps_ > most_steps) {
                return;
            }
            Certificates longer = path;
            longer.push_back(issuer);
            extend(longer);
        }
    }

    [[nodiscard]] bool is_root(const CertificateRef& certificate) const {
        return certificate->self_signed && holds(roots_, certificate);
    }

    static bool holds(const Certificates& all, const CertificateRef& one) {
        return std::any_of(
            all.begin(), all.end(), [&](const CertificateRef& other) { return *other == *one; });
    }

    // Each pair is computed once, however many ways lead through it.
    bool signs(const Certificate& issuer, const Certificate& subject) {
        const auto [known, fresh] = signs_.try_emplace({&issuer, &subject}, false);
        if (fresh) {
            known->second = signed_by(subject, issuer);
        }
        return known->second;
    }

    Certificates issuers(const Certificates& path) {
        const Certificate& lowest = *path.back();
        Certificates found;
        const auto take = [&](const CertificateRef& candidate) {
            if (candidate->subject_der == lowest.issuer_der && !holds(path, candidate) &&
                !holds(found, candidate)) {
                found.push_back(candidate);
            }
        };
        for (const CertificateRef& root : roots_) {
            if (root->self_signed) {
                take(root);
            }
        }
        std::for_each(intermediates_.begin(), intermediates_.end(), take);
        if (found.size() > 1) {
            found.erase(
                std::remove_if(found.begin(),
                               found.end(),
                               [&](const CertificateRef& candidate) { return !signs(*candidate, lowest); }),
                found.end());
        }
        return found;
    }

    const Certificates& intermediates_;
    const Certificates& roots_;
    std::vector<Certificates> complete_{};
    Certificates longest_{};
    std::size_t steps_{};
    std::map<std::pair<const Certificate*, const Certificate*>, bool> signs_{};
};

struct Checks {
    Instant now{};
    bool times{};
    int purpose{-1};  // X509_PURPOSE_…; -1: any
};

using StoreHandle = Owned<X509_STORE, X509_STORE_free>;
using ContextHandle = Owned<X509_STORE_CTX, X509_STORE_CTX_free>;

// OpenSSL's verdict on exactly these certificates, leaf first; the last one is the trust anchor if
// `anchored`. The store is ours alone: neither the system's roots nor the environment's have a say. No
// partial chains.
std::optional<NoPath> verify(const Certificates& path, bool anchored, const Checks& checks) {
    const ErrorQueue errors;
    std::vector<CertificateHandle> handles;
    const Owned<STACK_OF(X509), free_certificates> above(sk_X509_new_null());
    const StoreHandle store(X509_STORE_new());
    const ContextHandle context(X509_STORE_CTX_new());
    require(above && store && context, "allocation");
    for (const CertificateRef& certificate : path) {
        handles.push_back(decode(*certificate));
    }
    for (std::size_t i = 1; i < handles.size(); ++i) {
        require(X509_up_ref(handles[i].get()) == 1, "X509_up_ref");
        require(sk_X509_push(above.get(), handles[i].get()) > 0, "sk_X509_push");
    }
    require(!anchored || X509_STORE_add_cert(store.get(), handles.back().get()) == 1, "X509_STORE_add_cert");
    require(X509_STORE_CTX_init(context.get(), store.get(), handles.front().get(), above.get()) == 1,
            "X509_STORE_CTX_init");
    X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
    if (checks.times) {
        X509_VERIFY_PARAM_set_time(parameters, checks.now.time_since_epoch().count());
    } else {  // never both: a time that is set is checked whatever this flag says
        require(X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_NO_CHECK_TIME) == 1,
                "X509_VERIFY_PARAM_set_flags");
    }
    if (checks.purpose >= 0) {
        require(X509_STORE_CTX_set_purpose(context.get(), checks.purpose) == 1, "X509_STORE_CTX_set_purpose");
    }
    if (X509_verify_cert(context.get()) == 1) {
        return std::nullopt;
    }
    const int code = X509_STORE_CTX_get_error(context.get());
    const int depth = X509_STORE_CTX_get_error_depth(context.get());
    NoPath refusal{X509_verify_cert_error_string(code), {}};
    if (depth >= 0 && static_cast<std::size_t>(depth) < path.size()) {
        const Certificate& where = *path[static_cast<std::size_t>(depth)];
        refusal.why += ": " + where.subject_text;
        if (code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
            code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY) {
            refusal.missing_issuer = where.issuer_text;
        }
    }
    return refusal;
}

NoPath explain(const Certificates& dead_end, const Checks& checks) {
    NoPath none = verify(dead_end, false, checks).value_or(NoPath{"no path to a trusted root", {}});
    const Certificate& last = *dead_end.back();
    if (last.self_signed) {
        none.why += "; " + last.subject_text + " is not among the trusted roots";
    } else if (none.missing_issuer.empty()) {
        none.missing_issuer = last.issuer_text;
    }
    return none;
}

}  // namespace

std::variant<Path, NoPath> build_path(const CertificateRef& from,
                                      const std::vector<CertificateRef>& intermediates,
                                      const std::vector<CertificateRef>& roots,
                                      Instant now,
                                      bool check_times) {
    const ErrorQueue errors;
    const Checks checks{now, check_times};
    PathSearch search(intermediates, roots);
    search.run(from);
    std::optional<NoPath> first;
    for (const Certificates& candidate : search.complete()) {
        std::optional<NoPath> refusal = verify(candidate, true, checks);
        if (!refusal) {
            return Path{candidate};
        }
        if (!first) {
            first = std::move(refusal);
        }
    }
    return first ? *std::move(first) : explain(search.longest(), checks);
}

std::string purpose_problem(const CertificateRef& leaf, const Path& path, bool client, Instant now) {
    const ErrorQueue errors;
    Certificates chain = path.certificates;
    if (chain.empty() || *chain.front() != *leaf) {
        chain.insert(chain.begin(), leaf);
    }
    if (const auto refusal = verify(chain, true, {now, true, X509_PURPOSE_SSL_SERVER})) {
        return "not usable as a TLS server: " + refusal->why;
    }
    if (client) {
        if (const auto refusal = verify(chain, true, {now, true, X509_PURPOSE_SSL_CLIENT})) {
            return "not usable as a TLS client: " + refusal->why;
        }
    }
    return {};
}

}  // namespace edgecert::x509
