#!/usr/bin/env python3
"""Fresh pools of two servers brought to one certificate each, against a C loop that makes the same keys and signatures (bare_pools.c).

  tests/bench/converging.py PROGRAM [--tiny]

With RSA 2048 making keys is what costs; the loop writes nothing. With P-256 the files are what costs: the loop writes and syncs as often as
the program does, never oftener, which strace counts of both in the same run. Ours and the loop take turns, each goes first as often as the other, and what counts is
the sum of all turns: how long a search for primes takes is chance, and only over many keys is it the same for both.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import bench_world

THREADS = 8
TURNS = {"rsa": 4, "ec": 2}
SYNCS = ("fsync", "fdatasync", "sync_file_range", "syncfs", "sync", "msync")


def apply(program, folder):
    return bench_world.measured([program, "apply", "--yes", "--parallel", THREADS, folder], environment=bench_world.environment_of(folder))


def fresh(folder, pools, key):
    shutil.rmtree(folder, ignore_errors=True)
    return bench_world.write_fleet(folder, pools, 2, key)


def syncs_of(argv, trace, environment=None):
    """How many calls strace sees that wait for a disk, of every kind; None where it may not trace."""
    words = ["strace", "-f", "-o", trace, "-e", f"trace={','.join(SYNCS)}", *map(str, argv)]
    if not shutil.which("strace") or subprocess.run(words, capture_output=True, check=False, env=environment).returncode != 0:
        return None
    return len(re.findall(rf"\b(?:{'|'.join(SYNCS)})\(", trace.read_text()))


def syncs_a_pool(count):
    """For one pool more, where `count` counts those of so many pools."""
    few, more = count(2), count(6)
    return None if few is None or more is None else (more - few) / 4


def our_syncs(program, folder):
    def count(pools):
        fleet = fresh(folder / "counted", pools, "ec")
        return syncs_of([program, "apply", "--yes", fleet], folder / "trace", bench_world.environment_of(fleet))

    return syncs_a_pool(count)


def syncs_of_loop(loop, folder, syncs):
    def count(pools):
        target = folder / "bare"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        return syncs_of([loop, "ec", 1, pools, target, syncs], folder / "trace")

    return syncs_a_pool(count)


def bare(loop, key, pools, rest):
    wall, processor = map(float, subprocess.run([loop, key, str(THREADS), str(pools), *map(str, rest)], check=True, capture_output=True, text=True).stdout.split())
    return bench_world.Cost(wall, processor)


def compare(program, loop, folder, key, pools, syncs):
    """All turns of ours and of the loop together, by the clock and by the processors."""
    ours, floor = [], []

    def loop_turn():
        target = folder / "bare"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        floor.append(bare(loop, key, pools, [target, syncs] if syncs else []))

    def our_turn():
        fleet = fresh(folder / "fleet", pools, key)
        ours.append(apply(program, fleet))
        served = len(list(fleet.glob("stores/*/*/roles/web0/fullchain.pem")))
        if served != 2 * pools:
            sys.exit(f"{served} servers serve, not {2 * pools}")
        shutil.rmtree(fleet)

    for turn in range(TURNS[key]):
        for one in (loop_turn, our_turn) if turn % 2 == 0 else (our_turn, loop_turn):
            one()
    total = lambda costs, what: sum(getattr(cost, what) for cost in costs)
    return {what: (total(ours, what), total(floor, what)) for what in ("wall", "processor")}


def main(program, tiny):
    with tempfile.TemporaryDirectory(prefix="converging-") as name:
        folder = pathlib.Path(name)
        loop = bench_world.compiled("bare_pools.c", folder, "-lcrypto", "-lpthread")
        pools = 3 if tiny else 200
        found = compare(program, loop, folder, "rsa", pools, 0)
        bench_world.row(f"{TURNS['rsa']} × {pools} fresh pools, RSA 2048: processors", *with_reference(found["processor"], "the same keys and signatures"), limit=1.15)
        bench_world.row(f"{TURNS['rsa']} × {pools} fresh pools, RSA 2048: clock", *with_reference(found["wall"], f"the same keys and signatures, {THREADS} threads"), limit=1.15)
        counted = our_syncs(program, folder)
        if not counted:
            bench_world.say("no strace that may trace: the syncs are not counted, P-256 is left out")
            return
        syncs = int(counted)
        of_loop = syncs_of_loop(loop, folder, syncs)
        bench_world.row("a fresh pool of two, P-256: syncs", counted, "the loop's", of_loop, unit="")
        if of_loop != syncs:
            sys.exit(f"the loop syncs {of_loop} times a pool, and is to do so {syncs} times")
        found = compare(program, loop, folder, "ec", pools, syncs)
        bench_world.row(f"{TURNS['ec']} × {pools} fresh pools, P-256: clock", *with_reference(found["wall"], f"the same keys, {syncs} syncs a pool"), limit=3)
        bench_world.row(f"{TURNS['ec']} × {pools} fresh pools, P-256: processors", *with_reference(found["processor"], f"the same keys, {syncs} syncs a pool"))


def with_reference(pair, against):
    return pair[0], against, pair[1]


if __name__ == "__main__":
    arguments = [word for word in sys.argv[1:] if word != "--tiny"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    main(pathlib.Path(arguments[0]).resolve(), "--tiny" in sys.argv)
