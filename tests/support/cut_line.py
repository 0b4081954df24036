"""Stands between edgecert and a node, and kills the node at one request: cut_line.py COUNTER N WHEN NODE ARG...

COUNTER is a file that counts requests over all sessions. At the Nth the node is killed: WHEN "before" it hears of it, "after" it has
answered (the answer is lost), or so many milliseconds into it."""

import os
import select
import signal
import struct
import subprocess
import sys
import time


def frames(bytes_, rest):
    """Whole frames at the front of what came; the rest is kept."""
    rest += bytes_
    found = []
    while len(rest) >= 5:
        size = 5 + struct.unpack(">I", rest[:4])[0]
        if len(rest) < size:
            break
        found.append(bytes(rest[:size]))
        del rest[:size]
    return found


def count(path):
    with open(path, "a+b") as file:
        file.write(b".")
        return file.tell()


def main():
    counter, at, when, argv = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
    node = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    to_node, to_controller, cut = bytearray(), bytearray(), False

    def kill():
        node.send_signal(signal.SIGKILL)
        node.wait()
        sys.exit(9)

    while True:
        ready, _, _ = select.select([0, node.stdout], [], [])
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                node.stdin.close()
                sys.exit(node.wait())
            for frame in frames(data, to_node):
                hit = frame[4:5] == b"q" and count(counter) == at
                if hit and when == "before":
                    kill()
                node.stdin.write(frame)
                node.stdin.flush()
                if hit and when == "after":
                    cut = True
                elif hit:
                    time.sleep(int(when) / 1000)
                    kill()
        if node.stdout in ready:
            data = os.read(node.stdout.fileno(), 65536)
            if not data:
                sys.exit(node.wait())
            for frame in frames(data, to_controller):
                if cut and frame[4:5] == b"a":
                    kill()
                sys.stdout.buffer.write(frame)
                sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
