// The collection of what is wrong in manifests: one finding a code and place, excerpts, secrets kept out of
// them.
#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "engine/manifest/fields.h"

namespace edgecert {

namespace {

// A document that cannot be parsed names no secrets; what follows this word on its line is taken for one,
// unless it is the mapping that says where the secret is kept.
void hide_password(Diagnostic& diagnostic) {
    const std::string_view line = diagnostic.excerpt;
    const std::size_t word = line.find("password");
    const std::size_t colon = line.find(':', std::min(word, line.size()));
    const std::size_t value =
        colon == std::string_view::npos ? colon : line.find_first_not_of(" \t", colon + 1);
    if (word == std::string_view::npos || value == std::string_view::npos || line[value] == '{') {
        return;
    }
    diagnostic.excerpt = std::string(line.substr(0, value)) + "…";
}

}  // namespace

Findings::Findings(std::vector<Diagnostic> loading) : loading_(std::move(loading)) {
    for (const Diagnostic& diagnostic : loading_) {
        told_.insert(diagnostic.where);
    }
}

bool Findings::told_while_loading(const Place& where) const {
    return !told_.empty() && told_.contains(to_source(where));
}

void Findings::error(
    std::string_view code, const Place& where, std::string text, std::string hint, std::string_view about) {
    add({Severity::error, std::string(code), std::move(text), {}, {}, std::move(hint)}, where, about);
}

void Findings::warning(
    std::string_view code, const Place& where, std::string text, std::string hint, std::string_view about) {
    add({Severity::warning, std::string(code), std::move(text), {}, {}, std::move(hint)}, where, about);
}

void Findings::add(Diagnostic diagnostic, const Place& where, std::string_view about) {
    const Key key{where.document, where.mark, diagnostic.code, diagnostic.text};
    const auto [known, fresh] = index_.try_emplace(key, kept_.size());
    if (!fresh) {
        ++kept_[known->second].more;
        return;
    }
    if (where.document != nullptr) {
        diagnostic.where = to_source(where);
        diagnostic.excerpt = where.document->file->line(where.mark.line);
    }
    kept_.push_back({std::move(diagnostic), std::string(about), 0});
}

void Findings::conceal(const Place& where, std::string_view text) {
    const File& file = *where.document->file;
    concealed_[{file.path.str(), where.mark.line}] = where.mark.column;
    if (file.line(where.mark.line).find(text) != std::string_view::npos) {
        return;
    }
    // A text over several lines, folded or escaped: how many lines it took is no longer known.
    constexpr std::uint32_t further = 64;
    for (std::uint32_t i = 1; i <= further; ++i) {
        concealed_.try_emplace({file.path.str(), where.mark.line + i}, 1);
    }
}

// What stands before the secret may be shown; the secret and what follows may not.
void Findings::hide_secrets(Diagnostic& diagnostic) const {
    const auto found = concealed_.find({diagnostic.where.file.str(), diagnostic.where.line});
    if (found == concealed_.end()) {
        hide_password(diagnostic);
        return;
    }
    std::size_t end = 0;
    for (std::uint32_t column = 1; column < found->second && end < diagnostic.excerpt.size(); ++column) {
        ++end;
        while (end < diagnostic.excerpt.size() &&
               (static_cast<unsigned char>(diagnostic.excerpt[end]) & 0xC0U) == 0x80U) {
            ++end;
        }
    }
    diagnostic.excerpt.resize(end);
    diagnostic.excerpt += "…";
    if (diagnostic.where.column > found->second) {
        diagnostic.excerpt.clear();
    }
}

std::vector<Diagnostic> Findings::take() {
    std::vector<Diagnostic> all = std::move(loading_);
    all.reserve(all.size() + kept_.size());
    for (Kept& kept : kept_) {
        if (!kept.about.empty()) {
            const std::string others = kept.more == 0 ? "" : " and " + std::to_string(kept.more) + " more";
            kept.diagnostic.text += " (" + kept.about + others + ")";
        }
        all.push_back(std::move(kept.diagnostic));
    }
    for (Diagnostic& diagnostic : all) {
        hide_secrets(diagnostic);
    }
    std::stable_sort(all.begin(), all.end(), [](const Diagnostic& left, const Diagnostic& right) {
        return std::tie(left.where, left.code, left.text) < std::tie(right.where, right.code, right.text);
    });
    loading_.clear();
    kept_.clear();
    index_.clear();
    return all;
}

}  // namespace edgecert
