"""Windows servers for tests: the node's programs, and a machine under Wine with what can be seen of it from outside.

The management shell is a stand-in (tests/support/windows/standin_shell.cpp): the same arguments and output, no PowerShell."""

import os
import pathlib
import sys

import harness

sys.path.insert(0, str(harness.SOURCE / "tests" / "support"))
import wine  # noqa: E402

PROGRAMS = pathlib.Path(os.environ.get("EDGECERT_WINDOWS_PROGRAMS", ""))
TEMPLATE = pathlib.Path(os.environ.get("EDGECERT_WINE_TEMPLATE", ""))
NODE = PROGRAMS / "edgecert-node.exe"
OUTSIDER = PROGRAMS / "outsider.exe"
AVAILABLE = bool(os.environ.get("EDGECERT_WINDOWS_PROGRAMS")) and NODE.exists()
WHY_NOT = "the Windows node is not built, or wine is not installed"
harness.TIMEOUT = 600  # starting a Windows program takes seconds on a machine that is busy


def windows_path(path):
    return "Z:" + str(path).replace("/", "\\")


def yaml(argv):
    return "[" + ", ".join("'" + str(word).replace("'", "''") + "'" for word in argv) + "]"


class WindowsServer:
    """A machine under Wine, or one of several servers in it that have stores and a folder of their own (`apart`)."""

    def __init__(self, name, prefix=None, apart=False):
        self.name = name
        self.prefix = prefix or wine.Prefix(TEMPLATE)
        self.stores = name if apart else ""
        self.own = ["--stores", name, "--data", f"C:\\{name}"] if apart else []
        self.data = self.prefix.drive_c(name) if apart else self.prefix.drive_c("ProgramData", "edgecert")
        self.shell_state = self.prefix.drive_c(f"{name}-shell.txt")

    def node(self, *words, **settings):
        command = self.prefix.command(NODE, *self.own, *words)
        return [*command[:3], *(f"{key}={value}" for key, value in settings.items()), *command[3:]]

    def shell_node(self, *words, module="SkypeForBusiness", **settings):
        """Roles through the management shell's stand-in."""
        shell = ["--shell", module, "--powershell", windows_path(PROGRAMS / "standin_shell.exe")]
        return self.node(*shell, *words, STANDIN_STATE=f"C:\\{self.shell_state.name}", **settings)

    def list(self, store):
        """thumbprint → (container, friendly name)"""
        rows = (line.split(" ", 2) for line in self.prefix.run(OUTSIDER, "list", self.stores + store).splitlines() if line.strip())
        return {row[0]: (row[1], row[2] if len(row) > 2 else "") for row in rows}

    def public_key(self, thumbprint):
        """The hash of its public key, after its private key has signed for it."""
        return self.prefix.run(OUTSIDER, "fingerprint", self.stores + "My", thumbprint).strip()

    def containers(self):
        return set(self.prefix.run(OUTSIDER, "containers").split())
