"""Each failure that is reproduced with real Docker, and each fix that is printed for it: the table that proves that a fix mends.

FAILURES has them by name, in groups that run side by side; WITHOUT names the fixes that no failure here is told to have, and why.
tests/docker/test_proofs.py applies the fixes as printed, and fails on a fix with lines to copy that stands in neither.
"""

import json
import os

import deeds
import failures
import images
from deeds import Start
from failures import Failure, Untried, ends_well, says, serves, serves_still

PLATFORM = {"x86_64": "linux/amd64", "aarch64": "linux/arm64"}[os.uname().machine]
SITE = f"lib/python{images.PYTHON}/site-packages"
SETTINGS = images.SAMPLE_SETTINGS
ROOT = f"FROM {images.ROOT}"
ELSEWHERE = f"FROM {images.ELSEWHERE}"
# What pip installs takes its time, and a project of these two is a project.
FEW = "printf 'fastapi\\nuvicorn\\n' > /app/requirements.txt"


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


def elsewhere(*lines, **more):
    """The sample whose environment isn't at the place that is asked for, but in /opt/venv."""
    return image(ELSEWHERE, *lines, *SETTINGS, **more)


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

# A small environment, which an image is built from in no time: but for uvicorn its packages lie in a volume, and so does the code.
SMALL = (
    f"COPY --from={images.ROOT} /app/.venv/{SITE}/uvicorn /app/.venv/{SITE}/uvicorn",
    f"RUN python3 -m venv --without-pip /app/.venv && echo /project/.venv/{SITE} > /app/.venv/{SITE}/project.pth",
)
SMALL_SETTINGS = ("WORKDIR /project", *SETTINGS[1:3], "USER 10001", SETTINGS[-1])
assert SETTINGS[3] == "USER app"


def all_of(dock, folder="/app", image=images.ROOT):
    """A volume with what the image has in the folder."""
    volume = dock.volume()
    box = dock.run(image=image, binary=None, ports=(), volumes=[f"{volume}:{folder}"], options=["--entrypoint=/bin/true"])
    assert box.wait() == 0, box.logs()
    return volume


def small(dock, folder, build, *lines):
    """An image that copies the small environment from its stage called build."""
    start = Start(folder=folder, volumes=(f"{all_of(dock)}:/project",), build=build)
    return deeds.made(dock, start, (*lines, *SMALL_SETTINGS))


def base_gone(dock, folder):
    """The environment was copied into an image that hasn't got the Python which made it."""
    build = (f"FROM {images.PYTHON_BASE} AS build", *SMALL)
    return small(dock, folder, build, f"FROM {images.BUILDER_BASE}", "COPY --from=build /app/.venv /app/.venv")


# uv's own Python made the environment, and wasn't copied with it. As root: another user would not get as far, since all of it
# lies under /root.
uv_gone = image(ROOT, TO_UV, *SETTINGS, options=("--user=root",))

# uv installed the Python below /root, which the user of the image may not enter.
unreachable = image(
    ROOT, f"RUN chmod 700 /root && {deeds.PYTHON_AT.format(UV_PYTHON)}", TO_UV, *SETTINGS
)

# Made in the folder of the build stage, and copied to another one.
moved = image(
    f"FROM {images.PYTHON_BASE}", "COPY --from=build /build/.venv /app/.venv",
    f"COPY --from={images.ROOT} /app/app /app/app", *["USER 10001" if line == "USER app" else line for line in SETTINGS],
    build=(
        f"FROM {images.PYTHON_BASE} AS build", "WORKDIR /build",
        f"RUN {FEW.replace('/app/', '')} && python3 -m venv --without-pip /build/.venv "
        "&& ln -sfn /build/.venv/bin/python3 /build/.venv/bin/python",
    ),
)  # fmt: skip


# The same of the environment that a link leads into a circle.
looping = sample(f"RUN {FEW} && cd /app/.venv/bin && ln -sfn python3 python && ln -sfn python python3")


def over_app_with(change):
    """The project over /app, after a change to it."""

    def make(dock, folder):
        project = failures.backend(folder)
        change(project)
        return Start(volumes=(f"{project}:/app",), folder=project)

    return make


def loop(project):
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/bin/python").symlink_to("python3")
    (project / ".venv/bin/python3").symlink_to("python")


def closed_volume(dock, folder):
    """All of /app on a volume whose folder is another user's alone."""
    volume = dock.volume()
    box = dock.run(
        "-c",
        "chmod 700 /app && chown 1234 /app",
        image=images.ROOT,
        binary=None,
        ports=(),
        volumes=[f"{volume}:/app"],
        options=["--entrypoint=/bin/sh"],
    )
    assert box.wait() == 0, box.logs()
    return Start(volumes=(f"{volume}:/app",), options=("--workdir=/",), words=("app.main:app", "--app-dir", "/app"))


# A COPY of one file to a path without a slash at its end.
file_for_folder = elsewhere("COPY pyvenv.cfg /app/.venv", files={"pyvenv.cfg": "home = /usr/local/bin\n"})


