"""What a loader makes of a program's libraries, and what asgi-init says: each scene for real, by glibc's loader and by musl's.

asgi-init may say "found" only of what starts, "refused" only of what doesn't; "unknown" is right where reading can't tell, and
each scene says whether that is so.
"""

import json
import os
import shutil
import signal
import struct

import golden
import pytest
from loaders import COMPILERS, GLIBC_LOADER, MACHINE, MUSL_LOADER, PROGRAM, LoaderRoot, compiled, libraries_of, run
from test_findings_shown import block, objects

FOUND, UNKNOWN = ("found", "-"), ("unknown", "-")
DEFAULT = "/usr/lib"
LIBC = sorted(COMPILERS)


def refused(rule):
    return ("refused", rule)


class Scene:
    """`make` puts files into a root. What is expected: of both loaders, or of each."""

    def __init__(self, make, expected, musl=None, env=None, user=None, program=PROGRAM, arguments=(), only=None):
        self.make, self.env, self.user, self.program, self.only = make, env, user, program, only
        self.arguments = arguments
        self.expected = {"glibc": expected, "musl": musl or expected}


SCENES = {}


def scene(expected, musl=None, **how):
    def take(make):
        SCENES[make.__name__] = Scene(make, expected, musl, **how)
        return make

    return take


def both_libraries(root, folder):
    root.library(f"{folder}/liba.so.1", needs=("libb.so.1",))
    root.library(f"{folder}/libb.so.1")


# ---- where it is looked for


@scene(FOUND)
def in_a_default_folder(root):
    root.program()
    both_libraries(root, DEFAULT)


@scene(refused("library-missing"))
def nowhere(root):
    root.program()


@scene(refused("library-missing"))
def the_needed_of_the_needed_is_nowhere(root):
    root.program()
    root.library(f"{DEFAULT}/liba.so.1", needs=("libb.so.1",))


@scene(refused("library-missing"))
def in_a_folder_that_nobody_names(root):
    root.program()
    both_libraries(root, "/opt/lib")


@scene(FOUND)
def rpath_of_the_program_holds_for_all(root):
    root.program(rpath="/opt/lib")
    both_libraries(root, "/opt/lib")


@scene(refused("library-missing"), musl=FOUND)
def runpath_of_the_program_is_its_own(root):
    root.program(runpath="/opt/lib")
    both_libraries(root, "/opt/lib")


@scene(FOUND)
def runpath_of_each(root):
    root.program(runpath="/opt/a")
    root.library("/opt/a/liba.so.1", needs=("libb.so.1",), runpath="$ORIGIN/../b")
    root.library("/opt/b/libb.so.1")


@scene(FOUND)
def rpath_of_the_one_that_loaded_it(root):
    root.program(runpath="/opt/a")
    root.library("/opt/a/liba.so.1", needs=("libb.so.1",), rpath="/opt/b")
    root.library("/opt/b/libb.so.1", needs=("libc_.so.1",))
    root.library("/opt/b/libc_.so.1")


@scene(refused("library-missing"), musl=FOUND)
def a_runpath_between_ends_the_rpaths_above(root):
    root.program(rpath="/opt/lib")
    root.library("/opt/lib/liba.so.1", needs=("libb.so.1",), runpath="/opt/none")
    root.library("/opt/lib/libb.so.1")


@scene(FOUND)
def several_folders_in_a_runpath(root):
    root.program(runpath="/opt/none:/opt/lib")
    root.library("/opt/lib/liba.so.1")


@scene(FOUND, program="/opt/python/bin/python3.11")
def origin_is_the_folder_of_the_file(root):
    root.program("/opt/python/bin/python3.11", runpath="${ORIGIN}/../lib")
    root.library("/opt/python/lib/liba.so.1")
    # Loaders ask /proc, which isn't mounted here.
    root.path("/proc/self").mkdir(parents=True)
    root.path("/proc/self/exe").symlink_to("/opt/python/bin/python3.11")


@scene(FOUND, env={"LD_LIBRARY_PATH": "/opt/none:/opt/lib"})
def by_ld_library_path(root):
    root.program()
    both_libraries(root, "/opt/lib")


@scene(FOUND, musl=refused("library-missing"), env={"LD_LIBRARY_PATH": "/opt/none;/opt/lib"})
def ld_library_path_with_semicolons(root):
    root.program()
    both_libraries(root, "/opt/lib")


