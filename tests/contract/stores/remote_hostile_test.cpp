// Nodes that die, hang, babble and lie: an error of that server alone, with what it said.
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/diagnostic/diagnostic.h"
#include "engine/text/encoding.h"
#include "engine/transport/process.h"
#include "resources/stores/open.h"
#include "tests/contract/stores/directory_tools.h"
#include "tests/contract/stores/store_contract_tools.h"
#include "tests/support/run_program.h"

namespace edgecert {
namespace {

using store_contract::authority;
using store_contract::cache;

// A node in Python: frames, hello, and `empty`, the observation of a store that does not exist.
const char* const prelude = R"(
import sys, json, struct, os, time
def out(kind, data):
    if not isinstance(data, bytes): data = json.dumps(data).encode()
    sys.stdout.buffer.write(struct.pack('>I', len(data)) + kind + data); sys.stdout.buffer.flush()
def take():
    while True:
        head = sys.stdin.buffer.read(5)
        if len(head) < 5: sys.exit(0)
        body = sys.stdin.buffer.read(struct.unpack('>I', head[:4])[0])
        if head[4:] == b'q': return json.loads(body)
def hello(oldest=1, newest=1):
    out(b'h', dict(format='edgecert.node', oldest=oldest, newest=newest, program='9.9', kind='directory', activates=False, clock=None))
def answer(request, result): out(b'a', dict(id=request['id'], result=result, error=None))
empty = dict(exists=True, storeId='0' * 32, kind='directory', activates=False, clock=None, trust=[], personal=[], requests=[],
             roles=[], findings=[], certificates={})
)";

struct Liar {
    StillClock clock{};
    std::unique_ptr<CertificateStore> store;

    explicit Liar(const std::string& script)
        : store(open_remote_store({"python3", "-c", prelude + script}, "edge01", clock, {"EDGECERT_*"})) {}
};

Diagnostic failure_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.diagnostic();
    }
    return {};
}

Diagnostic failure_of(const std::string& script) {
    Liar liar(script);
    return failure_of([&] { static_cast<void>(liar.store->observe(cache())); });
}

// The failure is this server's, and says what it was.
void check_unreachable(const Diagnostic& why, const std::string& part) {
    CHECK(why.code == "store-unreachable");
    CHECK(why.text.starts_with("edge01: "));
    CHECK_MESSAGE(why.text.find(part) != std::string::npos, why.text);
    CHECK(why.text.find('\n') == std::string::npos);
    CHECK(why.text.size() < 8192);
}

}  // namespace

TEST_CASE("a node that cannot be started, dies or babbles says so") {
    StillClock clock;
    const auto none = open_remote_store({"edgecert-no-such-program"}, "edge01", clock, {});
    check_unreachable(failure_of([&] { static_cast<void>(none->observe(cache())); }), "(cannot-run)");
    check_unreachable(failure_of("print('Host key verification failed.', file=sys.stderr); sys.exit(255)"),
                      "255; it said: Host key verification failed. (node-died)");
    check_unreachable(failure_of("hello(); take(); os._exit(9)"), "(node-died)");
    check_unreachable(failure_of("print('Last login: Sun Nov 22'); sys.stdout.flush(); time.sleep(9)"),
                      "Last login: Sun Nov 22");
    check_unreachable(failure_of("print('\\x1b[2Jgone'); sys.stdout.flush(); time.sleep(9)"),
                      "(node-babbles)");
}

TEST_CASE("a node that answers nonsense, another request or without end is found out") {
    check_unreachable(failure_of("out(b'a', {}); time.sleep(9)"), "(node-lies)");
    check_unreachable(failure_of("out(b'h', {}); time.sleep(9)"), "(bad-hello)");
    check_unreachable(failure_of("hello(2, 3); time.sleep(9)"), "(protocol-mismatch)");
    check_unreachable(failure_of("hello(); r = take(); out(b'a', b'rubbish'); time.sleep(9)"), "(node-lies)");
    check_unreachable(failure_of("hello(); r = take(); out(b'a', b'[' * 1000000); time.sleep(9)"),
                      "(node-lies)");
    check_unreachable(failure_of("hello(); r = take(); r['id'] += 1; answer(r, empty); time.sleep(9)"),
                      "(node-lies)");
    check_unreachable(failure_of("hello(); r = take(); answer(r, None); time.sleep(9)"), "(bad-observation)");
    check_unreachable(failure_of("hello(); r = take(); empty['more'] = 1; answer(r, empty); time.sleep(9)"),
                      "(bad-observation)");
    check_unreachable(failure_of("hello(); r = take()\nwhile True: out(b'k', b'')"), "(node-lies)");
    check_unreachable(failure_of("hello(); r = take()\nwhile True: out(b's', b'x' * 9)"), "(node-lies)");
    check_unreachable(failure_of("hello(); r = take(); sys.stdout.buffer.write(b'\\x7f\\xff\\xff\\xffa')\n"
                                 "while True: sys.stdout.buffer.write(b'x' * 65536)"),
                      "(node-babbles)");
}

