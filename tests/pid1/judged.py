"""What tests of images that work have in common: how such an image is started, whether it answers, and that `check` has nothing to
say of it, from inside and from outside.
"""

import http.client
import json
import os
import socket

from conftest import LIMIT, until

ENV_MOST = 60  # as many --env as asgi-init takes


def begin(image, program, *words):
    return image.start(*words, program=program, root=image.root, folder=image.folder, env=image.env, **image.more)


def serves(run):
    """The line of our uvicorn: what it serves, from where."""
    until(lambda: "\n" in run.out or run.ended(), lambda: f"a line; stderr:\n{run.err}")
    assert run.out.startswith("serving "), f"it ended with {run.wait()}:\n{run.err}\n{run.out}"
    return run.out


def is_root(image):
    return "user" not in image.more and "--user" not in image.options


def rules_of(run, severities=("error", "warning")):
    lines = [json.loads(line) for line in run.out.splitlines()]
    return {line["rule"] for line in lines if line.get("severity") in severities}


def advice(image):
    """What `check` says of an image that works all the same, and what it may say besides what the row names."""
    below = any(
        image.folder != "/" and folder.startswith(image.folder + "/") for folder in (image.python, image.env.get("VIRTUAL_ENV", ""))
    )
    must = {"runs-as-root"} if is_root(image) else set()
    return must, {"bytecode-missing"} | ({"venv-below-app"} if below else set()) | image.may


def check_from_inside(image):
    run = begin(image, "/asgi-init", *image.options, "--log-format", "json", "check", *image.words)
    code = run.code()
    must, may = advice(image)
    assert rules_of(run) - may == image.warns | must, run.out + run.err
    assert rules_of(run, ("note",)) - may == image.notes, run.out + run.err
    assert code == 0, run.out + run.err


def check_from_outside(image):
    """Of the same root, with the same mounts in it, but seen from outside. Nobody is asked."""
    options = ["--workdir", image.folder]
    for name, value in list(image.env.items())[:ENV_MOST]:
        options += ["--env", name + (b"=" if isinstance(name, bytes) else "=") + value]
    options += ["--user", ":".join(map(str, image.more["user"]))] if "user" in image.more else []
    words = ["--log-format", "json", "check", "--root", image.root, *image.options, *options, *image.words]
    run = image.start(*words, root=image.root, outside=True, binds=image.more["binds"], env={"PATH": "/usr/bin"})
    assert run.code() == 0, run.out + run.err
    must, may = advice(image)
    # Who will run it is up to whoever starts it.
    assert rules_of(run) - may == (image.warns | must | image.unread) - {"runs-as-root"}, run.out + run.err


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a socket in a folder: by its descriptor, since the path may be longer than a socket's name can be."""

    def __init__(self, folder, name, limit):
        super().__init__("localhost", timeout=limit)
        self.folder, self.name = folder, name

    def connect(self):
        descriptor = os.open(self.folder, os.O_PATH)
        try:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(self.timeout)
            self.sock.connect(f"/proc/self/fd/{descriptor}/{self.name}")
        finally:
            os.close(descriptor)


def health(folder, name, limit):
    """The status of GET /health, None while nobody listens."""
    connection = UnixConnection(folder, name, limit)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    finally:
        connection.close()


def is_healthy(run, folder, name, limit=LIMIT):
    until(lambda: run.ended() or health(folder, name, limit), lambda: f"an answer; stderr:\n{run.err}", limit)
    assert health(folder, name, limit) == 200, run.err