# A stage whose Python is of another version: what it installs lies in that version's folder.
def old_stage(dock, folder):
    old = dock.image([f"FROM {images.PYTHON_BASE}", "RUN touch /of-3.12"])
    build = (
        f"FROM {old} AS build", SMALL[0], f"{SMALL[1]} && ([ ! -e /of-3.12 ] || mv /app/.venv/lib/python3.13 /app/.venv/lib/python3.12)"
    )
    return small(dock, folder, build, f"FROM {images.PYTHON_BASE}", "COPY --from=build /app/.venv /app/.venv")


def no_python(dock, folder):
    """The image of a compiler, for what was to run by the system's Python."""
    packages, code = all_of(dock, "/opt", images.ELSEWHERE), failures.backend(folder)
    lines = (f"FROM {images.BUILDER_BASE}", "WORKDIR /srv", f"ENV PYTHONPATH=/packages/venv/{SITE}", "USER 10001", SETTINGS[-1])
    return deeds.made(dock, Start(folder=folder, volumes=(f"{packages}:/packages", f"{code}:/srv")), lines)


LINKED_MOUNT = ("/app/.venv/bin/python", "-m", "uvicorn", "app.main:app")

PLACES = {
    "a mount over the environment": Failure(
        "venv-hidden-by-mount", 72, over_app(), {1: serves, 3: serves, 5: serves}, golden=True
    ),
    "a mount over the environment that the command names": Failure(
        "venv-hidden-by-mount", 72, over_app(words=LINKED_MOUNT), {1: serves, 4: serves, 5: serves}
    ),
    "a mount over the environment that a setting names": Failure(
        "venv-hidden-by-mount", 72, over_app(environment={"ASGI_INIT_VENV": "/app/.venv"}), {1: serves, 5: serves}
    ),
    "the environment of a Mac, mounted": Failure("venv-from-another-machine", 72, mounted_mac, {1: serves, 3: serves}, golden=True),
    "the environment of a Mac, mounted, that the command names": Failure(
        "venv-from-another-machine", 72, lambda dock, folder: mounted_mac(dock, folder).but(words=LINKED_MOUNT), {1: serves, 4: serves}
    ),
    "the environment of a Mac, copied": Failure("venv-from-another-machine", 72, copied_mac, {2: serves, 3: serves}),
    "a stale volume": Failure("venv-volume-stale", 72, stale_volume, {2: serves, 4: serves}, golden=True),
    "a stale volume without a name": Failure("venv-volume-stale", 72, stale_anonymous_volume, {1: serves, 4: serves}),
    "a stale folder of the host, that the command names": Failure(
        "venv-volume-stale", 72, lambda dock, folder: stale_bind(dock, folder).but(words=LINKED_MOUNT), {3: serves, 5: serves}
    ),
}

BASES = {
    "a base Python that is gone": Failure("venv-base-python-gone", 72, base_gone, {1: serves}, golden=True),
    "a Python of uv that was left behind": Failure("venv-base-python-gone", 72, uv_gone, {2: serves, 3: serves}),
    "a Python that the user may not reach": Failure(
        "python-not-reachable", 72, unreachable, {1: serves, 2: serves, 3: serves}, golden=True
    ),
    "an environment that was moved": Failure("venv-moved", 72, moved, {1: serves}),
    "an environment whose links loop": Failure("link-loop", 72, looping, {1: serves}),
    "an environment that isn't there": Failure(
        "python-missing", 72, elsewhere(f"RUN {FEW}"), {1: serves, 2: serves, 3: serves}
    ),
    "a Python of the words that isn't there": Failure(
        "python-missing", 72, elsewhere(words=("--python", "/usr/lib/python3", "app.main:app")), {3: serves}
    ),
    "a name that is too long": Failure(
        "path-failed", 72, elsewhere(environment={"VIRTUAL_ENV": "/app/" + "a" * 256}), {1: serves}
    ),
    "an environment that is a file": Failure("path-through-file", 72, file_for_folder, {2: serves}),
    "packages of another Python": Failure(
        "venv-version-mismatch", 72, old_stage,
        {1: serves, 3: Untried("nothing of an old version is in Docker's cache here", ("docker build --no-cache .",))},
    ),
    "packages of another Python in a mount": Failure(
        "venv-version-mismatch", 72, over_app_with(lambda project: stale_environment(project / ".venv")), {2: serves}
    ),
    "a mounted environment whose links loop": Failure("link-loop", 72, over_app_with(loop), {2: serves}),
    "a mounted environment that is a file": Failure(
        "path-through-file", 72, over_app_with(lambda project: (project / ".venv").touch()), {1: serves}
    ),
    "a volume that is another user's": Failure("python-not-reachable", 72, closed_volume, {4: serves}),
    "a Python in a folder of its name": Failure(
        "program-not-a-file", 72, elsewhere("RUN mkdir -p /app/.venv/bin && ln -s /opt/venv /app/.venv/bin/python"), {2: serves, 3: serves}
    ),
    "no Python at all": Failure(
        "no-python", 72, no_python, {1: serves}
    ),
    "an environment without uvicorn": Failure(
        "uvicorn-not-installed",
        72,
        sample(
            f"RUN python3 -m venv --without-pip /opt/venv && mv /app/.venv/{SITE}/uvicorn* /opt/venv/{SITE}/ "
            f"&& echo /app/.venv/{SITE} > /opt/venv/{SITE}/all.pth"
        ),
        {3: serves, 5: serves},
    ),
    "a mount over the environment that nothing names": Failure(
        "uvicorn-not-installed", 72,
        lambda dock, folder: over_app(
            image=images.ROOT, options=("--workdir=/app", "--user=app", "--entrypoint=/asgi-init"),
            base=(ROOT, "WORKDIR /app", "USER app", 'ENTRYPOINT ["/asgi-init"]'),
        )(dock, folder),
        {1: serves, 4: Untried("it is for an image that has no environment", ("uv add uvicorn",))},
    ),
}  # fmt: skip

