// Folders of the node: closed to everybody but administrators and the system, and refused when they are not.
#pragma once

#include <string>

namespace edgecert::windows {

[[nodiscard]] bool is_folder(const std::wstring& path);

// There afterwards. Closed: for administrators and the system alone, and what comes to lie in it inherits
// this; else with the rights of the folder around it. Error "store-refused": also where a link stands.
void make_folder(const std::wstring& path, bool closed);

// In ProgramData anybody may make folders, and write into those that an administrator made without a thought:
// a folder that is a link, somebody else's, or open to others is not ours to trust. Error "store-refused".
void refuse_strangers_folder(const std::wstring& path);

}  // namespace edgecert::windows
