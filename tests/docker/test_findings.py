"""Failures that people meet with real Docker: each is told by its finding, and each fix, applied as printed, mends it."""

import failures
import harness
import images
import pytest
from deeds import Start

SITE = f"lib/python{images.PYTHON}/site-packages"
SETTINGS = images.SAMPLE_SETTINGS


# ---- the environment of another machine, or of another time


def mounted_mac(_, folder):
    project = failures.backend(folder)
    failures.mac_environment(project)
    return Start(volumes=(f"{project}:/app",), folder=project)


def copied_mac(dock, folder):
    """COPY . . without a .dockerignore, over the environment that was built in the image."""
    project = failures.backend(folder)
    failures.mac_environment(project)
    base = (f"FROM {images.SAMPLE}", "COPY . .")
    return Start(image=dock.image(base, context=project), base=base, folder=project)


@pytest.mark.parametrize("way", [mounted_mac, copied_mac])
@pytest.mark.parametrize("number", [1, 2])
def test_the_environment_of_a_mac(dock, tmp_path, way, number):
    start = way(dock, tmp_path)
    finding = failures.refusal(dock, start, "venv-from-another-machine", 72)
    assert failures.MAC_PYTHON.rpartition("/")[0] in str(finding), finding
    assert len(finding["fixes"]) == 2
    failures.mended(dock, start, finding, number)


def test_the_screen_of_an_environment_of_a_mac(dock, tmp_path):
    start = mounted_mac(dock, tmp_path)
    failures.check_golden(dock, start, failures.refusal(dock, start, "venv-from-another-machine", 72))


def test_an_empty_volume_over_the_environment(dock):
    volume = dock.volume()
    start = Start(options=(f"--mount=type=volume,src={volume},dst=/app/.venv,volume-nocopy",))
    finding = failures.refusal(dock, start, "venv-volume-stale", 72)
    assert volume in finding["title"]


def stale_volume(dock):
    """A volume that was filled from an image of Python 3.11, and kept when the image got a newer one."""
    volume = dock.volume()
    box = dock.run(
        "-c",
        "cd /volume && mkdir -p bin lib/python3.11/site-packages && ln -s /usr/local/bin/python3 bin/python && ln -s python bin/python3"
        f" && cp -r /app/.venv/{SITE}/uvicorn lib/python3.11/site-packages/"
        " && printf 'home = /usr/local/bin\\ninclude-system-site-packages = false\\nversion = 3.11.9\\n' > pyvenv.cfg",
        image=images.ROOT, binary=None, ports=(), volumes=[f"{volume}:/volume"], options=["--entrypoint=/bin/sh"],
    )  # fmt: skip
    assert box.wait() == 0, box.logs()
    return volume


@pytest.mark.parametrize("number", [1, 2])
def test_a_stale_volume_over_the_environment(dock, tmp_path, number):
    volume = stale_volume(dock)
    start = Start(volumes=(f"{volume}:/app/.venv",), folder=failures.backend(tmp_path))
    finding = failures.refusal(dock, start, "venv-volume-stale", 72)
    assert volume in finding["title"]
    assert len(finding["fixes"]) == 2
    failures.mended(dock, start, finding, number)


def test_the_screen_of_a_stale_volume(dock):
    start = Start(volumes=(f"{stale_volume(dock)}:/app/.venv",))
    failures.check_golden(dock, start, failures.refusal(dock, start, "venv-volume-stale", 72))


# ---- the base Python


@pytest.fixture(scope="module")
def base_gone():
    """The environment was copied into an image that hasn't got the Python which made it."""
    base = (f"FROM {images.BUILDER_BASE}", "RUN useradd --uid 10001 app", f"COPY --from={images.ROOT} /app /app", *SETTINGS)
    return Start(image=images.build("asgi-init-test/base-gone", base), base=base)


def test_a_base_python_that_is_gone(dock, base_gone):
    finding = failures.refusal(dock, base_gone, "venv-base-python-gone", 72)
    assert len(finding["fixes"]) == 1
    failures.check_golden(dock, base_gone, finding)
    failures.mended(dock, base_gone, finding, 1)


UV_PYTHON = "/root/.local/share/uv/python/cpython-3.13"
TO_UV = (
    f"RUN ln -sfn {UV_PYTHON}/bin/python{images.PYTHON} /app/.venv/bin/python3"
    f" && sed -i 's,/usr/local/bin,{UV_PYTHON}/bin,' /app/.venv/pyvenv.cfg && echo 'uv = 0.9.0' >> /app/.venv/pyvenv.cfg"
)


