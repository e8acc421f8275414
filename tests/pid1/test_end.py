"""What asgi-init says of the end of a server, each by the thing itself: a real fault, a real kill, a real control group that is
out of memory. The server is a package `uvicorn` of the test's own, which runs as real Python in a virtual environment and does
one deed.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import golden
import pytest
from conftest import ACTOR, BINARY

BASE = Path(os.path.realpath(sys.executable))
VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"

KILLED_BY_ITS_CHILD = "import subprocess; subprocess.run(['/bin/sh', '-c', 'kill -KILL $PPID'])"
SEGMENTATION = "import ctypes; ctypes.string_at(0)"
ILLEGAL = """
import ctypes, mmap, platform
code = {"x86_64": bytes([0x0f, 0x0b]), "aarch64": bytes(4)}[platform.machine()]
page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(code)
ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
"""
BUS = """
import mmap, os, tempfile
with tempfile.TemporaryFile() as file:
    file.truncate(mmap.PAGESIZE)
    page = mmap.mmap(file.fileno(), mmap.PAGESIZE)
    file.truncate(0)
    page[0]
"""
SERVE = """
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # a handler and pause() could miss it
print("serving", flush=True)
signal.sigwait({signal.SIGTERM})
"""
STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("serving", flush=True)
while True: signal.pause()
"""
HOG = """
def hog():
    taken = []
    while True: taken.append(b"x" * (1 << 20))
"""
WORKER_HOG = HOG + """
import os
if os.fork() == 0: hog()
print("worker died of", os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
""" + SERVE  # fmt: skip


@pytest.fixture
def project(tmp_path):
    """A folder with an application and, beside it, the environment with that uvicorn."""
    folder = tmp_path / "project"
    package = folder / "venv/lib" / VERSION / "site-packages/uvicorn"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("import os\nexec(os.environ['DEED'])\n")
    (folder / "venv/bin").mkdir()
    (folder / "venv/bin/python").symlink_to(BASE)
    (folder / "venv/pyvenv.cfg").write_text(f"home = {BASE.parent}\nversion = {sys.version.split()[0]}\n")
    (folder / "app").mkdir()
    (folder / "app/__init__.py").touch()
    (folder / "app/main.py").write_text("app = None\n")
    return folder


@pytest.fixture
def serve(start, project):
    """serve(DEED, OPTION...): a server that does the deed."""

    def serve_one(deed, *options, before=(), words=("app.main:app",), **how):
        env = {"PATH": os.environ["PATH"], "DEED": deed}
        return start(*before, "--venv", project / "venv", *options, *words, env=env, folder=project, **how)

    return serve_one


JSON = ("--log-format", "json")


def objects(run):
    lines = [json.loads(line) for line in run.err.splitlines() if line.startswith("{")]
    return [line for line in lines if "rule" in line]


def finding_of(run, rule):
    found = {thing["rule"]: thing for thing in objects(run)}
    assert rule in found, run.err
    # One diagnosis, and the whole fate.
    assert set(found) == {rule, "ended"}, run.err
    return found[rule]


def check_end(serve, deed, code, rule, *options, act=lambda run: None, compare=False):
    """The deed ends with that code and that one finding, in text and in JSON; returns the values of both objects."""
    text = serve(deed, *options)
    act(text)
    assert text.wait() == code, text.err
    assert f"[{rule}]" in text.err
    run = serve(deed, *JSON, *options)
    act(run)
    assert run.wait() == code, run.err
    finding = finding_of(run, rule)
    ended = next(thing for thing in objects(run) if thing["rule"] == "ended")
    if compare:
        golden.compare_finding(rule, text.err, finding)
    return finding["values"], ended["values"]


# ---- killed


def test_killed_from_inside(serve):
    values, ended = check_end(serve, KILLED_BY_ITS_CHILD, 137, "killed-from-outside")
    assert values["signal"] == ended["signal"] == "SIGKILL"
    assert ended["code"] == "137" and "stop" not in ended and "memory" not in ended


def test_killed_from_outside_by_a_signal_it_could_handle(serve):
    run = serve(SERVE.replace("signal.SIGTERM", "signal.SIGUSR2"))
    run.said("serving")
    os.kill(run.child, signal.SIGTERM)  # past asgi-init
    assert run.wait() == 143
    assert "[killed-from-outside]: killed by SIGTERM" in run.err


def test_killed_where_no_control_group_is_seen(serve, tmp_path):
    """gVisor, or a version 2 whose memory controller is bound to version 1: then nothing is said of memory."""
    (tmp_path / "nothing").mkdir()
    run = serve(KILLED_BY_ITS_CHILD, *JSON, binds=[(tmp_path / "nothing", "/sys/fs/cgroup")])
    assert run.wait() == 137
    values = finding_of(run, "killed-from-outside")["values"]
    assert "before" not in values and "file" not in values