@scene(FOUND, musl=refused("library-missing"), env={"LD_LIBRARY_PATH": ":/opt/none"})
def an_empty_entry_is_the_working_folder(root):
    root.program()
    root.library("/liba.so.1")


@scene(refused("library-missing"), env={"LD_LIBRARY_PATH": ""})
def an_empty_ld_library_path_is_none(root):
    root.program()
    root.library("/liba.so.1")


@scene(FOUND)
def a_path_in_place_of_a_name(root):
    root.program(needs=("/opt/lib/liba.so.1",))
    root.library("/opt/lib/liba.so.1")


@scene(refused("library-missing"))
def a_path_that_is_not_there(root):
    root.program(needs=("/opt/lib/liba.so.1",))
    root.library(f"{DEFAULT}/liba.so.1")


@scene(FOUND, musl=refused("library-missing"))
def the_soname_of_one_that_is_loaded(root):
    root.program(needs=("liba.so.1", "libb.so.1"))
    root.library(f"{DEFAULT}/liba.so.1", soname="libb.so.1")


@scene(FOUND)
def libraries_that_need_each_other(root):
    root.program()
    root.library(f"{DEFAULT}/liba.so.1", needs=("libb.so.1",))
    root.library(f"{DEFAULT}/libb.so.1", needs=("liba.so.1",))


@scene(FOUND)
def through_links(root):
    root.program()
    root.library("/opt/lib/liba.so.1.2.3")
    root.path(f"{DEFAULT}/liba.so.1").symlink_to("/opt/lib/liba.so.1.2.3")


@scene(refused("library-missing"))
def a_dangling_link(root):
    root.program()
    root.path(f"{DEFAULT}/liba.so.1").symlink_to("/opt/lib/liba.so.1.2.3")


def ldconfig(root):
    root.write("/etc/ld.so.conf", b"/opt/lib\n")
    assert run(["/sbin/ldconfig", "-r", str(root.root)]).returncode == 0


@scene(FOUND, only="glibc")
def by_the_cache(root):
    root.program()
    both_libraries(root, "/opt/lib")
    ldconfig(root)


@scene(refused("library-missing"), only="glibc")
def by_a_cache_that_is_stale(root):
    by_the_cache(root)
    root.path("/opt/lib/libb.so.1").unlink()


@scene(FOUND, only="glibc")
def a_stale_cache_and_a_default_folder(root):
    by_the_cache(root)
    root.path("/opt/lib/libb.so.1").unlink()
    root.library(f"{DEFAULT}/libb.so.1")


@scene(UNKNOWN, only="glibc")
def a_cache_of_no_known_format(root):
    root.program()
    root.write("/etc/ld.so.cache", b"cache" * 100)


@scene(FOUND, only="musl")
def by_the_path_file(root):
    root.program()
    both_libraries(root, "/opt/lib")
    root.write(f"/etc/ld-musl-{MACHINE}.path", b"/opt/none\n/opt/lib\n")


@scene(refused("library-missing"), only="musl")
def the_path_file_replaces_the_default(root):
    root.program()
    both_libraries(root, DEFAULT)
    root.write(f"/etc/ld-musl-{MACHINE}.path", b"/opt/none:/opt/nowhere\n")


# ---- what can't be told from reading: never a refusal, whatever the loader does


@scene(UNKNOWN, only="glibc")
def in_a_folder_of_some_processors(root):
    root.program()
    root.library(f"{DEFAULT}/glibc-hwcaps/x86-64-v2/liba.so.1")


@scene(UNKNOWN, only="glibc")
def by_a_folder_that_only_the_loader_knows(root):
    root.program(runpath="/opt/$LIB")


@scene(UNKNOWN, env={"LD_PRELOAD": "/opt/lib/liba.so.1"})
def preloaded(root):
    root.program()
    root.library("/opt/lib/liba.so.1")


@scene(UNKNOWN)
def a_folder_of_that_name(root):
    root.program()
    root.path(f"{DEFAULT}/liba.so.1").mkdir()


@scene(UNKNOWN, only="musl")
def a_loader_that_stands_in_for_glibcs(root):
    """As gcompat's on Alpine: a program for glibc, and musl behind the path of its loader."""
    root.copy_from(root.path(MUSL_LOADER), GLIBC_LOADER)
    root.write(PROGRAM, root.path(PROGRAM).read_bytes() if root.path(PROGRAM).exists() else b"", 0o755)
    root.write(PROGRAM, compiled("glibc" if "glibc" in COMPILERS else "musl", "program", needs=("liba.so.1",)), 0o755)
    if "glibc" not in COMPILERS:
        root.path(MUSL_LOADER).rename(root.path("/lib/ld-other.so.1"))
        pytest.skip("there is no glibc on this machine")


