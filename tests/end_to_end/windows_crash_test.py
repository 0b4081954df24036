"""The node of a Windows server killed at every request, two controllers at once, the machine restarted between steps: after each the
next apply ends where it would have, with one certificate issued, one key kept, and nothing left over.

EDGECERT_LONG set: every request in each of the ways; else some of them, others each run (the seed is printed)."""

import os
import pathlib
import random
import subprocess
import sys
import time
import unittest

import harness
from harness import openssl

sys.path.insert(0, str(harness.SOURCE / "tests" / "support"))
import wine  # noqa: E402

PROGRAMS = pathlib.Path(os.environ.get("EDGECERT_WINDOWS_PROGRAMS", ""))
TEMPLATE = os.environ.get("EDGECERT_WINE_TEMPLATE", "")
NODE = PROGRAMS / "edgecert-node.exe"
OUTSIDER = PROGRAMS / "outsider.exe"
CUT_LINE = harness.SOURCE / "tests" / "support" / "cut_line.py"
harness.TIMEOUT = 600  # starting a Windows program takes seconds on a machine that is busy
LONG = bool(os.environ.get("EDGECERT_LONG"))

POOL = """
apiVersion: edgecert/v1
kind: CertificateAuthority
metadata: {{name: lab-issuing}}
spec: {{local: {{directory: state/ca, subject: {{commonName: Lab Issuing CA}}, key: {{algorithm: ecdsa, curve: p256}}}}}}
---
apiVersion: edgecert/v1
kind: CertificateTemplate
metadata: {{name: web-server}}
spec: {{key: {{algorithm: rsa, bits: 2048, exportable: true}}, validity: 90d}}
---
apiVersion: edgecert/v1
kind: Site
metadata: {{name: lab}}
spec: {{authority: lab-issuing, template: web-server}}
---
apiVersion: edgecert/v1
kind: EdgePool
metadata: {{name: web}}
spec:
  site: lab
  fqdn: web.example.net
  servers:
    - {{name: edge01, fqdn: edge01.example.net, store: {{command: {command}}}}}
  certificates:
    - {{name: internal, roles: [internal], friendlyName: Edge Internal, names: [{names}]}}
"""


@unittest.skipUnless(os.environ.get("EDGECERT_WINDOWS_PROGRAMS") and NODE.exists(), "the Windows node is not built, or wine is not installed")
class WindowsCrash(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.prefix = wine.Prefix(TEMPLATE)
        self.addCleanup(self.prefix.__exit__)
        self.number = 0
        self.prefix.run(NODE, "version")

    def fresh(self):
        """Another server in the same Wine prefix: stores, folder and containers of its own."""
        self.number += 1
        self.name = f"Server{self.number}"
        self.controller = self.folder / f"controller{self.number}"
        self.containers = self.all_containers()
        self.declare(self.node())

    def node(self):
        return self.prefix.command(NODE, "--stores", self.name, "--data", f"C:\\{self.name}")

    def declare(self, argv, names="www.example.net"):
        command = "[" + ", ".join("'" + str(word).replace("'", "''") + "'" for word in argv) + "]"
        self.controller.mkdir(exist_ok=True)
        (self.controller / "pool.yaml").write_text(POOL.format(command=command, names=names))

    def all_containers(self):
        return set(self.prefix.run(OUTSIDER, "containers").split())

    def list(self, store):
        rows = (line.split(" ", 2) for line in self.prefix.run(OUTSIDER, "list", self.name + store).splitlines() if line.strip())
        return {row[0]: row[1] for row in rows}

    def assigned(self):
        path = self.prefix.drive_c(self.name, "roles", "role-internal.thumbprint")
        return path.read_text().strip() if path.exists() else ""

    def issued(self):
        """How many submissions the CA accepted, by its own log."""
        return len(list((self.controller / "state" / "ca").rglob("log/*.json")))

    def assert_safe(self):
        """At any moment, whatever was killed: a role points at nothing, or at a certificate whose key signs for it."""
        thumbprint = self.assigned()
        if thumbprint:
            self.prefix.run(OUTSIDER, "fingerprint", self.name + "My", thumbprint)

    def assert_converged(self, certificates):
        self.run_program("apply", "--yes", self.controller)
        self.run_program("plan", "--detailed-exitcode", self.controller, status=0)
        self.assert_safe()
        mine = self.list("My")
        self.assertIn(self.assigned(), mine)
        self.assertEqual(self.list("Request"), {})
        self.assertEqual((len(mine), self.issued()), (certificates, certificates), "one certificate an issuance (I5)")
        self.assertEqual(self.all_containers() - self.containers, set(mine.values()), "no key is lost and none left over (I4)")
        folder = self.prefix.drive_c(self.name)
        self.assertEqual([path.name for path in (folder / "intents").iterdir()], [])
        self.assertEqual([path.name for path in (folder / "requests").iterdir()], [])

    def cut(self, at, when, names="www.example.net"):
        """An apply whose node is killed at one request; true: there was such a request."""
        counter = self.folder / f"counter{self.number}-{names.count(',')}"
        counter.unlink(missing_ok=True)
        self.declare([sys.executable, "-B", CUT_LINE, counter, at, when, *self.node()], names)
        self.run_program("apply", "--yes", self.controller, status=None)
        self.declare(self.node(), names)
        return counter.exists() and counter.stat().st_size >= at

    def test_killed_at_a_request(self):
        seed = int(os.environ.get("EDGECERT_SEED", random.SystemRandom().randrange(1 << 30)))
        print(f"\nEDGECERT_SEED={seed}", flush=True)
        chance = random.Random(seed)
        at, killed, most = chance.randrange(1, 4), 0, 1000
        while at < most:
            for when in ("before", "after", str(chance.randrange(0, 120))) if LONG else (chance.choice(("before", "after", str(chance.randrange(0, 120)))),):
                self.fresh()
                there = self.cut(at, when)
                with self.subTest(request=at, when=when):
                    self.assert_safe()
                    self.assert_converged(1)
                killed += there
                most = most if there else at
            at += 1 if LONG else chance.randrange(3, 7)
        self.assertGreater(killed, 2)

    def test_two_controllers_at_once(self):
        self.fresh()
        both = [subprocess.Popen([harness.PROGRAM, "apply", "--yes", self.controller], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, cwd=self.folder, env=self.environment) for _ in range(2)]
        said = [process.communicate(timeout=300)[0].decode(errors="replace") for process in both]
        self.assertTrue(any(process.returncode in (0, 3) for process in both), "\n".join(said))
        self.assert_converged(1)

    def test_restarted_between_steps(self):
        self.fresh()
        self.run_program("apply", "--yes", "--until", "installed", self.controller, status=None)
        self.prefix.stop()
        self.assert_converged(1)
        self.declare(self.node(), "www.example.net, shop.example.net")
        self.prefix.stop()
        self.assert_converged(2)


if __name__ == "__main__":
    harness.main()
