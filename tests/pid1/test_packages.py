"""Packages that are there and don't serve, and what `check` warns of: each made for real, and mended as the finding says.

The environment has the real uvicorn, FastAPI and pydantic of build/backend-venv: every package is a link to there, but for the one
that a test breaks, which is copied.
"""

import json
import os
import shlex
import shutil
import struct
import subprocess
import sys

import pytest
from conftest import BINARY, ROOT
from loaders import COMPILERS, compiled
from small_image import bare_venv, environment, image, site_packages  # noqa: F401

PACKAGES = next((ROOT / "build/backend-venv/lib").glob("python3.*")) / "site-packages"
APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"
MODULES = {"pydantic_core": "_pydantic_core", "uvloop": "loop", "httptools": "parser/parser"}
RELOADS = {"watchfiles": "_rust_notify"}
OTHER_SUFFIXES = {
    "package-for-another-python": ".cpython-36m-x86_64-linux-gnu.so",
    "package-for-another-machine": ".cpython-36m-riscv64-linux-gnu.so",
    "package-for-another-libc": ".cpython-36m-{machine}-linux-other.so",
}
OF_LIBRARIES = {"library-missing", "library-unreadable", "library-damaged", "library-version-missing", "library-on-noexec-mount"}
WARNS_OF_PACKAGES = {*OTHER_SUFFIXES, *OF_LIBRARIES, "package-damaged"}
OWN_LIBC = "musl" if "glibc" not in COMPILERS else "glibc"


@pytest.fixture
def real(image):  # noqa: F811
    """The image with real packages."""
    shutil.rmtree(site_packages(image) / "uvicorn")
    for entry in PACKAGES.iterdir():
        place = site_packages(image) / entry.name
        if entry.name != "__pycache__" and not place.exists():
            place.symlink_to(entry)
    (image / "app/main.py").write_text(APP)
    return image


def copied(root, package):
    """Copies the package, which was a link, and gives its compiled module."""
    place = site_packages(root) / package
    place.unlink()
    shutil.copytree(PACKAGES / package, place)
    return next(place.glob(f"{(MODULES | RELOADS)[package]}.*.so"))


def can_import(root, module):
    words = [root / ".venv/bin/python", "-c", f"import {module}"]
    return subprocess.run(words, env=environment(root), stderr=subprocess.DEVNULL, timeout=60).returncode == 0


def found(output):
    """The rules in JSON lines, with their values."""
    objects = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return {entry["rule"]: entry["values"] for entry in objects if "rule" in entry}


def check(start, root, *words, code=0, **variables):
    run = start("--log-format", "json", "check", *words, folder=root, env=environment(root, **variables))
    assert run.code() == code, run.out + run.err
    return found(run.out + run.err)


def serve(start, root, *more, **variables):
    words = ("--log-format", "json", "app.main:app", "--host", "127.0.0.1", "--port", "0", *more)
    return start(*words, folder=root, env=environment(root, **variables))


# ---- compiled packages ----


def test_a_real_environment_is_not_accused(start, real):
    assert not WARNS_OF_PACKAGES & check(start, real).keys()
    run = serve(start, real).told("Uvicorn running")
    assert found(run.err) == {}


@pytest.mark.parametrize("rule", OTHER_SUFFIXES)
@pytest.mark.parametrize("package", MODULES)
def test_a_package_for_something_else(start, real, package, rule):
    module = copied(real, package)
    assert can_import(real, package)
    suffix = OTHER_SUFFIXES[rule].format(machine=os.uname().machine)
    if rule == "package-for-another-python":
        suffix = suffix.replace("x86_64", os.uname().machine)
    other = module.rename(module.with_name(module.name.split(".")[0] + suffix))
    assert not can_import(real, package)
    values = check(start, real)[rule]
    assert (values["package"], values["has"], values["file"]) == (package, suffix, str(other))
    assert values["takes"] == "." + module.name.split(".", 1)[1]
    other.rename(module)
    assert not WARNS_OF_PACKAGES & check(start, real).keys()


@pytest.mark.parametrize("package", ["uvloop", "httptools"])
def test_uvicorn_goes_on_without_and_says_nothing_but_asgi_init_does(start, real, package):
    module = copied(real, package)
    module.rename(module.with_name(module.name.split(".")[0] + ".cpython-36m-darwin.so"))
    run = serve(start, real).told("Uvicorn running")
    assert found(run.err).keys() == {"package-for-another-machine"}
    assert package not in "".join(line for line in run.err.splitlines() if not line.startswith("{"))


