// Run records as text.
#include <string>
#include <vector>

#include "engine/report/render.h"
#include "engine/text/encoding.h"

namespace edgecert {

namespace {

std::string ending(const RunLog& run) {
    if (!run.ended) {
        return "cut off";
    }
    return "exit status " + (run.exit_status ? std::to_string(*run.exit_status) : std::string("unknown"));
}

std::string head_line(const RunLog& run) {
    std::string text =
        printable(run.name, 128) + "  " + printable(run.who, 128) + "  " + printable(run.command, 64);
    text += "  " + std::to_string(run.done) + " done, " + std::to_string(run.waiting) + " waiting, ";
    return text + std::to_string(run.failed) + " failed  " + ending(run) + "\n";
}

std::string event_line(const RunEvent& event) {
    std::string text = to_rfc3339(event.at) + " ";
    text += event.unit.empty() ? "" : printable(event.unit, 128) + ": ";
    text += printable(event.event, 64);
    text += event.summary.empty() ? "" : " " + printable(event.summary, 512);
    text += event.outcome.empty() ? "" : " " + printable(event.outcome, 64);
    text += event.text.empty() ? "" : ": " + printable(event.text, 2048);
    return text + "\n";
}

}  // namespace

std::string render_text(const std::vector<RunLog>& runs) {
    std::string text;
    for (const RunLog& run : runs) {
        text += head_line(run);
    }
    return text.empty() ? "No runs yet.\n" : text;
}

std::string render_text(const RunLog& run) {
    std::string text = head_line(run);
    text += "plan " + (run.plan_id.empty() ? "none" : printable(run.plan_id, 128));
    text +=
        ", begun " + to_rfc3339(run.begun) + (run.ended ? ", ended " + to_rfc3339(*run.ended) : "") + "\n\n";
    for (const RunEvent& event : run.events) {
        text += event_line(event);
    }
    if (run.unreadable > 0) {
        text += std::to_string(run.unreadable) + " lines of the record could not be read.\n";
    }
    return text;
}

}  // namespace edgecert
