"""Images that work are never accused: each row of working.py starts without asgi-init, and so it starts with it, by the same Python,
with the same module, and not a word on stderr; `check`, which asks the interpreter always, has nothing to say either.
"""

import http.client
import json
import os
import re
import signal
import socket

import pytest
import working
from conftest import LIMIT, ROOT, until

LONG = {"a standard library as bytecode only"}


@pytest.fixture(scope="session")
def templates(tmp_path_factory):
    return working.Templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture
def image(start, root_folder, templates):
    return working.Image(root_folder, start, ROOT / "build/tools/venv", templates)


def arrange(image, name):
    working.ROWS[name](image)
    image.at(image.folder).mkdir(parents=True, exist_ok=True)
    return image


def begin(image, program, *words):
    return image.start(*words, program=program, root=image.root, folder=image.folder, env=image.env, **image.more)


def serves(run):
    """The line of our uvicorn: what it serves, from where."""
    until(lambda: "\n" in run.out or run.ended(), lambda: f"a line; stderr:\n{run.err}")
    assert run.out.startswith("serving "), f"it ended with {run.wait()}:\n{run.err}\n{run.out}"
    return run.out


def without_asgi_init(image):
    run = begin(image, image.python, "-m", "uvicorn", *getattr(image, "plain_words", image.words))
    line = serves(run)
    assert run.err == "", "the row itself isn't clean"
    run.kill()
    return line


def is_root(image):
    return "user" not in image.more and "--user" not in image.options


def rules_of(run):
    lines = [json.loads(line) for line in run.out.splitlines()]
    return {line["rule"] for line in lines if "rule" in line}


def advice(image):
    """What `check` says of an image that works all the same, and what it may say besides what the row names."""
    below = any(image.folder != "/" and folder.startswith(image.folder + "/") for folder in (image.python, image.env.get("VIRTUAL_ENV", "")))
    must = {"runs-as-root"} if is_root(image) else set()
    return must, {"bytecode-missing"} | ({"venv-below-app"} if below else set()) | image.may


def check_from_inside(image):
    run = begin(image, "/asgi-init", *image.options, "--log-format", "json", "check", *image.words)
    code = run.code()
    must, may = advice(image)
    assert rules_of(run) - may == image.warns | must, run.out + run.err
    assert code == 0, run.out + run.err


def check_from_outside(image):
    """Nobody is asked, so what reading can't see may be a warning; but an error it must not be."""
    options = ["--workdir", image.folder, *(word for item in image.env.items() for word in ("--env", "=".join(item)))]
    options += ["--user", ":".join(map(str, image.more["user"]))] if "user" in image.more else []
    words = ["--log-format", "json", "check", "--root", image.root, *image.options, *options, *image.words]
    run = image.start(*words, pid1=False, env={"PATH": "/usr/bin"})
    assert run.code() == 0, run.out + run.err


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.long] if name in LONG else []) for name in working.ROWS])
def test_an_image_that_works(image, name):
    arrange(image, name)
    expected = without_asgi_init(image)

    run = begin(image, "/asgi-init", *image.options, *image.words)
    assert serves(run) == expected
    assert run.signal(signal.SIGTERM).wait() == 0
    assert set(re.findall(r"^asgi-init: (\S+):", run.err, re.MULTILINE)) == {f"warning[{rule}]" for rule in image.says}, run.err
    assert image.says or run.err == ""
    run.kill()

    check_from_inside(image)
    if not image.more["binds"]:
        check_from_outside(image)


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a socket in a folder: by its descriptor, since the path may be longer than a socket's name can be."""

    def __init__(self, folder, name):
        super().__init__("localhost", timeout=LIMIT)
        self.folder, self.name = folder, name

    def connect(self):
        descriptor = os.open(self.folder, os.O_PATH)
        try:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(self.timeout)
            self.sock.connect(f"/proc/self/fd/{descriptor}/{self.name}")
        finally:
            os.close(descriptor)


def health(folder, name):
    """The status of GET /health, None while nobody listens."""
    connection = UnixConnection(folder, name)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    finally:
        connection.close()


def is_healthy(run, folder, name):
    until(lambda: run.ended() or health(folder, name), lambda: f"an answer; stderr:\n{run.err}")
    assert health(folder, name) == 200, run.err


@pytest.mark.long
@pytest.mark.parametrize("name", working.REAL)
def test_an_image_with_fastapi_works(image, tmp_path, name):
    sockets = tmp_path / "sockets"
    sockets.mkdir()
    sockets.chmod(0o777)
    working.REAL[name](image, ROOT / "build/backend-venv")
    image.bind(sockets, "/sockets")

    plain = begin(image, image.python, "-m", "uvicorn", *image.words, "--uds", "/sockets/plain", "--log-level", "critical")
    is_healthy(plain, sockets, "plain")
    plain.kill()

    run = begin(image, "/asgi-init", *image.options, *image.words, "--uds", "/sockets/ours", "--log-level", "critical")
    is_healthy(run, sockets, "ours")
    assert run.signal(signal.SIGTERM).wait() == 0
    assert run.err == ""
    run.kill()
    check_from_inside(image)