OTHERS = [("uvloop", ["--loop", "asyncio"], {}), ("uvloop", ["--loop=uvloop", "--loop=asyncio"], {}),
          ("uvloop", [], {"UVICORN_LOOP": "asyncio"}), ("httptools", ["--http", "h11"], {})]  # fmt: skip


@pytest.mark.parametrize("package, words, variables", OTHERS)
def test_what_uvicorn_was_told_to_do_without_is_not_accused(start, real, package, words, variables):
    copied(real, package).write_bytes(b"")
    run = serve(start, real, *words, **variables).told("Uvicorn running")
    assert found(run.err) == {}


def test_uvicorn_does_not_go_on_without_what_it_was_told_to_take(start, real):
    copied(real, "uvloop").write_bytes(b"")
    run = serve(start, real, "--loop", "uvloop", UVICORN_LOOP="asyncio")
    assert run.wait() != 0 and "ImportError" in run.err
    assert found(run.err)["package-damaged"]["package"] == "uvloop" and "faster" not in found(run.err)["package-damaged"]


def test_without_pydantic_core_there_is_no_fastapi(start, real):
    module = copied(real, "pydantic_core")
    module.rename(module.with_name("_pydantic_core.cpython-36m-darwin.so"))
    run = serve(start, real)
    assert run.wait() == 1
    assert any("Error: " in line and "pydantic_core._pydantic_core" in line for line in run.err.splitlines()), run.err
    assert found(run.err)["package-for-another-machine"]["package"] == "pydantic_core"


@pytest.mark.parametrize("package", MODULES)
@pytest.mark.parametrize("content", [b"", b"version https://git-lfs.github.com/spec/v1\n", "cut"])
def test_a_damaged_module(start, real, package, content):
    module = copied(real, package)
    whole = module.read_bytes()
    module.write_bytes(whole[:8192] if content == "cut" else content)
    assert not can_import(real, package)
    values = check(start, real)["package-damaged"]
    assert (values["package"], values["file"]) == (package, str(module))
    module.write_bytes(whole)
    assert not WARNS_OF_PACKAGES & check(start, real).keys()


# ---- what the loader would say ----


def said_by_python(root, module, **how):
    """What it says of an import that fails."""
    words = [root / ".venv/bin/python", "-c", f"import {module}"]
    ended = subprocess.run(words, env=environment(root), capture_output=True, text=True, timeout=60, **how)
    assert ended.returncode == 1, f"{module} can be imported"
    return ended.stderr.splitlines()[-1]


def replaced(root, package, **how):
    """The package's module, built anew: it needs what the test says."""
    module = copied(root, package)
    module.write_bytes(compiled(OWN_LIBC, module.name, **how))
    return module


def unloadable(start, root, package, rule):
    """The values of the one warning of `check`, which is only a warning."""
    rules = check(start, root)
    assert WARNS_OF_PACKAGES & rules.keys() == {rule}
    assert rules[rule]["package"] == package
    return rules[rule]


@pytest.mark.parametrize("package", MODULES)
def test_a_library_that_is_nowhere(start, real, package):
    module = replaced(real, package, needs=("libnowhere.so.1",))
    assert "libnowhere.so.1: cannot open shared object file" in said_by_python(real, package)
    values = unloadable(start, real, package, "library-missing")
    assert (values["extension"], values["library"], values["by"]) == (str(module), "libnowhere.so.1", str(module))
    assert values["tag"].startswith("cp3") and values["wheel"].endswith("/WHEEL")


def test_a_library_of_a_library(start, real):
    module = replaced(real, "uvloop", needs=("liba.so.1",), runpath="$ORIGIN/../uvloop.libs")
    library = site_packages(real) / "uvloop.libs/liba.so.1"
    library.parent.mkdir()
    library.write_bytes(compiled(OWN_LIBC, "liba.so.1", needs=("libnowhere.so.1",)))
    assert "libnowhere.so.1: cannot open" in said_by_python(real, "uvloop")
    values = unloadable(start, real, "uvloop", "library-missing")
    assert (values["extension"], values["by"]) == (str(module), f"{module.parent}/../uvloop.libs/liba.so.1")


@pytest.mark.parametrize("content", [b"", b"version https://git-lfs.github.com/spec/v1\n"])
def test_a_damaged_library(start, real, content):
    replaced(real, "uvloop", needs=("liba.so.1",), rpath="$ORIGIN")
    (site_packages(real) / "uvloop/liba.so.1").write_bytes(content)
    assert "too short" in said_by_python(real, "uvloop") or "invalid ELF header" in said_by_python(real, "uvloop")
    values = unloadable(start, real, "uvloop", "library-damaged")
    assert values["path"] == str(site_packages(real) / "uvloop/liba.so.1")


