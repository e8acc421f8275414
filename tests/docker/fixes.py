"""The fixes of all rules, by rule and number, and which of them a printed one is.

A fix's number is its place in the row of include/base/rules.def, as `asgi-init explain RULE` shows it: of a finding's own fixes
only those are printed that suit it, so that the second one printed may be the row's fourth.
"""

import functools
import json
import re
import subprocess

import harness


def explain(*words):
    command = [harness.BINARY, "--log-format", "json", "explain", *words]
    lines = subprocess.run(command, env={}, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


@functools.cache
def rows():
    """The fixes of each rule as they stand in the row, with {values} in place of values."""
    return {row["rule"]: explain(row["rule"])[0]["fixes"] for row in explain()}


def copyable(fix):
    """The lines to copy, without the comments behind them."""
    lines = [re.sub(r"\s+#\s.*$", "", line).strip() for line in fix.splitlines()[1:]]
    return [line for line in lines if line]


def all_copyable():
    """Rule and number of each fix that has something to copy."""
    return {(rule, number) for rule, fixes in rows().items() for number, fix in enumerate(fixes, 1) if copyable(fix)}


def pattern(fix):
    """A regular expression for what is printed of it."""
    return re.sub(r"\\\{[a-z_]+\\\}", ".+", re.escape(fix))


def numbers(finding):
    """The number of each fix of a finding, in the order in which they are printed, which is the row's."""
    found = []
    for printed in finding["fixes"]:
        after = found[-1] if found else 0
        fits = [
            number
            for number, fix in enumerate(rows()[finding["rule"]], 1)
            if number > after and re.fullmatch(pattern(fix), printed, re.DOTALL)
        ]
        assert fits, f"no fix of {finding['rule']} looks like {printed!r}"
        found.append(fits[0])
    return found