TEST_CASE("what an older node could not read of its store is not absent: the server is left alone") {
    const auto told = [](const std::string& path, const std::string& code) {
        return failure_of("hello(); r = take(); empty['findings'] = [dict(path='" + path + "', code='" +
                          code + "', text='it is a symbolic link')]; answer(r, empty); time.sleep(9)");
    };
    for (const char* part : {"personal", "requests", "roles", "root", "intermediate"}) {
        const Diagnostic why = told(part, "unreadable");
        CHECK(why.code == "store-refused");
        CHECK_MESSAGE(why.text.find(std::string(part) + ": it is a symbolic link") != std::string::npos,
                      why.text);
    }
    CHECK(told("personal", "rubbish").code.empty());
    CHECK_MESSAGE(told("root/my-root.pem", "unreadable").code.empty(), "somebody else's, and no part of it");
}

TEST_CASE("a node cannot pass one certificate off as another, nor name one that nobody knows") {
    const std::string der = x509::der_of_pem(x509::to_pem(*authority().root));
    x509::CertificateCache fresh;
    const auto fails = [&](const std::string& script) {
        Liar liar("hello(); r = take(); " + script + "; answer(r, empty); time.sleep(9)");
        return failure_of([&] { static_cast<void>(liar.store->observe(fresh)); });
    };
    const std::string trusted = "empty['trust'] = [dict(certificate='" + authority().issuing->sha256 +
                                "', kind='root', owned=False, authority='', pool='')]";
    check_unreachable(fails(trusted), "(bad-observation)");
    check_unreachable(
        fails(trusted + "; empty['certificates'] = {'" + authority().issuing->sha256 + "': 'AAAA'}"),
        "(bad-observation)");
}

TEST_CASE("a store that becomes another one in the middle is an error") {
    Liar liar("hello(); answer(take(), empty); empty['storeId'] = '1' * 32; answer(take(), empty); take()");
    CHECK(liar.store->observe(cache()).store_id == std::string(32, '0'));
    check_unreachable(failure_of([&] { static_cast<void>(liar.store->observe(cache())); }),
                      "(store-changed)");
}

TEST_CASE("what a node reports keeps its code, and cannot forge lines or colours") {
    Liar liar(
        "hello(); r = take(); out(b'a', dict(id=r['id'], result=None, error=dict(code='store-locked', "
        "text='busy\\n\\x1b[31mapply: done', hint=''))); answer(take(), empty); take()");
    const Diagnostic why = failure_of([&] { static_cast<void>(liar.store->observe(cache())); });
    CHECK(why.code == "store-locked");
    CHECK(why.text == "edge01: busy\\x0a\\x1b[31mapply: done");
    CHECK_MESSAGE(liar.store->observe(cache()).exists,
                  "the session goes on after an error that the node reported");
}

TEST_CASE("a request for other names than were ordered is a lie") {
    RequestOrder order = store_contract::order('a');
    const x509::PrivateKey key = x509::generate_key({x509::KeyAlgorithm::ecdsa, 256});
    x509::RequestContents contents = order.contents;
    contents.names.dns.insert("www.example.com");
    const std::string pem = x509::make_request(contents, key);
    std::string quoted;
    for (const char c : pem) {
        quoted += c == '\n' ? std::string("\\n") : std::string(1, c);
    }
    Liar liar(
        "hello(); r = take(); w = r['with']; answer(r, dict(pool=w['pool'], name=w['name'], publicKey='" +
        key.spki_sha256 +
        "', issuance=w['issuance'], requirement='', holder='', key='present', exportable=False, "
        "friendlyName='', "
        "authority='', request='" +
        quoted +
        "', phase='created', created=w['now'], since=w['now'], submitted=None, ticket='', message='', "
        "answer=None, "
        "answerChain=[])); take()");
    check_unreachable(failure_of([&] { static_cast<void>(liar.store->create_request(order)); }),
                      "another request than was ordered");
}

TEST_CASE("a PFX with another certificate than was asked for is a lie") {
    const Secret password(std::string(48, 'a'));
    const x509::PrivateKey key = x509::generate_key({x509::KeyAlgorithm::ecdsa, 256});
    LeafOrder order;
    order.subject.common_name = "other.example.com";
    order.names.dns = {"other.example.com"};
    order.spki_der = key.spki_der;
    order.not_before = authority().issuing->not_before;
    order.not_after = authority().issuing->not_after;
    order.serial = "0b01";
    const x509::CertificateRef other = issue_leaf(authority(), order);
    const Secret pfx = store_contract::pfx_of({other, key}, password);
    const auto sends = [&](const std::string& bytes, const CertificateId& wanted) {
        Liar liar("hello(); r = take(); out(b's', bytes.fromhex('" + to_hex(bytes) +
                  "')); answer(r, None); take()");
        return failure_of(
            [&] { static_cast<void>(liar.store->export_pfx(wanted, password, x509::PfxProfile::modern)); });
    };
    CHECK(sends(std::string(pfx.view()), other->sha256).code.empty());
    check_unreachable(sends(std::string(pfx.view()), authority().issuing->sha256),
                      "another certificate than it was asked for");
    check_unreachable(sends("rubbish", other->sha256), "the PFX that the node sent is none");
}

