"""What a loader makes of a program's libraries, and what asgi-init says: each scene for real, by glibc's loader and by musl's.

asgi-init may say "found" only of what starts, "refused" only of what doesn't; "unknown" is right where reading can't tell, and
each scene says whether that is so.
"""

import struct

import pytest
from loaders import COMPILERS, GLIBC_LOADER, MACHINE, MUSL_LOADER, PROGRAM, LoaderRoot, compiled, run

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