@pytest.fixture(scope="module")
def uv_gone():
    """uv's own Python made the environment, and wasn't copied with it."""
    base = (f"FROM {images.ROOT}", TO_UV, *SETTINGS)
    return Start(image=images.build("asgi-init-test/uv-gone", base), base=base)


@pytest.mark.parametrize("number", [1, 2])
def test_a_python_of_uv_that_was_left_behind(dock, uv_gone, number):
    # As root: another user would not get as far, since all of it lies under /root.
    start = Start(**{**vars(uv_gone), "options": ("--user=root",)})
    finding = failures.refusal(dock, start, "venv-base-python-gone", 72)
    assert len(finding["fixes"]) == 2
    failures.mended(dock, start, finding, number)


@pytest.fixture(scope="module")
def unreachable():
    """uv installed the Python below /root, which the user of the image may not enter."""
    base = (
        f"FROM {images.ROOT}", f"RUN chmod 700 /root && mkdir -p {UV_PYTHON} && cp -a /usr/local/bin /usr/local/lib {UV_PYTHON}/", TO_UV,
        *SETTINGS,
    )  # fmt: skip
    return Start(image=images.build("asgi-init-test/unreachable", base), base=base)


def test_the_screen_of_a_python_that_the_user_may_not_reach(dock, unreachable):
    finding = failures.refusal(dock, unreachable, "python-not-reachable", 72)
    assert "'/root'" in finding["title"]
    failures.check_golden(dock, unreachable, finding)
    Start(image=unreachable.image, options=("--user=root",)).run(dock).health()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_python_that_the_user_may_not_reach(dock, unreachable, number):
    finding = failures.refusal(dock, unreachable, "python-not-reachable", 72)
    assert len(finding["fixes"]) == 3
    failures.mended(dock, unreachable, finding, number)


# ---- commands


SCRIPT = "#!/bin/sh\nexec uvicorn app.main:app --host 0.0.0.0\n"


@pytest.mark.parametrize("mounted", ["the script", "its folder"])
def test_a_mounted_script_without_its_x_bit(dock, tmp_path, mounted):
    (tmp_path / "entrypoint.sh").write_text(SCRIPT)
    volume = f"{tmp_path}:/scripts" if mounted == "its folder" else f"{tmp_path}/entrypoint.sh:/scripts/entrypoint.sh"
    start = Start(words=("/scripts/entrypoint.sh",), volumes=(volume,), folder=tmp_path)
    tmp_path.chmod(0o755)
    finding = failures.refusal(dock, start, "command-not-executable", 126)
    assert len(finding["fixes"]) == 1
    failures.mended(dock, start, finding, 1)


def test_a_script_of_the_image_without_its_x_bit(dock, tmp_path):
    (tmp_path / "entrypoint.sh").write_text(SCRIPT)
    base = (f"FROM {images.SAMPLE}", "COPY entrypoint.sh /entrypoint.sh")
    start = Start(image=dock.image(base, context=tmp_path), base=base, words=("/entrypoint.sh",), folder=tmp_path)
    finding = failures.refusal(dock, start, "command-not-executable", 126)
    assert len(finding["fixes"]) == 1
    failures.mended(dock, start, finding, 1)


def test_a_whole_command_in_one_string(dock):
    start = Start(words=("uvicorn app.main:app --host 0.0.0.0",))
    finding = failures.refusal(dock, start, "command-is-one-string", 127)
    failures.check_golden(dock, start, finding)
    failures.mended(dock, start, finding, 1)
    failures.mended(dock, start, finding, 2)


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
    start = Start(words=("app.main:app",), options=("--workdir=/app/app",))
    finding = failures.refusal(dock, start, "app-module-missing", 66)
    failures.mended(dock, start, finding, 1)


def test_a_file_that_takes_uvicorns_name(dock, tmp_path):
    # `python -m uvicorn` without -P runs it; -P is what asgi-init starts with, so the image works.
    (tmp_path / "uvicorn.py").write_text("print('not the server')\n")
    box = dock.run(volumes=[f"{tmp_path}/uvicorn.py:/app/uvicorn.py"], environment=harness.JSON)
    box.health()
    assert [finding["rule"] for finding in box.findings()] == ["module-shadowed"], box.logs()
