// The directory store killed at every system call that changes a file: what is left is what was there or what
// was wanted, and the same operation completes it.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "resources/stores/open.h"
#include "tests/contract/stores/directory_tools.h"
#include "tests/contract/stores/store_contract_tools.h"

#ifdef __x86_64__

namespace edgecert {
namespace {

namespace fs = std::filesystem;
using store_contract::authority;
using store_contract::cache;

using Action = std::function<void(CertificateStore&)>;

std::unique_ptr<CertificateStore> open_at(const fs::path& place, Clock& clock) {
    StoreSpec spec;
    spec.directory = place.string();
    return open_directory_store(spec, clock);
}

bool changes_files(const user_regs_struct& registers) {
    switch (registers.orig_rax) {
        case SYS_openat:
            return (registers.rdx & O_CREAT) != 0;
        case SYS_write:
        case SYS_fsync:
        case SYS_rename:
        case SYS_renameat:
        case SYS_renameat2:
        case SYS_unlinkat:
        case SYS_symlinkat:
        case SYS_mkdirat:
        case SYS_fchmod:
        case SYS_fchown:
            return true;
        default:
            return false;
    }
}

// Runs `action` in a child that is killed just before its `at`-th such call; false: it ended before.
bool killed_at(int at, const std::function<void()>& action) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::raise(SIGSTOP);
        action();
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSTOPPED(status));
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    bool entering = true;
    int seen = 0;
    while (true) {
        ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
        REQUIRE(::waitpid(child, &status, 0) == child);
        if (WIFEXITED(status)) {
            CHECK(WEXITSTATUS(status) == 0);
            return false;
        }
        REQUIRE(WIFSTOPPED(status));
        if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
            continue;
        }
        user_regs_struct registers{};
        ::ptrace(PTRACE_GETREGS, child, nullptr, &registers);
        seen += entering && changes_files(registers) ? 1 : 0;
        entering = !entering;
        if (seen == at) {
            ::kill(child, SIGKILL);
            ::waitpid(child, &status, 0);
            return true;
        }
    }
}

// What must hold of every store at every moment.
void check_sound(const StoreObservation& seen) {
    for (const RoleRecord& role : seen.roles) {
        CHECK_FALSE(role.dangling);
        const PersonalEntry* entry = store_contract::find_personal(seen, role.assigned);
        CHECK((role.assigned.empty() || (entry != nullptr && entry->key == KeyState::present)));
    }
    for (const PersonalEntry& entry : seen.personal) {
        CHECK(entry.key == KeyState::present);
        CHECK(entry.owned);
    }
    for (const TrustEntry& entry : seen.trust) {
        CHECK(entry.owned);
    }
}

int leftovers(const fs::path& place) {
    const auto files = snapshot(place);
    return static_cast<int>(std::count_if(files.begin(), files.end(), [](const std::string& line) {
        return line.find(".new-") != std::string::npos || line.find(".removed-") != std::string::npos;
    }));
}

