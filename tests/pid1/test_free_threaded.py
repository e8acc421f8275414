"""A free-threaded Python, as `make install` leaves it, with today's FastAPI and uvicorn in environments of all makers: it serves,
before asgi-init and with it, and nobody has a word to say against it. And what goes wrong between it and the Python of the same
version that has the lock, which lies in /usr/bin of the same root.
"""

import json
import shutil
import signal

import pytest
import roots
import test_pythons
from judged import begin, check_from_inside, check_from_outside, is_healthy

pytestmark = pytest.mark.long

APPLICATION = """
import sys
from fastapi import FastAPI

app = FastAPI()
assert sys._is_gil_enabled() is {locked}

@app.get("/health")
async def health() -> dict[str, str]:
    return {{"status": "ok"}}
"""
FREE, LOCKED = "cp313t", "cp313"
SITE = {FREE: "/opt/venv/lib/python3.13t/site-packages", LOCKED: "/opt/venv/lib/python3.13/site-packages"}
PYTHON = {FREE: "/usr/local/bin/python3.13t", LOCKED: "/usr/bin/python3.13"}
VERSION = {FREE: "3.13t", LOCKED: "3.13"}
OTHER = {FREE: LOCKED, LOCKED: FREE}


class Image(test_pythons.Image):
    def __init__(self, folder, start, abi=FREE):
        super().__init__(folder, start, "free-threaded/python3.13")
        self.abi = abi
        self.base_python = PYTHON[abi]
        self.application(locked=abi == LOCKED)

    def application(self, locked):
        self.write("/app/app/main.py", APPLICATION.format(locked=locked))

    def wheels(self, abi):
        return self.base / roots.WHEELS / abi

    def install(self, venv):
        site = self.at(SITE[self.abi].replace("/opt/venv", venv))
        shutil.copytree(self.wheels(self.abi), site, dirs_exist_ok=True)

    def take(self, package, abi):
        """The package as the other Python's pip installed it, in place of its own."""
        place = self.at(SITE[self.abi]) / package
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.wheels(abi) / package, place)


def venv(image):
    image.make(image.base_python, "-m", "venv", "--without-pip", "/opt/venv")


def venv_of_its_second_name(image):
    image.make("/usr/local/bin/python3.13", "-m", "venv", "--without-pip", "/opt/venv")
    assert image.at("/opt/venv/bin/python").readlink().name == "python3.13"


def venv_of_its_shortest_name_with_copies(image):
    image.make("/usr/local/bin/python3", "-m", "venv", "--without-pip", "--copies", "/opt/venv")


def venv_with_the_lock_on(image):
    venv(image)
    image.env["PYTHON_GIL"] = "1"
    image.application(locked=True)


def virtualenv(image):
    image.make(image.base_python, "-m", "virtualenv", "-q", "--no-seed", "/opt/venv")


def uv(image):
    image.make("/mnt/tools/bin/uv", "venv", "-q", "--python", image.base_python, "/opt/venv")


def uv_by_its_second_name_and_moved(image):
    words = ("venv", "-q", "--relocatable", "--python", "/usr/local/bin/python3.13", "/build/venv")
    image.make("/mnt/tools/bin/uv", *words, venv="/build/venv")
    image.move("/build/venv", "/opt/venv")


MAKERS = (
    venv, venv_of_its_second_name, venv_of_its_shortest_name_with_copies, venv_with_the_lock_on, virtualenv, uv,
    uv_by_its_second_name_and_moved,
)  # fmt: skip


def fails(image, module):
    """What Python says of an import that fails."""
    run = begin(image, image.python, "-c", f"import {module}")
    assert run.code() == 1, run.err
    return run.err.splitlines()[-1]


def findings(output):
    return {entry["rule"]: entry for entry in map(json.loads, output.splitlines()) if "rule" in entry}


def serves(image):
    run = begin(image, "/asgi-init", *image.options, *image.words, "--uds", "/sockets/ours")
    is_healthy(run, image.root / "sockets", "ours")
    assert run.signal(signal.SIGTERM).wait() == 0
    assert run.err == ""
    run.kill()
    check_from_inside(image)
    check_from_outside(image)


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__.replace("_", " "))
def test_it_serves(start, root_folder, maker):
    image = Image(root_folder, start)
    maker(image)
    plain = begin(image, image.python, "-m", "uvicorn", *image.words, "--uds", "/sockets/plain")
    is_healthy(plain, image.root / "sockets", "plain")
    plain.kill()
    serves(image)
    which = begin(image, "/asgi-init", "which")
    assert (which.code(), which.out.strip()) == (0, "/opt/venv/bin/python")


