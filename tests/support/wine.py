"""Wine prefixes for tests: one template, made once, and cheap copies of it, each a Windows machine of its own.

As a program: wine.py TEMPLATE COMMAND ARG... runs the command with EDGECERT_WINE (how to start a Windows program) and
WINEPREFIX set to a fresh copy, which is taken away afterwards."""

import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

# Debian's launcher asks about 32-bit Wine each time; the loader itself is enough where it is.
LOADER = next((p for p in ("/usr/lib/wine/wine64", "/usr/bin/wine") if os.path.exists(p)), "wine")
QUIET = {"WINEDEBUG": "-all", "WINEDLLOVERRIDES": "mscoree,mshtml=;winedbg.exe=d"}


def server_program():
    beside = pathlib.Path(LOADER).with_name("wineserver64")
    return str(beside) if beside.exists() else "wineserver"


class Prefix:
    """A copy of the template; a context manager."""

    def __init__(self, template, parent=None):
        template = pathlib.Path(template).resolve()
        make_template(template)
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="edgecert-wine-", dir=parent or template.parent))
        self.path.rmdir()
        subprocess.run(["cp", "-al", template, self.path], check=True)
        for registry in list(self.path.glob("*.reg")):  # written in place by Wine: a copy of one's own
            registry.unlink()
            shutil.copy2(template / registry.name, registry)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.path, ignore_errors=True)

    @property
    def environment(self):
        return dict(os.environ, WINEPREFIX=str(self.path), **QUIET)

    def command(self, *words):
        """An argv that runs a Windows program in this prefix, whatever the environment is."""
        return ["/usr/bin/env", "-u", "LD_PRELOAD", f"WINEPREFIX={self.path}", *(f"{k}={v}" for k, v in QUIET.items()), LOADER, *map(str, words)]

    def run(self, *words, check=True, **options):
        done = subprocess.run(self.command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=600, **options)
        if check and done.returncode != 0:
            raise AssertionError(f"{words} ended with {done.returncode}: {done.stdout.decode(errors='replace')}")
        return done.stdout.decode(errors="replace").replace("\r\n", "\n")

    def stop(self):
        """Ends the whole machine as a shutdown does: what is in the registry is written."""
        subprocess.run([server_program(), "-k"], env=self.environment, stderr=subprocess.DEVNULL, check=False)
        subprocess.run([server_program(), "-w"], env=self.environment, stderr=subprocess.DEVNULL, check=False, timeout=600)

    kill = stop

    def drive_c(self, *parts):
        return self.path.joinpath("drive_c", *parts)


def make_template(template):
    template.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{template}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if template.exists():
            return
        making = pathlib.Path(f"{template}.making")
        shutil.rmtree(making, ignore_errors=True)
        environment = dict(os.environ, WINEPREFIX=str(making), **QUIET)
        subprocess.run([LOADER, "wineboot", "-i"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=True, timeout=600)
        subprocess.run([server_program(), "-w"], env=environment, check=True, timeout=600)
        making.rename(template)


def main():
    template, command = sys.argv[1], sys.argv[2:]
    with Prefix(template) as prefix:
        environment = dict(prefix.environment, EDGECERT_WINE=LOADER)
        sys.exit(subprocess.run(command, env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
