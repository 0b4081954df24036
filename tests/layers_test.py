"""The layout holds: an arrow goes only downwards, and what is dangerous or heavy stays in its room."""

import pathlib
import re
import sys
import unittest

TOP = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[1]

# Each room may include itself and what is listed; the order is the house from its ground up.
BELOW = {
    "engine/text": [],
    "engine/time": ["engine/text"],
    "engine/diagnostic": ["engine/text"],
    "engine/files": ["engine/text", "engine/diagnostic"],
    "engine/manifest": ["engine/text", "engine/time", "engine/diagnostic", "engine/files"],
    "engine/plan": ["engine/text", "engine/time", "engine/diagnostic"],
    "engine/transport": ["engine/text", "engine/time", "engine/diagnostic", "engine/files"],
    "engine/apply": ["engine/text", "engine/time", "engine/diagnostic", "engine/files", "engine/plan"],
    "engine/report": ["engine/text", "engine/time", "engine/diagnostic", "engine/files", "engine/plan", "engine/apply"],
}
ENGINE = [room for room in BELOW if room not in ("engine/report",)]
BELOW["resources/x509"] = ["engine/text", "engine/time", "engine/diagnostic"]
BELOW["resources/stores"] = ENGINE + ["resources/x509"]
BELOW["resources/windows_node"] = BELOW["resources/stores"] + ["resources/stores"]
BELOW["resources/authorities"] = ENGINE + ["resources/x509"]
BELOW["resources/authorities/adcs"] = BELOW["resources/authorities"] + ["resources/authorities"]
BELOW["resources/world"] = BELOW["resources/authorities/adcs"] + ["resources/authorities/adcs", "resources/stores"]
BELOW["resources/pool"] = BELOW["resources/world"] + ["resources/world"]
BELOW["resources/kinds"] = BELOW["resources/pool"] + ["resources/pool"]

INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.MULTILINE)


def includes(path):
    return INCLUDE.findall(path.read_text())


def sources(room):
    return sorted(p for p in (TOP / room).iterdir() if p.suffix in (".h", ".cpp"))


class Layers(unittest.TestCase):
    def test_every_room_includes_only_what_lies_below_it(self):
        wrong = []
        for room, below in BELOW.items():
            for path in sources(room):
                for name in includes(path):
                    target = name.rpartition("/")[0]
                    if name.startswith(("engine/", "resources/")) and target != room and target not in below:
                        wrong.append(f"{path.relative_to(TOP)} includes {name}")
        self.assertEqual(wrong, [])

    def test_every_folder_is_a_room_of_the_list(self):
        found = {str(folder.relative_to(TOP)) for part in ("engine", "resources") for folder in (TOP / part).rglob("*") if folder.is_dir()}
        self.assertEqual(found - {"engine/cli"}, set(BELOW))

    def test_heavy_and_dangerous_libraries_stay_in_their_rooms(self):
        allowed = {
            "openssl/": lambda p: p.startswith("resources/x509/") or p == "engine/text/digest.cpp",
            "yaml-cpp/": lambda p: p.startswith("engine/manifest/") and p.endswith(".cpp"),
            "curl/": lambda p: p.startswith("resources/authorities/adcs/"),
            "CLI/": lambda p: p.startswith("engine/cli/"),
        }
        wrong = []
        for part in ("engine", "resources"):
            for path in sorted((TOP / part).rglob("*")):
                if path.suffix not in (".h", ".cpp"):
                    continue
                place = str(path.relative_to(TOP))
                for name in includes(path):
                    wrong += [f"{place} includes {name}" for prefix, fits in allowed.items() if name.startswith(prefix) and not fits(place)]
        self.assertEqual(wrong, [])

    def test_yaml_cpp_is_seen_by_one_file(self):
        seen = [p.name for p in (TOP / "engine").rglob("*.cpp") if any(name.startswith("yaml-cpp/") for name in includes(p))]
        self.assertEqual(len(seen), 1, seen)

    def test_planning_reads_no_clock_no_file_and_no_random_number(self):
        pure = ["planning", "look", "judgement", "plan_pool", "targets", "overview"]
        for name in pure:
            text = (TOP / "resources" / "pool" / f"{name}.cpp").read_text()
            for word in ("system_clock", "now()", "random", "fopen", "ifstream", "getenv"):
                for line in text.splitlines():
                    ours = "planning.now()" in line or "present.now()" in line
                    self.assertFalse(word in line and not ours, f"{name}.cpp: {line.strip()}")

    def test_every_file_says_at_its_top_what_lives_there(self):
        silent = []
        for part in ("engine", "resources"):
            for path in sorted((TOP / part).rglob("*")):
                if path.suffix in (".h", ".cpp") and not path.read_text().startswith("// "):
                    silent.append(str(path.relative_to(TOP)))
        self.assertEqual(silent, [])


if __name__ == "__main__":
    unittest.main()
