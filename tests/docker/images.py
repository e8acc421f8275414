"""Makes the images that the Docker tests start, where no registry can be reached.

    python3 tests/docker/images.py        makes those that are missing

A root file system is made by mmdebstrap from the mirror that this machine's own apt uses, and imported under the name that
Dockerfile.example expects. What is made stays in Docker, labelled with the hash of its recipe,
and is used again until the recipe changes. An image of the same name that is not ours is never replaced: it is used as it is.

    debian:trixie-slim          the builder's base, with all that `make` would install
    python:3.13-slim            stands for the official image: a shared CPython in /usr/local, pip, and the wheels in /wheels
    asgi-init-test/debian       Debian's own python3 and python3-uvicorn, and no other Python
    asgi-init-test/root         python:3.13-slim, a user `app`, and the sample backend with its environment in /app; no settings
    asgi-init-test/elsewhere    the same with the environment made in /opt/venv
    asgi-init-test/sample       root with the settings of Dockerfile.example; asgi-init itself is mounted by the tests
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import roots

SUITE = "trixie"
PYTHON = "3.13"
BUILDER_BASE = f"debian:{SUITE}-slim"
PYTHON_BASE = f"python:{PYTHON}-slim"
DEBIAN_PYTHON = "asgi-init-test/debian"
ROOT = "asgi-init-test/root"
ELSEWHERE = "asgi-init-test/elsewhere"
SAMPLE = "asgi-init-test/sample"
LABEL = "asgi-init.recipe"

TREE = pathlib.Path(__file__).resolve().parents[2]
BACKEND = TREE / "tests" / "backend"
WORK = TREE / "build" / "images"
WHEELS = TREE / "build" / "wheels"

# What `make` needs in the first stage of Dockerfile.example.
BUILDER_PACKAGES = ["gcc", "binutils", "make", "libc6-dev", "musl-tools", "linux-libc-dev"]
BUILDER_SOURCE = "cd /usr/src && apt-get -qq -o APT::Sandbox::User=root source --tar-only libcap-ng"
DEBIAN_PACKAGES = ["python3", "python3-uvicorn"]
# What the official image has beside its Python, and what the extension modules of CPython link to.
PYTHON_PACKAGES = [
    "ca-certificates", "netbase", "tzdata", "libbz2-1.0", "libexpat1", "libffi8", "liblzma5", "libncursesw6", "libreadline8t64",
    "libsqlite3-0", "libssl3t64", "libuuid1", "zlib1g", "python3-pip-whl",
]  # fmt: skip

# Debian's python3.13 is linked statically, so a main program of our own is linked to Debian's shared libpython: the run path is
# that of the official image, and CPython finds /usr/local/lib/python3.13 by the place of the program. Debian's site module is
# also frozen into that library: the option makes CPython take it from the file that PYTHON_LAYOUT changes.
PYTHON_MAIN = """
int Py_BytesMain(int, char **);
int main(int argc, char **argv) {
    char *words[argc + 3];
    words[0] = argv[0];
    words[1] = "-X";
    words[2] = "frozen_modules=off";
    for (int i = 1; i <= argc; i++) words[i + 2] = argv[i];
    return Py_BytesMain(argc + 2, words);
}
"""

# Takes Debian's CPython apart and lays it out as `make install --prefix=/usr/local` does. Debian's own changes (dist-packages,
# the refusal to install, sitecustomize) are taken back, since the official image doesn't have them.
PYTHON_LAYOUT = r"""
set -eu
cd /tmp
apt-get -qq download libpython$V libpython$V-stdlib libpython$V-minimal python$V-venv
for package in *.deb; do dpkg -x "$package" unpacked; done
mv unpacked/usr/lib/python$V /usr/local/lib/
mv unpacked/usr/lib/*-linux-gnu*/libpython$V.so.1.0 /usr/local/lib/
rm -rf unpacked ./*.deb
cd /usr/local/lib
ln -s libpython$V.so.1.0 libpython$V.so
rm -rf python$V/EXTERNALLY-MANAGED python$V/sitecustomize.py python$V/_distutils_system_mod.py python$V/test python$V/config-*
sed -i 's/if is_virtual_environment:/if True:/' python$V/site.py
sed -i "/: {$/!s/'posix_local'/'posix_prefix'/" python$V/sysconfig/__init__.py
mkdir python$V/site-packages
ldconfig
cd /usr/local/bin
ln -s python$V python3
ln -s python3 python
PYTHONPATH=$(echo /usr/share/python-wheels/pip-*.whl) python3 -m pip install -q --no-index /usr/share/python-wheels/pip-*.whl
"""

SAMPLE_LAYOUT = """
set -eu
useradd --create-home --uid 10001 app
python3 -m venv /app/.venv
/app/.venv/bin/pip install -q --no-cache-dir --no-index --find-links=/wheels -r /app/requirements.txt
cd /app && .venv/bin/python -c 'import app.main, uvicorn.main, uvicorn.loops.auto, uvicorn.protocols.http.auto, fastapi_cli.cli'
"""

TO_ELSEWHERE = "RUN mv /app/.venv /opt/venv && grep -lI '^#!/app/.venv' /opt/venv/bin/* | xargs sed -i '1s,/app/.venv,/opt/venv,'"

SAMPLE_SETTINGS = [
    "WORKDIR /app",
    "ENV VIRTUAL_ENV=/app/.venv",
    "ENV PATH=/app/.venv/bin:/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
    "USER app",
    'ENTRYPOINT ["/asgi-init"]',
]


def run(*command, **options):
    options.setdefault("check", True)
    return subprocess.run([str(word) for word in command], **options)


def output(*command):
    return run(*command, stdout=subprocess.PIPE, text=True).stdout


def recipe(image):
    """The hash of what an image is made of: while it stays, the image is used again."""
    parts = {
        BUILDER_BASE: [BUILDER_PACKAGES, BUILDER_SOURCE],
        DEBIAN_PYTHON: [DEBIAN_PACKAGES],
        PYTHON_BASE: [PYTHON_PACKAGES, PYTHON_MAIN, PYTHON_LAYOUT, (BACKEND / "requirements.txt").read_text()],
    }
    parts[ROOT] = [*parts[PYTHON_BASE], SAMPLE_LAYOUT, *[path.read_text() for path in sorted(BACKEND.rglob("*.py"))]]
    parts[SAMPLE] = [*parts[ROOT], SAMPLE_SETTINGS]
    parts[ELSEWHERE] = [*parts[ROOT], TO_ELSEWHERE]
    return hashlib.sha256(repr([SUITE, PYTHON, parts.get(image)]).encode()).hexdigest()[:16]


def label_of(image):
    """The recipe of an image that we made, '' for one that is not ours, None if there is none."""
    found = run(
        "docker", "image", "inspect", "--format", f'{{{{index .Config.Labels "{LABEL}"}}}}', image,
        check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    return None if found.returncode else found.stdout.strip()


def is_ours(image):
    return bool(label_of(image))


def ensure_tools():
    if not shutil.which("mmdebstrap"):
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise SystemExit("images.py: needs mmdebstrap, and root to run it: sudo apt-get install mmdebstrap")
        run("apt-get", "update", "-qq")
        run("apt-get", "install", "-qq", "--no-install-recommends", "mmdebstrap", stdout=subprocess.DEVNULL)


def ensure_wheels():
    """Downloads once the wheels that today's requirements need on the Python of the images."""
    stamp = WHEELS / "recipe"
    wanted = (BACKEND / "requirements.txt").read_text() + PYTHON
    if stamp.exists() and stamp.read_text() == wanted:
        return
    machine = os.uname().machine
    shutil.rmtree(WHEELS, ignore_errors=True)
    # setuptools is for the tests of editable installs.
    run(
        sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--dest", WHEELS, "--only-binary=:all:",
        "--python-version", PYTHON, "--implementation", "cp", "--platform", f"manylinux_2_28_{machine}",
        "--platform", f"manylinux_2_17_{machine}", "--platform", f"manylinux2014_{machine}",
        "-r", BACKEND / "requirements.txt", "setuptools",
    )  # fmt: skip
    stamp.write_text(wanted)


def ensure_new_builder():
    """Debian's client for Docker's new builder, which the engine has but its package on older releases has no client for. The folder is
    a DOCKER_CONFIG then; None where `docker buildx` is there already."""
    if run("docker", "buildx", "version", check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
        return None
    config = TREE / "build" / "docker"
    plugin = config / "cli-plugins" / "docker-buildx"
    if not plugin.exists():
        ensure_tools()
        root = WORK / "buildx"
        shutil.rmtree(root, ignore_errors=True)
        WORK.mkdir(parents=True, exist_ok=True)
        run(
            "mmdebstrap", "--quiet", "--mode=root", "--variant=extract", "--include=docker-buildx", "--format=directory", SUITE, root,
            f"deb {roots.mirror()} {SUITE} main",
        )  # fmt: skip
        plugin.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(root / "usr/libexec/docker/cli-plugins/docker-buildx", plugin)
        shutil.rmtree(root)
    return config


def chroot(root, script):
    environment = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "V": PYTHON, "LC_ALL": "C.UTF-8"}
    done = run(
        "chroot", root, "sh", "-c", script, env=environment, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        raise SystemExit(f"images.py: in {root}: {script}\n{done.stdout}")


def install(root, packages):
    chroot(root, "DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends " + " ".join(packages))


def import_root(root, image, *changes):
    """One layer, with `changes` as in a Dockerfile, labelled with the recipe."""
    words = [word for change in (*changes, f"LABEL {LABEL}={recipe(image)}") for word in ("--change", change)]
    hidden = ["./etc/resolv.conf", "./var/cache/apt/*.bin", "./var/cache/apt/archives/*.deb", "./var/lib/apt/lists/*", "./dev/*"]
    archive = subprocess.Popen(
        ["tar", "-C", str(root), "--sort=name", *[f"--exclude={path}" for path in hidden], "-c", "."], stdout=subprocess.PIPE
    )
    run("docker", "import", *words, "-", image, stdin=archive.stdout, stdout=subprocess.DEVNULL)
    archive.stdout.close()
    if archive.wait():
        raise SystemExit(f"images.py: tar could not read {root}")


def make_base():
    root = WORK / "base"
    if (root / "made").exists():
        return root
    shutil.rmtree(root, ignore_errors=True)
    WORK.mkdir(parents=True, exist_ok=True)
    run(
        "mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--skip=cleanup/apt/lists",
        *[f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("man", "doc", "locale", "info")],
        "--format=directory", SUITE, root, f"deb {roots.mirror()} {SUITE} main", f"deb-src {roots.mirror()} {SUITE} main",
    )  # fmt: skip
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    (root / "made").touch()
    return root


def copy_root(source, name):
    root = WORK / name
    shutil.rmtree(root, ignore_errors=True)
    run("cp", "-a", source, root)
    (root / "made").unlink(missing_ok=True)
    return root


def make_builder():
    root = copy_root(make_base(), "builder")
    install(root, BUILDER_PACKAGES)
    chroot(root, BUILDER_SOURCE)
    import_root(root, BUILDER_BASE, 'CMD ["bash"]')
    shutil.rmtree(root)


def make_debian_python():
    root = copy_root(make_base(), "debian")
    install(root, DEBIAN_PACKAGES)
    import_root(root, DEBIAN_PYTHON, 'ENTRYPOINT ["/asgi-init"]', "WORKDIR /srv")
    shutil.rmtree(root)


def link_python_main(root):
    source = WORK / "main.c"
    source.write_text(PYTHON_MAIN)
    run(
        "cc", "-O2", "-o", root / f"usr/local/bin/python{PYTHON}", source, f"-L{root}/usr/local/lib", f"-l:libpython{PYTHON}.so.1.0",
        "-Wl,--allow-shlib-undefined", "-Wl,--enable-new-dtags,-rpath,$ORIGIN/../lib",
    )  # fmt: skip


def make_python():
    """python:3.13-slim, and on top of it the sample, in one go: both roots are the same folder."""
    root = copy_root(make_base(), "python")
    install(root, PYTHON_PACKAGES)
    layout, finish = PYTHON_LAYOUT.split("ldconfig\n")
    chroot(root, layout)
    link_python_main(root)
    chroot(root, "set -e; ldconfig\n" + finish)
    shutil.copytree(WHEELS, root / "wheels", ignore=shutil.ignore_patterns("recipe"))
    if label_of(PYTHON_BASE) != "":
        import_root(root, PYTHON_BASE, 'CMD ["python3"]', "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin")
    shutil.copytree(BACKEND, root / "app", ignore=shutil.ignore_patterns("__pycache__", ".venv"))
    chroot(root, SAMPLE_LAYOUT)
    import_root(root, ROOT)
    shutil.rmtree(root)
    build(SAMPLE, [f"FROM {ROOT}", *SAMPLE_SETTINGS])


def label_lines(image, from_line):
    ours = recipe(image) == recipe(None) and from_line.split()[1] in (BUILDER_BASE, PYTHON_BASE, DEBIAN_PYTHON, ROOT, SAMPLE)
    return [] if ours and is_ours(from_line.split()[1]) else [f"LABEL {LABEL}={recipe(image)}"]


def build(image, lines, context=None, arguments=()):
    """An image from the lines of a Dockerfile: without a context, or with a folder as context. The old builder, which all have.

    The label stands first, so that what the build leaves in Docker's cache has it too, and is found when it is to be removed. What
    comes from one of our own images has it from there."""
    labelled = [more for line in lines for more in ([line, *label_lines(image, line)] if line.startswith("FROM ") else [line])]
    dockerfile = "\n".join(labelled) + "\n"
    command = ["docker", "build", "--quiet", "--force-rm", "--tag", image, *arguments]
    command += ["--file", "-", str(context)] if context else ["-"]
    done = run(
        *command, check=False, input=dockerfile, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "DOCKER_BUILDKIT": "0"},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"docker build of {image} failed:\n{done.stdout}")
    return image


def ensure():
    """Makes what is missing or of another recipe. Says so, since it takes a minute or two."""
    images = (BUILDER_BASE, PYTHON_BASE, DEBIAN_PYTHON, ROOT, SAMPLE, ELSEWHERE)
    missing = {image for image in images if label_of(image) not in (recipe(image), "")}
    if not missing:
        return
    replaced = output(
        "docker", "image", "ls", "--quiet", "--no-trunc", *[f"--filter=reference={image}" for image in sorted(missing)]
    ).split()
    print("images.py: making " + " ".join(sorted(missing)), file=sys.stderr, flush=True)
    ensure_tools()
    if BUILDER_BASE in missing:
        make_builder()
    if DEBIAN_PYTHON in missing:
        make_debian_python()
    if missing & {PYTHON_BASE, ROOT, SAMPLE}:
        ensure_wheels()
        make_python()
    if missing & {PYTHON_BASE, ROOT, ELSEWHERE}:
        build(ELSEWHERE, [f"FROM {ROOT}", TO_ELSEWHERE])
    # What has no name any more: the images that were replaced, and the cache of builds on them.
    for identifier in replaced:
        run("docker", "image", "rm", identifier, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    run("docker", "image", "prune", "--force", f"--filter=label={LABEL}", check=False, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    ensure()
