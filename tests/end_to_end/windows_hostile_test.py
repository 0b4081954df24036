"""The node of a Windows server against everybody else: a controller that sends rubbish, names that Windows reads otherwise, damaged records,
folders that others can write, programs that must get their arguments as they are, files that somebody holds, two nodes at once."""

import json
import os
import pathlib
import select
import shutil
import struct
import subprocess
import threading
import unittest

import harness
import windows_world as world
from harness import openssl
from node_controller import NOW, Controller, Refused, schema

TELL = world.PROGRAMS / "tell.exe"
AUTHORITY = {"authority": "ca", "pool": "web"}


@unittest.skipUnless(world.AVAILABLE, world.WHY_NOT)
class WindowsHostile(harness.EndToEnd):
    @classmethod
    def setUpClass(cls):
        cls.prefix = world.wine.Prefix(world.TEMPLATE)
        cls.addClassCleanup(cls.prefix.__exit__)
        cls.schema = schema()
        cls.number = 0

    def setUp(self):
        super().setUp()
        type(self).number += 1
        self.server = world.WindowsServer(f"Case{self.number}", self.prefix, apart=True)

    def controller(self, *words, **settings):
        return Controller(self.server.node(*words, **settings), self.schema)

    def observe(self, *words):
        with self.controller(*words) as controller:
            return controller.ask("observe", {"known": []})[0]

    def certificate(self, name="Somebody"):
        """(DER in base64, its SHA-1, its SHA-256) of a root."""
        import base64
        import hashlib

        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", self.folder / "root.key", "-out",
                self.folder / "root.pem", "-subj", f"/CN={name}", "-days", "30", "-addext", "basicConstraints=critical,CA:TRUE")
        der = openssl("x509", "-in", self.folder / "root.pem", "-outform", "DER")
        return base64.b64encode(der).decode(), hashlib.sha1(der).hexdigest(), hashlib.sha256(der).hexdigest()

    def installed(self):
        """A certificate with its key, put into My by hand: its SHA-256."""
        pem, key, blob, der = (self.folder / name for name in ("own.pem", "own.key", "own.blob", "own.der"))
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", pem, "-subj", "/CN=edge.example.net", "-days", "30")
        openssl("rsa", "-in", key, "-outform", "MSBLOB", "-out", blob)
        der.write_bytes(openssl("x509", "-in", pem, "-outform", "DER"))
        self.prefix.run(world.OUTSIDER, "install", self.server.stores + "My", der, blob)
        said = [openssl("x509", "-in", pem, "-noout", "-fingerprint", f"-{digest}").decode() for digest in ("sha1", "sha256")]
        self.sha1, self.sha256 = (text.split("=")[1].strip().replace(":", "").lower() for text in said)

    def order(self, pool="web", name="internal", **contents):
        subject = {"commonName": "edge.example.net", "organization": "", "organizationalUnit": "", "locality": "", "state": "", "country": ""}
        asked = {"subject": subject, "dnsNames": ["edge.example.net"], "addresses": [], "extendedKeyUsage": ["serverAuth"], "keyAlgorithm": "rsa",
                 "keyBits": 2048, "digest": "sha256", **contents}
        return {"pool": pool, "name": name, "issuance": "a" * 64, "requirement": "e" * 64, "holder": "edge01", "authority": "ca", "contents": asked,
                "exportable": True, "friendlyName": "Edge", "reuseKey": None, "now": NOW}

    def assignment(self, role="internal"):
        return {"role": role, "certificate": self.sha256, "pool": "web", "now": NOW, "clearRejection": False}

    def files(self):
        return {path.relative_to(self.server.data): path.read_bytes() for path in self.server.data.rglob("*") if path.is_file()}

    def works(self, name):
        """The server can still be changed: by another operation than the one that met the damage."""
        certificate, _, sha256 = self.certificate(name)
        with self.controller() as controller:
            controller.ask("trust", {"kind": "root", "certificate": certificate, **AUTHORITY})
            seen = controller.ask("observe", {"known": []})[0]
            self.assertIn(sha256, [entry["certificate"] for entry in seen["trust"]])
            controller.ask("distrust", {"kind": "root", "certificate": sha256})
        return seen

    # --- what comes over the line

    def say(self, data):
        """(status, what the node wrote on stderr) after these bytes."""
        node = subprocess.Popen(self.server.node(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            node.stdin.write(data)
            node.stdin.close()
        except BrokenPipeError:
            pass
        node.stdout.read()
        said = node.stderr.readline().decode(errors="replace")  # to its end never: Wine's services may inherit it
        node.stdout.close()
        node.stderr.close()
        return node.wait(harness.TIMEOUT), said

    def test_rubbish_on_the_line_ends_the_session_and_nothing_else(self):
        def frame(kind, payload):
            return struct.pack(">Ic", len(payload), kind) + payload

        hello = frame(b"h", json.dumps({"format": "edgecert.node", "oldest": 1, "newest": 1, "program": "x", "kind": "", "activates": False,
                                        "clock": None}).encode())
        for data, why in ((b"GET / HTTP/1.1\r\n\r\n", "this is no request"), (struct.pack(">Ic", 0xFFFFFFFF, b"q") + b"x" * 100, "this is no request"),
                          (frame(b"q", b"{}"), "did not say hello"), (hello + frame(b"?", b""), ""), (hello + frame(b"h", b"{}"), "unknown kind"),
                          (frame(b"h", b"["), ""), (frame(b"h", b"\xff" * 50), ""), (hello + struct.pack(">Ic", 100, b"q") + b"half", "in the middle"),
                          (hello + frame(b"s", b"x") * 20, "more secrets"), (hello + frame(b"h", b"[" * 200_000), "")):
            with self.subTest(data=data[:40]):
                status, said = self.say(data)
                self.assertEqual(status, 1, said)
                self.assertIn(why, said)
        self.assertFalse(self.server.data.exists(), "nothing was made")
        for payload in (b"[" * 200_000, b"\xff\xfe", b"{}", b"null", b'"' + b"a" * 100_000):
            with self.controller() as controller:
                controller.send("q", payload)
                kind, answer = controller.receive()
                self.assertEqual((kind, json.loads(answer)["error"]["code"]), ("a", "bad-request"), payload[:20])
        self.assertFalse(self.server.data.exists(), "nothing was made")

    def test_names_that_windows_reads_otherwise(self):
        self.installed()
        with self.controller() as controller:
            for bad in ("..", ".", "a/b", "a\\b", "c:", "internal:stream", "internal.", "internal ", "INTERNAL", "", "a" * 64, "nul\0", "CON", "\u017fel"):
                for what, with_ in (("assign", self.assignment(bad)), ("create-request", self.order(pool=bad)), ("create-request", self.order(name=bad)),
                                    ("forget-request", {"request": {"pool": bad, "name": "x", "publicKey": "a" * 64}}),
                                    ("note-request", {"request": {"pool": "web", "name": "x", "publicKey": bad}, "note": {
                                        "phase": "submitting", "at": NOW, "ticket": "", "message": "", "answer": None, "answerChain": []}})):
                    with self.subTest(what=what, name=bad), self.assertRaises(Refused):
                        controller.ask(what, with_, valid=False)
            self.assertEqual(self.files() if self.server.data.exists() else {}, {})
            # names of devices are names like others
            for name in ("con", "nul", "aux", "com1"):
                made, _ = controller.ask("create-request", {**self.order(pool=name, name=name), "issuance": "b" * 64})
                controller.ask("assign", self.assignment(name))
                seen, _ = controller.ask("observe", {"known": []})
                self.assertEqual([(request["pool"], request["name"]) for request in seen["requests"]], [(name, name)])
                self.assertEqual([role["assigned"] for role in seen["roles"] if role["role"] == name], [self.sha256])
                self.prefix.run(world.OUTSIDER, "remove", self.server.stores + "Request", *self.server.list("Request"))
                controller.ask("forget-request", {"request": {"pool": name, "name": name, "publicKey": made["publicKey"]}})
        self.assertEqual(sum(name.name.startswith("role-nul") for name in self.files()), 2)

    def test_text_of_all_the_world(self):
        self.server.own[-1] = "C:\\Dät\u8a3c"
        self.server.data = self.prefix.drive_c("Dät\u8a3c")
        self.installed()
        name = "Zertifikat für München \u8a3c\u660e\u66f8 \U0001f511"
        with self.controller() as controller:
            controller.ask("set-friendly-name", {"certificate": self.sha256, "friendlyName": name})
            self.assertEqual(controller.ask("observe", {"known": []})[0]["personal"][0]["friendlyName"], name)
            order = self.order()
            order["contents"]["subject"]["organization"] = "Bäckerei \u8a3c"
            made, _ = controller.ask("create-request", order)
            controller.ask("assign", self.assignment())
        text = openssl("req", "-in", self.write("made.csr", made["request"]), "-noout", "-verify", "-subject", "-nameopt", "utf8").decode()
        self.assertIn("Bäckerei \u8a3c", text)
        self.assertIn(name, self.prefix.run(world.NODE, "show", *self.server.own, "--store", "personal"))
        self.assertIn(pathlib.Path("roles/role-internal.thumbprint"), self.files())

    # --- what lies in its folder

    def test_records_that_somebody_damaged(self):
        self.installed()
        with self.controller() as controller:
            made, _ = controller.ask("create-request", self.order())
            controller.ask("assign", self.assignment())
        containers = self.server.containers()
        request = next((self.server.data / "requests").iterdir())
        whole = self.files()
        damage = {"cut": lambda path, text: path.write_bytes(text[:len(text) // 2]), "emptied": lambda path, _: path.write_bytes(b""),
                  "huge": lambda path, _: path.write_bytes(b"[" * (3 << 20)), "another": lambda path, _: path.write_bytes(b"\x00\xff\xfe"),
                  "a folder": lambda path, _: (path.unlink(), path.mkdir())}
        for name, text in whole.items():
            if name.name == "lock":
                continue
            for how, spoil in damage.items():
                with self.subTest(file=str(name), how=how):
                    path = self.server.data / name
                    spoil(path, text)
                    seen = self.works("While it is damaged")
                    if not (how == "emptied" and name.name == "id"):
                        self.assertTrue(seen["findings"], "it is told of")
                    self.assertEqual(self.server.containers(), containers, "no key is lost")
                    if path.is_dir():
                        shutil.rmtree(path)
                    path.write_bytes(text)
        seen = self.observe()
        self.assertEqual(([entry["publicKey"] for entry in seen["requests"]], seen["findings"]), ([made["publicKey"]], []))
        request.unlink()
        self.assertEqual([finding["code"] for finding in self.works("Without the request")["findings"]], ["request-without-entry"])
        self.assertEqual(self.server.containers(), containers, "its key stays")
        (self.server.data / "intents" / "edgecert-..").write_bytes(b"x")
        (self.server.data / "intents" / "other").write_bytes(b"x")
        self.works("With strange intents")

    def test_a_role_written_by_hand_in_capitals_is_that_role(self):
        self.installed()
        with self.controller() as controller:
            controller.ask("trust", {"kind": "root", "certificate": self.certificate()[0], **AUTHORITY})
            (self.server.data / "roles" / "ROLE-Internal.Thumbprint").write_text(" ".join(self.sha1.upper()[at:at + 2] for at in range(0, 40, 2)) + "\r\n")
            self.assertEqual([(role["role"], role["assigned"]) for role in controller.ask("observe", {"known": []})[0]["roles"]],
                             [("internal", self.sha256)])
            controller.ask("unassign", {"role": "internal", "now": NOW})
            self.assertEqual([role["assigned"] for role in controller.ask("observe", {"known": []})[0]["roles"]], [""])
            controller.ask("assign", self.assignment())
            self.assertEqual([role["assigned"] for role in controller.ask("observe", {"known": []})[0]["roles"]], [self.sha256])

    def test_a_folder_that_others_can_write_is_refused(self):
        self.server.data.mkdir()
        self.server.data.chmod(0o777)
        with self.controller() as controller:
            for what, with_ in (("observe", {"known": []}), ("trust", {"kind": "root", "certificate": self.certificate()[0], **AUTHORITY})):
                with self.assertRaisesRegex(Refused, "store-refused"):
                    controller.ask(what, with_)
            self.server.data.chmod(0o755)
            controller.ask("observe", {"known": []})
        self.assertEqual(self.files(), {})

    def test_a_record_that_somebody_reads_is_replaced_when_he_is_done(self):
        self.installed()
        with self.controller() as controller:
            controller.ask("assign", self.assignment())
            record = self.server.data / "roles" / "role-internal.json"
            before = record.read_bytes()
            holder = subprocess.Popen(self.prefix.command(TELL, f"C:\\{self.server.name}\\roles\\role-internal.json", "--hold"),
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self.assertEqual(holder.stdout.readline().strip(), b"held")
            controller.last += 1
            controller.send("q", {"id": controller.last, "do": "note-role", "with": {
                "role": "internal", "activated": self.sha256, "verified": None, "verifiedChecks": "", "rejected": None}})
            early, _, _ = select.select([controller.node.stdout], [], [], 0.3)
            self.assertFalse(early, "it is held, and still waited for")
            holder.stdin.close()
            _, answer = controller.receive()
            self.assertIsNone(json.loads(answer)["error"])
            holder.wait(harness.TIMEOUT)
            holder.stdout.close()
        self.assertNotEqual(record.read_bytes(), before)

    # --- what it runs

    def test_arguments_arrive_as_they_were_written(self):
        self.installed()
        words = ["a b", '"', '\\"', "\\\\", 'a\\\\ "b', "", "%PATH%", "^&|<>(", "*", "C:\\Program Files\\", "\u8a3c \u00fc", "tab\there", "--", "'", "$(x)"]
        with self.controller("--", world.windows_path(TELL), "C:\\told.txt", *words) as controller:
            controller.ask("assign", self.assignment())
            self.assertEqual(controller.ask("activate", {"role": "internal"})[0], {"ok": True, "text": ""})
        told = self.prefix.drive_c("told.txt").read_text().split("\n")
        told = [line for line in told if line.split("=")[0] not in os.environ]  # what this test was started with
        self.assertEqual(told[:len(words)], words)
        self.assertEqual(sorted(told[len(words):-1]),
                         ["EDGECERT_ROLE=internal", f"EDGECERT_STORE=C:\\{self.server.name}", f"EDGECERT_THUMBPRINT={self.sha1}"])

    def test_batch_files_and_programs_that_are_nowhere_are_refused(self):
        for name in ("assign.bat", "assign.CMD", "assign.ps1", "assign", "assign.exe.bat"):
            self.prefix.drive_c(name).write_text("@echo internal & echo ran > C:\\ran.txt\r\n")
            for tail in ("", ".", " ", ". ."):
                for options in (["--assign-with", f"C:\\{name}{tail}"], ["--shell", "Lync", "--powershell", f"C:\\{name}{tail}"], ["--", f"C:\\{name}{tail}"]):
                    ran = subprocess.run(self.server.node(*options), stdin=subprocess.DEVNULL, capture_output=True, timeout=harness.TIMEOUT)
                    self.assertEqual((ran.returncode, b"cannot-run" in ran.stderr), (1, True), (options, ran.stderr))
        here = self.folder / "here"
        here.mkdir()
        shutil.copy(TELL, here / "tell.exe")
        for name in ("tell.exe", "tell", ".\\tell.exe", "C:\\no\\such.exe", "C:tell.exe", ""):  # the current folder is nobody's choice
            ran = subprocess.run(self.server.node("--assign-with", name), stdin=subprocess.DEVNULL, capture_output=True, timeout=harness.TIMEOUT, cwd=here)
            self.assertEqual((ran.returncode, b"cannot-run" in ran.stderr), (1, True), (name, ran.stderr))
        self.assertFalse(self.prefix.drive_c("ran.txt").exists())

    def test_a_service_that_is_left_behind_does_not_hold_the_line(self):
        self.installed()
        with self.controller("--", world.windows_path(TELL), "nothing", "--leave") as controller:
            controller.ask("assign", self.assignment())
            self.assertTrue(controller.ask("activate", {"role": "internal"})[0]["ok"])
            controller.node.stdin.close()
            ended = threading.Event()
            threading.Thread(target=lambda: (controller.node.stdout.read(), ended.set()), daemon=True).start()
            self.assertTrue(ended.wait(120), "the line stays open")

    def test_a_program_that_writes_and_writes_is_ended(self):
        tell = world.windows_path(TELL)
        controller = self.controller("--patience", "2", "--assign-with", tell, "--assign-with", "x", "--assign-with", "--flood")
        answers = []
        reader = threading.Thread(target=lambda: answers.append(controller.receive()), daemon=True)
        controller.send("q", {"id": 1, "do": "observe", "with": {"known": []}})
        reader.start()
        reader.join(120)
        self.assertTrue(answers, "it was waited for without end")
        answer = json.loads(answers[0][1])
        self.assertEqual(answer["error"]["code"], "roles-unreadable")
        self.assertLess(len(answers[0][1]), 100_000)
        controller.__exit__()

    def test_a_role_with_two_certificates_is_no_answer(self):
        owner = ["--assign-with", world.windows_path(world.PROGRAMS / "owner_program.exe"), "--assign-with", "C:\\two.txt"]
        self.prefix.drive_c("two.txt").write_text(f"internal {'1' * 40}\n")
        self.assertTrue(self.observe(*owner)["roles"][0]["dangling"])
        stand_in = ["--shell", "SkypeForBusiness", "--powershell", world.windows_path(world.PROGRAMS / "standin_shell.exe")]
        self.prefix.drive_c("shell-two.txt").write_text(f"Internal {'1' * 40}\n")
        with self.controller(*stand_in, STANDIN_STATE="C:\\shell-two.txt", STANDIN_TROUBLE="twice") as controller, \
                self.assertRaisesRegex(Refused, "roles-unreadable"):
            controller.ask("observe", {"known": []})

    # --- two at once

    def test_two_nodes_with_folders_of_their_own_on_the_same_stores(self):
        roots = [self.certificate(f"Root {number}") for number in range(8)]
        one = self.server.node()
        other = [word.replace(f"C:\\{self.server.name}", f"C:\\{self.server.name}other") for word in one]

        def work(argv, mine):
            with Controller(argv, self.schema) as controller:
                for _ in range(3):
                    for certificate, _, sha256 in mine:
                        controller.ask("trust", {"kind": "root", "certificate": certificate, **AUTHORITY})
                        controller.ask("distrust", {"kind": "root", "certificate": sha256})
                        controller.ask("trust", {"kind": "root", "certificate": certificate, **AUTHORITY})

        failures = []

        def try_(*arguments):
            try:
                work(*arguments)
            except Exception as error:  # told by the test's own thread
                failures.append(repr(error))

        both = [threading.Thread(target=try_, args=(argv, roots[begin::2])) for begin, argv in enumerate((one, other))]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(set(self.server.list("Root")), {sha1 for _, sha1, _ in roots})


if __name__ == "__main__":
    harness.main()
