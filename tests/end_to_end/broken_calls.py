"""A pool of two servers, one behind a node, whose program breaks at a call of one's choice; and what must hold afterwards."""

import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import harness
from harness import openssl

LIBRARY = os.environ.get("EDGECERT_BREAK_CALLS", "")
ERRORS = {"enospc": "No space left on device", "full": "No space left on device", "eio": "Input/output error", "dead": "Input/output error"}
DAY = 86400

FLEET = """
apiVersion: edgecert/v1
kind: CertificateAuthority
metadata: {name: lab}
spec: {local: {directory: ca, subject: {commonName: Lab Issuing CA}, key: {algorithm: ecdsa, curve: p256}}}
---
apiVersion: edgecert/v1
kind: CertificateTemplate
metadata: {name: web}
spec: {key: {algorithm: ecdsa, curve: p256, exportable: true}, validity: 90d}
---
apiVersion: edgecert/v1
kind: Site
metadata: {name: here}
spec: {authority: lab, template: web, retire: {after: 7d}}
---
apiVersion: edgecert/v1
kind: EdgePool
metadata: {name: edge}
spec:
  site: here
  fqdn: edge.example.net
  servers:
    - {name: one, fqdn: one.example.net, store: {directory: stores/one, activate: [ACTIVATE]}}
    - {name: two, fqdn: two.example.net, store: {command: [PROGRAM, node, --directory, FOLDER/stores/two, --, ACTIVATE]}}
  certificates: [{name: internal, roles: [internal], names: [NAMES]}]
"""

# Refuses every certificate but the one in `good`, on the second server, as long as there is a file `refuse`.
ACTIVATE = """#!/bin/sh
here=${0%/*}
[ -e "$here/refuse" ] && [ "${EDGECERT_STORE##*/}" = two ] || exit 0
cmp -s "$here/good" "$EDGECERT_STORE/roles/internal/certificate.pem" && exit 0
echo "the new certificate is refused here"
exit 1
"""

Point = collections.namedtuple("Point", "role process number call kind path")
Break = collections.namedtuple("Break", "point how")


class Pool:
    """One folder with the fleet, its stores and its CA, in which the program is run."""

    def __init__(self, folder, base=None, clock=0, names=""):
        self.folder = pathlib.Path(folder)
        if base:
            shutil.copytree(base.folder, self.folder, symlinks=True)
        else:
            self.folder.mkdir(parents=True)
        self.clock = clock
        self.broke = False  # in the last run that was to break
        self.may_go = set()  # certificates whose retirement is due
        self.declare(names)

    def declare(self, names):
        activate = self.folder / "activate"
        activate.write_text(ACTIVATE)
        activate.chmod(0o755)
        text = FLEET.replace("PROGRAM", harness.PROGRAM).replace("ACTIVATE", str(activate)).replace("FOLDER", str(self.folder))
        (self.folder / "pool.yaml").write_text(text.replace("NAMES", names))

    def run(self, *arguments, at=None, notes=None, under=(), haste=1):
        """Status and everything said; `at` is a Break, `under` what the program is run by, `haste` how fast its patience ends."""
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "XDG_STATE_HOME": str(self.folder / "log"), "LC_ALL": "C.UTF-8",
                       "BREAK_CLOCK": str(self.clock), "BREAK_HASTE": str(haste)}
        environment |= {"LD_PRELOAD": LIBRARY} if LIBRARY else {}
        environment |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS") if name in os.environ}
        processes = None
        if at or notes:
            processes = environment["BREAK_PROCESSES"] = tempfile.mkdtemp(prefix="processes-", dir=self.folder.parent)
        if at:
            taken = self.folder.parent / (self.folder.name + ".taken")
            taken.mkdir(exist_ok=True)
            environment["BREAK_TAKEN"] = str(taken)
            environment["BREAK_AT"] = f"{at.point.role}:{at.point.process}:{at.point.number}:{at.how}"
        if notes:
            environment["BREAK_NOTES"] = str(notes)
        if under:  # whose own calls are not meant
            under = [*under, *(word for name in ("LD_PRELOAD", "BREAK_CLOCK", "BREAK_HASTE", "BREAK_NOTES", "BREAK_PROCESSES") if name in environment
                               for word in ("-E", f"{name}={environment.pop(name)}"))]
        done = subprocess.run([*under, harness.PROGRAM, *arguments, "pool.yaml"], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=harness.TIMEOUT, check=False)
        if at:
            self.broke = os.path.isdir(os.path.join(processes, "broken"))
        if processes:
            shutil.rmtree(processes)
        return done.returncode, done.stdout.decode(errors="replace")

    def apply(self, *arguments, **more):
        return self.run("apply", "--yes", *arguments, **more)

    def stores(self):
        return [self.folder / "stores" / name for name in ("one", "two")]

    def issued(self):
        """What the CA has signed, by the public keys of its log."""
        return [json.loads(path.read_text()) for path in sorted((self.folder / "ca" / "ca" / "log").glob("*.json"))]

    def certificate(self, store):
        return (store / "roles" / "internal" / "certificate.pem").read_bytes()