// Kills `action` everywhere; `check` sees each wreck; done again, the store must be as after one undisturbed
// run.
int kill_everywhere(const Action& prepare,
                    const Action& action,
                    const std::function<void(const StoreObservation&)>& check) {
    const TemporaryFolder folder;
    StillClock clock;
    const fs::path before = folder.path() / "before";
    prepare(*open_at(before, clock));
    const fs::path after = folder.path() / "after";
    fs::copy(before, after, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    action(*open_at(after, clock));
    const StoreObservation wanted = open_at(after, clock)->observe(cache());
    int at = 1;
    for (bool killed = true; killed; ++at) {
        const fs::path place = folder.path() / "wreck";
        fs::remove_all(place);
        fs::copy(before, place, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
        killed = killed_at(at, [&] { action(*open_at(place, clock)); });
        INFO("killed before call ", at);
        const StoreObservation wreck = open_at(place, clock)->observe(cache());
        check_sound(wreck);
        check(wreck);
        action(*open_at(place, clock));
        const StoreObservation again = open_at(place, clock)->observe(cache());
        CHECK(again == wanted);
        CHECK(leftovers(place) == 0);
    }
    return at;
}

struct Prepared {
    RequestEntry request{};
    x509::CertificateRef certificate{};
};

void nothing(const StoreObservation& /*wreck*/) {}

RoleAssignment assignment_of(const CertificateId& id, int minutes) {
    RoleAssignment made;
    made.role = "internal";
    made.certificate = id;
    made.pool = "ams-edge";
    made.now = store_contract::start() + std::chrono::minutes{minutes};
    return made;
}

CertificateId install_in(CertificateStore& store, char issuance, const std::string& serial) {
    const RequestEntry request = store.create_request(store_contract::order(issuance));
    const auto certificate = store_contract::answer_to(request, serial);
    store.accept(store_contract::key_of(request),
                 certificate,
                 store_contract::chain(),
                 store_contract::label_for(request));
    return certificate->sha256;
}

}  // namespace

TEST_CASE("trusting and distrusting survive a kill at any call") {
    const Action trust = [](CertificateStore& store) {
        store.trust(TrustKind::root, authority().root, "contract", "ams-edge");
    };
    const Action make = [](CertificateStore& store) {
        store.trust(TrustKind::intermediate, authority().issuing, "contract", "ams-edge");
    };
    CHECK(kill_everywhere(make, trust, nothing) > 10);
    const Action distrust = [](CertificateStore& store) {
        store.distrust(TrustKind::root, authority().root->sha256);
    };
    const Action both = [&](CertificateStore& store) {
        make(store);
        trust(store);
    };
    CHECK(kill_everywhere(both, distrust, nothing) > 8);
}

TEST_CASE("what is trusted next brings nothing along that a killed trusting left") {
    const TemporaryFolder folder;
    StillClock clock;
    const fs::path place = folder.path() / "store";
    bool killed = true;
    for (int at = 1; killed; ++at) {
        fs::remove_all(place);
        killed = killed_at(at, [&] {
            open_at(place, clock)->trust(TrustKind::root, authority().root, "contract", "ams-edge");
        });
        INFO("killed before call ", at);
        const auto wreck = open_at(place, clock)->observe(cache()).trust.size();
        const auto other = store_contract::other_authority().root;
        open_at(place, clock)->trust(TrustKind::root, other, "contract", "ams-edge");
        const StoreObservation seen = open_at(place, clock)->observe(cache());
        CHECK(seen.trust.size() == wreck + 1);
        // The last file of the killed one may be missing: that is said, so that a plan puts it there.
        for (const Finding& finding : seen.findings) {
            CHECK(finding.code == "trust-file-lost");
            CHECK(finding.path == "root/" + authority().root->sha256 + ".pem");
        }
        open_at(place, clock)->trust(TrustKind::root, authority().root, "contract", "ams-edge");
        CHECK(open_at(place, clock)->observe(cache()).findings.empty());
    }
}

TEST_CASE("accepting never loses the key, wherever it is killed") {
    Prepared prepared;
    const Action prepare = [&](CertificateStore& store) {
        prepared.request = store.create_request(store_contract::order('a'));
        prepared.certificate = store_contract::answer_to(prepared.request);
    };
    const Action accept = [&](CertificateStore& store) {
        store.accept(store_contract::key_of(prepared.request),
                     prepared.certificate,
                     store_contract::chain(),
                     store_contract::label_for(prepared.request));
    };
    const int calls = kill_everywhere(prepare, accept, [&](const StoreObservation& wreck) {
        const RequestEntry* waiting = store_contract::find_request(wreck, prepared.request.spki);
        const bool in_request = waiting != nullptr && waiting->key == KeyState::present;
        const bool installed = store_contract::find_personal(wreck, prepared.certificate->sha256) != nullptr;
        CHECK((in_request || installed));
    });
    CHECK(calls > 30);
}

TEST_CASE("a request that was accepted is gone after the next change, wherever the accepting was killed") {
    const TemporaryFolder folder;
    StillClock clock;
    const fs::path place = folder.path() / "store";
    int installed = 0;
    bool killed = true;
    for (int at = 1; killed; ++at) {
        fs::remove_all(place);
        const RequestEntry request = open_at(place, clock)->create_request(store_contract::order('a'));
        const auto certificate = store_contract::answer_to(request);
        killed = killed_at(at, [&] {
            open_at(place, clock)
                ->accept(store_contract::key_of(request),
                         certificate,
                         store_contract::chain(),
                         store_contract::label_for(request));
        });
        INFO("killed before call ", at);
        const StoreObservation wreck = open_at(place, clock)->observe(cache());
        open_at(place, clock)->trust(TrustKind::root, authority().root, "contract", "ams-edge");
        const StoreObservation seen = open_at(place, clock)->observe(cache());
        const bool held = store_contract::find_personal(wreck, certificate->sha256) != nullptr;
        installed += held ? 1 : 0;
        CHECK(seen.requests.size() == (held ? 0 : 1));
        CHECK(leftovers(place) == 0);
    }
    CHECK(installed > 3);
}

TEST_CASE("importing and retiring survive a kill at any call") {
    const auto held = store_contract::held_elsewhere(StoreUnderTest{}, "0c01");
    const Secret password{std::string("one time")};
    const Secret pfx = store_contract::pfx_of(held, password);
    PersonalLabel label;
    label.pool = "ams-edge";
    label.name = "internal";
    label.exportable = true;
    const Action make = [](CertificateStore& store) {
        store.trust(TrustKind::root, authority().root, "contract", "ams-edge");
    };
    const Action import = [&](CertificateStore& store) { store.import_pfx(pfx, password, label); };
    CHECK(kill_everywhere(make, import, nothing) > 30);
    CertificateId second;
    const Action assigned = [&](CertificateStore& store) {
        import(store);
        store.assign(assignment_of(held.certificate->sha256, 1));
        second = install_in(store, 'a', "0a01");
        store.assign(assignment_of(second, 2));
    };
    const Action retire = [&](CertificateStore& store) { store.retire(held.certificate->sha256); };
    CHECK(kill_everywhere(assigned, retire, [&](const StoreObservation& wreck) {
              CHECK(store_contract::find_role(wreck, "internal")->assigned == second);
          }) > 10);
}

TEST_CASE("assigning and unassigning leave one certificate or the other, wherever they are killed") {
    CertificateId first;
    CertificateId second;
    const Action prepare = [&](CertificateStore& store) {
        first = install_in(store, 'a', "0a01");
        second = install_in(store, 'b', "0a02");
        store.assign(assignment_of(first, 1));
    };
    const Action assign = [&](CertificateStore& store) { store.assign(assignment_of(second, 2)); };
    CHECK(kill_everywhere(prepare, assign, [&](const StoreObservation& wreck) {
              const RoleRecord* role = store_contract::find_role(wreck, "internal");
              REQUIRE(role != nullptr);
              CHECK((role->assigned == first || role->assigned == second));
              CHECK((role->assigned == first || (role->owned && role->previous == first)));
          }) > 15);
    const Action prepare_both = [&](CertificateStore& store) {
        prepare(store);
        assign(store);
    };
    const Action go_back = [&](CertificateStore& store) { store.assign(assignment_of(first, 3)); };
    CHECK(kill_everywhere(prepare_both, go_back, [&](const StoreObservation& wreck) {
              const RoleRecord* role = store_contract::find_role(wreck, "internal");
              REQUIRE(role != nullptr);
              CHECK_MESSAGE(role->previous == (role->assigned == first ? second : first),
                            "whoever was on the way back still knows where to");
          }) > 15);
    const Action unassign = [](CertificateStore& store) {
        store.unassign("internal", store_contract::start());
    };
    CHECK(kill_everywhere(prepare, unassign, nothing) > 10);
}

TEST_CASE("a request that was announced has its key, wherever its making was killed") {
    const TemporaryFolder folder;
    StillClock clock;
    const fs::path place = folder.path() / "store";
    bool killed = true;
    for (int at = 1; killed; ++at) {
        fs::remove_all(place);
        killed = killed_at(at, [&] {
            static_cast<void>(open_at(place, clock)->create_request(store_contract::order('a')));
        });
        INFO("killed before call ", at);
        StoreObservation seen = open_at(place, clock)->observe(cache());
        CHECK(seen.requests.size() <= 1);
        for (const RequestEntry& entry : seen.requests) {
            CHECK(entry.key == KeyState::present);
        }
        const RequestEntry made = open_at(place, clock)->create_request(store_contract::order('a'));
        CHECK((seen.requests.empty() || seen.requests[0] == made));
        seen = open_at(place, clock)->observe(cache());
        CHECK(seen.requests.size() == 1);
        CHECK(seen.findings.empty());
        CHECK(leftovers(place) == 0);
    }
}

}  // namespace edgecert

#endif
