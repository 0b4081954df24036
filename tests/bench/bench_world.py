"""What the benches in Python share: fleets written by rule, runs of the program, C loops compiled, and rows for tests/bench/run."""

import json
import os
import pathlib
import resource
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
STORES_HERE = 'directory: "stores/${pool.name}/${server.name}"'

HEAD = """apiVersion: edgecert/v1
kind: CertificateAuthority
metadata: {{name: ca}}
spec: {{local: {{directory: ca, subject: {{commonName: Bench CA}}, key: {key}}}}}
---
apiVersion: edgecert/v1
kind: CertificateTemplate
metadata: {{name: web-server}}
spec: {{key: {key_exportable}}}
---
apiVersion: edgecert/v1
kind: Site
metadata: {{name: site}}
spec: {{authority: ca, template: web-server, store: {{{store}}}}}
"""
POOL = """---
apiVersion: edgecert/v1
kind: EdgePool
metadata: {{name: pool{number}}}
spec:
  site: site
  fqdn: pool{number}.example.net
  servers: [{servers}]
  certificates: [{certificates}]
"""
KEYS = {"rsa": "algorithm: rsa, bits: 2048", "ec": "algorithm: ecdsa, curve: p256"}


def write_fleet(folder, pools, servers, key="ec", store=STORES_HERE, certificates=1):
    """A local CA and pools of as many servers, with as many certificates each."""
    folder.mkdir(parents=True, exist_ok=True)
    text = HEAD.format(key="{" + KEYS[key] + "}", key_exportable="{" + KEYS[key] + ", exportable: true}", store=store)
    for number in range(pools):
        text += POOL.format(
            number=number,
            servers=", ".join(f"{{name: edge{place}, fqdn: edge{place}.pool{number}.example.net}}" for place in range(servers)),
            certificates=", ".join(f'{{name: web{place}, roles: [web{place}], names: ["web{place}.${{pool.fqdn}}"]}}' for place in range(certificates)),
        )
    (folder / "fleet.yaml").write_text(text)
    return folder


def compiled(source, folder, *libraries):
    """One of the C loops beside this file."""
    program = pathlib.Path(folder) / pathlib.Path(source).stem
    subprocess.run(["cc", "-O2", "-o", program, HERE / source, *libraries], check=True)
    return program


class Cost:
    """What a command took: seconds on the wall, and of all processors."""

    def __init__(self, wall, processor, output=""):
        self.wall = wall
        self.processor = processor
        self.output = output


def measured(argv, cwd=None, status=0, environment=None):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    done = subprocess.run(list(map(str, argv)), cwd=cwd, capture_output=True, text=True, check=False, env=environment)
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != status:
        sys.exit(f"{argv} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout)


def environment_of(folder):
    return {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "TZ": "UTC", "LC_ALL": "C.UTF-8"}


def row(what, value, against="", reference=None, limit=None, unit="s"):
    print(json.dumps({"what": what, "value": value, "unit": unit, "against": against, "reference": reference, "limit": limit, "per": "ratio"}), flush=True)


def say(text):
    print(text, file=sys.stderr, flush=True)
