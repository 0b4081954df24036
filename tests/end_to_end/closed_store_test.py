"""A store that can be read and not changed: told before anything is asked for, and what a failed run did is told after it."""

import os
import pwd
import shutil
import subprocess

import harness

FLEET = harness.LAB + """apiVersion: edgecert/v1
kind: Site
metadata: {name: here}
spec: {authority: lab, template: web}
---
apiVersion: edgecert/v1
kind: EdgePool
metadata: {name: edge}
spec:
  site: here
  fqdn: edge.example
  servers: [{name: a, fqdn: a.example, store: {directory: stores/a}}, {name: b, fqdn: b.example, store: {STORE}}]
  certificates: [{name: internal, roles: [internal]}]
"""

# our-ca; where there is a file `spoil`, a submission takes the lock of the second server away before it is answered.
SPOILING = """#!/bin/sh
asked=$(cat)
case $asked in *'"submit"'*)
    if [ -e FOLDER/spoil ]; then rm FOLDER/stores/edge02/lock && mkdir FOLDER/stores/edge02/lock; fi;;
esac
printf %s "$asked" | FOLDER/our-ca answer FOLDER/authority
"""


class ClosedStore(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.user = None
        if os.geteuid() == 0:  # whom modes do not stop
            self.user = pwd.getpwnam("nobody").pw_uid
            os.chown(self.folder, self.user, -1)
        self.program = self.folder / "edgecert"
        shutil.copy(harness.PROGRAM, self.program)
        self.program.chmod(0o755)
        self.addCleanup(self.open_all)

    def open_all(self):
        for path in [self.folder, *self.folder.rglob("*")]:
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)

    def run_as_user(self, *arguments, status=0):
        done = subprocess.run(
            [self.program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, cwd=self.folder, env=self.environment,
            user=self.user, group=self.user, extra_groups=None if self.user is None else [], timeout=harness.TIMEOUT, check=False,
        )
        result = harness.Result(done)
        self.assertEqual(result.status, status, f"edgecert {' '.join(arguments)}\n{result}")
        return result

    def declare(self, name="edge.example", store="directory: stores/b"):
        self.write("fleet.yaml", FLEET.replace("edge.example", name).replace("STORE", store)).chmod(0o644)

    def assert_told(self, path, why="may not be written by user"):
        check = self.run_as_user("check", "fleet.yaml", status=1).out
        line = next(line for line in check.splitlines() if line.startswith("failed"))
        self.assertIn("edge/b", line)
        self.assertIn(f"{path} {why}", line)
        self.assertIn("[not-writable]", line)
        self.assertIn("chmod u+rwx" if why.startswith("may") else "mount it for writing", line)
        plan = self.run_as_user("plan", "fleet.yaml", status=1).out
        self.assertIn("its store cannot be changed", plan)
        self.assertIn("[store-closed]", plan)
        self.assertNotIn("Could not be reached", plan)
        return plan

    def test_a_new_pool_asks_for_nothing_while_a_store_is_closed(self):
        for path, store in (("stores/b", "directory: stores/b"), ("far", f"command: [{self.program}, node, --directory, {self.folder}/far]")):
            with self.subTest(path):
                shutil.rmtree(self.folder / "ca", ignore_errors=True)
                shutil.rmtree(self.folder / "stores", ignore_errors=True)
                self.declare(store=store)
                closed = self.folder / path
                closed.mkdir(parents=True)
                if self.user is not None:
                    os.chown(closed.parent, self.user, -1)
                    os.chown(closed, self.user, -1)
                closed.chmod(0o555)
                plan = self.assert_told(closed)
                self.assertNotIn("send the request", plan)
                applied = self.run_as_user("apply", "--yes", "fleet.yaml", status=1)
                self.assertNotIn(" failed", applied.out.splitlines()[-1])
                self.assertIn("its store cannot be changed", applied.out)
                self.assertFalse((self.folder / "stores" / "a" / "requests").exists())
                closed.chmod(0o755)
                self.run_as_user("apply", "--yes", "fleet.yaml")
                self.run_as_user("check", "fleet.yaml")

    def test_a_folder_inside_or_above_is_told_as_well(self):
        self.declare()
        stores = self.folder / "stores"
        self.run_as_user("plan", "fleet.yaml")
        stores.mkdir()
        if self.user is not None:
            os.chown(stores, self.user, -1)
        stores.chmod(0o555)
        check = self.run_as_user("check", "fleet.yaml", status=1).out
        self.assertIn(f"{stores}/b is not there and cannot be made: {stores} may not be written", check)
        stores.chmod(0o755)
        self.run_as_user("apply", "--yes", "fleet.yaml")
        entry = next((stores / "b" / "personal").iterdir())
        for inside in (stores / "b" / "personal", stores / "b" / "roles", entry):
            with self.subTest(inside):
                inside.chmod(0o555)
                self.declare()
                self.run_as_user("check", "fleet.yaml", status=1)
                plan = self.run_as_user("plan", "fleet.yaml").out  # nothing is to be changed there
                self.assertIn("[store-unusable]", plan)
                self.declare("new.example")
                plan = self.assert_told(inside)
                self.assertNotIn("send the request", plan)
                self.assertIn("serves now     internal", plan)
                inside.chmod(0o755)
        self.declare()
        (stores / "b" / "personal").chmod(0o555)
        self.declare("new.example")
        self.run_as_user("apply", "--yes", "fleet.yaml", status=1)  # not half of it, on the other one
        self.assertEqual(len(list((stores / "a" / "personal").iterdir())), 1)
        (stores / "b" / "personal").chmod(0o755)
        self.run_as_user("apply", "--yes", "fleet.yaml")
        self.assertIn("No drift.", self.run_as_user("drift", "fleet.yaml").out)

    def test_what_stands_at_the_authority_is_in_the_last_words(self):
        shutil.copy(harness.SOURCE / "examples" / "command-ca" / "our-ca", self.folder / "our-ca")
        made = subprocess.run([self.folder / "our-ca", "init", "authority"], cwd=self.folder, capture_output=True, text=True, check=True)
        self.write("ca.sh", SPOILING.replace("FOLDER", str(self.folder))).chmod(0o755)
        text = (harness.SOURCE / "examples" / "command-ca" / "pool.yaml").read_text()
        self.write("fleet/ca.yaml", made.stdout.replace("[./our-ca, answer, authority]", f"[{self.folder}/ca.sh]"))
        pool = self.write("fleet/pool.yaml", text.replace("stores/", f"{self.folder}/stores/"))
        self.run_program("apply", "--yes", "fleet")
        pool.write_text(pool.read_text().replace("fqdn: edge.utr", "fqdn: new.utr"))
        self.write("spoil", "")
        result = self.run_program("apply", "--yes", "--format", "text", "fleet", status=1)
        orders = sorted((self.folder / "authority" / "requests").rglob("certificate.pem"), key=lambda path: path.stat().st_mtime_ns)
        self.assertEqual(len(orders), 2)
        serial = harness.openssl("x509", "-in", orders[-1], "-noout", "-serial").decode().strip().split("=")[1]
        self.assertIn(f"Stands all the same: utr-edge: the request for internal is at our-ca as request {serial}.", result.out.splitlines()[-1])
        (self.folder / "spoil").unlink()
        lock = self.folder / "stores" / "edge02" / "lock"
        self.assertIn("is no file that can be opened", self.run_program("check", "fleet", status=1).out)
        lock.rmdir()
        self.run_program("apply", "--yes", "fleet")
        self.assertEqual(len(list((self.folder / "authority" / "requests").rglob("certificate.pem"))), 2)


if __name__ == "__main__":
    harness.main()
