"""The program killed, and its disk failed, at each call that changes a file or speaks to a node: the next run puts it right.

EDGECERT_LONG=1 tries every way at every point instead of a sample (EDGECERT_SAMPLE of each kind, EDGECERT_WAYS of breaking only);
EDGECERT_SEED repeats a sample.
"""

import collections
import os
import pathlib
import random
import re
import shutil
import subprocess
import unittest

import broken_calls
import harness
from broken_calls import DAY, Pool

SAMPLE = int(os.environ.get("EDGECERT_SAMPLE", "14"))  # breaks a scenario, when not all of them
WAYS = os.environ.get("EDGECERT_WAYS", "").split()  # these ways to break only
LONG = bool(os.environ.get("EDGECERT_LONG"))
NEW_NAME = "more.example.net"


def end_of(said):
    """The last of what a run said, where it tells what went wrong."""
    return "\n".join(said.splitlines()[-30:])


class Fresh:
    """Nothing is there yet."""

    arguments = ()
    ends = 0

    def __init__(self, folder):
        self.folder = folder
        self.keys = broken_calls.Keys()

    def pool(self, name):
        return Pool(self.folder / name)

    def clean(self, pool, *arguments, status=0):
        """An undisturbed run; yields what is wrong with it."""
        got, said = pool.apply(*arguments)
        if got != status:
            yield f"a clean run ended with {got} instead of {status}:\n{end_of(said)}"

    def nothing_left(self, pool):
        got, said = pool.run("plan", "--detailed-exitcode")
        if got != 0:
            yield f"the second plan ended with {got}:\n{end_of(said)}"

    def settle(self, pool):
        yield from self.clean(pool)
        yield from self.nothing_left(pool)
        yield from broken_calls.faults_at_rest(pool, self.keys, issued=1)


class Renewal(Fresh):
    """The certificate has reached its renewal."""

    def __init__(self, folder):
        super().__init__(folder)
        self.base = Pool(folder / "base")
        assert self.base.apply()[0] == 0

    def pool(self, name):
        return Pool(self.folder / name, self.base, clock=70 * DAY)

    def settle(self, pool):
        yield from self.clean(pool)
        yield from self.nothing_left(pool)
        yield from broken_calls.faults_at_rest(pool, self.keys, issued=2)


class Retirement(Renewal):
    """The superseded certificate has stayed long enough."""

    def __init__(self, folder):
        super().__init__(folder)
        self.first = {entry["sha256"] for entry in self.base.issued()}
        self.base.clock = 70 * DAY
        assert self.base.apply()[0] == 0

    def pool(self, name):
        pool = Pool(self.folder / name, self.base, clock=78 * DAY)
        pool.may_go = self.first
        return pool

    def settle(self, pool):
        yield from super().settle(pool)
        for store in pool.stores():
            left = [path.name for path in (store / "personal").iterdir() if not path.name.startswith(".")]
            if len(left) != 1:
                yield f"{store.name} still holds {left}"


class WayBack(Renewal):
    """A name was added, and the second server refuses what it gets for it."""

    ends = 1

    def pool(self, name):
        pool = Pool(self.folder / name, self.base, names=NEW_NAME)
        (pool.folder / "good").write_bytes(pool.certificate(pool.folder / "stores" / "one"))
        (pool.folder / "refuse").touch()
        return pool

    def settle(self, pool):
        good = (pool.folder / "good").read_bytes()
        pool.apply()  # 1 when it is the one that fails, 3 when that was before
        yield from self.clean(pool, status=3)
        yield from broken_calls.faults_at_rest(pool, self.keys, issued=2, first=good)
        (pool.folder / "refuse").unlink()
        pool.clock += 60  # a retry forgives what was rejected in seconds before its own
        yield from self.clean(pool, "--retry", "edge/internal")
        yield from self.nothing_left(pool)
        yield from broken_calls.faults_at_rest(pool, self.keys, issued=2)
        if good in {pool.certificate(store) for store in pool.stores()}:
            yield "the old certificate is still served"


# What is left over is cleared away by the next change, and the index of a CA's log is made anew from the log.
NOT_WORTH_A_WORD = r"/\.removed-[0-9a-f]+$|/log\.index$"


