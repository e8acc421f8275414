"""The terminal: Ctrl-C once, Ctrl-Z, job control, window size, and its end."""

import fcntl
import os
import pty
import re
import signal
import struct
import termios

import pytest
from conftest import ACTOR, BINARY, as_process, as_root, children, every_way, status_of, until


class Terminal:
    """Our end of a pseudo terminal; `side` is the other one, for a program's descriptors 0, 1 and 2."""

    def __init__(self):
        self.end, self.side = pty.openpty()
        os.set_blocking(self.end, False)
        self._text = b""
        self.resize(80, 24)

    def resize(self, columns, rows):
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.end, text.encode())
        return self

    @property
    def text(self):
        try:
            while data := os.read(self.end, 65536):
                self._text += data
        except (BlockingIOError, OSError):
            pass
        return self._text.decode(errors="replace").replace("\r\n", "\n")

    def forget(self):
        """What was shown so far counts no more."""
        _ = self.text
        self._text = b""

    def shows(self, text, times=1):
        until(lambda: self.text.count(text) >= times, lambda: f"{text!r} on the terminal:\n{self.text}")
        return self

    def close(self):
        for descriptor in (self.end, self.side):
            if descriptor is not None:
                os.close(descriptor)
        self.end = self.side = None


@pytest.fixture
def terminal():
    made = Terminal()
    yield made
    made.close()


@pytest.fixture
def on_terminal(start, terminal):
    """start(), with the terminal as descriptors 0, 1 and 2 and as the controlling one."""

    def start_on(*words, **options):
        return start(*words, terminal=True, stdin=terminal.side, stdout=terminal.side, stderr=terminal.side, **options)

    return start_on


@pytest.fixture
def bash(on_terminal, terminal):
    """An interactive shell with job control, not under asgi-init."""
    run = on_terminal("--norc", "--noprofile", "-i", program="/bin/bash", env={"PATH": os.environ["PATH"], "PS1": "$ "})
    terminal.type("set +o history; stty -echo; echo rea''dy\n").shows("ready\n")
    return run


@every_way
def test_child_holds_the_terminal(on_terminal, terminal):
    run = on_terminal("--", ACTOR, "state", "exit", "3")
    assert run.wait() == 3
    group, foreground = re.search(r"group (\d+) session \d+ foreground (\d+) size 80x24", terminal.text).groups()
    assert group == foreground


@every_way
def test_ctrl_c_comes_once(on_terminal, terminal):
    run = on_terminal("--", ACTOR, "catch", "2", "catch", "10", "say", "ready", "pause")
    terminal.shows("ready").type("\x03").shows("got 2\n")
    run.signal(10)
    terminal.shows("got 10\n")
    assert terminal.text.count("got 2\n") == 1


@every_way
def test_ctrl_c_ends_the_child(on_terminal, terminal):
    run = on_terminal("--", ACTOR, "say", "ready", "pause")
    terminal.shows("ready").type("\x03")
    assert run.wait() == 128 + signal.SIGINT


@every_way
def test_ctrl_c_under_a_shell_lets_the_server_finish(on_terminal, terminal):
    """dash dies of it at once, and what it started has got it from the terminal too."""
    script = f"{ACTOR} finish 2 0.5 0 catch 15 say ready pause; :"
    run = on_terminal("--orphan-timeout", "0.1", "--", "/bin/sh", "-c", script)
    terminal.shows("ready").type("\x03").shows("stopping\n").shows("finished\n")
    run.wait()


@every_way
def test_stop_timeout_holds_after_ctrl_c(on_terminal, terminal):
    """The child died of Ctrl-C without telling its own; they may take their time, until a stop is asked for."""
    words = ["child", "catch", "2", "catch", "15", "say", "ready", "pause", "end", "say", "ready", "pause"]
    run = on_terminal("--stop-timeout", "0.3", "--orphan-timeout", "0.1", "--", ACTOR, *words)
    terminal.shows("ready", 2).type("\x03").shows("got 15\n")
    run.signal(signal.SIGTERM)
    assert run.wait() == 128 + signal.SIGINT


@every_way
def test_window_size_reaches_the_child(on_terminal, terminal):
    on_terminal("--", ACTOR, "catch", "28", "say", "ready", "sleep", "0.1", "pause")
    terminal.shows("ready").resize(100, 40)
    terminal.shows("got 28\n")


@every_way
def test_ctrl_z_where_nobody_can_continue(on_terminal, terminal):
    """As PID 1, or as the session's leader, stopping would be for ever: so the child goes on at once."""
    run = on_terminal("--", ACTOR, "catch", "18", "say", "ready", "pause")
    terminal.shows("ready").type("\x1a").shows("got 18\n")
    assert not status_of(run.child)["State"].startswith("T")
    terminal.type("\x1a").shows("got 18\n", 2).type("\x03")
    assert run.wait() == 128 + signal.SIGINT


@as_process
def test_ctrl_z_under_a_shell_stops_both_and_fg_continues(bash, terminal):
    terminal.type(f"{BINARY} -- {ACTOR} catch 18 say started state pause\n").shows("started\n")
    terminal.type("\x1a").shows("Stopped")
    init = until(lambda: bash.children(), "the job")[0]
    assert status_of(init)["State"].startswith("T")
    terminal.type("echo still''here\n").shows("stillhere")
    terminal.type("fg\n").shows("got 18\n")
    terminal.type("\x1a").shows("Stopped", 2).type("fg\n").shows("got 18\n", 2)
    terminal.type("\x03").type("echo code=$?\n").shows("code=130")


