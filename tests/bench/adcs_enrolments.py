#!/usr/bin/env python3
"""Processor time of many enrolments at a simulated AD CS, against the cost of what none can do without (adcs_exchange.c).

  tests/bench/adcs_enrolments.py PROGRAM [COUNT]    PROGRAM: edgecert, built with optimisation; COUNT: pools, 1000

Two requests at once, as the default is. Both are measured in the same run, one after the other, in processor time: a busy machine changes
little. Ends with 1 when an enrolment of ours costs more than 1.5 times the bare one.
"""

import os
import pathlib
import resource
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CERTSRV = HERE.parent / "support" / "certsrv" / "certsrv"
LIMIT = 1.5

FLEET = """
apiVersion: edgecert/v1
kind: CertificateAuthority
metadata: {{name: contoso}}
spec:
  adcs: {{url: "{url}", auth: {{method: basic, username: u, password: {{env: EDGECERT_CA_PASSWORD}}}}, tls: {{ca: "{root}"}}, limits: {{concurrent: 2}}}}
  chain: {{roots: ["{pin}"]}}
---
apiVersion: edgecert/v1
kind: Site
metadata: {{name: site}}
spec: {{authority: contoso, store: {{directory: "stores/${{pool.name}}"}}}}
"""
POOL = """
---
apiVersion: edgecert/v1
kind: EdgePool
metadata: {{name: pool{number}}}
spec:
  site: site
  fqdn: pool{number}.contoso.net
  servers: [{{name: edge, fqdn: edge{number}.contoso.net}}]
  certificates: [{{name: internal, roles: [internal], names: ["${{pool.fqdn}}"]}}]
"""


def main(program, count):
    with tempfile.TemporaryDirectory(prefix="adcs-bench-") as name:
        folder = pathlib.Path(name)
        bare = folder / "adcs_exchange"
        subprocess.run(["cc", "-O2", "-o", bare, HERE / "adcs_exchange.c", "-lssl", "-lcrypto"], check=True)
        url = subprocess.run([CERTSRV, "start", folder / "ca"], check=True, capture_output=True, text=True).stdout.strip()
        pin = subprocess.run([CERTSRV, "pin", folder / "ca"], check=True, capture_output=True, text=True).stdout.strip()
        fleet = folder / "fleet"
        fleet.mkdir()
        root = folder / "ca" / "root.pem"
        (fleet / "fleet.yaml").write_text(FLEET.format(url=url, root=root, pin=pin) + "".join(POOL.format(number=number) for number in range(count)))
        port = url.split(":")[2].split("/")[0]
        floor = float(subprocess.run([bare, port, root, str(min(count, 200))], check=True, capture_output=True, text=True).stdout)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [program, "apply", "--yes", "--parallel", "8", fleet], capture_output=True, text=True, check=False,
            env={**os.environ, "EDGECERT_CA_PASSWORD": "x", "XDG_STATE_HOME": str(folder / "log")},
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([CERTSRV, "stop", folder / "ca"], check=True)
        if done.returncode != 0:
            print(done.stdout[-2000:], done.stderr[-2000:], file=sys.stderr)
            return 1
        issued = len(list((folder / "ca" / "requests").glob("*.pem")))
        ours = 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / count
        print(f"{issued} certificates issued; processor time an enrolment: ours {ours:.1f} ms, bare {floor:.1f} ms, ratio {ours / floor:.2f} (at most {LIMIT})")
        return 0 if issued == count and ours <= LIMIT * floor else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000))
