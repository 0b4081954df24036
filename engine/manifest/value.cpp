// Looking into values and files.
#include "engine/manifest/value.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "engine/diagnostic/diagnostic.h"

namespace edgecert {
namespace {

constexpr std::uint32_t lines_per_landmark = 256;
constexpr std::size_t longest_excerpt = 4096;

}  // namespace

const Value* Value::find(std::string_view key) const {
    const Entry* const found =
        std::find_if(entries.begin(), entries.end(), [key](const Entry& entry) { return entry.key == key; });
    return found == entries.end() ? nullptr : &found->value;
}

void File::index_lines() {
    landmarks.assign(1, 0);
    std::uint32_t lines = 0;
    for (std::size_t end = bytes.find('\n'); end != std::string::npos; end = bytes.find('\n', end + 1)) {
        if (++lines % lines_per_landmark == 0) {
            landmarks.push_back(static_cast<std::uint32_t>(end + 1));
        }
    }
}

std::string_view File::line(std::uint32_t number) const {
    if (number == 0) {
        return {};
    }
    std::size_t begin = 0;
    std::uint32_t skipped = 0;
    if (!landmarks.empty()) {
        const std::size_t nearest =
            std::min<std::size_t>((number - 1) / lines_per_landmark, landmarks.size() - 1);
        begin = landmarks[nearest];
        skipped = static_cast<std::uint32_t>(nearest) * lines_per_landmark;
    }
    for (; skipped + 1 < number; ++skipped) {
        const std::size_t end = bytes.find('\n', begin);
        if (end == std::string::npos) {
            return {};
        }
        begin = end + 1;
    }
    std::string_view text = std::string_view(bytes).substr(begin);
    text = text.substr(0, text.find('\n'));
    if (!text.empty() && text.back() == '\r') {
        text.remove_suffix(1);
    }
    return text;
}

Diagnostic mistake_at(const File& file, Mark mark, std::string code, std::string text, std::string hint) {
    const std::string_view line = file.line(mark.line);
    return {.code = std::move(code),
            .text = std::move(text),
            .where = {file.path, mark.line, mark.column},
            .excerpt = std::string(line.size() <= longest_excerpt ? line : std::string_view()),
            .hint = std::move(hint)};
}

}  // namespace edgecert
