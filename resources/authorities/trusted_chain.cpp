// Chains out of heaps: every certificate has to prove, by signatures, that it leads to a pinned root.
#include "resources/authorities/trusted_chain.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "engine/diagnostic/diagnostic.h"
#include "engine/files/files.h"
#include "engine/text/encoding.h"
#include "engine/time/instant.h"
#include "resources/x509/chain.h"

namespace edgecert {
namespace {

using x509::CertificateRef;
using Heap = std::vector<CertificateRef>;

constexpr std::size_t chain_file_limit = 1U << 20U;

// By SHA-256, each once, so that no order of input reaches an output.
Heap in_order(Heap heap) {
    std::erase(heap, nullptr);
    std::sort(heap.begin(), heap.end(), [](const CertificateRef& a, const CertificateRef& b) {
        return a->sha256 < b->sha256;
    });
    heap.erase(
        std::unique(heap.begin(),
                    heap.end(),
                    [](const CertificateRef& a, const CertificateRef& b) { return a->sha256 == b->sha256; }),
        heap.end());
    return heap;
}

std::string named(const x509::Certificate& certificate) {
    return printable(certificate.subject_text, 200) + " (sha256:" + certificate.sha256.substr(0, 16) + "…)";
}

// What a heap is made of before anybody asked whether it can be trusted.
struct Sorted {
    Heap pinned{};
    Heap unpinned{};
    Heap links{};   // CAs that are not self-signed
    Heap others{};  // no CAs at all
    std::vector<std::string> pinned_links{};
};

Sorted sort_out(const Heap& heap, const std::set<std::string>& pins) {
    Sorted result;
    for (const CertificateRef& certificate : heap) {
        const bool pin = pins.contains(certificate->sha256);
        if (!certificate->is_authority) {
            result.others.push_back(certificate);
        } else if (!certificate->self_signed) {
            result.links.push_back(certificate);
            if (pin)
                result.pinned_links.push_back(named(*certificate));
        } else {
            (pin ? result.pinned : result.unpinned).push_back(certificate);
        }
    }
    return result;
}

// Why links lead to no root of the heap at all, pinned or not: a truncated chain, or a signature that is
// none.
struct Broken {
    std::set<std::string> missing{};  // issuers that the heap lacks
    std::set<std::string> whys{};     // other reasons
};

Broken broken_links(const Sorted& sorted) {
    Heap anchors = sorted.pinned;
    anchors.insert(anchors.end(), sorted.unpinned.begin(), sorted.unpinned.end());
    Broken broken;
    for (const CertificateRef& link : sorted.links) {
        const auto path = x509::build_path(link, sorted.links, anchors, Instant{}, false);
        const auto* none = std::get_if<x509::NoPath>(&path);
        if (none == nullptr)
            continue;
        if (none->missing_issuer.empty()) {
            broken.whys.insert(printable(none->why, 300));
        } else {
            broken.missing.insert(printable(none->missing_issuer, 200));
        }
    }
    return broken;
}

std::string joined(const std::set<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts)
        text += (text.empty() ? "" : "; ") + part;
    return text;
}

// What the pin is to be compared with, by somebody who knows.
std::string roots_of(const Sorted& sorted) {
    constexpr std::size_t most = 3;
    std::string text;
    for (std::size_t i = 0; i < std::min(sorted.unpinned.size(), most); ++i)
        text += (i == 0 ? "; it holds the root " : " and ") + pin_text(*sorted.unpinned[i]);
    return text + (sorted.unpinned.size() > most ? " and more" : "");
}

std::string problem_of(const Sorted& sorted, const TrustedChain& chain, const Broken& broken) {
    if (!chain.pinned)
        return "no root is pinned, so nothing of it is trusted";
    if (!sorted.pinned_links.empty() && sorted.pinned.empty()) {
        return "the pin names " + sorted.pinned_links.front() + ", which is no self-signed root";
    }
    const std::string lacks =
        broken.missing.empty() ? "" : "; the issuer that is missing: " + joined(broken.missing);
    if (sorted.pinned.empty() && sorted.links.empty() && sorted.unpinned.empty())
        return "it holds no CA certificate";
    if (sorted.pinned.empty())
        return "none of its certificates is a pinned root" + roots_of(sorted) + lacks;
    if (!chain.intermediates.empty())
        return {};
    if (!broken.missing.empty())
        return "the chain is truncated" + lacks;
    return broken.whys.empty() ? "" : "the chain does not hold: " + joined(broken.whys);
}

void note_leftovers(const Sorted& sorted, const Broken& broken, TrustedChain& chain) {
    for (const CertificateRef& other : sorted.others)
        chain.notes.push_back("left aside, no CA certificate: " + named(*other));
    if (!chain.problem.empty())
        return;
    for (const CertificateRef& link : sorted.links) {
        const bool used = std::find(chain.intermediates.begin(), chain.intermediates.end(), link) !=
                          chain.intermediates.end();
        if (!used)
            chain.notes.push_back("left aside, leads to no pinned root: " + named(*link));
    }
    if (!broken.missing.empty())
        chain.notes.push_back("issuers that are missing: " + joined(broken.missing));
}

}  // namespace

