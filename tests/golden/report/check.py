#!/usr/bin/env python3
"""Checks the golden reports with other people's parsers: JSON against its schemas, metrics and JUnit by their grammars."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

import jsonschema

here = pathlib.Path(__file__).resolve().parent
schemas = here.parent.parent.parent / "schemas"
problems = []


def problem(path, text):
    problems.append(f"{path.name}: {text}")


def schema_of(document):
    name = document["format"].removeprefix("edgecert.").split("/")[0]
    return json.loads((schemas / f"{name}.schema.json").read_text())


def undescribed(schema, place=""):
    """Places of fields that a schema does not describe, nor anything that it refers to."""
    if isinstance(schema, dict):
        for name, field in schema.get("properties", {}).items():
            if "description" not in field and "$ref" not in field:
                yield f"{place}.{name}"
        for name, part in schema.items():
            yield from undescribed(part, f"{place}.{name}")
    elif isinstance(schema, list):
        for part in schema:
            yield from undescribed(part, place)


def check_schemas():
    for name in ("plan", "drift", "run", "runs", "observation"):
        path = schemas / f"{name}.schema.json"
        schema = json.loads(path.read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        for place in undescribed(schema):
            problem(path, f"{place} is not described")


def check_json(path):
    document = json.loads(path.read_text())
    validator = jsonschema.Draft7Validator(schema_of(document))
    for error in validator.iter_errors(document):
        problem(path, f"{list(error.path)}: {error.message}")
    # The schema must refuse what the format does not have: a check of the check.
    for name in list(document):
        less = {key: value for key, value in document.items() if key != name}
        if name != "format" and validator.is_valid(less):
            problem(path, f"the schema does not miss {name}")
    if validator.is_valid(dict(document, extra=1)):
        problem(path, "the schema takes an unknown field")


LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*"'
SAMPLE = re.compile(rf"^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{{{LABEL}(?:,{LABEL})*\}})? (-?[0-9]+)$")


def check_prometheus(path):
    text = path.read_text()
    if not text.endswith("\n"):
        problem(path, "does not end with a line feed")
    family = None
    seen_families, seen = set(), set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family = line.split(" ")[2]
            if family in seen_families:
                problem(path, f"{family} begins twice")
            seen_families.add(family)
        elif line.startswith("# TYPE "):
            if line.split(" ")[2:] != [family, "gauge"]:
                problem(path, f"wrong type line: {line}")
        else:
            match = SAMPLE.match(line)
            if not match:
                problem(path, f"not a sample: {line}")
            elif match[1] != family:
                problem(path, f"outside its family: {line}")
            elif (match[1], match[2]) in seen:
                problem(path, f"twice: {line}")
            else:
                seen.add((match[1], match[2]))
    if not seen:
        problem(path, "has no samples")


def check_junit(path):
    root = xml.etree.ElementTree.parse(path).getroot()
    if root.tag != "testsuites":
        problem(path, "has no testsuites")
    for level in [root] + list(root.iter("testsuite")):
        cases = list(level.iter("testcase"))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            found = sum(1 for case in cases if case.find(tag) is not None)
            if int(level.get(attribute, found)) != found:
                problem(path, f"{level.get('name')}: {attribute} is {level.get(attribute)}, found {found}")
        if int(level.get("tests")) != len(cases) or not cases:
            problem(path, f"{level.get('name')}: tests is {level.get('tests')}, found {len(cases)}")
        names = [(case.get("classname"), case.get("name")) for case in cases]
        if len(set(names)) != len(names):
            problem(path, f"{level.get('name')}: a testcase is there twice")
    for case in root.iter("testcase"):
        if len(case) > 1:
            problem(path, f"{case.get('name')} has more than one outcome")


def check_dot(path):
    if shutil.which("dot") is None:
        return
    result = subprocess.run(["dot", "-Tsvg", str(path)], capture_output=True, check=False)
    if result.returncode != 0 or result.stderr:
        problem(path, result.stderr.decode(errors="replace"))


def main():
    check_schemas()
    checks = {".json": check_json, ".prom": check_prometheus, ".xml": check_junit, ".dot": check_dot}
    counted = 0
    for path in sorted(here.iterdir()):
        if path.suffix in checks:
            checks[path.suffix](path)
            counted += 1
    if counted < 10:
        problems.append(f"only {counted} reports were found")
    print("\n".join(problems) if problems else f"{counted} reports are right")
    return 1 if problems else 0


sys.exit(main())
