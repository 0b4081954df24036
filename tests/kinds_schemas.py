#!/usr/bin/env python3
"""Holds the program and the schemas of the six kinds to each other: what one takes, the other takes.

usage: kinds_schemas.py VALIDATE_DOCUMENTS SOURCE_FOLDER

Every document of tests/data/manifests/right and wrong is judged by both, each beside base.yaml, which holds what it may
refer to. A wrong one begins with the code that the program must give. The examples inside the schemas and under
examples/ are judged as well.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema
import yaml

SCHEMAS = ("manifest", "certificate-authority", "certificate-template", "san-list", "certificate-profile", "site", "edge-pool")

# Mistakes of YAML, found before there is a document for a schema to judge.
YAML_CODES = {"alias", "anchor", "bad-key", "duplicate-key", "merge-key", "nesting", "not-utf8", "syntax", "tag"}

# What a schema of one document can know. Everything else needs other documents, the calendar, a substitution's value,
# the file system, or arithmetic.
SCHEMA_CODES = {
    "api-version", "bad-boolean", "bad-choice", "bad-country", "bad-duration", "bad-host-name", "bad-ip-address",
    "bad-name", "bad-number", "bad-pin", "bad-renewal", "bad-text", "bad-time", "bad-url", "conflicting-keys",
    "inline-secret", "insecure-url", "missing-key", "missing-server", "not-a-mapping", "too-long", "unknown-key",
    "unknown-kind", "unknown-warning", "weak-digest", "weak-key", "wildcard-name", "wrong-type",
}
# Examples of such codes that a schema cannot know nevertheless.
BEYOND = {"too-long.common-name"}


class Plain(yaml.SafeLoader):
    """YAML with the manifest's own reading of plain scalars: yes, on and 010 are texts."""


Plain.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"0|-?[1-9][0-9]*", list("-0123456789")),
):
    Plain.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)


def main():
    program, source = sys.argv[1], pathlib.Path(sys.argv[2])
    schemas = {f"{name}.schema.json": json.loads((source / "schemas" / f"{name}.schema.json").read_text()) for name in SCHEMAS}
    of_kind = {}
    for name, schema in schemas.items():
        jsonschema.Draft7Validator.check_schema(schema)
        kind = schema.get("properties", {}).get("kind", {}).get("const")
        if kind:
            of_kind[kind] = schema
    validator = jsonschema.Draft7Validator(
        schemas["manifest.schema.json"],
        resolver=jsonschema.RefResolver("", schemas["manifest.schema.json"], store=schemas))
    failures = []

    def check(condition, text):
        if not condition:
            failures.append(text)

    def schema_takes(document):
        whole = validator.is_valid(document)
        kind = document.get("kind") if isinstance(document, dict) else None
        if kind in of_kind:
            alone = jsonschema.Draft7Validator(of_kind[kind]).is_valid(document)
            check(alone == whole, f"the schema of {kind} and manifest.schema.json disagree over {document}")
        return whole

    def verdicts(paths):
        """What the program says of each: its error codes, and its warnings' codes."""
        output = subprocess.run([program, *map(str, paths)], check=True, capture_output=True, text=True).stdout
        result = []
        for line in output.splitlines():
            words = line.rsplit(": ", 1)[1].split()
            result.append((sorted(w for w in words if w != "ok" and not w.startswith("(")),
                           sorted(w.strip("()") for w in words if w.startswith("("))))
        assert len(result) == len(paths), output
        return result

    # ---- the schemas themselves --------------------------------------------------------------------------------------
    check(len(of_kind) == 6, f"six kinds have a schema, found {sorted(of_kind)}")

    def describe(node, place):
        if isinstance(node, dict):
            for name, inner in node.get("properties", {}).items():
                if isinstance(inner, dict) and "$ref" not in inner and "not" not in inner:
                    check("title" in inner and "description" in inner, f"{place}.{name} has no title or no description")
            for name, inner in node.items():
                if name not in ("examples", "if", "then", "else", "allOf", "oneOf"):
                    describe(inner, f"{place}.{name}")

    base = (source / "tests/data/manifests/base.yaml").read_text()
    cases = []  # (where, text, the code that is wanted or "")
    for name, schema in schemas.items():
        describe(schema, name)
    for kind, schema in of_kind.items():
        check(schema.get("examples"), f"the schema of {kind} has no example")
        for number, example in enumerate(schema["examples"]):
            check(schema_takes(example), f"example {number} of {kind} does not fit its own schema")

    # ---- documents right and wrong -----------------------------------------------------------------------------------
    for folder, right in (("right", True), ("wrong", False)):
        for path in sorted((source / "tests/data/manifests" / folder).glob("*.yaml")):
            for number, text in enumerate(path.read_text().split("\n---\n")[1:], 1):
                wanted = "" if right else text.splitlines()[0].lstrip("# ")
                cases.append((f"{folder}/{path.name}, document {number}", text, wanted))
    check(len(cases) > 150, f"only {len(cases)} documents to judge")
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, (_, text, _) in enumerate(cases):
            paths.append(pathlib.Path(folder) / f"{number}.yaml")
            paths[-1].write_text(f"{text.rstrip()}\n---\n{base}")
        for (where, text, wanted), (errors, _) in zip(cases, verdicts(paths)):
            check(errors == ([wanted] if wanted else []), f"{where}: the program says {errors}, not {wanted or 'ok'}\n{text}")
            taken = schema_takes(yaml.load(text, Plain))
            check(taken == (not wanted), f"{where}: the schema {'takes' if taken else 'refuses'} it, the program says {wanted or 'ok'}\n{text}")

    # ---- examples ----------------------------------------------------------------------------------------------------
    broken = sorted((source / "examples/broken").glob("*.yaml"))
    for path, (errors, warnings) in zip(broken, verdicts(broken)):
        code = path.stem.split(".")[0]
        check(errors + warnings == [code], f"{path.name}: the program says {errors + warnings}")
        if code in YAML_CODES:
            continue
        taken = all([schema_takes(document) for document in yaml.load_all(path.read_text(), Plain)])
        known = code in SCHEMA_CODES and path.stem not in BEYOND
        check(taken != known, f"{path.name}: the schema {'takes' if taken else 'refuses'} it")
    for path in sorted((source / "examples").rglob("*.y*ml")):
        if path.parent.name != "broken":
            for document in yaml.load_all(path.read_text(), Plain):
                check(schema_takes(document), f"{path}: the schema refuses a document")

    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"{len(cases)} documents, {len(broken)} broken examples, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
