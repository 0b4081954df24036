"""A real sshd on loopback with keys, configuration and forced commands of its own, and an `ssh` on PATH that knows it."""

import os
import pathlib
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import time

SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
SSH = shutil.which("ssh")
AVAILABLE = bool(SSHD and SSH)
USER = pwd.getpwuid(os.getuid()).pw_name


def keygen(path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", path.name, "-f", path], check=True, timeout=60)


class SshServer:
    """Hosts are told apart by their key: each has its own, and its own forced command."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, mode=0o700)
        self.bin = self.folder / "bin"  # first on the controller's PATH
        self.bin.mkdir()
        self.commands = {}
        self.process = None
        keygen(self.folder / "host")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (self.folder / "sshd_config").write_text(
            f"ListenAddress 127.0.0.1:{self.port}\nHostKey {self.folder}/host\nAuthorizedKeysFile {self.folder}/authorized_keys\n"
            "UsePAM no\nStrictModes no\nPidFile none\nPubkeyAuthentication yes\nPasswordAuthentication no\n"
            "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nPrintMotd no\nPrintLastLog no\nLogLevel VERBOSE\n"
        )
        words = (self.folder / "host.pub").read_text().split()[:2]
        (self.folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {' '.join(words)}\n")
        wrapper = self.bin / "ssh"
        wrapper.write_text(f'#!/bin/sh\nexec {SSH} -F {shlex.quote(str(self.folder / "ssh_config"))} "$@"\n')
        wrapper.chmod(0o755)

    def serve(self, host, command):
        """This host's forced command: an argv, or the text of a shell line."""
        if host not in self.commands:
            keygen(self.folder / host)
        self.commands[host] = command if isinstance(command, str) else shlex.join(map(str, command))
        self._write()

    def _write(self):
        authorized = ""
        client = ""
        for host, command in self.commands.items():
            public = (self.folder / f"{host}.pub").read_text().strip()
            quoted = command.replace('"', '\\"')
            authorized += f'command="{quoted}",restrict {public}\n'
            client += (
                f"Host {host}\n  HostName 127.0.0.1\n  Port {self.port}\n  User {USER}\n  IdentityFile {self.folder}/{host}\n"
                f"  IdentitiesOnly yes\n  IdentityAgent none\n  BatchMode yes\n  StrictHostKeyChecking yes\n"
                f"  UserKnownHostsFile {self.folder}/known_hosts\n  GlobalKnownHostsFile /dev/null\n  ConnectTimeout 20\n"
            )
        (self.folder / "authorized_keys").write_text(authorized)
        (self.folder / "ssh_config").write_text(client)

    def forget(self, host):
        """The server no longer knows this host's key."""
        path = self.folder / "authorized_keys"
        path.write_text("".join(line + "\n" for line in path.read_text().splitlines() if not line.endswith(host)))

    def start(self):
        if os.getuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        log = open(self.folder / "sshd.log", "ab")
        self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", self.folder / "sshd_config"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        raise AssertionError("sshd did not start: " + (self.folder / "sshd.log").read_text())

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
            self.process = None


def nodes(directory):
    """The processes of the node that serves this folder."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"node" in words[1:2] and str(directory).encode() in words:
            found.append(int(entry.name))
    return found
