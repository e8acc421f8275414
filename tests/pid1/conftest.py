"""Runs the real binary as PID 1 of namespaces of its own, or as an ordinary process of such a namespace.

The fixture `start` starts asgi-init (or any program) and gives a Run. Whatever becomes of the test, the namespace's end is the
end of all that ran in it. Tests wait for conditions (`until`), never for time to pass.

Needs root, and build/tests/pid1/{namespace,actor}, which `make pid1` builds.
"""

import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("ASGI_INIT_BINARY", ROOT / "build/asgi-init")).resolve()
NAMESPACE = ROOT / "build/tests/pid1/namespace"
ACTOR = ROOT / "build/tests/pid1/actor"
LIMIT = 60
"""Seconds until a condition counts as never to come. Nothing is expected to take so long."""
LINUX = tuple(int(number) for number in re.findall(r"\d+", os.uname().release)[:2])


class Way(NamedTuple):
    """How start() starts: as PID 1 or as an ordinary process, and as whom: (uid, gid), or None for root."""

    pid1: bool
    user: tuple | None = None

    @property
    def number(self):
        """What getpid() tells the program."""
        return 1 if self.pid1 else 2


USER = (1000, 1000)
WAYS = {"pid1-root": Way(True), "pid1-user": Way(True, USER), "process-root": Way(False), "process-user": Way(False, USER)}


def ways(*names):
    """Decorates a test that runs once in each of these ways. Any other test starts as PID 1 and root."""
    return pytest.mark.parametrize("way", [WAYS[name] for name in names], ids=names)


every_way = ways(*WAYS)
as_pid1 = ways("pid1-root", "pid1-user")
as_process = ways("process-root", "process-user")
as_root = ways("pid1-root", "process-root")
as_user = ways("pid1-user", "process-user")


def until(condition, what, limit=LIMIT):
    """Waits until condition() is true, and returns what it gave."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {limit} seconds: {what() if callable(what) else what}"
        time.sleep(0.005)


def children(pid):
    """The child processes of a process, by /proc."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(word) for task in tasks for word in (task / "children").read_text().split()]
    except OSError:
        return []


