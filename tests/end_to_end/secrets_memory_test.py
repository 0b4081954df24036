"""Keys in the memory of a running controller and node: no core dump has them, and what was used is wiped."""

import os
import pathlib
import re
import resource
import signal
import subprocess
import time
import unittest

import harness
from secret_search import Secrets

FLEET = """
apiVersion: edgecert/v1
kind: CertificateAuthority
metadata: {name: lab}
spec: {local: {directory: ca, subject: {commonName: Lab CA}, key: {algorithm: rsa, bits: 2048}}}
---
apiVersion: edgecert/v1
kind: CertificateTemplate
metadata: {name: web}
spec: {key: {algorithm: KEY, exportable: true}}
---
apiVersion: edgecert/v1
kind: Site
metadata: {name: here}
spec: {authority: lab, template: web}
---
apiVersion: edgecert/v1
kind: EdgePool
metadata: {name: edge}
spec:
  site: here
  fqdn: edge.example.net
  servers:
    - {name: one, fqdn: one.example.net, store: {directory: stores/one}}
    - {name: two, fqdn: two.example.net, store: {command: [PROGRAM, node, --directory, FOLDER/stores/two, --, FOLDER/activate]}}
    - {name: three, fqdn: three.example.net, store: {command: [PROGRAM, node, --directory, FOLDER/stores/three]}}
  certificates: [{name: internal, roles: [internal]}]
"""
# Says that it runs, and holds everything up until it may end.
ACTIVATE = "#!/bin/sh\n: > FOLDER/holding\nwhile ! [ -e FOLDER/go ]; do sleep 0.05; done\n"


def unlimited():
    """In a child before it becomes the program: cores as large as the system lets them be."""
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))


def memory_of(process):
    """All that a process may read and write, by regions; needs to be root, for the process forbids everybody else."""
    for line in pathlib.Path(f"/proc/{process}/maps").read_text().splitlines():
        found = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
        if not found or line.endswith(("[vvar]", "[vsyscall]")):
            continue
        begin, end = (int(number, 16) for number in found.groups())
        with open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
            memory.seek(begin)
            try:
                yield line, without_empty_pages(memory.read(end - begin))
            except OSError:
                continue


def without_empty_pages(data):
    """Most of a stack was never written to."""
    pages = (data[at : at + resource.getpagesize()] for at in range(0, len(data), resource.getpagesize()))
    return b"".join(page for page in pages if page.count(0) != len(page))


class SecretsInMemory(harness.EndToEnd):
    def declare(self, key):
        self.write("activate", ACTIVATE.replace("FOLDER", str(self.folder))).chmod(0o755)
        text = FLEET.replace("FOLDER", str(self.folder)).replace("PROGRAM", harness.PROGRAM).replace("KEY", key)
        self.write("pool.yaml", text)

    def hold(self, key):
        """The program in the middle of an apply, everything but the last activations done, and its nodes."""
        self.declare(key)
        process = subprocess.Popen([harness.PROGRAM, "apply", "--yes", "pool.yaml"], cwd=self.folder, env=self.environment, preexec_fn=unlimited,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.addCleanup((self.folder / "go").touch)
        deadline = time.monotonic() + harness.TIMEOUT
        while not (self.folder / "holding").exists():
            self.assertIsNone(process.poll(), "it ended early")
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        while len(self.nodes_of(process)) != 2:  # children move from thread to thread when one ends
            self.assertLess(time.monotonic(), deadline)
        return process, self.nodes_of(process)

    def nodes_of(self, process):
        found = []
        for path in pathlib.Path(f"/proc/{process.pid}/task").glob("*/children"):
            try:
                found += [int(child) for child in path.read_text().split() if b"\0node\0" in pathlib.Path(f"/proc/{child}/cmdline").read_bytes()]
            except OSError:
                continue
        return found

    def cores(self):
        return [path for path in self.folder.rglob("core*") if path.is_file()]

    def keys(self):
        return [path for path in self.folder.rglob("*") if path.is_file() and not path.is_symlink() and b"PRIVATE KEY-----" in path.read_bytes()]

    def test_no_core_is_left_of_a_controller_or_a_node(self):
        other = subprocess.run(["sh", "-c", "kill -ABRT $$"], cwd=self.folder, preexec_fn=unlimited, check=False)
        self.assertEqual(other.returncode, -signal.SIGABRT)
        can_dump = bool(self.cores())
        for core in self.cores():
            core.unlink()
        process, nodes = self.hold("ecdsa, curve: p256")
        for one in [process.pid, *nodes]:
            self.assertRegex(pathlib.Path(f"/proc/{one}/limits").read_text(), r"Max core file size +0 +0 ")
            try:  # somebody may raise it from outside, and even then
                resource.prlimit(one, resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            except PermissionError:
                pass
        for one in [*nodes, process.pid]:
            os.kill(one, signal.SIGABRT)
        out, _ = process.communicate(timeout=harness.TIMEOUT)
        self.assertEqual(process.returncode, -signal.SIGABRT, out.decode())
        self.assertEqual(self.cores(), [])
        if not can_dump:
            self.skipTest("this system leaves no cores of other programs here either")

    @unittest.skipUnless(os.geteuid() == 0, "only root may look into a process that forbids it")
    def test_what_was_used_is_wiped(self):
        for key in ("rsa, bits: 2048", "ecdsa, curve: p256"):
            with self.subTest(key=key):
                (self.folder / "go").unlink(missing_ok=True)
                process, nodes = self.hold(key)
                keys = self.keys()
                self.assertGreaterEqual(len(keys), 5, "two of the CA, one on each server")
                secrets = Secrets({path.read_bytes(): path for path in keys}.values(), numbers_reversed=True)
                found = []
                for name, one in [("controller", process.pid), *(("node", node) for node in nodes)]:
                    for region, data in memory_of(one):
                        what = secrets.found_in(data)
                        if what:
                            found.append(f"{name}: {what} in {region}")
                (self.folder / "go").touch()
                process.communicate(timeout=harness.TIMEOUT)
                self.assertEqual(found, [])
                for path in (self.folder / "stores", self.folder / "ca"):
                    subprocess.run(["rm", "-r", str(path)], check=True)
                (self.folder / "holding").unlink()


if __name__ == "__main__":
    harness.main()
