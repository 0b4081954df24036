"""While apply runs: what it says on a terminal and without one, Ctrl-C once and twice, and waiting for a CA's answer."""

import os
import re
import select
import signal
import subprocess
import time

import harness
from offline_test import FLEET, NAMES
from openssl_authority import OpensslAuthority

PATIENCE = 60
POOL = """
apiVersion: edgecert/v1
kind: CertificateAuthority
metadata: {{name: near}}
spec: {{local: {{directory: ca, subject: {{commonName: Near CA}}, key: {{algorithm: ecdsa, curve: p256}}}}}}
---
apiVersion: edgecert/v1
kind: CertificateTemplate
metadata: {{name: web-server}}
spec: {{key: {{algorithm: ecdsa, curve: p256, exportable: true}}}}
---
apiVersion: edgecert/v1
kind: Site
metadata: {{name: field}}
spec:
  subject: {{organization: Example, country: NL}}
  authority: near
  template: web-server
  store: {{directory: "stores/${{server.name}}", activate: ["{activate}"]}}
---
apiVersion: edgecert/v1
kind: EdgePool
metadata: {{name: edge}}
spec:
  site: field
  fqdn: edge.example.net
  servers:
    - {{name: one, fqdn: one.example.net}}
    - {{name: two, fqdn: two.example.net}}
  certificates:
    - {{name: internal, roles: [internal]}}
"""


class Progress(harness.EndToEnd):
    """The service of each server takes as long as the test wants it to: it is told by a program that waits for a file."""

    def setUp(self):
        super().setUp()
        self.told = self.folder / "told"
        self.go = self.folder / "go"
        script = self.write("activate", f'#!/bin/sh\necho >> {self.told}\nwhile ! [ -e {self.go} ]; do sleep 0.05; done\n')
        script.chmod(0o755)
        self.write("fleet/fleet.yaml", POOL.format(activate=script))

    def until(self, condition, what):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.02)

    def in_the_middle_of_a_switch(self):
        process = self.start_program("apply", "--yes", "fleet")
        self.until(lambda: self.told.exists() or process.poll() is not None, "nothing was activated")
        self.assertIsNone(process.poll())
        return process

    def interrupt(self, process):
        """Ctrl-C, and what was said when it had arrived."""
        process.send_signal(signal.SIGINT)
        said = b""
        while b"once more stops at once" not in said:
            ready, _, _ = select.select([process.stderr], [], [], PATIENCE)
            self.assertTrue(ready, said)
            piece = os.read(process.stderr.fileno(), 65536)
            self.assertTrue(piece, said)
            said += piece

    def assert_one_certificate(self):
        prints = {self.assert_serves(self.folder / "fleet" / "stores" / server, "internal", self.folder / "fleet" / "stores" / server / "root.pem") for server in ("one", "two")}
        self.assertEqual(len(prints), 1)
        self.run_program("plan", "fleet", "--detailed-exitcode", status=0)

    def test_ctrl_c_lets_the_running_step_end_and_says_what_was_done(self):
        process = self.in_the_middle_of_a_switch()
        self.interrupt(process)
        time.sleep(0.2)
        self.assertIsNone(process.poll(), "the running step was not waited for")
        self.go.touch()
        out, err = process.communicate(timeout=PATIENCE)
        said = out.decode()
        self.assertEqual(process.returncode, 1, said + err.decode())
        self.assertIn("stopped", said)
        self.assertEqual(self.told.read_text().count("\n"), 1, "a step was begun after the interruption")
        self.assertRegex(said, r"\d+ steps? done")
        self.run_program("apply", "--yes", "fleet")
        self.assert_one_certificate()

    def test_ctrl_c_before_the_first_step_says_that_nothing_was_done(self):
        silent = self.write("silent", f"#!/bin/sh\necho >> {self.told}\nexec sleep {PATIENCE}\n")
        silent.chmod(0o755)
        path = self.folder / "fleet" / "fleet.yaml"
        far = f"    - {{name: far, fqdn: far.example.net, store: {{command: [{silent}]}}}}\n"
        path.write_text(path.read_text().replace("  certificates:", far + "  certificates:"))
        process = self.start_program("apply", "--yes", "fleet")
        self.until(lambda: self.told.exists() or process.poll() is not None, "nobody looked")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, -signal.SIGINT, err.decode())
        self.assertIn("nothing was done", err.decode())
        self.assertFalse((self.folder / "fleet" / "ca").exists())

    def test_a_second_ctrl_c_stops_at_once_and_nothing_is_lost(self):
        process = self.in_the_middle_of_a_switch()
        self.interrupt(process)
        process.send_signal(signal.SIGINT)
        self.until(lambda: process.poll() is not None, "it did not stop")
        self.assertEqual(process.returncode, 130)
        self.go.touch()
        self.run_program("apply", "--yes", "fleet")
        self.assert_one_certificate()

    def test_lines_say_what_runs_and_how_long_it_took(self):
        self.go.touch()
        said = self.run_program("apply", "--yes", "fleet").err
        self.assertNotIn("\x1b", said)
        self.assertRegex(said, r"(?m)^\d\d:\d\d:\d\d .*one: point internal at")
        self.assertRegex(said, r"one: tell what uses internal.*\d")

    def test_on_a_terminal_one_line_is_drawn_again_and_again(self):
        self.go.touch()
        said = self.run_on_terminal("apply", "--yes", "fleet", answers=[])
        self.assertIn("\r\x1b[K", said)
        seen = re.sub(r"\r\x1b\[K", "\n", said)
        self.assertIn("tell what uses internal", seen)
        self.assertIn("Nothing left to do", seen)


class Waiting(harness.EndToEnd):
    def test_wait_goes_on_when_the_answer_comes(self):
        authority = OpensslAuthority(self.folder / "far")
        self.write("fleet/chain.p7b", authority.bundle(authority.path("chain.pem").read_bytes()))
        self.write("fleet/fleet.yaml", FLEET.format(pin=authority.pin()))
        request = self.folder / "fleet" / "outbox" / "edge" / "internal.csr"
        with open(self.folder / "out", "wb") as out, open(self.folder / "err", "wb") as err:
            process = subprocess.Popen(
                [harness.PROGRAM, "apply", "--yes", "--wait", "10m", "fleet"],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=self.folder, env=self.environment,
            )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        said = lambda: (self.folder / "err").read_text()
        deadline = time.monotonic() + PATIENCE
        while not (request.exists() and "wait" in said()) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertIn("far", said())
        inbox = self.folder / "fleet" / "inbox" / "edge"
        inbox.mkdir(parents=True, exist_ok=True)
        self.write("part", authority.answer(request, NAMES))
        os.rename(self.folder / "part", inbox / "internal.cer")
        self.assertEqual(process.wait(timeout=2 * PATIENCE), 0, said())
        self.assertIn("Nothing left to do", (self.folder / "out").read_text())
        self.run_program("plan", "fleet", "--detailed-exitcode", status=0)


if __name__ == "__main__":
    harness.main()