std::string pin_text(const x509::Certificate& root) {
    return "sha256:" + root.sha256 + " (" + printable(root.subject_text, 200) + ", until " +
           to_rfc3339(root.not_after) + ")";
}

TrustedChain trusted_chain(const Heap& heap, const std::vector<std::string>& pins) {
    const Sorted sorted = sort_out(in_order(heap), std::set<std::string>(pins.begin(), pins.end()));
    TrustedChain chain;
    chain.pinned = !pins.empty();
    chain.unpinned_roots = sorted.unpinned;
    chain.roots = sorted.pinned;
    for (const CertificateRef& link : sorted.links) {
        if (sorted.pinned.empty())
            break;
        const auto path = x509::build_path(link, sorted.links, sorted.pinned, Instant{}, false);
        if (std::holds_alternative<x509::Path>(path))
            chain.intermediates.push_back(link);
    }
    const Broken broken = broken_links(sorted);
    chain.problem = problem_of(sorted, chain, broken);
    note_leftovers(sorted, broken, chain);
    if (!chain.problem.empty()) {
        chain.roots.clear();
        chain.intermediates.clear();
    }
    return chain;
}

TrustedChain chain_from_store(const Heap& roots,
                              const Heap& intermediates,
                              const std::vector<std::string>& pins) {
    // A self-signed certificate among the intermediates is nobody's anchor: whoever trusts it has it in the
    // root store.
    Heap heap = roots;
    for (const CertificateRef& certificate : intermediates) {
        if (certificate && !certificate->self_signed)
            heap.push_back(certificate);
    }
    return trusted_chain(heap, pins);
}

std::vector<ChainCertificate> chain_certificates(const TrustedChain& chain) {
    std::vector<ChainCertificate> result;
    for (const CertificateRef& root : chain.roots)
        result.push_back({.certificate = root, .root = true});
    for (const CertificateRef& link : chain.intermediates)
        result.push_back({.certificate = link, .root = false});
    return result;
}

void put_chain(const TrustedChain& chain, AuthorityView& view) {
    view.chain = chain_certificates(chain);
    view.unpinned_roots = chain.unpinned_roots;
    view.pinned = chain.pinned;
    view.chain_problem = chain.problem;
    view.notes.insert(view.notes.end(), chain.notes.begin(), chain.notes.end());
}

TrustedChain chain_from_file(const AuthoritySpec& spec, x509::CertificateCache& cache) {
    try {
        const std::string bytes = read_file(spec.chain_file, chain_file_limit);
        TrustedChain chain = trusted_chain(x509::parse_bundle(bytes, cache), spec.roots);
        if (!chain.problem.empty())
            chain.problem = printable(spec.chain_file) + ": " + chain.problem;
        return chain;
    } catch (const Error& error) {
        TrustedChain chain;
        chain.pinned = !spec.roots.empty();
        const std::string& text = error.diagnostic().text;
        const bool says_where = text.find(spec.chain_file) != std::string::npos;
        chain.problem = (says_where ? "" : printable(spec.chain_file) + ": ") + text;
        return chain;
    }
}

AuthorityView view_of_declared_chain(const AuthoritySpec& spec, x509::CertificateCache& cache) {
    AuthorityView view;
    view.name = spec.name;
    if (!spec.chain_file.empty()) {
        put_chain(chain_from_file(spec, cache), view);
        return view;
    }
    view.pinned = !spec.roots.empty();
    view.chain_problem = "no chain.file is declared, and \"" + spec.name + "\" cannot be asked for its chain";
    return view;
}

void check_declared_chain(const AuthoritySpec& spec, Authority::Check& result) {
    x509::CertificateCache cache;
    check_chain(spec, view_of_declared_chain(spec, cache), result);
}

void check_chain(const AuthoritySpec& spec, const AuthorityView& view, Authority::Check& result) {
    for (const ChainCertificate& link : view.chain) {
        result.lines.push_back((link.root ? "root " : "intermediate ") + pin_text(*link.certificate));
    }
    if (view.chain_problem.empty())
        return;
    // Where nobody can be asked and no file is declared, the chain may still stand in the pool's stores.
    if (spec.chain_file.empty() && view.pinned && !std::holds_alternative<CommandAuthority>(spec.kind)) {
        result.lines.push_back("chain: " + view.chain_problem);
    } else {
        result.fault("chain: " + view.chain_problem);
    }
}

}  // namespace edgecert
