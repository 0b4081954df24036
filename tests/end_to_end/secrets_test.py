"""No byte of a private key, and no password, in anything that the program says, records, saves or passes on."""

import base64
import pathlib
import re
import shutil
import unittest

import harness
import ssh_server
from harness import openssl
from secret_search import Secrets, Watched

PASSWORD = "correct horse battery staple 42"
# Where a key may lie: beside its certificate, with its request, and in a CA's own folder.
KEY_PLACE = r"/(personal/[0-9a-f]{64}|requests/[^/]+/[^/]+/[0-9a-f]{64})/key\.pem$|/ca/private/(root|issuing)\.key$"


class SecretsTest(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.said = []  # (what, bytes)
        self.watched = set()

    def say(self, *arguments, status=(0,), extra=lambda: []):
        """Runs the program under watch and keeps all it said."""
        done = Watched(arguments, self.folder, self.environment, extra)
        what = " ".join(map(str, arguments))
        self.assertIn(done.status, status, f"{what}\n{done.out.decode()}\n{done.err.decode()}")
        self.said += [(f"stdout of {what}", done.out), (f"stderr of {what}", done.err)]
        self.said += [(f"{name} during {what}", data) for name, data in done.watch.seen]
        self.watched |= {data for name, data in done.watch.seen if name == "cmdline"}
        return done.out

    def say_everything(self, fleet, pool, server, authority, extra=lambda: []):
        """Every command and every form, before, during and after the first certificate and a renewal."""
        self.say("validate", fleet)
        self.say("check", fleet, extra=extra)
        self.say("plan", fleet, "--verbose", "--out", "first.json")
        self.say("apply", "--yes", "--verbose", "--plan", "first.json", fleet, "--format", "json", extra=extra)
        for form in ("text", "json", "markdown"):
            self.say("plan", fleet, "--verbose", "--at", "2031-01-01T00:00:00Z", "--format", form, status=(0, 3))
        for form in ("text", "json", "prometheus", "junit"):
            self.say("drift", fleet, "--format", form)
        for command in ("status", "observe"):
            self.say(command, fleet)
        self.say("status", fleet, "--format", "json")
        self.say("observe", fleet, "--out", "observed.json", extra=extra)
        self.say("plan", fleet, "--observed", "observed.json")
        for form in ("text", "json"):
            self.say("show", "-f", fleet, f"{pool}/{server}", "--format", form)
            self.say("explain", "-f", fleet, f"{pool}/{server}/internal", "--format", form)
            self.say("chain", "-f", fleet, authority, "--format", form)
            self.say("request", "-f", fleet, f"{pool}/internal", "--format", form, status=(0, 1))
            self.say("log", "--format", form)
        for form in ("dot", "mermaid"):
            self.say("graph", fleet, "--at", "2031-01-01T00:00:00Z", "--format", form)

    def keys(self, *places, strays=()):
        """The files with a key. One anywhere but in its place, besides the strays that a test put there, is a leak."""
        found = []
        for place in places:
            for path in pathlib.Path(place).rglob("*"):
                if path.is_file() and not path.is_symlink() and "roles" not in path.parts and b"PRIVATE KEY-----" in path.read_bytes():
                    self.assertTrue(path in strays or re.search(KEY_PLACE, str(path)), path)
                    found.append(path)
        return found

    def assert_nothing_secret(self, keys, words=(), elsewhere=()):
        secrets = Secrets(keys, words)
        self.assert_finds_what_is_there(secrets, keys[0])
        for what, data in self.said:
            self.assertIsNone(secrets.found_in(data), what)
        allowed = {path.resolve() for path in keys} | {pathlib.Path(path).resolve() for path in elsewhere}
        files = [path for path in self.folder.rglob("*") if path.is_file() and path.resolve() not in allowed]
        names = {path.name for path in files}
        self.assertTrue({"first.json", "observed.json", "certificate.pem"} <= names, names)
        self.assertTrue(any(path.parent.name == "runs" for path in files))
        for path in files:
            self.assertIsNone(secrets.found_in(path.read_bytes()), path)

    def assert_finds_what_is_there(self, secrets, key):
        """The search is worth something: it finds a key in each form that it looks for."""
        der = openssl("pkey", "-in", key, "-outform", "DER")
        for shift in range(3):
            moved = b"x" * shift + der
            self.assertEqual(secrets.found_in(moved), "raw")
            self.assertEqual(secrets.found_in(moved.hex(":").upper().encode()), "hexadecimal")
            self.assertEqual(secrets.found_in(base64.encodebytes(moved)), "base64")
            self.assertEqual(secrets.found_in(base64.urlsafe_b64encode(moved)), "base64")
        self.assertIsNotNone(secrets.found_in(b'{"key": "' + key.read_bytes().replace(b"\n", b"\\n") + b'"}'))
        self.assertIsNone(secrets.found_in(openssl("pkey", "-in", key, "-pubout", "-outform", "DER")))

    def test_nothing_of_the_quick_start(self):
        fleet = self.quickstart()
        self.say_everything("fleet", "ams-edge", "edge02", "example-issuing")
        before = self.keys(fleet)
        path = fleet / "certificates.yaml"
        path.write_text(path.read_text().replace('"${pool.fqdn}"]', '"${pool.fqdn}", "more.${pool.fqdn}"]'))
        self.say("apply", "--yes", "--verbose", "--target", "ams-edge", "fleet")
        shown = self.run_on_terminal("apply", "--verbose", "fleet", answers=[("yes", "yes\n")])
        self.said.append(("the terminal", shown.encode()))
        password = self.write("password", PASSWORD + "\n")
        words = ("--password-file", "password")
        self.say("export", "-f", "fleet", "ams-edge/internal", "--out", "edge.pfx", *words)
        shutil.rmtree(fleet / "state" / "stores" / "ams-edge" / "edge03")
        self.say("import", "-f", "fleet", "ams-edge/edge03/internal", "edge.pfx", *words)
        self.write("wrong", PASSWORD[::-1] + "\n")
        self.say("import", "-f", "fleet", "ams-edge/edge03/internal", "edge.pfx", "--password-file", "wrong", status=(1,))
        keys = self.keys(fleet)
        self.assertGreater(len(set(keys) - set(before)), 2, "the renewal made keys of its own")
        self.assertTrue([path for path in keys if "ca" in path.parts], "the keys of the CA are looked for too")
        self.assert_nothing_secret(keys, (PASSWORD, PASSWORD[::-1]), (password, self.folder / "wrong", self.folder / "edge.pfx"))

    # What is said about a key that is not the certificate's, is open to others, or is half a file.
    def test_nothing_when_things_go_wrong(self):
        fleet = self.quickstart()
        self.say("plan", "fleet", "--out", "first.json")
        self.say("apply", "--yes", "--target", "ams-edge", "fleet")
        self.say("observe", "fleet", "--out", "observed.json")
        stores = fleet / "state" / "stores" / "ams-edge"
        keys = self.keys(fleet)
        copies = self.folder.parent / (self.folder.name + "-keys")
        copies.mkdir()
        self.addCleanup(shutil.rmtree, copies)
        kept = [shutil.copy(path, copies / str(number)) for number, path in enumerate(keys)]
        one, two, three = (list((stores / name).rglob("personal/*/key.pem")) for name in ("edge01", "edge02", "edge03"))
        one[0].write_bytes(one[0].read_bytes()[:900])
        two[0].write_bytes(two[1].read_bytes())
        three[0].chmod(0o644)
        stray = stores / "edge03" / "root" / "key.pem"
        stray.write_bytes(three[1].read_bytes())
        for words in (("plan", "--verbose"), ("observe",), ("drift",), ("status",), ("check",)):
            self.say(*words, "fleet", status=(0, 1, 2, 3))
        for server in ("edge01", "edge02", "edge03"):
            self.say("show", "-f", "fleet", f"ams-edge/{server}", status=(0, 1))
        self.say("import", "-f", "fleet", "ams-edge/edge01/internal", two[1], status=(1,))
        self.say("apply", "--yes", "--target", "ams-edge", "fleet", status=(0, 1, 3))
        secrets = [pathlib.Path(path) for path in kept]
        self.assert_nothing_secret(secrets, (), [*self.keys(fleet, strays=(stray,)), *one])

    @unittest.skipUnless(ssh_server.AVAILABLE, "ssh and sshd are not installed")
    def test_nothing_of_a_pool_behind_ssh(self):
        far = self.folder / "far"
        far.mkdir()
        server = ssh_server.SshServer(self.folder / "sshd")
        for name in ("edge01", "edge02"):
            server.serve(f"{name}.example.net", [harness.PROGRAM, "node", "--directory", far / name, "--", "env"])
        self.addCleanup(server.stop)
        server.start()
        self.environment["PATH"] = f"{server.bin}:{self.environment['PATH']}"
        text = (harness.SOURCE / "examples" / "ssh" / "pool.yaml").read_text()
        self.write("fleet/pool.yaml", text.replace("[systemctl, reload, nginx]", "[env]"))

        def nodes():
            return [process for name in ("edge01", "edge02") for process in ssh_server.nodes(far / name)]

        self.say_everything("fleet", "web", "edge02", "lab-issuing", extra=nodes)
        self.assertTrue(any(b"ssh" in words for words in self.watched), "the children were seen")
        self.assertTrue(any(words.split(b"\0")[1:2] == [b"node"] for words in self.watched), "the nodes were seen")
        keys = self.keys(far, self.folder / "fleet")
        self.assertEqual(len({openssl("pkey", "-in", path, "-outform", "DER") for path in keys}), 3, "root, issuing CA, the pool's")
        identities = [path for path in server.folder.iterdir() if path.is_file() and b"PRIVATE KEY-----" in path.read_bytes()]
        self.assert_nothing_secret(keys, (), identities)


if __name__ == "__main__":
    harness.main()
