// RunRecord: what a run did, as JSON lines for people and tools that look back; no run needs it to be right.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <functional>
#include <mutex>
#include <string>

#include "engine/apply/progress.h"
#include "engine/time/instant.h"

namespace edgecert {

struct RunStart {
    std::string who{};      // user@host
    std::string command{};  // "apply"
    std::string plan_id{};  // empty if there is none
};

// The user of this process and the host's name: "ops@controller".
[[nodiscard]] std::string user_at_host();

// Writes <folder>/<time>-<plan id's first 12 digits>.jsonl (mode 0600, folder 0700), one event a line as
// schemas/run.schema.json has it, each written at once with one write(2). What cannot be written is told once
// through `warn` and then left: a run never fails for it. An empty folder is none: there is no record then.
class RunRecord final : public Progress {
public:
    RunRecord(const std::filesystem::path& folder,
              const RunStart& start,
              const Clock& clock,
              std::function<void(const std::string&)> warn);
    RunRecord(const RunRecord&) = delete;
    RunRecord& operator=(const RunRecord&) = delete;
    ~RunRecord() override;

    void observing(const UnitId& unit) override;
    void observed(const UnitId& unit) override;
    void started(const Step& step) override;
    void ended(const Step& step, const Outcome& outcome) override;
    void unit_ended(const UnitId& unit, const std::string& result, const std::string& why) override;
    void note(const std::string& text) override;
    void end(int exit_status);

    [[nodiscard]] const std::string& name() const {
        return name_;
    }  // without ".jsonl"; empty when there is no file

private:
    void open(const std::filesystem::path& folder, const std::string& plan_id);
    void write(const std::string& event, const nlohmann::ordered_json& fields) noexcept;
    void give_up(const std::string& why);

    std::mutex mutex_{};
    const Clock& clock_;
    std::function<void(const std::string&)> warn_;
    std::string name_{};
    int descriptor_{-1};
};

}  // namespace edgecert
