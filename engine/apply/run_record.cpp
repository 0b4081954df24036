// Writing a run record, line by line.
#include "engine/apply/run_record.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <mutex>
#include <pwd.h>
#include <string>
#include <sys/types.h>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

#include "engine/files/files.h"
#include "engine/text/encoding.h"

namespace edgecert {

using nlohmann::ordered_json;

namespace {

std::string compact(Instant when) {
    std::string text = to_rfc3339(when);  // 2026-11-22T09:46:07Z
    std::erase(text, '-');
    std::erase(text, ':');
    return text;
}

ordered_json place_of(const Step& step) {
    return {{"unit", step.unit},
            {"step", step.id},
            {"action", to_text(step.action)},
            {"server", step.server},
            {"role", step.role},
            {"certificate", step.certificate},
            {"summary", step.summary}};
}

std::string error_text(int number) {
    return std::generic_category().message(number);
}

bool write_all(int descriptor, const std::string& bytes) {
    std::size_t written = 0;
    while (written < bytes.size()) {
        const ssize_t count = ::write(descriptor, bytes.data() + written, bytes.size() - written);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return false;
        }
        written += static_cast<std::size_t>(count);
    }
    return true;
}

}  // namespace

std::string user_at_host() {
    std::string user = std::to_string(::getuid());
    std::vector<char> buffer(16384);
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
        user = found->pw_name;
    }
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) {
        return printable(user, 64);
    }
    return printable(user + "@" + host.data(), 256);
}

RunRecord::RunRecord(const std::filesystem::path& folder,
                     const RunStart& start,
                     const Clock& clock,
                     std::function<void(const std::string&)> warn)
    : clock_(clock), warn_(std::move(warn)) {
    try {
        open(folder, start.plan_id);
    } catch (const Error& error) {
        give_up(error.diagnostic().text);
        return;
    }
    write("begin",
          {{"format", "edgecert.run/1"},
           {"who", start.who},
           {"plan", start.plan_id},
           {"command", start.command}});
}

RunRecord::~RunRecord() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

void RunRecord::open(const std::filesystem::path& folder, const std::string& plan_id) {
    if (folder.empty()) {
        throw Error("no-home",
                    "neither XDG_STATE_HOME nor HOME names a folder, so there is no place for run records");
    }
    const Folder runs = Folder::open(folder, true, 0700);
    const std::string id = plan_id.empty() ? "no-plan" : plan_id.substr(0, 12);
    const std::string second = compact(clock_.now()) + "-";
    const std::string first = second + id;
    // Several runs, of one plan or of many, may begin within a second: the number tells their order.
    const std::vector<std::string> names = runs.names();
    const auto known = std::count_if(
        names.begin(), names.end(), [&second](const std::string& name) { return name.starts_with(second); });
    for (int number = 1 + static_cast<int>(std::min<std::ptrdiff_t>(known, 98)); number < 100; ++number) {
        name_ = number == 1 ? first : first + "-" + std::to_string(number);
        descriptor_ = ::openat(runs.descriptor(),
                               (name_ + ".jsonl").c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
                               0600);
        if (descriptor_ >= 0) {
            return;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    const int number = errno;
    name_.clear();
    throw Error("run-record", "cannot create a run record in " + folder.string() + ": " + error_text(number));
}

void RunRecord::observing(const UnitId& unit) {
    write("observing", {{"unit", unit}});
}

void RunRecord::observed(const UnitId& unit) {
    write("observed", {{"unit", unit}});
}

void RunRecord::started(const Step& step) {
    write("step-started", place_of(step));
}

void RunRecord::ended(const Step& step, const Outcome& outcome) {
    ordered_json fields = place_of(step);
    std::string word = "done";
    std::string code;
    std::string why;
    if (const auto* failed = std::get_if<Failed>(&outcome)) {
        word = "failed";
        code = failed->why.code;
        why = failed->why.text;
    } else if (const auto* waiting = std::get_if<Waiting>(&outcome)) {
        word = "waiting";
        why = waiting->on_whom + (waiting->what_to_do.empty() ? "" : ": " + waiting->what_to_do);
    }
    fields["outcome"] = word;
    fields["code"] = code;
    fields["why"] = why;
    write("step-ended", fields);
}

void RunRecord::unit_ended(const UnitId& unit, const std::string& result, const std::string& why) {
    write("unit-ended", {{"unit", unit}, {"result", result}, {"why", why}});
}

void RunRecord::note(const std::string& text) {
    write("note", {{"text", text}});
}

void RunRecord::end(int exit_status) {
    write("end", {{"exit_status", exit_status}});
}

void RunRecord::write(const std::string& event, const ordered_json& fields) noexcept {
    const std::lock_guard lock(mutex_);
    if (descriptor_ < 0) {
        return;
    }
    try {
        ordered_json line = {{"event", event}, {"at", to_rfc3339(clock_.now())}};
        line.update(fields);
        const std::string bytes = line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
        if (!write_all(descriptor_, bytes)) {
            give_up("writing the run record " + name_ + " failed: " + error_text(errno));
        }
    } catch (const std::exception& exception) {
        give_up("writing the run record " + name_ + " failed: " + exception.what());
    }
}

void RunRecord::give_up(const std::string& why) {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
    descriptor_ = -1;
    warn_(printable(why) + "; this run goes on without a record");
}

}  // namespace edgecert
