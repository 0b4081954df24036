#!/usr/bin/env python3
"""Runs clang-tidy over the product's rooms, several files of a room in one translation unit: most of its time goes into the headers that they share.

    tests/tidy.py BUILD [--analyzer] [FILE…]     BUILD: a folder for the units; FILE: only these (default: all of engine/ and resources/)
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from units import units  # noqa: E402  (found where the line above says)

TOP = pathlib.Path(__file__).resolve().parents[1]
# A unit includes sources on purpose. The Windows node is compiled for Windows alone.
NOT_HERE = ["-bugprone-suspicious-include"]
FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wshadow", "-Wno-unknown-warning-option", '-DEDGECERT_VERSION="tidy"', f"-I{TOP}"]


def sources(wanted):
    listed = wanted or subprocess.run(
        ["git", "ls-files", "engine/*.cpp", "resources/*.cpp"], cwd=TOP, capture_output=True, text=True, check=True
    ).stdout.split()
    return [path for path in listed if path.endswith(".cpp") and "windows_node/" not in path and (TOP / path).exists()]


def tidy(build, files, checks):
    """The findings, a text each. A unit that does not compile as one is taken apart."""
    unit = build / (files[0].replace("/", "_") + f".{len(files)}.unit.cpp")
    unit.write_text("".join(f'#include "{file}"\n' for file in files))
    done = subprocess.run(
        ["clang-tidy-14", "--quiet", f"--config-file={TOP / '.clang-tidy'}", "--checks=" + ",".join(checks), str(unit), "--", *FLAGS],
        capture_output=True, text=True, cwd=build, check=False,
    )
    if "clang-diagnostic-error" in done.stdout and len(files) > 1:
        half = len(files) // 2
        return tidy(build, files[:half], checks) + tidy(build, files[half:], checks)
    found = re.split(r"^(?=/\S+:\d+:\d+: (?:warning|error): )", done.stdout, flags=re.M)
    problems = [text.replace(f"{TOP}/", "") for text in found if text.startswith("/")]
    if done.returncode != 0 and not problems:
        problems = [f"clang-tidy ended with {done.returncode}:\n{done.stdout}{done.stderr}"]
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--analyzer", action="store_true", help="the analyzer's checks too, which cost most of the time")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    build = options.build.resolve()
    build.mkdir(parents=True, exist_ok=True)
    os.chdir(TOP)
    checks = NOT_HERE + ([] if options.analyzer else ["-clang-analyzer-*"])
    paths = sources(options.files)
    packed = sorted(units(paths), key=len, reverse=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda files: tidy(build, files, checks), packed))
    findings = sorted({text for found in results for text in found})
    print("".join(findings), end="")
    print(f"clang-tidy: {len(paths)} files in {len(packed)} units, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
