"""Sixteen controllers at once on one pool: real processes, real stores; one certificate, no deadlock, clear words."""

import contextlib
import fcntl
import pathlib
import re
import subprocess
import time
import unittest

import broken_calls
import harness
from broken_calls import DAY, Pool

CONTROLLERS = 16
# What somebody who came too late may be told; anything else would be news. The last: it saw the stores after the CA was made, and its
# folder before.
TOO_LATE = r"somebody else|the approved plan|activation on two failed|was rejected|has an open request|went away|no longer fits the plan"


class Concurrency(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.keys = broken_calls.Keys()

    def at_once(self, pool, *arguments, statuses=(0,), meet=None):
        """Sixteen runs of apply at once; whoever does not end well says why. They meet at a file's lock, if one is there already."""
        environment = {**self.environment, "LD_PRELOAD": broken_calls.LIBRARY, "BREAK_CLOCK": str(pool.clock)}
        with self.held(meet) if meet else contextlib.nullcontext():
            running = self.start(pool, arguments, environment)
            if meet:
                self.wait_until_all_have(meet, running)
        ends = []
        for process in running:
            said, _ = process.communicate(timeout=300)
            ends.append(process.returncode)
            self.assertNotRegex(said, r"\[unexpected\]|terminate called|Aborted")
            if process.returncode in statuses:
                continue
            self.assertIn(process.returncode, (1, 3, 4), said)
            self.assertRegex(said, TOO_LATE)
        self.assertTrue(set(ends) & set(statuses), ends)

    def start(self, pool, arguments, environment):
        return [
            subprocess.Popen([harness.PROGRAM, "apply", "--yes", *arguments, "pool.yaml"], cwd=pool.folder, env=environment, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for _ in range(CONTROLLERS)
        ]

    def wait_until_all_have(self, path, running):
        """Until each of them has the lock's file open: it has planned a change, and all of them the same."""
        end = time.monotonic() + harness.TIMEOUT

        def has(process):
            folder = pathlib.Path(f"/proc/{process.pid}/fd")
            with contextlib.suppress(OSError):  # a descriptor that was closed meanwhile
                return any(link.resolve() == path for link in folder.iterdir())
            return False

        waiting = list(running)
        while waiting:
            self.assertLess(time.monotonic(), end, f"{len(waiting)} of them never came")
            waiting = [process for process in waiting if not has(process)]
            time.sleep(0.02)
        self.assertEqual([process.poll() for process in running], [None] * len(running))

    def assert_at_rest(self, pool, issued, **more):
        self.assertEqual(list(broken_calls.faults_at_rest(pool, self.keys, issued, overtaken=True, **more)), [])

    def converged(self, name):
        pool = Pool(self.folder / name)
        self.assertEqual(pool.apply()[0], 0)
        return pool

    def test_sixteen_controllers_make_one_certificate(self):
        pool = Pool(self.folder / "pool")
        self.at_once(pool)
        self.assertEqual(pool.apply()[0], 0)
        self.assertEqual(pool.run("plan", "--detailed-exitcode")[0], 0)
        self.assert_at_rest(pool, issued=1)

    def test_sixteen_controllers_renew_once(self):
        pool = self.converged("pool")
        pool.clock = 70 * DAY
        self.at_once(pool, meet=pool.folder / "stores" / "one" / "lock")
        self.assertEqual(pool.apply()[0], 0)
        self.assertEqual(pool.run("plan", "--detailed-exitcode")[0], 0)
        self.assert_at_rest(pool, issued=2)

    def test_sixteen_controllers_go_one_way_back(self):
        base = self.converged("base")
        pool = Pool(self.folder / "pool", base, names="more.example.net")
        good = pool.certificate(pool.folder / "stores" / "one")
        (pool.folder / "good").write_bytes(good)
        (pool.folder / "refuse").touch()
        self.at_once(pool, statuses=(1, 3), meet=pool.folder / "stores" / "one" / "lock")
        status, said = pool.apply()
        self.assertEqual(status, 3, said)
        self.assert_at_rest(pool, issued=2, first=good)

    @contextlib.contextmanager
    def held(self, path):
        with open(path, "a", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def test_who_waits_too_long_is_told_for_whom(self):
        base = self.converged("base")
        for number, (lock, words) in enumerate([
                ("stores/one/lock", r"the store \S+/stores/one is being changed by somebody else"),
                ("stores/two/lock", r"the store \S+/stores/two is being changed by somebody else"),
                ("ca/lock", r"somebody else has held the lock of the CA in \S+/ca for 30 s")]):
            pool = Pool(self.folder / str(number), base, clock=70 * DAY)
            with self.subTest(lock=lock), self.held(pool.folder / lock):
                status, said = pool.apply(haste=5)
                self.assertEqual(status, 1, said)
                self.assertTrue(re.search(words, said), said)
            self.assertEqual(pool.apply()[0], 0, "the lock went with whoever held it")
            self.assert_at_rest(pool, issued=2)


if __name__ == "__main__":
    unittest.main()
