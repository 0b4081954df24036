// Any bytes as a manifest, read and resolved as `validate` does: no crash, every place within the file,
// nothing unprintable told, twice the same. No file is read: those that a manifest names are read by who acts
// on it.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/manifest/load.h"
#include "engine/manifest/value.h"
#include "engine/text/encoding.h"
#include "resources/kinds/fleet.h"

namespace {

using edgecert::Document;
using edgecert::File;
using edgecert::Mark;
using edgecert::Value;

void require(bool holds, const char* law) {
    if (!holds) {
        (void)std::fprintf(stderr, "broken: %s\n", law);
        std::abort();
    }
}

void check_mark(const File& file, Mark mark) {
    require(mark.line >= 1 && mark.column >= 1, "places count from 1");
    const std::string_view line = file.line(mark.line);
    require(mark.column <= line.size() + 2, "a column lies within its line, or just after it");
}

void check_value(const File& file, const Value& value, int depth) {
    require(depth <= 32, "no tree is deeper than the limit");
    check_mark(file, value.mark);
    require(edgecert::is_utf8(value.text), "texts are UTF-8");
    require(value.kind == Value::Kind::scalar || value.text.empty(), "only scalars have text");
    require(value.kind == Value::Kind::sequence || value.items.empty(), "only lists have items");
    require(value.kind == Value::Kind::mapping || value.entries.empty(), "only maps have entries");
    for (const Value& item : value.items) {
        check_value(file, item, depth + 1);
    }
    std::vector<std::string_view> keys;
    for (const auto& entry : value.entries) {
        check_mark(file, entry.mark);
        require(edgecert::is_utf8(entry.key), "keys are UTF-8");
        keys.push_back(entry.key);
        check_value(file, entry.value, depth + 1);
    }
    std::sort(keys.begin(), keys.end());
    require(std::adjacent_find(keys.begin(), keys.end()) == keys.end(), "no key is there twice");
}

void check_render(const edgecert::Diagnostic& diagnostic) {
    const std::string text = edgecert::render(diagnostic);
    const auto lines = std::count(text.begin(), text.end(), '\n');
    require(lines >= 1 && lines <= 4, "a diagnostic has one to four lines");
    require(edgecert::is_utf8(text), "a diagnostic is UTF-8");
    require(std::all_of(text.begin(),
                        text.end(),
                        [](char letter) {
                            const auto byte = static_cast<unsigned char>(letter);
                            return byte == '\n' || (byte >= 0x20 && byte != 0x7F);
                        }),
            "a diagnostic holds no control character");
}

edgecert::Resolved resolve(const edgecert::Loaded& loaded) {
    using namespace std::chrono_literals;
    return edgecert::resolve(loaded.documents, std::chrono::sys_days{2026y / 6 / 1});
}

void check_fleet(const edgecert::Fleet& fleet) {
    for (const edgecert::Pool& pool : fleet.pools) {
        require(edgecert::is_utf8(pool.name), "names are UTF-8");
        for (const edgecert::CertificateSpec& certificate : pool.certificates) {
            for (const std::string& name : certificate.requirement.names.dns) {
                const bool ascii = std::all_of(
                    name.begin(), name.end(), [](char letter) { return letter > ' ' && letter < '\x7f'; });
                require(ascii, "DNS names are A-labels (RFC 5890)");
            }
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(data, data + size);
    const edgecert::Loaded loaded = edgecert::load_bytes("/nowhere/fuzz.yaml", bytes);
    for (const Document& document : loaded.documents) {
        require(document.root.kind == Value::Kind::mapping, "a document is a map");
        check_value(*document.file, document.root, 1);
    }
    for (const auto& diagnostic : loaded.diagnostics) {
        check_render(diagnostic);
    }
    const edgecert::Resolved resolved = resolve(loaded);
    for (const auto& diagnostic : resolved.diagnostics) {
        check_render(diagnostic);
    }
    check_fleet(resolved.fleet);
    const edgecert::Loaded again = edgecert::load_bytes("/nowhere/fuzz.yaml", bytes);
    require(again.diagnostics == loaded.diagnostics, "the same mistakes every time");
    require(again.documents.size() == loaded.documents.size(), "the same documents every time");
    const edgecert::Resolved anew = resolve(again);
    require(anew.diagnostics == resolved.diagnostics, "the same findings every time");
    require(edgecert::requirements_digest(anew.fleet) == edgecert::requirements_digest(resolved.fleet),
            "the same fleet every time");
    return 0;
}
