#!/usr/bin/env python3
"""Servers observed through nodes, against the bare command with the same parallelism.

  tests/bench/nodes.py PROGRAM [--tiny]

200 servers behind a command that starts here: against `edgecert version`, the same program doing nothing, and against a bare `ssh HOST
true` where there is an sshd. 50 servers behind a real sshd on loopback: against `ssh HOST true`. The values are servers a second; ours and
the bare command take turns, and of each the best turn counts. What a node has to do is measured with stores that hold a certificate.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

import bench_world

sys.path.insert(0, str(bench_world.HERE.parent / "end_to_end"))
import ssh_server  # noqa: E402 (beside the tests that use it too)

PARALLEL = 8
TURNS = 3
FAR = "far/${pool.name}/${server.name}"


def at_once(argv, count, environment):
    """The seconds that so many runs of this command take, PARALLEL at once; xargs starts them."""
    begin = time.monotonic()
    xargs = ["xargs", "-P", str(PARALLEL), "-I", "ANY", *map(str, argv)]
    subprocess.run(xargs, input="\n".join(map(str, range(count))), text=True, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.monotonic() - begin


def observe(program, fleet, environment):
    """Nothing has changed, which the program only knows after it looked at every server."""
    return bench_world.measured([program, "drift", "--parallel", PARALLEL, fleet], environment=environment).wall


def rates(count, ours, bare):
    """Servers a second, of ours and of each bare command: best of their turns."""
    times = [[], *([] for _ in bare)]
    for _ in range(TURNS):
        for kept, work in zip(times, [ours, *bare]):
            kept.append(work())
    return [count / min(kept) for kept in times]


def rows(what, against, found, limits):
    for name, reference, limit in zip(against, found[1:], limits):
        bench_world.row(what, found[0], name, reference, limit, "/s")


def with_stores(program, fleet, environment, pools, command):
    """A fleet that converged, each pool with one server behind this command."""
    store = "command: [" + ", ".join(f'"{word}"' for word in command) + "]"
    bench_world.write_fleet(fleet, pools, 1, "ec", store)
    bench_world.measured([program, "apply", "--yes", "--parallel", PARALLEL, fleet], environment=environment)
    return fleet


def bare_ssh(server, count, environment):
    return lambda: at_once([server.bin / "ssh", "-T", "bare", "true"], count, environment)


def local(program, folder, environment, count, server):
    fleet = with_stores(program, folder / "local", environment, count, [program, "node", "--directory", f"{folder}/{FAR}"])
    bare = [lambda: at_once([program, "version"], count, environment)]
    against, limits = ["edgecert version"], [None]
    if server:
        bare.append(bare_ssh(server, count, environment))
        against.append("ssh HOST true")
        limits.append(">0.9")
    rows(f"{count} servers, nodes started here", against, rates(count, lambda: observe(program, fleet, environment), bare), limits)


def behind_ssh(program, folder, environment, count, server):
    fleet = with_stores(program, folder / "ssh", environment, count, ["ssh", "-T", "${server.fqdn}"])
    ours, floor = rates(count, lambda: observe(program, fleet, environment), [bare_ssh(server, count, environment)])
    rows(f"{count} servers behind sshd", ["ssh HOST true"], [ours, floor], [">0.9"])


def start_server(program, folder, count):
    """An sshd with a host for each server, and one that runs `true`."""
    server = ssh_server.SshServer(folder / "sshd")
    with open(folder / "sshd" / "sshd_config", "a", encoding="ascii") as config:
        # A second shell level: else bash reads the .bashrc of whoever runs this, and that is measured.
        config.write("MaxStartups 100\nSetEnv SHLVL=1\n")
    server.serve("bare", "true")
    for number in range(count):
        server.serve(f"edge0.pool{number}.example.net", [program, "node", "--directory", folder / "behind" / str(number)])
    server.start()
    return server


def main(program, tiny):
    with tempfile.TemporaryDirectory(prefix="nodes-") as name:
        folder = pathlib.Path(name)
        environment = bench_world.environment_of(folder)
        count = 2 if tiny else 50
        server = start_server(program, folder, count) if ssh_server.AVAILABLE else None
        if server:
            environment["PATH"] = f"{server.bin}:{os.environ['PATH']}"
        try:
            local(program, folder, environment, 2 if tiny else 200, server)
            if server:
                behind_ssh(program, folder, environment, count, server)
            else:
                bench_world.say("ssh and sshd are not installed: what is behind ssh is left out")
        finally:
            if server:
                server.stop()


if __name__ == "__main__":
    arguments = [word for word in sys.argv[1:] if word != "--tiny"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    main(pathlib.Path(arguments[0]).resolve(), "--tiny" in sys.argv)
