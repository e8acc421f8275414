"""What is wrong with a Python, reproduced for real: each image is refused with its finding, and starts once it is mended.

An image is a folder with the machine's own /usr bound into it, and an environment in /app/.venv whose uvicorn only says who it
is and waits. The links, modes, mounts and bytes that break it are real ones.
"""

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

PYTHON = os.path.realpath("/usr/bin/python3")
NAME = os.path.basename(PYTHON)
VERSION = NAME.removeprefix("python")
VENV = "/app/.venv"
NAMED = {"VIRTUAL_ENV": VENV, "PATH": "/usr/bin"}
ADVICE = {"runs-as-root", "venv-below-app", "bytecode-missing"}
"""What `check` has to say of an image like this one, which works."""
WITHOUT_MOUNTS = {"venv-hidden-by-mount": "python-missing", "venv-volume-stale": "venv-version-mismatch"}
"""What is said instead by who doesn't see the mounts: the same object, without its cause."""
ASKED = {"uvicorn-not-installed"}
UVICORN = """\
import signal, sys
print("serving", *sys.argv[1:], "by", sys.prefix, flush=True)
signal.pause()
"""


class Image:
    """The folder, and how it is started. Paths are those inside."""

    def __init__(self, root, start):
        self.root, self.start_one = root, start
        self.binds = [("/usr", "/usr")]
        (root / "usr").mkdir()
        for name in ("bin", "lib", "lib64"):
            if os.path.islink(f"/{name}"):
                (root / name).symlink_to(f"usr/{name}")
            elif os.path.isdir(f"/{name}"):
                (root / name).mkdir()
                self.binds.append((f"/{name}", f"/{name}"))
        self.folder("/app")
        self.environment(VENV)

    def path(self, path):
        return self.root / path.lstrip("/")

    def folder(self, path):
        self.path(path).mkdir(parents=True, exist_ok=True)
        return self.path(path)

    def write(self, path, content, mode=0o644):
        self.folder(os.path.dirname(path))
        data = content if isinstance(content, bytes) else content.encode()
        self.path(path).write_bytes(data)
        self.path(path).chmod(mode)

    def link(self, path, target):
        self.folder(os.path.dirname(path))
        self.path(path).unlink(missing_ok=True)
        self.path(path).symlink_to(target)

    def environment(self, venv, version=VERSION, python=PYTHON, uvicorn=True):
        """As `python -m venv` makes it, with a uvicorn of our own."""
        self.link(f"{venv}/bin/python3", python)
        self.link(f"{venv}/bin/python", "python3")
        self.write(f"{venv}/pyvenv.cfg", f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {VERSION}.0\n")
        self.folder(f"{venv}/lib/python{version}/site-packages")
        if uvicorn:
            package = f"{venv}/lib/python{version}/site-packages/uvicorn"
            self.write(f"{package}/__init__.py", "")
            self.write(f"{package}/__main__.py", UVICORN)
        self.write("/app/app/main.py", "app = None\n")
        return venv

    def start(self, *words, env=NAMED, folder="/app", **how):
        return self.start_one(
            *words, program="/asgi-init", root=self.root, binds=self.binds, env=dict(env), folder=folder, **how
        )

    def findings(self, *words, code=72, **how):
        run = self.start("--log-format", "json", *words, **how)
        assert run.wait() == code, run.err
        # `check` gives its findings as results.
        findings = [json.loads(line) for line in (run.out + run.err).splitlines() if '"rule"' in line]
        return [finding for finding in findings if finding["rule"] not in ADVICE]

    def refused(self, rule, *words, **how):
        """The one error, of that rule."""
        errors = [finding for finding in self.findings(*words, **how) if finding["severity"] == "error"]
        assert [finding["rule"] for finding in errors] == [rule], errors
        assert errors[0]["fixes"], errors
        self.refused_from_outside(rule, *words, **how)
        return errors[0]

    def refused_from_outside(self, rule, *words, env=NAMED, folder="/app", user=None, **how):
        """`check --root` says the same, but for what it can't know of mounts; what had to be asked may be a warning there."""
        options = ["--workdir", folder, *(word for item in env.items() for word in ("--env", "=".join(item)))]
        options += ["--user", ":".join(map(str, user))] if user else []
        words = [word for word in words if word != "check"]
        run = self.start_one(
            "--log-format", "json", "check", "--root", self.root, *options, *words, root=self.root, outside=True, binds=self.binds,
            env={"PATH": "/usr/bin"},
        )  # fmt: skip
        run.wait()
        findings = [json.loads(line) for line in (run.out + run.err).splitlines() if '"rule"' in line]
        found = {(finding["rule"], finding["severity"]) for finding in findings if finding["rule"] not in ADVICE}
        expected = WITHOUT_MOUNTS.get(rule, rule)
        assert found == {(expected, "error")} or (rule in ASKED and found == {(expected, "warning")}), run.out + run.err

    def serves(self, *words, by=VENV, **how):
        run = self.start(*words, **how)
        run.said(f"by {by}")
        assert "error[" not in run.err
        run.signal(signal.SIGTERM)
        assert run.wait() == 0
        return run


@pytest.fixture
def image(root_folder, start):
    return Image(root_folder, start)


def test_an_image_that_works_gives_no_finding(image):
    assert image.serves().err == ""
    assert image.findings("check", code=0) == []


# ---- the story


@pytest.fixture
def hidden(image, tmp_path):
    """The project's folder on the host, without an environment, over /app."""
    project = tmp_path / "backend"
    (project / "app").mkdir(parents=True)
    (project / "app/main.py").write_text("app = None\n")
    image.binds.append((project, "/app"))
    return image


NAMED_BY = {
    "VIRTUAL_ENV": ([], NAMED),
    "PATH": ([], {"PATH": f"{VENV}/bin:/usr/bin"}),
    "uvicorn": ([f"{VENV}/bin/uvicorn", "app.main:app"], {"PATH": "/usr/bin"}),
    "python": ([f"{VENV}/bin/python", "-m", "uvicorn", "app.main:app"], {"PATH": "/usr/bin"}),
    "--venv": (["--venv", ".venv"], {"PATH": "/usr/bin"}),
    "--python": (["--python", f"{VENV}/bin/python"], {"PATH": "/usr/bin"}),
    "UV_PROJECT_ENVIRONMENT": ([], {"PATH": "/usr/bin", "UV_PROJECT_ENVIRONMENT": ".venv"}),
}


@pytest.mark.parametrize("named_by", NAMED_BY)
def test_a_mount_over_the_environment_is_told(hidden, named_by):
    words, env = NAMED_BY[named_by]
    finding = hidden.refused("venv-hidden-by-mount", *words, env=env)
    assert finding["values"]["missing"] == VENV
    assert finding["values"]["mount"] == "/app"
    assert finding["values"]["wanted"] == f"{VENV}/bin/python"
    assert finding["values"]["source"].endswith("/backend")


def test_the_mount_is_told_when_nothing_names_the_environment(hidden):
    finding = hidden.refused("uvicorn-not-installed", env={"PATH": "/usr/bin"})
    assert finding["values"]["mount"] == "/app"
    assert f"- {VENV}" in json.dumps(finding["fixes"])


def test_its_first_fix_makes_it_start(hidden, tmp_path):
    fix = hidden.refused("venv-hidden-by-mount")["fixes"][0]
    assert fix.splitlines()[-1].strip() == f"- {VENV}"
    # What Docker does for that line: a volume, filled from the image, over a mount point that it makes.
    volume = tmp_path / "volume"
    shutil.copytree(hidden.path(VENV), volume, symlinks=True)
    (tmp_path / "backend/.venv").mkdir()
    hidden.binds.append((volume, VENV))
    hidden.serves()


def test_without_proc_no_mount_is_blamed(hidden):
    finding = hidden.refused("python-missing", proc="none")
    assert "/proc/self/mountinfo can't be read" in json.dumps(finding)


def test_with_all_descriptors_closed_it_is_refused_all_the_same(hidden):
    assert hidden.start(close=(0, 1, 2)).wait() == 72


# ---- other causes: how the image is broken, and how it is mended


def dangle(image):
    image.link(f"{VENV}/bin/python3", f"/opt/base/bin/{NAME}")


def mend_links(image):
    image.link(f"{VENV}/bin/python3", PYTHON)
    image.link(f"{VENV}/bin/python", "python3")


def come_from_a_mac(image):
    image.link(f"{VENV}/bin/python3", "/opt/homebrew/opt/python@3.13/bin/python3.13")


def come_from_windows(image):
    shutil.rmtree(image.path(f"{VENV}/bin"))
    image.write(f"{VENV}/Scripts/python.exe", "MZ")
    image.write(f"{VENV}/pyvenv.cfg", "home = C:\\Python312\n")


def leave_windows(image):
    shutil.rmtree(image.path(f"{VENV}/Scripts"))
    image.environment(VENV)


def move(image):
    image.link(f"{VENV}/bin/python3", "/build/.venv/bin/python3")


def remove(image):
    shutil.rmtree(image.path(VENV))


def restore(image):
    shutil.rmtree(image.path(VENV), ignore_errors=True)
    image.path(VENV).unlink(missing_ok=True)
    image.environment(VENV)


def loop(image):
    image.link(f"{VENV}/bin/python3", "python")


def put_a_file(image):
    remove(image)
    image.write(VENV, "name-of-an-environment\n")


def put_in_python(content, mode=0o755):
    def put(image):
        image.path(f"{VENV}/bin/python3").unlink()
        image.write(f"{VENV}/bin/python3", content, mode)

    return put


def put_a_folder(image):
    image.path(f"{VENV}/bin/python3").unlink()
    image.folder(f"{VENV}/bin/python3")


def take_the_folder_away(image):
    image.path(f"{VENV}/bin/python3").rmdir()
    mend_links(image)


def change_the_version(image):
    image.path(f"{VENV}/lib/python{VERSION}").rename(image.path(f"{VENV}/lib/python3.6"))


def change_it_back(image):
    image.path(f"{VENV}/lib/python3.6").rename(image.path(f"{VENV}/lib/python{VERSION}"))


BROKEN = {
    "missing": ("python-missing", remove, restore),
    "base python gone": ("venv-base-python-gone", dangle, mend_links),
    "of a mac": ("venv-from-another-machine", come_from_a_mac, mend_links),
    "of windows": ("venv-from-another-machine", come_from_windows, leave_windows),
    "moved": ("venv-moved", move, mend_links),
    "loop": ("link-loop", loop, mend_links),
    "a file": ("path-through-file", put_a_file, restore),
    "a folder": ("program-not-a-file", put_a_folder, take_the_folder_away),
    "empty": ("program-damaged", put_in_python(""), mend_links),
    "text": ("program-damaged", put_in_python("import sys\n"), mend_links),
    "git lfs": ("program-damaged", put_in_python("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), mend_links),
    "half": ("program-damaged", put_in_python(Path(PYTHON).read_bytes()[:5000]), mend_links),
    "mach-o": ("program-for-other-system", put_in_python(b"\xcf\xfa\xed\xfe" + bytes(64)), mend_links),
    "windows program": ("program-for-other-system", put_in_python(b"MZ" + bytes(64)), mend_links),
    "windows line ends": ("script-line-broken", put_in_python("#!/bin/sh\r\nexit\r\n"), mend_links),
    "dead script": ("script-line-broken", put_in_python("#!/build/.venv/bin/python\n"), mend_links),
    "not executable": ("program-not-executable", put_in_python(Path(PYTHON).read_bytes(), 0o644), mend_links),
    "other version": ("venv-version-mismatch", change_the_version, change_it_back),
}


@pytest.mark.parametrize("cause", BROKEN)
def test_it_is_told_and_mended(image, cause):
    rule, break_it, mend = BROKEN[cause]
    break_it(image)
    finding = image.refused(rule)
    assert finding["values"]["wanted"] == f"{VENV}/bin/python"
    assert "{" not in image.start().told("more ").err
    mend(image)
    image.serves()


def test_a_base_python_behind_a_closed_folder(image):
    image.folder("/secret/python/bin")
    image.link("/secret/python/bin/python3", PYTHON)
    image.link(f"{VENV}/bin/python3", "/secret/python/bin/python3")
    image.path("/secret").chmod(0o700)
    finding = image.refused("python-not-reachable", user=(12345, 12345))
    assert finding["values"]["folder"] == "/secret"
    assert finding["values"]["mode"] == "0700"
    image.serves(user=(0, 0))
    assert f"RUN chmod a+x {finding['values']['folder']}" in json.dumps(finding["fixes"])
    image.path("/secret").chmod(0o711)
    image.serves(user=(12345, 12345))


def test_a_volume_that_kept_the_old_environment(image, tmp_path):
    volume = tmp_path / "volumes/shop_venv/_data"
    shutil.copytree(image.path(VENV), volume, symlinks=True)
    (volume / f"lib/python{VERSION}").rename(volume / "lib/python3.6")
    image.binds.append((volume, VENV))
    finding = image.refused("venv-volume-stale")
    assert finding["values"]["volume"] == "shop_venv"
    assert finding["values"]["made_for"] == "3.6"
    image.binds.pop()
    image.serves()


# ---- what isn't refused


def test_a_found_environment_of_another_machine_is_a_warning(image):
    come_from_a_mac(image)
    image.environment("/opt/venv")
    findings = image.findings("check", env={"PATH": "/usr/bin"}, code=0)
    assert [(finding["rule"], finding["severity"]) for finding in findings] == [("venv-from-another-machine", "warning")]
    image.serves(env={"PATH": "/usr/bin"}, by="/opt/venv")


def test_of_the_found_ones_the_one_with_uvicorn_is_taken(image):
    remove(image)
    image.environment(VENV, uvicorn=False)
    image.environment("/opt/venv")
    assert image.serves(env={"PATH": "/usr/bin"}, by="/opt/venv").err == ""


def test_path_is_searched_for_an_environment_with_uvicorn(image):
    image.environment("/tools/venv", uvicorn=False)
    env = {"PATH": f"/tools/venv/bin:{VENV}/bin:/usr/bin"}
    assert image.serves(env=env).err == ""


def test_packages_on_pythonpath_only(image):
    remove(image)
    image.write("/packages/uvicorn/__init__.py", "")
    image.write("/packages/uvicorn/__main__.py", UVICORN)
    image.serves(env={"PATH": "/usr/bin", "PYTHONPATH": "/packages"}, by="/usr")


def test_an_environment_with_the_packages_of_the_system(image):
    image.environment("/opt/venv", uvicorn=False)
    image.write("/opt/venv/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = true\n")
    image.write("/packages/uvicorn/__init__.py", "")
    image.write("/packages/uvicorn/__main__.py", UVICORN)
    env = {"PATH": "/usr/bin", "VIRTUAL_ENV": "/opt/venv", "PYTHONPATH": "/packages"}
    assert image.serves(env=env, by="/opt/venv").err == ""


# ---- anything may lie anywhere

GARBAGE = {
    "bytes": b"\xff\x00\xfe=\n\n=\x00" * 600,
    "one line": b"home" + b"=" * 70000,
    "empty": b"",
}


@pytest.mark.parametrize("place", ["pyvenv.cfg", "bin/python3", "lib"])
@pytest.mark.parametrize("kind", [*GARBAGE, "fifo", "socket folder", "loop"])
def test_garbage_ends_in_a_start_or_a_finding(image, place, kind):
    path = image.path(f"{VENV}/{place}")
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path.name)
    else:
        path.write_bytes(GARBAGE[kind])
        path.chmod(0o755)
    run = image.start("which")
    assert run.wait() in (0, 72), run.err
    assert run.out.strip() == f"{VENV}/bin/python" or "error[" in run.err


def test_a_name_of_ten_thousand_bytes(image):
    finding = image.refused("path-failed", env={"PATH": "/usr/bin", "VIRTUAL_ENV": "/" + "a" * 10000})
    assert "too long" in finding["values"]["error"]
