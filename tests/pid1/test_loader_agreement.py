"""For the ELF files of this machine, and of the root file systems of roots.py: that all libraries are found, as asgi-init reads
it, is what the loader's own list says.

The loader lists without running any code of the file (ld.so --list, which is what ldd does). That of a root runs in it, by an
emulator where it is another machine's.
"""

import os
import shutil
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest
import roots
from conftest import ROOT
from loaders import COMPILERS, GLIBC_LOADER, JUDGE, MUSL_LOADER, run

FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/local")
MOST = 1500
ELF_MACHINE = {"amd64": 62, "arm64": 183}
LOADERS = {"amd64": "ld-linux-x86-64.so.2", "arm64": "ld-linux-aarch64.so.1"}
LIST_EACH = ROOT / "build/tests/pid1/list_each"
INTERPRETER, DYNAMIC = 3, 2
LIBC = "glibc" if "glibc" in COMPILERS else "musl"


def segments_of(path, machine):
    """The types of its segments; none for what isn't a program or library of that machine."""
    try:
        with open(path, "rb") as file:
            head = file.read(4096)
    except OSError:
        return set()
    if head[:6] != b"\x7fELF\x02\x01" or len(head) < 64:
        return set()
    kind, code = struct.unpack_from("<HH", head, 16)
    table, size, count = struct.unpack_from("<Q", head, 32)[0], *struct.unpack_from("<HH", head, 54)
    if kind not in (2, 3) or code != ELF_MACHINE[machine] or table + size * count > len(head):
        return set()
    return {struct.unpack_from("<I", head, table + index * size)[0] for index in range(count)}


def files(folders=FOLDERS, machine=roots.own_machine(), most=MOST):
    """Without links, each once; a part of them, spread evenly, where there are too many."""
    found = {}
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(place, name)
                # Debug information has the segments of its file, and nothing in them.
                if path not in found and os.path.isfile(path) and not os.path.islink(path) and not path.endswith(".debug"):
                    found[os.path.realpath(path)] = segments_of(path, machine)
    chosen = sorted(path for path, segments in found.items() if DYNAMIC in segments)
    step = -(-len(chosen) // most) or 1
    programs = [path for path in chosen[::step] if INTERPRETER in found[path] and ".so" not in os.path.basename(path)]
    return programs, [path for path in chosen[::step] if path not in set(programs)]


def lacks(path):
    """What the loader says isn't there; "" when all is."""
    ended = run([GLIBC_LOADER if LIBC == "glibc" else MUSL_LOADER, "--list", path], env={})
    said = ended.stdout + ended.stderr
    # musl binds all symbols, too, which modules have from the program that loads them.
    wrong = ended.returncode != 0 or "not found" in said if LIBC == "glibc" else "Error loading" in said
    return said if wrong else ""


def verdicts_of(judged, paths):
    lines = [line.split("\t") for line in judged.splitlines()]
    assert [line[3] for line in lines] == paths
    return {line[3]: line[0] for line in lines}


def judge(program, paths):
    ended = run([JUDGE, "/", program], env={}, given="\n".join(paths) + "\n")
    assert ended.returncode == 0, ended.stderr
    return verdicts_of(ended.stdout, paths)


def compare(missing, verdicts):
    wrong = [
        f"{path}: read {verdict}, the loader: {missing[path] or 'all is there'}"
        for path, verdict in verdicts.items()
        if (verdict == "found" and missing[path]) or (verdict == "refused" and not missing[path])
    ]
    assert not wrong, "\n".join(wrong)
    assert len(missing) == len(verdicts) > 0
    unknown = [path for path, verdict in verdicts.items() if verdict == "unknown" and not missing[path]]
    assert len(unknown) <= len(verdicts) // 50, unknown
    print(f"{len(verdicts)} files: {sum(map(bool, missing.values()))} lack something, {len(unknown)} can't be told from reading")


@pytest.mark.long
@pytest.mark.parametrize("kind", ["programs", "modules"])
def test_the_loaders_own_list_says_the_same(kind):
    programs, modules = files()
    paths, program = (programs, "-") if kind == "programs" else (modules, os.path.realpath("/usr/bin/python3"))
    assert paths
    with ThreadPoolExecutor(2) as pool:
        missing = dict(zip(paths, pool.map(lacks, paths)))
    compare(missing, judge(program, paths))


class Inside:
    """A root, mounted, with the programs of the tests."""

    def __init__(self, start, folder, name):
        self.start, self.folder = start, folder
        self.root, self.machine = roots.root(name), roots.RECIPES[name].machine
        self.how = {"binds": roots.lay(self.root, folder), "root": folder, "env": {}}
        if roots.is_foreign(self.machine):
            self.how["emulator"] = roots.emulation_of(self.machine)
        for program in (LIST_EACH, JUDGE):
            shutil.copy(program, folder / program.name)

    def path_of(self, path):
        return "/" + os.path.relpath(path, self.root)

    def paths(self, kind):
        """Programs or modules; of another machine's fewer, since each is looked at by an emulated loader."""
        most = MOST // 5 if "emulator" in self.how else MOST
        programs, modules = files([self.root / name for name in ("bin", "sbin", "lib", "lib64", "usr")], self.machine, most)
        return [self.path_of(path) for path in (programs if kind == "programs" else modules)]

    def loader(self):
        name = LOADERS[self.machine]
        return self.path_of(next(self.root.glob(f"usr/lib/*/{name}"), None) or next(self.root.glob(f"lib/*/{name}")))

    def compare(self, kind, chosen=lambda path: True):
        """How many lack something."""
        paths = [path for path in self.paths(kind) if chosen(path)]
        program = self.path_of(os.path.realpath(self.root / "usr/bin/python3")) if kind == "modules" else "-"
        missing = self.lacks(paths)
        compare(missing, verdicts_of(self.run(JUDGE, "/", program, paths=paths), paths))
        return sum(map(bool, missing.values()))

    def run(self, program, *words, paths):
        given = self.folder / "paths"
        given.write_text("".join(f"{path}\n" for path in paths))
        with open(given) as stdin:
            run = self.start(*words, program=f"/{program.name}", stdin=stdin, **self.how)
            assert run.wait() == 0, run.err
        return run.out

    def lacks(self, paths):
        """What the loader says isn't there, by path; "" when all is."""
        said, answers = "", {}
        for line in self.run(LIST_EACH, self.loader(), paths=paths).splitlines():
            code, _, path = line.partition(" ")
            if line.startswith("="):
                answers[path] = said or code if code != "=0" or "not found" in said else ""
                said = ""
            else:
                said += line + "\n"
        assert sorted(answers) == sorted(paths)
        return answers


@pytest.fixture(params=roots.RECIPES)
def inside(request, start, root_folder):
    return Inside(start, root_folder, request.param)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["programs", "modules"])
def test_the_loader_of_a_root_says_the_same(inside, kind):
    inside.compare(kind)


@pytest.mark.long
@pytest.mark.parametrize("inside", ["trixie", "foreign"], indirect=True)
def test_the_loader_of_a_root_that_lacks_libraries_says_the_same(inside):
    """Those of samba, which has a folder of its own."""
    nothing = inside.folder / "nothing"
    nothing.mkdir()
    folder = next(inside.root.glob("usr/lib/*/samba"))
    inside.how["binds"].append((nothing, inside.path_of(folder)))
    assert inside.compare("modules", lambda path: "samba" in path or "ldb" in path) > 10
