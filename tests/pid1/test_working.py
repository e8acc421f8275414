"""Images that work are never accused: each row of working.py starts without asgi-init, and so it does with it, by the same Python,
with the same module, and not a word on stderr; `check`, which asks the interpreter always, has nothing to say either.
"""

import re
import signal

import pytest
import working
from conftest import ROOT
from judged import begin, check_from_inside, check_from_outside, is_healthy, serves

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


def without_asgi_init(image):
    run = begin(image, image.python, "-m", "uvicorn", *getattr(image, "plain_words", image.words))
    line = serves(run)
    assert run.err == "", "the row itself isn't clean"
    run.kill()
    return line


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


@pytest.mark.long
@pytest.mark.parametrize("name", working.ROWS)
def test_an_image_that_works_does_from_outside_too(image, name):
    arrange(image, name)
    if image.is_readable:
        check_from_outside(image)


@pytest.mark.parametrize("wrapper", ["#!/bin/sh\nexec {python} -m uvicorn \"$@\"\n", "#!/usr/bin/env sh\nexec {python} -m uvicorn $*\n"])
def test_a_wrapper_called_uvicorn_decides_by_itself(image, wrapper):
    """Which Python it runs can't be read, and that on PATH has no uvicorn. Without asgi-init it works."""
    image.usual()
    image.move("/opt/venv", "/srv/environment")
    image.write("/opt/bin/uvicorn", wrapper.format(python="/srv/environment/bin/python"), 0o755)
    image.env = {"PATH": "/opt/bin:/usr/bin:/bin"}
    run = begin(image, "/asgi-init", "uvicorn", "app.main:app")
    assert "/srv/environment" in serves(run)
    assert run.signal(signal.SIGTERM).wait() == 0
    assert run.err == ""


def test_a_script_called_uvicorn_does_not_outweigh_what_its_python_lacks(image):
    image.usual()
    image.move("/opt/venv", "/srv/environment")
    image.write("/opt/bin/uvicorn", "#!/usr/bin/env python3\nimport uvicorn\n", 0o755)
    image.env = {"PATH": "/opt/bin:/usr/bin:/bin"}
    run = begin(image, "/asgi-init", "uvicorn", "app.main:app")
    assert run.wait() == 72
    assert "error[uvicorn-not-installed]" in run.err


@pytest.mark.parametrize("name", working.COMMANDS)
def test_a_command_that_works(image, name):
    image.usual()
    words = working.COMMANDS[name](image)
    # By a shell, which looks along PATH.
    plain = begin(image, "/bin/sh", "-c", 'exec "$@"', "sh", *words)
    assert plain.wait() == 0, plain.err
    expected, said = plain.out, plain.err
    plain.kill()
    run = begin(image, "/asgi-init", *words)
    assert (run.code(), run.out, run.err) == (0, expected, said)


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
