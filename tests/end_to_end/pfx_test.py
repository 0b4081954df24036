"""The PFX of export, in both profiles, read by four other implementations; and carried by hand into another store."""

import hashlib
import os
import re
import shutil
import subprocess
import unittest

import harness
from harness import openssl

PASSWORD = "correct horse 9"
OLD = ["-provider", "legacy", "-provider", "default"]
PROFILES = ("modern", "3des-sha1")
FLEET = """
apiVersion: edgecert/v1
kind: CertificateAuthority
metadata: {name: lab}
spec: {local: {directory: ca, subject: {commonName: Lab CA, organization: Example}}}
---
apiVersion: edgecert/v1
kind: CertificateTemplate
metadata: {name: web-server}
spec: {key: {exportable: true}}
---
apiVersion: edgecert/v1
kind: Site
metadata: {name: lab-site}
spec: {subject: {organization: Example}, authority: lab, template: web-server, store: {directory: "stores/${server.name}"}}
---
apiVersion: edgecert/v1
kind: EdgePool
metadata: {name: edge}
spec:
  site: lab-site
  fqdn: edge.example.net
  servers:
    - {name: new, fqdn: new.example.net}
    - {name: old, fqdn: old.example.net, pfx: 3des-sha1}
  certificates:
    - {name: internal, roles: [internal], friendlyName: "Edge Inside \\u00e9"}
"""
FRIENDLY = "Edge Inside \u00e9"


def tool(name):
    return unittest.skipUnless(shutil.which(name), f"{name} is not installed")


