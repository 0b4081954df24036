// CreateProcess with pipes and a job.
#include "resources/windows_node/process.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "resources/windows_node/command_line.h"
#include "resources/windows_node/handles.h"
#include "resources/windows_node/text.h"

namespace edgecert::windows {
namespace {

constexpr std::size_t most_output = 64U << 10U;
constexpr unsigned pieces_at_once = 64;  // of a child that writes and writes: the time is looked at between

// Set in this process while the child starts: one thread starts programs.
class AddedEnvironment {
public:
    explicit AddedEnvironment(const std::vector<std::pair<std::string, std::string>>& added) : added_(added) {
        for (const auto& [name, value] : added_) {
            ::SetEnvironmentVariableW(widen(name).c_str(), widen(value).c_str());
        }
    }
    AddedEnvironment(const AddedEnvironment&) = delete;
    AddedEnvironment& operator=(const AddedEnvironment&) = delete;
    ~AddedEnvironment() {
        for (const auto& [name, value] : added_) {
            ::SetEnvironmentVariableW(widen(name).c_str(), nullptr);
        }
    }

private:
    const std::vector<std::pair<std::string, std::string>>& added_;
};

// The handles that a child gets: what else this process holds, its line to the controller above all, stays
// here, or a service that the child starts would keep that line open.
class Inherited {
public:
    explicit Inherited(std::array<HANDLE, 2> handles) : handles_(handles) {
        SIZE_T size = 0;
        ::InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
        memory_.resize((size + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t));
        if (::InitializeProcThreadAttributeList(list(), 1, 0, &size) == FALSE) {
            fail("cannot-run", "no list of handles can be made");
        }
        if (::UpdateProcThreadAttribute(list(),
                                        0,
                                        PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                                        handles_.data(),
                                        sizeof handles_,
                                        nullptr,
                                        nullptr) == FALSE) {
            ::DeleteProcThreadAttributeList(list());
            fail("cannot-run", "no list of handles can be made");
        }
    }
    Inherited(const Inherited&) = delete;
    Inherited& operator=(const Inherited&) = delete;
    ~Inherited() { ::DeleteProcThreadAttributeList(list()); }

    [[nodiscard]] LPPROC_THREAD_ATTRIBUTE_LIST list() {
        return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory_.data());
    }

private:
    std::array<HANDLE, 2> handles_;
    std::vector<std::uint64_t> memory_{};
};

struct Child {
    SystemHandle process{};
    SystemHandle job{};
    SystemHandle output{};
};

Child start(const std::vector<std::string>& argv,
            const std::vector<std::pair<std::string, std::string>>& environment) {
    const std::wstring program = find_program(argv.front());
    Child child;
    SECURITY_ATTRIBUTES inherited{
        .nLength = sizeof inherited, .lpSecurityDescriptor = nullptr, .bInheritHandle = TRUE};
    SystemHandle write;
    SystemHandle nothing(::CreateFileW(
        L"NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, OPEN_EXISTING, 0, nullptr));
    if (::CreatePipe(child.output.receive(), write.receive(), &inherited, 0) == FALSE ||
        ::SetHandleInformation(child.output.get(), HANDLE_FLAG_INHERIT, 0) == FALSE) {
        fail("cannot-run", "no pipe can be made");
    }
    Inherited inheritance({nothing.get(), write.get()});
    STARTUPINFOEXW startup{};
    startup.StartupInfo.cb = sizeof startup;
    startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    startup.StartupInfo.hStdInput = nothing.get();
    startup.StartupInfo.hStdOutput = write.get();
    startup.StartupInfo.hStdError = write.get();
    startup.lpAttributeList = inheritance.list();
    PROCESS_INFORMATION made{};
    std::wstring line = command_line(argv);
    const AddedEnvironment added(environment);
    if (::CreateProcessW(program.c_str(),
                         line.data(),
                         nullptr,
                         nullptr,
                         TRUE,
                         CREATE_NO_WINDOW | CREATE_SUSPENDED | EXTENDED_STARTUPINFO_PRESENT,
                         nullptr,
                         nullptr,
                         &startup.StartupInfo,
                         &made) == FALSE) {
        fail("cannot-run", "\"" + argv.front() + "\" cannot be started");
    }
    child.process = SystemHandle(made.hProcess);
    const SystemHandle thread(made.hThread);
    child.job = SystemHandle(::CreateJobObjectW(nullptr, nullptr));
    if (child.job) {
        ::AssignProcessToJobObject(child.job.get(), made.hProcess);
    }
    ::ResumeThread(made.hThread);
    return child;
}

// What lies ready, without waiting: somebody the child left behind may hold the pipe open.
bool take_output(HANDLE pipe, std::string& into) {
    DWORD ready = 0;
    if (::PeekNamedPipe(pipe, nullptr, 0, nullptr, &ready, nullptr) == FALSE || ready == 0) {
        return false;
    }
    std::array<char, 4096> some{};
    DWORD got = 0;
    if (::ReadFile(pipe, some.data(), static_cast<DWORD>(some.size()), &got, nullptr) == FALSE) {
        return false;
    }
    into.append(some.data(), std::min<std::size_t>(got, most_output - std::min(most_output, into.size())));
    return true;
}

}  // namespace

Ran run_program(const std::vector<std::string>& argv,
                const std::vector<std::pair<std::string, std::string>>& environment,
                Seconds patience) {
    const Child child = start(argv, environment);
    Ran ran;
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!ran.ended && std::chrono::steady_clock::now() < until) {
        ran.ended = ::WaitForSingleObject(child.process.get(), 10) == WAIT_OBJECT_0;
        for (unsigned piece = 0; piece < pieces_at_once; ++piece) {
            if (!take_output(child.output.get(), ran.output)) {
                break;
            }
        }
    }
    if (!ran.ended) {
        if (!child.job || ::TerminateJobObject(child.job.get(), 1) == FALSE) {
            ::TerminateProcess(child.process.get(), 1);
        }
        return ran;
    }
    ::GetExitCodeProcess(child.process.get(), &ran.status);
    return ran;
}

std::string trouble_of(const Ran& ran, Seconds patience) {
    const std::string said = ran.output.empty() ? "" : ": " + printable(ran.output, 2048);
    if (!ran.ended) {
        return "it did not end within " + to_words(patience) + said;
    }
    return ran.status == 0 ? "" : "it ended with status " + std::to_string(ran.status) + said;
}

}  // namespace edgecert::windows
