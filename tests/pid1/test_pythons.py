"""Pythons that images have, each as it comes in a root of roots.py: of other releases, PyPy, a debug build, one of another
machine. In environments of all makers, they serve with the real uvicorn, before asgi-init and with it, and nobody has a word to
say against them.
"""

import json
import os
import shutil
import signal
import stat
from pathlib import Path

import pytest
import roots
import working
from conftest import ROOT
from judged import begin, check_from_inside, check_from_outside, is_healthy, serves

pytestmark = pytest.mark.long

APPLICATION = """
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            await send({"type": (await receive())["type"] + ".complete"})
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"well"})
"""
UVICORN = ("uvicorn", "click", "h11", "asgiref", "typing_extensions")
"""It and what it needs, all of it Python source."""


class Image(working.Image):
    """A root of roots.py, mounted, with an application."""

    def __init__(self, folder, start, name):
        super().__init__(folder, start, ROOT / "build/tools/venv", None)
        recipe, name = name.split("/")
        self.base_python = f"/usr/bin/{name}"
        self.base = roots.root(recipe)
        self.more["binds"] = roots.lay(self.base, folder)
        self.is_foreign = roots.is_foreign(roots.RECIPES[recipe].machine)
        if self.is_foreign:
            self.more["emulator"] = roots.emulation_of(roots.RECIPES[recipe].machine)
            self.notes = {"program-for-other-machine"}
        if name == "pypy3":
            self.unread = {"uvicorn-not-installed"}
        self.more["user"] = working.USER
        self.python = self.base_python
        self.version = name.removeprefix("python")
        self.words = ["app.main:app", "--log-level", "critical"]
        self.write("/app/app/main.py", APPLICATION)
        os.mknod(folder / "dev/urandom", 0o666 | stat.S_IFCHR, os.makedev(1, 9))  # PyPy does not start without it
        self.bind(folder / "sockets", "/sockets")
        self.at("/sockets").chmod(0o777)

    def install(self, venv):
        """As pip does: the packages, and a console script."""
        site = next(self.at(venv).glob("lib/*py*/site-packages"))
        for path in (self.base / "usr/lib/python3/dist-packages").iterdir():
            if path.name.removesuffix(".py").split("-")[0] in UVICORN:
                (shutil.copytree if path.is_dir() else shutil.copy)(path, site / path.name)
        self.write(f"{venv}/bin/uvicorn", f"#!{venv}/bin/python\nimport sys\nfrom uvicorn.main import main\nsys.exit(main())\n", 0o755)

    def make(self, *words, venv="/opt/venv"):
        user = self.more.pop("user")
        self.tool(*words)
        self.more["user"] = user
        self.install(venv)
        self.activate("/opt/venv")


def system(image):
    """Debian's own packages."""
    image.options = ["--python", image.base_python]


def venv(image):
    image.make(image.base_python, "-m", "venv", "--without-pip", "/opt/venv")


def venv_with_copies(image):
    """Where there is a PyPy too, the name of a copy doesn't say whose it is."""
    if (image.base / "usr/bin/pypy3").exists():
        image.unread = {"uvicorn-not-installed"}
    image.make(image.base_python, "-m", "venv", "--without-pip", "--copies", "/opt/venv")


def virtualenv(image):
    image.make(image.base_python, "-m", "virtualenv", "-q", "--no-seed", "/opt/venv")


def uv_and_moved(image):
    image.make("/mnt/tools/bin/uv", "venv", "-q", "--relocatable", "--python", image.base_python, "/build/venv", venv="/build/venv")
    image.move("/build/venv", "/opt/venv")


MAKERS = {
    "bullseye/python3.9": (system, venv, venv_with_copies),
    "trixie/python3.13": (system, venv, venv_with_copies, virtualenv, uv_and_moved),
    "trixie/python3.13d": (venv, uv_and_moved),  # a debug build
    "trixie/pypy3": (system, venv, venv_with_copies, uv_and_moved),
    "forky/python3.14": (system, venv),
    "forky/python3.15": (venv, uv_and_moved),
    "forky/pypy3": (venv, virtualenv),
}
"""By root and Python. Each maker with several, not all with all."""