if OWN_LIBC == "glibc":

    def test_a_version_that_the_c_library_lacks(start, real):
        needs = "libc.so.6"
        replaced(real, "uvloop", needs=(needs,), versions=((needs, "GLIBC_2.99"),))
        assert "version `GLIBC_2.99' not found" in said_by_python(real, "uvloop")
        values = unloadable(start, real, "uvloop", "library-version-missing")
        assert (values["version"], values["library"]) == ("GLIBC_2.99", needs)

    @pytest.mark.parametrize("suffix", [".abi3.so", ".so"])
    def test_a_module_of_another_libc_that_its_name_doesnt_tell(start, real, suffix):
        """As wheels for Alpine need it; musl-gcc's own name for it is libc.so."""
        module = copied(real, "uvloop")
        module.unlink()
        other = module.with_name("loop" + suffix)
        library = f"libc.musl-{os.uname().machine}.so.1"
        other.write_bytes(compiled("glibc", other.name, needs=(library,)))
        assert f"{library}: cannot open" in said_by_python(real, "uvloop")
        values = unloadable(start, real, "uvloop", "package-for-another-libc")
        assert (values["extension"], values["library"]) == (str(other), library)


@pytest.mark.parametrize("suffix", [".abi3.so", ".so"])
@pytest.mark.parametrize("package", MODULES)
def test_a_module_of_another_machine_that_its_name_doesnt_tell(start, real, package, suffix):
    module = copied(real, package)
    other = module.rename(module.with_name(module.name.split(".")[0] + suffix))
    content = bytearray(other.read_bytes())
    struct.pack_into("<H", content, 18, 243)  # e_machine: RISC-V
    other.write_bytes(content)
    assert not can_import(real, package)
    values = unloadable(start, real, package, "package-for-another-machine")
    assert (values["elf"], values["file"]) == ("riscv64", str(other))


NOEXEC = 'mount -t tmpfs -o noexec none "$0" && cp -a "$1/." "$0" && shift && exec "$@"'


@pytest.mark.parametrize("is_library", [False, True])
def test_a_module_on_a_mount_without_execution(start, real, tmp_path, is_library):
    """The package's folder, or only that of its library, lies in a tmpfs as Docker makes it."""
    module = replaced(real, "uvloop", **({"needs": ("liba.so.1",), "runpath": "$ORIGIN/../uvloop.libs"} if is_library else {}))
    folder = site_packages(real) / "uvloop.libs" if is_library else module.parent
    if is_library:
        folder.mkdir()
        (folder / "liba.so.1").write_bytes(compiled(OWN_LIBC, "liba.so.1"))
    whole = shutil.copytree(folder, tmp_path / "whole")

    def run(*words):
        return start("-c", NOEXEC, folder, whole, *words, program="/bin/sh", folder=real, env=environment(real))

    python = run(real / ".venv/bin/python", "-c", "import uvloop")
    assert python.wait() == 1
    assert "failed to map segment from shared object" in python.err
    for words in (("check",), ("app.main:app", "--host", "127.0.0.1", "--port", "0")):
        run_ours = run(BINARY, "--log-format", "json", *words)
        run_ours.code() if words == ("check",) else run_ours.told("Uvicorn running")
        values = found(run_ours.out + run_ours.err)["library-on-noexec-mount"]
        assert (values["package"], values["mount"], values["tmpfs"]) == ("uvloop", str(folder), "yes")
        assert ("itself" in values) == (not is_library)


@pytest.mark.parametrize("package", MODULES)
def test_at_a_start_only_of_what_nobody_else_says(start, real, package):
    replaced(real, package, needs=("libnowhere.so.1",))
    run = serve(start, real)
    if package == "pydantic_core":
        assert run.wait() == 1
    else:
        run.told("Uvicorn running")
        assert found(run.err).keys() == {"library-missing"}
        assert "libnowhere" not in "".join(line for line in run.err.splitlines() if not line.startswith("{"))


def test_watchfiles_counts_with_reload_only(start, real):
    replaced(real, "watchfiles", needs=("libnowhere.so.1",))
    assert "library-missing" not in check(start, real)
    assert check(start, real, "app.main:app", "--reload")["library-missing"]["package"] == "watchfiles"


def test_a_tag_alone_accuses_nobody(start, real):
    """Neither Python nor the loader reads it: wheels are given other tags, and distributions have their own."""
    place = next(site_packages(real).glob("uvloop-*.dist-info"))
    source = place.resolve()
    place.unlink()
    shutil.copytree(source, place)
    (place / "WHEEL").write_text("Wheel-Version: 1.0\nTag: cp36-cp36m-musllinux_1_2_riscv64\n")
    assert can_import(real, "uvloop")
    assert not WARNS_OF_PACKAGES & check(start, real).keys()


