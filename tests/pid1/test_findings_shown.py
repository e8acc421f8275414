"""Findings that need no Docker and no working Python, each in an image of a few files: the whole text and the object of JSON,
compared with tests/golden. What each says is decided by include/base/rules.def."""

import dataclasses
import json
import os
import re
import shutil
import signal
from collections.abc import Callable

import golden
import pytest
from conftest import BINARY

VENV = {"VIRTUAL_ENV": "/app/.venv"}


@dataclasses.dataclass
class Scene:
    """What makes a finding. `make` puts files into the image; `code` is what asgi-init must exit with."""

    code: int
    words: tuple = ()
    env: dict = dataclasses.field(default_factory=dict)
    make: Callable = lambda root: None
    more: dict = dataclasses.field(default_factory=dict)  # for start()
    stop: int = 0  # a signal that it gets as soon as it says "ready"


def file(path, content, mode=0o755):
    """Something to `make`: a file. Content is bytes, or the name of another file of the image, to be copied."""

    def make(root):
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else (root / content).read_bytes())
        place.chmod(mode)

    return make


def link(path, target):
    def make(root):
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)

    return make


def folder(path):
    return lambda root: (root / path).mkdir(parents=True)


def all_of(*makers):
    return lambda root: [make(root) for make in makers]


def python(content, mode=0o755):
    return file("app/.venv/bin/python", content, mode)


def for_riscv(root):
    """A good ELF file for another machine."""
    content = bytearray((root / "actor").read_bytes())
    content[18:20] = (243).to_bytes(2, "little")  # e_machine, EM_RISCV
    python(bytes(content))(root)


PYVENV = b"home = /usr/local/bin\nversion = 3.13.5\ncommand = /usr/local/bin/python3 -m venv /build/.venv\n"
CFG = b"home = /usr/local/bin\nversion = 3.13.5\n"
LIBRARY = "usr/local/lib/python3.13"
APP = file("app/app/__init__.py", b"")
CHECK = ("check", "--probe", "never")
FROM_OUTSIDE = ("check", "--root", "/image", "--workdir", "/app", "--env", "VIRTUAL_ENV=/app/.venv")  # never asks
SERVED = {**VENV, "UVICORN_APP_DIR": "/app"}
# An environment in which reading finds all that serving needs: nothing is asked, so that the Python in it may be any program.
ENVIRONMENT = all_of(
    file("usr/local/bin/python3.13", "actor"),
    file(f"{LIBRARY}/os.py", b"", 0o644),
    file(f"{LIBRARY}/encodings/__init__.py", b"", 0o644),
    folder(f"{LIBRARY}/lib-dynload"),
    link("app/.venv/bin/python", "/usr/local/bin/python3.13"),
    file("app/.venv/pyvenv.cfg", CFG, 0o644),
    file("app/.venv/lib/python3.13/site-packages/uvicorn/__init__.py", b"", 0o644),
    file("app/.venv/lib/python3.13/site-packages/uvicorn/__main__.py", b"", 0o644),
)


def unpacked(make):
    """The same as an image that was unpacked into a folder, to be judged from outside."""

    def make_inside(root):
        file("image/actor", "actor")(root)
        make(root / "image")

    return make_inside


SITE = "app/.venv/lib/python3.13/site-packages"
GLIBC = ".cpython-313-x86_64-linux-gnu.so"


def packages(*names, content=None):
    """An environment with an application, and compiled packages by the names of their files."""
    return all_of(
        application("app/main.py", b"app = FastAPI()\n"),
        file(f"{LIBRARY}/lib-dynload/_ssl{GLIBC}", "actor"),
        *(file(f"{SITE}/{name}", "actor" if content is None else content) for name in names),
    )


def application(path, content):
    """An environment, and a file of the application."""
    return all_of(ENVIRONMENT, file(path, content, 0o644))


