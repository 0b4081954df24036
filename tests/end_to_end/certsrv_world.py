"""A simulated AD CS behind its enrolment pages, and a fleet that enrols there; what the end-to-end tests of adcs share."""

import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import harness

SUPPORT = harness.SOURCE / "tests" / "support" / "certsrv"
sys.path.insert(0, str(SUPPORT))

from store import Store  # noqa: E402  # pylint: disable=wrong-import-position

PATIENCE = 60

FLEET = """
apiVersion: edgecert/v1
kind: CertificateAuthority
metadata: {{name: contoso}}
spec:
  adcs:
    url: {url}
    auth: {auth}
    tls: {{ca: "{web_root}"}}
{more}
---
apiVersion: edgecert/v1
kind: CertificateTemplate
metadata: {{name: web-server}}
spec: {{template: {template}, key: {{exportable: true}}, validity: {validity}{minimum}}}
---
apiVersion: edgecert/v1
kind: Site
metadata: {{name: amsterdam}}
spec:
  subject: {{organization: Contoso, country: NL}}
  authority: contoso
  template: web-server
  store: {{directory: "stores/${{pool.name}}-${{server.name}}"}}
"""
POOL = """
---
apiVersion: edgecert/v1
kind: EdgePool
metadata: {{name: {name}}}
spec:
  site: amsterdam
  fqdn: {name}.contoso.net
  servers:
    - {{name: edge01, fqdn: edge01.{name}.contoso.net}}
    - {{name: edge02, fqdn: edge02.{name}.contoso.net}}
  certificates:
    - {{name: internal, roles: [internal], names: [{name}.contoso.net, edge01.{name}.contoso.net, edge02.{name}.contoso.net]}}
"""
BASIC = "{method: basic, username: 'CONTOSO\\svc-edge', password: {env: EDGECERT_CA_PASSWORD}}"
PASSWORD = "canary swordfish 7"
USERS = {"CONTOSO\\svc-edge": PASSWORD}


def wait_for(condition, what):
    """Until it holds; a loaded machine is slow, so the limit is far away."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"never: {what}")
        time.sleep(0.02)


class CertsrvWorld(harness.EndToEnd):
    """Each test has an authority of its own, which answers while the test runs."""

    @classmethod
    def setUpClass(cls):
        """The authority's keys, made once; each test has a copy."""
        super().setUpClass()
        cls.made = pathlib.Path(tempfile.mkdtemp(prefix="certsrv-"))
        cls.addClassCleanup(shutil.rmtree, cls.made, ignore_errors=True)
        Store(cls.made)

    def setUp(self):
        super().setUp()
        self.environment["EDGECERT_CA_PASSWORD"] = PASSWORD
        shutil.copytree(self.made, self.folder / "ca")
        self.store = Store(self.folder / "ca")
        self.store.turn(auth="basic", users=USERS)
        self.url = self.start()
        self.fleet = self.folder / "fleet"
        self.fleet.mkdir()

    def start(self, listen="127.0.0.1:0", *more):
        """Starts the simulator; its address."""
        self.simulator = subprocess.Popen(
            [sys.executable, "-B", str(SUPPORT / "certsrv"), "serve", str(self.store.folder), "--listen", listen, *more],
            stdout=subprocess.PIPE, text=True,
        )
        self.addCleanup(self.stop, self.simulator)
        address = self.simulator.stdout.readline().strip()
        self.assertIn("/certsrv/", address, "the simulator did not start")
        return address

    @staticmethod
    def stop(simulator):
        simulator.kill()
        simulator.wait()
        simulator.stdout.close()

    def declare(self, pools=("ams",), auth=BASIC, chain=None, template="WebServer", validity="365d", minimum="", url=None, web_root=None, more=""):
        """Writes the manifests; `chain` None pins the authority's root."""
        chain = f'  chain: {{roots: ["{self.store.pin()}"]}}' if chain is None else chain
        text = FLEET.format(
            url=url or self.url, auth=auth, web_root=web_root or self.store.path("root.pem"), more=chain + more,
            template=template, validity=validity, minimum=f", minimumValidity: {minimum}" if minimum else "",
        )
        text += "".join(POOL.format(name=name) for name in pools)
        (self.fleet / "fleet.yaml").write_text(text)

    def apply(self, *arguments, status=0):
        return self.run_program("apply", "--yes", *arguments, "fleet", status=status)

    def records(self):
        return self.store.all()

    def exchanges(self):
        path = self.store.path("exchanges.jsonl")
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def assert_converged(self, pools=("ams",)):
        """All servers of a pool serve one certificate that openssl verifies, and nothing is left to do."""
        for pool in pools:
            prints = {
                self.assert_serves(self.fleet / "stores" / f"{pool}-{server}", "internal", self.store.path("root.pem"))
                for server in ("edge01", "edge02")
            }
            self.assertEqual(len(prints), 1)
        self.run_program("plan", "fleet", "--detailed-exitcode", status=0)

    def assert_nothing_installed(self, pool="ams"):
        for server in ("edge01", "edge02"):
            self.assertFalse((self.fleet / "stores" / f"{pool}-{server}" / "roles" / "internal").exists())

    def pages(self):
        """The pages that were kept because they were not understood."""
        return sorted((self.folder / "log" / "edgecert" / "runs" / "pages").glob("*.html"))

    def entries(self, pool="ams"):
        """What each server's store has noted of its open requests: server -> entries."""
        return {
            server: [json.loads(path.read_text()) for path in sorted((self.fleet / "stores" / f"{pool}-{server}" / "requests").rglob("entry.json"))]
            for server in ("edge01", "edge02")
        }

    def halted_at(self, number, when, *arguments):
        """Starts apply; the process, once the authority is at this exchange and waits there, or None: it ended before."""
        self.store.turn(halt={"at": number, "when": when})
        process = self.start_program("apply", "--yes", *arguments, "fleet")
        return process if self.reached(process, number) else None

    def reached(self, process, number):
        mark = self.store.path("halted")
        wait_for(lambda: mark.exists() or process.poll() is not None, f"exchange {number}")
        return mark.exists()

    def released(self, **halt):
        """Lets the authority go on, to the next exchange where it waits, if there is one."""
        self.store.turn(halt=halt)
        self.store.path("halted").unlink(missing_ok=True)

    def killed_at(self, number, when, *arguments):
        """Runs apply and kills it while the authority is at this exchange; False: it ended before."""
        process = self.halted_at(number, when, *arguments)
        if process:
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.released()
        if process:  # what had arrived is carried out, although nobody listens any more
            wait_for(lambda: any(exchange["n"] == number for exchange in self.exchanges()), f"the end of exchange {number}")
        return bool(process)

    def another_controller(self, name):
        """From now on the program runs elsewhere: other manifests of the same text, another record; only the stores are the same."""
        shutil.rmtree(self.folder / "log", ignore_errors=True)
        moved = self.folder / name
        shutil.copytree(self.fleet, moved / "fleet", ignore=shutil.ignore_patterns("stores"))
        (moved / "fleet" / "stores").symlink_to(self.fleet / "stores")
        return moved


def main():
    harness.main()
