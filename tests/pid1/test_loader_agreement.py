"""For the ELF files of this machine: that all libraries are found, as asgi-init reads it, is what the loader's own list says.

The loader lists without running any code of the file (ld.so --list, which is what ldd does).
"""

import os
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest
from loaders import COMPILERS, GLIBC_LOADER, JUDGE, MACHINE, MUSL_LOADER, run

FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/local")
MOST = 1500
ELF_MACHINE = {"x86_64": 62, "aarch64": 183}[MACHINE]
INTERPRETER, DYNAMIC = 3, 2
LIBC = "glibc" if "glibc" in COMPILERS else "musl"


def segments_of(path):
    """The types of its segments; none for what isn't a program or library of this machine."""
    try:
        with open(path, "rb") as file:
            head = file.read(4096)
    except OSError:
        return set()
    if head[:6] != b"\x7fELF\x02\x01" or len(head) < 64:
        return set()
    kind, machine = struct.unpack_from("<HH", head, 16)
    table, size, count = struct.unpack_from("<Q", head, 32)[0], *struct.unpack_from("<HH", head, 54)
    if kind not in (2, 3) or machine != ELF_MACHINE or table + size * count > len(head):
        return set()
    return {struct.unpack_from("<I", head, table + index * size)[0] for index in range(count)}


def files():
    """Without links, each once; a part of them, spread evenly, where there are too many."""
    found = {}
    for folder in FOLDERS:
        for place, _, names in os.walk(folder):
            for name in names:
                path = os.path.realpath(os.path.join(place, name))
                # Debug information has the segments of its file, and nothing in them.
                if path not in found and os.path.isfile(path) and not path.endswith(".debug"):
                    found[path] = segments_of(path)
    chosen = sorted(path for path, segments in found.items() if DYNAMIC in segments)
    step = -(-len(chosen) // MOST) or 1
    programs = [path for path in chosen[::step] if INTERPRETER in found[path] and ".so" not in os.path.basename(path)]
    return programs, [path for path in chosen[::step] if path not in set(programs)]


def lacks(path):
    """What the loader says isn't there; "" when all is."""
    ended = run([GLIBC_LOADER if LIBC == "glibc" else MUSL_LOADER, "--list", path], env={})
    said = ended.stdout + ended.stderr
    # musl binds all symbols, too, which modules have from the program that loads them.
    wrong = ended.returncode != 0 or "not found" in said if LIBC == "glibc" else "Error loading" in said
    return said if wrong else ""


def judge(program, paths):
    ended = run([JUDGE, "/", program], env={}, given="\n".join(paths) + "\n")
    assert ended.returncode == 0, ended.stderr
    lines = [line.split("\t") for line in ended.stdout.splitlines()]
    assert [line[3] for line in lines] == paths
    return [line[0] for line in lines]


@pytest.mark.long
@pytest.mark.parametrize("kind", ["programs", "modules"])
def test_the_loaders_own_list_says_the_same(kind):
    programs, modules = files()
    paths, program = (programs, "-") if kind == "programs" else (modules, os.path.realpath("/usr/bin/python3"))
    assert paths
    with ThreadPoolExecutor(2) as pool:
        missing = dict(zip(paths, pool.map(lacks, paths)))
    verdicts = dict(zip(paths, judge(program, paths)))
    wrong = [
        f"{path}: read {verdict}, the loader: {missing[path] or 'all is there'}"
        for path, verdict in verdicts.items()
        if (verdict == "found" and missing[path]) or (verdict == "refused" and not missing[path])
    ]
    assert not wrong, "\n".join(wrong)
    unknown = [path for path, verdict in verdicts.items() if verdict == "unknown" and not missing[path]]
    assert len(unknown) <= len(paths) // 50, unknown
    print(f"{len(paths)} {kind}: {sum(map(bool, missing.values()))} lack something, {len(unknown)} can't be told from reading")
