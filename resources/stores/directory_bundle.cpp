// Bundles of certificates taken apart and put together.
#include "resources/stores/directory_bundle.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"

namespace edgecert::directory {
namespace {

constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view end_mark = "-----END ";
constexpr std::string_view dashes = "-----";

// From a BEGIN line to behind the line of its END, or to the next BEGIN when the end is missing (RFC 7468).
std::size_t block_length(std::string_view text) {
    const std::size_t next = text.find(begin_mark, begin_mark.size());
    const std::size_t end = text.find(end_mark);
    if (end == std::string_view::npos || end > next) {
        return next == std::string_view::npos ? text.size() : next;
    }
    const std::size_t line_end = text.find('\n', end);
    const std::size_t stop = line_end == std::string_view::npos ? text.size() : line_end + 1;
    return std::min(stop, next);
}

// Has it an end, and the one that its beginning promises?
bool is_complete(std::string_view block) {
    const std::string_view label = block.substr(
        begin_mark.size(), std::min(block.find(dashes, begin_mark.size()), block.size()) - begin_mark.size());
    return block.find(std::string(end_mark) + std::string(label) + std::string(dashes)) !=
           std::string_view::npos;
}

Bundle::Part read_block(std::string_view text, x509::CertificateCache& cache) {
    Bundle::Part part{.text = std::string(text)};
    try {
        part.certificate = cache.parse(x509::der_of_pem(text));
    } catch (const Error&) {
        part.broken = true;
        part.torn = !is_complete(text);
    }
    return part;
}

}  // namespace

bool Bundle::contains(const std::string& sha256) const {
    return std::any_of(parts.begin(), parts.end(), [&sha256](const Part& part) {
        return part.certificate && part.certificate->sha256 == sha256;
    });
}

bool Bundle::has_rubbish() const {
    return std::any_of(parts.begin(), parts.end(), [](const Part& part) { return part.broken; });
}

bool Bundle::has_torn() const {
    return std::any_of(parts.begin(), parts.end(), [](const Part& part) { return part.torn; });
}

bool Bundle::has_key() const {
    return std::any_of(parts.begin(), parts.end(), [](const Part& part) {
        return part.text.find("PRIVATE KEY") != std::string::npos;
    });
}

Bundle parse_bundle_file(std::string_view bytes, x509::CertificateCache& cache) {
    Bundle bundle;
    while (!bytes.empty()) {
        const std::size_t begin = bytes.find(begin_mark);
        if (begin != 0) {
            const std::size_t length = std::min(begin, bytes.size());
            bundle.parts.push_back({.text = std::string(bytes.substr(0, length))});
            bytes.remove_prefix(length);
            continue;
        }
        const std::size_t length = block_length(bytes);
        bundle.parts.push_back(read_block(bytes.substr(0, length), cache));
        bytes.remove_prefix(length);
    }
    return bundle;
}

std::string rewrite(const Bundle& bundle,
                    const std::vector<x509::CertificateRef>& wanted,
                    const std::string& removed) {
    std::string text;
    const auto end_line = [&text] {
        if (!text.empty() && text.back() != '\n') {
            text += '\n';
        }
    };
    std::set<std::string> written;
    for (const Bundle::Part& part : bundle.parts) {
        if (part.torn || (part.certificate && part.certificate->sha256 == removed)) {
            continue;
        }
        if (part.certificate) {
            end_line();  // a BEGIN line in the middle of a line is none
            written.insert(part.certificate->sha256);
        }
        text += part.text;
    }
    for (const auto& certificate : wanted) {
        if (certificate->sha256 != removed && written.insert(certificate->sha256).second) {
            end_line();
            text += x509::to_pem(*certificate);
        }
    }
    return text;
}

}  // namespace edgecert::directory
