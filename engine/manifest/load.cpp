// Loading: files read, split and parsed on all cores, and put together again in order.
#include "engine/manifest/load.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/files/files.h"
#include "engine/manifest/find_files.h"
#include "engine/manifest/limits.h"
#include "engine/manifest/parse.h"
#include "engine/manifest/split.h"
#include "engine/manifest/tree.h"
#include "engine/manifest/value.h"

namespace edgecert {
namespace {

constexpr std::size_t batch_bytes = std::size_t{256} << 10U;

// Calls work(0) … work(count - 1), on all cores. What one of them throws is thrown again when all are done.
void in_parallel(std::size_t count, const std::function<void(std::size_t)>& work) {
    std::atomic<std::size_t> next{0};
    std::exception_ptr failure;
    std::mutex failing;
    const auto run = [&] {
        for (std::size_t index = next++; index < count; index = next++) {
            try {
                work(index);
            } catch (...) {
                const std::lock_guard<std::mutex> guard(failing);
                failure = std::current_exception();
            }
        }
    };
    const std::size_t threads =
        std::min<std::size_t>(count, std::max(1U, std::thread::hardware_concurrency()));
    {
        std::vector<std::jthread> others;
        try {
            while (others.size() + 1 < threads) {
                others.emplace_back(run);
            }
        } catch (const std::system_error&) {
            // No more threads to be had: those there are do it.
        }
        run();
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
}

// Some documents of one file that are parsed in one go, with one arena.
struct Batch {
    std::shared_ptr<const File> file{};
    std::vector<Piece> pieces{};
    Loaded loaded{};

    void parse() {
        const auto arena = std::make_shared<Arena>();
        for (const Piece& piece : pieces) {
            parse_document(file, piece, arena, loaded);
            if (loaded.diagnostics.size() > limits::mistakes) {
                loaded.diagnostics.resize(limits::mistakes + 1);  // that many are not told anyway
            }
        }
    }
};

// One file on its way: what is wrong with all of it, or its batches.
struct Work {
    std::vector<Diagnostic> diagnostics{};
    std::vector<Batch> batches{};
};

Work batches_of(const std::shared_ptr<const File>& file) {
    Work work;
    const std::vector<Piece> pieces = split_documents(file->bytes);
    if (pieces.size() > limits::documents) {
        const std::uint32_t line = pieces[limits::documents].line;
        return {.diagnostics = {
                    mistake_at(*file,
                               {line, 1},
                               "too-many-documents",
                               "the file has more than " + std::to_string(limits::documents) + " documents",
                               "split it into several files")}};
    }
    std::size_t begin = 0;
    for (const Piece& piece : pieces) {
        if (work.batches.empty() || piece.end - begin > batch_bytes) {
            begin = piece.begin;
            work.batches.push_back({.file = file});
        }
        work.batches.back().pieces.push_back(piece);
    }
    return work;
}

Work prepare(std::string path, std::string bytes) {
    const auto file = std::make_shared<File>();
    file->path = std::move(path);
    file->bytes = std::move(bytes);
    if (file->bytes.size() > limits::file_bytes) {
        return {.diagnostics = {{.code = "too-large",
                                 .text = "the file is larger than 64 MiB",
                                 .where = {.file = file->path}}}};
    }
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (std::string_view(file->bytes).substr(0, byte_order_mark.size()) == byte_order_mark) {
        file->bytes.erase(0, byte_order_mark.size());
    }
    file->index_lines();
    if (const auto fault = find_fault(file->bytes)) {
        const Mark mark = mark_of(file->bytes, fault->position, 1);
        return {.diagnostics = {mistake_at(*file, mark, fault->code, fault->text)}};
    }
    return batches_of(file);
}

Work read(const std::filesystem::path& path) {
    try {
        return prepare(path.string(), read_file(path, limits::file_bytes));
    } catch (const Error& error) {
        Diagnostic why = error.diagnostic();
        const bool large = why.code == "too-large";
        why.code = large ? "too-large" : "unreadable";
        why.text = large ? "the file is larger than 64 MiB" : why.text;
        why.where.file = path.string();
        return {.diagnostics = {why}};
    }
}

// Takes over one file's diagnostics; those beyond what anybody reads are only counted.
void take_diagnostics(std::vector<Diagnostic>& from, std::vector<Diagnostic>& into) {
    const std::size_t told = std::min(from.size(), limits::mistakes);
    const auto end = from.begin() + static_cast<std::ptrdiff_t>(told);
    into.insert(into.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(end));
    if (told < from.size()) {
        into.push_back(
            {.code = "too-many-mistakes",
             .text = "the file has more than " + std::to_string(told) + " mistakes: the first are shown",
             .where = {.file = into.back().where.file}});
    }
}

void parse_all(std::vector<Work>& works, Loaded& loaded) {
    std::vector<Batch*> batches;
    for (Work& work : works) {
        for (Batch& batch : work.batches) {
            batches.push_back(&batch);
        }
    }
    in_parallel(batches.size(), [&batches](std::size_t index) { batches[index]->parse(); });
    std::size_t documents = 0;
    for (const Batch* batch : batches) {
        documents += batch->loaded.documents.size();
    }
    loaded.documents.reserve(documents);
    for (Work& work : works) {
        for (Batch& batch : work.batches) {
            std::move(batch.loaded.documents.begin(),
                      batch.loaded.documents.end(),
                      std::back_inserter(loaded.documents));
            std::move(batch.loaded.diagnostics.begin(),
                      batch.loaded.diagnostics.end(),
                      std::back_inserter(work.diagnostics));
        }
        take_diagnostics(work.diagnostics, loaded.diagnostics);
    }
}

}  // namespace

Loaded load(const std::vector<std::filesystem::path>& paths, const FolderTest& is_other) {
    Loaded loaded;
    const std::vector<std::filesystem::path> files = find_files(paths, is_other, loaded.diagnostics);
    std::vector<Work> works(files.size());
    in_parallel(files.size(), [&](std::size_t index) { works[index] = read(files[index]); });
    parse_all(works, loaded);
    return loaded;
}

Loaded load_bytes(std::string path, std::string bytes) {
    Loaded loaded;
    std::vector<Work> works(1);
    works.front() = prepare(std::move(path), std::move(bytes));
    parse_all(works, loaded);
    return loaded;
}

}  // namespace edgecert
