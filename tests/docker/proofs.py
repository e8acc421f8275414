"""Each failure that is reproduced with real Docker, and each fix that is printed for it: the table that proves that a fix mends.

FAILURES has them by name, in groups that run side by side; WITHOUT names the fixes that no failure here is told to have, and why.
tests/docker/test_proofs.py applies the fixes as printed, and fails on a fix with lines to copy that stands in neither.
"""

import deeds
import failures
import harness
import images
from deeds import Start
from failures import Failure, Untried, ends_well, says, serves, serves_still

SITE = f"lib/python{images.PYTHON}/site-packages"
SETTINGS = images.SAMPLE_SETTINGS
ROOT = f"FROM {images.ROOT}"


def image(*lines, files=(), **more):
    """Starts an image from these lines of a Dockerfile, the first one its FROM; the folder is the project, of files {name: text}."""

    def make(dock, folder):
        for name, content in dict(files).items():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content if isinstance(content, bytes) else content.encode())
        return deeds.made(dock, Start(folder=folder, **more), lines)

    return make


def sample(*lines, **more):
    """The sample, with steps more that root runs."""
    return image(ROOT, *lines, *SETTINGS, **more)


def plain(**more):
    """The sample as it is."""
    return lambda dock, folder: Start(folder=folder, **more)


def over_app(**more):
    """The story: the project over /app, where the image has its environment."""

    def make(dock, folder):
        project = failures.backend(folder)
        return Start(**{"volumes": (f"{project}:/app",), "folder": project, **more})

    return make


# ---- the environment of another machine, or of another time


def mounted_mac(dock, folder):
    project = failures.backend(folder)
    failures.mac_environment(project)
    return Start(volumes=(f"{project}:/app",), folder=project)


def copied_mac(dock, folder):
    """COPY . . without a .dockerignore, over the environment that was built in the image."""
    project = failures.backend(folder)
    failures.mac_environment(project)
    return deeds.made(dock, Start(folder=project), (ROOT, "COPY . /app/", *SETTINGS))


def stale_environment(folder):
    """Of Python 3.11, when the image has a newer one."""
    (folder / "bin").mkdir(parents=True)
    (folder / "lib/python3.11/site-packages/uvicorn").mkdir(parents=True)
    (folder / "lib/python3.11/site-packages/uvicorn/__init__.py").touch()
    (folder / "bin/python").symlink_to("/usr/local/bin/python3")
    (folder / "bin/python3").symlink_to("python")
    (folder / "pyvenv.cfg").write_text("home = /usr/local/bin\ninclude-system-site-packages = false\nversion = 3.11.9\n")
    return folder


def stale_volume(dock, folder):
    """A volume that was filled from an image of Python 3.11, and kept when the image got a newer one."""
    volume = failures.filled_volume(dock, stale_environment(folder / "stale"))
    return Start(volumes=(f"{volume}:/app/.venv",), folder=failures.backend(folder), is_own=True)


def stale_anonymous_volume(dock, folder):
    volume = failures.filled_volume(dock, stale_environment(folder / "stale"), dock.anonymous_volume())
    return Start(volumes=(f"{volume}:/app/.venv",), folder=failures.backend(folder), is_own=True)


def stale_bind(dock, folder):
    stale = stale_environment(folder / "stale")
    return Start(volumes=(f"{stale}:/app/.venv",), folder=failures.backend(folder))


# ---- the base Python

UV_PYTHON = "/root/.local/share/uv/python/cpython-3.13"
TO_UV = (
    f"RUN ln -sfn {UV_PYTHON}/bin/python{images.PYTHON} /app/.venv/bin/python3"
    f" && sed -i 's,/usr/local/bin,{UV_PYTHON}/bin,' /app/.venv/pyvenv.cfg && echo 'uv = 0.9.0' >> /app/.venv/pyvenv.cfg"
)

# The environment was copied into an image that hasn't got the Python which made it.
base_gone = image(f"FROM {images.BUILDER_BASE}", "RUN useradd --uid 10001 app", f"COPY --from={images.ROOT} /app /app", *SETTINGS)

# uv's own Python made the environment, and wasn't copied with it. As root: another user would not get as far, since all of it
# lies under /root.
uv_gone = image(ROOT, TO_UV, *SETTINGS, options=("--user=root",))

# uv installed the Python below /root, which the user of the image may not enter.
unreachable = image(
    ROOT, f"RUN chmod 700 /root && mkdir -p {UV_PYTHON} && cp -a /usr/local/bin /usr/local/lib {UV_PYTHON}/", TO_UV, *SETTINGS
)

# Made in the folder of the build stage, and copied to another one.
moved = image(
    f"FROM {images.PYTHON_BASE}", "RUN useradd --uid 10001 app", "COPY --from=build /build/.venv /app/.venv",
    f"COPY --from={images.ROOT} /app/app /app/app", *SETTINGS,
    build=(
        f"FROM {images.PYTHON_BASE} AS build", "WORKDIR /build", f"COPY --from={images.ROOT} /app/requirements.txt .",
        "RUN python3 -m venv /build/.venv && ln -sfn /build/.venv/bin/python3 /build/.venv/bin/python",
    ),
)  # fmt: skip

PLACES = {
    "a mount over the environment": Failure(
        "venv-hidden-by-mount", 72, over_app(), {1: serves, 3: serves, 4: serves}, golden=True
    ),
    "the environment of a Mac, mounted": Failure("venv-from-another-machine", 72, mounted_mac, {1: serves, 3: serves}, golden=True),
    "the environment of a Mac, copied": Failure("venv-from-another-machine", 72, copied_mac, {2: serves, 3: serves}),
    "a stale volume": Failure("venv-volume-stale", 72, stale_volume, {2: serves, 4: serves}, golden=True),
    "a stale volume without a name": Failure("venv-volume-stale", 72, stale_anonymous_volume, {1: serves, 4: serves}),
    "a stale folder of the host": Failure("venv-volume-stale", 72, stale_bind, {3: serves, 4: serves}),
    "a base Python that is gone": Failure("venv-base-python-gone", 72, base_gone, {1: serves}, golden=True),
    "a Python of uv that was left behind": Failure("venv-base-python-gone", 72, uv_gone, {3: serves, 4: serves}),
    "a Python that the user may not reach": Failure("python-not-reachable", 72, unreachable, {1: serves, 2: serves, 3: serves}, golden=True),
    "an environment that was moved": Failure("venv-moved", 72, moved, {1: serves}),
}

FAILURES = {"Places": PLACES}

WITHOUT = {}
