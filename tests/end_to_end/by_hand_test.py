"""export and import: a PFX carried by hand, checked with openssl."""

import json
import shutil

import harness
from harness import openssl

PASSWORD = "correct horse 9"


class ByHand(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.fleet = self.quickstart()
        self.run_program("apply", "--yes", "--target", "ams-edge", "fleet")
        self.stores = self.fleet / "state" / "stores" / "ams-edge"
        self.write("password", PASSWORD + "\n")

    def test_the_pfx_has_key_and_whole_chain_and_is_for_its_owner_alone(self):
        result = self.run_program("export", "-f", "fleet", "ams-edge/internal", "--out", "edge.pfx", "--password-file", "password")
        self.assertEqual(result.out, "edge.pfx\n")
        path = self.folder / "edge.pfx"
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        text = openssl("pkcs12", "-in", path, "-passin", f"pass:{PASSWORD}", "-nodes").decode()
        self.assertEqual(text.count("BEGIN CERTIFICATE"), 3)
        self.assertIn("Edge Internal", text)
        key = openssl("pkey", "-pubout", data=text[text.index("-----BEGIN PRIVATE KEY") :].encode())
        place = self.stores / "edge01" / "roles" / "internal" / "certificate.pem"
        self.assertEqual(key, openssl("x509", "-in", place, "-noout", "-pubkey"))
        log = self.run_program("log").out
        self.assertIn("export", log)
        self.assertNotIn(PASSWORD, log + result.err)

    def test_an_existing_file_is_kept_unless_forced(self):
        self.write("edge.pfx", "mine")
        words = ("export", "-f", "fleet", "ams-edge/internal", "--out", "edge.pfx", "--password-file", "password")
        self.run_program(*words, status=1)
        self.assertEqual((self.folder / "edge.pfx").read_text(), "mine")
        self.run_program(*words, "--force")
        self.assertNotEqual((self.folder / "edge.pfx").read_bytes(), b"mine")

    def test_without_terminal_and_password_file_nothing_is_written(self):
        result = self.run_program("export", "-f", "fleet", "ams-edge/internal", "--out", "edge.pfx", status=1)
        self.assertIn("--password-file", result.err)
        self.assertFalse((self.folder / "edge.pfx").exists())

    def test_the_password_is_asked_twice_on_a_terminal_and_not_shown(self):
        words = ("export", "-f", "fleet", "ams-edge/internal", "--out", "edge.pfx")
        text = self.run_on_terminal(*words, answers=[("for the PFX:", "one\n"), ("same again:", "two\n")], status=1)
        self.assertIn("differ", text)
        self.assertFalse((self.folder / "edge.pfx").exists())
        text = self.run_on_terminal(*words, answers=[("for the PFX:", f"x\x7f{PASSWORD}\n"), ("same again:", f"{PASSWORD}\n")])
        self.assertNotIn(PASSWORD, text)
        openssl("pkcs12", "-in", self.folder / "edge.pfx", "-passin", f"pass:{PASSWORD}", "-noout")

    def test_what_is_imported_by_hand_is_used_and_not_owned(self):
        self.run_program("export", "-f", "fleet", "ams-edge/internal", "--out", "edge.pfx", "--password-file", "password")
        shutil.rmtree(self.stores / "edge02")
        imported = self.run_program("import", "-f", "fleet", "ams-edge/edge02/internal", "edge.pfx", "--password-file", "password")
        self.assertRegex(imported.out, r"^[0-9a-f]{64}\n$")
        document = self.run_program("show", "-f", "fleet", "ams-edge/edge02", "--format", "json").json()
        entry = document["servers"][0]["certificates"][0]
        self.assertEqual((entry["id"], entry["owned"], entry["key"]), (imported.out.strip(), False, "present"))
        plan = self.run_program("plan", "--target", "ams-edge", "fleet", "--format", "json").json()
        steps = [(s["action"], s["certificate"]) for s in plan["steps"]]
        self.assertNotIn(("transfer-certificate", "internal"), steps)
        self.run_program("apply", "--yes", "--target", "ams-edge", "fleet")
        self.assert_serves(self.stores / "edge02", "internal", self.stores / "edge01" / "root.pem")

    def test_a_wrong_password_and_rubbish_change_nothing(self):
        self.run_program("export", "-f", "fleet", "ams-edge/internal", "--out", "edge.pfx", "--password-file", "password")
        self.write("wrong", "not it\n")
        before = self.tree(self.stores)
        self.run_program("import", "-f", "fleet", "ams-edge/edge01/internal", "edge.pfx", "--password-file", "wrong", status=1)
        self.write("rubbish.pfx", b"\x30\x80" + b"x" * 100)
        self.run_program("import", "-f", "fleet", "ams-edge/edge01/internal", "rubbish.pfx", "--password-file", "password", status=1)
        self.run_program("import", "-f", "fleet", "ams-edge/edge01/internal", "nowhere.cer", status=1)
        self.assertEqual(self.tree(self.stores), before)

    def last_end(self):
        return json.loads(max((self.folder / "log" / "edgecert" / "runs").iterdir(), key=lambda path: path.stat().st_mtime_ns).read_text().splitlines()[-1])

    def test_the_record_of_an_export_ends_as_the_export_did(self):
        words = ("export", "-f", "fleet", "ams-edge/internal", "--password-file", "password", "--out")
        self.run_program(*words, "nowhere/edge.pfx", status=1)
        self.assertEqual((self.last_end()["event"], self.last_end()["exit_status"]), ("end", 1))
        self.run_program(*words, "edge.pfx")
        self.assertEqual((self.last_end()["event"], self.last_end()["exit_status"]), ("end", 0))

    def test_without_a_place_for_records_everything_works_and_says_so_once(self):
        self.run_program("export", "-f", "fleet", "ams-edge/internal", "--out", "edge.pfx", "--password-file", "password")
        del self.environment["HOME"], self.environment["XDG_STATE_HOME"]
        shutil.rmtree(self.stores / "edge02")
        for words in (
            ("export", "-f", "fleet", "ams-edge/internal", "--out", "more.pfx", "--password-file", "password"),
            ("import", "-f", "fleet", "ams-edge/edge02/internal", "edge.pfx", "--password-file", "password"),
            ("apply", "--yes", "--target", "ams-edge", "fleet"),
        ):
            self.assertEqual(self.run_program(*words).err.count("without a record"), 1, words)
        self.assertIn("no-home", self.run_program("log", status=1).err)

    def test_a_key_that_may_not_leave_is_not_exported(self):
        path = self.fleet / "certificates.yaml"
        path.write_text(path.read_text().replace(", exportable: true", ""))
        for name in ("amsterdam.yaml", "london.yaml"):
            manifest = self.fleet / name
            text = manifest.read_text()
            for server in ("edge02", "edge03"):
                text = "\n".join(line for line in text.split("\n") if f"name: {server}," not in line)
            manifest.write_text(text)
        self.run_program("apply", "--yes", "--target", "ams-lab", "fleet")
        result = self.run_program("export", "-f", "fleet", "ams-lab/internal", "--out", "lab.pfx", "--password-file", "password", status=1)
        self.assertIn("not exportable", result.err)
        self.assertFalse((self.folder / "lab.pfx").exists())


if __name__ == "__main__":
    harness.main()
