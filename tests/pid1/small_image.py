"""A working folder like an image's: .venv of the machine's own Python, app/main.py, and a package `uvicorn` of our own, which says
what it was given and waits for its end. It starts in a moment, and what asgi-init hands it can be read off its output."""

import shutil
import subprocess
import sys

import pytest

UVICORN = """
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # a handler and pause() could miss it
print("uvicorn:", *sys.argv[1:], flush=True)
print("venv:", sys.prefix != sys.base_prefix, "argv0:", sys.executable, flush=True)
print("port:", os.environ.get("UVICORN_PORT"), "host:", os.environ.get("UVICORN_HOST"), flush=True)
signal.sigwait({signal.SIGTERM})
"""


@pytest.fixture(scope="session")
def bare_venv(tmp_path_factory):
    """A venv without any package, at /tmp-like path that no test changes."""
    folder = tmp_path_factory.mktemp("bare") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder


@pytest.fixture
def image(tmp_path, bare_venv):
    """A working folder with .venv (uvicorn in it) and app/main.py."""
    root = tmp_path / "srv"
    (root / "app").mkdir(parents=True)
    (root / "app/main.py").write_text("app = object()\n")
    shutil.copytree(bare_venv, root / ".venv", symlinks=True)
    package = site_packages(root) / "uvicorn"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(UVICORN)
    return root


def site_packages(root):
    return next((root / ".venv/lib").glob("python3.*")) / "site-packages"


def without_uvicorn(root):
    shutil.rmtree(site_packages(root) / "uvicorn")
    return root


def sitecustomize(root, source):
    """Code that runs at each start of this environment's Python."""
    (site_packages(root) / "sitecustomize.py").write_text(source)


def environment(root, **more):
    return {"PATH": "/usr/bin:/bin", "VIRTUAL_ENV": str(root / ".venv"), **more}