TEST_CASE("a lock that went with its session is not taken for held") {
    const TemporaryFolder folder;
    StillClock clock;
    // Dies at the second request, and starts again as often as it is asked.
    Liar liar("hello(); answer(take(), None); take(); os._exit(1)");
    auto held = liar.store->lock(Seconds{1});
    check_unreachable(failure_of([&] { liar.store->unassign("internal", {}); }), "(node-died)");
    check_unreachable(failure_of([&] { liar.store->unassign("internal", {}); }), "(lock-lost)");
    held.reset();
    CHECK(failure_of([&] { liar.store->unassign("internal", {}); }).code.empty());
}

TEST_CASE("a store that rests holds no session, unless a lock is held in it") {
    const TemporaryFolder folder;
    const std::string told = (folder.path() / "told").string();
    Liar liar("open('" + told +
              "', 'a').write('.'); hello()\nwhile True:\n  r = take()\n"
              "  answer(r, empty if r['do'] == 'observe' else None)");
    const auto sessions = [&] { return std::filesystem::file_size(told); };
    static_cast<void>(liar.store->observe(cache()));
    static_cast<void>(liar.store->observe(cache()));
    CHECK(sessions() == 1);
    liar.store->rest();
    liar.store->rest();
    CHECK(sessions() == 1);
    static_cast<void>(liar.store->observe(cache()));
    CHECK(sessions() == 2);
    auto held = liar.store->lock(Seconds{1});
    liar.store->rest();
    liar.store->unassign("internal", {});
    CHECK(sessions() == 2);
    held.reset();
    liar.store->rest();
    liar.store->unassign("internal", {});
    CHECK(sessions() == 3);
}

TEST_CASE("a node that died leaves the next operation a new session, and the store's lock free") {
    const TemporaryFolder folder;
    StillClock clock;
    const std::string place = (folder.path() / "store").string();
    const auto one = open_remote_store({EDGECERT_TEST_NODE, place}, "edge01", clock, {});
    auto held = one->lock(Seconds{0});
    const auto two = open_remote_store({EDGECERT_TEST_NODE, place}, "edge01", clock, {});
    CHECK(failure_of([&] { static_cast<void>(two->lock(Seconds{0})); }).code == "store-locked");
    held.reset();
    CHECK(two->create_request(store_contract::order('a')).key == KeyState::present);
}

TEST_CASE("a node refuses what is no request, and leaves when the controller does") {
    const TemporaryFolder folder;
    const std::string place = (folder.path() / "store").string();
    const auto run = [&](const std::string& input) {
        return run_process({EDGECERT_TEST_NODE, place}, input);
    };
    CHECK(run("").status == 0);
    const ProcessResult http = run("GET / HTTP/1.1\r\n\r\n");
    CHECK(http.status == 1);
    CHECK(http.error_output.find("GET / HTTP/1.1") != std::string::npos);
    CHECK(run(std::string("\0\0\0\2q{}", 7)).status == 1);
    CHECK_FALSE(std::filesystem::exists(place));
}

TEST_CASE("a node takes neither an activation nor a key group from its controller") {
    const TemporaryFolder folder;
    const std::string place = (folder.path() / "store").string();
    const auto frame = [](char kind, const std::string& text) {
        const auto size = static_cast<unsigned>(text.size());
        return std::string{'\0', '\0', static_cast<char>(size >> 8U), static_cast<char>(size & 0xFFU), kind} +
               text;
    };
    const std::string hello = frame(
        'h',
        R"({"format":"edgecert.node","oldest":1,"newest":1,"program":"0","kind":"","activates":false,"clock":null})");
    const std::string activate =
        frame('q', R"({"id":1,"do":"activate","with":{"role":"internal","activate":["touch","/tmp/x"]}})");
    const std::string group = frame('q', R"({"id":2,"do":"observe","with":{"known":[],"keyGroup":"users"}})");
    const std::string unknown = frame('q', R"({"id":3,"do":"run","with":{}})");
    const ProcessResult result = run_process({EDGECERT_TEST_NODE, place}, hello + activate + group + unknown);
    CHECK(result.status == 0);
    std::size_t refused = 0;
    for (std::size_t at = result.output.find("bad-request"); at != std::string::npos;
         at = result.output.find("bad-request", at + 1)) {
        ++refused;
    }
    CHECK(refused == 3);
}

}  // namespace edgecert
