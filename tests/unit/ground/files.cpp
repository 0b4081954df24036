// Folders and files as they are meant to be used.
#include "engine/files/files.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "tests/unit/ground/temporary.h"

using edgecert::FileLock;
using edgecert::Folder;
using ground_test::Temporary;
namespace fs = std::filesystem;

namespace {

// What the linked-in fsync() saw, so that tests can hold the order of syncs against that of renames.
std::vector<ino_t>& synced() {
    static std::vector<ino_t> inodes;
    return inodes;
}

ino_t inode_of(const fs::path& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_ino;
}

mode_t mode_of(const fs::path& path) {
    struct stat status {};
    REQUIRE(::lstat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// The umask, put back at the end.
class Umask {
public:
    explicit Umask(mode_t mask) : before_(::umask(mask)) {}
    Umask(const Umask&) = delete;
    Umask& operator=(const Umask&) = delete;
    ~Umask() { ::umask(before_); }

private:
    mode_t before_;
};

}  // namespace

// Stands in front of the C library's: counts, and does it.
extern "C" int fsync(int descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) == 0) {
        synced().push_back(status.st_ino);
    }
    return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

TEST_CASE("a folder that is missing is made with its parents, each synced into its own parent") {
    const Temporary place;
    const fs::path wanted = place.path() / "a" / "b" / "c";
    CHECK_FALSE(Folder::open_existing(wanted));
    CHECK_THROWS_AS((void)Folder::open(wanted, false), edgecert::Error);
    synced().clear();
    const Folder folder = Folder::open(wanted, true, 0750);
    CHECK(mode_of(wanted) == 0750);
    CHECK(mode_of(wanted.parent_path()) == 0755);
    CHECK(synced() == std::vector<ino_t>{inode_of(place.path()),
                                         inode_of(place.path() / "a"),
                                         inode_of(place.path() / "a" / "b")});
    CHECK(Folder::open_existing(wanted).has_value());
    CHECK(folder.path() == wanted);
}

TEST_CASE("a folder that is there keeps its mode") {
    const Temporary place;
    fs::create_directory(place.path() / "a");
    ::chmod((place.path() / "a").c_str(), 0711);
    (void)Folder::open(place.path() / "a", true, 0700);
    CHECK(mode_of(place.path() / "a") == 0711);
}

TEST_CASE("a file is replaced whole: synced, renamed, and then its folder synced") {
    const Temporary place;
    const Folder folder = Folder::open(place.path(), false);
    folder.replace("file", "first");
    const ino_t first = inode_of(place.path() / "file");
    synced().clear();
    folder.replace("file", "second", 0600);
    CHECK(content_of(place.path() / "file") == "second");
    const ino_t second = inode_of(place.path() / "file");
    CHECK(second != first);
    CHECK(synced() == std::vector<ino_t>{second, inode_of(place.path())});
    CHECK(folder.names() == std::vector<std::string>{"file"});
    CHECK(mode_of(place.path() / "file") == 0600);
}

TEST_CASE("modes are what was asked for, whatever the umask") {
    const Temporary place;
    const Umask strict(0077);
    const Folder folder = Folder::open(place.path(), false);
    folder.replace("key", "k", 0640, ::getegid());
    CHECK(mode_of(place.path() / "key") == 0640);
    (void)folder.make("sub", 0751);
    CHECK(mode_of(place.path() / "sub") == 0751);
    const Umask open_to_all(0);
    folder.replace("secret", "k", 0600);
    CHECK(mode_of(place.path() / "secret") == 0600);
}

TEST_CASE("a replacement that fails leaves the old file and nothing beside it") {
    const Temporary place;
    const Folder folder = Folder::open(place.path(), false);
    (void)folder.make("taken");
    CHECK_THROWS_AS(folder.replace("taken", "x"), edgecert::Error);  // a folder stands there
    CHECK_THROWS_AS(folder.replace_link("taken", "x"), edgecert::Error);
    CHECK(folder.names() == std::vector<std::string>{"taken"});
}

TEST_CASE("files are read whole, up to the limit") {
    const Temporary place;
    const Folder folder = Folder::open(place.path(), false);
    const std::string bytes("a\0\xff\n", 4);
    folder.replace("file", bytes);
    CHECK(folder.read("file", 4) == bytes);
    CHECK(folder.read("file", 100) == bytes);
    CHECK(folder.read("absent", 100) == std::nullopt);
    folder.replace("empty", "");
    CHECK(folder.read("empty", 0) == "");
    folder.replace("private", bytes, 0600);
    const auto seen = folder.read_with_stat("private", 4);
    REQUIRE(seen.has_value());
    CHECK((seen->bytes == bytes && seen->stat.mode == 0600 && seen->stat.owner == ::geteuid()));
    CHECK(folder.read_with_stat("absent", 100) == std::nullopt);
    try {
        (void)folder.read("file", 3);
        FAIL("read beyond the limit");
    } catch (const edgecert::Error& error) {
        CHECK(error.diagnostic().code == "too-large");
        CHECK(error.diagnostic().text.find((place.path() / "file").string()) != std::string::npos);
    }
}

TEST_CASE("names come sorted, however many there are") {
    const Temporary place;
    const Folder folder = Folder::open(place.path(), false);
    std::vector<std::string> expected;
    for (int number = 1000; number < 1500; ++number) {
        expected.push_back(std::to_string(number) + std::string(200, 'x'));
        std::ofstream(place.path() / expected.back()).flush();
    }
    CHECK(folder.names() == expected);
    CHECK(folder.names() == expected);  // the second look begins at the beginning
}

TEST_CASE("links are made, read and replaced, and stat tells of the link itself") {
    const Temporary place;
    const Folder folder = Folder::open(place.path(), false);
    folder.replace_link("role", "../personal/aa");
    folder.replace_link("role", "../personal/bb");
    CHECK(folder.read_link("role") == "../personal/bb");
    CHECK(folder.read_link("absent") == std::nullopt);
    CHECK(folder.stat("absent") == std::nullopt);
    REQUIRE(folder.stat("role").has_value());
    CHECK(folder.stat("role")->kind == Folder::Stat::Kind::link);
    folder.replace("file", "12345", 0640);
    CHECK(folder.stat("file")->kind == Folder::Stat::Kind::file);
    CHECK(folder.stat("file")->size == 5);
    CHECK(folder.stat("file")->mode == 0640);
    CHECK(folder.stat("file")->owner == ::geteuid());
    CHECK_THROWS_AS((void)folder.read_link("file"), edgecert::Error);
}

TEST_CASE("renaming and removing are synced, and removing what is not there is fine") {
    const Temporary place;
    const Folder folder = Folder::open(place.path(), false);
    folder.replace("a", "x");
    synced().clear();
    folder.rename("a", "b");
    CHECK(synced() == std::vector<ino_t>{inode_of(place.path())});
    CHECK(folder.names() == std::vector<std::string>{"b"});
    folder.remove("b");
    CHECK(synced().size() == 2);
    folder.remove("b");
    folder.remove_tree("b");
    CHECK(folder.names().empty());
    CHECK_THROWS_AS(folder.rename("a", "b"), edgecert::Error);
}

TEST_CASE("a tree is removed with all that is in it") {
    const Temporary place;
    place.write("tree/a/b/file", "x");
    place.write("tree/file", "x");
    place.write("kept", "x");
    const Folder folder = Folder::open(place.path(), false);
    folder.remove_tree("tree");
    CHECK(folder.names() == std::vector<std::string>{"kept"});
}

TEST_CASE("a folder moved from closes nothing that is in use") {
    const Temporary place;
    Folder first = Folder::open(place.path(), false);
    Folder second = std::move(first);
    first = Folder::open(place.path(), false);
    second = std::move(first);
    second.replace("file", "x");
    CHECK(second.names().size() == 1);
}

TEST_CASE("a lock is held once, and given back when it goes") {
    const Temporary place;
    const Folder folder = Folder::open(place.path(), false);
    {
        const auto held = FileLock::take(folder, "lock", 0);
        REQUIRE(held.has_value());
        CHECK_FALSE(FileLock::take(folder, "lock", 30).has_value());
        CHECK(FileLock::take(folder, "other", 0).has_value());
    }
    CHECK(FileLock::take(folder, "lock", 0).has_value());
}

TEST_CASE("a lock of a process that was killed is free") {
    const Temporary place;
    const Folder folder = Folder::open(place.path(), false);
    int ready[2] = {};
    REQUIRE(::pipe(ready) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const auto held = FileLock::take(folder, "lock", 0);
        const char byte = held ? 'y' : 'n';
        (void)!::write(ready[1], &byte, 1);
        while (true) {
            ::pause();
        }
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    CHECK(byte == 'y');
    CHECK_FALSE(FileLock::take(folder, "lock", 0).has_value());
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    CHECK(FileLock::take(folder, "lock", 0).has_value());
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_CASE("a lock whose file was taken away while waiting is not one") {
    const Temporary place;
    const Folder folder = Folder::open(place.path(), false);
    const auto first = FileLock::take(folder, "lock", 0);
    folder.remove("lock");
    const auto second = FileLock::take(folder, "lock", 0);  // a new file: a new lock
    REQUIRE(second.has_value());
    CHECK_FALSE(FileLock::take(folder, "lock", 0).has_value());
}

TEST_CASE("a result that a user named replaces a file, goes through a link, and into a device") {
    const Temporary place;
    const fs::path file = place.path() / "out.json";
    edgecert::write_file(file, "one");
    edgecert::write_file(file, "two", 0600);
    CHECK(edgecert::read_file(file, 10) == "two");
    CHECK(mode_of(file) == 0600);
    fs::create_symlink("out.json", place.path() / "link");
    edgecert::write_file(place.path() / "link", "three");
    CHECK(fs::is_symlink(place.path() / "link"));
    CHECK(content_of(file) == "three");
    CHECK(edgecert::read_file(place.path() / "link", 10) == "three");
    edgecert::write_file("/dev/null", "gone");
    CHECK(fs::is_character_file("/dev/null"));
    CHECK_THROWS_AS(edgecert::write_file(place.path(), "x"), edgecert::Error);
    CHECK_THROWS_AS(edgecert::write_file(place.path() / "no" / "file", "x"), edgecert::Error);
    CHECK_THROWS_AS((void)edgecert::read_file(place.path() / "absent", 10), edgecert::Error);
}

TEST_CASE("files that the kernel makes up on reading are read to their end") {
    CHECK_FALSE(edgecert::read_file("/proc/self/status", 1U << 20U).empty());
}
