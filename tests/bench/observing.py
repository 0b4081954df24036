#!/usr/bin/env python3
"""Directory stores observed, against a C loop that reads the same files (bare_stores.c), in processor time.

  tests/bench/observing.py PROGRAM [--tiny]

1,000 servers of 10 certificates, in pools of 4 that share them. Ours is `drift` as a whole: it also loads the manifests and plans every
pool, to find that nothing is to be done. Ours and the loop take turns, and of each the best turn counts.
"""

import os
import pathlib
import secrets
import shutil
import subprocess
import sys
import tempfile

import bench_world

SERVERS_A_POOL = 4
CERTIFICATES = 10
TURNS = 3


def stores(program, fleet, pools, environment):
    """Pools that converged with one server each; the others are copies under ids of their own, as a transfer would have made them."""
    bench_world.write_fleet(fleet, pools, 1, "ec", certificates=CERTIFICATES)
    bench_world.measured([program, "apply", "--yes", "--parallel", "8", fleet], environment=environment)
    for first in sorted(fleet.glob("stores/*/edge0")):
        for number in range(1, SERVERS_A_POOL):
            copy = first.with_name(f"edge{number}")
            shutil.copytree(first, copy, symlinks=True)
            (copy / "id").write_text(secrets.token_hex(16) + "\n")
    bench_world.write_fleet(fleet, pools, SERVERS_A_POOL, "ec", certificates=CERTIFICATES)


def main(program, tiny):
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # made sooner there; read from memory either way
    with tempfile.TemporaryDirectory(prefix="observing-", dir=memory) as name:
        folder = pathlib.Path(name)
        environment = bench_world.environment_of(folder)
        loop = bench_world.compiled("bare_stores.c", folder, "-lcrypto")
        pools = 2 if tiny else 250
        fleet = folder / "fleet"
        stores(program, fleet, pools, environment)
        ours, floor = [], []
        for _ in range(TURNS):
            words = subprocess.run([loop, fleet / "stores"], check=True, capture_output=True, text=True).stdout.split()
            if int(words[3]) != pools * CERTIFICATES:
                sys.exit(f"{words[3]} keys, not {pools * CERTIFICATES}")
            floor.append(float(words[0]))
            ours.append(bench_world.measured([program, "drift", fleet], environment=environment).processor)
        what = f"{pools * SERVERS_A_POOL} servers of {CERTIFICATES} certificates: drift"
        bench_world.row(what, min(ours), f"{words[1]} files read, {words[2]} certificates parsed", min(floor), 2)


if __name__ == "__main__":
    arguments = [word for word in sys.argv[1:] if word != "--tiny"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    main(pathlib.Path(arguments[0]).resolve(), "--tiny" in sys.argv)
