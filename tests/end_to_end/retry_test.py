"""A rejected certificate is tried again only when somebody says so, also when that try fails."""


import harness
from progress_test import POOL

NAME = "    - {name: internal, roles: [internal]}"


class Retry(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.broken = self.folder / "broken"
        self.told = self.folder / "told"
        script = self.write("activate", f"#!/bin/sh\necho >> {self.told}\n[ -e {self.broken} ] || exit 0\necho no luck >&2\nexit 1\n")
        script.chmod(0o755)
        text = POOL.format(activate=script).replace("    - {name: two, fqdn: two.example.net}\n", "")
        self.manifest = self.write("fleet/fleet.yaml", text)
        self.run_program("apply", "--yes", "fleet")
        self.before = self.serving()

    def serving(self):
        return (self.folder / "fleet" / "stores" / "one" / "roles" / "internal" / "certificate.pem").read_bytes()

    def times_told(self):
        return self.told.read_text().count("\n")

    def reject(self):
        text = self.manifest.read_text()
        self.manifest.write_text(text.replace(NAME, NAME.replace("]}", "], names: [other.example.net]}")))
        self.broken.touch()
        result = self.run_program("apply", "--yes", "fleet", status=1)
        self.assertIn("no luck", result.out)
        self.assertNotIn("\\x0a", result.out)
        self.assertEqual(self.serving(), self.before)

    def test_nothing_tries_it_again_by_itself(self):
        self.reject()
        told = self.times_told()
        self.broken.unlink()
        result = self.run_program("apply", "--yes", "fleet", status=None)
        self.assertIn(result.status, (1, 3))  # 1: the way back has yet to be told to the service
        self.assertEqual(self.run_program("apply", "--yes", "fleet", status=3).status, 3)
        self.assertEqual(self.serving(), self.before)
        self.assertLessEqual(self.times_told(), told + 1)

    def test_a_retry_that_fails_leaves_the_rejection(self):
        self.reject()
        self.run_program("apply", "--yes", "--retry", "edge/internal", "fleet", status=1)
        self.assertEqual(self.serving(), self.before)
        self.broken.unlink()
        self.run_program("apply", "--yes", "fleet", status=None)
        self.run_program("apply", "--yes", "fleet", status=3)
        self.assertEqual(self.serving(), self.before)

    def test_an_address_with_nothing_to_act_on_is_warned_of(self):
        for words in (("--retry", "edge/internal"), ("--resubmit", "edge/internal"), ("--request-id", "edge/internal=4")):
            result = self.run_program("plan", "fleet", *words)
            self.assertIn(f"{words[0]} {words[1]} changes nothing", result.err)
            plan = self.run_program("plan", "fleet", *words, "--format", "json").json()
            self.assertIn("nothing-to-act-on", [one["code"] for one in plan["diagnostics"]])
        self.reject()
        result = self.run_program("plan", "fleet", "--retry", "edge/internal", status=None)
        self.assertNotIn("changes nothing", result.err)

    def test_a_retry_that_works_serves(self):
        self.reject()
        self.broken.unlink()
        self.run_program("apply", "--yes", "--retry", "edge/internal", "fleet")
        self.assertNotEqual(self.serving(), self.before)
        self.run_program("plan", "fleet", "--detailed-exitcode", status=0)


if __name__ == "__main__":
    harness.main()
