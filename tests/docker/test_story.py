"""The story that asgi-init was born from: a mount over /app hides the image's environment, and Docker can't say so."""

import failures
import harness
import images
import pytest
from deeds import Start

RULE = "venv-hidden-by-mount"

# Ways to name the environment that is hidden.
NAMED_BY = {
    "VIRTUAL_ENV": Start(),
    "PATH alone": Start(image=images.ROOT, environment={"PATH": "/app/.venv/bin:/usr/local/bin:/usr/bin:/bin"},
                        options=("--workdir=/app", "--user=app", "--entrypoint=/asgi-init")),
    "uvicorn in CMD": Start(words=("/app/.venv/bin/uvicorn", "app.main:app")),
    "python in CMD": Start(words=("/app/.venv/bin/python", "-m", "uvicorn", "app.main:app")),
    "python in CMD, no settings": Start(image=images.ROOT, words=("/app/.venv/bin/python", "-m", "uvicorn", "app.main:app"),
                                        options=("--workdir=/app", "--entrypoint=/asgi-init")),
}  # fmt: skip


def over_app(start, folder):
    project = failures.backend(folder)
    return Start(**{**vars(start), "volumes": (f"{project}:/app",), "folder": project})


def test_without_asgi_init_docker_says_that_no_such_file_is_there(dock, tmp_path):
    start = over_app(Start(words=("app.main:app",), options=("--entrypoint=/app/.venv/bin/uvicorn",)), tmp_path)
    with pytest.raises(AssertionError, match="no such file or directory"):
        start.run(dock, binary=None)


@pytest.mark.parametrize("named_by", NAMED_BY)
def test_a_bind_mount_over_the_environment_is_told(dock, tmp_path, named_by):
    start = over_app(NAMED_BY[named_by], tmp_path)
    finding = failures.refusal(dock, start, RULE, 72)
    assert finding["title"] == "'/app/.venv' is not in the bind mount over '/app'"
    assert finding["values"]["mount"] == "/app"
    # A mount's source is a path inside its own file system, so the end of it is what can be known here.
    assert finding["values"]["source"].endswith("/backend")
    failures.mended(dock, start, finding, 1)


def test_check_says_the_same_and_starts_nothing(dock, tmp_path):
    start = over_app(Start(words=("check",)), tmp_path)
    finding = failures.refusal(dock, start, RULE, 72)
    assert finding["title"] == "'/app/.venv' is not in the bind mount over '/app'"


def test_a_named_volume_is_told_by_its_name(dock, tmp_path):
    project = failures.backend(tmp_path)
    volume = failures.filled_volume(dock, project)
    start = Start(volumes=(f"{volume}:/app",), folder=project)
    finding = failures.refusal(dock, start, RULE, 72)
    assert finding["title"] == f"'/app/.venv' is not in the volume '{volume}' over '/app'"
    assert finding["values"]["volume"] == volume
    failures.mended(dock, start, finding, 1)


def test_a_mount_that_hides_nothing_is_no_matter(dock, tmp_path):
    project = failures.backend(tmp_path)
    box = dock.run(volumes=[f"{project}/app:/app/app"])
    box.health()
    assert "asgi-init: " not in box.logs()


def test_the_image_as_it_is_works_beside_a_mount_elsewhere(dock, tmp_path):
    tmp_path.chmod(0o755)
    box = dock.run(volumes=[f"{tmp_path}:/data"], environment=harness.JSON)
    box.health()
    assert box.findings() == []