SCRIPT = "#!/bin/sh\nexec uvicorn app.main:app --host 0.0.0.0\n"
WINDOWS = {"entrypoint.sh": SCRIPT.replace("\n", "\r\n")}
# The old builder has no --chmod.
COPIED = ("COPY entrypoint.sh /entrypoint.sh", "RUN chmod 755 /entrypoint.sh")
# A script that ends in asgi-init, whose last word gets the carriage return.
TO_US = {"start.sh": "#!/bin/sh\r\nexec /asgi-init app.main:app --port 8000\r\n"}
TO_US_ALONE = {"start.sh": "#!/bin/sh\r\nexec /asgi-init app.main:app\r\n"}


def mounted_script(content=SCRIPT, mode=0o755, whole=False):
    def make(dock, folder):
        (folder / "entrypoint.sh").write_bytes(content.encode())
        (folder / "entrypoint.sh").chmod(mode)
        volume = f"{folder}:/scripts" if whole else f"{folder}/entrypoint.sh:/scripts/entrypoint.sh"
        return Start(words=("/scripts/entrypoint.sh",), volumes=(volume,), folder=folder)

    return make


COMMANDS = {
    "a script with Windows line ends": Failure(
        "script-has-crlf", 127, sample(*COPIED, files=WINDOWS, words=("/entrypoint.sh",)), {1: serves, 2: serves}
    ),
    "a mounted script with Windows line ends": Failure(
        "script-has-crlf", 127, mounted_script(SCRIPT.replace("\n", "\r\n")), {1: serves}
    ),
    "a script for a shell that isn't there": Failure(
        "script-interpreter-missing", 127,
        sample(*COPIED, files={"entrypoint.sh": SCRIPT.replace("sh", "zsh", 1)}, words=("/entrypoint.sh",)), {3: serves},
    ),
    "a last word with a carriage return": Failure(
        "carriage-return-in-argument", None,
        sample("COPY start.sh /start.sh", files=TO_US, options=("--entrypoint=/bin/sh",), words=("/start.sh",)), {1: serves, 2: serves},
    ),
    "an application with a carriage return": Failure(
        "app-reference-malformed", 66,
        sample("COPY start.sh /start.sh", files=TO_US_ALONE, options=("--entrypoint=/bin/sh",), words=("/start.sh",)),
        {2: serves, 3: serves},
    ),
    "a mounted script without its x bit": Failure("command-not-executable", 126, mounted_script(mode=0o644), {2: serves}),
    "a mounted folder with a script without its x bit": Failure(
        "command-not-executable", 126, mounted_script(mode=0o644, whole=True), {2: serves}
    ),
    "a script of the image without its x bit": Failure(
        "command-not-executable",
        126,
        sample("COPY entrypoint.sh /", files={"entrypoint.sh": SCRIPT}, words=("/entrypoint.sh",)),
        {1: serves},
    ),
    "a script in a folder that is closed": Failure(
        "command-not-executable", 126,
        sample("RUN mkdir -m 700 /scripts && cp /bin/true /scripts/", words=("/scripts/true",)), {5: ends_well},
    ),
    "a script on a tmpfs": Failure(
        "command-not-executable", 126,
        plain(options=("--tmpfs=/run/scripts:mode=777", "--entrypoint=/bin/sh"),
              words=("-c", "cp /bin/true /run/scripts/ && exec /asgi-init /run/scripts/true")), {4: ends_well},
    ),
    "a program for another machine": Failure(
        "command-not-executable", 126,
        sample(r"RUN cp /bin/true /opt/ && printf '\363' | dd of=/opt/true bs=1 seek=18 conv=notrunc", words=("/opt/true",)),  # RISC-V
        {6: Untried("no image of another machine is here", (f"docker build --platform={PLATFORM} .",))},
    ),
    "a script without an interpreter line": Failure(
        "script-without-interpreter-line", None,
        sample(*COPIED, files={"entrypoint.sh": SCRIPT.split("\n", 1)[1]}, words=("/entrypoint.sh",)), {1: serves},
    ),
    "a whole command in one string": Failure(
        "command-is-one-string", 127, plain(words=("uvicorn app.main:app --host 0.0.0.0",)), {1: serves, 2: serves}, golden=True
    ),
    "a program that PATH doesn't lead to": Failure(
        "command-not-found", 127, plain(words=("useradd", "--help"), environment={"PATH": "/app/.venv/bin:/usr/bin:/bin"}), {1: ends_well}
    ),
    "a console script of an environment that was moved": Failure(
        "script-interpreter-missing", 127,
        sample(
            f"RUN {FEW} && echo python-dotenv >> /app/requirements.txt && sed -i '1s,.*,#!/build/.venv/bin/python,' /app/.venv/bin/dotenv",
            words=("dotenv", "--version"),
        ),
        {1: ends_well, 2: ends_well},
    ),
    "a console script for a Python that isn't there": Failure(
        "script-interpreter-missing", 127,
        sample(*COPIED, files={"entrypoint.sh": "#!/usr/bin/python3.9\nimport sys\nsys.exit(0)\n"}, words=("/entrypoint.sh",)),
        {4: ends_well},
    ),
}  # fmt: skip

