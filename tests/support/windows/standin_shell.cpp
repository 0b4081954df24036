// A stand-in for the management shell of Lync and Skype for Business Server, for tests only: it takes the
// arguments that powershell.exe takes, knows Get-CsCertificate and Set-CsCertificate in the one form that the
// node uses, and keeps assignments in the file that the variable STANDIN_STATE names. It is no PowerShell.
//
// STANDIN_MODULE: the module that is installed (SkypeForBusiness); another one cannot be imported.
// STANDIN_TROUBLE: "fail" (an error in red and status 1), "slow" (never ends), "cut" (ends in the middle with
// 0), "twice" (another certificate for each role, too).
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <windows.h>

namespace {

std::string variable(const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return value == nullptr ? otherwise : value;
}

std::map<std::string, std::string> read_state() {
    std::map<std::string, std::string> state;
    std::ifstream in(variable("STANDIN_STATE", "standin.txt"));
    std::string type;
    std::string thumbprint;
    while (in >> type >> thumbprint) {
        state[type] = thumbprint;
    }
    return state;
}

void write_state(const std::map<std::string, std::string>& state) {
    std::ofstream out(variable("STANDIN_STATE", "standin.txt"), std::ios::trunc);
    for (const auto& [type, thumbprint] : state) {
        out << type << " " << thumbprint << "\n";
    }
}

std::string after(const std::string& text, const std::string& word, std::size_t from = 0) {
    const std::size_t at = text.find(word, from);
    if (at == std::string::npos) {
        return {};
    }
    const std::size_t begin = at + word.size();
    return text.substr(begin, text.find_first_of(" ;", begin) - begin);
}

// "Get-CsCertificate -Type X | ForEach-Object { 'role ' + $_.Thumbprint }", once a type; capitals, as the
// real one prints.
void get_all(const std::string& text) {
    const auto state = read_state();
    const std::string command = "Get-CsCertificate -Type ";
    for (std::size_t at = text.find(command); at != std::string::npos; at = text.find(command, at + 1)) {
        const std::string type = after(text, command, at);
        const std::size_t quote = text.find('\'', at) + 1;
        const std::string role = text.substr(quote, text.find('\'', quote) - quote);
        const auto found = state.find(type);
        if (found != state.end()) {
            std::string thumbprint = found->second;
            for (char& c : thumbprint) {
                c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
            }
            std::printf("%s%s\r\n", role.c_str(), thumbprint.c_str());
            if (variable("STANDIN_TROUBLE", "") == "twice") {
                std::printf("%s%s\r\n", role.c_str(), std::string(40, 'F').c_str());
            }
        }
    }
}

}  // namespace

int main(int count, char** words) {
    if (count != 5 || std::string(words[1]) != "-NoProfile" || std::string(words[2]) != "-NonInteractive" ||
        std::string(words[3]) != "-Command") {
        std::printf("standin: other arguments than expected\r\n");
        return 64;
    }
    const std::string text = words[4];
    const std::string trouble = variable("STANDIN_TROUBLE", "");
    if (trouble == "slow") {
        Sleep(600'000);
    }
    if (after(text, "Import-Module ") != variable("STANDIN_MODULE", "SkypeForBusiness")) {
        std::printf(
            "Import-Module : The specified module '%s' was not loaded because no valid module file was "
            "found in any module directory.\r\n",
            after(text, "Import-Module ").c_str());
        return 1;
    }
    if (trouble == "fail") {
        std::printf(
            "Set-CsCertificate : Command execution failed: the management store is not available.\r\n");
        return 1;
    }
    if (trouble == "cut") {
        return 0;
    }
    if (text.find("Set-CsCertificate") != std::string::npos) {
        auto state = read_state();
        state[after(text, "Set-CsCertificate -Type ")] = after(text, "-Thumbprint ");
        write_state(state);
    } else if (text.find("Remove-CsCertificate") != std::string::npos) {
        auto state = read_state();
        state.erase(after(text, "Remove-CsCertificate -Type "));
        write_state(state);
    } else {
        get_all(text);
    }
    std::printf("edgecert-done\r\n");
    return 0;
}
