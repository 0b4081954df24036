"""What is refused or said in words: a CA born twice under a target, one store in two pools, addresses that mean nothing, a doctored plan."""

import json
import shutil

import harness
from offline_test import FLEET


class Refusals(harness.EndToEnd):
    def test_narrowed_to_another_pool_a_lost_authority_is_not_born_again(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "--target", "ams-lab", "fleet")
        shutil.rmtree(fleet / "state" / "ca")
        result = self.run_program("apply", "--yes", "--target", "london", "fleet", status=3)
        self.assertIn("a CA is not born twice", result.out)
        self.assertFalse((fleet / "state" / "ca").exists())
        self.run_program("plan", "--target", "authority/example-issuing", "fleet", status=3)

    def test_one_store_in_two_pools_is_used_by_neither(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "fleet")
        stores = fleet / "state" / "stores"
        shutil.rmtree(stores / "lon-edge" / "edge01")
        shutil.copytree(stores / "ams-lab" / "lab01", stores / "lon-edge" / "edge01", symlinks=True)
        before = self.tree(stores)
        result = self.run_program("apply", "--yes", "fleet", status=1)
        self.assertIn("ams-lab/lab01 and lon-edge/edge01 show the same store", result.out)
        self.assertEqual(self.tree(stores), before)

    def test_addresses_that_would_have_no_effect_are_refused(self):
        self.quickstart()
        for option in ("--retry", "--resubmit"):
            for address in ("authority/example-issuing", "ams-edge/edge01", "ams-edge/edge01/internal"):
                result = self.run_program("plan", "fleet", option, address, status=1)
                self.assertIn(f"{option}: `{address}`", result.err)
            for address in ("amsterdam", "ams-edge", "ams-edge/internal"):
                self.run_program("plan", "fleet", option, address)
        result = self.run_program("plan", "fleet", "--request-id", "ams-edge/edge01/internal=4", status=1)
        self.assertIn("names a server", result.err)

    def test_narrowed_to_a_certificate_on_a_server_only_that_is_prepared(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "fleet")
        shutil.rmtree(fleet / "state" / "stores" / "ams-edge" / "edge02")
        plan = self.run_program("plan", "--target", "ams-edge/edge02/internal", "fleet", "--format", "json").json()
        done = {(step["action"], step["certificate"]) for step in plan["steps"] if not step["action"].startswith("trust-")}
        self.assertEqual(done, {("transfer-certificate", "internal")})

    def test_up_to_the_installation_the_last_words_say_what_is_left(self):
        self.quickstart()
        for _ in range(2):  # also when there is nothing more to prepare
            result = self.run_program("apply", "--yes", "--until", "installed", "--target", "ams-lab", "fleet")
            self.assertNotIn("Nothing left to do", result.out)
            self.assertIn("prepared, not switched: internal", result.out.splitlines()[-1])
        result = self.run_program("apply", "--yes", "--target", "ams-lab", "fleet")
        self.assertIn("Nothing left to do", result.out)

    def test_a_doctored_plan_cannot_say_harmless_things(self):
        self.quickstart()
        self.run_program("plan", "fleet", "--out", "next.json")
        path = self.folder / "next.json"
        honest = self.run_program("apply", "--plan", "next.json", "fleet", status=1).out
        plan = json.loads(path.read_text())
        for step in plan["steps"]:
            step["summary"] = "look around"
            for reason in step["reasons"]:
                reason["text"] = "only looking"
        for unit in plan["units"]:
            unit["title"] = "nothing of note"
        path.write_text(json.dumps(plan))
        shown = self.run_program("apply", "--plan", "next.json", "fleet", status=1).out
        for words in ("look around", "only looking", "nothing of note"):
            self.assertNotIn(words, shown)
        self.assertEqual(shown.splitlines()[1:], honest.splitlines()[1:])

    def test_a_damaged_chain_is_drift_and_written_anew(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "--target", "ams-lab", "fleet")
        role = fleet / "state" / "stores" / "ams-lab" / "lab01" / "roles" / "internal"
        for name in ("chain.pem", "fullchain.pem"):
            good = (role / name).read_bytes()
            (role / name).write_bytes(good[:100])
            self.assertIn("the files that servers present are not the certificate with its chain", self.run_program("drift", "--target", "ams-lab", "fleet", status=2).out)
            self.run_program("apply", "--yes", "--target", "ams-lab", "fleet")
            self.assertEqual((role / name).read_bytes(), good)
            self.run_program("drift", "--target", "ams-lab", "fleet")

    def test_a_store_that_could_not_be_locked_is_told_by_drift(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "--target", "ams-lab", "fleet")
        lock = fleet / "state" / "stores" / "ams-lab" / "lab01" / "lock"
        lock.unlink()
        lock.mkdir()
        self.assertIn("store-unusable", self.run_program("drift", "--target", "ams-lab", "fleet", status=None).out)


    def test_an_authority_out_of_reach_is_nowhere_called_converged(self):
        self.write("ca", "#!/bin/sh\nexit 3\n").chmod(0o755)
        pin = "sha256:" + "a" * 64
        text = FLEET.format(pin=pin).replace("offline: {outbox: outbox, inbox: inbox}", f"command: [{self.folder}/ca]")
        self.write("fleet/fleet.yaml", text.replace("file: chain.p7b, ", ""))
        drift = self.run_program("drift", "fleet", status=1).out
        self.assertNotIn("No drift;", drift)
        self.assertIn("not compared: authority/far", drift)
        units = {u["unit"]: u["state"] for u in self.run_program("drift", "fleet", "--format", "json", status=1).json()["units"]}
        self.assertEqual(units["authority/far"], "waiting")
        metrics = self.run_program("drift", "fleet", "--format", "prometheus", status=1).out
        self.assertIn('edgecert_unit_state{unit="authority/far",state="converged"} 0', metrics)
        report = self.run_program("drift", "fleet", "--format", "junit", status=1).out
        self.assertIn('classname="authority/far" name="reached" time="0">\n      <skipped', report)
        self.assertIn('classname="edge" name="authority/far" time="0">\n      <error', report)  # whoever needs it
        result = self.run_program("apply", "--yes", "fleet", status=1)
        self.assertNotIn("converged", result.out + result.err)
        self.assertIn("Could not be reached: authority/far.", result.out.splitlines()[-1])

    def test_the_last_words_of_apply_name_a_server_out_of_reach(self):
        fleet = self.quickstart()
        path = fleet / "london.yaml"
        path.write_text(path.read_text().replace("{name: edge02,", "{name: edge02, store: {command: [/nonexistent/ssh]},"))
        result = self.run_program("apply", "--yes", "--target", "lon-edge", "fleet", status=1)
        self.assertIn("Could not be reached: server edge02 of lon-edge.", result.out.splitlines()[-1])


if __name__ == "__main__":
    harness.main()
