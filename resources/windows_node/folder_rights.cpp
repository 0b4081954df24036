// Owners and access lists.
#include "resources/windows_node/folder_rights.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "resources/windows_node/handles.h"
// clang-format off
#include <aclapi.h>
#include <sddl.h>
// clang-format on

#include "engine/diagnostic/diagnostic.h"
#include "resources/windows_node/text.h"

namespace edgecert::windows {
namespace {

constexpr const char* refused = "store-refused";
constexpr DWORD writing = FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_EA | FILE_DELETE_CHILD | DELETE |
                          WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL;
constexpr const wchar_t* trusted_installer =
    L"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";

bool is_link(const std::wstring& path) {
    const DWORD attributes = ::GetFileAttributesW(path.c_str());
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
}

// The account of this process.
class Account {
public:
    Account() {
        SystemHandle token;
        DWORD size = sizeof user_;
        known_ = ::OpenProcessToken(::GetCurrentProcess(), TOKEN_QUERY, token.receive()) != FALSE &&
                 ::GetTokenInformation(token.get(), TokenUser, user_.data(), size, &size) != FALSE;
    }
    [[nodiscard]] bool is(PSID sid) const {
        return known_ &&
               ::EqualSid(sid, reinterpret_cast<const TOKEN_USER*>(user_.data())->User.Sid) != FALSE;
    }

private:
    std::array<std::uint64_t, 64> user_{};
    bool known_{};
};

// May do everything here anyway; CREATOR OWNER stands for whoever was let in by somebody else's right.
bool is_privileged(PSID sid, const Account& me) {
    LocalMemory installer;
    if (me.is(sid)) {
        return true;
    }
    for (const WELL_KNOWN_SID_TYPE kind :
         {WinBuiltinAdministratorsSid, WinLocalSystemSid, WinCreatorOwnerSid}) {
        if (::IsWellKnownSid(sid, kind) != FALSE) {
            return true;
        }
    }
    return ::ConvertStringSidToSidW(trusted_installer, installer.receive()) != FALSE &&
           ::EqualSid(sid, installer.get()) != FALSE;
}

bool lets_others_write(PACL list, const Account& me) {
    if (list == nullptr) {
        return true;  // no list at all: everybody may do everything
    }
    for (DWORD at = 0; at < list->AceCount; ++at) {
        void* entry = nullptr;
        if (::GetAce(list, at, &entry) == FALSE) {
            return true;
        }
        const auto* const header = static_cast<const ACE_HEADER*>(entry);
        auto* const allowed = static_cast<ACCESS_ALLOWED_ACE*>(entry);
        if (header->AceType == ACCESS_ALLOWED_ACE_TYPE && (allowed->Mask & writing) != 0 &&
            !is_privileged(&allowed->SidStart, me)) {
            return true;
        }
    }
    return false;
}

}  // namespace

bool is_folder(const std::wstring& path) {
    const DWORD attributes = ::GetFileAttributesW(path.c_str());
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

void make_folder(const std::wstring& path, bool closed) {
    LocalMemory descriptor;
    SECURITY_ATTRIBUTES attributes{};
    if (closed) {
        if (::ConvertStringSecurityDescriptorToSecurityDescriptorW(
                L"D:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)", SDDL_REVISION_1, descriptor.receive(), nullptr) ==
            FALSE) {
            fail(refused, "rights for " + narrow(path) + " cannot be made");
        }
        attributes.nLength = sizeof attributes;
        attributes.lpSecurityDescriptor = descriptor.get();
    }
    if (::CreateDirectoryW(path.c_str(), closed ? &attributes : nullptr) == FALSE &&
        last_error() != ERROR_ALREADY_EXISTS) {
        fail(refused, "the folder " + narrow(path) + " cannot be made");
    }
    if (!is_folder(path) || is_link(path)) {
        throw Error(refused, narrow(path) + " is no folder, or a link, and is not followed");
    }
}

void refuse_strangers_folder(const std::wstring& path) {
    if (is_link(path)) {
        throw Error(refused, narrow(path) + " is a link, and is not followed");
    }
    PSID owner = nullptr;
    PACL list = nullptr;
    LocalMemory descriptor;
    const DWORD error = ::GetNamedSecurityInfoW(path.c_str(),
                                                SE_FILE_OBJECT,
                                                OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                                                &owner,
                                                nullptr,
                                                &list,
                                                nullptr,
                                                descriptor.receive());
    if (error != ERROR_SUCCESS) {
        fail(refused, "whose " + narrow(path) + " is cannot be read", error);
    }
    const Account me;
    if (!is_privileged(owner, me)) {
        throw Error(refused,
                    narrow(path) + " belongs to somebody who is no administrator, and is not trusted",
                    "look what is in it, and remove it");
    }
    if (lets_others_write(list, me)) {
        throw Error(refused,
                    narrow(path) + " can be written by others than administrators, and is not trusted",
                    "icacls FOLDER /inheritance:r /grant \"Administrators:(OI)(CI)F\" \"SYSTEM:(OI)(CI)F\"");
    }
}

}  // namespace edgecert::windows
