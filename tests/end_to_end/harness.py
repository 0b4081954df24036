"""Runs the built program in a folder of its own with a clean environment, and asks the openssl command line about what it made."""

import json
import os
import pathlib
import pty
import select
import shutil
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.environ.get("EDGECERT_PROGRAM", "")
SOURCE = pathlib.Path(__file__).resolve().parents[2]
TIMEOUT = 120

# A CA in a folder and a template, for the manifests of tests that care for neither; what follows is another document.
LAB = """
apiVersion: edgecert/v1
kind: CertificateAuthority
metadata: {name: lab}
spec: {local: {directory: ca, subject: {commonName: Lab Issuing CA}, key: {algorithm: ecdsa, curve: p256}}}
---
apiVersion: edgecert/v1
kind: CertificateTemplate
metadata: {name: web}
spec: {key: {algorithm: ecdsa, curve: p256, exportable: true}}
---
"""


def openssl(*arguments, data=None):
    """The output of an openssl command; an AssertionError with its words when it fails."""
    done = subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, timeout=TIMEOUT)
    if done.returncode != 0:
        raise AssertionError(f"openssl {' '.join(map(str, arguments))}: {done.stderr.decode(errors='replace')}")
    return done.stdout


class Result:
    """What one run of the program said and how it ended."""

    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout.decode(errors="replace")
        self.err = done.stderr.decode(errors="replace")

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"status {self.status}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class EndToEnd(unittest.TestCase):
    """Each test has a temporary folder, which is the program's current folder."""

    maxDiff = None

    def setUp(self):
        self.assertTrue(PROGRAM and os.access(PROGRAM, os.X_OK), "EDGECERT_PROGRAM names no program")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="edgecert-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.folder / "home"),
            "XDG_STATE_HOME": str(self.folder / "log"),
            "LC_ALL": "C.UTF-8",
            "TZ": "Asia/Kathmandu",  # nothing may depend on it
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]

    def run_program(self, *arguments, status=0, data=b"", environment=None, cwd=None):
        """Runs edgecert without a terminal; `status` None takes any."""
        done = subprocess.run(
            [PROGRAM, *map(str, arguments)],
            input=data,
            capture_output=True,
            cwd=cwd or self.folder,
            env={**self.environment, **(environment or {})},
            timeout=TIMEOUT,
            check=False,
        )
        result = Result(done)
        if status is not None:
            self.assertEqual(result.status, status, f"edgecert {' '.join(map(str, arguments))}\n{result}")
        return result

    def start_program(self, *arguments):
        """The program running by itself, for signals."""
        process = subprocess.Popen(
            [PROGRAM, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=self.environment,
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def run_on_terminal(self, *arguments, answers, status=0):
        """Runs the program on a terminal of its own; answers is a list of (what it asks, what is typed)."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execve(PROGRAM, [PROGRAM, *map(str, arguments)], {**self.environment, "NO_COLOR": "1", "TERM": "xterm"})
        said = b""
        waiting = list(answers)
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            ready, _, _ = select.select([terminal], [], [], 1)
            if not ready:
                continue
            try:
                chunk = os.read(terminal, 65536)
            except OSError:
                break
            if not chunk:
                break
            said += chunk
            if waiting and waiting[0][0].encode() in said:
                question, answer = waiting.pop(0)
                said = said.replace(question.encode(), b"(asked)", 1)
                os.write(terminal, answer.encode())
        os.close(terminal)
        _, how = os.waitpid(child, 0)
        text = said.decode(errors="replace")
        self.assertEqual(os.waitstatus_to_exitcode(how), status, text)
        self.assertEqual(waiting, [], f"never asked\n{text}")
        return text

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def quickstart(self, folder="fleet"):
        self.run_program("init", folder)
        return self.folder / folder

    def tree(self, folder):
        """Every file below, with its bytes and times, to show that nothing was touched."""
        found = {}
        for path in sorted(pathlib.Path(folder).rglob("*")):
            about = path.lstat()
            if path.is_symlink():
                found[str(path)] = ("link", os.readlink(path))
            elif path.is_file():
                found[str(path)] = (about.st_mode, about.st_mtime_ns, path.read_bytes())
            else:
                found[str(path)] = ("folder", about.st_mode)
        return found

    def assert_schema(self, name, document):
        import jsonschema  # python3-jsonschema

        schema = json.loads((SOURCE / "schemas" / f"{name}.schema.json").read_text())
        jsonschema.Draft7Validator(schema).validate(document)

    def assert_serves(self, store, role, root):
        """A role of a directory store points at a certificate with its key, and openssl verifies its chain."""
        place = store / "roles" / role
        certificate = place / "certificate.pem"
        openssl("verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", root, "-untrusted", place / "chain.pem", certificate)
        of_certificate = openssl("x509", "-in", certificate, "-noout", "-pubkey")
        self.assertEqual(of_certificate, openssl("pkey", "-in", place / "key.pem", "-pubout"))
        self.assertEqual((place / "key.pem").stat().st_mode & 0o777, 0o600)
        return openssl("x509", "-in", certificate, "-noout", "-fingerprint", "-sha256").decode().strip()


def main():
    unittest.main(verbosity=2)