PASSWD = file("etc/passwd", b"root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n", 0o644)
GROUPS = file("etc/group", b"".join(b"group%d:x:%d:app\n" % (number, 2000 + number) for number in range(70)), 0o644)
MANY = {f"ASGI_INIT_NUMBER_{number}": "1" for number in range(60)}

SCENES = {
    "findings-lost": Scene(0, ("/actor",), MANY),
    "system-call-failed": Scene(71, ("check", "--root", "/missing")),
    "unknown-setting": Scene(0, ("/actor",), {"ASGI_INIT_PROT": "8000"}),
    "setting-ignored": Scene(0, ("/actor",), {"PORT": "tcp://10.96.0.12:8000"}),
    "variable-not-expanded": Scene(72, ("app.main:app", "--port", "$PORT")),
    "carriage-return-in-argument": Scene(72, ("app.main:app\r",)),
    "python-missing": Scene(72, env=VENV, make=folder("app")),
    "no-python": Scene(72),
    "venv-moved": Scene(
        72, env=VENV, make=all_of(link("app/.venv/bin/python", "/build/.venv/bin/python3"), file("app/.venv/pyvenv.cfg", PYVENV))
    ),
    "link-loop": Scene(72, env=VENV, make=all_of(link("app/.venv/bin/python", "python3"), link("app/.venv/bin/python3", "python"))),
    "path-through-file": Scene(72, env=VENV, make=file("app/.venv", b"", 0o644)),
    "path-failed": Scene(72, env={"VIRTUAL_ENV": "/app/" + "a" * 256}, make=folder("app")),
    "program-not-a-file": Scene(72, env=VENV, make=folder("app/.venv/bin/python")),
    "program-not-executable": Scene(72, env=VENV, make=python("actor", 0o644), more={"user": (1000, 1000)}),
    "program-damaged": Scene(72, env=VENV, make=python(b"")),
    "program-for-other-system": Scene(72, env=VENV, make=python(bytes.fromhex("cffaedfe0c000001") + bytes(64))),
    "script-line-broken": Scene(72, env=VENV, make=python(b"#!/bin/sh\r\nexec python3\r\n")),
    "python-does-not-start": Scene(72, env=VENV, make=python(b"#!/actor\n")),
    "command-not-found": Scene(127, ("prepare-database",), {"PATH": "/usr/bin:/bin"}),
    "command-not-executable": Scene(126, ("/entry.sh",), make=file("entry.sh", b"#!/actor\n", 0o644)),
    "script-has-crlf": Scene(127, ("/entry.sh",), make=file("entry.sh", b"#!/actor\r\nexit 0\r\n")),
    "script-interpreter-missing": Scene(127, ("/entry.sh",), make=file("entry.sh", b"#!/bin/bash\n")),
    "script-without-interpreter-line": Scene(98, ("/entry.sh",), make=all_of(file("entry.sh", b"exit 0\n"), file("bin/sh", "actor"))),
    "settings-conflict": Scene(78, ("--exec", "--stop-timeout", "5", "/actor"), {"ASGI_INIT_MAP_SIGNAL": "HUP="}),
    "unknown-capability": Scene(64, ("--keep-caps", "net_bind_servce", "/actor")),
    "malformed-user": Scene(67, ("--user", "app:app:app", "/actor"), make=PASSWD),
    "no-such-user": Scene(67, ("--user", "ap", "/actor"), make=PASSWD),
    "no-such-group": Scene(67, ("--user", "app:staff", "/actor"), make=PASSWD),
    "too-many-groups": Scene(67, ("--user", "app", "/actor"), make=all_of(PASSWD, GROUPS)),
    "puid-not-number": Scene(67, ("/actor",), {"PUID": "app", "PGID": "1000"}),
    "user-needs-root": Scene(77, ("--user", "2000", "/actor"), more={"user": (1000, 1000)}),
    "user-without-entry": Scene(0, ("--user", "2000", "/actor"), make=PASSWD),
    "program-for-other-machine": Scene(72, env=VENV, make=for_riscv),
    "app-reference-malformed": Scene(66, (*CHECK, "app/main.py:app"), SERVED, application("app/app/main.py", b"app = FastAPI()\n")),
    "app-dir-missing": Scene(66, (*FROM_OUTSIDE, "app.main:app", "--app-dir", "src"), {}, unpacked(ENVIRONMENT)),
    "app-submodule-missing": Scene(
        0, (*CHECK, "app.mian:app"), SERVED, all_of(APP, application("app/app/main.py", b"app = FastAPI()\n"))
    ),
    "app-file-empty": Scene(0, (*CHECK, "app.main:app"), SERVED, application("app/app/main.py", b"")),
    "app-attribute-missing": Scene(
        0, (*CHECK, "app.main:app"), SERVED, application("app/app/main.py", b"application = FastAPI()\n")
    ),
    "app-is-factory": Scene(
        0, (*CHECK, "main:create_app"), SERVED, application("app/main.py", b"def create_app():\n    return FastAPI()\n")
    ),
    "app-unreadable": Scene(
        0, (*CHECK, "main:app"), SERVED, all_of(ENVIRONMENT, file("app/main.py", b"app = FastAPI()\n", 0o600)), {"user": (1000, 1000)}
    ),
    "module-shadowed": Scene(
        98, ("main:app",), SERVED,
        all_of(
            application("app/main.py", b"app = FastAPI()\n"), file("app/fastapi.py", b""), file(f"{SITE}/fastapi/__init__.py", b"")
        ),
    ),
    "package-for-another-machine": Scene(
        0, (*CHECK, "main:app"), SERVED, packages("pydantic_core/_pydantic_core.cpython-313-aarch64-linux-gnu.so")
    ),
    "package-for-another-libc": Scene(
        0, (*CHECK, "main:app"), SERVED, packages("pydantic_core/_pydantic_core.cpython-313-x86_64-linux-musl.so")
    ),
    "package-for-another-python": Scene(
        0, (*CHECK, "main:app"), SERVED, packages("uvloop/loop.cpython-312-x86_64-linux-gnu.so")
    ),
    "package-damaged": Scene(0, (*CHECK, "main:app"), SERVED, packages(f"httptools/parser/parser{GLIBC}", content=b"")),
    "editable-path-missing": Scene(
        0, (*CHECK, "main:app"), SERVED,
        all_of(application("app/main.py", b"app = FastAPI()\n"), file(f"{SITE}/__editable__.shop-0.1.0.pth", b"/build/src\n", 0o644)),
    ),
    "runs-as-root": Scene(1, (*CHECK, "--strict", "main:app"), SERVED, application("app/main.py", b"app = FastAPI()\n")),
    "host-only-local": Scene(
        0, (*CHECK, "main:app"), {**SERVED, "HOST": "127.0.0.1"}, application("app/main.py", b"app = FastAPI()\n")
    ),
    "venv-below-app": Scene(0, (*CHECK, "main:app"), SERVED, application("app/main.py", b"app = FastAPI()\n")),
    "bytecode-missing": Scene(
        0, (*CHECK, "main:app"), SERVED,
        all_of(
            application("app/main.py", b"app = FastAPI()\n"), file(f"{LIBRARY}/asyncio/__init__.py", b""), file(f"{LIBRARY}/typing.py", b"")
        ),
    ),
    "pythonpath-shadows": Scene(
        0, (*CHECK, "main:app"), {**SERVED, "PYTHONPATH": "/opt/tools/python"},
        all_of(
            application("app/main.py", b"app = FastAPI()\n"),
            *(file(f"{folder}/typing_extensions.py", b"") for folder in (SITE, "opt/tools/python")),
        ),
    ),
    "venv-version-mismatch": Scene(
        72, ("check", "main:app"), VENV,
        all_of(ENVIRONMENT, lambda root: (root / "app/.venv/lib/python3.13").rename(root / "app/.venv/lib/python3.12")),
    ),
    "uvicorn-not-installed": Scene(
        72, (*FROM_OUTSIDE, "main:app"), {},
        unpacked(
            all_of(
                application("app/main.py", b"app = FastAPI()\n"),
                lambda root: (root / "app/.venv/lib/python3.13/site-packages/uvicorn").rename(root / "uvicorn"),
            )
        ),
    ),
    "killed-by-timeout": Scene(
        137, ("--stop-timeout", "0.2", "/gunicorn", "ignore", "15", "say", "ready", "pause"), make=file("gunicorn", "actor"),
        stop=signal.SIGTERM,
    ),
    "ended": Scene(3, ("-v", "/actor", "exit", "3")),
    "crashed": Scene(139, ("/gunicorn", "die", "11"), make=file("gunicorn", "actor")),
    "killed-from-outside": Scene(137, ("/gunicorn", "die", "9"), make=file("gunicorn", "actor")),
}  # fmt: skip


