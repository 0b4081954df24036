"""No planted mistake is in the built program: neither its name nor the switch, which the mutants' own program shows to
be found when they are there. Usage: mutants_absent.py PROGRAM MUTANTS_PROGRAM SOURCES"""
import pathlib
import re
import subprocess
import sys

program, with_mutants, sources = (pathlib.Path(path) for path in sys.argv[1:4])
planted = set()
for folder in ("engine", "resources"):
    for path in sorted((sources / folder).rglob("*.cpp")):
        planted |= set(re.findall(r"EDGECERT_MUTANT\((\w+)\)", path.read_text()))
listed = {line.split()[0] for line in
          subprocess.run([with_mutants, "--list"], capture_output=True, text=True, check=True).stdout.splitlines()}
problems = [f"{name} is planted and not in the list" for name in sorted(planted - listed)]
problems += [f"{name} is in the list and planted nowhere" for name in sorted(listed - planted)]


def found(path):
    data = path.read_bytes()
    symbols = subprocess.run(["nm", "-C", path], capture_output=True, text=True, check=True).stdout
    return {name for name in planted if name.encode() in data or name in symbols} | (
        {"chosen_mutant"} if "chosen_mutant" in symbols else set())


problems += [f"{name} is in {program.name}" for name in sorted(found(program))]
problems += [f"{name} is not even found in {with_mutants.name}" for name in
             sorted((planted | {"chosen_mutant"}) - found(with_mutants))]
for problem in problems:
    print(problem)
print(f"{len(planted)} mutants are planted, none of them in {program.name}" if not problems else "")
sys.exit(1 if problems else 0)
