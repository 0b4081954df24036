// Bytes to documents: files found, read, bounded, split and parsed into Value trees.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/manifest/find_files.h"
#include "engine/manifest/value.h"

namespace edgecert {

struct Loaded {
    std::vector<Document> documents{};      // in sorted order of files, then as written
    std::vector<Diagnostic> diagnostics{};  // every mistake, not the first
};

// Files and folders (recursively, *.yaml and *.yml, hidden ones and folders that `is_other` knows skipped,
// sorted); read and parsed on all cores, with the same result whatever their number. A path that does not
// exist, or a folder with no manifest at all, is a diagnostic. Limits: 64 MiB a file, 1 MiB a document (split
// at "---" lines before the parser sees it), nesting 32; one syntax error a document and on with the next.
// Refused with words: aliases, anchors, merge keys, explicit tags, what is not UTF-8 (a byte-order mark is
// skipped), duplicate keys (both places), keys that are not scalars.
[[nodiscard]] Loaded load(const std::vector<std::filesystem::path>& paths, const FolderTest& is_other = {});

// The same for bytes in memory, for tests and fuzzing.
[[nodiscard]] Loaded load_bytes(std::string path, std::string bytes);

}  // namespace edgecert
