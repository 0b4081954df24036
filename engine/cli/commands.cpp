// The one table of commands, and the rows that several of them share.
#include <algorithm>
#include <utility>

#include "engine/cli/command.h"

namespace edgecert {

const std::vector<Command>& commands() {
    static const std::vector<Command> table{
        init_command(),  validate_command(), check_command(),   plan_command(),       apply_command(),
        drift_command(), status_command(),   observe_command(), explain_command(),    show_command(),
        chain_command(), request_command(),  export_command(),  import_command(),     graph_command(),
        log_command(),   node_command(),     version_command(), completion_command(), help_command(),
    };
    return table;
}

const Command* find_command(std::string_view name) {
    const auto& table = commands();
    const auto found = std::find_if(
        table.begin(), table.end(), [name](const Command& command) { return command.name == name; });
    return found == table.end() ? nullptr : &*found;
}

OptionRow paths_row() {
    return {.flags = "PATH…",
            .value = "PATH",
            .text =
                "files and folders of manifests (*.yaml, *.yml, folders recursively, but for hidden ones and "
                "what stores and local CAs keep); the current folder when none is given",
            .into = &Options::paths,
            .completes = Completes::file};
}

OptionRow manifests_row() {
    return {.flags = "-f,--file",
            .value = "PATH",
            .text = "a file or folder of manifests; repeatable; the current folder when none is given",
            .into = &Options::paths,
            .completes = Completes::file};
}

OptionRow format_row(std::vector<std::string_view> choices) {
    return {.flags = "--format",
            .value = "FORM",
            .text = "the result's form, the first unless you say",
            .into = &Options::format,
            .choices = std::move(choices)};
}

OptionRow target_row() {
    return {.flags = "--target",
            .value = "ADDRESS",
            .text = "only this; repeatable",
            .into = &Options::targets,
            .completes = Completes::address};
}

OptionRow parallel_row() {
    return {.flags = "--parallel",
            .value = "N",
            .text = "pools and authorities worked on at once, 1 to 256 (8)",
            .into = &Options::parallel};
}

OptionRow color_row() {
    return {.flags = "--color",
            .value = "WHEN",
            .text = "auto, always or never; auto colours on a terminal only and respects NO_COLOR",
            .into = &Options::color,
            .choices = {"auto", "always", "never"}};
}

std::vector<OptionRow> planning_rows() {
    return {
        paths_row(),
        {.flags = "--out",
         .value = "FILE",
         .text = "saves the plan as JSON, for `apply --plan FILE`",
         .into = &Options::out,
         .completes = Completes::file},
        {.flags = "--at",
         .value = "TIME",
         .text = "plans as of that time (RFC 3339); such a plan is to look at, never to apply",
         .into = &Options::at},
        {.flags = "--observed",
         .value = "FILE",
         .text =
             "plans against what `edgecert observe` saved and touches nothing; to look at, never to apply",
         .into = &Options::observed,
         .completes = Completes::file},
        {.flags = "--target",
         .value = "ADDRESS",
         .text =
             "only this; repeatable. Narrowed to a server, a plan prepares it and never switches its pool",
         .into = &Options::targets,
         .completes = Completes::address},
        {.flags = "--until",
         .value = "installed",
         .text = "stops at the barrier: everything installed, nothing assigned; a later run assigns",
         .into = &Options::until,
         .choices = {"installed"}},
        {.flags = "--retry",
         .value = "ADDRESS",
         .text =
             "tries a role again whose certificate was rejected, or a request that was denied; repeatable",
         .into = &Options::retry,
         .completes = Completes::address},
        {.flags = "--resubmit",
         .value = "ADDRESS",
         .text = "gives an open request up and asks anew, when its key is lost or its fate cannot be known; "
                 "repeatable",
         .into = &Options::resubmit,
         .completes = Completes::address},
        {.flags = "--request-id",
         .value = "ADDRESS=ID",
         .text = "the authority's id of a submission whose answer was lost; repeatable",
         .into = &Options::request_ids},
        {.flags = "-v,--verbose",
         .text = "also fields, ids, and long lists to their end",
         .into = &Options::verbose},
        parallel_row(),
    };
}

}  // namespace edgecert
