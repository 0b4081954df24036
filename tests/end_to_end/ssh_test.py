"""A pool behind a real sshd on loopback: two servers with forced commands, one folder here, and what goes wrong on the way."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time
import unittest

import harness
import ssh_server
from harness import openssl

EXAMPLE = harness.SOURCE / "examples" / "ssh"
STRACE = shutil.which("strace")
FAR = ("edge01", "edge02")


def can_trace():
    return STRACE and subprocess.run([STRACE, "-o", "/dev/null", "true"], capture_output=True, timeout=60, check=False).returncode == 0


def key_bodies(stores):
    """The private keys of these stores: each its DER, and each line of its PEM."""
    found = set()
    for store in stores:
        for path in pathlib.Path(store).rglob("key.pem"):
            if path.is_symlink():
                continue
            lines = [line for line in path.read_bytes().splitlines() if b"-----" not in line]
            found.update(line for line in lines if len(line) > 30)
            der = openssl("pkey", "-in", path, "-outform", "DER")
            found.add(der)
            scalar = re.search(r"priv:\n((?:\s+[0-9a-f:]+\n)+)", openssl("pkey", "-in", path, "-noout", "-text").decode())
            if scalar:
                found.add(bytes.fromhex(re.sub(r"[\s:]", "", scalar.group(1)))[-32:])
    return found


@unittest.skipUnless(ssh_server.AVAILABLE, "ssh and sshd are not installed")
class Ssh(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.far = self.folder / "far"
        self.far.mkdir()
        self.reloaded = self.folder / "reloaded"
        self.script = self.write("reload", f'#!/bin/sh\necho "$1" >> {self.reloaded}\n')
        self.script.chmod(0o755)
        self.server = ssh_server.SshServer(self.folder / "sshd")
        for name in FAR:
            self.server.serve(f"{name}.example.net", self.node(name))
        self.addCleanup(self.server.stop)
        self.server.start()
        self.environment["PATH"] = f"{self.server.bin}:{self.environment['PATH']}"
        self.controller = self.folder / "controller"
        self.controller.mkdir()
        self.near = self.controller / "state" / "stores" / "edge03"
        text = (EXAMPLE / "pool.yaml").read_text()
        reload = "[systemctl, reload, nginx]"
        self.assertIn(reload, text)
        (self.controller / "pool.yaml").write_text(text.replace(reload, f'["{self.script}", edge03]'))

    def node(self, name):
        return [harness.PROGRAM, "node", "--directory", self.far / name, "--", self.script, name]

    def stores(self):
        return [self.far / "edge01", self.far / "edge02", self.near]

    def assert_converged(self):
        prints = {self.assert_serves(store, "internal", self.near / "root.pem") for store in self.stores()}
        self.assertEqual(len(prints), 1)
        keys = {(store / "roles" / "internal" / "key.pem").read_bytes() for store in self.stores()}
        self.assertEqual(len({openssl("pkey", "-outform", "DER", data=key) for key in keys}), 1)
        self.run_program("plan", "--detailed-exitcode", "controller", status=0)

    def test_servers_behind_ssh_and_one_here_converge(self):
        self.run_program("check", "controller")
        self.run_program("apply", "--yes", "controller")
        self.assert_converged()
        self.assertEqual(sorted(self.reloaded.read_text().split()), ["edge01", "edge02", "edge03"])
        shown = self.run_program("show", "-f", "controller", "web/edge02", "--format", "json").json()
        self.assertEqual(shown["servers"][0]["certificates"][0]["key"], "present")
        self.assertFalse(pathlib.Path("/var/lib/edgecert").exists(), "the forced command decides which folder is served")

    def test_a_renewal_goes_the_same_way(self):
        self.run_program("apply", "--yes", "controller")
        before = (self.near / "roles" / "internal" / "certificate.pem").read_bytes()
        path = self.controller / "pool.yaml"
        path.write_text(path.read_text().replace("[www.example.net]", "[www.example.net, shop.example.net]"))
        self.run_program("apply", "--yes", "controller")
        self.assert_converged()
        self.assertNotEqual((self.near / "roles" / "internal" / "certificate.pem").read_bytes(), before)

    def test_a_server_that_joins_gets_the_key_through_the_controller(self):
        path = self.controller / "pool.yaml"
        whole = path.read_text()
        path.write_text("".join(line for line in whole.splitlines(True) if "name: edge02" not in line))
        self.run_program("apply", "--yes", "controller")
        self.assertFalse((self.far / "edge02").exists())
        path.write_text(whole)
        plan = self.run_program("plan", "--format", "json", "controller").json()
        self.assertNotIn("create-request", {step["action"] for step in plan["steps"]})
        self.run_program("apply", "--yes", "controller")
        self.assert_converged()

    def test_no_key_and_no_pfx_touches_the_disk_of_the_controller(self):
        path = self.controller / "pool.yaml"
        path.write_text("".join(line for line in path.read_text().splitlines(True) if "name: edge03" not in line))
        scratch = self.folder / "scratch"
        scratch.mkdir()
        self.environment["TMPDIR"] = str(scratch)
        argv = [harness.PROGRAM, "apply", "--yes", "--verbose", "."]
        if can_trace():
            # The leak sanitizer cannot work under a tracer.
            self.environment["ASAN_OPTIONS"] = self.environment.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
            argv = [STRACE, "-f", "-qq", "-y", "-s", "0", "-e", "trace=open,openat,openat2,creat,rename,renameat,renameat2,link,linkat,memfd_create",
                    "-o", str(self.folder / "trace"), *argv]
        done = subprocess.run(argv, cwd=self.controller, env=self.environment, capture_output=True, timeout=harness.TIMEOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout.decode() + done.stderr.decode())
        keys = key_bodies(self.far / name for name in FAR)
        self.assertGreater(len(keys), 3)
        holders = [key for key in keys if any(key in path.read_bytes() for path in (self.far / "edge02").rglob("*") if path.is_file())]
        self.assertTrue(holders, "the search finds a key where one is")
        places = [self.controller, scratch, self.folder / "log", self.folder / "home", self.server.folder]
        files = [path for place in places for path in place.rglob("*") if path.is_file()]
        self.assertIn(self.controller / "pool.yaml", files)
        for path in files:
            for key in keys:
                self.assertNotIn(key, path.read_bytes(), path)
            self.assertNotIn(path.suffix, (".pfx", ".p12"))
        self.assertEqual(list(scratch.iterdir()), [])
        if can_trace():
            self.assert_wrote_only_where_it_may()

    def assert_wrote_only_where_it_may(self):
        """All that the controller and its children opened for writing: the CA's folder, the record of the run, and devices."""
        trace = (self.folder / "trace").read_text()
        self.assertIn("pool.yaml", trace)
        self.assertNotIn("memfd_create", trace)
        written = set()
        for line in trace.splitlines():
            if re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TMPFILE|\bcreat\(", line) and "= -1 " not in line:
                if "<unfinished ...>" in line and '"/dev/null"' in line:
                    continue
                opened = re.search(r"= \d+<([^>]*)>", line)
                self.assertTrue(opened, line)
                written.add(opened.group(1).removesuffix(" (deleted)"))
        self.assertTrue(any("runs" in path for path in written), written)
        allowed = (str(self.controller / "state" / "ca"), str(self.folder / "log"), "/dev/")
        strangers = [path for path in written if not path.startswith(allowed)]
        self.assertEqual(strangers, [])

    def test_a_node_that_is_killed_is_an_error_of_that_server_alone(self):
        store = self.far / "edge02"
        killed = []
        over = threading.Event()

        def kill():  # each of its nodes, once it has begun to change the store
            while not over.is_set():
                for process in ssh_server.nodes(store) if (store / "root.pem").exists() else []:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)
                        killed.append(process)
                time.sleep(0.001)

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            result = self.run_program("apply", "--yes", "controller", status=1)
        finally:
            over.set()
            killer.join()
        self.assertTrue(killed)
        failed = [line for line in result.out.splitlines() if line.startswith("  failed ")]
        # Killed between two steps it is a server that cannot be reached, and no step has failed.
        self.assertTrue(failed or "server edge02; the node ended" in result.out, result)
        self.assertTrue(all(" edge02: " in line for line in failed), result)
        self.assertTrue((self.far / "edge01" / "root.pem").exists())
        self.assertEqual([place for place in self.stores() if (place / "roles" / "internal").exists()], [])
        self.run_program("apply", "--yes", "controller")
        self.assert_converged()

    def test_a_node_that_is_killed_by_its_own_reload_is_no_verdict_on_the_certificate(self):
        marker = self.write("kill-once", "")
        self.script.write_text(f'#!/bin/sh\nif [ "$1" = edge02 ] && rm {marker} 2>/dev/null; then kill -9 $PPID; fi\necho "$1" >> {self.reloaded}\n')
        result = self.run_program("apply", "--yes", "controller", status=1)
        self.assertFalse(marker.exists())
        self.assertIn("edge02", result.out)
        self.run_program("apply", "--yes", "controller")
        self.assert_converged()

    def assert_its_failure_alone(self, *words):
        """edge02 cannot be spoken to: it is named with what ssh or it said, the rest is prepared, nothing is switched."""
        result = self.run_program("apply", "--yes", "controller", status=1)
        for word in ("edge02", *words):
            self.assertIn(word, result.out + result.err)
        self.assertTrue((self.far / "edge01" / "root.pem").exists())
        self.assertTrue((self.near / "root.pem").exists())
        self.assertEqual([place for place in self.stores() if (place / "roles" / "internal").exists()], [])
        check = self.run_program("check", "controller", status=1)
        for word in ("edge02", *words):
            self.assertIn(word, check.out + check.err)

    def test_a_server_that_refuses_the_key(self):
        self.server.forget("edge02.example.net")
        self.assert_its_failure_alone("Permission denied (publickey)")
        self.server.serve("edge02.example.net", self.node("edge02"))
        self.run_program("apply", "--yes", "controller")
        self.assert_converged()

    def test_a_greeting_before_the_conversation(self):
        self.server.serve("edge02.example.net", "echo 'Welcome to edge02, last login Monday'; exec " + " ".join(map(str, self.node("edge02"))))
        self.assert_its_failure_alone("Welcome to edge02")
        self.assertFalse((self.far / "edge02").exists())

    def test_a_forced_command_that_is_not_there(self):
        self.server.serve("edge02.example.net", "/nonexistent/edgecert node --directory /nonexistent")
        self.assert_its_failure_alone("/nonexistent/edgecert")

    def test_a_host_key_that_changed(self):
        known = self.server.folder / "known_hosts"
        right = known.read_text()
        ssh_server.keygen(self.server.folder / "stranger")
        words = (self.server.folder / "stranger.pub").read_text().split()[:2]
        known.write_text(f"[127.0.0.1]:{self.server.port} {' '.join(words)}\n")
        result = self.run_program("apply", "--yes", "controller", status=1)
        self.assertIn("Host key verification failed", result.out + result.err)
        self.assertFalse((self.far / "edge01").exists())
        known.write_text(right)
        self.run_program("apply", "--yes", "controller")
        self.assert_converged()

    def test_when_sshd_is_stopped_its_servers_are_unreachable_and_the_words_of_ssh_are_shown(self):
        self.run_program("apply", "--yes", "controller")
        before = self.tree(self.far)
        self.server.stop()
        plan = self.run_program("plan", "controller", status=1)
        for words in ("edge01", "edge02", "Connection refused"):
            self.assertIn(words, plan.out + plan.err)
        path = self.controller / "pool.yaml"
        path.write_text(path.read_text().replace("[www.example.net]", "[www.example.net, shop.example.net]"))
        self.run_program("apply", "--yes", "controller", status=1)
        self.assertEqual(self.tree(self.far), before)
        self.assertEqual(self.assigned(), 1)
        self.server.start()
        self.run_program("apply", "--yes", "controller")
        self.assert_converged()

    def assigned(self):
        """How many certificates the pool's roles point at."""
        return len({os.readlink(store / "roles" / "internal") for store in self.stores()})


if __name__ == "__main__":
    harness.main()
