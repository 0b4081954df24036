"""Input that is meant to hurt: a clear error, quickly, in bounded memory, and nothing written."""

import json
import os
import resource
import time

import harness

GIB = 1 << 30


class BadInput(harness.EndToEnd):
    def refused(self, words, *arguments):
        """Fails with these words within seconds and without writing anything; never by a signal."""
        before = {path: path.stat().st_mtime_ns for path in self.folder.rglob("*")}
        begun = time.monotonic()
        result = self.run_program(*arguments, status=1)
        self.assertLess(time.monotonic() - begun, 60)
        self.assertIn(words, result.err)
        self.assertEqual({path: path.stat().st_mtime_ns for path in self.folder.rglob("*")}, before)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        if "ASAN_OPTIONS" not in os.environ:
            self.assertLess(peak, GIB)
        return result

    def test_a_manifest_of_70_mib(self):
        self.write("big.yaml", b"# " + b"x" * (70 << 20))
        self.refused("64 MiB", "validate")

    def test_a_document_of_4_mib_of_brackets(self):
        self.write("brackets.yaml", b"[" * (4 << 20))
        self.refused("1 MiB", "validate")

    def test_deep_nesting(self):
        self.write("deep.yaml", b"[" * 5000)
        self.refused("deep.yaml:1:", "validate")

    def test_a_manifest_of_aliases(self):
        lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
        for before, after in zip("abcdefgh", "bcdefghi"):
            lines.append(f"{after}: &{after} [" + ", ".join([f"*{before}"] * 9) + "]")
        self.write("bomb.yaml", "\n".join(lines) + "\n")
        self.refused("anchor", "validate")

    def test_bytes_that_are_no_utf8(self):
        self.write("latin.yaml", b"kind: \xe9\xff\n")
        self.refused("UTF-8", "validate")

    def test_escape_sequences_in_a_manifest_do_not_reach_the_terminal(self):
        self.write("evil.yaml", b'apiVersion: edgecert/v1\nkind: "\\e[2J\\e]0;owned\\a"\nmetadata: {name: x}\nspec: {}\n')
        result = self.run_program("validate", status=1)
        self.assertNotIn("\x1b", result.err)
        self.assertNotIn("\x07", result.err)

    def test_names_that_are_paths(self):
        fleet = self.quickstart()
        for name in ("../../etc", "..", "a/b", "a\\u0000b", "/etc/passwd"):
            path = fleet / "london.yaml"
            text = (harness.SOURCE / "examples" / "quickstart" / "london.yaml").read_text()
            path.write_text(text.replace("name: edge01", f'name: "{name}"'))
            self.refused("london.yaml:", "apply", "--yes", "fleet")

    def test_a_path_that_is_not_there(self):
        self.refused("nowhere", "validate", "nowhere")

    def test_a_saved_plan_that_is_none(self):
        self.quickstart()
        for bytes_ in (b"", b"{}", b"[" * 100000, b'{"format": "edgecert.plan/1"}', b"\xff\xfe"):
            self.write("saved.json", bytes_)
            self.refused("", "apply", "--yes", "--plan", "saved.json", "fleet")

    def test_a_saved_plan_that_somebody_changed(self):
        self.quickstart()
        self.run_program("plan", "fleet", "--out", "saved.json")
        plan = json.loads((self.folder / "saved.json").read_text())
        plan["steps"][-1]["server"] = "edge99"
        self.write("saved.json", json.dumps(plan))
        self.refused("", "apply", "--yes", "--plan", "saved.json", "fleet")

    def test_a_saved_observation_that_is_none(self):
        self.quickstart()
        for bytes_ in (b"", b"{}", b"[" * 100000, b'{"format": "edgecert.observation/1"}'):
            self.write("seen.json", bytes_)
            self.refused("", "plan", "--observed", "seen.json", "fleet")

    def test_a_store_that_is_a_link_is_refused(self):
        fleet = self.quickstart()
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        (fleet / "state" / "stores" / "ams-lab").mkdir(parents=True)
        (fleet / "state" / "stores" / "ams-lab" / "lab01").symlink_to(elsewhere)
        result = self.run_program("apply", "--yes", "--target", "ams-lab", "fleet", status=1)
        self.assertIn("lab01", result.out + result.err)
        self.assertEqual(list(elsewhere.iterdir()), [])

    def test_a_store_that_others_may_write_to_is_refused(self):
        fleet = self.quickstart()
        store = fleet / "state" / "stores" / "ams-lab" / "lab01"
        store.mkdir(parents=True)
        store.chmod(0o777)
        result = self.run_program("apply", "--yes", "--target", "ams-lab", "fleet", status=1)
        self.assertIn("lab01", result.out + result.err)
        self.assertEqual(list(store.iterdir()), [])

    def test_a_part_of_a_store_that_cannot_be_read_is_not_taken_for_empty(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "--target", "ams-lab", "fleet")
        store = fleet / "state" / "stores" / "ams-lab" / "lab01"
        for part in ("personal", "roles", "root"):
            (store / part).chmod(0o777)
            before = self.tree(fleet / "state")
            planned = self.run_program("plan", "--target", "ams-lab", "fleet", status=1).out
            self.assertIn("blocked", planned)
            self.assertIn(f"chmod o-w {store / part}", planned)
            for step in ("create", "assign", "trust", "transfer"):
                self.assertNotIn(f"+ lab01: {step}", planned)
            self.run_program("apply", "--yes", "--target", "ams-lab", "fleet", status=1)
            self.assertEqual(self.tree(fleet / "state"), before)
            (store / part).chmod(0o755)
        (store / "personal").rename(self.folder / "moved")
        (store / "personal").symlink_to(self.folder / "moved")
        planned = self.run_program("plan", "--target", "ams-lab", "fleet", status=1).out
        self.assertIn(f"rm {store / 'personal'} && mv {self.folder / 'moved'} {store / 'personal'}", planned)
        (store / "personal").unlink()
        (self.folder / "moved").rename(store / "personal")
        self.assertIn("Nothing to do", self.run_program("plan", "--target", "ams-lab", "fleet").out)

    def test_a_group_for_keys_that_is_not_there_is_told_before_anything_is_asked_for(self):
        fleet = self.quickstart()
        for name in ("amsterdam.yaml", "london.yaml"):
            text = (fleet / name).read_text()
            self.write(f"fleet/{name}", text.replace('store: {directory: "', 'store: {keyGroup: no-such-group, directory: "'))
        self.assertIn('there is no group "no-such-group"', self.run_program("plan", "fleet").out)
        checked = self.run_program("check", "fleet", status=1).out
        self.assertIn("[no-key-group]", checked)
        self.assertIn("its clock agrees", checked)

    def test_rubbish_in_a_store_is_told_where_nothing_is_to_be_done(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "--target", "ams-lab", "fleet")
        store = fleet / "state" / "stores" / "ams-lab" / "lab01"
        (store / "personal" / "stray.pem").write_text("mine")
        record = next((store / "personal").glob("*/entry.json"))
        record.write_bytes(record.read_bytes()[:40])
        for command in ("plan", "drift", "status"):
            told = self.run_program(command, "--target", "ams-lab", "fleet").out
            self.assertEqual(told.count("[store-findings]"), 1, told)
            self.assertIn("personal/stray.pem", told)
            self.assertIn("entry.json", told)

    def test_a_key_that_others_may_read_is_refused(self):
        fleet = self.quickstart()
        self.run_program("apply", "--yes", "--target", "ams-lab", "fleet")
        key = next((fleet / "state" / "stores" / "ams-lab" / "lab01" / "personal").glob("*/key.pem"))
        key.chmod(0o644)
        shown = self.run_program("show", "-f", "fleet", "ams-lab/lab01").out
        self.assertIn("exposed", shown)

    def test_a_clock_that_no_machine_has_is_no_observation(self):
        fleet = self.quickstart()
        self.run_program("observe", "fleet", "--out", "seen.json")
        seen = json.loads((self.folder / "seen.json").read_text())
        for wrong in (-(2**63), 2**63, 2**64 - 1, 1e300, 10**12, "5"):
            seen["pools"]["ams-lab"]["servers"]["lab01"]["clockDifference"] = wrong
            (self.folder / "wrong.json").write_text(json.dumps(seen))
            self.run_program("plan", fleet, "--observed", "wrong.json", status=1)


if __name__ == "__main__":
    harness.main()
