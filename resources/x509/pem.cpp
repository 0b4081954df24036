// PEM armour taken apart and put on (RFC 7468).
#include "resources/x509/pem.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"

namespace edgecert::x509 {
namespace {

constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view end_mark = "-----END ";
constexpr std::string_view dashes = "-----";
constexpr std::size_t longest_label = 64;
constexpr std::size_t most_blocks = 256;
constexpr std::size_t line_length = 64;

// Does the text stop in the middle of a BEGIN line? A whole file ends with its END line, or with text that is
// no such start.
bool ends_in_cut_begin(std::string_view rest) {
    const std::string_view last = rest.substr(rest.rfind('\n') + 1);
    return !last.empty() && begin_mark.starts_with(last);
}

}  // namespace

bool looks_like_pem(std::string_view text) {
    return text.find(begin_mark) != std::string_view::npos;
}

std::vector<PemBlock> pem_blocks(std::string_view text, const std::string& code) {
    std::vector<PemBlock> blocks;
    for (;;) {
        const std::size_t begin = text.find(begin_mark);
        if (begin == std::string_view::npos) {
            break;
        }
        text.remove_prefix(begin + begin_mark.size());
        const std::size_t label_end = text.substr(0, longest_label + dashes.size()).find(dashes);
        if (label_end == std::string_view::npos) {
            throw Error(code, "a BEGIN line is cut or broken: perhaps the file is still being copied");
        }
        const std::string_view label = text.substr(0, label_end);
        text.remove_prefix(label_end + dashes.size());
        const std::string last_line = std::string(end_mark) + std::string(label) + std::string(dashes);
        const std::size_t end = text.find(last_line);
        const std::size_t next = text.find(begin_mark);
        if (end == std::string_view::npos || next < end) {
            throw Error(
                code, "a " + printable(label) + " block has no end: perhaps the file is still being copied");
        }
        if (blocks.size() == most_blocks) {
            throw Error(code, "more than 256 PEM blocks");
        }
        blocks.push_back({label, text.substr(0, end)});
        text.remove_prefix(end + last_line.size());
    }
    if (ends_in_cut_begin(text)) {
        throw Error(code, "the text ends inside a BEGIN line: perhaps the file is still being copied");
    }
    return blocks;
}

std::string pem_bytes(const PemBlock& block, const std::string& code) {
    std::string packed;
    packed.reserve(block.body.size());
    std::copy_if(block.body.begin(), block.body.end(), std::back_inserter(packed), [](char c) {
        return c != '\n' && c != '\r' && c != ' ' && c != '\t';
    });
    std::optional<std::string> bytes = from_base64(packed);
    if (!bytes || bytes->empty()) {
        throw Error(code, "a " + printable(block.label) + " block is not base64");
    }
    return *std::move(bytes);
}

std::string pem_text(std::string_view label, std::string_view der) {
    const std::string body = to_base64(der);
    std::string text;
    text.reserve(body.size() + body.size() / line_length + 2 * label.size() + 40);
    text.append(begin_mark).append(label).append(dashes).append("\n");
    for (std::size_t at = 0; at < body.size(); at += line_length) {
        text.append(body, at, line_length).append("\n");
    }
    text.append(end_mark).append(label).append(dashes).append("\n");
    return text;
}

}  // namespace edgecert::x509
