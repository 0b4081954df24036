// TextSet: found by halving, kept in order.
#include "engine/text/text_set.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace edgecert {

TextSet::TextSet(std::initializer_list<std::string> texts) {
    texts_.reserve(texts.size());
    for (const std::string& text : texts) {
        insert(text);
    }
}

std::pair<TextSet::const_iterator, bool> TextSet::insert(std::string text) {
    const auto place = std::lower_bound(texts_.begin(), texts_.end(), text);
    if (place != texts_.end() && *place == text) {
        return {place, false};
    }
    return {texts_.insert(place, std::move(text)), true};
}

void TextSet::erase(std::string_view text) {
    const auto place = std::lower_bound(texts_.begin(), texts_.end(), text);
    if (place != texts_.end() && *place == text) {
        texts_.erase(place);
    }
}

const TextSet& SharedTextSet::get() const {
    static const TextSet empty;
    return texts_ ? *texts_ : empty;
}

bool TextSet::contains(std::string_view text) const {
    return std::binary_search(texts_.begin(), texts_.end(), text);
}

}  // namespace edgecert
