"""`docker run -it` as people type it: the client on a terminal of ours, asgi-init as PID 1 on Docker's; and what isn't a terminal.

After these, a server that is started by a shell, as `CMD uvicorn ...` without brackets does it.
"""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios

import harness
import pytest

SERVE = ("app.main:app", "--host", "0.0.0.0")
RUNNING = "Uvicorn running on"


class Terminal(harness.Box):
    """A container, and our end of the terminal that its client runs on."""

    def __init__(self, name, command, columns=100, rows=30):
        super().__init__(name)
        self.end, side = pty.openpty()
        os.set_blocking(self.end, False)
        self.seen = b""
        self.resize(columns, rows)
        # The client must find its terminal as the controlling one, or it is never told of a new size.
        self.client = subprocess.Popen(
            ["setsid", "-c", "docker", "run", "--interactive", "--tty", *command],
            stdin=side, stdout=side, stderr=side, env={**os.environ, "TERM": "dumb"},
        )  # fmt: skip
        os.close(side)

    def resize(self, columns, rows):
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def text(self):
        try:
            while data := os.read(self.end, 65536):
                self.seen += data
        except OSError:  # nothing there yet, or the client has gone
            pass
        return self.seen.decode(errors="replace").replace("\r\n", "\n")

    def type(self, text):
        os.write(self.end, text.encode())
        return self

    def shows(self, text):
        """Until the text is there. What is waited for must not be what is typed, which the terminal shows too."""
        try:
            harness.until(lambda: text in self.text() or self.client.poll() is not None, f"{text!r} on the terminal")
        except AssertionError as error:
            raise AssertionError(f"{error}:\n{self.text()}") from None
        assert text in self.text(), self.text()
        return self

    def ends(self):
        """The exit code, which is the client's too."""

        def ended():
            self.text()  # who isn't read from can't write its last words
            return self.client.poll() is not None

        harness.until(ended, f"the end of {self.name}")
        assert self.wait() == self.client.returncode, self.text()
        return self.client.returncode

    def close(self):
        self.client.kill()
        self.client.wait()
        os.close(self.end)


@pytest.fixture
def on_terminal(dock):
    """docker run -it."""
    opened = []

    def start(*words, **settings):
        name, command = dock.command(*words, **settings)
        opened.append(Terminal(name, command))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


# ---- uvicorn ----


@pytest.mark.parametrize("words", [SERVE, ("--user", "app", *SERVE)], ids=["Docker's user", "--user"])
def test_ctrl_c_once_stops_uvicorn(on_terminal, words):
    terminal = on_terminal(*words, options=["--user=root"] if "--user" in words else [])
    terminal.shows(RUNNING).type("\x03")
    assert terminal.ends() == 0
    text = terminal.text()
    # A second one would make it leave without the shutdown of the application.
    assert "sample: lifespan stop" in text and "Finished server process" in text
    assert "Traceback" not in text


def test_ctrl_z_does_not_stop_uvicorn_for_good(on_terminal):
    """Nobody could continue what stands under PID 1."""
    terminal = on_terminal(*SERVE, ports=[8000])
    terminal.shows(RUNNING).type("\x1a")
    # In the terminal's own order, so it has been stopped before anybody asks.
    terminal.shows("^Z")
    assert terminal.health()["status"] == "ok"
    terminal.type("\x03")
    assert terminal.ends() == 0
    assert "sample: lifespan stop" in terminal.text()


def test_docker_stop_beside_a_terminal(on_terminal):
    terminal = on_terminal(*SERVE)
    terminal.shows(RUNNING)
    assert terminal.stop() == 0
    assert terminal.ends() == 0
    assert "sample: lifespan stop" in terminal.text()


def test_a_terminal_that_goes_away_leaves_the_server(on_terminal):
    """The client's window is closed: Docker keeps the container, and so does asgi-init."""
    terminal = on_terminal(*SERVE, ports=[8000])
    terminal.shows(RUNNING)
    terminal.client.kill()
    terminal.client.wait()
    assert terminal.health()["status"] == "ok"
    assert terminal.stop() == 0
    assert "sample: lifespan stop" in terminal.logs()


# ---- bash ----

PROMPT = "what next? "
SLEEP = "bash -c 'echo run\"\"ning; exec sleep 1000'\n"


@pytest.fixture
def bash(on_terminal):
    """A shell, told to whom it has prompted."""

    def start(*words, options=()):
        terminal = on_terminal(*words, "bash", "--norc", options=options, environment={"PS1": PROMPT})
        return terminal.shows(PROMPT)

    return start


