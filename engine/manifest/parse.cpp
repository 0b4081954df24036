// The only file that knows yaml-cpp: its events become calls of Tree, its exceptions mistakes.
#include "engine/manifest/parse.h"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/emitterstyle.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <istream>
#include <memory>
#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/manifest/limits.h"
#include "engine/manifest/load.h"
#include "engine/manifest/split.h"
#include "engine/manifest/tree.h"
#include "engine/manifest/value.h"

namespace edgecert {
namespace {

// Hands the piece to the parser and watches how far it reads before it says what it found: inside brackets it
// reads to the last closing one, at about a hundred bytes of memory for each sign. Throws Error when that can
// only come to nothing. The bounds are far beyond what the limits allow, for brackets and commas inside a
// text are counted as well.
class WatchedBytes final : public std::streambuf {
public:
    WatchedBytes(std::string_view bytes, const Tree& tree) : bytes_(bytes), tree_(tree) {}

    // From here on it throws. Not before: the parser's constructor reads already, and loses memory when that
    // throws.
    void arm() { armed_ = true; }

    void found_something() {
        unclosed_ = 0;
        separators_ = 0;
    }

protected:
    int_type underflow() override {
        if (taken_ == bytes_.size()) {
            return traits_type::eof();
        }
        const std::size_t count = bytes_.copy(block_.data(), block_.size(), taken_);
        for (std::size_t index = 0; index < count; ++index) {
            watch(block_.at(index), taken_ + index);
        }
        taken_ += count;
        setg(block_.data(), block_.data(), block_.data() + count);
        return traits_type::to_int_type(block_.front());
    }

private:
    static constexpr std::size_t most_unclosed = 1'000;
    static constexpr std::size_t most_separators = 2 * limits::nodes;

    void watch(char byte, std::size_t position) {
        switch (byte) {
            case '[':
            case '{':
                ++separators_;
                ++unclosed_;
                break;
            case ']':
            case '}':
                unclosed_ -= unclosed_ > 0 ? 1 : 0;
                break;
            case ',':
                ++separators_;
                break;
            default:
                return;
        }
        if (armed_ && unclosed_ > most_unclosed) {
            throw Error(
                tree_.mistake(position,
                              "nesting",
                              "more than " + std::to_string(most_unclosed) + " brackets are open here"));
        }
        if (armed_ && separators_ > most_separators) {
            throw Error(tree_.mistake(
                position,
                "too-many-nodes",
                "one value holds more than " + std::to_string(most_separators) + " brackets and commas",
                "split the document into several"));
        }
    }

