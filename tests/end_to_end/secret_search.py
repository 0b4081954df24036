"""Looks for private keys and passwords in whatever was said, written or passed on, in each form that they may take."""

import base64
import pathlib
import re
import subprocess
import threading
import time

import harness
from harness import openssl

WINDOW = 15  # bytes of a secret number that may be found nowhere; a multiple of 3


def secret_numbers(key):
    """The numbers of a private key file that nobody may see: d and the primes of RSA, the scalar of a curve."""
    text = openssl("pkey", "-in", key, "-noout", "-text").decode()
    found = re.findall(r"^(?:privateExponent|prime1|prime2|priv):\n((?: +[0-9a-f:]+\n)+)", text, re.M)
    return [bytes.fromhex(re.sub(r"[\s:]", "", block)).lstrip(b"\0") for block in found]


def base64_of(window, at):
    """What stands for these bytes in base64 when they begin `at` bytes after a multiple of three."""
    text = base64.b64encode(b"\0" * at + window)
    return text[[0, 2, 3][at] : len(text) - [0, 3, 2][at] or None].rstrip(b"=")


def forms_of(word):
    """A password as it is, as PKCS#12 and Windows write it, in hexadecimal and in base64 wherever it begins."""
    raw = word if isinstance(word, bytes) else word.encode()
    wide = [] if isinstance(word, bytes) else [word.encode("utf-16-le"), word.encode("utf-16-be")]
    for form in [raw, *wide]:
        yield form
        yield form.hex().encode()
        for at in range(3):
            yield base64_of(form[: len(form) // 3 * 3], at)


class Secrets:
    """Looks for private keys: raw, hexadecimal and base64, wherever they begin."""

    def __init__(self, keys, words=(), numbers_reversed=False):
        self.words = {form: word for word in words for form in forms_of(word)}
        self.windows = set()
        for key in keys:
            numbers = secret_numbers(key)
            assert numbers, key
            for number in numbers + ([number[::-1] for number in numbers] if numbers_reversed else []):  # as they lie in memory
                for begin in range(0, len(number) - WINDOW + 1, WINDOW):
                    self.windows.add(number[begin : begin + WINDOW])
        self.texts = {base64_of(window, at) for window in self.windows for at in range(3)}

    def found_in(self, data):
        """The way in which something secret stands in these bytes, or None."""
        plain = re.sub(rb"[\s:]|\\n|\\r", b"", data)  # wrapped lines, colons, JSON's line ends
        digits = plain.lower()
        for window in self.windows:
            if window in data:
                return "raw"
            if window.hex().encode() in digits:
                return "hexadecimal"
        for text in self.texts:
            if text in plain or text.replace(b"+", b"-").replace(b"/", b"_") in plain:
                return "base64"
        if self.windows and b"PRIVATE KEY-----" in data:
            return "PEM"
        return next((f"the word {word!r}" for form, word in self.words.items() if form in data or form in plain or form in digits), None)


class Watch(threading.Thread):
    """Samples the arguments and environment of a process and of all below it, as often as it can."""

    def __init__(self, process, extra=lambda: []):
        super().__init__(daemon=True)
        self.process = process
        self.extra = extra
        self.seen = set()
        self.names = set()

    def look(self, process):
        words = self.read(process, "cmdline")
        # A child that has not become its program yet shows the arguments and the environment of its parent.
        own = words == self.read(self.process.pid, "cmdline")
        self.seen |= {("cmdline", words), ("own environ" if own else "environ", self.read(process, "environ"))}
        for path in pathlib.Path(f"/proc/{process}/task").glob("*/children"):
            try:
                below = path.read_text().split()
            except OSError:
                continue
            for child in below:
                self.look(child)

    def read(self, process, name):
        try:
            return pathlib.Path(f"/proc/{process}/{name}").read_bytes()
        except OSError:
            return b""

    def run(self):
        rounds = 0
        while self.process.poll() is None:
            try:
                self.look(self.process.pid)
                for process in self.extra() if rounds % 20 == 0 else []:
                    self.look(process)
            except OSError:
                pass
            rounds += 1
            time.sleep(0.001)


class Watched:
    """One run of the program, its words, and what the processes below it were given."""

    def __init__(self, arguments, folder, environment, extra=lambda: []):
        self.words = " ".join(map(str, arguments))
        process = subprocess.Popen([harness.PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   cwd=folder, env=environment)
        self.watch = Watch(process, extra)
        self.watch.start()
        self.out, self.err = process.communicate(timeout=harness.TIMEOUT)
        self.watch.join()
        self.status = process.returncode

    def everything(self):
        """(what, bytes) of all but the environment that the program itself was started with."""
        yield "stdout", self.out
        yield "stderr", self.err
        yield from ((name, data) for name, data in self.watch.seen if name != "own environ")