def status_of(pid):
    """The fields of /proc/PID/status, {} when the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def is_alive(pid):
    return status_of(pid).get("State", "Z")[0] not in "ZX"


class Run:
    """A program in its namespaces. `pid` and `parent` are numbers out here; `out` and `err` what it and its children wrote so far."""

    def __init__(self, folder, words, *, options, env, stdin, pass_fds, stdout=None, stderr=None, trace=None):
        self.out_file, self.err_file, self.log_file = folder / "out", folder / "err", folder / "trace"
        read_end, write_end = os.pipe()
        self._report = read_end
        self._reported = b""
        self._tracer = None
        gate = os.pipe() if trace else ()
        if trace:
            options = [*options, "--gate", gate[0]]
            pass_fds = (*pass_fds, gate[0])
        with open(self.out_file, "ab") as out, open(self.err_file, "ab") as err:
            self.launcher = subprocess.Popen(
                [NAMESPACE, *map(str, options), str(write_end), *map(str, words)],
                stdin=stdin,
                stdout=out if stdout is None else stdout,
                stderr=err if stderr is None else stderr,
                env=env,
                pass_fds=(write_end, *pass_fds),
            )
        os.close(write_end)
        os.set_blocking(read_end, False)
        if trace:
            os.close(gate[0])
        try:
            until(lambda: self._has("started") or self.launcher.poll() is not None, "the program's start")
            assert self._has("started"), f"the namespace was not made: {self.err}"
            self.guard = until(lambda: children(self.launcher.pid), "the guard")[0]
            self.parent = children(self.guard)[0] if "--parent" in options else self.guard
            self.pid = self._find_program()
            if trace:
                self._attach(trace)
                os.write(gate[1], b"x")
        except BaseException:
            self.kill()
            raise
        finally:
            if trace:
                os.close(gate[1])

    def _attach(self, words):
        """strace, from outside of the namespaces: so it needn't be there, and PID 1 can be what is traced."""
        says = self.log_file.with_suffix(".err")
        with open(says, "wb") as err:
            self._tracer = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "strace", "-f", "-o", self.log_file, *map(str, words), "-p", str(self.pid)],
                stdin=subprocess.DEVNULL,
                stderr=err,
            )
        until(lambda: "attached" in says.read_text() or self._tracer.poll() is not None, says.read_text)
        assert self._tracer.poll() is None, says.read_text()

    def _find_program(self):
        """Its number out here; 0 when it has ended already, and so can't be signalled."""
        inside = until(lambda: self._has("\n") and self._reported, "the program's number").split()[1].decode()
        for pid in children(self.parent):
            if status_of(pid).get("NSpid", "").split()[1:2] == [inside]:
                return pid
        return 0

    def _has(self, word):
        try:
            self._reported += os.read(self._report, 4096)
        except BlockingIOError:
            pass
        return word.encode() in self._reported

    @property
    def out(self):
        return self.out_file.read_text(errors="replace")

    @property
    def err(self):
        return self.err_file.read_text(errors="replace")

    @property
    def log(self):
        """What strace has written; each line begins with the number, out here, of the process."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def said(self, text, times=1):
        """Waits until the program or a child of it has printed the text on stdout, so many times at least."""
        until(lambda: self.out.count(text) >= times, lambda: f"{text!r} on stdout:\n{self.out}\nand on stderr:\n{self.err}")
        return self

    def told(self, text, times=1):
        """The same of stderr."""
        until(lambda: self.err.count(text) >= times, lambda: f"{text!r} on stderr:\n{self.err}\nand on stdout:\n{self.out}")
        return self

    def signal(self, number):
        assert self.pid > 0, "it ended before it could be signalled"
        os.kill(self.pid, number)
        return self

    def ended(self):
        return self._has("status")

    def wait(self):
        """Waits for the program's end and returns its exit code, or -N when it died of signal N."""
        until(self.ended, lambda: f"the end; stdout:\n{self.out}\nstderr:\n{self.err}")
        line = until(lambda: b"\n" in self._reported.partition(b"status")[2] and self._reported.partition(b"status")[2], "status")
        return os.waitstatus_to_exitcode(int(line.split()[0]))

    def children(self):
        return children(self.pid)

    @property
    def child(self):
        """The number, out here, of the program that asgi-init started."""
        return until(self.children, "a child")[0]

    def descendants(self, pid=None):
        found = []
        for child in children(pid or self.pid):
            found += [child, *self.descendants(child)]
        return found

    def kill(self):
        """Ends the namespaces and all in them. A test that starts many one after the other does it itself."""
        if self._report is None:
            return
        for process in (self.launcher, self._tracer):
            if process:
                process.send_signal(signal.SIGKILL)
                process.wait()
        os.close(self._report)
        self._report = None

    def code(self):
        """wait(), and then kill()."""
        code = self.wait()
        self.kill()
        return code


@pytest.fixture
def way():
    """Which way start() goes. A test chooses by a decorator (`every_way`, `ways`...), and by nothing else: so what test_peers.py
    reads there is true."""
    return WAYS["pid1-root"]