@scene(UNKNOWN)
def a_loader_of_another_name(root):
    root.program()
    both_libraries(root, DEFAULT)
    name = root.loader.encode()
    other = name[:-1] + b"7"
    root.path(root.loader).rename(root.path(other.decode()))
    root.change(PROGRAM, lambda content: content.replace(name + b"\0", other + b"\0"))


# ---- what is there and can't be used


def put(content):
    return lambda _: bytearray(content)


@scene(refused("library-damaged"))
def empty(root):
    in_a_default_folder(root)
    root.change(f"{DEFAULT}/liba.so.1", put(b""))


@scene(refused("library-damaged"))
def a_pointer_of_git_lfs(root):
    in_a_default_folder(root)
    root.change(f"{DEFAULT}/libb.so.1", put(b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64))


@scene(refused("library-damaged"))
def cut_off(root):
    in_a_default_folder(root)
    root.change(f"{DEFAULT}/liba.so.1", lambda content: content[:4096])


@scene(FOUND)
def cut_off_behind_what_is_loaded(root):
    in_a_default_folder(root)
    root.change(f"{DEFAULT}/liba.so.1", lambda content: content[:-16])


@scene(refused("library-damaged"))
def damaged_before_a_whole_one(root):
    root.program(runpath="/opt/lib")
    root.write("/opt/lib/liba.so.1", b"\0" * 100)
    root.library(f"{DEFAULT}/liba.so.1")


def for_another_machine(content):
    struct.pack_into("<H", content, 18, 243)


@scene(refused("library-wrong-machine"), musl=UNKNOWN)
def for_another_machine_only(root):
    in_a_default_folder(root)
    root.change(f"{DEFAULT}/liba.so.1", for_another_machine)


@scene(FOUND, only="glibc")
def for_another_machine_before_a_right_one(root):
    root.program(runpath="/opt/lib")
    root.library("/opt/lib/liba.so.1")
    root.change("/opt/lib/liba.so.1", for_another_machine)
    root.library(f"{DEFAULT}/liba.so.1")


@scene(refused("library-wrong-machine"), only="glibc")
def of_32_bits(root):
    in_a_default_folder(root)
    root.change(f"{DEFAULT}/liba.so.1", lambda content: struct.pack_into("B", content, 4, 1))


@scene(refused("library-unreadable"), user=1000)
def of_mode_0600(root):
    in_a_default_folder(root)
    root.path(f"{DEFAULT}/liba.so.1").chmod(0o600)


@scene(refused("library-unreadable"), user=1000)
def in_a_folder_of_mode_0700(root):
    root.program(rpath="/opt/lib")
    both_libraries(root, "/opt/lib")
    root.path("/opt/lib").chmod(0o700)


@scene(FOUND, user=1000)
def unreadable_before_a_readable_one(root):
    root.program(rpath="/opt/lib")
    both_libraries(root, "/opt/lib")
    root.path("/opt/lib").chmod(0o700)
    both_libraries(root, DEFAULT)


# ---- the loader


@scene(refused("python-loader-missing"))
def no_loader(root):
    in_a_default_folder(root)
    root.path(root.loader).unlink()


@scene(refused("library-damaged"))
def an_empty_loader(root):
    in_a_default_folder(root)
    root.change(root.loader, put(b""))


@scene(refused("library-wrong-machine"))
def a_loader_for_another_machine(root):
    in_a_default_folder(root)
    root.change(root.loader, for_another_machine)


@scene(refused("library-unreadable"))
def a_loader_that_nobody_may_execute(root):
    in_a_default_folder(root)
    root.path(root.loader).chmod(0o644)


@scene(UNKNOWN, user=1000)
def a_loader_that_may_be_executed_only(root):
    in_a_default_folder(root)
    root.path(root.loader).chmod(0o711)


@scene(FOUND, arguments=("/", "-"))
def no_loader_is_needed(root):
    root.write(PROGRAM, root.path("/libraries_of").read_bytes(), 0o755)
    root.path(root.loader).unlink()


# ---- versions


ONE = "A_1 { global: f; local: *; };\n"
TWO = "A_1 { global: g; local: *; };\nA_2 { global: f; } A_1;\n"
FUNCTIONS = "int f(void) { return 1; }\nint g(void) { return 1; }\n"


def needs_version_2(root):
    root.program(versions=(("liba.so.1", "A_2"),))


