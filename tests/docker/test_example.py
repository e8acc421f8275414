"""Dockerfile.example, as a reader would build it: the image it makes, started in the ways that the README promises."""

import os
import subprocess

import harness
import images
import pytest
from test_sample import COMMANDS, SANDBOXES, silent

SECONDS = 540


def environment(builder):
    variables = {**os.environ, "DOCKER_BUILDKIT": builder}
    config = images.ensure_new_builder() if builder == "1" else None
    return {**variables, "DOCKER_CONFIG": str(config)} if config else variables


@pytest.fixture(scope="module", params=["0", "1"], ids=lambda number: {"0": "old builder", "1": "new builder"}[number])
def example(request):
    """The image of Dockerfile.example. With our own bases it builds without a network."""
    image = f"asgi-init-test/example-{request.param}"
    command = ["docker", "build", "--force-rm", "--file", "Dockerfile.example", "--tag", image, "."]
    if images.is_ours(images.PYTHON_BASE):
        command[2:2] = ["--build-arg=PIP_NO_INDEX=1", "--build-arg=PIP_FIND_LINKS=/wheels"]
    if images.is_ours(images.PYTHON_BASE) and images.is_ours(images.BUILDER_BASE):
        command[2:2] = ["--network=none"]
    done = subprocess.run(
        command, cwd=images.TREE, env=environment(request.param), timeout=SECONDS, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return image


@pytest.mark.parametrize("form", COMMANDS)
def test_every_form_of_cmd_serves(dock, example, form):
    words, port = COMMANDS[form]
    box = dock.run(*words, image=example, ports=[port], binary=None)
    assert box.health(port)["uid"] == 10001
    assert silent(box), box.logs()


@pytest.mark.parametrize("sandbox", SANDBOXES)
def test_every_sandbox_serves(dock, example, sandbox):
    box = dock.run(image=example, options=SANDBOXES[sandbox], binary=None)
    assert box.health()["uid"] == (12345 if "--user=12345" in SANDBOXES[sandbox] else 10001)
    assert silent(box), box.logs()
    assert box.stop() == 0
    assert "sample: lifespan stop" in box.logs()


def test_check_warns_of_nothing(dock, example):
    box = dock.run("check", "--strict", image=example, binary=None, ports=(), environment=harness.JSON)
    assert box.wait() == 0, box.logs()
    assert [finding["rule"] for finding in box.findings()] == ["venv-below-app"]  # a note


def test_a_word_that_is_no_application_runs_as_a_command(dock, example):
    box = dock.run("id", "-u", image=example, binary=None, ports=())
    assert box.wait() == 0
    assert box.logs() == "10001"
