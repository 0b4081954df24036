"""Both nodes speak the protocol that schemas/node.schema.json describes: asked by a controller written here, every frame held to it."""

import base64
import hashlib
import os
import pathlib
import sys
import unittest

import harness
from harness import openssl
from node_controller import NOW, Controller, Refused, schema

sys.path.insert(0, str(harness.SOURCE / "tests" / "support"))
import wine  # noqa: E402

PROGRAMS = os.environ.get("EDGECERT_WINDOWS_PROGRAMS", "")
TEMPLATE = os.environ.get("EDGECERT_WINE_TEMPLATE", "")
class Protocol(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.schema = schema()
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.folder / "ca.key", "-out", self.folder / "ca.pem",
                "-subj", "/CN=Protocol Root", "-days", "30", "-addext", "basicConstraints=critical,CA:TRUE")

    def der64(self, pem):
        return base64.b64encode(openssl("x509", "-in", pem, "-outform", "DER")).decode()

    def sha256(self, pem):
        return hashlib.sha256(openssl("x509", "-in", pem, "-outform", "DER")).hexdigest()

    def issue(self, request_pem, name):
        request = self.write(f"{name}.csr", request_pem)
        openssl("req", "-in", request, "-noout", "-verify")
        self.assertIn("DNS:edge.example.net", openssl("req", "-in", request, "-noout", "-text").decode())
        certificate = self.folder / f"{name}.pem"
        openssl("x509", "-req", "-in", request, "-CA", self.folder / "ca.pem", "-CAkey", self.folder / "ca.key", "-days", "10",
                "-copy_extensions", "copy", "-out", certificate)
        return certificate

    def order(self, issuance):
        subject = {"commonName": "edge.example.net", "organization": "Example", "organizationalUnit": "", "locality": "", "state": "", "country": "NL"}
        contents = {"subject": subject, "dnsNames": ["edge.example.net"], "addresses": ["192.0.2.1"], "extendedKeyUsage": ["serverAuth"],
                    "keyAlgorithm": "rsa", "keyBits": 2048, "digest": "sha256"}
        return {"pool": "web", "name": "internal", "issuance": issuance * 64, "requirement": "e" * 64, "holder": "edge01", "authority": "ca",
                "contents": contents, "exportable": True, "friendlyName": "Edge Internal", "reuseKey": None, "now": NOW}

    def label(self):
        return {"pool": "web", "name": "internal", "requirement": "e" * 64, "issuance": "a" * 64, "friendlyName": "Edge Internal",
                "exportable": True, "owned": True, "submitted": NOW}

    def converse(self, controller, other):
        """Everything that a controller may ask, on one server and, for the key that travels, another."""
        root = self.folder / "ca.pem"
        self.assertFalse(controller.ask("observe", {"known": []})[0]["exists"])
        controller.ask("lock", {"patience": 1})
        with self.assertRaisesRegex(Refused, "store-locked"):
            other_session = self.again()
            with other_session:
                other_session.ask("lock", {"patience": 0})
        controller.ask("unlock", {})
        controller.ask("trust", {"kind": "root", "certificate": self.der64(root), "authority": "ca", "pool": "web"})
        made, _ = controller.ask("create-request", self.order("a"))
        key = {"pool": "web", "name": "internal", "publicKey": made["publicKey"]}
        note = {"phase": "submitting", "at": NOW, "ticket": "", "message": "", "answer": None, "answerChain": []}
        controller.ask("note-request", {"request": key, "note": note})
        other.ask("keep-request", {**made, "key": "absent"})
        other.ask("forget-request", {"request": key})
        certificate = self.issue(made["request"], f"{controller.hello['kind']}-a")
        sha256 = self.sha256(certificate)
        controller.ask("accept", {"request": key, "certificate": self.der64(certificate), "chain": [self.der64(root)], "label": self.label()})
        controller.ask("set-friendly-name", {"certificate": sha256, "friendlyName": "Edge"})
        self.carry_key(controller, other, sha256)
        self.use_roles(controller, sha256)
        seen, _ = controller.ask("observe", {"known": [sha256]})
        self.assertEqual([entry["certificate"] for entry in seen["personal"]], [sha256])
        self.assertNotIn(sha256, seen["certificates"])
        carried, _ = other.ask("observe", {"known": []})
        self.assertEqual(carried["personal"][0]["key"], "present")
        self.assertIn(sha256, carried["certificates"])
        controller.ask("unassign", {"role": "internal", "now": NOW})
        controller.ask("retire", {"certificate": sha256})
        controller.ask("distrust", {"kind": "root", "certificate": self.sha256(root)})
        left, _ = controller.ask("observe", {"known": []})
        self.assertEqual((left["personal"], left["trust"], left["requests"]), ([], [], []))
        self.refuse(controller)

    def carry_key(self, controller, other, sha256):
        if controller.hello["kind"] == "windows":
            parcel, (key,) = controller.ask("export-key", {"certificate": sha256})
            modulus = openssl("rsa", "-inform", "DER", "-noout", "-modulus", data=key)
            certificate = base64.b64decode(parcel["certificate"])
            self.assertEqual(modulus, openssl("x509", "-inform", "DER", "-noout", "-modulus", data=certificate))
            other.ask("import-key", {"parcel": parcel, "label": self.label()}, secrets=[key])
            with self.assertRaisesRegex(Refused, "store-refused"):
                controller.ask("export", {"certificate": sha256, "profile": "modern"}, secrets=[b"word"])
            return
        _, (pfx,) = controller.ask("export", {"certificate": sha256, "profile": "modern"}, secrets=[b"one time word"])
        openssl("pkcs12", "-in", self.write("carried.pfx", pfx), "-passin", "pass:one time word", "-nodes", "-info", "-out", self.folder / "carried.pem")
        other.ask("import", self.label(), secrets=[pfx, b"one time word"])
        with self.assertRaisesRegex(Refused, "store-refused"):
            controller.ask("export-key", {"certificate": sha256})

    def use_roles(self, controller, sha256):
        controller.ask("assign", {"role": "internal", "certificate": sha256, "pool": "web", "now": NOW, "clearRejection": False})
        self.assertTrue(controller.ask("activate", {"role": "internal"})[0]["ok"])
        rejected = {"certificate": "b" * 64, "issuance": "b" * 64, "requirement": "", "at": NOW, "why": "it did not answer"}
        controller.ask("note-role", {"role": "internal", "activated": sha256, "verified": None, "verifiedChecks": "", "rejected": rejected})
        answered, _ = controller.ask("handshake", {"host": "127.0.0.1", "port": 1, "serverName": "edge.example.net"})
        self.assertFalse(answered["connected"])
        with self.assertRaisesRegex(Refused, "store-refused"):
            controller.ask("retire", {"certificate": sha256})

    def refuse(self, controller):
        """What the schema does not take, no node takes."""
        for what, with_ in (("observe", {"known": [], "more": 1}), ("observe", {"known": ["x"]}), ("lock", {}), ("lock", {"patience": -1}),
                            ("trust", {"kind": "other", "certificate": "", "authority": "", "pool": ""}), ("no-such", {}),
                            ("create-request", {**self.order("c"), "more": True}), ("handshake", {"host": "a", "port": 0, "serverName": ""})):
            with self.assertRaises(Exception):
                controller.check["request"]({"id": 1, "do": what, "with": with_})
            with self.assertRaisesRegex(Refused, "bad-request"):
                controller.ask(what, with_, valid=False)

    def run_both(self, first, second, kind, carrying):
        self.again = lambda: Controller(first, self.schema)
        with Controller(first, self.schema) as controller, Controller(second, self.schema) as other:
            self.assertEqual(controller.hello["kind"], kind)
            self.converse(controller, other)
        every = {request["properties"]["do"]["const"] for request in self.schema["definitions"]["request"]["oneOf"]}
        self.assertEqual(every - controller.asked - other.asked, carrying, "every operation was asked and its answer held to the schema")

    def test_the_node_in_a_folder(self):
        nodes = [[harness.PROGRAM, "node", "--directory", self.folder / name] for name in ("one", "two")]
        self.run_both(*nodes, "directory", {"export-key", "import-key"})

    @unittest.skipUnless(PROGRAMS and TEMPLATE, "the Windows node is not built, or wine is not installed")
    def test_the_node_of_a_windows_server(self):
        with wine.Prefix(TEMPLATE) as prefix:
            node = pathlib.Path(PROGRAMS) / "edgecert-node.exe"
            nodes = [prefix.command(node, "--stores", name, "--data", f"C:\\{name}") for name in ("One", "Two")]
            self.run_both(*nodes, "windows", {"export", "import"})


if __name__ == "__main__":
    harness.main()