def ended_badly(one, status, said, usual):
    """What is wrong with how the broken run ended; a run that ends as usual got over it."""
    if one.how in ("kill", "torn", "power"):
        if status != (-9 if one.point.role == "controller" else 1) and not (one.point.role == "node" and status in (0, 3)):
            yield f"it ended with {status}"
        return
    # Where nothing takes space any more, a full disk troubles nobody.
    silent = one.how == "full" or one.point.kind != "file" or re.search(NOT_WORTH_A_WORD, one.point.path)
    if not silent and broken_calls.ERRORS[one.how] not in said:
        yield f"it does not say {broken_calls.ERRORS[one.how]!r}:\n{end_of(said)}"
    if status == usual:
        return
    if status not in (0, 1, 3, 4):
        yield f"it ended with {status}"
    elif status != 0 and not re.search(r"error|cannot|failed|ended|closed", said):
        yield f"it has no words for it:\n{end_of(said)}"


# Every call of Linux that changes a file or a folder; those that no library call leads to as well.
TRACED = ("open,openat,openat2,creat,write,writev,pwrite64,pwritev,pwritev2,sendfile,splice,copy_file_range,fsync,fdatasync,sync,syncfs,"
          "sync_file_range,msync,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,mkdir,mkdirat,mknod,mknodat,"
          "truncate,ftruncate,fallocate,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,utimensat,setxattr,fsetxattr,io_uring_enter")


def changed_by(line):
    """The name of the call that a line of strace's tells of, when it changes a file; None for reading, pipes and terminals."""
    found = re.match(r"\d+ +(\w+)\((.*)", line)
    if not found:
        return None
    call, rest = found.groups()
    if call in ("open", "openat", "openat2"):
        return call if re.search(r"O_CREAT|O_TRUNC", rest) and "O_TMPFILE" not in rest else None
    if call in ("write", "writev"):
        return call if re.match(r"\d+</(?!dev/(?:null|tty|pts))", rest) else None
    return call


@unittest.skipUnless(broken_calls.LIBRARY, "EDGECERT_BREAK_CALLS names no library")
class Killed(harness.EndToEnd):
    def try_everything(self, kind):
        seed = int(os.environ.get("EDGECERT_SEED", random.SystemRandom().randrange(10**9)))
        scenario = kind(self.folder / kind.__name__)
        points, status, said = broken_calls.points_of(scenario.pool("counted"), scenario.arguments)
        self.assertEqual(status, kind.ends, said)
        breaks = broken_calls.breaks_of(points)
        breaks = [one for one in breaks if not WAYS or one.how in WAYS]
        total = len(breaks)
        if not LONG:
            breaks = random.Random(seed).sample(breaks, min(SAMPLE, total))
        wrong = []

        def attempt(numbered):
            number, one = numbered
            pool = scenario.pool(str(number))
            got, words = pool.apply(*scenario.arguments, at=one)
            broken = [] if pool.broke else ["it did not break"]
            faults = [*broken, *ended_badly(one, got, words, kind.ends), *broken_calls.faults_now(pool, scenario.keys), *scenario.settle(pool)]
            if faults:
                wrong.append(f"{kind.__name__} {one.point} {one.how}:\n" + "\n".join(faults))
            shutil.rmtree(pool.folder)
            shutil.rmtree(f"{pool.folder}.taken")
            return got

        ends = broken_calls.in_parallel(attempt, enumerate(breaks))
        print(f"{kind.__name__}: {len(breaks)} of {total} breaks at {len(points)} calls, seed {seed}, ends {dict(collections.Counter(ends))}")
        if wrong:
            self.fail(f"seed {seed}, {len(wrong)} wrong\n\n" + "\n\n".join(sorted(wrong)[:20]))

    def test_the_first_certificate(self):
        self.try_everything(Fresh)

    def test_a_renewal(self):
        self.try_everything(Renewal)

    def test_a_retirement(self):
        self.try_everything(Retirement)

    def test_a_way_back(self):
        self.try_everything(WayBack)

    def test_it_sees_every_call_that_strace_sees(self):
        scenario = WayBack(self.folder / "seen")
        pool = scenario.pool("traced")
        notes, trace = self.folder / "notes", self.folder / "trace"
        status, said = pool.apply(notes=notes, under=["strace", "-f", "-qq", "-y", "-s", "0", "-o", str(trace), "-e", f"trace={TRACED}"])
        self.assertEqual(status, 1, said)
        ours = collections.Counter()
        for line in notes.read_text().splitlines():
            _, _, _, call, kind, _ = line.split(" ", 5)
            ours[call] += kind == "file"
        lines = (line for line in trace.read_text().splitlines() if str(notes) not in line and "/processes-" not in line)
        theirs = collections.Counter(filter(None, map(changed_by, lines)))
        self.assertEqual(dict(ours), dict(theirs))
        self.assertGreater(sum(ours.values()), 300)


if __name__ == "__main__":
    harness.main()