@pytest.mark.parametrize("abi", [FREE, LOCKED])
def test_a_compiled_package_of_the_other_one(start, root_folder, abi):
    image = Image(root_folder, start, abi)
    venv(image)
    image.take("pydantic_core", OTHER[abi])
    assert "'pydantic_core._pydantic_core'" in fails(image, "pydantic_core")
    image.warns = {"package-for-another-python"}
    check_from_inside(image)
    check_from_outside(image)
    run = begin(image, "/asgi-init", "--log-format", "json", *image.words, "--uds", "/sockets/ours")
    assert run.code() != 0
    finding = findings("\n".join(line for line in run.err.splitlines() if line.startswith("{")))["package-for-another-python"]
    values = finding["values"]
    assert values["package"] == "pydantic_core"
    assert values["has"].startswith(f".cpython-{OTHER[abi][2:]}-") and values["takes"].startswith(f".cpython-{abi[2:]}-")
    assert values["version"] == VERSION[abi]
    assert ("FROM python:3.13-slim" in json.dumps(finding["fixes"])) == (abi == LOCKED)  # no such image is free-threaded

    image.take("pydantic_core", abi)
    image.warns = set()
    serves(image)


def test_the_stable_abi_is_not_that_of_a_free_threaded_python(start, root_folder):
    """It takes the file by its name, and then can't import it; uvicorn goes on without what isn't there, but not without that."""
    image = Image(root_folder, start)
    venv(image)
    image.take("watchfiles", LOCKED)
    assert [path.name for path in image.at(SITE[FREE]).glob("watchfiles/*.so")] == ["_rust_notify.abi3.so"]
    assert fails(image, "uvicorn.supervisors").startswith("SystemError: ")
    image.words = [*image.words, "--reload"]
    image.warns = {"package-for-another-python"}
    check_from_inside(image)
    check_from_outside(image)


@pytest.mark.parametrize("abi", [FREE, LOCKED])
def test_the_other_one_behind_an_environment(start, root_folder, abi):
    """The same version, and another folder: lib/python3.13t."""
    image = Image(root_folder, start, abi)
    venv(image)
    other = PYTHON[OTHER[abi]]
    image.at("/opt/venv/bin/python3.13").unlink(missing_ok=True)
    image.at("/opt/venv/bin/python").unlink()
    image.link("/opt/venv/bin/python", other)
    image.write("/opt/venv/pyvenv.cfg", f"home = {other.rpartition('/')[0]}\ninclude-system-site-packages = false\nversion = 3.13.5\n")
    assert fails(image, "uvicorn") == "ModuleNotFoundError: No module named 'uvicorn'"
    for words in (["check", *image.words], image.words, ["which"]):
        run = begin(image, "/asgi-init", "--log-format", "json", *words)
        assert run.code() == 72, run.out + run.err
        lines = "\n".join(line for line in (run.out + run.err).splitlines() if line.startswith("{"))
        finding = findings(lines)["venv-version-mismatch"]
        values = finding["values"]
        assert (values["made_for"], values["version"]) == (VERSION[abi], VERSION[OTHER[abi]])
        assert ("FROM python:3.13-slim" in json.dumps(finding["fixes"])) == (abi == FREE)  # no such image is free-threaded
    outside = ["--env", "VIRTUAL_ENV=/opt/venv", "check", "--root", image.root, "--workdir", "/app", *image.words]
    run = start(*outside, root=image.root, outside=True, binds=image.more["binds"], env={"PATH": "/usr/bin"})
    assert run.code() == 72 and "venv-version-mismatch" in run.out + run.err
    if abi == LOCKED:  # as the fix says
        line = next(fix for fix in finding["fixes"] if "--clear" in fix).partition("RUN ")[2]
        assert line == "/usr/local/bin/python3.13t -m venv --clear /opt/venv"
        image.abi = FREE
        image.application(locked=False)
        image.make(*line.split(), "--without-pip")
        serves(image)
