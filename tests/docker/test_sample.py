"""The sample's image, started in all the ways in which people start theirs: it answers, and asgi-init has nothing to say."""

import pytest
from harness import until

# How uvicorn alone is started shows that the image works without asgi-init; the harness is proved by it too.
ALONE = {"options": ["--entrypoint=/app/.venv/bin/uvicorn"], "binary": None}

COMMANDS = {
    "nothing": ([], 8000),
    "application and port": (["app.main:app", "--port", "9000"], 9000),
    "uvicorn": (["uvicorn", "app.main:app", "--host", "0.0.0.0"], 8000),
    "uvicorn of the environment": (["/app/.venv/bin/uvicorn", "app.main:app"], 8000),
    "python -m uvicorn": (["/app/.venv/bin/python", "-m", "uvicorn", "app.main:app"], 8000),
    "fastapi run": (["fastapi", "run", "app/main.py"], 8000),
    "bash -c": (["bash", "-c", "exec uvicorn app.main:app --host 0.0.0.0"], 8000),
    "bash -c with children": (["bash", "-c", "true; uvicorn app.main:app --host 0.0.0.0; true"], 8000),
}

SANDBOXES = {
    "plain": [],
    "read-only": ["--read-only"],
    "no capabilities": ["--cap-drop=ALL"],
    "a user without a name": ["--user=12345"],
    "no new privileges": ["--security-opt=no-new-privileges"],
    "docker's own init": ["--init"],
    "all at once": ["--read-only", "--cap-drop=ALL", "--user=12345", "--init", "--security-opt=no-new-privileges"],
}


def silent(box):
    """Nothing of what was written is of asgi-init."""
    return not [line for line in box.logs().splitlines() if line.startswith("asgi-init: ")]


def test_the_image_works_without_asgi_init(dock):
    box = dock.run("app.main:app", "--host", "0.0.0.0", **ALONE)
    assert box.health() == {"status": "ok", "pid": 1, "uid": 10001}
    assert "sample: lifespan start" in box.logs()
    assert box.stop() in (0, 143)
    assert "sample: lifespan stop" in box.logs()


@pytest.mark.parametrize("form", COMMANDS)
def test_every_form_of_cmd_serves(dock, form):
    words, port = COMMANDS[form]
    box = dock.run(*words, ports=[port])
    assert box.health(port)["uid"] == 10001
    assert silent(box), box.logs()


@pytest.mark.parametrize("sandbox", SANDBOXES)
def test_every_sandbox_serves(dock, sandbox):
    options = SANDBOXES[sandbox]
    box = dock.run(options=options)
    health = box.health()
    assert health["uid"] == (12345 if "--user=12345" in options else 10001)
    assert health["pid"] != 1
    assert silent(box), box.logs()
    assert box.stop() == 0
    assert "sample: lifespan stop" in box.logs()


@pytest.mark.parametrize("form", ["nothing", "uvicorn", "fastapi run"])
def test_stopping_a_server_ends_in_0(dock, form):
    words, port = COMMANDS[form]
    box = dock.run(*words, ports=[port])
    box.health(port)
    assert box.stop() == 0
    assert "sample: lifespan stop" in box.logs()


def test_stopping_while_the_application_is_imported_ends_in_0(dock):
    # Docker waits for 60 seconds, and the import takes longer than that: only who doesn't wait for it ends in 0.
    box = dock.run(environment={"SAMPLE_IMPORT_SECONDS": "600"})
    box.wait_for("sample: import begins")
    assert box.stop() == 0
    assert "lifespan" not in box.logs()
    assert "Uvicorn running" not in box.logs()


def test_zombies_of_the_application_are_reaped(dock):
    box = dock.run("bash", "-c", "(sleep 0.1 &) ; exec uvicorn app.main:app --host 0.0.0.0")
    box.health()
    states = "cat /proc/[0-9]*/stat 2>/dev/null | grep -c ') Z ' || true"
    until(lambda: box.execute("bash", "-c", states) == "0", "no zombie")


def test_standard_streams_may_be_closed(dock):
    box = dock.run("-c", "exec /asgi-init <&- 2>&-", options=["--entrypoint=/bin/bash"])
    assert box.health()["status"] == "ok"