def test_stop_that_took_too_long(serve):
    def stop(run):
        run.said("serving").signal(signal.SIGTERM)

    values, ended = check_end(serve, STUBBORN, 137, "killed-by-timeout", "--stop-timeout", "2", act=stop)
    assert values["timeout"] == "2" and values["graceful"] == "1" and values["stop"] == "SIGTERM"
    assert ended["timeout"] == "yes" and ended["stop"] == "SIGTERM" and ended["signal"] == "SIGKILL"


@pytest.mark.parametrize("words", [("--timeout-graceful-shutdown", "1"), ("--timeout-graceful-shutdown=1",)])
def test_no_advice_that_was_followed_already(serve, words):
    run = serve(STUBBORN, "--stop-timeout", "2", words=("app.main:app", *words))
    run.said("serving").signal(signal.SIGTERM)
    assert run.wait() == 137
    assert "[killed-by-timeout]" in run.err
    assert "--timeout-graceful-shutdown" not in run.err


@pytest.mark.long
def test_what_a_long_stop_waits_for(serve):
    run = serve(STUBBORN)
    run.said("serving").signal(signal.SIGTERM)
    run.told("still waiting for process").told("unless --timeout-graceful-shutdown SECONDS sets one")


def test_stop_signal_that_no_server_knows(serve):
    def stop(run):
        run.said("serving").signal(signal.SIGUSR1)

    values, ended = check_end(serve, SERVE, 128 + signal.SIGUSR1, "ended-by-forwarded-signal", act=stop, compare=True)
    assert values["signal"] == ended["signal"] == "SIGUSR1"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, 37])
def test_nothing_is_said_of_a_stop(serve, number):
    run = serve(SERVE.replace("{signal.SIGTERM}", "{signal.SIGTERM, signal.SIGINT}"))
    run.said("serving").signal(number)
    assert run.wait() == 0
    assert run.err == ""


def test_fate_of_a_stop(serve):
    run = serve(SERVE, *JSON)
    run.said("serving").signal(signal.SIGTERM)
    assert run.wait() == 0
    (ended,) = objects(run)
    assert ended["rule"] == "ended" and ended["severity"] == "note"
    assert ended["values"]["status"] == "0" and ended["values"]["code"] == "0" and ended["values"]["stop"] == "SIGTERM"
    assert {"core", "memory", "timeout", "signal"}.isdisjoint(ended["values"])


# ---- crashed


@pytest.mark.parametrize("deed, name", [(SEGMENTATION, "SEGV"), (ILLEGAL, "ILL"), (BUS, "BUS"), ("import os; os.abort()", "ABRT")])
def test_crash(serve, deed, name):
    number = getattr(signal, f"SIG{name}")
    values, ended = check_end(serve, deed, 128 + number, "crashed")
    assert values["signal"] == ended["signal"] == f"SIG{name}"
    assert ("segmentation" in values) == (name == "SEGV")
    assert ("illegal" in values) == (name == "ILL")
    assert ("bus" in values) == (name == "BUS")


CORE = "import resource; resource.setrlimit(resource.RLIMIT_CORE, (MOST, MOST))\n" + SEGMENTATION


@pytest.mark.parametrize("limit", [0, resource.RLIM_INFINITY], ids=["forbidden", "allowed"])
def test_core_dump(serve, project, limit):
    """The machine's core_pattern decides too (a file there, a program elsewhere), so what is to be said is what the kernel says of
    the same crash without asgi-init."""
    deed = CORE.replace("MOST", str(limit))
    alone = subprocess.Popen([project / "venv/bin/python", "-c", deed], cwd=project)
    dumped = os.WCOREDUMP(os.waitpid(alone.pid, 0)[1])
    if not Path("/proc/sys/kernel/core_pattern").read_text().startswith("|"):
        assert dumped == (limit != 0)
    _, ended = check_end(serve, deed, 128 + signal.SIGSEGV, "crashed")
    assert ("core" in ended) == dumped
    text = serve(deed)
    assert text.wait() == 128 + signal.SIGSEGV
    assert ("it dumped core   to where /proc/sys/kernel/core_pattern says" in text.err) == dumped


