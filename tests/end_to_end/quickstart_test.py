"""The quick start: init, plan, apply, and then nothing is left to do."""

import pathlib

import harness
from harness import openssl

ROLES = {
    "ams-edge": ["internal", "access-edge-external", "data-edge-external", "audio-video-authentication"],
    "ams-lab": ["internal"],
    "lon-edge": ["internal", "access-edge-external", "data-edge-external", "audio-video-authentication"],
}
SERVERS = {"ams-edge": ["edge01", "edge02", "edge03"], "ams-lab": ["lab01"], "lon-edge": ["edge01", "edge02"]}


class Quickstart(harness.EndToEnd):
    def test_init_writes_what_stands_in_the_examples(self):
        fleet = self.quickstart()
        examples = harness.SOURCE / "examples" / "quickstart"
        self.assertEqual(
            {path.name: path.read_bytes() for path in fleet.iterdir()},
            {path.name: path.read_bytes() for path in examples.iterdir()},
        )

    def test_init_overwrites_nothing(self):
        self.write("fleet/london.yaml", "mine")
        result = self.run_program("init", "fleet", status=1)
        self.assertIn("london.yaml is already there", result.err)
        self.assertEqual([path.name for path in (self.folder / "fleet").iterdir()], ["london.yaml"])

    def test_the_quick_start_is_valid_and_without_warnings(self):
        self.quickstart()
        result = self.run_program("validate", "fleet")
        self.assertEqual(result.err, "")
        self.assertEqual(result.out, "valid: 1 authority, 2 sites, 3 pools, 6 servers\n")

    def test_plan_changes_nothing(self):
        fleet = self.quickstart()
        before = self.tree(self.folder)
        self.run_program("plan", "fleet", "--detailed-exitcode", status=2)
        self.assertEqual(self.tree(self.folder), before)
        self.assertFalse((fleet / "state").exists())

    def test_apply_converges_and_a_second_one_finds_nothing(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "fleet")
        stores = fleet / "state" / "stores"
        for pool, roles in ROLES.items():
            for role in roles:
                root = stores / pool / SERVERS[pool][0] / "root.pem"
                fingerprints = {self.assert_serves(stores / pool / server, role, root) for server in SERVERS[pool]}
                self.assertEqual(len(fingerprints), 1, f"{pool}/{role}: one certificate on every server")
        before = self.tree(fleet)
        second = self.run_program("apply", "--yes", "fleet")
        self.assertEqual(self.tree(fleet), before)
        self.assertIn("othing", second.out)
        plan = self.run_program("plan", "fleet", "--detailed-exitcode", "--format", "json").json()
        self.assertEqual(plan["steps"], [])
        self.run_program("drift", "fleet")

    def test_the_certificates_are_what_the_manifests_say(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "fleet")
        place = fleet / "state" / "stores" / "ams-edge" / "edge02" / "roles" / "access-edge-external" / "certificate.pem"
        subject = openssl("x509", "-in", place, "-noout", "-subject", "-nameopt", "RFC2253").decode().strip()
        for part in ("C=NL", "ST=Noord-Holland", "L=Amsterdam", "O=Example", "OU=UC", "CN=access.ams.example.com"):
            self.assertIn(part, subject)
        names = openssl("x509", "-in", place, "-noout", "-ext", "subjectAltName").decode()
        for name in ("access.ams.example.com", "webconf.ams.example.com", "sip.ams.example.com"):
            self.assertIn(f"DNS:{name}", names)
        usage = openssl("x509", "-in", place, "-noout", "-ext", "extendedKeyUsage,crlDistributionPoints").decode()
        self.assertIn("TLS Web Server Authentication", usage)
        self.assertIn("http://pki.example.net/example.crl", usage)

    def test_key_files_are_for_their_owner_alone(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "fleet")
        keys = [path for path in fleet.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
        self.assertGreater(len(keys), 6)
        for key in keys:
            self.assertEqual(key.stat().st_mode & 0o077, 0, key)

    def test_no_key_leaves_the_stores_and_the_authority(self):
        fleet = self.quickstart()
        applied = self.run_program("apply", "--yes", "fleet", "--format", "json")
        observed = self.run_program("observe", "fleet")
        bodies = []
        for path in fleet.rglob("*.pem"):
            text = path.read_bytes()
            if b"PRIVATE KEY" in text:
                lines = text.split(b"\n")
                bodies.append(lines[len(lines) * 2 // 3])  # behind the modulus, which is public: nothing but key
        records = b"".join(path.read_bytes() for path in pathlib.Path(self.folder / "log").rglob("*") if path.is_file())
        everything = applied.out.encode() + applied.err.encode() + observed.out.encode() + records
        self.assertGreater(len(bodies), 6)
        for body in bodies:
            self.assertNotIn(body, everything)
        self.assertNotIn(b"PRIVATE KEY", everything)


if __name__ == "__main__":
    harness.main()
