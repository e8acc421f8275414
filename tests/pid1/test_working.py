"""Images that work are never accused: each row of working.py starts without asgi-init, and so it starts with it, by the same Python,
with the same module, and not a word on stderr; `check`, which asks the interpreter always, has nothing to say either.
"""

import json
import signal

import pytest

import working
from conftest import ROOT, until

LONG = ()


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


def findings(image):
    """Of `check`: its exit code, and the rules."""
    run = begin(image, "/asgi-init", *image.options, "--log-format", "json", "check", *image.words)
    code = run.code()
    lines = [json.loads(line) for line in run.out.splitlines()]
    return code, {line["rule"] for line in lines if "rule" in line}, run.out + run.err


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.long] if name in LONG else []) for name in working.ROWS])
def test_an_image_that_works(image, name):
    arrange(image, name)
    expected = without_asgi_init(image)

    run = begin(image, "/asgi-init", *image.options, *image.words)
    assert serves(run) == expected
    assert run.signal(signal.SIGTERM).wait() == 0
    assert run.err == ""
    run.kill()

    code, rules, output = findings(image)
    assert rules == image.warns, output
    assert code == 0, output