CHECK = ("check", "app.main:app")
MAIN = (images.BACKEND / "app/main.py").read_text()


def closed_code(dock, folder):
    project = failures.backend(folder)
    (project / "app/main.py").chmod(0o600)
    return Start(words=CHECK, volumes=(f"{project}/app:/app/app",), folder=project / "app")


APPLICATIONS = {
    "a module that is not there": Failure("app-module-missing", 66, plain(words=("main:app",)), {1: serves, 2: serves}, golden=True),
    "a working folder too deep": Failure(
        "app-module-missing", 66, plain(words=("app.main:app",), options=("--workdir=/app/app",)), {1: serves, 2: serves}
    ),
    "the content of the folder copied, not the folder": Failure(
        "app-module-missing", 66,
        sample("RUN mv /app/app/main.py /app/ && rm -r /app/app", words=("app.main:app",),
               files={"app/main.py": MAIN}),
        {1: serves, 4: serves},
    ),
    "the file in place of the module": Failure("app-reference-malformed", 66, plain(words=("uvicorn", "app/main.py:app")), {1: serves}),
    "a mount over the application": Failure(
        "app-module-missing", 66,
        lambda dock, folder: elsewhere(environment={"VIRTUAL_ENV": "/opt/venv"}, volumes=(f"{folder}:/app",))(dock, folder),
        {5: Untried("what Compose shows is its own; the line only shows the volumes", ("docker compose config",))},
    ),
    "another name of the application": Failure(
        "app-attribute-missing", 0, plain(words=("check", "app.main:application")), {1: serves, 2: serves}
    ),
    "a factory that isn't called so": Failure("app-is-factory", 0, plain(words=("check", "app.main:create_app")), {1: serves}),
    "a folder without the application": Failure(
        "app-dir-missing", 66, plain(words=("app.main:app", "--app-dir", "src")), {1: serves_still}
    ),
    "an empty file": Failure("app-file-empty", 0, sample("RUN : > /app/app/main.py", words=CHECK), {1: serves_still}),
    "a package that goes before the application's folder": Failure(
        "app-submodule-missing", 0,
        sample(f"RUN rm /app/app/__init__.py && mkdir /app/.venv/{SITE}/app && touch /app/.venv/{SITE}/app/__init__.py", words=CHECK),
        {1: ends_well},
    ),
    "mounted code that only root may read": Failure("app-unreadable", 0, closed_code, {3: ends_well}),
    "another name of the module": Failure("app-submodule-missing", 0, plain(words=("check", "app.mian:app")), {2: serves}),
    "a folder of code that only root may enter": Failure(
        "app-unreadable", 0, sample("RUN chmod go= /app/app", words=CHECK, files={"app/main.py": MAIN}),
        {1: ends_well, 2: ends_well},
    ),
}  # fmt: skip

# ---- what the application imports


def importing(statement, *words, options=(), **files):
    """The sample's main.py with a statement more, and with other files beside it."""

    def make(dock, folder):
        (folder / "main.py").write_text(f"{statement}\n{MAIN}")
        for name, content in files.items():
            (folder / f"{name}.py").write_text(content)
        volumes = tuple(f"{folder}/{name}.py:/app/app/{name}.py" for name in ("main", *files))
        return Start(words=words or ("app.main:app",), volumes=volumes, options=options, folder=folder)

    return make


IN_APP = ("--workdir=/app/app",)


def left_behind(package, *lines, **more):
    """An editable install whose source was at another place when it was made."""
    site = f"/app/.venv/{SITE}"
    note = '{"dir_info": {"editable": true}, "url": "file:///build/src"}'
    return sample(
        "COPY src /app/src",
        f"RUN echo /build/src > {site}/{package}.pth && mkdir {site}/{package}-1.0.dist-info "
        f"&& echo '{note}' > {site}/{package}-1.0.dist-info/direct_url.json",
        *lines, files={"src/shop/__init__.py": "", "src/shop/main.py": MAIN}, **more,
    )  # fmt: skip


