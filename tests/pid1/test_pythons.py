"""Pythons that images have, each as it comes in a root of roots.py: of other releases, PyPy, a debug build, one of another
machine. In environments of all makers, they serve with the real uvicorn, before asgi-init and with it, and nobody has a word to
say against them.
"""

import shutil
import signal

import pytest
import roots
import working
from conftest import ROOT
from judged import begin, check_from_inside, check_from_outside, is_healthy

pytestmark = pytest.mark.long

PYTHONS = {
    "python3.9": ("bullseye", "/usr/bin/python3.9"),
    "python3.13": ("trixie", "/usr/bin/python3.13"),
    "python3.13 for debugging": ("trixie", "/usr/bin/python3.13d"),
    "pypy of trixie": ("trixie", "/usr/bin/pypy3"),
    "python3.14": ("forky", "/usr/bin/python3.14"),
    "python3.15": ("forky", "/usr/bin/python3.15"),
    "pypy of forky": ("forky", "/usr/bin/pypy3"),
    "python3.11 of another machine": ("foreign", "/usr/bin/python3.11"),
}
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
        recipe, self.base_python = PYTHONS[name]
        self.base = roots.root(recipe)
        self.more["binds"] = roots.lay(self.base, folder)
        self.is_foreign = roots.is_foreign(roots.RECIPES[recipe].machine)
        if self.is_foreign:
            self.more["emulator"] = roots.emulation_of(roots.RECIPES[recipe].machine)
            self.notes = {"program-for-other-machine"}
        self.more["user"] = working.USER
        self.python = self.base_python
        self.words = ["app.main:app", "--log-level", "critical"]
        self.write("/app/app/main.py", APPLICATION)
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
    image.make(image.base_python, "-m", "venv", "--without-pip", "--copies", "/opt/venv")


def virtualenv(image):
    image.make(image.base_python, "-m", "virtualenv", "-q", "--no-seed", "/opt/venv")


def uv_and_moved(image):
    image.make("/mnt/tools/bin/uv", "venv", "-q", "--relocatable", "--python", image.base_python, "/build/venv", venv="/build/venv")
    image.move("/build/venv", "/opt/venv")


MAKERS = (system, venv, venv_with_copies, virtualenv, uv_and_moved)


@pytest.fixture
def image(request, start, root_folder):
    name, maker = request.param
    image = Image(root_folder, start, name)
    maker(image)
    return image


def rows():
    for name, (recipe, _) in PYTHONS.items():
        for maker in MAKERS:
            # uv's own program is of this machine.
            if not (maker is uv_and_moved and roots.is_foreign(roots.RECIPES[recipe].machine)):
                yield pytest.param((name, maker), id=f"{name}, {maker.__name__.replace('_', ' ')}")


@pytest.mark.parametrize("image", rows(), indirect=True)
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
