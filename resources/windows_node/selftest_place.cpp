// Stores and a folder beside the real ones.
#include "resources/windows_node/selftest_place.h"

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "resources/windows_node/data_folder.h"
#include "resources/windows_node/text.h"

namespace edgecert::windows {
namespace {

std::string system_version() {
    using Function = LONG(WINAPI*)(OSVERSIONINFOW*);
    OSVERSIONINFOW version{};
    version.dwOSVersionInfoSize = sizeof version;
    const HMODULE module = ::GetModuleHandleW(L"ntdll.dll");
    const FARPROC found = module == nullptr ? nullptr : ::GetProcAddress(module, "RtlGetVersion");
    if (found == nullptr || reinterpret_cast<Function>(reinterpret_cast<void*>(found))(&version) != 0) {
        return "of an unknown version";
    }
    const bool wine = ::GetProcAddress(module, "wine_get_version") != nullptr;
    return std::to_string(version.dwMajorVersion) + "." + std::to_string(version.dwMinorVersion) + "." +
           std::to_string(version.dwBuildNumber) + (wine ? " (Wine)" : "");
}

std::string user_name() {
    std::wstring name(256, L'\0');
    auto size = static_cast<DWORD>(name.size());
    return ::GetUserNameW(name.data(), &size) == FALSE ? "?" : narrow({name.data(), size - 1});
}

std::string own_path() {
    std::array<wchar_t, 4096> path{};
    const DWORD length = ::GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()));
    return narrow({path.data(), length});
}

std::string folder_of(const std::string& name) {
    return DataFolder("").path() + "-" + name;
}

}  // namespace

SelftestPlace::SelftestPlace(const std::string& name)
    : name_(name), folder_(folder_of(name)), roles_(roles_in_files(DataFolder(folder_))) {}

std::unique_ptr<WindowsStore> SelftestPlace::open(Clock& clock) const {
    const WindowsStoreSpec spec{.data = folder_, .stores = name_, .activate = {own_path(), "version"}};
    return std::make_unique<WindowsStore>(spec, *roles_, clock);
}

void SelftestPlace::remove() const {
    for (const char* part : {"Root", "CA", "My", "Request"}) {
        ::CertUnregisterSystemStore(widen(name_ + part).c_str(),
                                    CERT_SYSTEM_STORE_LOCAL_MACHINE | CERT_STORE_DELETE_FLAG);
    }
    const DataFolder folder(folder_);
    for (const char* part : {"requests", "roles", "intents"}) {
        for (const std::string& file : folder.files(part)) {
            folder.remove(std::string(part) + "\\" + file);
        }
        ::RemoveDirectoryW(widen(folder_ + "\\" + part).c_str());
    }
    folder.remove("id");
    folder.remove("lock");
    ::RemoveDirectoryW(widen(folder_).c_str());
}

std::string selftest_heading() {
    std::string text = "edgecert-node " EDGECERT_VERSION ", selftest\nWindows " + system_version() + ", as " +
                       user_name() + "\n";
    const SystemStores stores("");
    for (const StoreName name :
         {StoreName::root, StoreName::intermediate, StoreName::personal, StoreName::request}) {
        text += "the machine's " + stores.name_of(name);
        try {
            text += ": " + std::to_string(stores.read(name).size()) + " certificates\n";
        } catch (const Error& error) {
            text += " cannot be read: " + error.diagnostic().text + "\n";
        }
    }
    return text;
}

}  // namespace edgecert::windows
