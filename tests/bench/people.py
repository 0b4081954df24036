#!/usr/bin/env python3
"""What people use today for the same job: Ansible's community.crypto and an openssl script, against the program, in one run.

  tests/bench/people.py PROGRAM [--tiny]

20 certificates of a local CA (made beforehand for the other two): key, request, certificate, PKCS#12 and trust file, RSA 2048; then the same
once more with nothing to do. What is not installed is left out with a word. The program keeps no PKCS#12 at rest; it makes one to bring a
key to another server: so it has pools of two servers here, and makes two copies of everything where the others make one.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

import bench_world

PLAYBOOK = """- hosts: localhost
  connection: local
  gather_facts: false
  vars: {{count: {count}, to: "{folder}"}}
  tasks:
    - file: {{path: "{{{{to}}}}", state: directory, mode: "0700"}}
    - copy: {{src: "{ca}/ca.pem", dest: "{{{{to}}}}/trust.pem", mode: "0644"}}
    - community.crypto.openssl_privatekey: {{path: "{{{{to}}}}/{{{{item}}}}.key", size: 2048}}
      loop: &all "{{{{range(count) | list}}}}"
    - community.crypto.openssl_csr:
        path: "{{{{to}}}}/{{{{item}}}}.csr"
        privatekey_path: "{{{{to}}}}/{{{{item}}}}.key"
        common_name: "pool{{{{item}}}}.example.net"
        subject_alt_name: ["DNS:pool{{{{item}}}}.example.net"]
        extended_key_usage: [serverAuth]
      loop: *all
    - community.crypto.x509_certificate:
        path: "{{{{to}}}}/{{{{item}}}}.pem"
        csr_path: "{{{{to}}}}/{{{{item}}}}.csr"
        provider: ownca
        ownca_path: "{ca}/ca.pem"
        ownca_privatekey_path: "{ca}/ca.key"
        ownca_not_after: "+825d"
      loop: *all
    - community.crypto.openssl_pkcs12:
        path: "{{{{to}}}}/{{{{item}}}}.p12"
        friendly_name: "pool{{{{item}}}}"
        privatekey_path: "{{{{to}}}}/{{{{item}}}}.key"
        certificate_path: "{{{{to}}}}/{{{{item}}}}.pem"
        other_certificates: ["{ca}/ca.pem"]
        passphrase: bench
      loop: *all
"""

# What such scripts do: make what is missing or soon over, and look whether key and certificate belong together.
SCRIPT = """set -eu
ca=$1 to=$2 count=$3
mkdir -p "$to"
cmp -s "$ca/ca.pem" "$to/trust.pem" || cp "$ca/ca.pem" "$to/trust.pem"
for number in $(seq 0 $((count - 1))); do
  at="$to/$number" name="pool$number.example.net"
  [ -s "$at.key" ] || openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$at.key"
  if [ -s "$at.pem" ] && openssl x509 -in "$at.pem" -noout -checkend 2592000 >/dev/null && openssl x509 -in "$at.pem" -noout -checkhost "$name" | grep -q "does match" &&
     openssl verify -CAfile "$to/trust.pem" "$at.pem" >/dev/null && [ "$(openssl x509 -in "$at.pem" -noout -pubkey)" = "$(openssl pkey -in "$at.key" -pubout)" ]; then continue; fi
  openssl req -new -key "$at.key" -subj "/CN=$name" -addext "subjectAltName=DNS:$name" -addext extendedKeyUsage=serverAuth -out "$at.csr"
  openssl x509 -req -in "$at.csr" -CA "$ca/ca.pem" -CAkey "$ca/ca.key" -days 825 -copy_extensions copyall -out "$at.pem" 2>/dev/null
  openssl pkcs12 -export -inkey "$at.key" -in "$at.pem" -certfile "$ca/ca.pem" -name "pool$number" -passout pass:bench -out "$at.p12"
done
"""


def make_authority(folder):
    folder.mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Bench CA", "-days", "3650", "-keyout", folder / "ca.key", "-out", folder / "ca.pem"],
        check=True, capture_output=True,
    )
    return folder


def twice(argv, environment):
    """The first run, and the next, which has nothing to do."""
    return [bench_world.measured(argv, environment=environment).wall for _ in range(2)]


def require(folder, pattern, count):
    found = len(list(folder.glob(pattern)))
    if found != count:
        sys.exit(f"{found} of {count} {pattern} in {folder}")


def ours(program, folder, environment, count):
    fleet = bench_world.write_fleet(folder / "fleet", count, 2, "rsa")
    times = twice([program, "apply", "--yes", fleet], environment)
    require(fleet, "stores/*/*/roles/web0/fullchain.pem", 2 * count)
    return times


def ansible(folder, environment, count, authority):
    playbook = folder / "playbook.yaml"
    playbook.write_text(PLAYBOOK.format(count=count, folder=folder / "ansible", ca=authority))
    times = twice(["ansible-playbook", "-i", "localhost,", playbook], {**environment, "ANSIBLE_LOCAL_TEMP": str(folder / "temporary"), "HOME": str(folder)})
    require(folder / "ansible", "*.p12", count)
    return times


def openssl(folder, environment, count, authority):
    script = folder / "script.sh"
    script.write_text(SCRIPT)
    times = twice(["sh", script, authority, folder / "openssl", count], environment)
    require(folder / "openssl", "*.p12", count)
    return times


def main(program, tiny):
    with tempfile.TemporaryDirectory(prefix="people-") as name:
        folder = pathlib.Path(name)
        environment = bench_world.environment_of(folder)
        count = 2 if tiny else 20
        authority = make_authority(folder / "authority")
        mine = ours(program, folder, environment, count)
        others = {"openssl script": openssl(folder, environment, count, authority)}
        if shutil.which("ansible-playbook"):
            others["ansible-playbook"] = ansible(folder, environment, count, authority)
        else:
            bench_world.say("ansible-playbook is not installed, and is left out")
        for other, times in others.items():
            for what, value, reference in zip(("first run", "nothing to do"), mine, times):
                bench_world.row(f"{count} certificates, {what}", value, other, reference)


if __name__ == "__main__":
    arguments = [word for word in sys.argv[1:] if word != "--tiny"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    main(pathlib.Path(arguments[0]).resolve(), "--tiny" in sys.argv)
