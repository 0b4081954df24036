"""A pool of three: two Windows servers under Wine, each a machine of its own, and a Linux server behind sshd.

One Windows server assigns through a stand-in for the management shell of Skype for Business (tests/support/windows/standin_shell.cpp:
the same arguments and output, no PowerShell), the other through a program of its owner's. What the node did is looked at with another
program, outsider.exe, which knows nothing of edgecert, and with openssl."""

import os
import unittest

import harness
import secret_search
import ssh_server
import windows_world as world
from harness import openssl

POOL = """
apiVersion: edgecert/v1
kind: CertificateAuthority
metadata: {{name: lab-issuing}}
spec:
  local:
    directory: state/ca
    subject: {{commonName: Lab Issuing CA, organization: Example}}
    key: {{algorithm: rsa, bits: 2048}}
    distributionPoint: http://pki.example.net/lab.crl
---
apiVersion: edgecert/v1
kind: CertificateTemplate
metadata: {{name: web-server}}
spec:
  key: {{algorithm: rsa, bits: 2048, exportable: true}}
  validity: 90d
---
apiVersion: edgecert/v1
kind: Site
metadata: {{name: lab}}
spec:
  subject: {{organization: Example, country: NL}}
  authority: lab-issuing
  template: web-server
---
apiVersion: edgecert/v1
kind: EdgePool
metadata: {{name: web}}
spec:
  site: lab
  fqdn: web.example.net
  servers:
    - {{name: edge01, fqdn: edge01.example.net, store: {{command: {edge01}}}}}
    - {{name: edge02, fqdn: edge02.example.net, store: {{command: {edge02}}}}}
    - {{name: edge03, fqdn: edge03.example.net, store: {{command: [ssh, -T, "${{server.fqdn}}", edgecert, node]}}}}
  certificates:
    - {{name: internal, roles: [internal], friendlyName: Edge Internal, names: [www.example.net]}}
"""


class Machine(world.WindowsServer):
    """A Windows server with a machine of its own and the machine's own stores, whose roles are kept by others."""

    def owner_node(self):
        """Roles through a program of the owner's, and one that is run after an assignment."""
        owner = world.windows_path(world.PROGRAMS / "owner_program.exe")
        return self.node("--assign-with", owner, "--assign-with", "C:\\roles.txt", "--", owner, "C:\\activated.txt", "assign", "last", "run")

    def assigned(self):
        for path, role in ((self.shell_state, "Internal"), (self.prefix.drive_c("roles.txt"), "internal")):
            if path.exists():
                return dict(line.split() for line in path.read_text().splitlines() if line.strip()).get(role, "").lower()
        return ""


