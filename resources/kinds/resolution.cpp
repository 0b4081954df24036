// What every step of the resolution works with: warnings that annotations allow, and paths.
#include "resources/kinds/resolution.h"

#include <algorithm>

namespace edgecert {

void Resolution::warn(std::string_view code,
                      const Place& where,
                      std::string text,
                      std::string hint,
                      std::string_view about,
                      std::initializer_list<const Document*> also) {
    const auto allows = [&](const Document* document) {
        const auto found = declared.allowed.find(document);
        return found != declared.allowed.end() && found->second.contains(code);
    };
    if (!allows(where.document) && std::none_of(also.begin(), also.end(), allows)) {
        findings.warning(code, where, std::move(text), std::move(hint), about);
    }
}

std::string Resolution::absolute_path(const std::string& text, const Place& where) {
    std::filesystem::path path(text);
    if (path.is_relative()) {
        const auto [folder, fresh] = folders.try_emplace(where.document->file.get());
        if (fresh) {
            folder->second = std::filesystem::absolute(where.document->file->path.view()).parent_path();
        }
        path = folder->second / path;
    }
    std::string normal = path.lexically_normal().string();
    if (normal.size() > 1 && normal.back() == '/') {
        normal.pop_back();
    }
    return normal;
}

std::shared_ptr<const Resolution::Sources> Resolution::share(std::string_view certificate,
                                                             const Sources& inherited) {
    auto& last = last_inherited[std::string(certificate)];
    if (!last || *last != inherited) {
        last = std::make_shared<const Sources>(inherited);
    }
    return last;
}

std::vector<std::string> Resolution::resolve_command(const std::vector<Text>& command, const Scope& scope) {
    std::vector<std::string> argv;
    argv.reserve(command.size());
    for (const Text& argument : command) {
        auto text = expand(argument, scope, findings);
        if (!text) {
            return {};
        }
        const bool is_path = argv.empty() && text->find('/') != std::string::npos;
        argv.push_back(is_path ? absolute_path(*text, argument.place) : std::move(*text));
    }
    return argv;
}

}  // namespace edgecert
