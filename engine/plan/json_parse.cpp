// Strict JSON: built from the parser's events as long as they stay within the bounds.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/plan/json_reader.h"
#include "engine/text/encoding.h"

namespace edgecert {

using nlohmann::ordered_json;

namespace {

// Takes the parser's events one by one, counts them against the bounds, and builds the value; each object is
// put together when all of it is known, for the library's own way looks through all fields at each one.
class BoundedBuilder final : public nlohmann::json_sax<ordered_json> {
public:
    BoundedBuilder(std::string_view bytes, const JsonBounds& bounds, const std::string& code)
        : bytes_(bytes), bounds_(bounds), code_(code) {}

    [[nodiscard]] ordered_json take() { return std::move(root_); }

    bool null() override { return put(nullptr); }
    bool boolean(bool value) override { return put(value); }
    bool number_integer(number_integer_t value) override { return put(value); }
    bool number_unsigned(number_unsigned_t value) override { return put(value); }
    bool number_float(number_float_t value, const string_t& /*text*/) override { return put(value); }
    bool string(string_t& value) override { return put(std::move(value)); }
    bool binary(binary_t& /*value*/) override { return false; }  // no JSON text has it
    bool start_object(std::size_t /*count*/) override { return enter(); }
    bool start_array(std::size_t /*count*/) override { return enter(); }

    bool key(string_t& name) override {
        Open& object = open_.back();
        if (!object.names.insert(name).second) {
            throw Error(code_, "the field \"" + printable(name, 128) + "\" is there twice");
        }
        if (object.names.size() > bounds_.fields) {
            throw Error(code_, "an object has more than " + std::to_string(bounds_.fields) + " fields");
        }
        object.fields.emplace_back(std::move(name), nullptr);
        return true;
    }

    bool end_object() override {
        auto fields = std::move(open_.back().fields);
        ordered_json::object_t object;
        object.reserve(fields.size());
        for (auto& field : fields) {
            object.emplace_back(std::move(field.first), std::move(field.second));
        }
        return leave(std::move(object));
    }

    bool end_array() override { return leave(std::move(open_.back().items)); }

    bool parse_error(std::size_t position,
                     const std::string& /*token*/,
                     const nlohmann::detail::exception& error) override {
        if (error.id == 406) {  // a number that no double holds
            throw Error(code_, "it is not JSON as we read it: a number is too large, at " + place(position));
        }
        throw Error(code_, "it is not JSON: something else is needed at " + place(position));
    }

private:
    struct Open {
        std::vector<std::pair<std::string, ordered_json>> fields{};
        std::set<std::string> names{};
        ordered_json::array_t items{};
    };

    // Where the parser had read to; its first byte is number 1.
    [[nodiscard]] std::string place(std::size_t position) const {
        const std::string_view before = bytes_.substr(0, position == 0 ? 0 : position - 1);
        const auto line = std::count(before.begin(), before.end(), '\n') + 1;
        const std::size_t end = before.rfind('\n');
        const std::size_t column = end == std::string_view::npos ? before.size() : before.size() - end - 1;
        return "line " + std::to_string(line) + ", byte " + std::to_string(column + 1);
    }

    void count() {
        if (++values_ > bounds_.values) {
            throw Error(code_, "it has more than " + std::to_string(bounds_.values) + " values");
        }
    }

    bool enter() {
        count();
        if (open_.size() > static_cast<std::size_t>(bounds_.depth)) {
            throw Error(code_, "it is nested deeper than " + std::to_string(bounds_.depth) + " levels");
        }
        open_.emplace_back();
        return true;
    }

    bool leave(ordered_json value) {
        open_.pop_back();
        return place_value(std::move(value));
    }

    bool put(ordered_json value) {
        count();
        return place_value(std::move(value));
    }

    bool place_value(ordered_json value) {
        if (open_.empty()) {
            root_ = std::move(value);
        } else if (!open_.back().fields.empty()) {  // behind a name
            open_.back().fields.back().second = std::move(value);
        } else {
            open_.back().items.push_back(std::move(value));
        }
        return true;
    }

    std::string_view bytes_;
    JsonBounds bounds_;
    std::string code_;
    std::size_t values_{};
    std::vector<Open> open_{};
    ordered_json root_{};
};

}  // namespace

ordered_json parse_json(std::string_view bytes, const JsonBounds& bounds, const std::string& code) {
    if (bytes.size() > bounds.bytes) {
        throw Error(code, "it is larger than " + std::to_string(bounds.bytes) + " bytes");
    }
    BoundedBuilder builder(bytes, bounds, code);
    if (!ordered_json::sax_parse(bytes.begin(), bytes.end(), &builder)) {
        throw Error(code, "it is not JSON");
    }
    return builder.take();
}

}  // namespace edgecert
