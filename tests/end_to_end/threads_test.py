"""All of apply on many threads: many pools, nodes, renewals, ways back. Run with a program under the thread sanitizer it finds races; with any
other it is a test of wide applies."""

import shutil

import broken_calls
import harness
from broken_calls import DAY, Pool

POOLS = 6
POOL = """
---
apiVersion: edgecert/v1
kind: EdgePool
metadata: {name: poolNUMBER}
spec:
  site: here
  fqdn: poolNUMBER.example.net
  requestOn: SECOND
  servers:
    - {name: one, fqdn: one.poolNUMBER.example.net, store: {directory: stores/NUMBER/one}}
    - {name: two, fqdn: two.poolNUMBER.example.net, store: {command: [PROGRAM, node, --directory, FOLDER/stores/NUMBER/two]}}
    - {name: three, fqdn: three.poolNUMBER.example.net, store: {command: [PROGRAM, node, --directory, FOLDER/stores/NUMBER/three]}}
  certificates: [{name: internal, roles: [internal]}, {name: external, roles: [external, other], names: [access.poolNUMBER.example.net]}]
"""


class Threads(harness.EndToEnd):
    def run_cleanly(self, *arguments, status=0):
        result = self.run_program(*arguments, status=status)
        self.assertNotIn("Sanitizer", result.out + result.err)
        return result

    def test_the_quick_start(self):
        self.quickstart()
        for command in (["check"], ["plan"], ["apply", "--yes", "--parallel", "8"], ["drift"], ["status"], ["observe"]):
            self.run_cleanly(*command, "fleet")

    def test_many_pools_with_nodes(self):
        pool = Pool(self.folder / "many")
        text = (pool.folder / "pool.yaml").read_text()
        for number in range(POOLS):
            more = POOL.replace("NUMBER", str(number)).replace("PROGRAM", harness.PROGRAM).replace("FOLDER", str(pool.folder))
            text += more.replace("SECOND", "two" if number % 2 else "one")
        (pool.folder / "pool.yaml").write_text(text)
        for command in (["plan"], ["apply", "--yes", "--parallel", "8"], ["status"], ["drift"]):
            status, said = pool.run(*command)
            self.assertEqual(status, 0, said)
            self.assertNotIn("Sanitizer", said)
        self.assertEqual(len(pool.issued()), 1 + 2 * POOLS)
        for number in range(0, POOLS, 2):
            shutil.rmtree(pool.folder / "stores" / str(number) / "two")
        status, said = pool.run("apply", "--yes", "--parallel", "8")
        self.assertEqual(status, 0, said)
        self.assertNotIn("Sanitizer", said)
        self.assertEqual(len(pool.issued()), 1 + 2 * POOLS)
        pool.clock = 70 * DAY  # all are due
        status, said = pool.run("apply", "--yes", "--parallel", "4")
        self.assertEqual(status, 0, said)
        self.assertNotIn("Sanitizer", said)
        self.assertEqual(len(pool.issued()), 2 * (1 + 2 * POOLS))

    def test_a_way_back(self):
        base = Pool(self.folder / "base")
        self.assertEqual(base.apply()[0], 0)
        pool = Pool(self.folder / "pool", base, names="more.example.net")
        good = pool.certificate(pool.folder / "stores" / "one")
        (pool.folder / "good").write_bytes(good)
        (pool.folder / "refuse").touch()
        for status in (1, 3):
            got, said = pool.apply()
            self.assertEqual(got, status, said)
            self.assertNotIn("Sanitizer", said)
        self.assertEqual(list(broken_calls.faults_at_rest(pool, broken_calls.Keys(), issued=2, first=good)), [])


if __name__ == "__main__":
    harness.main()
