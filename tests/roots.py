"""Root file systems of other Debian releases and another machine, for tests that need a real loader, a real Python, or both, and
kernels for those that need another one.

    python3 tests/roots.py        makes those that are missing

mmdebstrap unpacks packages from the mirror that this machine's own apt uses, into build/roots/NAME, where it is kept until the
recipe changes. No maintainer's script is run, so another machine's root needs no emulator to be made, and what is there is what
lies in the packages: much like a distroless image. To it come the loader's cache, and the bytecode of what uvicorn imports.
A free-threaded Python is in no package of Debian: its root has one that is built there, from Debian's source. Nobody changes
these folders: they are shared by all tests, which mount them.
"""

import dataclasses
import fcntl
import hashlib
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

TREE = pathlib.Path(__file__).resolve().parents[1]
FOLDER = TREE / "build" / "roots"
# Nobody reads them, and they are half of what is unpacked.
LEFT_OUT = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*", "/usr/lib/debug/*", "/usr/share/zoneinfo/*"]


# In all of them: the links from /lib to /usr/lib, /etc/os-release and the like, and a shell.
ALWAYS = ("base-files", "libc-bin", "dash", "coreutils")

# What a free-threaded Python is built from and with, and how: as who builds one by hand does, only in a hurry.
COMPILER = ("gcc", "libc6-dev", "make", "libssl-dev", "zlib1g-dev", "sed", "grep", "mawk", "diffutils", "xz-utils")
SOURCE = "usr/src"
FETCH = f'cd "$1/{SOURCE}" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -qq -o APT::Sandbox::User= source --download-only --tar-only '
BUILD = f"""set -e
cd /{SOURCE}
tar -xf *.orig.tar.xz --strip-components=1
CFLAGS=-O0 ./configure -q --disable-gil --disable-test-modules --without-ensurepip
make -s -j{os.cpu_count()}
make -s install
"""
# What pip installs today for the Pythons of a root, each ABI's in a folder of its own.
WHEELS = "usr/share/wheels"

IMPORTS = "import venv, uvicorn.main, uvicorn.loops.asyncio, uvicorn.protocols.http.h11_impl, uvicorn.lifespan.on, uvicorn.logging"


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A release, a machine by Debian's name, packages, the Pythons in them that serve, the source of one that is built, and
    wheels: ABI and names, for the Python of that ABI."""

    suite: str
    machine: str
    packages: tuple
    pythons: tuple
    source: str = ""
    wheels: tuple = ()

    def key(self):
        more = [FETCH, BUILD] if self.source else []
        return hashlib.sha256(repr([self, ALWAYS, IMPORTS, LEFT_OUT, *more]).encode()).hexdigest()[:16]


def own_machine():
    return {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]


def other_machine():
    """The one of the two that this isn't: its programs are emulated."""
    return {"amd64": "arm64", "arm64": "amd64"}[own_machine()]


def is_foreign(machine):
    return machine != own_machine()


def emulator_of(machine):
    """The program that runs another machine's: static, so that it does in any root."""
    name = {"amd64": "qemu-x86_64-static", "arm64": "qemu-aarch64-static"}[machine]
    return shutil.which(name) or shutil.which(name.removesuffix("-static")) or name


def emulation_of(machine):
    """How binfmt_misc is told to run another machine's programs by its emulator, which need not be where they are (F)."""
    code = {"amd64": r"\x3e\x00", "arm64": r"\xb7\x00"}[machine]
    head = r"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00" + code
    mask = r"\xff\xff\xff\xff\xff\xfe\xfe\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"
    return f":other-machine:M::{head}:{mask}:{emulator_of(machine)}:F"


def lay(root, folder):
    """Makes in `folder` what stands for a root that must not be changed: its links, and folders for the mounts, which it returns
    as (source, target). Without what is each image's own: /dev, /proc, /tmp, /var."""
    mounts = []
    for path in sorted(root.iterdir()):
        if path.is_symlink():
            (folder / path.name).symlink_to(os.readlink(path))
        elif path.name in ("bin", "etc", "lib", "lib32", "lib64", "libx32", "sbin", "usr"):
            (folder / path.name).mkdir(parents=True, exist_ok=True)
            mounts.append((str(path), f"/{path.name}"))
    return mounts


def mirror():
    """The Debian mirror of this machine's own apt, whatever form its lists have."""
    if "DEBIAN_MIRROR" in os.environ:
        return os.environ["DEBIAN_MIRROR"]
    release = dict(line.rstrip().split("=", 1) for line in open("/etc/os-release") if "=" in line)
    if release.get("ID", "").strip('"') == "debian":
        command = ["apt-get", "indextargets", "--format", "$(RELEASE) $(COMPONENT) $(REPO_URI)"]
        for line in subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines():
            suite, component, uri = line.split()
            if (suite, component) == (release["VERSION_CODENAME"].strip('"'), "main"):
                return uri
    raise SystemExit("this machine's apt names no Debian mirror: set DEBIAN_MIRROR to the address of one")


# What looks for its libraries in odd places: samba and systemd have a run path. Perl has many of them.
ODD = ("samba-libs", "systemd", "perl")

RECIPES = {
    "bullseye": Recipe("bullseye", own_machine(), ("python3", "python3-uvicorn"), ("python3.9",)),
    "foreign": Recipe(
        "bookworm", other_machine(), ("python3", "python3-uvicorn", "python3-pydantic", "python3-httptools", "python3-uvloop", *ODD), (),
        wheels=(("cp311", "fastapi", "uvicorn[standard]"),),
    ),
    "trixie": Recipe(
        "trixie", own_machine(), ("python3", "python3-dbg", "python3-uvicorn", "python3-fastapi", "pypy3", *ODD),
        ("python3.13", "python3.13d", "pypy3"),
    ),
    "forky": Recipe(
        "forky", own_machine(), ("python3", "python3.15", "python3-uvicorn", "pypy3"), ("python3.14", "python3.15", "pypy3")
    ),
    "free-threaded": Recipe(
        "trixie", own_machine(), ("python3", *COMPILER), (), "python3.13",
        (("cp313t", "fastapi", "uvicorn"), ("cp313", "fastapi", "uvicorn", "watchfiles")),
    ),
}  # fmt: skip

# For machines that are emulated whole: a kernel, the oldest and the newest of Debian, and a static busybox.
KERNELS = {
    name: Recipe(suite, own_machine(), (f"linux-image-cloud-{own_machine()}", "busybox-static"), ())
    for name, suite in {"bullseye-kernel": "bullseye", "forky-kernel": "forky"}.items()
}
ALL = RECIPES | KERNELS


def stamp(name):
    return FOLDER / f"{name}.recipe"


def is_made(name):
    return stamp(name).exists() and stamp(name).read_text() == ALL[name].key()


def make_cache(root, machine):
    """The loader's cache, which every image has. An ldconfig makes that of its own machine only; Debian's is linked statically."""
    emulator = [emulator_of(machine)] if is_foreign(machine) else []
    subprocess.run([*emulator, f"{root}/sbin/ldconfig", "-r", root], check=True, stdout=subprocess.DEVNULL)


def compile_imports(root, pythons):
    """As pip and Debian's scripts compile what they install; here only what a server and the makers of environments import."""
    device = pathlib.Path(root, "dev/urandom")  # PyPy does not start without it
    device.parent.mkdir(exist_ok=True)
    if not device.exists():
        os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 9))
    for python in pythons:
        subprocess.run(["chroot", root, f"/usr/bin/{python}", "-c", IMPORTS], check=True)


def build_python(root):
    """/usr/local/bin/python3.13t, from the source that lies there. Needs the root's /dev."""
    os.symlink("mawk", f"{root}/usr/bin/awk")
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}  # nothing of the make that runs us, least of all MAKEFLAGS
    subprocess.run(["chroot", root, "/bin/sh", "-c", BUILD], env=environment, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(f"{root}/{SOURCE}")


def fetch_wheels(root, machine, abi, *packages):
    """As its own pip would: bytecode too, but for another machine, where a server compiles at each start."""
    version = f"{abi[2]}.{abi[3:].rstrip('t')}"
    platform = {"amd64": "x86_64", "arm64": "aarch64"}[machine]
    subprocess.run(
        [
            TREE / "build/tools/venv/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile",
            "--only-binary=:all:", "--implementation=cp", f"--python-version={version}", f"--abi={abi}", "--abi=abi3",
            f"--platform=manylinux_2_17_{platform}", f"--platform=manylinux_2_28_{platform}",
            "--target", f"{root}/{WHEELS}/{abi}", *packages,
        ],
        check=True,
    )  # fmt: skip
    if not is_foreign(machine):
        python = f"python{version}{'t' if abi.endswith('t') else ''}"
        subprocess.run(["chroot", root, "/usr/bin/env", python, "-m", "compileall", "-q", f"/{WHEELS}/{abi}"], check=True)


def make(name):
    recipe = ALL[name]
    print(f"roots.py: making {name}", file=sys.stderr, flush=True)
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as made:
        subprocess.run(
            [
                "mmdebstrap", "--quiet", "--mode=root", "--variant=extract", f"--architectures={recipe.machine}",
                f"--include={','.join(ALWAYS + recipe.packages)}", *[f"--dpkgopt=path-exclude={path}" for path in LEFT_OUT],
                # A mirror that is frozen on purpose holds lists that have expired; they are signed all the same.
                '--aptopt=Acquire::Check-Valid-Until "false"',
                *([f"--extract-hook={FETCH}{recipe.source}"] if recipe.source else []),
                "--format=directory", recipe.suite, f"{made}/root", f"deb {mirror()} {recipe.suite} main",
                *([f"deb-src {mirror()} {recipe.suite} main"] if recipe.source else []),
            ],
            check=True,
        )  # fmt: skip
        if recipe.source:
            build_python(f"{made}/root")
        for wheels in recipe.wheels:
            fetch_wheels(f"{made}/root", recipe.machine, *wheels)
        # Of a kernel's modules none is loaded.
        for unused in ("var/lib/apt/lists", "var/cache/apt", "dev", "lib/modules/*/kernel", "usr/lib/modules/*/kernel"):
            for path in pathlib.Path(made, "root").glob(unused):
                shutil.rmtree(path)
        make_cache(f"{made}/root", recipe.machine)
        compile_imports(f"{made}/root", recipe.pythons)
        os.chmod(f"{made}/root", 0o755)
        os.rename(f"{made}/root", FOLDER / name)
    stamp(name).write_text(recipe.key())


def ensure():
    """Makes what is missing or of another recipe. Of several processes one does it, and the others wait."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(make, [name for name in ALL if not is_made(name)]))


def root(name):
    """The folder of a root."""
    if not is_made(name):
        ensure()
    return FOLDER / name


if __name__ == "__main__":
    ensure()
