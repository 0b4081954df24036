"""The node of a Windows server killed at every request, two controllers at once, the machine restarted between steps: after each the
next apply ends where it would have, with one certificate issued, one key kept, and nothing left over.

EDGECERT_LONG set: every request in each of the ways; else some of them, others each run (the seed is printed)."""

import os
import random
import subprocess
import sys
import unittest

import harness
import windows_world as world
from harness import openssl

CUT_LINE = harness.SOURCE / "tests" / "support" / "cut_line.py"
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


@unittest.skipUnless(world.AVAILABLE, world.WHY_NOT)
class WindowsCrash(harness.EndToEnd):
    @classmethod
    def setUpClass(cls):
        cls.prefix = world.wine.Prefix(world.TEMPLATE)
        cls.addClassCleanup(cls.prefix.__exit__)
        cls.number = 0

    def setUp(self):
        super().setUp()
        self.stranger = self.folder / "stranger.der"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", self.folder / "stranger.key",
                "-outform", "DER", "-out", self.stranger, "-subj", "/CN=Somebody else", "-days", "30")

    def fresh(self):
        """Another server in the same Wine prefix: stores, folder and containers of its own, and somebody else's certificate in each store."""
        type(self).number += 1
        self.server = world.WindowsServer(f"Server{self.number}", self.prefix, apart=True)
        self.controller = self.folder / f"controller{self.number}"
        self.containers = self.server.containers()
        for store in ("Root", "CA", "My", "Request"):
            self.prefix.run(world.OUTSIDER, "add", self.server.stores + store, self.stranger)
        self.strangers = self.server.list("My")
        self.declare(self.node())

    def node(self):
        return self.server.node()

    def declare(self, argv, names="www.example.net"):
        self.controller.mkdir(exist_ok=True)
        (self.controller / "pool.yaml").write_text(POOL.format(command=world.yaml(argv), names=names))

    def assigned(self):
        path = self.server.data / "roles" / "role-internal.thumbprint"
        return path.read_text().strip() if path.exists() else ""

    def issued(self):
        """How many submissions the CA accepted, by its own log."""
        return len(list((self.controller / "state" / "ca").rglob("log/*.json")))

    def assert_safe(self):
        """At any moment, whatever was killed: a role points at nothing, or at a certificate whose key signs for it."""
        thumbprint = self.assigned()
        if thumbprint:
            self.server.public_key(thumbprint)

    def assert_converged(self, certificates):
        self.run_program("apply", "--yes", self.controller)
        self.run_program("plan", "--detailed-exitcode", self.controller, status=0)
        self.assert_safe()
        stores = {name: self.server.list(name) for name in ("Root", "CA", "My", "Request")}
        for name, listed in stores.items():
            for thumbprint, kept in self.strangers.items():
                self.assertEqual(listed.pop(thumbprint, None), kept, f"what others put into {name} stays as it was (I10)")
        mine = stores["My"]
        self.assertIn(self.assigned(), mine)
        self.assertEqual((len(stores["Root"]), len(stores["CA"]), stores["Request"]), (1, 1, {}))
        self.assertEqual((len(mine), self.issued()), (certificates, certificates), "one certificate an issuance (I5)")
        self.assertEqual(self.server.containers() - self.containers, {container for container, _ in mine.values()}, "no key is lost and none left over (I4)")
        folder = self.server.data
        self.assertEqual([path.name for path in (folder / "intents").iterdir()], [])
        self.assertEqual([path.name for path in (folder / "requests").iterdir()], [])

    def cut(self, at, when, names="www.example.net"):
        """An apply whose node is killed at one request; true: there was such a request."""
        counter = self.folder / f"counter{self.number}-{names.count(',')}"
        counter.unlink(missing_ok=True)
        self.declare([sys.executable, "-B", CUT_LINE, counter, at, "after" if when == "shutdown" else when, *self.node()], names)
        self.run_program("apply", "--yes", self.controller, status=None)
        if when == "shutdown":
            self.prefix.stop()
        self.declare(self.node(), names)
        return counter.exists() and counter.stat().st_size >= at

    def test_killed_at_a_request(self):
        seed = int(os.environ.get("EDGECERT_SEED", random.SystemRandom().randrange(1 << 30)))
        print(f"\nEDGECERT_SEED={seed}", flush=True)
        chance = random.Random(seed)
        at, killed, most = chance.randrange(1, 4), 0, 1000
        while at < most:
            ways = ("before", "after", "shutdown", str(chance.randrange(0, 120)))
            for when in ways if LONG else (ways[(killed + seed) % len(ways)],):
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
        said = [process.communicate(timeout=harness.TIMEOUT)[0].decode(errors="replace") for process in both]
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
        before = self.everything()
        self.run_program("apply", "--yes", self.controller)
        self.assertEqual(self.everything(), before, "an apply with nothing to do changes nothing (I12)")

    def everything(self):
        files = {path: path.read_bytes() for place in (self.server.data, self.controller / "state") for path in place.rglob("*") if path.is_file()}
        return [self.server.list(name) for name in ("Root", "CA", "My", "Request")], self.server.containers(), files


if __name__ == "__main__":
    harness.main()
