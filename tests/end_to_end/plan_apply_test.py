"""Plans saved and applied, exit statuses, terminals, narrowing, other dates, observations."""

import datetime
import json
import shutil
import signal
import time

import harness
from harness import openssl


class PlanAndApply(harness.EndToEnd):
    def test_exit_statuses_of_plan_and_drift(self):
        self.quickstart()
        self.run_program("plan", "fleet", status=0)
        self.run_program("plan", "fleet", "--detailed-exitcode", status=2)
        self.run_program("drift", "fleet", status=2)
        self.run_program("apply", "--yes", "fleet", status=0)
        self.run_program("plan", "fleet", "--detailed-exitcode", status=0)
        self.run_program("drift", "fleet", status=0)

    def test_apply_refuses_without_a_terminal(self):
        fleet = self.quickstart()
        result = self.run_program("apply", "fleet", status=1)
        self.assertIn("--yes", result.err)
        self.assertIn("nothing was done", result.err)
        self.assertFalse((fleet / "state").exists())

    def test_on_a_terminal_only_yes_is_accepted(self):
        fleet = self.quickstart()
        text = self.run_on_terminal("apply", "fleet", answers=[("accepted:", "y\n")], status=1)
        self.assertIn("Nothing was done", text)
        self.assertFalse((fleet / "state").exists())
        self.run_on_terminal("apply", "fleet", answers=[("accepted:", "yes\n")], status=0)
        self.run_program("plan", "fleet", "--detailed-exitcode", status=0)

    def test_an_empty_plan_is_not_asked_about(self):
        self.quickstart()
        self.run_program("apply", "--yes", "fleet")
        self.run_program("apply", "fleet", status=0)

    def test_a_saved_plan_is_applied_as_it_is(self):
        self.quickstart()
        self.run_program("plan", "fleet", "--out", "next.json")
        saved = self.folder / "next.json"
        self.assertEqual(saved.stat().st_mode & 0o777, 0o600)
        plan = json.loads(saved.read_text())
        self.assert_schema("plan", plan)
        result = self.run_program("apply", "--yes", "--plan", "next.json", "fleet", "--format", "json").json()
        self.assert_schema("apply", result)
        self.assertEqual(result["plan"], plan["id"])
        self.run_program("plan", "fleet", "--detailed-exitcode", status=0)
        again = self.run_program("apply", "--yes", "--plan", "next.json", "fleet", "--format", "json").json()
        self.assertEqual({unit["result"] for unit in again["units"]}, {"converged"})
        shown = self.run_program("apply", "--plan", "next.json", "fleet").out  # nobody need be asked
        self.assertIn("Nothing to do", shown)
        self.assertNotIn("make-ca", shown)

    def test_a_saved_plan_is_refused_when_the_manifests_mean_something_else(self):
        fleet = self.quickstart()
        self.run_program("plan", "fleet", "--out", "next.json")
        path = fleet / "certificates.yaml"
        path.write_text(path.read_text().replace("bits: 2048", "bits: 3072"))
        result = self.run_program("apply", "--yes", "--plan", "next.json", "fleet", status=4)
        self.assertIn("nothing was done", result.err)
        self.assertFalse((fleet / "state").exists())

    def test_a_saved_plan_holds_when_only_comments_and_order_of_the_manifests_changed(self):
        fleet = self.quickstart()
        self.run_program("plan", "fleet", "--out", "next.json")
        for path in fleet.glob("*.yaml"):
            path.write_text("# moved\n\n" + path.read_text())
        (fleet / "london.yaml").rename(fleet / "aaa.yaml")
        self.run_program("apply", "--yes", "--plan", "next.json", "fleet")

    def test_a_saved_plan_is_refused_whole_when_the_ground_moved(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "fleet")
        path = fleet / "certificates.yaml"
        path.write_text(path.read_text().replace("friendlyName: Edge Internal", "friendlyName: Edge Inside"))
        self.run_program("plan", "fleet", "--out", "next.json", "--detailed-exitcode", status=2)
        shutil.rmtree(fleet / "state" / "stores" / "lon-edge" / "edge02")
        before = self.tree(fleet)
        self.run_program("apply", "--yes", "--plan", "next.json", "fleet", status=4)
        self.assertEqual(self.tree(fleet), before)
        self.assertIn("the plan no longer fits: lon-edge: ", self.run_program("log", "last").out)

    def test_a_run_narrowed_to_a_server_says_what_it_leaves(self):
        self.quickstart()
        said = self.run_program("apply", "--yes", "fleet", "--target", "ams-edge/edge01").out
        self.assertRegex(said, r"ams-edge: left outside of --target: \d+ steps; not switched: ")
        self.assertNotIn("Nothing left to do", said)
        self.assertIn("left outside of --target", self.run_program("drift", "fleet", "--target", "ams-edge/edge01", status=0).out)

    def test_check_tells_of_an_authority_whose_folder_is_lost(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "fleet")
        shutil.rmtree(fleet / "state" / "ca")
        self.assertIn("back from the backup", self.run_program("check", "fleet", status=1).out)

    def test_plans_for_another_date_are_to_look_at_only(self):
        self.quickstart()
        self.run_program("apply", "--yes", "fleet")
        later = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=300)).strftime("%Y-%m-%dT%H:%M:%SZ")
        plan = self.run_program("plan", "fleet", "--at", later, "--out", "later.json", "--format", "json").json()
        actions = {step["action"] for step in plan["steps"]}
        self.assertLessEqual({"create-request", "assign-role"}, actions)
        causes = {r["cause"] for step in plan["steps"] for r in step["reasons"] if step["action"] == "create-request"}
        self.assertEqual(causes, {"time"})
        result = self.run_program("apply", "--yes", "--plan", "later.json", "fleet", status=1)
        self.assertIn("to look at", result.err)
        result = self.run_program("apply", "--yes", "--at", later, "fleet", status=1)
        self.assertIn("to look at", result.err)

    def test_a_plan_of_a_saved_observation_is_the_plan_of_what_was_observed(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "fleet", "--target", "ams-edge")
        self.run_program("observe", "fleet", "--out", "seen.json")
        at = "2027-03-01T00:00:00Z"
        live = self.run_program("plan", "fleet", "--at", at, "--format", "json").json()
        shutil.rmtree(fleet / "state")
        seen = self.run_program("plan", "fleet", "--at", at, "--observed", "seen.json", "--format", "json", "--out", "seen-plan.json").json()
        self.assertEqual(seen["id"], live["id"])
        self.assertFalse((fleet / "state").exists())
        self.run_program("apply", "--yes", "--plan", "seen-plan.json", "fleet", status=1)

    def test_two_plans_of_one_moment_are_the_same_bytes(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "fleet", "--target", "ams-edge")
        at = "2027-03-01T00:00:00Z"
        first = self.run_program("plan", "fleet", "--at", at, "--format", "json", "--parallel", "1").json()
        second = self.run_program("plan", "fleet", "--at", at, "--format", "json", environment={"LC_ALL": "tr_TR.UTF-8"}).json()
        self.assertEqual(first["id"], second["id"])
        self.assertEqual(
            [step["id"] for step in first["steps"]], [step["id"] for step in second["steps"]]
        )

    def test_one_observation_is_planned_to_the_same_bytes_everywhere(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "fleet", "--target", "ams-edge")
        self.run_program("observe", "fleet", "--out", "seen.json")
        arguments = ["--at", "2027-03-01T00:00:00Z", "--observed", "seen.json", "--format", "json"]
        plan = self.run_program("plan", "fleet", *arguments)
        surroundings = [{"LC_ALL": "POSIX"}, {"LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE"}, {"TZ": "Asia/Kathmandu"}, {"HOME": "/nonexistent", "COLUMNS": "7"}]
        for environment in surroundings:
            self.assertEqual(self.run_program("plan", "fleet", *arguments, environment=environment).out, plan.out, environment)
        for parallel in ("1", "64"):
            self.assertEqual(self.run_program("plan", "fleet", *arguments, "--parallel", parallel).out, plan.out)
        files = sorted(path.name for path in fleet.glob("*.yaml"))
        for order in (files, files[::-1]):  # named one by one, in either order
            self.assertEqual(self.run_program("plan", *(f"fleet/{name}" for name in order), *arguments).out, plan.out)
        # In another folder, all documents in one file and in reverse: places differ, and nothing else.
        other = self.folder / "elsewhere" / "deep"
        other.mkdir(parents=True)
        documents = [part for name in files for part in (fleet / name).read_text().split("\n---\n")]
        (other / "all.yaml").write_text("\n---\n".join(documents[::-1]))
        moved = self.run_program("plan", other, *arguments).json()
        here = plan.json()
        self.assertEqual(moved["id"], here["id"])
        for one in (moved, here):
            for step in one["steps"]:
                for reason in step["reasons"]:
                    reason["source"] = None
            for unit in one["units"]:
                unit["title"] = unit["title"].replace(str(other), "").replace(str(fleet), "")
        self.assertEqual(moved["steps"], here["steps"])
        self.assertEqual(moved["units"], here["units"])

    def test_narrowed_to_a_pool_nothing_else_is_touched(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "--target", "ams-lab", "fleet")
        self.assertEqual([path.name for path in (fleet / "state" / "stores").iterdir()], ["ams-lab"])

    def test_a_site_means_its_pools(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "--target", "amsterdam", "fleet")
        self.assertEqual({path.name for path in (fleet / "state" / "stores").iterdir()}, {"ams-edge", "ams-lab"})

    def test_narrowed_to_a_server_nothing_is_switched(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "--target", "ams-edge/edge01", "fleet", status=None)
        for role in (fleet / "state" / "stores").rglob("roles/*"):
            self.fail(f"{role} was assigned")

    def test_until_installed_stops_at_the_barrier_and_a_later_run_assigns(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "--until", "installed", "--target", "ams-edge", "fleet")
        stores = fleet / "state" / "stores" / "ams-edge"
        for server in ("edge01", "edge02", "edge03"):
            self.assertEqual(len(list((stores / server / "personal").iterdir())), 2)
            self.assertEqual(list(stores.glob(f"{server}/roles/*")), [])
        self.run_program("apply", "--yes", "--target", "ams-edge", "fleet")
        self.assert_serves(stores / "edge03", "internal", stores / "edge03" / "root.pem")

    def test_two_servers_with_different_certificates_become_one_again(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "fleet")
        stores = fleet / "state" / "stores" / "ams-edge"
        shutil.rmtree(stores / "edge02")
        self.run_program("drift", "fleet", status=2)
        plan = self.run_program("plan", "fleet", "--format", "json").json()
        actions = {step["action"] for step in plan["steps"]}
        self.assertNotIn("create-request", actions)
        self.assertIn("transfer-certificate", actions)
        self.run_program("apply", "--yes", "fleet")
        prints = {self.assert_serves(stores / server, "internal", stores / "edge01" / "root.pem") for server in ("edge01", "edge02", "edge03")}
        self.assertEqual(len(prints), 1)

    def test_a_result_is_never_written_over_something_else(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "--target", "ams-lab", "fleet")
        before = self.tree(fleet)
        for command in ("plan", "observe"):
            for victim in (fleet / "state" / "ca" / "private" / "issuing.key", fleet / "amsterdam.yaml"):
                if not victim.exists():
                    victim = next(fleet.rglob("*.key"))
                result = self.run_program(command, "fleet", "--out", victim, status=1)
                self.assertIn("left as it is", result.err)
        self.run_program("chain", "-f", "fleet", "example-issuing", "--out", fleet / "amsterdam.yaml", status=1)
        self.assertEqual(self.tree(fleet), before)
        for _ in range(2):  # over an older one of the same kind it may
            self.run_program("plan", "fleet", "--out", "next.json")
            self.run_program("observe", "fleet", "--out", "seen.json")
            self.run_program("chain", "-f", "fleet", "example-issuing", "--out", "chain.p7b")

    def test_a_local_authority_is_not_born_twice(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "fleet")
        shutil.rmtree(fleet / "state" / "ca")
        result = self.run_program("apply", "--yes", "fleet", status=None)
        self.assertIn(result.status, (1, 3))
        self.assertFalse((fleet / "state" / "ca").exists())
        self.assertIn("example-issuing", result.out + result.err)

    def test_an_interrupted_apply_can_be_applied_again(self):
        fleet = self.quickstart()
        self.run_program("plan", "fleet", "--out", "next.json")
        process = self.start_program("apply", "--yes", "--plan", "next.json", "--parallel", "1", "fleet")
        deadline = time.monotonic() + 60

        def asked():
            try:
                return any((fleet / "state" / "stores").rglob("request.pem"))
            except FileNotFoundError:  # what was made under another name has just got its own
                return False

        while not asked() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1, err.decode())
        self.assertIn(b"stopping", err)
        self.assertIn(b"stopped", out)
        self.run_program("apply", "--yes", "--plan", "next.json", "fleet")
        self.run_program("plan", "fleet", "--detailed-exitcode", status=0)
        issued = [line for path in (fleet / "state" / "ca").rglob("*") if path.is_file() and path.suffix == ".jsonl" for line in path.read_text().splitlines()]
        if issued:
            ids = [json.loads(line).get("issuance") for line in issued]
            self.assertEqual(len(ids), len(set(ids)))

    def test_asked_to_stop_while_it_verifies_it_rejects_nothing(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "fleet")
        path = fleet / "certificates.yaml"
        check = '{tls: {host: 127.0.0.1, port: 9, serverName: "${pool.fqdn}", from: controller}}'  # the discard port: nobody answers
        path.write_text(path.read_text().replace("  friendlyName: Edge Internal\n", f"  friendlyName: Edge Internal\n  verify: [{check}]\n", 1))
        process = self.start_program("apply", "--yes", "--target", "ams-lab", "fleet")
        time.sleep(2)  # it tries for ten seconds
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        self.assertNotEqual(process.returncode, 0)
        self.assertIn(b"asked to stop", err)
        shown = self.run_program("show", "ams-lab/lab01", "-f", "fleet", "--format", "json").out
        self.assertNotIn("does not answer", shown)
        plan = self.run_program("plan", "fleet", "--target", "ams-lab", "--format", "json").json()
        self.assertEqual([step["action"] for step in plan["steps"]], ["verify-role"])

    def test_killed_at_any_moment_it_converges_afterwards(self):
        fleet = self.quickstart()
        for delay in (0.02, 0.05, 0.1, 0.2, 0.4):
            process = self.start_program("apply", "--yes", "fleet")
            time.sleep(delay)
            process.kill()
            process.communicate(timeout=60)
        self.run_program("apply", "--yes", "fleet")
        self.run_program("plan", "fleet", "--detailed-exitcode", status=0)
        stores = fleet / "state" / "stores"
        for pool, servers in (("ams-edge", ("edge01", "edge02", "edge03")), ("lon-edge", ("edge01", "edge02"))):
            prints = {self.assert_serves(stores / pool / server, "internal", stores / pool / server / "root.pem") for server in servers}
            self.assertEqual(len(prints), 1)

    def test_a_name_added_to_a_list_that_two_pools_share_reissues_in_both(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "fleet")
        path = fleet / "certificates.yaml"
        path.write_text(path.read_text().replace('"sip.${pool.vars.domain}"', '"sip.${pool.vars.domain}", "extra.${pool.vars.domain}"'))
        plan = self.run_program("plan", "fleet", "--format", "json").json()
        reasons = [r for step in plan["steps"] if step["action"] == "create-request" for r in step["reasons"]]
        self.assertEqual({r["cause"] for r in reasons}, {"manifest"})
        self.assertEqual({step["unit"] for step in plan["steps"]}, {"ams-edge", "lon-edge"})
        self.run_program("apply", "--yes", "fleet")
        self.run_program("plan", "fleet", "--detailed-exitcode", status=0)
        place = fleet / "state" / "stores" / "lon-edge" / "edge01" / "roles" / "access-edge-external" / "certificate.pem"
        self.assertIn("DNS:extra.lon.example.com", openssl("x509", "-in", place, "-noout", "-ext", "subjectAltName").decode())

    def test_edits_that_mean_nothing_change_nothing(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "fleet")
        path = fleet / "certificates.yaml"
        path.write_text(path.read_text().replace("before: 33%", "before: 20%").replace("validity: 365d", "validity: 300d").replace(
            'dns: ["${pool.vars.access}", "${pool.vars.webconf}"]', 'dns: ["${pool.vars.webconf}", "${pool.vars.access}"]'))
        self.run_program("plan", "fleet", "--detailed-exitcode", status=0)

    def test_two_certificates_of_one_requirement_converge_in_one_apply(self):
        fleet = self.quickstart()
        path = fleet / "amsterdam.yaml"
        path.write_text(path.read_text().replace("  certificates: [internal]  ", "  certificates: [internal, {name: twin, roles: [twin], sans: [edge-internal]}]  "))
        self.run_program("apply", "--yes", "fleet", status=0)
        self.run_program("plan", "fleet", "--detailed-exitcode", status=0)
        roots = fleet / "state" / "stores" / "ams-lab" / "lab01" / "root.pem"
        served = {self.assert_serves(fleet / "state" / "stores" / "ams-lab" / "lab01", role, roots) for role in ("internal", "twin")}
        self.assertEqual(len(served), 2)


if __name__ == "__main__":
    harness.main()