@scene(FOUND, only="glibc")
def a_library_with_the_version(root):
    needs_version_2(root)
    root.library(f"{DEFAULT}/liba.so.1", source=FUNCTIONS, script=TWO)


@scene(refused("library-version-missing"), only="glibc")
def an_older_library(root):
    needs_version_2(root)
    root.library(f"{DEFAULT}/liba.so.1", source=FUNCTIONS, script=ONE)


@scene(FOUND, only="glibc")
def a_library_without_versions(root):
    needs_version_2(root)
    root.library(f"{DEFAULT}/liba.so.1", source=FUNCTIONS)


@scene(refused("library-version-missing"), only="glibc")
def a_c_library_that_is_older(root):
    """The name of the version is made a later one, in the program; so is its hash, by which the loader compares first."""
    root.program(needs=())
    root.change(PROGRAM, need_a_later_c_library)


def need_a_later_c_library(content):
    old = next(name for name in (b"GLIBC_2.34\0", b"GLIBC_2.17\0", b"GLIBC_2.2.5\0") if name in content)
    new = b"GLIBC_2.99\0" if len(old) == 11 else b"GLIBC_2.9.9\0"
    position = content.index(struct.pack("<I", hash_of(old[:-1])))
    struct.pack_into("<I", content, position, hash_of(new[:-1]))
    return content.replace(old, new)


def hash_of(name):
    value = 0
    for byte in name:
        value = (value << 4) + byte
        value = (value ^ (value & 0xF0000000) >> 24) & 0x0FFFFFFF
    return value


# ---- the tests


def test_there_is_a_loader_to_compare_with():
    assert LIBC


@pytest.fixture
def make_root(tmp_path):
    return lambda libc: LoaderRoot(tmp_path / "root", libc)


CASES = [(name, libc) for name, one in SCENES.items() for libc in LIBC if one.only in (None, libc)]


@pytest.mark.parametrize("name, libc", CASES, ids=[f"{name}-{libc}" for name, libc in CASES])
def test_the_loader_and_asgi_init_agree(make_root, name, libc):
    one = SCENES[name]
    root = make_root(libc)
    one.make(root)
    how = {"env": one.env, "user": one.user}
    starts, said = root.starts(one.program, one.arguments, **how)
    verdict, rule, _ = root.judged(one.program, **how)
    assert (verdict, rule) == one.expected[libc], f"the loader: {starts}, {said}"
    if verdict != "unknown":
        assert starts == (verdict == "found"), said


# ---- what asgi-init says of it

LOCAL = "/usr/local/bin/python3.12"
VENV = {"VIRTUAL_ENV": "/app/.venv"}
OWN = {"x86_64": "x86-64", "aarch64": "arm64"}[MACHINE]


def shown(make, **more):
    def made(root):
        root.program(LOCAL)
        both_libraries(root, DEFAULT)
        root.path("/app/.venv/bin").mkdir(parents=True)
        root.path("/app/.venv/bin/python").symlink_to(LOCAL)
        make(root)

    return made, more


def need_a_later_version(root):
    root.program(LOCAL, needs=("libm.so.6",), versions=(("libm.so.6", "GLIBC_2.38"),))
    root.library(f"{DEFAULT}/libm.so.6", source=FUNCTIONS, script="GLIBC_2.29 { global: f; };\nGLIBC_2.35 { global: g; };\n")
    root.write("/etc/os-release", b'NAME="Debian GNU/Linux"\nVERSION_CODENAME=bookworm\nID=debian\n')


def close_both(root):
    """The one that the loader tries first is named, not the last one."""
    root.program(LOCAL, runpath="/opt/lib")
    both_libraries(root, "/opt/lib")
    for folder in ("/opt/lib", DEFAULT):
        root.path(f"{folder}/liba.so.1").chmod(0o600)


def ask_for_a_loader_that_is_not_there(root):
    """One name on all machines, and an image without any."""
    other = b"/lib/ld-linux-none.so.1".ljust(len(GLIBC_LOADER), b"\0")
    root.change(LOCAL, lambda content: content.replace(GLIBC_LOADER.encode(), other, 1))
    root.path(GLIBC_LOADER).unlink()


SHOWN = {
    "python-loader-missing": shown(ask_for_a_loader_that_is_not_there),
    "library-missing": shown(lambda root: root.path(f"{DEFAULT}/libb.so.1").unlink()),
    "library-unreadable": shown(close_both, user=(1000, 1000)),
    "library-wrong-machine": shown(lambda root: root.change(f"{DEFAULT}/liba.so.1", for_another_machine)),
    "library-damaged": shown(lambda root: root.change(f"{DEFAULT}/liba.so.1", put(b""))),
    "library-version-missing": shown(need_a_later_version),
}