def objects(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def block(text, rule):
    """The finding's own lines among all that was printed."""
    found = re.search(rf"^asgi-init: \w+\[{rule}\].*?(?=\n*(?:^asgi-init: |\Z))", text, re.MULTILINE | re.DOTALL)
    assert found, f"{rule} is not in\n{text}"
    return found[0] + "\n"


def check_shown(rule, code, shown, told):
    """Two runs of the same, one as text and one in JSON."""
    assert (shown.wait(), told.wait()) == (code, code), shown.err
    findings = [entry for entry in objects(told.out + told.err) if entry.get("rule") == rule]
    assert findings, told.err
    golden.compare_finding(rule, block(shown.out + shown.err, rule), findings[0])


@pytest.mark.parametrize("rule", SCENES)
def test_finding(start, root_folder, rule):
    scene = SCENES[rule]
    scene.make(root_folder)

    def run(**env):
        process = start(*scene.words, root=root_folder, program="/asgi-init", env={**scene.env, **env}, **scene.more)
        return process.said("ready").signal(scene.stop) if scene.stop else process

    check_shown(rule, scene.code, run(), run(ASGI_INIT_LOG_FORMAT="json"))


# Without some capability, started by setpriv; or in a user namespace of one id, started by unshare.
BARE = ("--bounding-set", "-all", "--inh-caps", "-all", BINARY)
RESTRICTED = {
    "user-not-permitted": ("/usr/bin/setpriv", 77, (*BARE, "--user", "54321:54321", "--", "true")),
    "capability-not-available": ("/usr/bin/setpriv", 77, (*BARE, "--keep-caps", "net_raw", "--", "true")),
    "privileges-not-changed": (
        "/usr/bin/setpriv", 71,
        ("--bounding-set", "-all,+setuid,+kill", "--inh-caps", "-all", BINARY, "--drop-privs", "--new-privs", "--", "true"),
    ),
    "id-not-mapped": ("/usr/bin/unshare", 77, ("--user", "--map-root-user", BINARY, "--user", "54321:54321", "--", "true")),
}  # fmt: skip


@pytest.mark.parametrize("rule", RESTRICTED)
def test_finding_of_who_may_not(start, rule):
    program, code, words = RESTRICTED[rule]

    def run(**env):
        return start(*words, program=program, env={"PATH": "/usr/bin:/bin", **env})

    check_shown(rule, code, run(), run(ASGI_INIT_LOG_FORMAT="json"))


def test_finding_of_an_output_of_root(start):
    read_end, write_end = os.pipe2(os.O_CLOEXEC)
    words = ("--bounding-set", "-all,+setuid,+setgid", "--inh-caps", "-all", BINARY, "-v", "--user", "54321:54321", "--", "true")

    def run(**env):
        return start(*words, program="/usr/bin/setpriv", env={"PATH": "/usr/bin:/bin", **env}, stdout=write_end)

    check_shown("output-not-handed-over", 0, run(), run(ASGI_INIT_LOG_FORMAT="json"))
    os.close(read_end)
    os.close(write_end)


NOEXEC = """
mkdir "$0/app" && mount -t tmpfs -o noexec none "$0/app" && mkdir -p "$0/app/.venv/bin" && cp "$0/actor" "$0/app/.venv/bin/python" &&
mount -t proc none "$0/proc" && exec chroot "$0" /asgi-init
"""


def test_finding_of_a_mount_without_execution(start, root_folder, tmp_path):
    def run(folder, **env):
        shutil.copytree(root_folder, folder, ignore=shutil.ignore_patterns("dev"))
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **VENV, **env}
        return start("-c", NOEXEC, folder, program="/bin/sh", env=env)

    check_shown("program-on-noexec-mount", 72, run(tmp_path / "one"), run(tmp_path / "two", ASGI_INIT_LOG_FORMAT="json"))