IMPORTS = {
    "a name from the folder of the file": Failure(
        "import-missing", 1, importing("from helper import VALUE", helper="VALUE = 1\n"), {1: serves, 2: serves}
    ),
    "the package's own name from inside it": Failure(
        "import-missing", 1, importing("from app.helper import VALUE", "main:app", options=IN_APP, helper="VALUE = 1\n"), {3: serves}
    ),
    "a package whose content was copied": Failure(
        "import-missing", 1,
        sample("COPY app /srv/", options=("--workdir=/srv",), words=("main:app",),
               files={"app/main.py": f"from app.helper import VALUE\n{MAIN}", "app/helper.py": "VALUE = 1\n"}),
        {4: serves},
    ),
    "a package that isn't installed": Failure(
        "import-missing", 1, sample("COPY main.py /app/app/main.py", files={"main.py": f"import setuptools\n{MAIN}"}), {5: serves}
    ),
    "a project that was left behind, and is imported": Failure(
        "import-missing", 1, left_behind("shop", "RUN echo 'import shop' >> /app/app/main.py"), {6: serves}
    ),
    "a project that was left behind": Failure(
        "app-module-missing", 66, left_behind("shop", words=("shop.main:app",)), {1: serves, 2: serves, 3: serves}
    ),
    "a project that was left behind, and isn't missed": Failure(
        "editable-path-missing", 0, left_behind("shop", words=CHECK), {1: ends_well}
    ),
    "a server that was left behind": Failure(
        "uvicorn-not-installed",
        72,
        left_behind("uvicorn", f"RUN mv /app/.venv/{SITE}/uvicorn /app/src/ && rm -r /app/.venv/{SITE}/uvicorn-0*"),
        {2: serves, 3: serves},
    ),
    "a relative import outside of its package": Failure(
        "relative-import-outside-package",
        1,
        importing("from .helper import VALUE", "main:app", options=IN_APP, helper="VALUE = 1\n"),
        {1: serves},
    ),
}  # fmt: skip

# What a user or a capability is called: commands, without a server.
TRUE = ("--", "/bin/true")
NO_CAPABILITIES = ("--cap-drop=ALL",)


def as_root(*words, **more):
    return plain(options=("--user=root", *more.pop("options", ())), words=(*words, *TRUE), **more)


def filtered(call, *words):
    """A seccomp filter that refuses one system call, as an old one refuses new ones."""

    def make(dock, folder):
        profile = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{**call, "action": "SCMP_ACT_ERRNO"}]}
        (folder / "seccomp.json").write_text(json.dumps(profile))
        return as_root(*words, options=(f"--security-opt=seccomp={folder}/seccomp.json",))(dock, folder)

    return make


NO_NEW_PRIVS = {"names": ["prctl"], "args": [{"index": 0, "value": 38, "op": "SCMP_CMP_EQ"}]}

IDENTITIES = {
    "a filter that forbids to become a user": Failure(
        "user-not-permitted", 77, filtered({"names": ["setresuid"]}, "--user", "app"), {2: ends_well, 3: ends_well}
    ),
    "a filter that forbids no_new_privs": Failure(
        "privileges-not-changed", 71, filtered(NO_NEW_PRIVS, "--user", "app"), {2: ends_well, 3: ends_well}
    ),

    "a capability that is misspelt": Failure("unknown-capability", 64, as_root("--keep-caps", "net_bind_servce"), {1: ends_well}),
    "a variable with a capability that is misspelt": Failure(
        "unknown-capability", 64, as_root(environment={"ASGI_INIT_KEEP_CAPS": "net_bind_servce"}), {2: ends_well}
    ),
    "a user of three parts": Failure("malformed-user", 67, as_root("--user", "app:app:app"), {1: ends_well}),
    "a variable with a user of three parts": Failure(
        "malformed-user", 67, as_root(environment={"ASGI_INIT_USER": "app:app:app"}), {1: ends_well}
    ),
    "a user who is not there": Failure("no-such-user", 67, as_root("--user", "apps"), {1: ends_well, 2: ends_well, 3: ends_well}),
    "a variable with a user who is not there": Failure(
        "no-such-user", 67, as_root(environment={"ASGI_INIT_USER": "apps"}), {1: ends_well, 2: ends_well, 3: ends_well}
    ),
    "a group that is not there": Failure("no-such-group", 67, as_root("--user", "app:staffs"), {2: ends_well}),
    "a user in too many groups": Failure(
        "too-many-groups", 67,
        sample(
            "RUN for i in $(seq 70); do echo g$i:x:$((2000 + i)):app; done >> /etc/group",
            options=("--user=root",),
            words=("--user", "app", *TRUE),
        ),
        {1: ends_well},
    ),
    "a number of a user in too many groups": Failure(
        "too-many-groups", 67,
        sample(
            "RUN for i in $(seq 70); do echo g$i:x:$((2000 + i)):app; done >> /etc/group",
            options=("--user=root",),
            words=TRUE,
            environment={"PUID": "10001"},
        ),
        {2: ends_well},
    ),
    "a name in PUID": Failure("puid-not-number", 67, as_root(environment={"PUID": "app"}), {1: serves_still, 2: ends_well}),
    "another user, without being root": Failure(
        "user-needs-root", 77, plain(words=("--user", "2000:2000", *TRUE)), {1: ends_well, 2: ends_well}
    ),
    "root without what it takes": Failure(
        "user-not-permitted", 77, as_root("--user", "app", options=NO_CAPABILITIES), {1: ends_well, 2: ends_well}
    ),
    "a capability that the container hasn't got": Failure(
        "capability-not-available", 77, as_root("--user", "app", "--keep-caps", "SYS_NICE"), {1: ends_well}
    ),
    "a capability for who isn't root": Failure("capability-not-available", 77, plain(words=("--keep-caps", "KILL", *TRUE)), {2: ends_well}),
    "a number without an entry": Failure("user-without-entry", 0, as_root("--user", "2000"), {1: ends_well, 3: ends_well}),
    "a PUID without an entry": Failure("user-without-entry", 0, as_root(environment={"PUID": "2000"}), {2: ends_well, 3: ends_well}),
    "an output that can't be handed over": Failure(
        "output-not-handed-over", 0,
        as_root("-v", "--user", "app", options=(*NO_CAPABILITIES, "--cap-add=SETUID", "--cap-add=SETGID")), {1: ends_well},
    ),
    "a setting that is misspelt": Failure(
        "unknown-setting", 0, plain(words=TRUE, environment={"ASGI_INIT_STOP_TIMEOT": "5"}), {1: ends_well, 2: serves_still}
    ),
    "a service link of Kubernetes": Failure(
        "setting-ignored", None, plain(environment={"UVICORN_PORT": "tcp://10.96.0.12:8000"}),
        {1: Untried("only Kubernetes makes such variables, and leaves them out", ("enableServiceLinks: false",)), 2: serves_still},
    ),
    "settings that exclude each other": Failure(
        "settings-conflict", 78, plain(words=TRUE, environment={"ASGI_INIT_EXEC": "1", "ASGI_INIT_STOP_TIMEOUT": "5"}), {1: serves_still}
    ),
    "a variable that nobody expands": Failure(
        "variable-not-expanded", 2, plain(words=("app.main:app", "--port", "$PORT"), environment={"PORT": "8000"}), {1: serves, 2: serves}
    ),
}  # fmt: skip