@pytest.fixture
def image(request, start, root_folder):
    name, maker = request.param
    image = Image(root_folder, start, name)
    maker(image)
    return image


ROWS = [
    pytest.param((name, maker), id=f"{name} {maker.__name__.replace('_', ' ')}") for name, makers in MAKERS.items() for maker in makers
]


@pytest.mark.parametrize("image", ROWS, indirect=True)
def test_a_python_serves(image):
    plain = begin(image, image.python, "-m", "uvicorn", *image.words, "--uds", "/sockets/plain")
    is_healthy(plain, image.root / "sockets", "plain")
    plain.kill()

    run = begin(image, "/asgi-init", *image.options, *image.words, "--uds", "/sockets/ours")
    is_healthy(run, image.root / "sockets", "ours")
    assert run.signal(signal.SIGTERM).wait() == 0
    assert run.err == ""
    run.kill()

    check_from_inside(image)
    check_from_outside(image)


# ---- another machine's ----

EMULATED = 300
"""Seconds until the real server there counts as one that never answers: it takes seven of an idle processor, and is not alone."""


@pytest.fixture
def foreign(start, root_folder):
    """Made without running it, and with a uvicorn of ours, which is there in a moment."""
    image = Image(root_folder, start, "foreign/python3.11")
    image.link("/opt/venv/bin/python", image.base_python)
    image.write("/opt/venv/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\n")
    image.uvicorn(image.site("/opt/venv"))
    image.activate("/opt/venv")
    return image


def test_another_machine_that_is_emulated_serves(foreign):
    plain = begin(foreign, foreign.python, "-m", "uvicorn", *foreign.words)
    line = serves(plain)
    plain.kill()
    run = begin(foreign, "/asgi-init", *foreign.words)
    assert serves(run) == line
    assert run.signal(signal.SIGTERM).wait() == 0
    assert run.err == ""
    run.kill()
    check_from_inside(foreign)
    check_from_outside(foreign)


def test_the_sample_serves_on_another_machine(foreign):
    """Real uvicorn, FastAPI, uvloop and httptools, of wheels for that machine."""
    shutil.copytree(foreign.base / roots.WHEELS / "cp311", foreign.at(foreign.site("/opt/venv")), dirs_exist_ok=True)
    shutil.copytree(working.SAMPLE, foreign.at("/app/app"), dirs_exist_ok=True)
    plain = begin(foreign, foreign.python, "-m", "uvicorn", *foreign.words, "--uds", "/sockets/plain")
    is_healthy(plain, foreign.root / "sockets", "plain", EMULATED)
    plain.kill()
    run = begin(foreign, "/asgi-init", *foreign.words, "--uds", "/sockets/ours")
    is_healthy(run, foreign.root / "sockets", "ours", EMULATED)
    assert run.signal(signal.SIGTERM).wait() == 0
    assert run.err == ""
    run.kill()
    check_from_inside(foreign)
    check_from_outside(foreign)


def test_another_machine_that_nobody_emulates_is_refused(foreign):
    """Whatever emulators this machine has: the test has none."""
    foreign.more["emulator"] = ""
    for words in (foreign.words, ["check", *foreign.words]):
        run = begin(foreign, "/asgi-init", "--log-format", "json", *words)
        assert run.code() == 72
        errors = [json.loads(line) for line in (run.out + run.err).splitlines() if '"severity":"error"' in line]
        assert [error["rule"] for error in errors] == ["program-for-other-machine"]
        assert "Exec format error" in errors[0]["why"]


def test_a_command_of_another_machine(foreign):
    run = begin(foreign, "/asgi-init", "/bin/echo", "emulated")
    assert (run.code(), run.out, run.err) == (0, "emulated\n", "")
    foreign.more["emulator"] = ""
    run = begin(foreign, "/asgi-init", "/bin/echo", "emulated")
    assert run.code() == 126
    assert "is a program for" in run.err


def test_nothing_stays_registered(foreign):
    """The emulator is the test's own namespace's."""
    folder = Path("/proc/sys/fs/binfmt_misc")
    before = sorted(path.name for path in folder.iterdir())
    assert begin(foreign, "/bin/true").code() == 0
    assert sorted(path.name for path in folder.iterdir()) == before
