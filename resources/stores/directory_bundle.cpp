// Bundles of certificates taken apart and put together.
#include "resources/stores/directory_bundle.h"

#include <algorithm>
#include <optional>
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
constexpr std::string_view mark_begin = "# edgecert ";

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

bool is_word(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
}

// The SHA-256 stands in it: below a line of ours, somebody's exchanged certificate is not ours. Nothing,
// where a name would not read back.
std::string mark_line(const std::string& sha256, const BundleMark& mark) {
    if (!is_word(mark.authority) || !is_word(mark.pool)) {
        return {};
    }
    return std::string(mark_begin) + sha256 + " " + mark.authority + " " + mark.pool + "\n";
}

std::optional<BundleMark> read_mark(std::string_view line, const std::string& sha256) {
    const std::string begin = std::string(mark_begin) + sha256 + " ";
    if (!line.starts_with(begin) || line.back() != '\n') {
        return std::nullopt;
    }
    line = line.substr(begin.size(), line.size() - begin.size() - 1);
    const std::size_t between = std::min(line.find(' '), line.size() - 1);
    BundleMark mark{std::string(line.substr(0, between)), std::string(line.substr(between + 1))};
    return is_word(mark.authority) && is_word(mark.pool) ? std::optional{mark} : std::nullopt;
}

// A mark above a certificate goes with it.
void take_mark(std::vector<Bundle::Part>& parts, Bundle::Part& block) {
    if (parts.empty() || parts.back().certificate || parts.back().broken || !block.certificate) {
        return;
    }
    std::string& above = parts.back().text;
    const std::size_t last = above.size() < 2 ? std::string::npos : above.rfind('\n', above.size() - 2);
    const std::size_t begin = last == std::string::npos ? 0 : last + 1;
    block.mark = read_mark(std::string_view(above).substr(begin), block.certificate->sha256);
    if (block.mark) {
        block.text.insert(0, above, begin);
        above.erase(begin);
    }
}

}  // namespace

bool Bundle::contains(const std::string& sha256) const {
    return std::any_of(parts.begin(), parts.end(), [&sha256](const Part& part) {
        return part.certificate && part.certificate->sha256 == sha256;
    });
}

std::optional<BundleMark> Bundle::mark_of(const std::string& sha256) const {
    const auto found = std::find_if(parts.begin(), parts.end(), [&sha256](const Part& part) {
        return part.mark && part.certificate->sha256 == sha256;
    });
    return found == parts.end() ? std::nullopt : found->mark;
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
        Bundle::Part block = read_block(bytes.substr(0, length), cache);
        take_mark(bundle.parts, block);
        bundle.parts.push_back(std::move(block));
        bytes.remove_prefix(length);
    }
    return bundle;
}

std::string rewrite(const Bundle& bundle,
                    const std::optional<BundleEntry>& gained,
                    const std::string& removed) {
    std::string text;
    const auto end_line = [&text] {
        if (!text.empty() && text.back() != '\n') {
            text += '\n';
        }
    };
    for (const Bundle::Part& part : bundle.parts) {
        if (part.torn || (part.certificate && part.certificate->sha256 == removed)) {
            continue;
        }
        if (part.certificate) {
            end_line();  // a BEGIN line in the middle of a line is none
        }
        text += part.text;
    }
    if (gained && !bundle.contains(gained->certificate->sha256)) {
        end_line();
        text += mark_line(gained->certificate->sha256, gained->mark) + x509::to_pem(*gained->certificate);
    }
    return text;
}

}  // namespace edgecert::directory
