// Builds a Value tree from what a YAML parser finds, refusing what the manifest language leaves out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/manifest/split.h"
#include "engine/manifest/value.h"

namespace edgecert {

// Memory by the page from the system, and back to it when the arena goes: what a tree took is there for what
// is made of it.
class Pages final : public std::pmr::memory_resource {
private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* pointer, std::size_t bytes, std::size_t alignment) override;
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;
};

// Where the trees of some documents are; nothing is freed before all of it.
class Arena {
public:
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment) {
        return buffer_.allocate(bytes, alignment);
    }

private:
    static constexpr std::size_t first_pages = std::size_t{64} << 10U;  // only those that are used cost
    Pages pages_{};
    std::pmr::monotonic_buffer_resource buffer_{first_pages, &pages_};
};

// One document's tree in the making. Positions are bytes of the piece, from 0. Mistakes go to the list and
// the tree goes on; what makes going on pointless (nesting, too many nodes, a quote without end) is thrown as
// Error.
class Tree {
public:
    // All are borrowed, and outlive the tree's values.
    Tree(const File& file, const Piece& piece, Arena& arena, std::vector<Diagnostic>& mistakes);

    // What stands before a value; the parser has already taken it apart.
    struct Properties {
        std::string_view tag{};  // "?" plain, "!" quoted, otherwise explicit
        bool anchored{};
        bool flow{};  // a list or map in brackets
    };

    void null(std::size_t position, bool anchored);
    void scalar(std::size_t position, const Properties& properties, std::string_view text);
    void alias(std::size_t position);
    void begin(Value::Kind kind, std::size_t position, const Properties& properties);
    void end();

    [[nodiscard]] bool empty() const { return !root_.has_value(); }  // nothing, or an empty value, was there
    [[nodiscard]] const std::optional<Value>& root() const { return root_; }

    // An error at a position, wherever that is.
    [[nodiscard]] Diagnostic mistake(std::size_t position,
                                     std::string code,
                                     std::string text,
                                     std::string hint = {}) const;

private:
    // A sequence or mapping that is open.
    struct Frame {
        Value::Kind kind{};
        Mark mark{};
        std::size_t first{};  // of its children on the stack of values or entries
        std::string_view key{};
        Mark key_mark{};
        std::size_t key_position{};
        bool flow{};
        bool has_key{};
        bool dropped{};  // the value of this key is refused
    };

    Mark mark(std::size_t position);
    void report(Mark mark, std::string code, std::string text, std::string hint = {});
    void count_node(std::size_t position);
    void check(std::size_t position, const Properties& properties);
    void check_closed(std::size_t position);
    [[nodiscard]] bool expects_key() const;
    void take_key(std::string_view text, bool quoted, std::size_t position);
    void refuse_key(Mark mark);
    void complete(const Value& value);
    void check_colon(std::size_t position) const;
    Mark empty_mark(std::size_t position);
    std::string_view store(std::size_t position, std::string_view text);
    void drop_duplicates(std::size_t first);
    template <typename Element>
    List<Element> store(std::vector<Element>& stack, std::size_t first);

    const File& file_;
    std::string_view bytes_;  // the piece
    std::uint32_t first_line_;
    Arena& arena_;
    std::vector<Diagnostic>& mistakes_;
    std::vector<Frame> open_{};
    std::vector<Value> values_{};
    std::vector<Entry> entries_{};
    std::optional<Value> root_{};
    std::size_t nodes_{};
    std::size_t cursor_{};  // the position whose mark is known, so that marks cost one walk over the bytes
    Mark cursor_mark_{};
};

}  // namespace edgecert
