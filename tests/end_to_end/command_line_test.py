"""The command line itself: help, the manual page, completion, usage errors, where output goes."""

import os
import shutil
import subprocess
import unittest

import harness

COMMANDS = (
    "init validate check plan apply drift status observe explain show chain request export import graph log node version completion help"
).split()


class CommandLine(harness.EndToEnd):
    def test_without_arguments_the_commands_are_listed(self):
        overview = self.run_program().out
        self.assertEqual(overview, self.run_program("help").out)
        self.assertEqual(overview, self.run_program("--help").out)
        for command in COMMANDS:
            self.assertRegex(overview, rf"(?m)^  {command} ")

    def test_every_command_has_help_with_an_example_and_its_exit_statuses(self):
        for command in COMMANDS:
            page = self.run_program("help", command).out
            self.assertEqual(page, self.run_program(command, "--help").out)
            self.assertRegex(page, rf"^edgecert {command}: ")
            self.assertIn("\nUsage: edgecert " + command, page)
            self.assertRegex(page, r"\nExamples?:\n  ")
            self.assertRegex(page, r"\nExit status:\n  0  ")
            for line in page.splitlines():
                self.assertLessEqual(len(line), 100, f"{command}: {line}")

    def test_help_wins_over_what_is_missing_or_wrong_beside_it(self):
        self.assertIn("Usage: edgecert export", self.run_program("export", "--help").out)
        self.assertIn("Usage: edgecert plan", self.run_program("plan", "-h", "fleet").out)

    def test_help_and_manual_list_the_forms_of_each_command(self):
        self.assertIn(": text, json or markdown", " ".join(self.run_program("help", "plan").out.split()))
        self.assertIn(": text, json, prometheus or junit", " ".join(self.run_program("help", "drift").out.split()))
        self.assertIn(": text, json or markdown", self.run_program("help", "--man").out)

    def test_a_wrong_choice_is_told_in_a_sentence(self):
        error = self.run_program("completion", "zsh", status=1).err
        self.assertIn("`zsh` is not bash, addresses, authorities or servers", error)
        self.assertNotIn("argument0", error)
        self.assertNotIn("did you mean", self.run_program("help", "foo", status=1).err)

    def test_a_wrong_saved_file_is_named(self):
        self.quickstart()
        self.write("wrong.json", "{}")
        for command in (("apply", "--yes", "--plan"), ("plan", "--observed")):
            self.assertIn("wrong.json: ", self.run_program(*command, "wrong.json", "fleet", status=1).err)

    def test_version_is_one_line(self):
        self.assertRegex(self.run_program("version").out, r"^edgecert \d+\.\d+\.\d+\n$")
        self.assertEqual(self.run_program("--version").out, self.run_program("version").out)

    def test_wrong_usage_is_named_with_what_was_meant(self):
        for arguments, words in (
            (["plann"], "did you mean `plan`?"),
            (["plan", "--fromat", "json"], "did you mean `--format`?"),
            (["plan", "--format", "xml"], "--format"),
            (["show"], "ADDRESS is missing"),
            (["export", "ams-edge/internal"], "--out FILE.pfx is missing"),
            (["import", "ams-edge/edge01/internal"], "FILE is missing"),
            (["init", "a", "b"], "one argument too many: `b`"),
            (["--format", "json", "plan"], "the command comes first"),
            (["plan", "--at", "yesterday"], "`yesterday` is no time"),
            (["apply", "--wait", "soon"], "`soon` is no duration"),
            (["plan", "--parallel", "0"], "--parallel"),
            (["help", "plann"], "did you mean `plan`?"),
            (["node"], "--directory DIR is missing"),
        ):
            result = self.run_program(*arguments, status=1)
            self.assertEqual(result.out, "", arguments)
            self.assertIn(words, result.err, arguments)

    def test_a_result_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([harness.PROGRAM, "help"], stdout=full, stderr=subprocess.PIPE, env=self.environment, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"could not be written", done.stderr)

    def test_colour_only_where_it_is_asked_for(self):
        self.write("fleet.yaml", "kind: Nothing\n")
        self.assertNotIn("\x1b", self.run_program("validate", status=1).err)
        self.assertIn("\x1b", self.run_program("validate", "--color", "always", status=1).err)
        self.assertNotIn("\x1b", self.run_program("validate", "--color", "never", status=1).err)

    @unittest.skipUnless(shutil.which("groff"), "needs groff")
    def test_the_manual_page_is_sound_roff_and_has_every_command(self):
        page = self.run_program("help", "--man").out
        done = subprocess.run(
            ["groff", "-man", "-Tutf8", "-Kutf8", "-ww", "-z"], input=page.encode(), capture_output=True, check=True
        )
        self.assertEqual(done.stderr, b"")
        text = subprocess.run(["man", "-l", "-"], input=page.encode(), capture_output=True, check=True, env={**os.environ, "MANWIDTH": "100"})
        for command in COMMANDS:
            self.assertIn(f"edgecert {command}".encode(), text.stdout)

    def test_completion_is_sound_bash(self):
        script = self.write("completion.bash", self.run_program("completion", "bash").out)
        subprocess.run(["bash", "-n", script], check=True)

    def complete(self, *words):
        """What bash offers for the last of the words."""
        script = self.write("completion.bash", self.run_program("completion", "bash").out)
        line = " ".join(f"'{word}'" for word in words)
        program = f"source '{script}'; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _edgecert; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        done = subprocess.run(["bash", "-c", program], capture_output=True, cwd=self.folder, env=self.environment, check=True, text=True)
        return [word for word in done.stdout.split("\n") if word]

    def test_completion_offers_commands_options_choices_and_addresses(self):
        self.quickstart()
        program = harness.PROGRAM
        self.assertEqual(self.complete(program, "val"), ["validate"])
        self.assertIn("--detailed-exitcode", self.complete(program, "plan", "--d"))
        self.assertEqual(self.complete(program, "plan", "--format", "m"), ["markdown"])
        self.assertEqual(self.complete(program, "explain", "-f", "fleet", "lon-edge/edge"), ["lon-edge/edge01", "lon-edge/edge02"])
        self.assertEqual(self.complete(program, "chain", "-f", "fleet", ""), ["example-issuing"])
        self.assertEqual(self.complete(program, "plan", "fle"), ["fleet"])
        self.assertEqual(self.complete(program, "help", "appl"), ["apply"])

    def test_an_unknown_address_gets_a_suggestion(self):
        self.quickstart()
        result = self.run_program("plan", "fleet", "--target", "ams-egde", status=1)
        self.assertIn("did you mean `ams-edge`?", result.err)
        result = self.run_program("show", "-f", "fleet", "ams-edge/edge09", status=1)
        self.assertIn("there is no `ams-edge/edge09`", result.err)

    def test_a_mistake_in_a_manifest_stops_every_command_before_anything_is_looked_at(self):
        fleet = self.quickstart()
        path = fleet / "london.yaml"
        path.write_text(path.read_text().replace("friendlyName", "x").replace("site: london", "site: londn"))
        for command in ("plan", "apply", "status", "observe", "drift", "check", "graph"):
            result = self.run_program(command, "fleet", status=1)
            self.assertEqual(result.out, "", command)
            self.assertIn("london.yaml:", result.err)
            self.assertIn("did you mean `london`?", result.err)
        self.assertFalse((fleet / "state").exists())


if __name__ == "__main__":
    harness.main()