# ---- the file that is to be Python

# A Python that is a script of the project: what is wrong with it is wrong with any program.
WRAPPER = '#!/bin/sh\nexec /app/.venv/bin/python "$@"\n'
BY_SCRIPT = {"ASGI_INIT_PYTHON": "/opt/python.sh"}
OWN_FILE = "cp --remove-destination /usr/local/bin/python3.13 /app/.venv/bin/python"


def mounted_python(content, mode=0o755):
    def make(dock, folder):
        (folder / "python.sh").write_bytes(content)
        (folder / "python.sh").chmod(mode)
        return Start(environment=BY_SCRIPT, volumes=(f"{folder}/python.sh:/opt/python.sh",), folder=folder)

    return make


def copied_python(content):
    return sample("COPY python.sh /opt/", "RUN chmod 755 /opt/python.sh", files={"python.sh": content}, environment=BY_SCRIPT)


MACH_O = bytes.fromhex("cffaedfe0c000001") + bytes(64)


def mac_program(dock, folder):
    project = failures.backend(folder)
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/bin/python").write_bytes(MACH_O)
    (project / ".venv/bin/python").chmod(0o755)
    return project


def mounted_mac_program(dock, folder):
    project = mac_program(dock, folder)
    return Start(volumes=(f"{project}:/app",), folder=project)


def copied_mac_program(dock, folder):
    project = mac_program(dock, folder)
    return deeds.made(dock, Start(folder=project), (ROOT, "RUN rm /app/.venv/bin/python", "COPY . /app/", *SETTINGS))


LIBPYTHON = f"libpython{images.PYTHON}.so.1.0"

