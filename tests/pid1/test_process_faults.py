"""System calls that fail. strace makes them fail in the very binary that ships, as PID 1 and not; the outcome is a documented exit
code, and what concerns somebody is said."""

import os
import re
import signal

import pytest
from conftest import ACTOR, every_way, until


@pytest.fixture
def inject(start):
    """inject(RULE..., words=...): asgi-init with these calls failing, as strace's -e inject= writes them; in the test's way.
    `only`: of calls that take a path, those with this one."""
    runs = []

    def start_injected(*rules, words, only=None, **options):
        calls = sorted({call for rule in rules for call in rule.split(":")[0].split(",")})
        trace = ["-e", f"trace={','.join(calls)}", *(word for rule in rules for word in ("-e", f"inject={rule}"))]
        trace += ["-P", only] if only else []
        runs.append(start(*words, trace=trace, **options))
        return runs[-1]

    yield start_injected
    for run in runs:
        assert "(INJECTED)" in run.log, f"nothing was made to fail:\n{run.log}"


@every_way
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


@every_way
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
        "?readlink,?readlinkat:error=EACCES",
    ],
    ids=str,
)
def test_nothing_that_the_child_notices(inject, rule):
    """Also with an orphan left over at the end, so that its part runs as well."""
    words = ["orphan", "finish", "15", "0", "0", "say", "ready", "sleep", "2", "end", "exit", "7"]
    run = inject(rule, words=["--pdeathsig", "USR1", "--orphan-timeout", "0.2", "--", ACTOR, *words])
    assert run.wait() == 7


@every_way
@pytest.mark.parametrize("rule", ["getdents64:error=EIO", "getdents64:error=ENOMEM:when=1"])
def test_leftovers_that_cannot_be_listed(inject, rule, way):
    """A shell that dies of the stop has told nobody: they are listed then, as PID 1 too. Where that fails all are told."""
    words = ["orphan", "finish", "15", "0", "0", "say", "ready", "sleep", "3600", "end", "pause"]
    run = inject(rule, words=["--orphan-timeout", "0.5", "--", ACTOR, *words])
    run.said("ready").signal(signal.SIGTERM)
    assert run.wait() == 143
    assert not way.pid1 or "finished" in run.out


@every_way
def test_close_range_has_a_substitute(inject):
    read_end, write_end = os.pipe()
    run = inject("close_range:error=ENOSYS", words=["--", ACTOR, "close", str(write_end), "say", "ready", "pause"], pass_fds=(write_end,))
    os.close(write_end)
    run.said("ready")
    until(lambda: set(os.listdir(f"/proc/{run.pid}/fd")) <= {"0", "1", "2"}, "all others are closed")
    os.close(read_end)


@every_way
def test_kill_that_fails_is_said_and_not_the_end(inject):
    run = inject("kill:error=EPERM", words=["--", ACTOR, "finish", "15", "0", "5", "say", "ready", "pause"])
    run.said("ready").signal(signal.SIGTERM)
    run.told("could not forward SIGTERM")
    assert not run.ended()
    os.kill(run.child, signal.SIGTERM)
    assert run.wait() == 5


@every_way
def test_kill_that_fails_once_in_a_group_falls_back(inject):
    run = inject("kill:error=ESRCH:when=1", words=["--signal-to", "group", "--", ACTOR, "finish", "15", "0", "5", "say", "ready", "pause"])
    run.said("ready").signal(signal.SIGTERM)
    assert run.wait() == 5


@every_way
def test_no_signal_can_be_received(inject):
    run = inject("rt_sigtimedwait:error=ENOSYS", words=["--", ACTOR, "times", "5", "orphan", "end", "end", "sleep", "0.2", "exit", "6"])
    assert run.wait() == 6
    assert "no signal can be received" in run.err


@every_way
def test_end_that_nobody_tells(inject):
    run = inject("wait4:error=ECHILD", words=["--", ACTOR, "sleep", "0.1", "exit", "6"])
    assert run.wait() == 71


@every_way
@pytest.mark.parametrize("error", ["E2BIG", "ENOMEM", "EACCES", "ENOENT", "EPERM", "EIO", "ETXTBSY", "ELIBBAD"])
def test_execve_that_fails(inject, error):
    run = inject(f"execve:error={error}", words=["--", ACTOR, "say", "started"], only=ACTOR)
    code = {"ENOMEM": 71, "EIO": 71, "ENOENT": 127}.get(error, 126)
    assert run.wait() == code
    assert "started" not in run.out and run.err


@every_way
def test_exec_mode_that_fails(inject):
    run = inject("execve:error=EACCES", words=["--exec", "--", ACTOR, "say", "started"], only=ACTOR)
    assert run.wait() == 126
    assert "started" not in run.out and run.err