def renamed(text):
    return text.replace(f"this is {OWN}", "this is MACHINE").replace(f'"own": "{OWN}"', '"own": "MACHINE"')


if "glibc" in COMPILERS:

    @pytest.mark.parametrize("rule", SHOWN)
    def test_finding(start, root_folder, rule):
        make, more = SHOWN[rule]
        make(LoaderRoot(root_folder, "glibc"))

        def begin(**env):
            return start(root=root_folder, program="/asgi-init", env={**VENV, **env}, **more)

        text, told = begin(), begin(ASGI_INIT_LOG_FORMAT="json")
        assert (text.wait(), told.wait()) == (72, 72), text.err
        findings = [entry for entry in objects(told.err) if entry.get("severity") == "error"]
        assert [finding["rule"] for finding in findings] == [rule]
        golden.compare_finding(rule, renamed(block(text.err, rule)), json.loads(renamed(json.dumps(findings[0]))))


    def test_the_image_of_the_other_c_library_is_named(start, root_folder):
        """Alpine's loader in the image, and a Python for glibc."""
        make, _ = SHOWN["python-loader-missing"]
        root = LoaderRoot(root_folder, "glibc")
        make(root)
        root.write("/lib/ld-musl-x86_64.so.1", b"", 0o755)
        run = start(root=root.root, program="/asgi-init", env=VENV)
        assert run.wait() == 72
        assert "built for glibc, and this image has musl (Alpine)" in run.err
        assert "FROM python:3.12-slim\n" in run.err


# ---- a mount without execution

NOEXEC = """
mkdir "$0/kept" && cp -a "$0/opt/lib/." "$0/kept" && mount -t tmpfs -o noexec none "$0/opt/lib" && cp -a "$0/kept/." "$0/opt/lib" &&
mount -t proc none "$0/proc" && exec chroot "$0" "$@"
"""


@pytest.mark.parametrize("libc", LIBC)
def test_a_library_on_a_mount_without_execution(start, tmp_path, root_folder, libc):
    """The loader finds it and reads it, and the kernel maps nothing of it to be executed."""

    def begin(name, *words, **env):
        folder = tmp_path / name
        shutil.copytree(root_folder, folder, ignore=shutil.ignore_patterns("dev"))
        root = LoaderRoot(folder, libc)
        shown(lambda root: root.program(LOCAL, runpath="/opt/lib"))[0](root)
        both_libraries(root, "/opt/lib")
        root.path(f"{DEFAULT}/liba.so.1").unlink()
        return start("-c", NOEXEC, folder, *words, program="/bin/sh", env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **VENV, **env})

    plain = begin("plain", LOCAL)
    assert plain.wait() == 127
    assert "liba.so.1" in plain.err and ("failed to map segment" in plain.err or "Operation not permitted" in plain.err), plain.err
    text, told = begin("text", "/asgi-init"), begin("told", "/asgi-init", ASGI_INIT_LOG_FORMAT="json")
    assert (text.wait(), told.wait()) == (72, 72), text.err
    rule = "library-on-noexec-mount"
    (finding,) = [entry for entry in objects(told.err) if entry.get("severity") == "error"]
    assert finding["rule"] == rule
    if libc == "glibc":
        golden.compare_finding(rule, renamed(block(text.err, rule)), json.loads(renamed(json.dumps(finding))))


# ---- a real Python


PYTHON = os.path.realpath("/usr/bin/python3")
NAME = os.path.basename(PYTHON)
SERVER = "import signal\nprint('serving', flush=True)\nsignal.pause()\n"


