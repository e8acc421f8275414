"""Root folders with a real loader and a small program whose libraries are built for a test: what the loader of glibc or of musl
makes of them, and what asgi-init reads.

Programs and libraries are compiled when they are first asked for, and kept for the session.
"""

import atexit
import functools
import os
import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
JUDGE = ROOT / "build/tests/pid1/libraries_of"
ENTER = ROOT / "build/tests/pid1/enter"
MACHINE = platform.machine()
GLIBC_LOADER = {"x86_64": "/lib64/ld-linux-x86-64.so.2", "aarch64": "/lib/ld-linux-aarch64.so.1"}[MACHINE]
MUSL_LOADER = f"/lib/ld-musl-{MACHINE}.so.1"
PROGRAM = "/bin/python3.11"
SECONDS = 60


def run(command, given="", **how):
    return subprocess.run(command, input=given, capture_output=True, text=True, timeout=SECONDS, errors="replace", **how)


def compilers():
    """By libc. What this machine's gcc makes, and what musl-gcc does, if it is there with its loader."""
    found = {"musl" if "musl" in run(["gcc", "-dumpmachine"]).stdout else "glibc": "gcc"}
    if shutil.which("musl-gcc") and os.path.exists(MUSL_LOADER):
        found["musl"] = "musl-gcc"
    return found


COMPILERS = compilers()


@functools.cache
def workshop():
    folder = Path(tempfile.mkdtemp(prefix="asgi-init-loaders-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@functools.cache
def compiled(libc, name, needs=(), rpath=None, runpath=None, soname="", source="", script="", versions=()):
    """The bytes of a shared library, or of a program if the name has no ".so". `needs` names libraries, which need not exist;
    `versions`: (library, version) that the program needs f() of. soname "" is the name, None is none."""
    folder = Path(tempfile.mkdtemp(dir=workshop()))
    is_library = ".so" in name
    stubs = folder / "stubs"
    stubs.mkdir()
    for need in needs:
        # A path as NEEDED is what a library without a soname gives that is linked by its path.
        (stubs / os.path.basename(need)).write_bytes(stub(libc, need, dict(versions).get(need)))
    text = source or ("int main(void) { return 0; }\n" if not is_library else "int own(void) { return 1; }\n")
    if versions:
        text = "extern int f(void);\nint (*volatile keep)(void) = f;\n" + text
    (folder / "source.c").write_text(text)
    flags = ["-shared", "-fPIC"] if is_library else []
    if is_library and soname is not None:
        flags.append(f"-Wl,-soname,{soname or name}")
    if script:
        (folder / "script").write_text(script)
        flags.append(f"-Wl,--version-script={folder / 'script'}")
    if rpath:
        flags += [f"-Wl,-rpath,{rpath}", "-Wl,--disable-new-dtags"]
    if runpath:
        flags += [f"-Wl,-rpath,{runpath}", "-Wl,--enable-new-dtags"]
    made = run(
        [COMPILERS[libc], "-O0", *flags, "-o", folder / "made", folder / "source.c", "-Wl,--no-as-needed", f"-L{stubs}"]
        + [f"-l:{os.path.basename(need)}" for need in needs]
        + ["-Wl,--unresolved-symbols=ignore-in-shared-libs"]
    )
    assert made.returncode == 0, made.stderr
    return (folder / "made").read_bytes()


@functools.cache
def stub(libc, need, version):
    """A library to link with, of that soname."""
    folder = Path(tempfile.mkdtemp(dir=workshop()))
    source, flags = "int stub(void) { return 0; }\n", [f"-Wl,-soname,{need}"]
    if version:
        source = "int f(void) { return 0; }\n"
        (folder / "script").write_text(f"{version} {{ global: f; local: *; }};\n")
        flags.append(f"-Wl,--version-script={folder / 'script'}")
    (folder / "stub.c").write_text(source)
    made = run([COMPILERS[libc], "-shared", "-fPIC", *flags, "-o", folder / "made", folder / "stub.c"])
    assert made.returncode == 0, made.stderr
    return (folder / "made").read_bytes()


def libraries_of(program):
    """What the machine's own loader takes for a program: paths, as ldd lists them."""
    listed = run(["ldd", program]).stdout
    return [path for path in re.findall(r"(?:=> )?(/\S+) \(0x", listed)]


class LoaderRoot:
    """A root folder with the loader and the C library of one kind, and a program at PROGRAM. Paths are those inside."""

    def __init__(self, root, libc):
        self.root, self.libc = Path(root), libc
        for name in ("bin", "etc", "usr/lib", "lib", "opt"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o755)
        if libc == "musl":
            self.write(MUSL_LOADER, Path(MUSL_LOADER).resolve().read_bytes(), 0o755)
        else:
            self.write("/tmp/program", compiled("glibc", "program"), 0o755)
            for path in libraries_of(self.path("/tmp/program")):
                self.copy(path)
        self.copy_from(JUDGE, "/libraries_of")

    @property
    def loader(self):
        return MUSL_LOADER if self.libc == "musl" else GLIBC_LOADER

    def path(self, path):
        return self.root / path.lstrip("/")

    def write(self, path, content, mode=0o644):
        target = self.path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(mode)

    def copy_from(self, source, path):
        self.write(path, Path(source).read_bytes(), 0o755)

    def copy(self, path):
        self.copy_from(os.path.realpath(path), path)

    def library(self, path, **how):
        self.write(path, compiled(self.libc, os.path.basename(path), **how))

    def program(self, path=PROGRAM, **how):
        how.setdefault("needs", ("liba.so.1",))
        self.write(path, compiled(self.libc, "program", **how), 0o755)

    def change(self, path, change):
        """Bytes of a file, by a function of a bytearray."""
        content = bytearray(self.path(path).read_bytes())
        changed = change(content)
        self.path(path).write_bytes(content if changed is None else changed)

    def enter(self, *words, user=None, env=None, given=""):
        """Runs a program of the root there, which must be a path."""
        return run([ENTER, self.root, str(user or 0), *words], given, env=env or {})

    def starts(self, path=PROGRAM, arguments=(), **how):
        """For real: does the program start? And what was said."""
        ended = self.enter(path, *arguments, **how)
        return ended.returncode == 0, f"{ended.returncode}: {ended.stderr}"

    def judged(self, path=PROGRAM, program="-", **how):
        """What asgi-init reads: (verdict, rule, library)."""
        ended = self.enter("/libraries_of", "/", program, given=f"{path}\n", **how)
        assert ended.returncode == 0, ended.stderr
        verdict, rule, library, _ = ended.stdout.rstrip("\n").split("\t")
        return verdict, rule, library