# ---- editable installs ----

FINDER = """
import os.path, sys
from importlib.util import spec_from_file_location
MAPPING: dict[str, str] = {'other': '/nowhere/other', 'shop': '%s/shop'}
class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name in MAPPING and os.path.exists(MAPPING[name] + "/__init__.py"):
            return spec_from_file_location(name, MAPPING[name] + "/__init__.py")
def install():
    sys.meta_path.append(Finder)
"""
NOTE = '{"dir_info": {"editable": true}, "url": "file:///src"}'


def by_setuptools(site, source, package="shop"):
    (site / f"__editable__.{package}-1.0.pth").write_text(f"{source}\n")
    return {"dead": str(source), "dead_file": str(site / f"__editable__.{package}-1.0.pth")}


def by_finder(site, source, package="shop"):
    name = f"__editable___{package}_1_0_finder"
    (site / f"__editable__.{package}-1.0.pth").write_text(f"import {name}; {name}.install()")
    (site / f"{name}.py").write_text((FINDER % source).replace("shop", package))
    return {"dead": f"{source}/{package}", "dead_file": str(site / f"{name}.py"), "dead_module": package}


def by_uv(site, source, package="shop", name="{}.pth"):
    (site / name.format(package)).write_text(str(source))
    (site / f"{package}-1.0.dist-info").mkdir()
    (site / f"{package}-1.0.dist-info/direct_url.json").write_text(NOTE)
    return {"dead": str(source), "dead_file": str(site / name.format(package))}


def by_hatchling(site, source, package="shop"):
    return by_uv(site, source, package, "_{}.pth")


def dead_values(values):
    return {key: value for key, value in values.items() if key.startswith("dead")}


@pytest.mark.parametrize("install", [by_setuptools, by_finder, by_uv, by_hatchling])
@pytest.mark.parametrize("package", ["shop", "uvicorn"])
def test_an_editable_install_whose_source_is_gone(start, image, tmp_path, install, package):  # noqa: F811
    source = tmp_path / "src"
    site = site_packages(image)
    expected = install(site, source, package)
    if package == "uvicorn":
        shutil.move(site / "uvicorn", source / "uvicorn")
    else:
        shutil.copytree(image / "app", source / "shop")
        (source / "shop/__init__.py").touch()
    words = ("shop.main:app",) if package == "shop" else ("app.main:app",)
    start(*words, folder=image, env=environment(image)).said("uvicorn:")
    assert not [values for rule, values in check(start, image, *words).items() if "dead" in values and values["dead"] != "/nowhere/other"]
    source.rename(tmp_path / "gone")
    run = start("--log-format", "json", *words, folder=image, env=environment(image))
    code, rule = (66, "app-module-missing") if package == "shop" else (72, "uvicorn-not-installed")
    assert run.wait() == code, run.err
    assert dead_values(found(run.err)[rule]) == expected


@pytest.mark.parametrize("install", [by_setuptools, by_finder, by_uv, by_hatchling])
def test_an_editable_install_that_nobody_misses(start, image, tmp_path, install):  # noqa: F811
    expected = install(site_packages(image), tmp_path / "gone")
    start(folder=image, env=environment(image)).said("uvicorn:")
    run = start("--log-format", "json", "check", folder=image, env=environment(image))
    assert run.code() == 0
    objects = [json.loads(line) for line in run.out.splitlines()]
    values = [entry["values"] for entry in objects if entry.get("rule") == "editable-path-missing"]
    assert expected in [dead_values(value) for value in values]
    assert len(values) == (2 if install is by_finder else 1)
    run = serve(start, image).said("uvicorn:")
    assert found(run.err) == {}


def test_a_lost_project_is_not_blamed_for_uvicorn(start, image, tmp_path):  # noqa: F811
    by_setuptools(site_packages(image), tmp_path / "gone")
    shutil.rmtree(site_packages(image) / "uvicorn")
    run = start("--log-format", "json", folder=image, env=environment(image))
    assert run.wait() == 72
    assert dead_values(found(run.err)["uvicorn-not-installed"]) == {}


def test_all_that_is_lost_is_told(start, image, tmp_path):  # noqa: F811
    expected = by_finder(site_packages(image), tmp_path / "gone")
    by_setuptools(site_packages(image), tmp_path / "other", "another")
    run = start("shop.main:app", folder=image, env=environment(image))
    assert run.wait() == 66
    assert f"says that module 'shop' is in {expected['dead']}, which does not exist" in run.err
    assert str(tmp_path / "other") in run.err


