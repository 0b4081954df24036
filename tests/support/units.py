#!/usr/bin/env python3
"""Packs the source files of a room into few translation units: most of a compiler's time goes into the headers that they share.

    tests/support/units.py FILE…     prints `UNIT FILE` a line, for CMake's UNITY_GROUP
"""

import collections
import os
import pathlib
import re
import sys

MOST_FILES = 12
OWN = re.compile(r"^namespace \{$(.*?)^\}  // namespace$", re.M | re.S)
NAMED = re.compile(r"^(?:[\w:<>,&*\s\[\]]*?[\s&*])?(\w+)(?:\(| ?\{| = |\[\]|;| final| :)", re.M)
BROUGHT_IN = re.compile(r"^using (?:\w+::)+(\w+);")
SAME_AGAIN = re.compile(r"^(?:using (?!namespace)|namespace \w+ = )")  # may stand twice with one meaning


def own_names(path):
    """What a file keeps to itself in unnamed namespaces: name to what is said of it."""
    found = {}
    for space in OWN.findall(pathlib.Path(path).read_text()):
        for line in space.splitlines():
            if line[:1].strip():
                found.update({name: line if SAME_AGAIN.match(line) else path for name in NAMED.findall(line) + BROUGHT_IN.findall(line)})
    return found


def units(paths):
    """Files by folder, packed so that no two of a unit keep the same name for different things."""
    rooms = collections.defaultdict(list)
    for path in paths:
        room = rooms[os.path.dirname(path)]
        names = own_names(path)
        for unit in room:
            if len(unit["files"]) < MOST_FILES and all(unit["names"].get(name, meaning) == meaning for name, meaning in names.items()):
                unit["files"].append(path)
                unit["names"].update(names)
                break
        else:
            room.append({"files": [path], "names": dict(names)})
    return [unit["files"] for room in rooms.values() for unit in room]


if __name__ == "__main__":
    for number, files in enumerate(units(sys.argv[1:])):
        for file in files:
            print(f"unit_{number} {file}")
