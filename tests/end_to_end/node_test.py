"""Servers behind a node: the program at the far end of its own pipe, and far ends that misbehave."""

import json
import os
import stat
import time

import harness

FLEET = """
apiVersion: edgecert/v1
kind: CertificateAuthority
metadata: {name: lab}
spec: {local: {directory: ca, subject: {commonName: Lab CA}}}
---
apiVersion: edgecert/v1
kind: CertificateTemplate
metadata: {name: web-server}
spec: {key: {exportable: true}}
---
apiVersion: edgecert/v1
kind: Site
metadata: {name: lab-site}
spec:
  subject: {organization: Example}
  authority: lab
  template: web-server
---
apiVersion: edgecert/v1
kind: EdgePool
metadata: {name: edge}
spec:
  site: lab-site
  fqdn: edge.example.net
  servers:
    - {name: near, fqdn: near.example.net, store: {directory: stores/near}}
    - {name: far, fqdn: far.example.net, store: {command: FAR}}
    - {name: farther, fqdn: farther.example.net, store: {command: FARTHER}}
  certificates:
    - {name: internal, roles: [internal]}
"""


class Node(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.fleet = self.folder / "fleet"
        self.fleet.mkdir()
        self.reload = self.script("reload", f"#!/bin/sh\necho \"$@\" >> {self.folder}/reloaded\n")

    def script(self, name, text):
        path = self.write(name, text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def node(self, name, *activation):
        words = [harness.PROGRAM, "node", "--directory", str(self.folder / "far" / name)]
        return json.dumps(words + (["--", *map(str, activation)] if activation else []))

    def declare(self, far, farther):
        (self.fleet / "fleet.yaml").write_text(FLEET.replace("FARTHER", farther).replace("FAR", far))

    def test_near_and_far_servers_of_one_pool_converge(self):
        self.declare(self.node("far", self.reload, "--now", "x y"), self.node("farther"))
        self.run_program("apply", "--yes", "fleet")
        root = self.fleet / "stores" / "near" / "root.pem"
        places = [self.fleet / "stores" / "near", self.folder / "far" / "far", self.folder / "far" / "farther"]
        self.assertEqual(len({self.assert_serves(place, "internal", root) for place in places}), 1)
        self.assertEqual((self.folder / "reloaded").read_text(), "--now x y\n")
        self.run_program("plan", "fleet", "--detailed-exitcode", status=0)
        self.run_program("check", "fleet")

    def assert_its_failure_alone(self, far, words, least=0):
        """One far end misbehaves: it is named, the other servers are prepared, nothing is switched."""
        self.declare(far, self.node("farther"))
        begun = time.monotonic()
        result = self.run_program("apply", "--yes", "fleet", status=1)
        self.assertGreaterEqual(time.monotonic() - begun, least)
        self.assertIn("far", result.out)
        self.assertIn(words, result.out + result.err)
        self.assertNotIn("\x1b", result.out + result.err)
        self.assertTrue((self.fleet / "stores" / "near" / "root.pem").exists())
        self.assertTrue((self.folder / "far" / "farther" / "root.pem").exists())
        self.assertFalse((self.fleet / "stores" / "near" / "roles" / "internal").exists())
        return result

    def test_a_program_that_is_not_there(self):
        self.assert_its_failure_alone('["/nonexistent/ssh", "far"]', "/nonexistent/ssh")

    def test_a_node_that_dies_and_its_last_words(self):
        script = self.script("dies", "#!/bin/sh\nprintf 'Permission denied (publickey).\\033[2J' >&2\nexit 255\n")
        self.assert_its_failure_alone(json.dumps([str(script)]), "Permission denied (publickey).")

    def test_a_node_that_babbles(self):
        script = self.script("babbles", "#!/bin/sh\necho 'Welcome to far! Last login: Monday'\nexec cat\n")
        self.assert_its_failure_alone(json.dumps([str(script)]), "far")

    def test_a_node_that_answers_with_gigabytes(self):
        script = self.script("floods", "#!/bin/sh\nexec head -c 3000000000 /dev/zero\n")
        self.assert_its_failure_alone(json.dumps([str(script)]), "far")

    def test_it_is_not_for_people(self):
        text = self.run_on_terminal("node", "--directory", "x", answers=[], status=1)
        self.assertIn("spoken to by a controller", text)
        self.assertFalse((self.folder / "x").exists())

    def test_it_leaves_when_the_controller_does_and_touches_nothing(self):
        self.run_program("node", "--directory", "x", data=b"")
        self.assertFalse((self.folder / "x").exists())

    def test_rubbish_from_a_controller_ends_it(self):
        result = self.run_program("node", "--directory", "x", data=os.urandom(4096), status=1)
        self.assertNotEqual(result.err, "")
        self.assertFalse((self.folder / "x").exists())


if __name__ == "__main__":
    harness.main()