@unittest.skipUnless(world.AVAILABLE and ssh_server.AVAILABLE, world.WHY_NOT + ", or sshd is not")
class Windows(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.said = []
        self.windows = [Machine("edge01"), Machine("edge02")]
        for server in self.windows:
            self.addCleanup(server.prefix.__exit__)
        self.linux = self.folder / "linux"
        self.sshd = ssh_server.SshServer(self.folder / "sshd")
        self.sshd.serve("edge03.example.net", [harness.PROGRAM, "node", "--directory", self.linux])
        self.addCleanup(self.sshd.stop)
        self.sshd.start()
        self.environment["PATH"] = f"{self.sshd.bin}:{self.environment['PATH']}"
        text = POOL.format(edge01=world.yaml(self.windows[0].shell_node()), edge02=world.yaml(self.windows[1].owner_node()))
        self.pool = self.write("controller/pool.yaml", text)

    def edit(self, old, new):
        text = self.pool.read_text()
        self.assertIn(old, text)
        self.pool.write_text(text.replace(old, new))

    def apply(self):
        self.said.append(str(self.run_program("apply", "--yes", "controller")))

    def actions(self):
        steps = self.run_program("plan", "--format", "json", "controller").json()["steps"]
        return [(step["action"], step.get("server", "")) for step in steps]

    def linux_thumbprint(self, name="certificate.pem"):
        path = self.linux / "roles" / "internal" / name
        return openssl("x509", "-in", path, "-noout", "-fingerprint", "-sha1").decode().split("=")[1].strip().replace(":", "").lower()

    def thumbprint_of(self, pem):
        return openssl("x509", "-in", pem, "-noout", "-fingerprint", "-sha1").decode().split("=")[1].strip().replace(":", "").lower()

    def linux_public_key(self):
        """As outsider.exe shows it: SHA-1 over CryptoAPI's public key blob, which openssl writes too."""
        blob = openssl("rsa", "-in", self.linux / "roles" / "internal" / "key.pem", "-pubout", "-outform", "MSBLOB")
        return openssl("dgst", "-sha1", data=blob).decode().split("= ")[-1].strip()

    def authority(self):
        """(root, issuing) as files of the Linux server."""
        root = next(path for path in (self.linux / "root").glob("*.pem"))
        issuing = next(path for path in (self.linux / "intermediate").glob("*.pem"))
        return root, issuing

    def assert_converged(self, begun=True):
        """One certificate with its key on all three, trusted there and assigned; and nothing left to plan."""
        if begun:
            self.assert_serves(self.linux, "internal", self.linux / "root.pem")
        thumbprint, key = self.linux_thumbprint(), self.linux_public_key()
        root, issuing = map(self.thumbprint_of, self.authority())
        for server in self.windows:
            mine = server.list("My")
            self.assertIn(thumbprint, mine, server.name)
            self.assertEqual(mine[thumbprint][1], "Edge Internal")
            self.assertEqual(server.public_key(thumbprint), key)
            self.assertEqual(server.assigned(), thumbprint)
            self.assertIn(root, server.list("Root"))
            self.assertNotIn(issuing, server.list("Root"))
            self.assertIn(issuing, server.list("CA"))
            self.assertEqual(server.list("Request"), {})
        self.run_program("plan", "--detailed-exitcode", "controller", status=0)
        return thumbprint

    def test_a_mixed_pool_lives(self):
        self.apply()
        first = self.assert_converged()
        self.assertIn("run", (self.windows[1].prefix.drive_c("activated.txt")).read_text(), "what follows -- was run")

        for server in self.windows:  # the machines are shut down and started again
            server.prefix.stop()
        self.assertEqual(self.assert_converged(), first)

        self.edit("names: [www.example.net]", "names: [www.example.net, shop.example.net]")
        self.apply()
        second = self.assert_converged()
        self.assertNotEqual(second, first)
        text = openssl("x509", "-in", self.linux / "roles" / "internal" / "certificate.pem", "-noout", "-ext", "subjectAltName").decode()
        self.assertIn("DNS:shop.example.net", text)

        self.spoil_and_repair(second, first)
        self.renew(second, first)
        self.assert_no_key_was_told()

    def renew(self, second, first):
        """Ten weeks later by the controller's clock: due, and what was superseded long ago is retired with its key."""
        self.environment |= {"LD_PRELOAD": os.environ["EDGECERT_BREAK_CALLS"], "BREAK_CLOCK": str(70 * 24 * 3600)}
        self.assertIn("submit-request", {action for action, _ in self.actions()})
        self.apply()
        third = self.assert_converged(begun=False)
        self.assertNotIn(third, (first, second))
        for server in self.windows:
            mine = server.list("My")
            self.assertEqual(set(mine), {second, third}, "the one before the last is retired")
            self.assertEqual(server.containers(), {container for container, _ in mine.values()}, "with its key")

    def assert_no_key_was_told(self):
        """No byte of a key that travelled is in what the controller said or wrote, nor in the node's folders (I11)."""
        keys = list((self.linux / "personal").glob("*/key.pem"))
        self.assertGreaterEqual(len(keys), 2)
        secrets = secret_search.Secrets(keys, numbers_reversed=True)
        self.assertIsNotNone(secrets.found_in(keys[0].read_bytes()), "the search finds a key where one is")
        places = [self.folder / "controller", self.folder / "log", *(server.data for server in self.windows)]
        files = [path for place in places for path in place.rglob("*") if path.is_file() and path.suffix != ".key" and path.name != "key.pem"]
        self.assertGreater(len(files), 8)
        for path in files:
            self.assertIsNone(secrets.found_in(path.read_bytes()), path)
        self.assertIsNone(secrets.found_in("".join(self.said).encode()))

    def spoil_and_repair(self, serving, old):
        edge01, edge02 = self.windows
        _, issuing = self.authority()
        der = self.folder / "issuing.der"
        der.write_bytes(openssl("x509", "-in", issuing, "-outform", "DER"))
        edge01.prefix.run(world.OUTSIDER, "add", "Root", der)
        self.assertIn(self.thumbprint_of(issuing), edge01.list("Root"))
        self.assertTrue(self.actions(), "an intermediate in Root is drift")
        self.apply()
        self.assertEqual(self.assert_converged(), serving)

        edge02.prefix.run(world.OUTSIDER, "lose-key", "My", serving)
        with self.assertRaises(AssertionError):
            edge02.public_key(serving)
        self.assertTrue(self.actions(), "a key that is gone is drift")
        self.apply()
        self.assertEqual(self.assert_converged(), serving)

        edge01.shell_state.write_text(f"Internal {old}\n")
        edge02.prefix.drive_c("roles.txt").write_text(f"internal {old}\n")
        self.assertEqual({server for action, server in self.actions() if action == "assign-role"}, {"edge01", "edge02"})
        self.apply()
        self.assertEqual(self.assert_converged(), serving)


if __name__ == "__main__":
    harness.main()