@pytest.fixture
def start(tmp_path, way):
    """start(WORD...): asgi-init with these words. start(ACTOR, ..., program=...) etc.: see the parameters.

    program     what to run instead of asgi-init
    root        a folder to chroot into (see `root_folder`); binds: (source, target) pairs, targets inside the root; read_only: of the root;
                outside: not to chroot, but to see the mounts from outside
    emulator    what other machines' programs are run by, as binfmt_misc takes it; "": none; None: what the machine has
    env         the whole environment; by default PATH only
    user        (uid, gid): who starts it, in a test that chose no way
    parent      there is to be a parent that can be ended: Run.parent
    block, ignore   signals that its parent had blocked and ignored; pending: that wait for it already (and are blocked)
    close       descriptors to close; pass_fds: descriptors to pass on; folder: working folder
    terminal    stdin is to be a terminal: it becomes the controlling one of a new session
    proc        "own", "none", or "shared": that of the test's namespace
    trace       words for strace (inject=..., trace=...), which watches from before the execve that starts the program; see Run.log
    """
    runs = []

    def start_one(
        *words, program=None, root=None, binds=(), env=None, user=None, parent=False, block=(), ignore=(), pending=(), close=(),
        pass_fds=(), folder=None, stdin=subprocess.DEVNULL, terminal=False, proc="own", stdout=None, stderr=None, read_only=False,
        trace=None, outside=False, emulator=None,
    ):  # fmt: skip
        if emulator is not None and LINUX < (6, 7):
            pytest.skip("a user namespace has a binfmt_misc of its own from Linux 6.7 on")
        assert user is None or way == WAYS["pid1-root"], "the way says who starts it"
        user = user or way.user
        options = [] if way.pid1 else ["--not-pid-1"]
        options += ["--parent"] if parent else []
        options += {"own": [], "none": ["--no-proc"], "shared": ["--share-proc"]}[proc]
        options += ["--root", root] if root else []
        options += ["--read-only"] if read_only else []
        options += ["--outside"] if outside else []
        options += ["--emulator", emulator] if emulator is not None else []
        options += ["--folder", folder] if folder else []
        options += ["--user", *user] if user else []
        options += ["--terminal"] if terminal else []
        for source, target in binds:
            options += ["--bind", source, target]
        for name, values in (("--block", block), ("--ignore", ignore), ("--pending", pending), ("--close", close)):
            for value in values:
                options += [name, int(value)]
        output = tmp_path / f"run-{len(runs)}"
        output.mkdir()
        run = Run(
            output,
            [program or BINARY, *words],
            options=options,
            env={"PATH": os.environ["PATH"]} if env is None else env,
            stdin=stdin,
            pass_fds=pass_fds,
            stdout=stdout,
            stderr=stderr,
            trace=trace,
        )
        runs.append(run)
        return run

    yield start_one
    for run in runs:
        run.kill()


@pytest.fixture
def root_folder(tmp_path):
    """An empty image: a folder with /proc, /tmp, /dev/null, asgi-init as /asgi-init and the actor as /actor. For
    start(..., root=root_folder, program="/asgi-init")."""
    root = tmp_path / "root"
    for name in ("proc", "tmp", "dev"):
        (root / name).mkdir(parents=True)
    os.mknod(root / "dev/null", 0o666 | 0o020000, os.makedev(1, 3))
    (root / "dev/null").chmod(0o666)
    (root / "tmp").chmod(0o1777)
    for source, name in ((BINARY, "asgi-init"), (ACTOR, "actor")):
        (root / name).write_bytes(source.read_bytes())
        (root / name).chmod(0o755)
    root.chmod(0o755)
    # pytest keeps its folders from other users; inside the chroot nobody walks through them, so they can stay so.
    return root


@pytest.fixture(scope="session", autouse=True)
def tools():
    for path in (BINARY, NAMESPACE, ACTOR):
        assert path.exists(), f"{path} is not built: run `make pid1`"
    assert os.geteuid() == 0, "these tests make namespaces: run them as root"


@pytest.fixture
def folder(way):
    """A folder of who starts the program; all may read it. pytest's own are closed to other users."""
    with tempfile.TemporaryDirectory() as name:
        os.chown(name, *(way.user or (0, 0)))
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.fixture
def server(folder):
    """The actor under the name of a server: asgi-init takes it for one, so a stop that was asked for ends in 0."""
    path = folder / "gunicorn"
    path.write_bytes(ACTOR.read_bytes())
    path.chmod(0o755)
    return path