def is_stopped(pid):
    return status_of(pid).get("State", "").startswith("T")


@as_process
def test_background_job_does_not_take_the_terminal(bash, terminal):
    terminal.type(f"{BINARY} -- {ACTOR} say started read 0 &\n").shows("started\n")
    init = until(bash.children, "the job")[0]
    child = until(lambda: children(init), "the child")[0]
    # It wants to read, so both are stopped, and the shell reads on.
    until(lambda: is_stopped(init) and is_stopped(child), "a stopped job")
    terminal.type("echo still''here\n").shows("stillhere").type("fg\n")
    until(lambda: not is_stopped(init) and not is_stopped(child), "the job's going on")
    terminal.type("hello\n").shows("read hello").type("\x04").shows("read end")
    terminal.type("echo code=$?\n").shows("code=0")


@as_process
def test_stopped_job_goes_on_in_the_background(bash, terminal):
    terminal.type(f"{BINARY} -- {ACTOR} catch 18 catch 10 say started pause\n").shows("started\n")
    terminal.type("\x1a").shows("Stopped").type("bg\n").shows("got 18\n")
    terminal.type("echo still''here\n").shows("stillhere")
    terminal.type("kill -USR1 %1\n").shows("got 10\n")


@as_process
def test_pipeline_stops_as_one(bash, terminal):
    terminal.type(f"{BINARY} -- {ACTOR} catch 18 say started pause | cat\n").shows("started\n")
    terminal.type("\x1a").shows("Stopped").type("fg\n").shows("got 18\n").type("\x03").type("echo co''de\n").shows("code")


@as_process
def test_script_reads_the_terminal_after_us(on_terminal, terminal):
    script = f'{BINARY} -- {ACTOR} exit 0; read -r line; echo "line is $line"'
    run = on_terminal("-c", script, program="/bin/sh")
    terminal.type("hello\n").shows("line is hello")
    assert run.wait() == 0


@as_process
def test_script_reads_the_terminal_after_a_failed_start(on_terminal, terminal, tmp_path):
    program = tmp_path / "garbage"
    program.write_bytes(b"\0garbage")
    program.chmod(0o755)
    run = on_terminal("-c", f'{BINARY} -- {program}; read -r line; echo "line is $line"', program="/bin/sh")
    terminal.type("hello\n").shows("line is hello")
    assert run.wait() == 0


@every_way
def test_interactive_shell_has_job_control(on_terminal, terminal):
    run = on_terminal("--", "/bin/bash", "--norc", "--noprofile", "-i", env={"PATH": os.environ["PATH"], "PS1": "$ "})
    terminal.type("stty -echo; echo rea''dy\n").shows("ready\n")
    assert "job control" not in terminal.text and "terminal process group" not in terminal.text
    terminal.type(f"{ACTOR} say one pause\n").shows("one\n").type("\x03").type("echo code=$?\n").shows("code=130")
    terminal.type(f"{ACTOR} catch 18 say two pause\n").shows("two\n").type("\x1a").shows("Stopped").type("fg\n").shows("got 18\n")
    terminal.type("\x03").type("exit 5\n")
    assert run.wait() == 5


@every_way
def test_terminal_that_goes_away(on_terminal, terminal):
    run = on_terminal("--", ACTOR, "say", "ready", "pause")
    terminal.shows("ready").close()
    assert run.wait() == 128 + signal.SIGHUP


@every_way
def test_redirected_input_still_gets_ctrl_c_once(start, terminal):
    """The terminal is the controlling one without being stdin of the child."""
    script = f"exec {BINARY} -- {ACTOR} catch 2 catch 10 say ready pause </dev/null"
    run = start("-c", script, program="/bin/sh", terminal=True, stdin=terminal.side, stdout=terminal.side, stderr=terminal.side)
    terminal.shows("ready").type("\x03").shows("got 2\n")
    run.signal(10)
    terminal.shows("got 10\n")
    assert terminal.text.count("got 2\n") == 1


SET_FOREGROUND = "TIOCSPGRP"  # tcsetpgrp(3)


def foreground_calls(log):
    """[(process, which of its ioctls)] of those that set the foreground."""
    count, found = {}, []
    for process, request in re.findall(r"^(\d+) +ioctl\(\d+, (\w+)", log, re.M):
        count[process] = count.get(process, 0) + 1
        if request == SET_FOREGROUND:
            found.append((process, count[process]))
    return found


@as_root
@pytest.mark.parametrize("error", ["ENOTTY", "EPERM", "EIO", "EINTR", "EINVAL"])
@pytest.mark.parametrize("which", ["the child takes it", "it is given back"])
def test_terminal_that_cannot_be_handed_over(on_terminal, terminal, which, error):
    """A child that wants it all the same is stopped, and gets it then: so what is typed reaches it. On a terminal our own
    first ioctls only ask whether it is one."""
    words = ["--", ACTOR, "say", "ready", "read", "0"]

    def run_with(*rules):
        run = on_terminal(*words, trace=["-e", "trace=ioctl", *rules])
        terminal.shows("ready").type("hello\n").shows("read hello\n").type("\x04").shows("read end\n")
        return run, run.wait()

    plain, code = run_with()
    assert code == 0
    calls = foreground_calls(plain.log)
    assert len(calls) == 2, plain.log
    plain.kill()
    terminal.forget()
    number = calls[which == "it is given back"][1]
    run, code = run_with("-e", f"inject=ioctl:error={error}:when={number}")
    assert code == 0
    assert re.search(rf"ioctl\(\d+, {SET_FOREGROUND}.*INJECTED", run.log), run.log
