"""No password in what is said, recorded or passed on: those of an authority, and the one-time ones under which keys travel."""

import json
import re
import struct

import harness
from secret_search import Secrets, Watched

AUTHORITY = """
apiVersion: edgecert/v1
kind: CertificateAuthority
metadata: {name: NAME}
spec:
  adcs:
    url: https://127.0.0.1:1/certsrv/
    auth: {method: METHOD, username: CONTOSO\\svc-edge, password: {SOURCE}}
  chain: {roots: ["sha256:1111111111111111111111111111111111111111111111111111111111111111"]}
---
"""
FLEET = """
apiVersion: edgecert/v1
kind: CertificateAuthority
metadata: {name: lab}
spec: {local: {directory: ca, subject: {commonName: Lab CA}, key: {algorithm: ecdsa, curve: p256}}}
---
apiVersion: edgecert/v1
kind: CertificateAuthority
metadata: {name: program}
spec:
  command: [FOLDER/spy, authority]
  chain: {roots: ["sha256:1111111111111111111111111111111111111111111111111111111111111111"]}
---
apiVersion: edgecert/v1
kind: CertificateTemplate
metadata: {name: web}
spec: {key: {exportable: true}}
---
apiVersion: edgecert/v1
kind: Site
metadata: {name: here}
spec: {authority: AUTHORITY, template: web, trust: [TRUSTED]}
---
apiVersion: edgecert/v1
kind: EdgePool
metadata: {name: edge}
spec:
  site: here
  fqdn: edge.example.net
  servers:
    - {name: one, fqdn: one.example.net, store: {directory: stores/one, activate: [FOLDER/spy, "true"]}}
    - {name: two, fqdn: two.example.net, store: {command: [FOLDER/spy, PROGRAM, node, --directory, FOLDER/stores/two]}}
  certificates: [{name: internal, roles: [internal]}]
"""
# Notes what it is given, and both directions of what passes through it.
SPY = """#!/bin/sh
env >> FOLDER/children; echo "$0 $@" >> FOLDER/children
case "$1 $2" in
authority*) exit 1 ;;
*" node") tee -a FOLDER/to-node | "$@" | tee -a FOLDER/from-node ;;
*) exec "$@" ;;
esac
"""
CANARIES = {"env: EDGE_TEST_PASSWORD": "canary-of-the-environment-5e17", "file: password": "canary-of-the-file-90b2c4",
            "command: [FOLDER/tell]": "canary-of-a-program-77ad31"}


def frames(data):
    """Kind and payload of each frame of a session with a node."""
    while len(data) >= 5:
        length, kind = struct.unpack(">Ic", data[:5])
        yield kind, data[5 : 5 + length]
        data = data[5 + length :]


class Passwords(harness.EndToEnd):
    def declare(self, authority, more=""):
        self.write("spy", SPY.replace("FOLDER", str(self.folder))).chmod(0o755)
        text = more + FLEET.replace("FOLDER", str(self.folder)).replace("PROGRAM", harness.PROGRAM).replace("AUTHORITY", authority).replace("TRUSTED", "program" if more else "")
        self.write("pool.yaml", text)

    def say(self, *arguments, status=(0, 1, 3)):
        done = Watched(arguments, self.folder, self.environment)
        self.assertIn(done.status, status, done.out)
        return done

    def assert_nowhere(self, secrets, said, allowed=()):
        for one in said:
            for what, data in one.everything():
                self.assertIsNone(secrets.found_in(data), f"{what} of {one.words}")
        files = [path for path in self.folder.rglob("*") if path.is_file() and path.name not in allowed]
        self.assertTrue(any(path.parent.name == "runs" for path in files))
        for path in files:
            self.assertIsNone(secrets.found_in(path.read_bytes()), path)

    def test_no_password_of_an_authority(self):
        for source, canary in CANARIES.items():
            with self.subTest(source=source):
                self.environment["EDGE_TEST_PASSWORD"] = CANARIES["env: EDGE_TEST_PASSWORD"]
                self.write("password", CANARIES["file: password"] + "\n").chmod(0o600)
                self.write("tell", f"#!/bin/sh\nprintf %s {CANARIES['command: [FOLDER/tell]']}\n").chmod(0o755)
                authorities = "".join(
                    AUTHORITY.replace("NAME", f"windows-{method}").replace("METHOD", method).replace("SOURCE", source.replace("FOLDER", str(self.folder)))
                    for method in ("ntlm", "basic"))
                self.declare("windows-ntlm", authorities)
                said = [self.say(command, *more, "pool.yaml") for command, *more in (
                    ["validate"], ["check"], ["plan", "--verbose"], ["plan", "--out", "plan.json", "--format", "json"], ["apply", "--yes", "--verbose"],
                    ["drift"], ["status", "--format", "json"], ["observe", "--out", "seen.json"])]
                said += [self.say("chain", "-f", "pool.yaml", "windows-basic"), self.say("explain", "-f", "pool.yaml", "edge/internal"), self.say("log")]
                self.declare("lab", authorities)  # what is run after an assignment, and another authority's program
                said.append(self.say("apply", "--yes", "pool.yaml"))
                children = (self.folder / "children").read_text()
                for words in ("edgecert node", "/spy true", "/spy authority"):
                    self.assertTrue(words in children, f"{words} was not run")
                self.assert_nowhere(Secrets((), [canary]), said, allowed=("password", "tell"))

    def test_no_password_under_which_a_key_travels(self):
        self.declare("lab")
        said = [self.say("plan", "--out", "plan.json", "pool.yaml"), self.say("apply", "--yes", "--verbose", "pool.yaml", status=(0,)),
                self.say("observe", "--out", "seen.json", "pool.yaml"), self.say("log", "last", "--format", "json")]
        to_node = list(frames((self.folder / "to-node").read_bytes()))
        secret = [payload for kind, payload in to_node if kind == b"s"]
        self.assertEqual(len(secret), 2, "a PFX and its password")
        password = min(secret, key=len)
        self.assertRegex(password, rb"^[\x21-\x7e]{20,}$")
        requests = [json.loads(payload) for kind, payload in to_node if kind == b"q"]
        self.assertTrue(any(re.search("import", str(request)) for request in requests))
        secrets = Secrets((), [password.decode()])
        self.assertIsNotNone(secrets.found_in((self.folder / "to-node").read_bytes()))
        self.assert_nowhere(secrets, said, allowed=("to-node",))


if __name__ == "__main__":
    harness.main()
