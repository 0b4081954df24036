// One piece of a file through the YAML parser into a Value tree.
#pragma once

#include <memory>

#include "engine/manifest/load.h"
#include "engine/manifest/split.h"
#include "engine/manifest/tree.h"
#include "engine/manifest/value.h"

namespace edgecert {

// Adds the piece's document to `loaded`, unless it is empty, and its mistakes. A document with a syntax error
// is left out; one with an alias, anchor, tag, merge key or bad or duplicate key is there as far as it can be
// read.
void parse_document(const std::shared_ptr<const File>& file,
                    const Piece& piece,
                    const std::shared_ptr<Arena>& arena,
                    Loaded& loaded);

}  // namespace edgecert
