// Hellos, requests and answers as texts.
#include "resources/stores/protocol.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/text/encoding.h"
#include "resources/stores/json_fields.h"

namespace edgecert::protocol {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* bad_hello = "bad-hello";
constexpr const char* node_lies = "node-lies";
constexpr const char* hello_format = "edgecert.node";

struct Row {
    Operation operation{};
    std::string_view name{};
    int seconds{60};
};

// An activation runs for up to a minute there, a handshake for fifteen seconds; an assignment by another
// program asks it first, and may wait for it twice.
constexpr std::array<Row, 21> operations{{
    {Operation::observe, "observe", 60},
    {Operation::lock, "lock", 60},
    {Operation::unlock, "unlock", 10},
    {Operation::trust, "trust", 60},
    {Operation::distrust, "distrust", 60},
    {Operation::create_request, "create-request", 60},
    {Operation::keep_request, "keep-request", 60},
    {Operation::note_request, "note-request", 60},
    {Operation::forget_request, "forget-request", 60},
    {Operation::accept, "accept", 60},
    {Operation::export_pfx, "export", 60},
    {Operation::import_pfx, "import", 60},
    {Operation::export_key, "export-key", 60},
    {Operation::import_key, "import-key", 60},
    {Operation::set_friendly_name, "set-friendly-name", 60},
    {Operation::assign, "assign", 120},
    {Operation::unassign, "unassign", 120},
    {Operation::activate, "activate", 120},
    {Operation::note_role, "note-role", 60},
    {Operation::handshake, "handshake", 60},
    {Operation::retire, "retire", 60},
}};

bool is_code(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

Diagnostic error_from_json(const Json& json) {
    JsonFields fields(json, node_lies, "the node's error");
    Diagnostic why;
    why.code = fields.text("code", 64);
    why.text = printable(fields.text("text", 64U << 10U));
    why.hint = printable(fields.text("hint", 64U << 10U));
    fields.finish();
    if (!is_code(why.code)) {
        fields.fail("code", "is none");
    }
    return why;
}

}  // namespace

std::string_view to_text(Operation operation) {
    const auto* const row = std::find_if(operations.begin(), operations.end(), [operation](const Row& one) {
        return one.operation == operation;
    });
    return row == operations.end() ? std::string_view{} : row->name;
}

std::optional<Operation> parse_operation(std::string_view text) {
    const auto* const row = std::find_if(
        operations.begin(), operations.end(), [text](const Row& one) { return one.name == text; });
    return row == operations.end() ? std::nullopt : std::optional(row->operation);
}

Seconds deadline_of(Operation operation) {
    const auto* const row = std::find_if(operations.begin(), operations.end(), [operation](const Row& one) {
        return one.operation == operation;
    });
    return Seconds{row == operations.end() ? 60 : row->seconds};
}

std::string hello_text(const Hello& hello) {
    return dump_json(Json{{"format", hello_format},
                          {"oldest", hello.oldest},
                          {"newest", hello.newest},
                          {"program", hello.program},
                          {"kind", hello.kind},
                          {"activates", hello.activates},
                          {"clock", optional_instant_to_json(hello.clock)}});
}

// Fields that a later version adds are passed over: the hello is what versions are agreed with.
Hello parse_hello(std::string_view text) {
    const Json json = parse_json(text, bad_hello);
    JsonFields fields(json, bad_hello, "the hello");
    if (fields.text("format", 64) != hello_format) {
        fields.fail("format", "is another one");
    }
    constexpr std::int64_t most = 1'000'000;
    Hello hello;
    hello.oldest = static_cast<int>(fields.number("oldest", 1, most));
    hello.newest = static_cast<int>(fields.number("newest", hello.oldest, most));
    hello.program = printable(fields.text("program", 256));
    hello.kind = printable(fields.text("kind", 64));
    hello.activates = fields.flag("activates");
    hello.clock = fields.optional_instant("clock");
    return hello;
}

int agree(const Hello& ours, const Hello& theirs) {
    const int version = std::min(ours.newest, theirs.newest);
    if (version < std::max(ours.oldest, theirs.oldest)) {
        const bool older = theirs.newest < ours.oldest;
        throw Error("protocol-mismatch",
                    "this side (edgecert " + ours.program + ") speaks protocol " +
                        std::to_string(ours.oldest) + " to " + std::to_string(ours.newest) +
                        ", the other side (edgecert " + theirs.program + ") " +
                        std::to_string(theirs.oldest) + " to " + std::to_string(theirs.newest),
                    older ? "update the other side" : "update this side");
    }
    return version;
}

std::string request_text(std::int64_t id, Operation operation, const Json& with) {
    return dump_json(Json{{"id", id}, {"do", to_text(operation)}, {"with", with}});
}

std::string answer_text(std::int64_t id, const Json& result) {
    return dump_json(Json{{"id", id}, {"result", result}, {"error", nullptr}});
}

std::string error_text(std::int64_t id, const Diagnostic& why) {
    constexpr std::size_t most = 16U << 10U;
    return dump_json(Json{
        {"id", id},
        {"result", nullptr},
        {"error",
         Json{
             {"code", why.code}, {"text", printable(why.text, most)}, {"hint", printable(why.hint, most)}}}});
}

std::variant<Json, Diagnostic> read_answer(std::string_view text, std::int64_t id) {
    Json json = parse_json(text, node_lies);
    JsonFields fields(json, node_lies, "the node's answer");
    if (fields.number("id", 0, INT64_MAX) != id) {
        throw Error(node_lies, "the node answered another request than it was asked");
    }
    const Json& error = fields.at("error");
    static_cast<void>(fields.at("result"));
    fields.finish();
    if (!error.is_null()) {
        return error_from_json(error);
    }
    return std::move(json["result"]);
}

}  // namespace edgecert::protocol
