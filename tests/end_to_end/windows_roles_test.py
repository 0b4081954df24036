"""Roles of a Windows server, and what its node tells people: the management shell when it fails, owners' programs, CNG keys, `show`.

The shell is a stand-in (tests/support/windows/standin_shell.cpp): the same arguments and output, no PowerShell."""

import unittest

import harness
import windows_world as world
from harness import openssl
from node_controller import NOW, Controller, Refused, schema

ROLES = {"Internal": "internal", "AccessEdgeExternal": "access-edge-external", "DataEdgeExternal": "data-edge-external",
         "AudioVideoAuthentication": "audio-video-authentication"}


@unittest.skipUnless(world.AVAILABLE, world.WHY_NOT)
class WindowsRoles(harness.EndToEnd):
    @classmethod
    def setUpClass(cls):
        cls.prefix = world.wine.Prefix(world.TEMPLATE)
        cls.addClassCleanup(cls.prefix.__exit__)
        cls.schema = schema()
        cls.number = 0

    def setUp(self):
        super().setUp()
        type(self).number += 1
        self.server = world.WindowsServer(f"Server{self.number}", self.prefix, apart=True)
        self.node = self.server.shell_node
        self.state = self.server.shell_state
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.folder / "key.pem", "-out", self.folder / "certificate.pem",
                "-subj", "/CN=edge.example.net", "-days", "30")
        self.der = self.folder / "certificate.der"
        self.der.write_bytes(openssl("x509", "-in", self.folder / "certificate.pem", "-outform", "DER"))
        blob = self.folder / "key.blob"
        openssl("rsa", "-in", self.folder / "key.pem", "-outform", "MSBLOB", "-out", blob)
        self.prefix.run(world.OUTSIDER, "install", self.server.stores + "My", self.der, blob)
        self.sha1, self.sha256 = (self.said("-fingerprint", f"-{digest}") for digest in ("sha1", "sha256"))

    def said(self, *what):
        return openssl("x509", "-in", self.folder / "certificate.pem", "-noout", *what).decode().split("=")[1].strip().replace(":", "").lower()

    def observe(self, argv):
        with Controller(argv, self.schema) as controller:
            return controller.ask("observe", {"known": []})[0]

    def assert_refused(self, argv, what, with_, code):
        with Controller(argv, self.schema) as controller, self.assertRaisesRegex(Refused, code):
            controller.ask(what, with_)

    def assignment(self, role="internal"):
        return {"role": role, "certificate": self.sha256, "pool": "web", "now": NOW, "clearRejection": False}

    def test_every_role_goes_through_the_shell(self):
        with Controller(self.node(), self.schema) as controller:
            for role in ROLES.values():
                controller.ask("assign", self.assignment(role))
            with self.assertRaisesRegex(Refused, "store-refused"):
                controller.ask("assign", self.assignment("no-role-of-theirs"))
            seen, _ = controller.ask("observe", {"known": []})
        self.assertEqual(dict(line.split() for line in self.state.read_text().splitlines()), {name: self.sha1 for name in ROLES})
        self.assertEqual({role["role"]: (role["assigned"], role["owned"]) for role in seen["roles"]},
                         {role: (self.sha256, True) for role in ROLES.values()})
        self.state.write_text(f"Internal {'0' * 40}\n")
        by_hand = {role["role"]: role for role in self.observe(self.node())["roles"]}
        self.assertTrue(by_hand["internal"]["dangling"])
        self.assertEqual(by_hand["data-edge-external"]["assigned"], "", "never remembered")

    def test_a_shell_in_trouble_is_no_server_without_certificates(self):
        self.state.write_text(f"Internal {self.sha1}\n")
        slow = Controller(self.node("--patience", "3", STANDIN_TROUBLE="slow"), self.schema)
        slow.send("q", {"id": 1, "do": "observe", "with": {"known": []}})
        for settings in ({"STANDIN_TROUBLE": "fail"}, {"STANDIN_TROUBLE": "cut"}, {"module": "Lync"}):
            with self.subTest(**settings):
                self.assert_refused(self.node(**settings), "observe", {"known": []}, "roles-unreadable")
                self.assert_refused(self.node(**settings), "assign", self.assignment(), "roles-unreadable")
        self.assertEqual(self.state.read_text(), f"Internal {self.sha1}\n")
        kind, answer = slow.receive()
        self.assertEqual(kind, "a")
        self.assertIn(b"did not end within 3 ", answer)
        slow.__exit__()
        self.assertEqual(self.observe(self.node())["roles"][0]["assigned"], self.sha256)

    def test_an_owners_program_is_believed_only_when_it_succeeds(self):
        owner = ["--assign-with", world.windows_path(world.PROGRAMS / "owner_program.exe"), "--assign-with", "C:\\with space\\roles.txt"]
        self.prefix.drive_c("with space").mkdir()
        with Controller(self.server.node(*owner), self.schema) as controller:
            controller.ask("assign", self.assignment())
            self.assertEqual(self.prefix.drive_c("with space", "roles.txt").read_text().split(), ["internal", self.sha1])
            self.assertEqual(controller.ask("observe", {"known": []})[0]["roles"][0]["assigned"], self.sha256)
            controller.ask("unassign", {"role": "internal", "now": NOW})
            self.assertEqual(controller.ask("observe", {"known": []})[0]["roles"][0]["assigned"], "")
        self.assert_refused(self.server.node(*owner[:2]), "observe", {"known": []}, "roles-unreadable")  # status 2: an argument is missing

    def test_a_key_kept_by_cng_is_a_fault_of_its_own(self):
        self.prefix.run(world.OUTSIDER, "add-cng", self.server.stores + "My", self.der)
        seen = self.observe(self.server.node())
        self.assertEqual([entry["key"] for entry in seen["personal"]], ["unreadable"])
        self.assertEqual([finding["code"] for finding in seen["findings"]], ["cng-key"])

    def test_people_see_thumbprints_and_serials_both_ways(self):
        serial = self.said("-serial")
        for name in ("Personal", "my"):
            text = self.prefix.run(world.NODE, "show", *self.server.own, "--store", name)
            for part in ("CN=edge.example.net", self.sha1, self.sha256, serial, "".join(reversed([serial[at:at + 2] for at in range(0, len(serial), 2)])),
                         "present, exportable"):
                self.assertIn(part, text)
        for name, store in (("Request", "Request"), ("CA", "CA"), ("intermediate", "CA"), ("ROOT", "Root")):
            self.assertEqual(self.prefix.run(world.NODE, "show", *self.server.own, "--store", name), f"{self.server.stores}{store}\n")

    def test_the_selftest_goes_well_and_leaves_nothing(self):
        before = self.server.containers()
        text = self.prefix.run(world.NODE, "selftest")
        self.assertIn("All went well.", text)
        self.assertNotIn("FAILED", text)
        self.assertEqual(text.count("\nok      "), 22)
        self.assertIn("Records stand in the description", text, "as under Wine")
        self.assertEqual(self.server.containers(), before)
        self.assertFalse(list(self.prefix.drive_c("ProgramData").glob("edgecert*")))


if __name__ == "__main__":
    harness.main()