class Keys:
    """Public keys of files, asked of openssl once for the same bytes."""

    def __init__(self):
        self.known = {}

    def public(self, kind, data):
        found = self.known.get((kind, data))
        if found is None:
            words = ("x509", "-noout", "-pubkey") if kind == "certificate" else ("pkey", "-pubout")
            try:
                pem = openssl(*words, data=data)
                found = hashlib.sha256(openssl("pkey", "-pubin", "-outform", "DER", data=pem)).hexdigest()
            except AssertionError:
                found = "unreadable"
            self.known[(kind, data)] = found
        return found

    def of_key(self, path):
        return self.public("key", path.read_bytes())

    def of_certificate(self, path):
        return self.public("certificate", path.read_bytes())


def faults_now(pool, keys):
    """What may not be true even in the moment of the break, in words."""
    issued = pool.issued()
    if len({entry["issuance"] for entry in issued}) != len(issued):
        yield "one issuance twice in the CA's log"
    held = {keys.of_key(path) for store in pool.stores() if store.exists() for path in store.rglob("key.pem") if "roles" not in path.parts}
    for entry in issued:
        if entry["publicKey"] not in held and entry["sha256"] not in pool.may_go:
            yield f"the key of {entry['sha256'][:12]} is lost"
    for store in pool.stores():
        role = store / "roles" / "internal"
        if not role.is_symlink():
            continue
        missing = [name for name in ("certificate.pem", "chain.pem", "fullchain.pem", "key.pem") if not (role / name).is_file()]
        if missing:
            yield f"{store.name} serves without {missing}"
        elif keys.of_certificate(role / "certificate.pem") != keys.of_key(role / "key.pem"):
            yield f"{store.name} serves a certificate with another key"
        elif not (role / "fullchain.pem").read_bytes().startswith((role / "certificate.pem").read_bytes()):
            yield f"{store.name} serves a full chain of something else"


def faults_at_rest(pool, keys, issued, first=None, overtaken=False):
    """What must hold when nothing is left to do: `issued` certificates ever, one served by both, the `first` one if so.

    `overtaken`: a request that another controller made superfluous before it was sent may stay.
    """
    over = ("abandoned", "created") if overtaken else ("abandoned",)
    yield from faults_now(pool, keys)
    log = pool.issued()
    if len(log) != issued:
        yield f"{len(log)} certificates issued instead of {issued}"
    served = {pool.certificate(store) for store in pool.stores()}
    if len(served) != 1:
        yield "the servers serve different certificates"
    elif first is not None and served != {first}:
        yield "something else than the old certificate is served"
    for store in pool.stores():
        place = store / "roles" / "internal"
        try:
            openssl("verify", "-no_check_time", "-x509_strict", "-purpose", "sslserver", "-CAfile", store / "root.pem",
                    "-untrusted", place / "chain.pem", place / "certificate.pem")
        except AssertionError as error:
            yield f"{store.name}: {error}"
        for path in (store / "requests").rglob("entry.json"):
            entry = json.loads(path.read_text())
            if (path.parent / "key.pem").exists() and entry["phase"] not in over:
                yield f"{store.name} still has the key of a request that is {entry['phase']}"


def points_of(pool, arguments):
    """The calls of an undisturbed run, in order."""
    notes = pool.folder.parent / (pool.folder.name + ".notes")
    status, said = pool.apply(*arguments, notes=notes)
    points = []
    for line in notes.read_text().splitlines():
        role, process, number, call, kind, path = line.split(" ", 5)
        points.append(Point(role, int(process), int(number), call, kind, path))
    return points, status, said


def breaks_of(points):
    """Every way to break at every point that makes sense there."""
    found = []
    for point in points:
        ways = ["kill", "eio"]
        if point.kind == "file":
            ways += ["power", "enospc", "full", "dead"]
        if point.call in ("write", "writev", "pwrite64"):
            ways.append("torn")
        found += [Break(point, how) for how in ways]
    for role in ("controller", "node"):
        assert any(point.role == role for point in points), f"no call of the {role} was seen"
    return found


def in_parallel(task, items):
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as threads:
        return list(threads.map(task, items))
