// Folders that somebody else has laid traps in.
#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include "engine/diagnostic/diagnostic.h"
#include "engine/files/files.h"
#include "tests/unit/ground/temporary.h"

using edgecert::FileLock;
using edgecert::Folder;
using ground_test::Temporary;
namespace fs = std::filesystem;

namespace {

// The code of the Error that the call throws, or "".
template <typename Call>
std::string refused(const Call& call) {
    try {
        call();
    } catch (const edgecert::Error& error) {
        return error.diagnostic().code;
    }
    return "";
}

void socket_at(const fs::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.string().size() < sizeof address.sun_path);
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    const int server = ::socket(AF_UNIX, SOCK_STREAM, 0);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): what bind() takes
    REQUIRE(::bind(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::close(server);
}

}  // namespace

TEST_CASE("a name that is a path, or none, is refused by every operation") {
    const Temporary place;
    place.write("sub/file", "x");
    const Folder folder = Folder::open(place.path(), false);
    const std::string with_zero("a\0b", 3);
    for (const std::string& name : {std::string(),
                                    std::string("."),
                                    std::string(".."),
                                    std::string("sub/file"),
                                    std::string("/etc/passwd"),
                                    std::string("../x"),
                                    with_zero}) {
        CAPTURE(name);
        CHECK(refused([&] { (void)folder.stat(name); }) == "unsafe-name");
        CHECK(refused([&] { (void)folder.read(name, 10); }) == "unsafe-name");
        CHECK(refused([&] { (void)folder.read_link(name); }) == "unsafe-name");
        CHECK(refused([&] { (void)folder.enter(name); }) == "unsafe-name");
        CHECK(refused([&] { (void)folder.make(name); }) == "unsafe-name");
        CHECK(refused([&] { folder.replace(name, "x"); }) == "unsafe-name");
        CHECK(refused([&] { folder.replace_link(name, "x"); }) == "unsafe-name");
        CHECK(refused([&] { folder.rename(name, "x"); }) == "unsafe-name");
        CHECK(refused([&] { folder.rename("sub", name); }) == "unsafe-name");
        CHECK(refused([&] { folder.remove(name); }) == "unsafe-name");
        CHECK(refused([&] { folder.remove_tree(name); }) == "unsafe-name");
        CHECK(refused([&] { (void)FileLock::take(folder, name, 0); }) == "unsafe-name");
    }
    CHECK(fs::exists(place.path() / "sub" / "file"));
}

TEST_CASE(
    "a folder that is a link is refused, with a slash after it as well; links above it are the user's") {
    const Temporary place;
    fs::create_directories(place.path() / "real" / "store");
    fs::create_directory_symlink("real", place.path() / "above");
    fs::create_directory_symlink("real/store", place.path() / "link");
    fs::create_directory_symlink("nowhere", place.path() / "dangling");
    for (const std::string_view name : {"link", "link/", "link/.", "link/./", "dangling", "dangling/"}) {
        CAPTURE(name);
        const fs::path path = place.path() / name;
        CHECK(refused([&] { (void)Folder::open(path, false); }) == "unsafe-link");
        CHECK(refused([&] { (void)Folder::open(path, true); }) == "unsafe-link");
        CHECK(refused([&] { (void)Folder::open_existing(path); }) == "unsafe-link");
    }
    CHECK_FALSE(fs::exists(place.path() / "nowhere"));
    CHECK(Folder::open(place.path() / "above" / "store", false).names().empty());
    (void)Folder::open(place.path() / "above" / "new" / "deep", true);
    CHECK(fs::is_directory(place.path() / "real" / "new" / "deep"));
}

TEST_CASE("a folder that every user may write to is refused, at the door and inside") {
    const Temporary place;
    fs::create_directory(place.path() / "open");
    REQUIRE(::chmod((place.path() / "open").c_str(), 0777) == 0);
    CHECK(refused([&] { (void)Folder::open(place.path() / "open", false); }) == "unsafe-folder");
    CHECK(refused([&] { (void)Folder::open(place.path() / "open", true); }) == "unsafe-folder");
    CHECK(refused([&] { (void)Folder::open_existing(place.path() / "open"); }) == "unsafe-folder");
    const Folder folder = Folder::open(place.path(), false);
    CHECK(refused([&] { (void)folder.enter("open"); }) == "unsafe-folder");
    CHECK(refused([&] { (void)folder.make("open"); }) == "unsafe-folder");
    REQUIRE(::chmod((place.path() / "open").c_str(), 0770) == 0);
    CHECK(folder.enter("open").has_value());
}

TEST_CASE("a file instead of a folder is told as such") {
    const Temporary place;
    place.write("file", "x");
    const Folder folder = Folder::open(place.path(), false);
    CHECK(refused([&] { (void)Folder::open(place.path() / "file", true); }) == "not-a-folder");
    CHECK(refused([&] { (void)folder.enter("file"); }) == "not-a-folder");
    CHECK(refused([&] { (void)folder.make("file"); }) == "not-a-folder");
    CHECK_FALSE(folder.enter("absent").has_value());
}