def size_is(terminal, size):
    """Docker's client tells the size of its terminal at the start, and at each SIGWINCH."""

    def arrived():
        if terminal.execute("sh", "-c", "stty size </dev/pts/0") == size:
            return True
        # At the start it tries a few times within milliseconds, and then never again unasked.
        terminal.client.send_signal(signal.SIGWINCH)
        return False

    harness.until(arrived, f"{size} as size")


@pytest.mark.parametrize("options, words", [([], []), (["--user=root"], ["--user", "app"])], ids=["Docker's user", "--user"])
def test_bash_has_job_control_and_the_size(bash, options, words):
    terminal = bash(*words, options=options)
    assert "no job control" not in terminal.text() and "terminal process group" not in terminal.text()
    size_is(terminal, "30 100")
    terminal.type("stty size; tty\n").shows("30 100\n/dev/pts/0\n")
    terminal.type(SLEEP).shows("running\n").type("\x1a").shows("Stopped")
    terminal.resize(132, 50)
    size_is(terminal, "50 132")
    terminal.type("kill -9 %1; wait; stty size; exit 5\n").shows("50 132\n")
    assert terminal.ends() == 5


def test_ctrl_c_in_bash_ends_what_it_runs_and_not_bash(bash):
    terminal = bash()
    terminal.type(SLEEP).shows("running\n").type("\x03").type("echo code=$?\n").shows("code=130")
    terminal.type("\x04")
    assert terminal.ends() == 0


# ---- Python ----


def test_python_reads_lines_and_ctrl_c(on_terminal):
    # The new REPL draws each line anew with every key, so that nothing typed could be told from what is printed.
    terminal = on_terminal("python", "-q", environment={"PYTHON_BASIC_REPL": "1"})
    terminal.shows(">>> ").type("import os, time; print('one', 6 * 7)\n").shows("one 42")
    terminal.type("print('two', 8 * 8); time.sleep(1000)\n").shows("two 64").type("\x03").shows("KeyboardInterrupt")
    terminal.type("print('foreground', os.tcgetpgrp(0) == os.getpgrp(), os.getpid() > 1)\n").shows("foreground True True")
    terminal.type("raise SystemExit(7)\n")
    assert terminal.ends() == 7


# ---- no terminal ----


def test_a_pipe_is_read_to_its_end(dock):
    read_end, write_end = os.pipe()
    os.write(write_end, b"one\ntwo\n")
    os.close(write_end)
    done = dock.end("sh", "-c", "cat; echo end", options=["--interactive"], stdin=read_end)
    os.close(read_end)
    assert (done.returncode, done.stdout, done.stderr) == (0, "one\ntwo\nend\n", "")


def test_no_input_at_all(dock):
    done = dock.end("sh", "-c", "cat; tty; echo end; exit 3")
    assert (done.returncode, done.stdout, done.stderr) == (3, "not a tty\nend\n", "")


@pytest.mark.parametrize("closed", ["<&-", "<&- >&- 2>&-"])
def test_closed_descriptors_under_a_terminal(dock, closed):
    """They stay closed or are /dev/null, and the terminal stays the controlling one: the child ends as it likes."""
    done = dock.end("-c", f"exec /asgi-init -- sh -c 'exit 4' {closed}", options=["--entrypoint=/bin/bash", "--tty"])
    assert done.returncode == 4, done.stdout + done.stderr


# ---- a server under a shell ----

SHELLS = {
    "the shell becomes it": "exec uvicorn app.main:app --host 0.0.0.0",
    "the last of a list": "true && uvicorn app.main:app --host 0.0.0.0",
    "the shell waits for it": "uvicorn app.main:app --host 0.0.0.0; true",
}


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("script", SHELLS.values(), ids=SHELLS)
def test_a_server_under_a_shell_shuts_down_in_order(dock, shell, script):
    """`docker stop` tells the shell alone, which dies of it: the server is told next, and waited for. A COMMAND that dies of
    what it was sent ends in 143. A server that handles TERM is not cut short by the time for orphans, however short."""
    box = dock.run(shell, "-c", script, environment={"ASGI_INIT_ORPHAN_TIMEOUT": "0.1"})
    box.health()
    assert box.stop() == 143
    logs = box.logs()
    assert "sample: lifespan stop" in logs and "Finished server process" in logs, logs
    assert "Traceback" not in logs, logs
