"""A pool of three: two Windows servers under Wine, each a machine of its own, and a Linux server behind sshd.

One Windows server assigns through a stand-in for the management shell of Skype for Business (tests/support/windows/standin_shell.cpp:
the same arguments and output, no PowerShell), the other through a program of its owner's. What the node did is looked at with another
program, outsider.exe, which knows nothing of edgecert, and with openssl."""

import datetime
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

import harness
import ssh_server
from harness import openssl

sys.path.insert(0, str(harness.SOURCE / "tests" / "support"))
import wine  # noqa: E402

PROGRAMS = pathlib.Path(os.environ.get("EDGECERT_WINDOWS_PROGRAMS", ""))
TEMPLATE = pathlib.Path(os.environ.get("EDGECERT_WINE_TEMPLATE", ""))
NODE = PROGRAMS / "edgecert-node.exe"
OUTSIDER = PROGRAMS / "outsider.exe"
harness.TIMEOUT = 600  # starting a Windows program takes seconds on a machine that is busy
AVAILABLE = bool(os.environ.get("EDGECERT_WINDOWS_PROGRAMS")) and NODE.exists() and ssh_server.AVAILABLE

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


def windows_path(path):
    return "Z:" + str(path).replace("/", "\\")


class WindowsServer:
    """A machine under Wine, and what can be seen of it from outside."""

    def __init__(self, name):
        self.name = name
        self.prefix = wine.Prefix(TEMPLATE)
        self.shell_state = self.prefix.drive_c("shell.txt")

    def shell_node(self, *settings):
        """Roles through the management shell's stand-in."""
        words = [NODE, "serve", "--shell", "SkypeForBusiness", "--powershell", windows_path(PROGRAMS / "standin_shell.exe")]
        return self.node(words, "STANDIN_STATE=C:\\shell.txt", *settings)

    def owner_node(self):
        """Roles through a program of the owner's, and one that is run after an assignment."""
        owner = windows_path(PROGRAMS / "owner_program.exe")
        return self.node([NODE, "--assign-with", owner, "--assign-with", "C:\\roles.txt", "--", owner, "C:\\activated.txt", "assign", "last", "run"])

    def node(self, words, *settings):
        command = self.prefix.command(*words)
        return [command[0], *settings, *command[1:]]

    def list(self, store):
        """thumbprint → (container, friendly name)"""
        rows = (line.split(" ", 2) for line in self.prefix.run(OUTSIDER, "list", store).splitlines() if line.strip())
        return {row[0]: (row[1], row[2] if len(row) > 2 else "") for row in rows}

    def public_key(self, thumbprint):
        """The hash of its public key, after its private key has signed for it."""
        return self.prefix.run(OUTSIDER, "fingerprint", "My", thumbprint).strip()

    def assigned(self):
        for path, role in ((self.shell_state, "Internal"), (self.prefix.drive_c("roles.txt"), "internal")):
            if path.exists():
                return dict(line.split() for line in path.read_text().splitlines() if line.strip()).get(role, "").lower()
        return ""


@unittest.skipUnless(AVAILABLE, "the Windows node is not built, or wine or sshd is not installed")
class Windows(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.windows = [WindowsServer("edge01"), WindowsServer("edge02")]
        for server in self.windows:
            self.addCleanup(server.prefix.__exit__)
        self.linux = self.folder / "linux"
        self.sshd = ssh_server.SshServer(self.folder / "sshd")
        self.sshd.serve("edge03.example.net", [harness.PROGRAM, "node", "--directory", self.linux])
        self.addCleanup(self.sshd.stop)
        self.sshd.start()
        self.environment["PATH"] = f"{self.sshd.bin}:{self.environment['PATH']}"
        text = POOL.format(edge01=self.yaml(self.windows[0].shell_node()), edge02=self.yaml(self.windows[1].owner_node()))
        self.pool = self.write("controller/pool.yaml", text)

    @staticmethod
    def yaml(argv):
        return "[" + ", ".join("'" + word.replace("'", "''") + "'" for word in argv) + "]"

    def edit(self, old, new):
        text = self.pool.read_text()
        self.assertIn(old, text)
        self.pool.write_text(text.replace(old, new))

    def apply(self):
        return self.run_program("apply", "--yes", "controller")

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

    def assert_converged(self):
        """One certificate with its key on all three, trusted there and assigned; and nothing left to plan."""
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

        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        time.sleep(1.1)  # a certificate that begins after that second
        self.edit("friendlyName: Edge Internal,", f"friendlyName: Edge Internal, issuedAfter: {now},")
        self.apply()
        third = self.assert_converged()
        self.assertNotIn(third, (first, second))

        self.spoil_and_repair(third, second)

    def spoil_and_repair(self, serving, old):
        edge01, edge02 = self.windows
        _, issuing = self.authority()
        der = self.folder / "issuing.der"
        der.write_bytes(openssl("x509", "-in", issuing, "-outform", "DER"))
        edge01.prefix.run(OUTSIDER, "add", "Root", der)
        self.assertIn(self.thumbprint_of(issuing), edge01.list("Root"))
        self.assertTrue(self.actions(), "an intermediate in Root is drift")
        self.apply()
        self.assertEqual(self.assert_converged(), serving)

        edge02.prefix.run(OUTSIDER, "lose-key", "My", serving)
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