TEST_CASE("what is no regular file is neither read nor waited for") {
    const Temporary place;
    const Folder folder = Folder::open(place.path(), false);
    REQUIRE(::mkfifo((place.path() / "fifo").c_str(), 0600) == 0);
    socket_at(place.path() / "socket");
    (void)folder.make("sub");
    place.write("target", "secret");
    fs::create_symlink("target", place.path() / "link");
    CHECK(refused([&] { (void)folder.read("fifo", 10); }) == "not-a-file");  // without O_NONBLOCK this hangs
    CHECK(refused([&] { (void)folder.read("socket", 10); }) == "not-a-file");
    CHECK(refused([&] { (void)folder.read("sub", 10); }) == "not-a-file");
    CHECK(refused([&] { (void)folder.read("link", 10); }) == "unsafe-link");
    CHECK(refused([&] { (void)folder.enter("link"); }) == "unsafe-link");
    CHECK(refused([&] { (void)FileLock::take(folder, "fifo", 0); }) == "not-a-file");
    CHECK(refused([&] { (void)FileLock::take(folder, "link", 0); }) == "unsafe-link");
    CHECK(refused([&] { (void)edgecert::read_file(place.path() / "fifo", 10); }) == "not-a-file");
    CHECK(refused([&] { (void)edgecert::read_file("/dev/zero", 10); }) == "not-a-file");
    CHECK(folder.stat("fifo")->kind == Folder::Stat::Kind::other);
}

TEST_CASE("replacing and removing a link leaves what it points at alone") {
    const Temporary place;
    const Temporary outside;
    const fs::path kept = outside.write("kept", "kept");
    fs::create_symlink(kept, place.path() / "a");
    fs::create_symlink(kept, place.path() / "b");
    fs::create_directory_symlink(outside.path(), place.path() / "c");
    fs::create_directories(place.path() / "tree" / "sub");
    fs::create_directory_symlink(outside.path(), place.path() / "tree" / "sub" / "link");
    const Folder folder = Folder::open(place.path(), false);
    folder.replace("a", "new");
    folder.remove("b");
    folder.remove_tree("c");
    folder.remove_tree("tree");
    CHECK(folder.names() == std::vector<std::string>{"a"});
    CHECK(edgecert::read_file(kept, 10) == "kept");
    CHECK(fs::is_regular_file(fs::symlink_status(place.path() / "a")));
}

TEST_CASE("a tree deeper than ours ever is stays") {
    const Temporary place;
    fs::path deep = place.path() / "deep";
    for (int level = 0; level < 40; ++level) {
        deep /= "d";
    }
    fs::create_directories(deep);
    CHECK(refused([&] { Folder::open(place.path(), false).remove_tree("deep"); }) == "file-error");
    CHECK(fs::exists(deep));
}

TEST_CASE("a folder that is swapped for a link while we work never leads us outside") {
    const Temporary place;
    const Temporary outside;
    outside.write("file", "kept");
    fs::create_directory(place.path() / "real");
    const fs::path door = place.path() / "door";
    fs::create_directory(door);
    std::atomic<bool> stop{false};
    std::thread swapper([&] {
        std::error_code ignored;
        while (!stop) {
            fs::rename(door, place.path() / "aside", ignored);
            fs::create_directory_symlink(outside.path(), door, ignored);
            fs::remove(door, ignored);
            fs::rename(place.path() / "aside", door, ignored);
        }
    });
    const Folder folder = Folder::open(place.path(), false);
    int entered = 0;
    for (int round = 0; round < 3000; ++round) {
        try {
            if (const auto inner = folder.enter("door")) {
                ++entered;
                inner->replace("file", "ours");
                inner->remove("file");
            }
        } catch (const edgecert::Error&) {
            // the link was there: refused
        }
    }
    stop = true;
    swapper.join();
    CHECK(entered > 0);
    CHECK(edgecert::read_file(outside.path() / "file", 10) == "kept");
    CHECK(std::distance(fs::directory_iterator(outside.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("the folder that was opened is the one that is worked in, whatever stands under its name later") {
    const Temporary place;
    fs::create_directory(place.path() / "store");
    const Folder folder = Folder::open(place.path() / "store", false);
    fs::rename(place.path() / "store", place.path() / "moved");
    fs::create_directory_symlink("/", place.path() / "store");
    folder.replace("file", "x");
    CHECK(fs::exists(place.path() / "moved" / "file"));
}

TEST_CASE("an error names the path and what the system says") {
    const Temporary place;
    try {
        (void)Folder::open(place.path() / "absent", false);
        FAIL("opened");
    } catch (const edgecert::Error& error) {
        CHECK(error.diagnostic().code == "file-error");
        CHECK(error.diagnostic().text ==
              "cannot open " + (place.path() / "absent").string() + ": No such file or directory");
    }
}