    std::string_view bytes_;
    const Tree& tree_;
    bool armed_{};
    std::size_t taken_{};
    std::size_t unclosed_{};
    std::size_t separators_{};
    std::array<char, 2048> block_{};
};

// Hands events on to the tree.
class Events final : public YAML::EventHandler {
public:
    Events(Tree& tree, WatchedBytes& bytes) : tree_(tree), bytes_(bytes) {}

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ == 2) {
            throw Error(tree_.mistake(position(mark),
                                      "syntax",
                                      "text follows after the end of the document",
                                      "begin another document with a line \"---\""));
        }
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        bytes_.found_something();
        tree_.null(position(mark), anchor != 0);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        bytes_.found_something();
        tree_.alias(position(mark));
    }
    void OnScalar(const YAML::Mark& mark,
                  const std::string& tag,
                  YAML::anchor_t anchor,
                  const std::string& value) override {
        bytes_.found_something();
        tree_.scalar(position(mark), {.tag = tag, .anchored = anchor != 0}, value);
    }
    void OnSequenceStart(const YAML::Mark& mark,
                         const std::string& tag,
                         YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override {
        bytes_.found_something();
        tree_.begin(Value::Kind::sequence,
                    position(mark),
                    {.tag = tag, .anchored = anchor != 0, .flow = style == YAML::EmitterStyle::Flow});
    }
    void OnSequenceEnd() override { tree_.end(); }
    void OnMapStart(const YAML::Mark& mark,
                    const std::string& tag,
                    YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override {
        bytes_.found_something();
        tree_.begin(Value::Kind::mapping,
                    position(mark),
                    {.tag = tag, .anchored = anchor != 0, .flow = style == YAML::EmitterStyle::Flow});
    }
    void OnMapEnd() override { tree_.end(); }

    static std::size_t position(const YAML::Mark& mark) {
        return static_cast<std::size_t>(std::max(mark.pos, 0));
    }

private:
    Tree& tree_;
    WatchedBytes& bytes_;
    int documents_{};
};

// What the parser says, in words for somebody who wrote a manifest.
struct Wording {
    std::string_view said;
    const char* text;
    const char* hint;
};

constexpr std::array<Wording, 10> wordings = {{
    {"illegal map value",
     "no \": \" can stand here",
     "quote a text that contains it, or mend the indentation"},
    {"illegal map key", "no key can stand here", ""},
    {"illegal tab when looking for indentation", "a tab cannot indent", "indent with spaces"},
    {"end of map not found", "this does not belong to the map before it", "mend the indentation"},
    {"end of sequence not found", "this does not belong to the list before it", "mend the indentation"},
    {"end of map flow not found", "a \"{\" before this place is not closed", ""},
    {"end of sequence flow not found", "a \"[\" before this place is not closed", ""},
    {"illegal flow end", "this bracket closes nothing", ""},
    {"illegal EOF in scalar", "a quote before this place is never closed", ""},
    {"unknown token", "no value can begin with this character", "quote the value"},
}};

Diagnostic syntax_mistake(const Tree& tree, std::string_view bytes, const YAML::Exception& said) {
    const std::size_t position = std::min(Events::position(said.mark), bytes.size());
    const char sign = position < bytes.size() ? bytes[position] : ' ';
    if (sign == '*') {
        return tree.mistake(position, "alias", "an alias (*) is not taken", "quote the value if it is text");
    }
    if (sign == '&') {
        return tree.mistake(
            position, "anchor", "an anchor (&) is not taken", "quote the value if it is text");
    }
    const std::size_t line = bytes.rfind('\n', position == 0 ? 0 : position - 1) + 1;
    const std::string_view indentation = bytes.substr(line, bytes.find_first_not_of(" \t", line) - line);
    if (indentation.find('\t') != std::string_view::npos) {
        return tree.mistake(position, "syntax", "a tab cannot indent", "indent with spaces");
    }
    const auto* const known = std::find_if(wordings.begin(), wordings.end(), [&said](const Wording& wording) {
        return wording.said == said.msg;
    });
    if (known != wordings.end()) {
        return tree.mistake(position, "syntax", known->text, known->hint);
    }
    return tree.mistake(position, "syntax", "this is not YAML: " + said.msg);
}

// True when all of the piece was read; false after a mistake that ended it.
bool read_events(Tree& tree, std::string_view bytes, std::vector<Diagnostic>& mistakes) {
    WatchedBytes watched(bytes, tree);
    std::istream stream(&watched);
    Events events(tree, watched);
    try {
        YAML::Parser parser(stream);
        watched.arm();
        while (parser.HandleNextDocument(events)) {
            // A second document in one piece is a mistake that the events tell of.
        }
        return true;
    } catch (const YAML::Exception& said) {
        mistakes.push_back(syntax_mistake(tree, bytes, said));
    } catch (const Error& error) {
        mistakes.push_back(error.diagnostic());
    }
    return false;
}

}  // namespace

void parse_document(const std::shared_ptr<const File>& file,
                    const Piece& piece,
                    const std::shared_ptr<Arena>& arena,
                    Loaded& loaded) {
    const std::string_view bytes = std::string_view(file->bytes).substr(piece.begin, piece.end - piece.begin);
    std::vector<Diagnostic> mistakes;
    Tree tree(*file, piece, *arena, mistakes);
    if (bytes.size() > limits::document_bytes) {
        mistakes.push_back(mistake_at(*file,
                                      {piece.line, 1},
                                      "document-too-large",
                                      "the document that begins here is larger than 1 MiB",
                                      "split it into several documents"));
    } else if (piece.stray != 0) {
        mistakes.push_back(mistake_at(*file,
                                      {piece.line, piece.stray},
                                      "syntax",
                                      "text behind \"...\", which ends a document",
                                      "put it on a line of its own"));
    } else if (piece.directive != 0) {
        mistakes.push_back(mistake_at(*file,
                                      {piece.directive, 1},
                                      "syntax",
                                      "a YAML directive (a line that begins with \"%\") is not taken here"));
    } else if (read_events(tree, bytes, mistakes) && tree.root()) {
        if (tree.root()->kind == Value::Kind::mapping) {
            loaded.documents.push_back(
                {.file = file, .arena = arena, .root = *tree.root(), .bytes = bytes, .line = piece.line});
        } else {
            mistakes.push_back(mistake_at(
                *file, tree.root()->mark, "not-a-mapping", "a document has to be a map of keys and values"));
        }
    }
    std::stable_sort(mistakes.begin(), mistakes.end(), [](const Diagnostic& left, const Diagnostic& right) {
        return left.where < right.where;
    });
    loaded.diagnostics.insert(loaded.diagnostics.end(), mistakes.begin(), mistakes.end());
}

}  // namespace edgecert
