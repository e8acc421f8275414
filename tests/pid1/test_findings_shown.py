"""Findings that need no Docker and no working Python, each in an image of a few files: the whole text and the object of JSON,
compared with tests/golden. What each says is decided by include/base/rules.def."""

import dataclasses
import json
import re
from collections.abc import Callable

import golden
import pytest

VENV = {"VIRTUAL_ENV": "/app/.venv"}


@dataclasses.dataclass
class Scene:
    """What makes a finding. `make` puts files into the image; `code` is what asgi-init must exit with."""

    code: int
    words: tuple = ()
    env: dict = dataclasses.field(default_factory=dict)
    make: Callable = lambda root: None
    more: dict = dataclasses.field(default_factory=dict)  # for start()


def file(path, content, mode=0o755):
    """Something to `make`: a file. Content is bytes, or the name of another file of the image, to be copied."""

    def make(root):
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else (root / content).read_bytes())
        place.chmod(mode)

    return make


def link(path, target):
    def make(root):
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)

    return make


def folder(path):
    return lambda root: (root / path).mkdir(parents=True)


def all_of(*makers):
    return lambda root: [make(root) for make in makers]


def python(content, mode=0o755):
    return file("app/.venv/bin/python", content, mode)


PYVENV = b"home = /usr/local/bin\nversion = 3.13.5\ncommand = /usr/local/bin/python3 -m venv /build/.venv\n"
MANY = {f"ASGI_INIT_NUMBER_{number}": "1" for number in range(60)}

SCENES = {
    "findings-lost": Scene(0, ("/actor",), MANY),
    "system-call-failed": Scene(71, ("check", "--root", "/missing")),
    "unknown-setting": Scene(0, ("/actor",), {"ASGI_INIT_PROT": "8000"}),
    "setting-ignored": Scene(0, ("/actor",), {"PORT": "tcp://10.96.0.12:8000"}),
    "variable-not-expanded": Scene(72, ("app.main:app", "--port", "$PORT")),
    "carriage-return-in-argument": Scene(72, ("app.main:app\r",)),
    "python-missing": Scene(72, env=VENV, make=folder("app")),
    "no-python": Scene(72),
    "venv-moved": Scene(
        72, env=VENV, make=all_of(link("app/.venv/bin/python", "/build/.venv/bin/python3"), file("app/.venv/pyvenv.cfg", PYVENV))
    ),
    "link-loop": Scene(72, env=VENV, make=all_of(link("app/.venv/bin/python", "python3"), link("app/.venv/bin/python3", "python"))),
    "path-through-file": Scene(72, env=VENV, make=file("app/.venv", b"", 0o644)),
    "path-failed": Scene(72, env={"VIRTUAL_ENV": "/app/" + "a" * 256}, make=folder("app")),
    "program-not-a-file": Scene(72, env=VENV, make=folder("app/.venv/bin/python")),
    "program-not-executable": Scene(72, env=VENV, make=python("actor", 0o644), more={"user": (1000, 1000)}),
    "program-damaged": Scene(72, env=VENV, make=python(b"")),
    "program-for-other-system": Scene(72, env=VENV, make=python(bytes.fromhex("cffaedfe0c000001") + bytes(64))),
    "script-line-broken": Scene(72, env=VENV, make=python(b"#!/bin/sh\r\nexec python3\r\n")),
    "python-does-not-start": Scene(72, env=VENV, make=python(b"#!/actor\n")),
    "command-not-found": Scene(127, ("prepare-database",), {"PATH": "/usr/bin:/bin"}),
    "command-not-executable": Scene(126, ("/entry.sh",), make=file("entry.sh", b"#!/actor\n", 0o644)),
    "script-has-crlf": Scene(127, ("/entry.sh",), make=file("entry.sh", b"#!/actor\r\nexit 0\r\n")),
    "script-interpreter-missing": Scene(127, ("/entry.sh",), make=file("entry.sh", b"#!/bin/bash\n")),
    "crashed": Scene(139, ("/gunicorn", "die", "11"), make=file("gunicorn", "actor")),
    "killed-from-outside": Scene(137, ("/gunicorn", "die", "9"), make=file("gunicorn", "actor")),
}  # fmt: skip


def objects(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def block(text, rule):
    """The finding's own lines among all that was printed."""
    found = re.search(rf"^asgi-init: \w+\[{rule}\].*?(?=\n*(?:^asgi-init: |\Z))", text, re.MULTILINE | re.DOTALL)
    assert found, f"{rule} is not in\n{text}"
    return found[0] + "\n"


@pytest.mark.parametrize("rule", SCENES)
def test_finding(start, root_folder, rule):
    scene = SCENES[rule]
    scene.make(root_folder)

    def run(**env):
        return start(*scene.words, root=root_folder, program="/asgi-init", env={**scene.env, **env}, **scene.more)

    shown, told = run(), run(ASGI_INIT_LOG_FORMAT="json")
    assert (shown.wait(), told.wait()) == (scene.code, scene.code), shown.err
    findings = [entry for entry in objects(told.out + told.err) if entry.get("rule") == rule]
    assert findings, told.err
    golden.compare_finding(rule, block(shown.out + shown.err, rule), findings[0])


def test_a_start_failure_is_left_where_kubernetes_reads_it(start, root_folder):
    log = root_folder / "dev/termination-log"
    log.write_text("")
    run = start(root=root_folder, program="/asgi-init", env=VENV)
    assert run.wait() == 72
    assert log.read_text() == run.err


def test_a_termination_log_that_is_no_file_is_left_alone(start, root_folder):
    (root_folder / "dev/termination-log").symlink_to("/log")
    (root_folder / "log").write_text("")
    run = start(root=root_folder, program="/asgi-init", env=VENV)
    assert run.wait() == 72
    assert (root_folder / "log").read_text() == ""


@pytest.mark.parametrize("closed", [(2,), (1, 2), (0, 1, 2)])
def test_closed_outputs_change_nothing(start, root_folder, closed):
    run = start(root=root_folder, program="/asgi-init", env=VENV, close=closed)
    assert run.wait() == 72
    run = start("/actor", "exit", "5", root=root_folder, program="/asgi-init", env=MANY, close=closed)
    assert run.wait() == 5
