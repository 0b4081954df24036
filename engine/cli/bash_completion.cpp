// Bash completion: the table of commands as a script; addresses are asked of the program, which reads the
// manifests.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "engine/cli/help.h"

namespace edgecert {
namespace {

// The flags of a row as bash words: "-f,--file" → {"-f", "--file"}.
std::vector<std::string> flags_of(const OptionRow& row) {
    std::vector<std::string> flags;
    std::string_view rest = row.flags;
    while (!rest.empty()) {
        const auto comma = std::min(rest.find(','), rest.size());
        flags.emplace_back(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return flags;
}

// The bash statement that offers what may stand here, or "".
std::string offer(const OptionRow& row) {
    if (!row.choices.empty()) {
        std::string words;
        for (const std::string_view choice : row.choices)
            words += (words.empty() ? "" : " ") + std::string{choice};
        return "_edgecert_words '" + words + "'";
    }
    switch (row.completes) {
        case Completes::nothing:
            return "";
        case Completes::file:
            return "_edgecert_files";
        case Completes::folder:
            return "_edgecert_folders";
        case Completes::address:
            return "_edgecert_names addresses";
        case Completes::authority:
            return "_edgecert_names authorities";
        case Completes::server:
            return "_edgecert_names servers";
        case Completes::command:
            return "_edgecert_words \"$commands\"";
    }
    return "";
}

std::string words_of(const std::vector<OptionRow>& rows) {
    std::string words = "--color --help";
    for (const OptionRow& row : rows) {
        if (row.positional())
            continue;
        for (const std::string& flag : flags_of(row))
            words += " " + flag;
    }
    return words;
}

std::string case_of(const Command& command) {
    std::string text = "        " + std::string{command.name} + ")\n            case \"$previous\" in\n";
    std::string positional;
    for (const OptionRow& row : command.options) {
        if (row.positional()) {
            if (positional.empty())
                positional = offer(row);
        } else if (!row.value.empty()) {
            std::string labels;
            for (const std::string& flag : flags_of(row))
                labels += (labels.empty() ? "" : "|") + flag;
            const std::string what = offer(row);
            text += "                " + labels + ") " + (what.empty() ? "" : what + "; ") + "return ;;\n";
        }
    }
    text += "                --color) _edgecert_words 'auto always never'; return ;;\n            esac\n";
    text += "            case \"$current\" in\n                -*) _edgecert_words '" +
            words_of(command.options) + "' ;;\n";
    text += "                *) " + (positional.empty() ? ":" : positional) + " ;;\n            esac ;;\n";
    return text;
}

constexpr std::string_view head = R"bash(# bash completion for edgecert; made by `edgecert completion bash`.

_edgecert_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }
_edgecert_files() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); }
_edgecert_folders() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current"); }
_edgecert_names() {
    local paths=() i
    for ((i = 2; i < COMP_CWORD - 1; i++)); do
        case "${COMP_WORDS[i]}" in -f|--file) paths+=("${COMP_WORDS[i + 1]}") ;; esac
    done
    _edgecert_words "$("${COMP_WORDS[0]}" completion "$1" "${paths[@]}" 2>/dev/null)"
}

_edgecert() {
    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD - 1]}" commands
    COMPREPLY=()
)bash";

}  // namespace

std::string bash_completion() {
    std::string script{head};
    std::string names;
    for (const Command& command : commands())
        names += (names.empty() ? "" : " ") + std::string{command.name};
    script += "    commands='" + names + "'\n";
    script +=
        "    if [ \"$COMP_CWORD\" -eq 1 ]; then _edgecert_words \"$commands --help --version\"; return; fi\n";
    script += "    case \"${COMP_WORDS[1]}\" in\n";
    for (const Command& command : commands())
        script += case_of(command);
    return script + "    esac\n}\ncomplete -F _edgecert edgecert\n";
}

}  // namespace edgecert
