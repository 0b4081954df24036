"""A real nginx serves what roles/internal points at: first certificate, renewal, and the way back when a server does not follow."""

import hashlib
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import time
import unittest

import harness
from harness import openssl

EXAMPLE = harness.SOURCE / "examples" / "nginx"
NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
ADDRESSES = {"edge01": "127.0.0.1", "edge02": "127.0.0.2"}


def free_port():
    """A port that is free on both addresses."""
    for _ in range(100):
        with socket.socket() as one, socket.socket() as two:
            one.bind((ADDRESSES["edge01"], 0))
            port = one.getsockname()[1]
            try:
                two.bind((ADDRESSES["edge02"], port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


@unittest.skipUnless(NGINX, "nginx is not installed")
class Nginx(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.folder.chmod(0o755)
        self.environment["PATH"] += ":" + os.path.dirname(NGINX)
        self.port = free_port()
        shutil.copy(EXAMPLE / "pool.yaml", self.folder)
        self.edit("pool.yaml", "port: 18443", f"port: {self.port}")
        for server in ADDRESSES:
            (self.folder / server / "enabled").mkdir(parents=True)
            (self.folder / server / "temp").mkdir()
            for name in ("nginx.conf", "tls.conf"):
                shutil.copy(EXAMPLE / server / name, self.folder / server)
            self.edit(f"{server}/tls.conf", ":18443", f":{self.port}")
            self.addCleanup(self.stop, server)
            self.start(server)
            (self.folder / server / "enabled" / "tls.conf").symlink_to("../tls.conf")

    def edit(self, name, old, new):
        path = self.folder / name
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new))

    def nginx(self, server, *arguments):
        return subprocess.run(
            [NGINX, "-p", server, "-c", "nginx.conf", *arguments], cwd=self.folder, capture_output=True, timeout=60, check=False
        )

    def start(self, server):
        done = self.nginx(server)
        self.assertEqual(done.returncode, 0, done.stderr.decode())

    def stop(self, server):
        pid = self.folder / server / "nginx.pid"
        if pid.exists():
            self.nginx(server, "-s", "stop")
            deadline = time.monotonic() + 20
            while pid.exists() and time.monotonic() < deadline:
                time.sleep(0.02)

    def served(self, server):
        """The SHA-256 of the certificate in a handshake that trusts the store's roots alone."""
        context = ssl.create_default_context(cafile=self.folder / "state" / "stores" / server / "root.pem")
        with socket.create_connection((ADDRESSES[server], self.port), timeout=20) as plain:
            with context.wrap_socket(plain, server_hostname="web.example.net") as tls:
                return hashlib.sha256(tls.getpeercert(binary_form=True)).hexdigest()

    def assigned(self, server):
        place = self.folder / "state" / "stores" / server / "roles" / "internal"
        der = openssl("x509", "-in", place / "certificate.pem", "-outform", "DER")
        self.assertEqual(hashlib.sha256(der).hexdigest(), pathlib.Path(os.readlink(place)).name)
        return hashlib.sha256(der).hexdigest()

    def assert_served(self, server, expected):
        """After a reload the workers before it still take connections, for a moment that nobody announces."""
        deadline = time.monotonic() + 30
        seen = self.served(server)
        while seen != expected and time.monotonic() < deadline:
            time.sleep(0.05)
            seen = self.served(server)
        self.assertEqual(seen, expected, server)

    def converged(self):
        """The one certificate that every server is assigned and serves."""
        seen = {self.assigned(server) for server in ADDRESSES}
        self.assertEqual(len(seen), 1, seen)
        one = seen.pop()
        for server in ADDRESSES:
            self.assert_served(server, one)
        return one

    def begin(self):
        self.run_program("apply", "--yes", "pool.yaml")
        return self.converged()

    def add_name(self):
        self.edit("pool.yaml", "names: [www.example.net]", "names: [www.example.net, shop.example.net]")

    def test_the_assigned_certificate_is_served_and_nginx_accepts_the_files(self):
        self.begin()
        for server in ADDRESSES:
            tried = self.nginx(server, "-t")
            self.assertEqual(tried.returncode, 0, tried.stderr.decode())
            self.assertNotIn(b"[warn]", tried.stderr)
        self.run_program("plan", "--detailed-exitcode", "pool.yaml")
        self.run_program("check", "pool.yaml")

    def test_openssl_verifies_what_is_served_with_its_name(self):
        self.begin()
        for server, address in ADDRESSES.items():
            said = openssl(
                "s_client", "-connect", f"{address}:{self.port}", "-servername", "web.example.net", "-verify_hostname", "www.example.net",
                "-verify_return_error", "-CAfile", self.folder / "state" / "stores" / server / "root.pem", data=b"",
            ).decode()
            self.assertIn("Verify return code: 0 (ok)", said)
            self.assertEqual(said.count("\n   i:"), 2, "the certificate and its intermediate, and no root")

    def test_a_renewal_is_picked_up_by_the_nginx_that_runs(self):
        old = self.begin()
        processes = [(self.folder / server / "nginx.pid").read_text() for server in ADDRESSES]
        self.add_name()
        self.run_program("apply", "--yes", "pool.yaml")
        self.assertNotEqual(self.converged(), old)
        self.assertEqual([(self.folder / server / "nginx.pid").read_text() for server in ADDRESSES], processes)

    def test_issued_after_replaces_a_certificate_that_is_good_otherwise(self):
        old = self.begin()
        time.sleep(1.1)
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.edit("pool.yaml", "      friendlyName: Web Internal\n", f"      friendlyName: Web Internal\n      issuedAfter: {now}\n")
        time.sleep(1.1)
        self.run_program("apply", "--yes", "pool.yaml")
        self.assertNotEqual(self.converged(), old)
        self.run_program("plan", "--detailed-exitcode", "pool.yaml")

    def assert_went_back(self, old, failed, why):
        """The failing apply, and everything that holds after it until somebody says --retry."""
        result = self.run_program("apply", "--yes", "pool.yaml", status=1)
        self.assertIn(why, result.out + result.err)
        self.assertIn(failed, result.out)
        self.assertEqual({self.assigned(server) for server in ADDRESSES}, {old})
        self.assert_served("edge01", old)
        plan = self.run_program("plan", "--format", "json", "pool.yaml", status=3).json()
        steps = plan["steps"]
        self.assertIn("role-rejected", {reason["code"] for step in steps for reason in step["reasons"]})
        self.assertLessEqual({step["action"] for step in steps}, {"wait", "activate-role", "verify-role"})

    def assert_not_tried_again(self, old):
        reloads = self.reloads("edge01")
        result = self.run_program("apply", "--yes", "pool.yaml", status=3)
        self.assertIn("--retry web/internal", result.out)
        self.assertEqual({self.assigned(server) for server in ADDRESSES}, {old})
        self.assertEqual(self.reloads("edge01"), reloads)
        issued = list((self.folder / "state" / "stores" / "edge01" / "personal").iterdir())
        self.assertEqual(len(issued), 2, "the old certificate and the rejected one, and nothing was ordered again")

    def reloads(self, server):
        return (self.folder / server / "error.log").read_text().count("reconfiguring")

    def retry(self, old):
        self.run_program("apply", "--yes", "--retry", "web/internal", "pool.yaml")
        self.assertNotEqual(self.converged(), old)
        self.run_program("plan", "--detailed-exitcode", "pool.yaml")

    def test_when_one_server_serves_another_certificate_all_go_back_until_retry(self):
        old = self.begin()
        openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=web.example.net",
            "-keyout", self.folder / "edge02" / "other.key", "-out", self.folder / "edge02" / "other.pem",
        )
        conf = self.folder / "edge02" / "tls.conf"
        right = conf.read_text()
        roles = "../state/stores/edge02/roles/internal"
        conf.write_text(right.replace(f"{roles}/fullchain.pem", "other.pem").replace(f"{roles}/key.pem", "other.key"))
        self.add_name()
        self.assert_went_back(old, "edge02", "answers with another certificate")
        conf.write_text(right)
        self.assertEqual(self.nginx("edge02", "-s", "reload").returncode, 0)
        self.assert_not_tried_again(old)
        self.assertEqual(self.converged(), old)
        self.retry(old)

    def test_when_one_server_cannot_be_reloaded_all_go_back_until_retry(self):
        old = self.begin()
        self.stop("edge02")
        self.add_name()
        self.assert_went_back(old, "edge02", "activation on edge02 failed")
        self.start("edge02")
        self.run_program("apply", "--yes", "pool.yaml", status=3)  # tells edge02, which missed it, of the old one
        self.assert_not_tried_again(old)
        self.retry(old)

    def test_a_server_that_loaded_it_although_its_reload_failed_goes_back_too(self):
        old = self.begin()
        script = self.write("half", '#!/bin/sh\nnginx -p "$1" -c nginx.conf -s reload\nexit 7\n')
        script.chmod(0o755)
        self.edit("pool.yaml", '[nginx, -p, "${server.name}", -c, nginx.conf, -s, reload]', '[./half, "${server.name}"]')
        self.add_name()
        result = self.run_program("apply", "--yes", "pool.yaml", status=1)
        self.assertIn("activation on edge01 failed: it ended with status 7", result.out + result.err)
        self.assertEqual({self.assigned(server) for server in ADDRESSES}, {old})
        self.assert_served("edge01", old)

    def test_the_example_runs(self):
        if subprocess.run(["grep", "-q", ":480B ", "/proc/net/tcp"], check=False).returncode == 0:
            self.skipTest("port 18443 is taken")
        done = subprocess.run(
            [EXAMPLE / "run", harness.PROGRAM], env=self.environment, cwd=self.folder, capture_output=True, timeout=120, check=False
        )
        self.assertEqual(done.returncode, 0, done.stdout.decode() + done.stderr.decode())
        self.assertIn(b"DNS:shop.example.net", done.stdout)
        self.assertEqual(done.stdout.count(b"Nothing left to do"), 2)


if __name__ == "__main__":
    harness.main()