class PythonRoot(LoaderRoot):
    """This machine's Python in a root of its own, with the libraries that it needs, and an environment whose uvicorn waits."""

    def __init__(self, root, start):
        super().__init__(root, LIBC[0])
        self.start = start
        self.python, self.binds = f"/usr/bin/{NAME}", []
        self.libraries = libraries_of(PYTHON)
        for path in self.libraries:
            self.copy(path)
        self.copy_from(PYTHON, self.python)
        self.bind(f"/usr/lib/{NAME}")
        self.path("/app/.venv/bin").mkdir(parents=True)
        self.path("/app/.venv/bin/python").symlink_to(self.python)
        self.write("/app/.venv/pyvenv.cfg", b"home = /usr/bin\n")
        self.write("/app/app/main.py", b"app = None\n")
        self.write(f"/app/.venv/lib/{NAME}/site-packages/uvicorn/__init__.py", b"")
        self.write(f"/app/.venv/lib/{NAME}/site-packages/uvicorn/__main__.py", SERVER.encode())

    def bind(self, path):
        self.path(path).mkdir(parents=True, exist_ok=True)
        self.binds.append((path, path))

    def library_of(self):
        """One that Python needs, and that isn't the C library's."""
        other = ("libc.", "libm.", "ld-", "libpthread.", "libdl.", "libutil.")
        return next(path for path in self.libraries if not os.path.basename(path).startswith(other))

    def begin(self, *words, **env):
        return self.start(
            "-v", *words, program="/asgi-init", root=self.root, binds=self.binds, folder="/app", env={**VENV, "PATH": "/usr/bin", **env}
        )

    def serves(self, **env):
        run = self.begin(**env)
        run.said("serving")
        assert "error[" not in run.err and "warning[" not in run.err
        run.signal(signal.SIGTERM)
        run.wait()
        return run

    def refused(self, rule):
        starts, said = self.starts(self.python)
        assert not starts, "the loader takes it"
        run = self.begin("--log-format", "json")
        assert run.wait() == 72, run.err
        findings = [finding for finding in objects(run.err) if finding.get("severity") == "error"]
        assert [finding["rule"] for finding in findings] == [rule], said
        return findings[0]


@pytest.fixture
def python(root_folder, start):
    return PythonRoot(root_folder, start)


def test_a_python_that_works_is_not_asked(python):
    assert "answered" not in python.serves().err


def test_a_missing_library_of_python_is_named(python, tmp_path):
    path = python.library_of()
    shutil.move(python.path(path), tmp_path / "kept")
    finding = python.refused("library-missing")
    assert finding["values"]["library"] == os.path.basename(path)
    assert finding["values"]["by"] == python.python
    shutil.move(tmp_path / "kept", python.path(path))
    python.serves()


def test_a_library_where_nobody_looks_is_found_by_the_fix(python):
    path = python.library_of()
    name = os.path.basename(path)
    python.path("/usr/local/lib").mkdir(parents=True)
    shutil.move(python.path(path), python.path(f"/usr/local/lib/{name}"))
    # musl looks there by itself.
    python.write(f"/etc/ld-musl-{MACHINE}.path", b"/lib:/usr/lib")
    finding = python.refused("library-missing")
    assert finding["values"]["there"] == f"/usr/local/lib/{name}"
    variable, value = finding["fixes"][0].splitlines()[-1].split()[1].split("=")
    python.serves(**{variable: value})


def test_ldconfig_is_the_fix_where_it_helps(python):
    if LIBC[0] != "glibc":
        return
    path = python.library_of()
    name = os.path.basename(path)
    python.write("/etc/ld.so.conf", b"include /etc/ld.so.conf.d/*.conf\n")
    python.write("/etc/ld.so.conf.d/libc.conf", b"/usr/local/lib\n")
    python.path("/usr/local/lib").mkdir(parents=True)
    shutil.move(python.path(path), python.path(f"/usr/local/lib/{name}"))
    finding = python.refused("library-missing")
    assert finding["fixes"][0].splitlines()[-1].strip() == "RUN ldconfig"
    assert run(["/sbin/ldconfig", "-r", str(python.root)]).returncode == 0
    python.serves()


def test_what_a_preloaded_library_may_change_is_asked(python):
    path = python.library_of()
    shutil.move(python.path(path), python.path("/opt/") / os.path.basename(path))
    run = python.begin(LD_PRELOAD=f"/opt/{os.path.basename(path)}")
    run.said("serving")
    assert "answered" in run.err


def test_a_broken_python_that_was_only_found_is_passed_over(python):
    """Of two on PATH the first is broken: the second serves."""
    python.write("/opt/bin/python3", python.path(python.python).read_bytes(), 0o755)
    python.change(
        "/opt/bin/python3",
        lambda content: content.replace(python.loader.encode() + b"\0", b"/lib/none.so\0".ljust(len(python.loader) + 1, b"\0"), 1),
    )
    shutil.move(python.path("/app/.venv"), python.path("/usr/venv"))
    run = python.begin(PATH="/opt/bin:/usr/venv/bin", VIRTUAL_ENV="")
    run.said("serving")
    assert "error[" not in run.err
