"""The program is killed between each two exchanges with an AD CS: no second request at the CA, no lost key."""

import os
import unittest

import certsrv_world
from certsrv_world import CertsrvWorld


class Crashes(CertsrvWorld):
    def last(self):
        return max((exchange["n"] for exchange in self.exchanges()), default=0)

    def begin(self, pool):
        self.declare(pools=(pool,))
        return len(self.records()), self.last()

    def finish(self, pool, known, *arguments):
        """Goes on after a crash; what nobody can know a person looks up at the CA."""
        result = self.apply(*arguments, status=None)
        self.assertIn(result.status, (0, 3), result)
        if result.status == 3:
            self.assertIn(f"--request-id {pool}/internal=ID", result.out)
            asked = self.records()[known:]
            answer = ("--request-id", f"{pool}/internal={asked[0]['id']}") if asked else ("--resubmit", f"{pool}/internal")
            self.apply(*answer, *arguments)
        self.assert_converged((pool,))
        self.assertEqual(len(self.records()), known + 1, "the CA was asked twice")

    def walk(self, *arguments):
        """Kills at every exchange of a run, before and after it is carried out."""
        known, first = self.begin("clean")
        self.finish("clean", known, *arguments)
        # The last run of finish() is a plan, which has its own exchanges: two.
        length = self.last() - first
        killed = 0
        for number in range(1, length + 1):
            for when in ("before", "after"):
                pool = f"pool{number}{when}"
                with self.subTest(exchange=number, when=when):
                    known, last = self.begin(pool)
                    killed += self.killed_at(last + number, when, *arguments)
                    self.finish(pool, known, *arguments)
        self.assertGreaterEqual(killed, 6)

    def test_issued_at_once(self):
        self.walk()

    @unittest.skipUnless(os.environ.get("EDGECERT_LONG"), "takes minutes: every run of it waits for an officer")
    def test_issued_after_polls(self):
        self.store.turn(approval=True, polls=4)
        self.walk("--wait", "5m")


if __name__ == "__main__":
    certsrv_world.main()
