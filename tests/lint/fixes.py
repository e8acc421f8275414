#!/usr/bin/env python3
"""Fails on a fix with lines to copy that no test applies as printed.

tests/docker/proofs.py is the table of the failures that are reproduced with real Docker, and of the fixes that each has. Where one
can't be tried on a machine with plain Docker, the table says why.
"""

import sys

sys.path[:0] = ["tests/docker", "tests"]
import fixes  # noqa: E402
import proofs  # noqa: E402


def faults():
    copyable = fixes.all_copyable()
    applied = {(failure.rule, number) for table in proofs.FAILURES.values() for failure in table.values() for number in failure.fixes}
    for rule, number in sorted(copyable - applied - set(proofs.WITHOUT)):
        yield f"{rule}: fix {number} has lines to copy, and no row in tests/docker/proofs.py"
    for rule, number in sorted((applied | set(proofs.WITHOUT)) - copyable):
        yield f"{rule}: fix {number} stands in tests/docker/proofs.py, but has nothing to copy"
    for rule, number in sorted(applied & set(proofs.WITHOUT)):
        yield f"{rule}: fix {number} is applied, and stands in WITHOUT as well"


found = list(faults())
print("\n".join(found), end="\n" if found else "")
sys.exit(1 if found else 0)
