#!/usr/bin/env python3
"""Fails on a rule that nobody finds, and on one that no test shows as a user sees it.

A rule is a row of include/base/rules.def. Some check or command must add it (RULE_ID in a file of init/), and tests/golden
must have its text and its JSON. Where that can't be, tests/golden/without.txt says why, in lines `rule-name: reason`.
"""

import re
import sys
from pathlib import Path

RULES = Path("include/base/rules.def")
GOLDEN = Path("tests/golden")


def exceptions():
    file = GOLDEN / "without.txt"
    lines = file.read_text().splitlines() if file.exists() else []
    return dict(re.fullmatch(r"([a-z0-9-]+): (\S.*)", line).groups() for line in lines if line and not line.startswith("#"))


def faults():
    rules = re.findall(r'^RULE\((\w+), \w+, \w+,\s*NAME\("([^"]*)"\)', RULES.read_text() if RULES.exists() else "", re.MULTILINE)
    code = "\n".join(file.read_text() for file in sorted(Path("init").rglob("*.c")))
    without = exceptions()
    for identifier, name in rules:
        if name != identifier.lower().replace("_", "-"):
            yield f"RULE_{identifier} is called {name}: one name has to give the other"
        if not re.search(rf"\bRULE_{identifier}\b", code):
            yield f"{name}: nothing in init/ adds RULE_{identifier}"
        shown = [suffix for suffix in ("txt", "json") if (GOLDEN / f"{name}.{suffix}").exists()]
        if name in without and shown:
            yield f"{name}: is in tests/golden/without.txt, but has a golden file"
        if name not in without and len(shown) < 2:
            yield f"{name}: no test shows it: tests/golden/{name}.txt and .json, or a reason in without.txt"
    for name in sorted(without.keys() - {name for _, name in rules}):
        yield f"{name}: is in tests/golden/without.txt, but no rule"


found = list(faults())
print("\n".join(found), end="\n" if found else "")
sys.exit(1 if found else 0)
