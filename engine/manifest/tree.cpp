// The tree in the making: keys and values put together, refusals told.
#include "engine/manifest/tree.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/manifest/limits.h"
#include "engine/manifest/split.h"
#include "engine/manifest/value.h"
#include "engine/text/encoding.h"

namespace edgecert {
namespace {

// Whether null is written out there; else it is the value that is missing. (The parser's position of a
// missing value is that of whatever comes next.)
bool is_written_null(std::string_view rest) {
    for (const std::string_view word : {"~", "null", "Null", "NULL"}) {
        if (rest.substr(0, word.size()) == word) {
            return true;
        }
    }
    return false;
}

// The last dash of a line that can begin an item: no comment holds it, and nothing but blanks follows.
std::size_t last_dash(std::string_view line) {
    const std::string_view code = line.substr(0, line.find('#'));
    const std::size_t last = code.find_last_not_of(" \t\r\n");
    return last != std::string_view::npos && code[last] == '-' ? last : std::string_view::npos;
}

}  // namespace

Tree::Tree(const File& file, const Piece& piece, Arena& arena, std::vector<Diagnostic>& mistakes)
    : file_(file),
      bytes_(std::string_view(file.bytes).substr(piece.begin, piece.end - piece.begin)),
      first_line_(piece.line),
      arena_(arena),
      mistakes_(mistakes),
      cursor_mark_{piece.line, 1} {}

// Values come in the order of their places, so that the cursor only moves forward; what lies behind it, which
// only curious documents have, gets the cursor's own place.
Mark Tree::mark(std::size_t position) {
    const std::size_t end = std::min(position, bytes_.size());
    for (; cursor_ < end; ++cursor_) {
        if (bytes_[cursor_] == '\n') {
            ++cursor_mark_.line;
            cursor_mark_.column = 1;
        } else if ((static_cast<unsigned char>(bytes_[cursor_]) & 0xC0U) != 0x80U) {
            ++cursor_mark_.column;
        }
    }
    return cursor_mark_;
}

Diagnostic Tree::mistake(std::size_t position, std::string code, std::string text, std::string hint) const {
    // The end of the text is no place to look at: its last character is.
    std::size_t shown_at = std::min(position, bytes_.size());
    while (shown_at > 0 && (shown_at == bytes_.size() || bytes_[shown_at] == '\n') &&
           std::strchr(" \t\r\n", bytes_[shown_at - 1]) != nullptr) {
        --shown_at;
    }
    const Mark mark = mark_of(bytes_, shown_at, first_line_);
    return mistake_at(file_, mark, std::move(code), std::move(text), std::move(hint));
}

void Tree::report(Mark mark, std::string code, std::string text, std::string hint) {
    const Source where{file_.path, mark.line, mark.column};
    const bool told = !mistakes_.empty() && mistakes_.back().where == where && mistakes_.back().code == code;
    if (!told && mistakes_.size() <= limits::mistakes) {
        mistakes_.push_back(mistake_at(file_, mark, std::move(code), std::move(text), std::move(hint)));
    }
}

void Tree::count_node(std::size_t position) {
    if (++nodes_ > limits::nodes) {
        throw Error(mistake(position,
                            "too-many-nodes",
                            "the document has more than " + std::to_string(limits::nodes) + " values",
                            "split it into several documents"));
    }
}

void Tree::check(std::size_t position, const Properties& properties) {
    if (properties.anchored) {
        report(
            mark(position), "anchor", "an anchor (&) is not taken", "write the value out where it is needed");
    }
    const bool explicit_tag = properties.tag != "?" && properties.tag != "!" && !properties.tag.empty();
    if (explicit_tag || bytes_.substr(position, 1) == "!") {
        report(mark(position),
               "tag",
               "an explicit tag (!) is not taken",
               "quote the value if it is text that begins with \"!\"");
    }
}

// The parser takes a quoted text that the end of the document cuts off.
void Tree::check_closed(std::size_t position) {
    const char quote = position < bytes_.size() ? bytes_[position] : ' ';
    if (quote != '"' && quote != '\'') {
        return;
    }
    for (std::size_t next = position + 1; next < bytes_.size(); ++next) {
        if (bytes_[next] == '\\' && quote == '"') {
            ++next;
        } else if (bytes_[next] == quote) {
            return;  // a doubled quote inside '…' is closed by its second half as well
        }
    }
    throw Error(mistake(position, "syntax", "this quote is never closed"));
}

bool Tree::expects_key() const {
    return !open_.empty() && open_.back().kind == Value::Kind::mapping && !open_.back().has_key;
}

void Tree::take_key(std::string_view text, bool quoted, std::size_t position) {
    Frame& frame = open_.back();
    frame.key = text;
    frame.key_mark = mark(position);
    frame.key_position = position;
    frame.has_key = true;
    frame.dropped = !quoted && text == "<<";
    if (frame.dropped) {
        report(frame.key_mark,
               "merge-key",
               "a merge key (<<) is not taken",
               "write the entries out, or use a profile");
    }
}

// The parser takes a line without a colon for a key without a value, which then has the key's own position.
// (The one of an explicit "? key" stands before it.)
void Tree::check_colon(std::size_t position) const {
    const bool in_block = !open_.empty() && open_.back().kind == Value::Kind::mapping && !open_.back().flow;
    if (in_block && open_.back().key_position == position) {
        throw Error(mistake(position,
                            "syntax",
                            "a colon has to follow a key",
                            "begin the line with \"- \" if this belongs to a list"));
    }
}

void Tree::refuse_key(Mark mark) {
    Frame& frame = open_.back();
    frame.key_mark = mark;
    frame.has_key = true;
    frame.dropped = true;
}

void Tree::complete(const Value& value) {
    if (open_.empty()) {
        root_ = value;
        return;
    }
    Frame& frame = open_.back();
    if (frame.kind == Value::Kind::sequence) {
        values_.push_back(value);
        return;
    }
    if (!frame.has_key) {  // a list or map as key: told of when it began
        refuse_key(value.mark);
        return;
    }
    if (!frame.dropped) {
        entries_.push_back({.key = frame.key, .mark = frame.key_mark, .value = value});
    }
    frame.has_key = false;
    frame.dropped = false;
}

// A missing value is shown at its key, or at its dash: the last one before `position` that no comment holds.
Mark Tree::empty_mark(std::size_t position) {
    if (!open_.empty() && open_.back().kind == Value::Kind::mapping) {
        return open_.back().key_mark;
    }
    // Only what comes after the value before is looked at, or a line of missing values would be walked once
    // for each.
    std::string_view rest = bytes_.substr(0, position).substr(std::min(cursor_, position));
    while (!rest.empty()) {
        const std::size_t feed = rest.find_last_of('\n');
        const std::size_t begin = feed == std::string_view::npos ? 0 : feed + 1;
        const std::size_t dash = last_dash(rest.substr(begin));
        if (dash != std::string_view::npos) {
            return mark(cursor_ + begin + dash);
        }
        rest = rest.substr(0, begin == 0 ? 0 : feed);
    }
    return mark(position);
}

void Tree::null(std::size_t position, bool anchored) {
    count_node(position);
    check(position, {.tag = "?", .anchored = anchored});
    const bool written = is_written_null(bytes_.substr(std::min(position, bytes_.size())));
    if (expects_key()) {
        const Mark place = mark(position);
        report(place, "bad-key", "a key has to be text", written ? "quote it" : "");
        refuse_key(place);
        return;
    }
    if (!written && open_.empty()) {
        return;  // an empty document
    }
    if (!written) {
        check_colon(position);
    }
    complete({.mark = written ? mark(position) : empty_mark(position)});
}

void Tree::scalar(std::size_t position, const Properties& properties, std::string_view text) {
    count_node(position);
    check(position, properties);
    const bool quoted = properties.tag == "!";
    if (quoted) {
        check_closed(position);
    }
    const Mark place = mark(position);
    const std::string_view kept = store(position, text);
    if (expects_key()) {
        take_key(kept, quoted, position);
        return;
    }
    complete({.mark = place, .text = kept, .kind = Value::Kind::scalar, .quoted = quoted});
}

void Tree::alias(std::size_t position) {
    count_node(position);
    const Mark place = mark(position);
    report(place, "alias", "an alias (*) is not taken", "write the value out, or use a profile");
    if (expects_key()) {
        refuse_key(place);
        return;
    }
    complete({.mark = place});
}

void Tree::begin(Value::Kind kind, std::size_t position, const Properties& properties) {
    count_node(position);
    if (open_.size() >= limits::nesting) {
        throw Error(mistake(position,
                            "nesting",
                            "the document is nested more than " + std::to_string(limits::nesting) + " deep"));
    }
    check(position, properties);
    const Mark place = mark(position);
    if (expects_key()) {
        report(place, "bad-key", "a key has to be text, not a list or map");
    }
    const std::size_t first = kind == Value::Kind::sequence ? values_.size() : entries_.size();
    open_.push_back({.kind = kind, .mark = place, .first = first, .flow = properties.flow});
}

void Tree::end() {
    const Frame frame = open_.back();
    open_.pop_back();
    Value value{.mark = frame.mark, .kind = frame.kind};
    if (frame.kind == Value::Kind::sequence) {
        value.items = store(values_, frame.first);
    } else {
        drop_duplicates(frame.first);
        value.entries = store(entries_, frame.first);
    }
    complete(value);
}

std::string_view Tree::store(std::size_t position, std::string_view text) {
    if (text.empty()) {
        return {};
    }
    for (const std::size_t begin : {position, position + 1}) {  // plain, or after its quote
        if (begin <= bytes_.size() && bytes_.substr(begin, text.size()) == text) {
            return bytes_.substr(begin, text.size());
        }
    }
    if (!is_utf8(text)) {  // the parser turns "\N" and "\_" into single bytes
        throw Error(mistake(position, "syntax", "an escape in this text gives no character of UTF-8"));
    }
    auto* const copy = static_cast<char*>(arena_.allocate(text.size(), 1));
    std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
}

template <typename Element>
List<Element> Tree::store(std::vector<Element>& stack, std::size_t first) {
    const std::size_t count = stack.size() - first;
    if (count == 0) {
        return {};
    }
    using Body = typename List<Element>::Body;
    auto* const elements = static_cast<Element*>(arena_.allocate(count * sizeof(Element), alignof(Element)));
    std::uninitialized_copy_n(stack.data() + first, count, elements);
    stack.resize(first);
    const Body body{.first = elements, .size = count};
    auto* const kept = static_cast<Body*>(arena_.allocate(sizeof(Body), alignof(Body)));
    return List<Element>(std::construct_at(kept, body));
}

}  // namespace edgecert
