"""The program is killed between each two exchanges with an AD CS: no second request at the CA, no lost key."""

import os
import unittest

import certsrv_world
from certsrv_world import CertsrvWorld


class Durable(CertsrvWorld):
    def noted(self):
        """Phase and request id as each server has them."""
        return {server: [(entry["phase"], entry["ticket"]) for entry in entries] for server, entries in self.entries().items()}

    def test_the_intent_is_on_every_server_before_the_submission_and_the_id_before_the_fetch(self):
        self.declare()
        apply = self.halted_at(3, "before")
        self.assertEqual(self.noted(), {"edge01": [("submitting", "")], "edge02": [("submitting", "")]})
        (holder,), (other,) = self.entries().values()
        self.assertEqual((holder["key"], other["key"]), ("present", "absent"))
        self.assertEqual(holder["request"], other["request"])
        self.released(at=4, when="before")
        self.assertTrue(self.reached(apply, 4))
        self.assertEqual(self.records()[0]["id"], 7)
        self.assertEqual(self.noted(), {"edge01": [("accepted", "7")], "edge02": [("accepted", "7")]})
        self.released()
        self.assertEqual(apply.wait(), 0)
        self.assertEqual([exchange["page"] for exchange in self.exchanges()[2:4]], ["certfnsh.asp", "certnew.cer"])
        self.assert_converged()


class Crashes(CertsrvWorld):
    def begin(self, pool):
        self.declare(pools=(pool,))
        return len(self.records())

    def last(self):
        return max((exchange["n"] for exchange in self.exchanges()), default=0)

    def finish(self, pool, known, *arguments):
        """Goes on after a crash, as people would: what nobody can know is looked up at the CA, what waits is approved."""
        for _ in range(4):
            result = self.apply(*arguments, status=None)
            self.assertIn(result.status, (0, 3), result)
            if result.status == 0:
                break
            asked = self.records()[known:]
            if f"--request-id {pool}/internal=ID" in result.out:
                arguments = (*arguments[:2], *(("--request-id", f"{pool}/internal={asked[0]['id']}") if asked else ("--resubmit", f"{pool}/internal")))
            else:
                self.assertIn(f"an officer of contoso (request {asked[0]['id']})", result.out)
                self.store.decide(asked[0]["id"], "approve")
        self.assert_converged((pool,))
        self.assertEqual(len(self.records()), known + 1, "the CA was asked twice")

    def length(self, *arguments, status=0):
        """The exchanges of a run without a crash: whether each can be halted after it was carried out."""
        before = self.last()
        self.apply(*arguments, status=status)
        return ["ReqID=CACert" not in exchange["query"] and exchange["page"] != "certcarc.asp" for exchange in self.exchanges() if exchange["n"] > before]

    def walk(self, name, exchanges, *arguments, prepare=lambda: None):
        """Kills at every exchange of a run, before it is carried out and after."""
        killed = 0
        for number, twofold in enumerate(exchanges, 1):
            for when in ("before", "after") if twofold else ("before",):
                pool = f"{name}{number}{when}"
                with self.subTest(exchange=number, when=when):
                    known = self.begin(pool)
                    prepare()
                    killed += self.killed_at(self.last() + number, when, *arguments)
                    self.finish(pool, known, *arguments)
        self.assertEqual(killed, sum(exchanges) + len(exchanges))

    def test_issued_at_once(self):
        self.begin("clean")
        self.walk("pool", self.length())

    def test_issued_by_an_officer_between_two_runs(self):
        self.store.turn(approval=True)
        known = self.begin("clean")
        first = self.length(status=3)
        self.store.decide(self.records()[known]["id"], "approve")
        second = self.length()
        self.walk("asking", first)

        def approved():
            self.apply(status=3)
            self.store.decide(self.records()[-1]["id"], "approve")

        self.walk("taking", second, prepare=approved)

    @unittest.skipUnless(os.environ.get("EDGECERT_LONG"), "takes minutes: every run of it waits for an officer")
    def test_issued_after_polls(self):
        self.store.turn(approval=True, polls=4)
        self.begin("clean")
        self.walk("pool", self.length("--wait", "5m"), "--wait", "5m")


if __name__ == "__main__":
    certsrv_world.main()