def test_finding_of_file_capabilities(start, root_folder):
    os.setxattr(root_folder / "actor", "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))

    def run(**env):
        return start("--drop-privs", "--", "/actor", root=root_folder, program="/asgi-init", env=env)

    check_shown("interpreter-capabilities", 126, run(), run(ASGI_INIT_LOG_FORMAT="json"))


def test_a_start_failure_is_left_where_kubernetes_reads_it(start, root_folder):
    log = root_folder / "dev/termination-log"
    log.write_text("")
    run = start(root=root_folder, program="/asgi-init", env=VENV)
    assert run.wait() == 72
    assert log.read_text() == run.err


USAGE = {
    ("--stop-timeout", "soon"): 64,
    ("--user",): 64,
    ("--user", "nobodyhere", "--", "/actor"): 67,
    ("--map-signal", "TERM"): 64,
    ("--strict", "app.main:app"): 64,
    ("--",): 64,
    ("wait", "database:5432"): 64,
}


@pytest.mark.parametrize("words", USAGE, ids=" ".join)
@pytest.mark.parametrize("json_too", [False, True], ids=["text", "json"])
def test_so_is_a_command_line_that_cannot_be_understood(start, root_folder, words, json_too):
    """As text, whatever else is in JSON: kubectl shows it as it is. But not of what a verb says, which may run beside a server."""
    log = root_folder / "dev/termination-log"
    log.write_text("of before")
    run = start(*words, root=root_folder, program="/asgi-init", env={"ASGI_INIT_LOG_FORMAT": "json"} if json_too else {})
    assert run.wait() == USAGE[words]
    if words[0] == "wait":
        assert log.read_text() == "of before"
    elif json_too:
        assert log.read_text().startswith("asgi-init: ")
    else:
        assert log.read_text() == run.err


@pytest.mark.parametrize("words", [("check", "--user", "nobodyhere"), ("explain", "nonsense"), ("which", "more")], ids=" ".join)
def test_what_a_verb_says_is_no_start_that_failed(start, root_folder, words):
    log = root_folder / "dev/termination-log"
    log.write_text("of before")
    run = start(*words, root=root_folder, program="/asgi-init", env={})
    assert run.wait() in (64, 67, 72)
    assert log.read_text() == "of before"


def test_a_termination_log_that_is_no_file_is_left_alone(start, root_folder):
    (root_folder / "dev/termination-log").symlink_to("/log")
    (root_folder / "log").write_text("")
    run = start(root=root_folder, program="/asgi-init", env=VENV)
    assert run.wait() == 72
    assert (root_folder / "log").read_text() == ""


@pytest.mark.parametrize("closed", [(2,), (1, 2), (0, 1, 2)])
def test_closed_outputs_change_nothing(start, root_folder, closed):
    run = start(root=root_folder, program="/asgi-init", env=VENV, close=closed)
    assert run.wait() == 72
    run = start("/actor", "exit", "5", root=root_folder, program="/asgi-init", env=MANY, close=closed)
    assert run.wait() == 5
