// A program of an owner's, as --assign-with takes one: keeps roles in the file that its first argument names.
#include <cstdio>
#include <fstream>
#include <map>
#include <string>

int main(int count, char** words) {
    if (count < 3) {
        return 2;
    }
    std::map<std::string, std::string> roles;
    std::string role;
    std::string thumbprint;
    std::ifstream in(words[1]);
    while (in >> role >> thumbprint) {
        roles[role] = thumbprint;
    }
    in.close();
    const std::string what = words[2];
    if (what == "list" && count == 3) {
        for (const auto& one : roles) {
            std::printf("%s %s\r\n", one.first.c_str(), one.second.c_str());
        }
        return 0;
    }
    if (what == "assign" && count == 5) {
        roles[words[3]] = words[4];
    } else if (what == "clear" && count == 4) {
        roles.erase(words[3]);
    } else {
        return 2;
    }
    std::ofstream out(words[1], std::ios::trunc);
    for (const auto& one : roles) {
        out << one.first << " " << one.second << "\n";
    }
    return out ? 0 : 1;
}