class Pfx(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.fleet = self.folder / "fleet"
        self.write("fleet/fleet.yaml", FLEET)
        self.write("password", PASSWORD + "\n")
        self.run_program("apply", "--yes", "fleet")
        self.files = {}
        for profile, server in zip(PROFILES, ("new", "old")):
            name = f"{profile}.pfx"
            words = ("export", "-f", "fleet", f"edge/{server}/internal", "--out", name, "--password-file", "password")
            self.assertEqual(self.run_program(*words).out, name + "\n")
            self.files[profile] = self.folder / name
        self.place = self.fleet / "stores" / "new" / "roles" / "internal"
        self.key = openssl("pkey", "-in", self.place / "key.pem", "-outform", "DER")
        self.prints = set()  # SHA-256 of all that has to be in it: certificate, issuing CA, root
        pems = (self.place / "fullchain.pem").read_text() + (self.fleet / "stores" / "new" / "root.pem").read_text()
        for pem in re.findall(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", pems, re.S):
            self.prints.add(hashlib.sha256(openssl("x509", "-outform", "DER", data=pem.encode())).hexdigest())
        self.assertEqual(len(self.prints), 3)

    def say(self, *words, data=None):
        done = subprocess.run(
            [str(word) for word in words], input=data, capture_output=True, cwd=self.folder, env=self.environment, timeout=harness.TIMEOUT, check=False
        )
        self.assertEqual(done.returncode, 0, done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace"))
        return done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")

    def assert_holds_all(self, text):
        """The key and the three certificates, as PEM somewhere in a tool's output."""
        found = set()
        for pem in re.findall(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", text, re.S):
            found.add(hashlib.sha256(openssl("x509", "-outform", "DER", data=pem.encode())).hexdigest())
        self.assertEqual(found, self.prints)
        key = re.search(r"-----BEGIN (?:RSA )?PRIVATE KEY-----.+?-----END (?:RSA )?PRIVATE KEY-----", text, re.S)
        self.assertTrue(key, "no key in it")
        self.assertEqual(openssl("pkey", "-outform", "DER", data=key.group(0).encode()), self.key)

    def test_openssl_reads_both_with_the_ciphers_of_the_profile(self):
        for profile, path in self.files.items():
            with self.subTest(profile=profile):
                old = OLD if profile == "3des-sha1" else []
                text = openssl("pkcs12", *old, "-in", path, "-passin", f"file:{self.folder}/password", "-nodes").decode("latin-1")
                self.assert_holds_all(text)
                self.assertIn("localKeyID", text)
                self.assertIn(FRIENDLY, text)
                self.assertIn("Microsoft CSP Name", text)
                info = self.say("openssl", "pkcs12", *old, "-info", "-noout", "-in", path, "-passin", f"file:{self.folder}/password")
                self.assertEqual(re.findall(r"Iteration (\d+)", info), ["10000"] * 3, "a person's password is slowed down")
                if profile == "modern":
                    self.assertIn("MAC: sha256", info)
                    self.assertEqual(info.count("AES-256-CBC"), 2)
                else:
                    self.assertIn("MAC: sha1", info)
                    self.assertEqual(info.count("pbeWithSHA1And3-KeyTripleDES-CBC"), 2)
                    self.assertNotIn("PBES2", info)

    def test_openssl_without_its_old_algorithms_reads_the_modern_one(self):
        words = ("pkcs12", "-provider", "default", "-in", self.files["modern"], "-passin", f"file:{self.folder}/password", "-noout")
        openssl(*words)

    def test_a_wrong_password_opens_neither(self):
        self.write("wrong", "correct horse 8\n")
        for profile, path in self.files.items():
            old = OLD if profile == "3des-sha1" else []
            with self.assertRaises(AssertionError):
                openssl("pkcs12", *old, "-in", path, "-passin", f"file:{self.folder}/wrong", "-noout")

    @tool("certtool")
    def test_certtool_reads_both(self):
        for profile, path in self.files.items():
            with self.subTest(profile=profile):
                text = self.say("certtool", "--p12-info", "--inder", "--infile", path, "--password", PASSWORD)
                self.assert_holds_all(self.opened(text) if "ENCRYPTED" in text else text)
                self.assertIn(FRIENDLY, text)
                self.assertIn("MAC: SHA256" if profile == "modern" else "MAC: SHA1", text)
                self.assertIn("AES-256-CBC" if profile == "modern" else "3DES", text)

    def opened(self, text):
        """certtool prints the key as it lies in the file: encrypted."""
        block = re.search(r"-----BEGIN ENCRYPTED PRIVATE KEY-----.+?-----END ENCRYPTED PRIVATE KEY-----", text, re.S).group(0)
        key = openssl("pkcs8", *OLD, "-passin", f"file:{self.folder}/password", data=block.encode() + b"\n").decode()
        return text.replace(block, key)

    @tool("pk12util")
    def test_nss_imports_both(self):
        for profile, path in self.files.items():
            with self.subTest(profile=profile):
                base = self.folder / f"nss-{profile}"
                base.mkdir()
                self.say("certutil", "-N", "-d", f"sql:{base}", "--empty-password")
                self.say("pk12util", "-i", path, "-d", f"sql:{base}", "-w", self.folder / "password", "-K", "")
                listed = self.say("certutil", "-L", "-d", f"sql:{base}")
                self.assertRegex(listed, re.escape(FRIENDLY) + r"\s+u,u,u")
                self.assertEqual(len(re.findall(r",[a-zA-Z]*,[a-zA-Z]* *$", listed, re.M)), 3, listed)
                self.assertIn(FRIENDLY, self.say("certutil", "-K", "-d", f"sql:{base}"))

    @tool("keytool")
    def test_java_reads_both_as_one_entry_with_its_whole_chain(self):
        for profile, path in self.files.items():
            with self.subTest(profile=profile):
                self.environment["PFX_PASSWORD"] = PASSWORD
                text = self.say("keytool", "-list", "-v", "-storetype", "PKCS12", "-keystore", path, "-storepass:env", "PFX_PASSWORD")
                self.assertIn("Your keystore contains 1 entry", text)
                self.assertIn("Entry type: PrivateKeyEntry", text)
                self.assertIn("Certificate chain length: 3", text)
                found = {match.replace(":", "").lower() for match in re.findall(r"SHA256: ([0-9A-F:]{95})", text)}
                self.assertEqual(found, self.prints)
                java = self.folder / f"{profile}.p12"
                self.say(
                    "keytool", "-importkeystore", "-noprompt", "-srcstoretype", "PKCS12", "-srckeystore", path, "-srcstorepass:env", "PFX_PASSWORD",
                    "-deststoretype", "PKCS12", "-destkeystore", java, "-deststorepass:env", "PFX_PASSWORD",
                )
                key = openssl("pkcs12", *OLD, "-in", java, "-passin", f"file:{self.folder}/password", "-nodes", "-nocerts")
                self.assertEqual(openssl("pkey", "-outform", "DER", data=key), self.key)

    def test_the_file_is_for_its_owner_alone_whatever_the_umask(self):
        before = os.umask(0)
        try:
            self.run_program("export", "-f", "fleet", "edge/internal", "--out", "open.pfx", "--password-file", "password")
        finally:
            os.umask(before)
        for path in (self.folder / "open.pfx", *self.files.values()):
            self.assertEqual(path.stat().st_mode & 0o7777, 0o600, path)

    def test_an_open_file_that_is_replaced_becomes_private(self):
        path = self.write("shared.pfx", "mine")
        path.chmod(0o644)
        self.run_program("export", "-f", "fleet", "edge/internal", "--out", "shared.pfx", "--password-file", "password", "--force")
        self.assertEqual(path.stat().st_mode & 0o7777, 0o600)
        openssl("pkcs12", "-in", path, "-passin", f"file:{self.folder}/password", "-noout")

    def test_the_password_comes_by_file_and_by_no_argument(self):
        for words in (("--password", PASSWORD), (f"--password={PASSWORD}",), ("--pass", PASSWORD)):
            result = self.run_program("export", "-f", "fleet", "edge/internal", "--out", "bad.pfx", *words, status=1)
            self.assertFalse((self.folder / "bad.pfx").exists())
        result = self.run_program("export", "--help")
        self.assertNotRegex(result.out, r"--password(?!-file)")
        self.run_program("export", "-f", "fleet", "edge/internal", "--out", "bad.pfx", "--password-file", "nowhere", status=1)
        self.write("empty", "\n")
        self.run_program("export", "-f", "fleet", "edge/internal", "--out", "bad.pfx", "--password-file", "empty", status=1)
        self.assertFalse((self.folder / "bad.pfx").exists())

    def test_each_is_imported_by_hand_into_another_store(self):
        for profile, path in self.files.items():
            with self.subTest(profile=profile):
                store = self.fleet / "stores" / "new"
                shutil.rmtree(store)
                done = self.run_program("import", "-f", "fleet", "edge/new/internal", path, "--password-file", "password")
                self.assertIn(done.out.strip(), self.prints)
                folder = store / "personal" / done.out.strip()
                self.assertEqual(openssl("pkey", "-in", folder / "key.pem", "-outform", "DER"), self.key)
                self.assertEqual((folder / "key.pem").stat().st_mode & 0o7777, 0o600)
                shown = self.run_program("show", "-f", "fleet", "edge/new", "--format", "json").json()["servers"][0]["certificates"][0]
                self.assertEqual((shown["friendly_name"], shown["key"], shown["owned"]), (FRIENDLY, "present", False))
                self.run_program("apply", "--yes", "fleet")
                self.assert_serves(store, "internal", store / "root.pem")
                self.run_program("plan", "--detailed-exitcode", "fleet")

    def test_a_pfx_that_openssl_made_is_imported(self):
        made = self.folder / "made.pfx"
        openssl(
            "pkcs12", "-export", "-inkey", self.place / "key.pem", "-in", self.place / "fullchain.pem", "-name", "by openssl",
            "-passout", f"file:{self.folder}/password", "-out", made,
        )
        store = self.fleet / "stores" / "old"
        shutil.rmtree(store)
        done = self.run_program("import", "-f", "fleet", "edge/old/internal", made, "--password-file", "password")
        self.assertTrue((store / "personal" / done.out.strip() / "key.pem").exists())


if __name__ == "__main__":
    harness.main()