def test_instruction_sets_that_are_lacking(serve, tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu sse sse2 avx\n")
    run = serve(ILLEGAL, proc="shared", binds=[(cpuinfo, "/proc/cpuinfo")])
    assert run.wait() == 128 + signal.SIGILL
    assert "this processor has no SSE4.2, AVX2" in run.err


def test_emulator(serve, tmp_path):
    """As qemu-user shows it: /proc/cpuinfo is the host's, of another machine."""
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(
        "vendor_id\t: GenuineIntel\nflags\t\t: fpu avx\n" if os.uname().machine == "aarch64" else "CPU implementer\t: 0x61\n"
    )
    run = serve(SEGMENTATION, proc="shared", binds=[(cpuinfo, "/proc/cpuinfo")])
    assert run.wait() == 128 + signal.SIGSEGV
    assert "so an emulator runs this image" in run.err
    assert "docker build --platform=linux/" in run.err
    assert "uvloop" not in run.err


# ---- ended by itself


def test_end_that_nobody_asked_for(serve):
    values, ended = check_end(serve, "pass", 0, "ended-unasked", compare=True)
    assert "shadow" not in values
    assert ended["status"] == ended["code"] == "0" and "stop" not in ended


def test_own_code_is_kept_and_needs_no_word(serve):
    run = serve("import sys; sys.exit(3)")
    assert run.wait() == 3
    assert run.err == ""


def test_help_ends_as_it_should(serve):
    run = serve("print('usage')", words=("app.main:app", "--help"))
    assert run.wait() == 0
    assert run.err == ""


# ---- commands: they die of what they are sent, as without us


def test_command_that_is_told_to_stop(start):
    run = start("--", ACTOR, "say", "here", "pause")
    run.said("here").signal(signal.SIGTERM)
    assert run.wait() == 143
    assert run.err == ""


@pytest.mark.parametrize("number, rule", [(signal.SIGKILL, "killed-from-outside"), (signal.SIGSEGV, "crashed"), (signal.SIGTERM, None)])
def test_command_that_dies(start, number, rule):
    run = start("--", ACTOR, "die", str(int(number)))
    assert run.wait() == 128 + number
    assert (f"[{rule}]" in run.err) if rule else run.err == ""


# ---- out of memory, in a control group of our own


def make_group(name):
    """A child of our control group for memory, version 2 or 1; None where none may be made."""
    unified, first = Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/memory")
    try:
        if (unified / "cgroup.controllers").exists():
            (unified / "cgroup.subtree_control").write_text("+memory")
            group = unified / name
        else:
            group = first / name
        group.mkdir()
    except OSError as error:
        return None, str(error)
    return group, ""


def limit_group(group, size):
    """Without swap, where the kernel counts it."""
    if (group / "memory.max").exists():
        (group / "memory.max").write_text(str(size))
        limits = [(group / "memory.swap.max", "0")]
    else:
        (group / "memory.limit_in_bytes").write_text(str(size))
        limits = [(group / "memory.memsw.limit_in_bytes", str(size)), (group / "memory.swappiness", "0")]
    for file, value in limits:
        if file.exists():
            file.write_text(value)


def remove_group(group):
    """It can be removed once the last process in it is gone; those of a namespace that was killed go by themselves."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            group.rmdir()
            return
        except OSError:
            time.sleep(0.05)


@pytest.fixture
def group():
    """A control group with a limit of 64 MiB."""
    group, why = make_group(f"asgi-init-test-{os.getpid()}-{time.monotonic_ns()}")
    if group is None:
        pytest.skip(f"no control group can be made here: {why}")
    try:
        limit_group(group, 64 << 20)
        yield group
    finally:
        remove_group(group)


@pytest.fixture
def serve_limited(group, serve):
    """serve() inside the group: a shell enters it, and becomes asgi-init."""
    enter = f'echo 0 > {group}/cgroup.procs && exec {BINARY} "$@"'

    def serve_one(deed, *options):
        return serve(deed, *options, program="/bin/sh", before=("-c", enter, "sh"))

    return serve_one


def test_out_of_memory(serve_limited):
    values, ended = check_end(serve_limited, HOG + "hog()", 137, "killed-for-memory", compare=True)
    assert values["limit"] == "64 MiB"
    assert int(values["after"]) > int(values["before"])
    assert "others" not in values
    assert ended["memory"] == "yes" and ended["signal"] == "SIGKILL"


def test_worker_out_of_memory(serve_limited):
    """The server goes on and ends as it is asked to; that a worker was killed shows nowhere else."""
    run = serve_limited(WORKER_HOG, *JSON)
    run.said("worker died of -9").said("serving").signal(signal.SIGTERM)
    assert run.wait() == 0
    values = finding_of(run, "killed-for-memory")["values"]
    assert values["others"] == "yes"


def test_kill_in_a_group_that_had_room(serve_limited):
    run = serve_limited(KILLED_BY_ITS_CHILD, *JSON)
    assert run.wait() == 137
    assert finding_of(run, "killed-from-outside")["values"]["before"] == "0"
