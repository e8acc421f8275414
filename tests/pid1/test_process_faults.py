"""System calls that fail. strace makes them fail in the very binary that ships; the outcome is a documented exit code, and what
concerns somebody is said."""

import os
import re
import shutil
import signal

import pytest
from conftest import ACTOR, BINARY, until

STRACE = shutil.which("strace")


@pytest.fixture
def inject(start, tmp_path):
    """inject(RULE..., words=...): asgi-init with these calls failing, as strace's -e inject= writes them. Its own children
    are left alone, unless `follow`."""

    def start_injected(*rules, words, follow=False, **options):
        calls = sorted({call for rule in rules for call in rule.split(":")[0].split(",")})
        trace = ["-o", tmp_path / "trace", "-e", f"trace={','.join(calls)}", *(["-f"] if follow else [])]
        inject_rules = [word for rule in rules for word in ("-e", f"inject={rule}")]
        return start(*trace, *inject_rules, BINARY, *words, program=STRACE, pid1=False, **options)

    assert STRACE, "strace is missing"
    yield start_injected
    trace = (tmp_path / "trace").read_text()
    assert "(INJECTED)" in trace, f"nothing was made to fail:\n{trace}"


@pytest.mark.parametrize(
    ("rule", "code", "says"),
    [
        ("rt_sigprocmask:error=EPERM:when=1", 71, "rt_sigprocmask|signals"),
        ("pipe2:error=EMFILE", 71, "pipe2"),
        ("?vfork,?fork,?clone:error=EAGAIN", 71, "fork"),
        ("?vfork,?fork,?clone:error=ENOMEM", 71, "fork"),
    ],
    ids=str,
)
def test_no_start(inject, rule, code, says):
    run = inject(rule, words=["--", ACTOR, "say", "started"])
    assert run.wait() == code
    assert "started" not in run.out and re.search(says, run.err)


@pytest.mark.parametrize(
    "rule",
    [
        "setpgid:error=EPERM",
        "setpgid:error=EACCES",
        "prctl:error=EINVAL",
        "chdir:error=EACCES",
        "close_range:error=ENOSYS",
        "close_range:error=EPERM",
        "wait4:error=EINTR:when=1+2",
        "rt_sigtimedwait:error=EINTR:when=1+2",
        "ioctl:error=EIO",
        "kill:error=EPERM",
        "kill:error=ESRCH",
        "getdents64:error=EIO",
        "?readlink,?readlinkat:error=EACCES",
    ],
    ids=str,
)
def test_nothing_that_the_child_notices(inject, rule):
    """Also with an orphan left over at the end, so that its part runs as well."""
    words = ["orphan", "finish", "15", "0", "0", "say", "ready", "sleep", "2", "end", "exit", "7"]
    run = inject(rule, words=["--orphan-timeout", "0.2", "--", ACTOR, *words])
    assert run.wait() == 7


def test_close_range_has_a_substitute(inject):
    read_end, write_end = os.pipe()
    run = inject("close_range:error=ENOSYS", words=["--", ACTOR, "close", str(write_end), "say", "ready", "pause"], pass_fds=(write_end,))
    os.close(write_end)
    init = run.said("ready").child
    until(lambda: set(os.listdir(f"/proc/{init}/fd")) <= {"0", "1", "2"}, "all others are closed")
    os.close(read_end)


def test_kill_that_fails_is_said_and_not_the_end(inject):
    run = inject("kill:error=EPERM", words=["--", ACTOR, "finish", "15", "0", "5", "say", "ready", "pause"])
    init = run.said("ready").child
    os.kill(init, signal.SIGTERM)
    run.told("could not forward SIGTERM")
    assert not run.ended()
    os.kill(run.descendants(init)[0], signal.SIGTERM)
    assert run.wait() == 5


def test_kill_that_fails_once_in_a_group_falls_back(inject):
    run = inject("kill:error=ESRCH:when=1", words=["--signal-to", "group", "--", ACTOR, "finish", "15", "0", "5", "say", "ready", "pause"])
    os.kill(run.said("ready").child, signal.SIGTERM)
    assert run.wait() == 5


def test_no_signal_can_be_received(inject):
    run = inject("rt_sigtimedwait:error=ENOSYS", words=["--", ACTOR, "times", "5", "orphan", "end", "end", "sleep", "0.2", "exit", "6"])
    assert run.wait() == 6
    assert "no signal can be received" in run.err


def test_end_that_nobody_tells(inject):
    run = inject("wait4:error=ECHILD", words=["--", ACTOR, "sleep", "0.1", "exit", "6"])
    assert run.wait() == 71


@pytest.mark.parametrize("error", ["E2BIG", "ENOMEM", "EACCES", "ENOENT", "EPERM", "EIO", "ETXTBSY", "ELIBBAD"])
def test_execve_that_fails(inject, error):
    """Ours was done by strace and isn't counted."""
    run = inject(f"execve:error={error}:when=1", words=["--", ACTOR, "say", "started"], follow=True)
    code = {"ENOMEM": 71, "EIO": 71, "ENOENT": 127}.get(error, 126)
    assert run.wait() == code
    assert "started" not in run.out and run.err


def test_exec_mode_that_fails(inject):
    run = inject("execve:error=EACCES:when=1", words=["--exec", "--", ACTOR, "say", "started"])
    assert run.wait() == 126
    assert "started" not in run.out and run.err