FILES = {
    "a Python on a tmpfs": Failure(
        "program-on-noexec-mount", 72,
        plain(options=("--tmpfs=/run/x:mode=777", "--entrypoint=/bin/sh"),
              words=("-c", "cp -a /app/.venv /run/x/ && cp --remove-destination /usr/local/bin/python3.13 /run/x/.venv/bin/python"
                     " && exec /asgi-init --python /run/x/.venv/bin/python app.main:app")),
        {1: serves},
    ),
    "a Python of the image without its x bit": Failure(
        "program-not-executable", 72, sample(f"RUN {OWN_FILE} && chmod a-x /app/.venv/bin/python"), {1: serves}
    ),
    "a mounted Python without its x bit": Failure("program-not-executable", 72, mounted_python(WRAPPER.encode(), 0o644), {2: serves}),
    "a byte order mark before a script": Failure("program-damaged", 72, copied_python(b"\xef\xbb\xbf" + WRAPPER.encode()), {2: serves}),
    "a byte order mark before a mounted script": Failure(
        "program-damaged", 72, mounted_python(b"\xef\xbb\xbf" + WRAPPER.encode()), {3: serves}
    ),
    "a script without an interpreter": Failure("program-damaged", 72, mounted_python(WRAPPER.split("\n", 1)[1].encode()), {4: serves}),
    "a pointer of Git LFS": Failure(
        "program-damaged", 72, mounted_python(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
        {1: Untried("no server of Git LFS is here", ("git lfs pull",))},
    ),
    "an empty file": Failure(
        "program-damaged", 72, sample("RUN cd /app/.venv/bin && rm python && touch python && chmod 755 python"),
        {5: Untried("what damaged a layer is gone when it is built again: no Dockerfile does that", ("docker build --no-cache .",))},
    ),
    "a program of a Mac, mounted": Failure("program-for-other-system", 72, mounted_mac_program, {1: serves}),
    "a program of a Mac, copied": Failure("program-for-other-system", 72, copied_mac_program, {2: serves}),
    "a Python with Windows line ends": Failure(
        "script-line-broken", 72, copied_python(WRAPPER.replace("\n", "\r\n").encode()), {1: serves, 2: serves}
    ),
    "a Python for a shell that isn't there": Failure(
        "script-line-broken", 72, copied_python(WRAPPER.replace("/bin/sh", "/bin/zsh").encode()), {3: serves}
    ),
    "a Python that is a script for a Python that isn't there": Failure(
        "script-line-broken",
        72,
        sample(f"RUN {FEW} && cd /app/.venv/bin && rm python && echo '#!/build/.venv/bin/python' > python && chmod 755 python"),
        {5: serves},
    ),
    "a script that is named as Python, for a Python that isn't there": Failure(
        "script-line-broken", 72,
        elsewhere("RUN sed -i '1s,.*,#!/build/.venv/bin/python,' /opt/venv/bin/uvicorn",
               environment={"ASGI_INIT_PYTHON": "/opt/venv/bin/uvicorn"}), {4: serves},
    ),
    "a loader under another name": Failure(
        "python-loader-missing", 72, sample(f"RUN {OWN_FILE} && sed -i 's,/ld-linux,/my-linux,' /app/.venv/bin/python",
                                            build=(f"{ROOT} AS build",
                                                   "RUN for l in /lib64/ld-linux* /lib/ld-linux*; do [ ! -e $l ] "
                                                   "|| cp -L $l $(echo $l | sed s,ld-linux,my-linux,); done")),
        {4: serves},
    ),
    "a library that no cache has": Failure("library-missing", 72, sample(f"RUN {OWN_FILE} && rm /etc/ld.so.cache"), {1: serves}),
    "a library in a folder that nobody looks in": Failure(
        "library-missing", 72, sample(f"RUN {OWN_FILE} && rm /etc/ld.so.cache /etc/ld.so.conf.d/*"), {2: serves}
    ),
    "a library that only root may read": Failure(
        "library-unreadable", 72, sample(f"RUN chmod 600 /usr/local/lib/{LIBPYTHON}"), {1: serves}
    ),
    "a library on a tmpfs": Failure(
        "library-on-noexec-mount", 72,
        plain(options=("--tmpfs=/run/x:mode=777", "--entrypoint=/bin/sh"),
              words=("-c", f"cp /usr/local/lib/{LIBPYTHON} /run/x/ && LD_LIBRARY_PATH=/run/x exec /asgi-init app.main:app")), {1: serves},
    ),
    "a library that isn't there": Failure("library-missing", 72, sample(f"RUN rm /usr/local/lib/{LIBPYTHON}"), {4: serves}),
    "a PYTHONHOME that is wrong": Failure(
        "python-does-not-start", 72, sample("ENV PYTHONHOME=/opt"), {1: serves, 2: says("No module named 'encodings'")}
    ),
}  # fmt: skip

# ---- what only `check` says

CHECKS = {
    "root": Failure("runs-as-root", 0, plain(options=("--user=root",), words=CHECK), {1: ends_well, 2: ends_well}),
    "an address of the container's own": Failure(
        "host-only-local", 0, plain(environment={"HOST": "127.0.0.1"}, words=CHECK), {1: ends_well}
    ),
    "an address of the container's own in the words": Failure(
        "host-only-local", 0, plain(words=(*CHECK, "--host", "127.0.0.1")), {2: ends_well}
    ),
    "no bytecode": Failure("bytecode-missing", 0, sample("RUN find / -xdev -name __pycache__ | xargs rm -r", words=CHECK), {1: ends_well}),
    "an environment below the code": Failure("venv-below-app", 0, plain(words=CHECK), {1: ends_well, 2: ends_well}),
    "a PYTHONPATH of another tool": Failure(
        "pythonpath-shadows",
        0,
        sample("RUN mkdir /tools && touch /tools/typing_extensions.py", "ENV PYTHONPATH=/tools", words=CHECK),
        {1: ends_well},
    ),
    "a file that hides an installed package": Failure(
        "module-shadowed", 1, sample("COPY . /app/", files={"fastapi.py": "api = None\n"}), {1: serves}
    ),
}  # fmt: skip


# ---- compiled packages


def renamed(package, module, suffix):
    """A module by a name that this Python doesn't take."""
    return sample(f"RUN cd /app/.venv/{SITE}/{package} && mv {module}.*.so {module}.{suffix}.so", words=CHECK)


PACKAGES = {
    "a package for another machine": Failure(
        "package-for-another-machine", 0, renamed("uvloop", "loop", "cpython-313-riscv64-linux-gnu"),
        {1: ends_well, 2: Untried("no image of another machine is here", ("docker build --platform linux/amd64 .",)),
         3: Untried("nothing is copied from a machine of another kind here", ("**/.venv",))},
    ),
    "a package for another libc": Failure(
        "package-for-another-libc", 0, renamed("uvloop", "loop", f"cpython-313-{os.uname().machine}-linux-musl"), {2: ends_well}
    ),
    "a package for another Python": Failure(
        "package-for-another-python", 0, renamed("uvloop", "loop", f"cpython-312-{os.uname().machine}-linux-gnu"),
        {1: ends_well, 2: Untried("no image of another Python is here", ("FROM python:3.13-slim",))},
    ),
    "a package that is cut short": Failure(
        "package-damaged", 0, sample(f"RUN cd /app/.venv/{SITE}/uvloop && for f in loop.*.so; do : > $f; done", words=CHECK),
        {
            1: ends_well,
            2: Untried(
                "what damaged a layer is gone when it is built again", ("docker builder prune && docker build --pull --no-cache .",)
            ),
        },
    ),
}  # fmt: skip

# ---- the end

SOME = "block = bytearray(200 << 20)\n"
CRASH = "import ctypes\nctypes.string_at(0)\n"

def crashing(dock, folder):
    (folder / "main.py").write_text(CRASH)
    return Start(volumes=(f"{folder}/main.py:/app/app/main.py",), words=("app.main:app",), folder=folder)


UVICORN = (1, 3)  # by its release, when it can't listen
PROTECTED = "--sysctl=net.ipv4.ip_unprivileged_port_start=1024"  # as outside of Docker

ENDS = {
    "a port that only root may have": Failure(
        "port-not-permitted",
        UVICORN,
        plain(words=("app.main:app", "--port", "80"), options=(PROTECTED,), port=80),
        {1: serves, 3: serves, 5: serves},
    ),
    "a port of a variable that only root may have": Failure(
        "port-not-permitted", UVICORN, plain(environment={"PORT": "80"}, options=(PROTECTED,), port=80), {2: serves, 3: serves, 5: serves}
    ),
    "a port that root may not have": Failure(
        "port-not-permitted", UVICORN,
        plain(words=("app.main:app", "--port", "80"), options=(PROTECTED, "--user=root", *NO_CAPABILITIES), port=80),
        {1: serves, 3: serves, 4: serves},
    ),
    "too little memory": Failure(
        "killed-for-memory", 137, plain(options=("--memory=64m",), words=("python3", "-c", SOME)), {1: ends_well}
    ),
    "a crash": Failure("crashed", 139, crashing, {2: says("Fatal Python error"), 5: serves_still}),
}  # fmt: skip

FAILURES = {
    "Places": PLACES,
    "Bases": BASES,
    "Files": FILES,
    "Commands": COMMANDS,
    "Applications": APPLICATIONS,
    "Imports": IMPORTS,
    "Identities": IDENTITIES,
    "Checks": CHECKS, "Packages": PACKAGES, "Ends": ENDS,
}  # fmt: skip

# By rule and number: why no failure here has it.
FOREIGN = "needs an image of another machine, another libc or another release, and there is no registry"
LOOK = "says where to look on the host; there is nothing to start"
WITHOUT = {
    ("venv-hidden-by-mount", 2): "Kubernetes alone has mountPath",
    ("venv-moved", 2): "uv itself would have to make the environment",
    ("venv-version-mismatch", 4): "no image has a free-threaded Python: tests/pid1/test_free_threaded.py applies it",
    ("python-not-reachable", 5): "needs a host with SELinux",
    ("id-not-mapped", 1): "needs a rootless engine, and its host's root",
    ("path-failed", 3): LOOK,
    ("program-not-a-file", 1): LOOK,
    ("program-on-noexec-mount", 2): "needs a file system of the host without exec",
    ("command-not-executable", 3): "plain Docker mounts no scripts without exec; tests/pid1/test_serving.py applies it",
    ("program-for-other-machine", 1): FOREIGN,
    ("program-for-other-machine", 2): LOOK,
    ("python-loader-missing", 1): FOREIGN,
    ("python-loader-missing", 2): FOREIGN,
    ("python-loader-missing", 3): "needs a Python of Nix",
    ("library-missing", 3): "installs a package of the distribution: there is no mirror inside a build",
    ("library-missing", 5): FOREIGN,
    ("library-missing", 6): LOOK,
    ("library-wrong-machine", 1): FOREIGN,
    ("library-wrong-machine", 2): LOOK,
    ("library-damaged", 1): "no server of Git LFS is here",
    ("library-damaged", 2): "what damaged a layer is gone when it is built again",
    ("library-version-missing", 1): FOREIGN,
    ("library-version-missing", 2): FOREIGN,
    ("library-version-missing", 4): FOREIGN,
    ("interpreter-capabilities", 1): "the images have no setcap, which the line calls",
    ("interpreter-capabilities", 2): "goes with the one before",
    ("interpreter-capabilities", 4): "goes with the one before",
    ("privileges-not-changed", 1): "a capability that is missing is told before, as user-not-permitted",
    ("killed-for-memory", 2): "how much a worker takes differs too much from machine to machine",
    ("killed-by-timeout", 1): "a stop is asked for in between: tests/pid1/test_stop.py",
    ("killed-from-outside", 2): LOOK,
    ("ended-by-forwarded-signal", 1): "a stop is asked for in between: tests/pid1/test_signals.py",
    ("ended-by-forwarded-signal", 2): "a stop is asked for in between: tests/pid1/test_signals.py",
    ("crashed", 1): FOREIGN,
    ("crashed", 4): "mends only what fills /dev/shm by a little",
}
