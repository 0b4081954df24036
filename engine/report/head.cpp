// The head of a unit, row by row.
#include "engine/report/head.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "engine/report/words.h"
#include "engine/text/encoding.h"

namespace edgecert {

namespace {

std::string name_of(const Serving& serving) {
    return serving.certificate.empty() ? "a certificate that nobody declared"
                                       : printable(serving.certificate, 128);
}

std::vector<std::string> serving_lines(const Serving& serving, Instant now, std::size_t limit) {
    std::string first = name_of(serving);
    if (!serving.roles.empty()) {
        first += serving.roles.size() == 1 ? " (role " : " (roles ";
        first += joined(serving.roles, limit) + ")";
    }
    if (serving.not_after) {
        first += ": " + left(*serving.not_after, now) + ", until " + to_rfc3339(*serving.not_after);
    }
    std::string second = "SHA-1 " + (serving.sha1.empty() ? "unknown" : printable(serving.sha1, 64));
    second += serving.serial.empty() ? "" : ", serial " + printable(serving.serial, 128);
    second += serving.servers.empty() ? "" : ", on " + joined(serving.servers, limit);
    std::vector<std::string> lines{std::move(first), std::move(second)};
    if (!serving.names.empty()) {
        lines.push_back("names " + joined(serving.names, limit));
    }
    if (serving.renewal_due) {
        const std::string due = to_rfc3339(*serving.renewal_due);
        lines.push_back(*serving.renewal_due <= now ? "due for renewal since " + due
                                                    : "renewed from " + due + " on");
    }
    return lines;
}

std::vector<std::string> cut(const std::vector<std::string>& texts, std::size_t limit) {
    std::vector<std::string> lines;
    for (const std::string& text : texts) {
        if (lines.size() == limit && texts.size() - limit > 1) {
            lines.push_back("and " + std::to_string(texts.size() - limit) + " more");
            break;
        }
        lines.push_back(printable(text, 1024));
    }
    return lines;
}

std::vector<std::string> one_line(const std::string& text) {
    return text.empty() ? std::vector<std::string>{} : std::vector<std::string>{printable(text, 1024)};
}

std::vector<std::string> deadline_lines(const Overview& overview) {
    std::vector<std::string> lines = one_line(overview.deadline);
    if (!lines.empty() && overview.deadline_at) {
        lines[0] += " (" + to_rfc3339(*overview.deadline_at) + ")";
    }
    return lines;
}

std::vector<std::string> order_lines(const Overview& overview) {
    std::vector<std::string> lines;
    for (const auto& [authority, count] : overview.orders) {
        lines.push_back(plural(count, "certificate") + " from " + printable(authority, 128));
    }
    return lines;
}

std::vector<std::string> irreversible_lines(const UnitPlan& unit, std::size_t limit) {
    std::vector<std::string> steps;
    for (const Step& step : unit.steps) {
        if (step.irreversible && step.action != Action::wait) {
            steps.push_back(what(step));
        }
    }
    return cut(steps, limit);
}

std::vector<std::string> unreachable_lines(const Overview& overview, std::size_t limit) {
    std::vector<std::string> lines;
    for (const Unreachable& one : overview.unreachable) {
        std::string line = printable(one.server, 128) + ": " + printable(one.why, 512);
        line += one.blocks.empty() ? "" : " (holds up " + joined(one.blocks, limit) + ")";
        lines.push_back(std::move(line));
    }
    return cut(lines, limit);
}

std::vector<std::string> observation_lines(const Overview& overview,
                                           const RenderOptions& options,
                                           std::size_t limit) {
    std::vector<std::string> lines;
    if (overview.observed_at && options.for_another_date) {
        lines.push_back(to_rfc3339(*overview.observed_at));
    } else if (overview.observed_at) {
        const Seconds age = options.now - *overview.observed_at;
        const std::string when = age <= Seconds(0) ? "just now" : to_words(age) + " ago";
        lines.push_back(when + ", " + to_rfc3339(*overview.observed_at));
    }
    for (std::string& line : cut(overview.clock_differences, limit)) {
        lines.push_back(std::move(line));
    }
    return lines;
}

std::vector<std::string> diagnostic_lines(const std::vector<Diagnostic>& diagnostics, Severity severity) {
    std::vector<std::string> lines;
    for (const Diagnostic& one : diagnostics) {
        if (one.severity != severity) {
            continue;
        }
        std::string line = printable(one.text, 1024) + " [" + printable(one.code, 64) + "]";
        line += one.hint.empty() ? "" : "; " + printable(one.hint, 512);
        lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace

HeadRow unreachable_row(const Overview& overview, std::size_t limit) {
    return {"unreachable", unreachable_lines(overview, limit), true};
}

std::vector<HeadRow> head(const UnitPlan& unit, const RenderOptions& options, std::size_t limit) {
    const Overview& overview = unit.overview;
    const Instant now = options.now;
    std::vector<HeadRow> rows;
    for (const Serving& serving : overview.serving) {
        rows.push_back({"serves now", serving_lines(serving, now, limit), false});
    }
    if (overview.serving.empty() && overview.servers > 0) {
        rows.push_back({"serves now", {"nothing"}, true});
    }
    rows.push_back({"if left alone", deadline_lines(overview), true});
    rows.push_back({"error", diagnostic_lines(unit.diagnostics, Severity::error), true});
    rows.push_back(unreachable_row(overview, limit));
    rows.push_back({"names lost", cut(overview.names_lost, limit), true});
    rows.push_back({"names gained", cut(overview.names_gained, limit), false});
    rows.push_back({"orders", order_lines(overview), false});
    rows.push_back({"keys move", cut(overview.key_moves, limit), false});
    rows.push_back({"roots added", cut(overview.roots_added, limit), false});
    rows.push_back({"roots removed", cut(overview.roots_removed, limit), true});
    rows.push_back({"worst moment", one_line(overview.worst_moment), false});
    rows.push_back({"way back", one_line(overview.way_back), false});
    rows.push_back({"for good", irreversible_lines(unit, limit), false});
    rows.push_back({"observed", observation_lines(overview, options, limit), false});
    rows.push_back({"warning", diagnostic_lines(unit.diagnostics, Severity::warning), true});
    rows.push_back({"note", cut(overview.notes, limit), false});
    rows.push_back({"note", diagnostic_lines(unit.diagnostics, Severity::note), false});
    const auto empty = [](const HeadRow& row) { return row.lines.empty(); };
    rows.erase(std::remove_if(rows.begin(), rows.end(), empty), rows.end());
    return rows;
}

std::string converged_line(const Overview& overview, Instant now) {
    std::string text = "nothing to do";
    if (overview.next_change) {
        text += " until " + to_rfc3339(*overview.next_change);
    }
    const Serving* first = nullptr;
    for (const Serving& serving : overview.serving) {
        if (serving.not_after && (first == nullptr || *serving.not_after < *first->not_after)) {
            first = &serving;
        }
    }
    if (first != nullptr && overview.deadline_at && *overview.deadline_at < *first->not_after) {
        text += "; " + printable(overview.deadline, 1024);  // a CA above it ends sooner
    } else if (first != nullptr) {
        text += "; " + name_of(*first) + " " + left(*first->not_after, now);
    }
    return text;
}

}  // namespace edgecert
