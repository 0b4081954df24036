// A program that a node starts, for tests of how it is started; nothing of edgecert is in here.
//
//   tell FILE ARG...      writes its arguments, as CommandLineToArgvW finds them, and what of edgecert's it
//   finds in
//                         its environment, a line each in UTF-8
//   tell FILE --leave     leaves a process behind, with every handle that it may inherit, and ends
//   tell FILE --flood     writes and writes, and never ends
//   tell FILE --hold      opens FILE so that nobody else may, says so, and holds it until its input ends
// clang-format off
#include <windows.h>
#include <shellapi.h>
// clang-format on

#include <cstdio>
#include <string>

namespace {

std::string narrow(const wchar_t* text) {
    char bytes[32768];
    WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, sizeof bytes, nullptr, nullptr);
    return bytes;
}

int leave(std::wstring self) {
    std::wstring line = L"tell nothing --sleep";
    STARTUPINFOW startup{};
    startup.cb = sizeof startup;
    PROCESS_INFORMATION made{};
    return CreateProcessW(
               self.c_str(), line.data(), nullptr, nullptr, TRUE, 0, nullptr, nullptr, &startup, &made)
               ? 0
               : 1;
}

int hold(const wchar_t* path) {
    HANDLE file = CreateFileW(path, GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr);
    if (file == INVALID_HANDLE_VALUE) {
        return 1;
    }
    std::puts("held");
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    return 0;
}

int tell(const wchar_t* path, int count, wchar_t** words) {
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS, 0, nullptr);
    std::string text;
    for (int at = 2; at < count; ++at) {
        text += narrow(words[at]) + "\n";
    }
    for (const wchar_t* at = GetEnvironmentStringsW(); *at != 0; at += wcslen(at) + 1) {
        if (wcsncmp(at, L"EDGECERT_", 9) == 0) {
            text += narrow(at) + "\n";
        }
    }
    DWORD written = 0;
    return WriteFile(file, text.data(), static_cast<DWORD>(text.size()), &written, nullptr) ? 0 : 1;
}

}  // namespace

int main() {
    int count = 0;
    wchar_t** words = CommandLineToArgvW(GetCommandLineW(), &count);
    if (count < 2) {
        return 2;
    }
    const std::wstring what = count > 2 ? words[2] : L"";
    if (what == L"--leave") {
        wchar_t self[MAX_PATH];
        GetModuleFileNameW(nullptr, self, MAX_PATH);
        return leave(self);
    }
    if (what == L"--sleep") {
        Sleep(INFINITE);
    }
    if (what == L"--flood") {
        while (std::puts("and on and on and on and on and on and on and on and on and on and on") >= 0) {
        }
        return 0;
    }
    return what == L"--hold" ? hold(words[1]) : tell(words[1], count, words);
}
