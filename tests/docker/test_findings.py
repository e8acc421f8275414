"""Failures that people meet with real Docker: each is told by its finding, and each fix, applied as printed, mends it."""

import failures
import harness
import images
import pytest
from deeds import Start

SITE = f"lib/python{images.PYTHON}/site-packages"
SETTINGS = images.SAMPLE_SETTINGS


# ---- the environment of another machine, or of another time


def mac_project(folder):
    project = failures.backend(folder)
    failures.mac_environment(project)
    return Start(volumes=(f"{project}:/app",), folder=project)


def test_the_environment_of_a_mac_is_told(dock, tmp_path):
    start = mac_project(tmp_path)
    finding = failures.refusal(dock, start, "venv-from-another-machine", 72)
    assert failures.MAC_PYTHON.rpartition("/")[0] in str(finding), finding
    failures.check_golden(dock, start, finding)


@pytest.mark.parametrize("number", [1])
def test_the_environment_of_a_mac_is_mended(dock, tmp_path, number):
    start = mac_project(tmp_path)
    failures.mended(dock, start, failures.refusal(dock, start, "venv-from-another-machine", 72), number)


def test_an_empty_volume_over_the_environment(dock):
    volume = dock.volume()
    start = Start(options=(f"--mount=type=volume,src={volume},dst=/app/.venv,volume-nocopy",))
    finding = failures.refusal(dock, start, "venv-hidden-by-mount", 72)
    assert volume in finding["title"]


def stale_volume(dock):
    """A volume that was filled from an image of Python 3.11, and kept when the image got a newer one."""
    volume = dock.volume()
    box = dock.run(
        "-c",
        "cd /volume && mkdir -p bin lib/python3.11/site-packages && ln -s /usr/local/bin/python3 bin/python && ln -s python bin/python3"
        f" && cp -r /app/.venv/{SITE}/uvicorn lib/python3.11/site-packages/"
        " && printf 'home = /usr/local/bin\\nversion = 3.11.9\\n' > pyvenv.cfg",
        image=images.ROOT, binary=None, ports=(), volumes=[f"{volume}:/volume"], options=["--entrypoint=/bin/sh"],
    )  # fmt: skip
    assert box.wait() == 0, box.logs()
    return volume


def test_a_stale_volume_over_the_environment(dock):
    volume = stale_volume(dock)
    start = Start(volumes=(f"{volume}:/app/.venv",))
    finding = failures.refusal(dock, start, "venv-version-mismatch", 72)
    assert volume in str(finding)


# ---- the base Python


@pytest.fixture(scope="module")
def base_gone():
    """The environment was copied into an image that hasn't got the Python which made it."""
    rest = ["RUN useradd --uid 10001 app", f"COPY --from={images.ROOT} /app /app", *SETTINGS]
    return images.build("asgi-init-test/base-gone", [f"FROM {images.BUILDER_BASE}", *rest]), tuple(rest)


def test_a_base_python_that_is_gone(dock, base_gone):
    image, rest = base_gone
    start = Start(image=image, base=rest)
    finding = failures.refusal(dock, start, "venv-base-python-gone", 72)
    failures.check_golden(dock, start, finding)
    failures.mended(dock, start, finding, 1)


UV_PYTHON = "/root/.local/share/uv/python/cpython-3.13"


@pytest.fixture(scope="module")
def base_unreachable():
    """uv installed the Python below /root, which the user of the image may not enter."""
    return images.build(
        "asgi-init-test/base-unreachable",
        [
            f"FROM {images.ROOT}",
            f"RUN chmod 700 /root && mkdir -p {UV_PYTHON} && mv /usr/local/bin /usr/local/lib {UV_PYTHON}/ && mkdir /usr/local/bin"
            f" && ln -sfn {UV_PYTHON}/bin/python3.13 /app/.venv/bin/python3"
            f" && sed -i 's,/usr/local/bin,{UV_PYTHON}/bin,' /app/.venv/pyvenv.cfg",
            *SETTINGS,
        ],
    )


def test_a_base_python_that_the_user_may_not_reach(dock, base_unreachable):
    start = Start(image=base_unreachable)
    finding = failures.refusal(dock, start, "python-not-reachable", 72)
    assert "/root" in finding["title"]
    failures.check_golden(dock, start, finding)
    root = Start(image=base_unreachable, options=("--user=root",))
    root.run(dock).health()


# ---- commands


def test_a_script_without_its_x_bit(dock, tmp_path):
    script = tmp_path / "entrypoint.sh"
    script.write_text("#!/bin/sh\nexec uvicorn app.main:app --host 0.0.0.0\n")
    script.chmod(0o644)
    start = Start(words=("/entrypoint.sh",), volumes=(f"{script}:/entrypoint.sh",), folder=tmp_path)
    finding = failures.refusal(dock, start, "command-not-executable", 126)
    failures.mended(dock, start, finding, 1)


def test_a_whole_command_in_one_string(dock):
    start = Start(words=("uvicorn app.main:app --host 0.0.0.0",))
    finding = failures.refusal(dock, start, "command-in-one-string", 127)
    failures.check_golden(dock, start, finding)
    failures.mended(dock, start, finding, 1)


# ---- the application


def test_a_module_that_is_not_there(dock):
    start = Start(words=("main:app",))
    finding = failures.refusal(dock, start, "app-module-missing", 66)
    assert "app.main:app" in finding["title"]
    failures.check_golden(dock, start, finding)
    failures.mended(dock, start, finding, 1)


def test_a_mount_that_hides_the_application(dock, tmp_path):
    (tmp_path / "empty").mkdir()
    start = Start(volumes=(f"{tmp_path}/empty:/app/app",), folder=tmp_path)
    box = start.run(dock, environment=harness.JSON)
    assert box.wait() != 0
    assert box.findings(), box.logs()


def test_a_working_folder_too_deep(dock):
    start = Start(options=("--workdir=/app/app",))
    finding = failures.refusal(dock, start, "app-module-missing", 66)
    failures.mended(dock, start, finding, 1)


def test_a_file_that_takes_uvicorns_name(dock, tmp_path):
    # `python -m uvicorn` without -P runs it; -P is what asgi-init starts with, so the image works.
    (tmp_path / "uvicorn.py").write_text("print('not the server')\n")
    box = dock.run(volumes=[f"{tmp_path}/uvicorn.py:/app/uvicorn.py"], environment=harness.JSON)
    box.health()
