"""Compares what asgi-init says with the files of tests/golden, which show each finding as a user sees it.

    golden.compare("venv-hidden-by-mount.txt", text)

What differs from machine to machine is replaced first. GOLDEN=rewrite writes the files instead: read the difference before it
is committed, for it is what users will see.
"""

import json
import os
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parent / "golden"

# In this order; each is a pattern and what stands for it.
REPLACED = [
    (r"(?<=bind mount of ')[^']*(?=')", "/SOURCE"),
    (r"(?<= on )\S+(?= \([\w.-]+; /proc/self/mountinfo)", "DEVICE"),
    (r"\((\w[\w.-]*); /proc/self/mountinfo", "(TYPE; /proc/self/mountinfo"),
    (r"asgi-init-test-\d+-\d+", "VOLUME"),
    (r"\b[0-9a-f]{64}\b", "ID"),
    (r"\b3\.13\.\d+\b", "3.13.N"),
    (r"\bafter \d+ s\b", "after N s"),
    (r"oom_kill rose from \d+ to \d+", "oom_kill rose from N to N"),
    (r"(?<=[ \t\"])/sys/fs/cgroup/[^\s\"\\]*", "CGROUP"),
    (r"\b(from process) \d+", r"\1 N"),
    (r"\bafter \d+ s\b", "after N s"),
]
REPLACED_VALUES = {"source": "/SOURCE", "device": "DEVICE", "type": "TYPE", "seconds": "N", "before": "N", "after": "N"}


def normalize(text):
    for pattern, replacement in REPLACED:
        text = re.sub(pattern, replacement, text)
    return text


def normalize_finding(finding):
    """The same for an object of JSON, laid out so that a difference can be read."""
    values = {key: REPLACED_VALUES.get(key, value) for key, value in finding.get("values", {}).items()}
    return normalize(json.dumps({**finding, **({"values": values} if values else {})}, indent=2, ensure_ascii=False) + "\n")


def compare(name, text):
    """`text` is normalized already. A file that is missing is a failure, too."""
    file = FOLDER / name
    if os.environ.get("GOLDEN") == "rewrite":
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        return
    assert file.exists(), f"{file} is missing: GOLDEN=rewrite writes it. It would be\n{text}"
    assert text == file.read_text(), f"{file} differs: GOLDEN=rewrite writes it anew"


def compare_finding(rule, text, finding):
    """The text as printed and the object of JSON, of one finding."""
    compare(f"{rule}.txt", normalize(text))
    compare(f"{rule}.json", normalize_finding(finding))
