"""What pools leave behind goes after its time, and only that: on a server that moved, on a machine outside, and what never came to serve."""

import json
import time

import harness

HEAD = harness.LAB + """apiVersion: edgecert/v1
kind: Site
metadata: {name: here}
spec: {authority: lab, template: web, retire: {after: 1s}}
"""

POOL = """
---
apiVersion: edgecert/v1
kind: EdgePool
metadata: {name: NAME}
spec:
  site: here
  fqdn: FQDN
  MORE
  servers: [SERVERS]
  certificates: [{name: internal, roles: [internal]}]
"""


class Leftovers(harness.EndToEnd):
    def declare(self, *pools):
        """Each: name, fqdn, servers, and more lines."""
        text = HEAD
        for name, fqdn, servers, more in pools:
            listed = ", ".join(f"{{name: {one}, fqdn: {one}.example, store: {{directory: stores/{one}}}}}" for one in servers)
            text += POOL.replace("NAME", name).replace("FQDN", fqdn).replace("MORE", more).replace("SERVERS", listed)
        self.write("fleet.yaml", text)

    def apply(self, *options):
        return self.run_program("apply", "--yes", *options, "fleet.yaml")

    def held(self, server):
        """SHA-256 → the pool that it was asked for, of a server's personal store."""
        found = {}
        for path in (self.folder / "stores" / server / "personal").glob("*/entry.json"):
            self.assertTrue((path.parent / "key.pem").exists())
            found[path.parent.name] = json.loads(path.read_text())["label"]["pool"]
        return found

    def serves(self, server):
        return (self.folder / "stores" / server / "roles" / "internal").resolve().name

    def assert_clean(self, *servers):
        """Each holds what it serves, and nothing else; and that is all there is to do."""
        self.assertIn("No drift.", self.run_program("drift", "fleet.yaml").out)
        for server in servers:
            self.assertEqual(list(self.held(server)), [self.serves(server)], server)

    def test_on_a_server_that_moved_the_pool_that_has_it_now_retires(self):
        self.declare(("first", "first.example", "abc", ""), ("second", "second.example", "d", ""))
        self.apply()
        old = self.serves("c")
        self.declare(("first", "first.example", "ab", ""), ("second", "second.example", "dc", ""))
        self.apply()
        self.assertEqual(self.held("c")[old], "first")
        self.assertEqual(self.serves("c"), self.serves("d"))
        time.sleep(2)
        drift = self.run_program("drift", "fleet.yaml", status=2).out
        self.assertIn("c: remove internal", drift)
        self.apply()
        self.assert_clean("a", "b", "c", "d")
        self.assertEqual({self.serves("a"), self.serves("b")}, {old})

    def test_what_a_pool_that_nobody_declares_left_stays_and_is_told(self):
        self.declare(("first", "first.example", "abc", ""))
        self.apply()
        old = self.serves("c")
        self.declare(("second", "second.example", "c", ""))
        self.apply()
        time.sleep(2)
        for command in ("plan", "drift"):
            said = self.run_program(command, "fleet.yaml").out
            self.assertIn("the pool first, which is not declared here, left a certificate on c", said)
            self.assertIn("[left-behind]", said)
        self.apply()
        self.assertIn(old, self.held("c"))

    def test_the_machine_that_asked_keeps_nothing_that_was_superseded(self):
        outside = "requestOn: {name: asks, store: {directory: stores/asks}}"
        self.declare(("edge", "old.example", "ab", outside))
        self.apply()
        old = self.serves("a")
        self.assertEqual(list(self.held("asks")), [old])
        self.declare(("edge", "new.example", "ab", outside))
        self.apply()
        self.assertEqual(len(self.held("asks")), 2)
        time.sleep(2)
        self.apply()
        self.assert_clean("a", "b")
        self.assertEqual(list(self.held("asks")), [self.serves("a")])
        self.assertNotEqual(self.serves("a"), old)

    def test_what_was_installed_and_never_served_goes_when_the_manifest_is_undone(self):
        self.declare(("edge", "old.example", "ab", ""))
        self.apply()
        served = self.serves("a")
        self.declare(("edge", "new.example", "ab", ""))
        self.apply("--until", "installed")
        prepared = set(self.held("a")) - {served}
        self.assertEqual(len(prepared), 1)
        time.sleep(2)
        self.apply("--until", "installed")
        self.assertTrue(prepared <= set(self.held("b")), "what is declared is not retired before it serves")
        self.declare(("edge", "old.example", "ab", ""))
        self.assertIn("[unused", self.run_program("plan", "fleet.yaml").out)
        self.apply()
        self.assert_clean("a", "b")
        self.assertEqual(self.serves("a"), served)

    def test_nor_is_it_kept_when_a_third_one_takes_its_place(self):
        self.declare(("edge", "old.example", "ab", ""))
        self.apply()
        self.declare(("edge", "new.example", "ab", ""))
        self.apply("--until", "installed")
        self.declare(("edge", "third.example", "ab", ""))
        self.apply()
        self.assertEqual(len(self.held("a")), 3)
        time.sleep(2)
        self.apply()
        self.assert_clean("a", "b")


if __name__ == "__main__":
    harness.main()
