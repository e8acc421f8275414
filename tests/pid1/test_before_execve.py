"""The child until it executes: made by vfork(2), it is lent asgi-init's memory, and asgi-init stands still in the kernel.

Nobody is quick enough to meet it there, so strace sends the signal out of a call that only the child makes. To be stopped before
it has executed, it has to come back from an execve: that of a script without a #! line, which /bin/sh runs then.
"""

import os
import shutil
import signal

import pytest
from conftest import ACTOR, children, every_way, is_alive, status_of, until

TERM, KILL, CONT = signal.SIGTERM, signal.SIGKILL, signal.SIGCONT
SLEEP = shutil.which("sleep")
pytestmark = every_way


def at_execve(path, number):
    return ["-e", "trace=execve", "-P", path, "-e", f"inject=execve:signal={number}"]


class Stopped:
    """asgi-init, whose child was stopped before it had executed."""

    def __init__(self, start, folder, *words, command, **options):
        script = folder / "script"
        script.write_text(f"echo started\nexec {command}\n")
        script.chmod(0o755)
        self.run = start(*words, "--", "/mnt/script", trace=at_execve("/mnt/script", "STOP"), binds=[(folder, "/mnt")], **options)
        self.child = self.run.child
        until(lambda: "SIGSTOP" in self.run.log and status_of(self.child)["State"][0] in "Tt", lambda: self.run.log)
        self.assert_in_window()

    def assert_in_window(self):
        """Its program is asgi-init still, which waits for it in a way that only SIGKILL ends; or reads, where vfork is a fork."""
        assert os.path.samefile(f"/proc/{self.child}/exe", f"/proc/{self.run.pid}/exe")
        until(lambda: status_of(self.run.pid)["State"][0] in "DS", "asgi-init waits")
        assert self.run.out == ""

    def go_on(self):
        self.assert_in_window()
        os.kill(self.child, CONT)
        return self.run


@pytest.fixture
def stopped(start, tmp_path):
    """stopped(WORD..., command=...): with these words, and what the script becomes."""
    folder = tmp_path / "image"
    folder.mkdir()
    folder.chmod(0o755)
    return lambda *words, command=f"{SLEEP} 3600": Stopped(start, folder, *words, command=command)


def assert_killed(run):
    assert run.wait() == 128 + KILL, run.err
    assert "warning[killed-from-outside]" in run.err
    assert run.out == ""
    until(lambda: not children(run.guard), "nothing left behind")


def test_killed_as_it_executes(start):
    run = start("--", ACTOR, "say", "started", trace=at_execve(ACTOR, "KILL"))
    assert_killed(run)


def test_killed_before_it_executes(stopped):
    window = stopped()
    os.kill(window.child, KILL)
    assert_killed(window.run)


def test_stopped_before_it_executes_and_goes_on(stopped):
    run = stopped(command=f"{ACTOR} finish 15 0 5 say ready pause").go_on()
    run.said("ready").signal(TERM)
    assert run.wait() == 5, run.err
    assert "warning[script-without-interpreter-line]" in run.err


@pytest.mark.parametrize("words", [[], ["--signal-to", "group"]], ids=str)
def test_a_stop_that_comes_before_it_executes_reaches_it(stopped, words):
    window = stopped(*words)
    window.run.signal(TERM)
    assert window.go_on().wait() == 128 + TERM, window.run.err
    until(lambda: not children(window.run.guard), "nothing left behind")


def test_asgi_init_killed_before_it_executes(stopped):
    """--pdeathsig is in force already; as PID 1 it takes all of them along in any case."""
    window = stopped("--pdeathsig", "KILL")
    window.run.signal(KILL)
    assert window.run.wait() == -KILL
    until(lambda: not is_alive(window.child), "the child's end")
    assert window.run.out == ""