def test_a_path_that_is_no_editable_install_is_nobodys_business(start, image):  # noqa: F811
    (site_packages(image) / "tools.pth").write_text("/nowhere\nnothing\n")
    assert "editable-path-missing" not in check(start, image)


# ---- what check warns of ----


def test_bytecode(start, image):  # noqa: F811
    """The machine's own standard library may have none either: only what lies in the image is compiled here."""
    source = site_packages(image) / "uvicorn/__init__.py"

    def folders():
        command = shlex.split(check(start, image).get("bytecode-missing", {}).get("command", ""))
        return command, [word for word in command if word.startswith(str(image)) and not word.endswith("/python")]

    command, inside = folders()
    assert inside == [str(site_packages(image)), str(image / "app")]
    subprocess.run([*command[:4], *inside], env=environment(image), check=True, timeout=60)
    assert folders()[1] == []
    os.utime(source, (1, 1))
    values = check(start, image)["bytecode-missing"]
    assert values["stale"] == "1"
    assert str(site_packages(image)) in values["command"]


def test_root_is_a_warning_until_it_is_meant(start, image):  # noqa: F811
    assert "runs-as-root" in check(start, image, "--strict", code=1)
    assert "runs-as-root" not in check(start, image, ASGI_INIT_USER="root")


def test_a_loopback_address(start, image):  # noqa: F811
    assert check(start, image, HOST="127.0.0.1")["host-only-local"] == {"host": "127.0.0.1", "setting": "HOST"}
    values = check(start, image, "app.main:app", "--host", "localhost")["host-only-local"]
    assert (values["host"], values["option"]) == ("localhost", "--host")
    assert "host-only-local" not in check(start, image)
    assert "host-only-local" not in check(start, image, HOST="0.0.0.0")


def test_an_environment_below_the_source_is_a_note(start, image):  # noqa: F811
    assert check(start, image)["venv-below-app"] == {"venv": str(image / ".venv"), "folder": str(image)}


def test_none_of_it_is_told_at_a_start(start, image):  # noqa: F811
    (image / "tools").mkdir()
    (image / "tools/typing_extensions.py").write_text("")
    (site_packages(image) / "typing_extensions.py").write_text("")
    env = environment(image, HOST="127.0.0.1", PYTHONPATH=str(image / "tools"))
    run = start("--log-format", "json", folder=image, env=env).said("uvicorn:")
    assert found(run.out + run.err) == {}


def test_pythonpath_over_the_environments_own_packages(start, image):  # noqa: F811
    shutil.copytree(site_packages(image) / "uvicorn", image / "tools/uvicorn")
    (image / "tools/uvicorn/__main__.py").write_text("print('another one')\n")
    tools = str(image / "tools")
    values = check(start, image, PYTHONPATH=tools)["pythonpath-shadows"]
    assert (values["module"], values["file"]) == ("uvicorn", f"{tools}/uvicorn/__init__.py")
    start(folder=image, env=environment(image, PYTHONPATH=tools)).said("another one")
    assert "pythonpath-shadows" not in check(start, image, PYTHONPATH="")
    assert "pythonpath-shadows" not in check(start, image, PYTHONPATH=str(site_packages(image)))


# ---- PYTHONHOME ----


def test_pythonhome_is_named_where_it_is_the_cause(start, image):  # noqa: F811
    nowhere = str(image / "nowhere")
    values = check(start, image, code=72, PYTHONHOME=nowhere)["python-does-not-start"]
    version = "python%d.%d" % sys.version_info[:2]
    assert (values["home"], values["landmark"]) == (nowhere, f"{nowhere}/lib/{version}/os.py")
    start(folder=image, env=environment(image, PYTHONHOME="")).said("uvicorn:")


def test_a_right_pythonhome_is_not_accused(start, image):  # noqa: F811
    start(folder=image, env=environment(image, PYTHONHOME=sys.base_prefix)).said("uvicorn:")


def test_another_broken_python_is_not_blamed_on_it(start, image):  # noqa: F811
    (site_packages(image) / "sitecustomize.py").write_text("import os\nos._exit(3)\n")
    values = check(start, image, code=72, PYTHONHOME=sys.base_prefix)["python-does-not-start"]
    assert "home" not in values


# ---- PATH ----


def test_the_environment_beside_the_code_wins_over_the_python_of_path(start, image):  # noqa: F811
    start(folder=image, env={"PATH": "/usr/bin:/bin"}).said("venv: True")
