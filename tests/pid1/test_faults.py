"""Faults in the shipped binary: each system call that a start and a stop depend on fails once, at each place where it is made.

strace starts asgi-init, so there is no moment before it watches, and injects the fault; a first run without one tells how often
each call is made. Whatever fails, the outcome is a documented exit code with a message, or the program as it was meant to
run; and never a program with other rights than planned. The second half lets calls lie: they do nothing and say that they did.
"""

import os
import re
import signal

import pytest
from conftest import BINARY, until

pytestmark = pytest.mark.long

STRACE = "/usr/bin/strace"
OWN_CODES = {64, 66, 67, 69, 70, 71, 72, 77, 78, 126, 127}
STATUS = ["grep", "-E", "^(Uid|Gid|Groups|Cap...|NoNewPrivs):", "/proc/self/status"]
AS_USER = ["--user", "1000:1000", "--keep-caps", "KILL", "--"]
PLANNED = """\
Uid: 1000 1000 1000 1000
Gid: 1000 1000 1000 1000
Groups: 1000
CapInh: 0000000000000020
CapPrm: 0000000000000020
CapEff: 0000000000000020
CapBnd: 0000000000000000
CapAmb: 0000000000000020
NoNewPrivs: 1
"""

ERRORS = {
    "fork": ["EAGAIN", "ENOMEM"],
    "vfork": ["EAGAIN", "ENOMEM"],
    "clone": ["EAGAIN", "ENOMEM"],
    "clone3": ["EAGAIN", "ENOSYS"],
    "execve": ["EACCES", "ENOENT", "ENOEXEC", "E2BIG", "ENOMEM", "EPERM"],
    "setpgid": ["EPERM", "EACCES", "ESRCH"],
    "rt_sigtimedwait": ["EINTR", "EAGAIN", "ENOSYS"],
    "wait4": ["EINTR", "ECHILD"],
    "waitid": ["EINTR", "ECHILD"],
    "prctl": ["EINVAL", "EPERM"],
    "setgroups": ["EPERM", "EINVAL", "ENOMEM"],
    "setresgid": ["EPERM", "EINVAL"],
    "setresuid": ["EPERM", "EINVAL", "EAGAIN"],
    "capset": ["EPERM", "EINVAL"],
    "capget": ["EINVAL"],
}
MAY_BE_ABSENT = {"fork", "vfork", "clone", "clone3", "wait4", "waitid", "capget"}
"""One of several ways, which another C library or processor takes."""


def planned(text):
    return re.sub(r"[\t ]+", " ", text).replace(" \n", "\n") == PLANNED


def traced(start, *words, inject=(), **options):
    """asgi-init as a child of strace, which is PID 1; its log is run.log."""
    calls = ",".join(f"?{call}" for call in [*ERRORS, "kill"])
    words = ["-f", "-qq", "-e", f"trace={calls}", *(word for fault in inject for word in ("-e", f"inject={fault}")), BINARY, *words]
    log = options.pop("log")
    run = start("-o", log, *words, program=STRACE, **options)
    run.log = log
    return run


def places(start, tmp_path):
    """{call: [which of the calls]}: of calls with the same first arguments the first one only."""
    run = traced(start, *AS_USER, *STATUS, log=tmp_path / "log")
    assert run.wait() == 0, run.err
    assert planned(run.out), run.out
    seen, count, found = set(), {}, {}
    for line in run.log.read_text().splitlines():
        match = re.match(r"(\d+) +(\w+)\(([^)]*)", line)
        if not match:
            continue
        pid, call, arguments = match.groups()
        count[pid, call] = count.get((pid, call), 0) + 1
        words = arguments.split(", ")[: 2 if "AMBIENT" in arguments else 1]
        # What is made many times alike is tried once; each capset and each change of ids is another step.
        key = (call, *words) if call == "prctl" else (call, count[pid, call])
        if key not in seen:
            seen.add(key)
            found.setdefault(call, []).append(count[pid, call])
    found["execve"] = [1]  # strace's own execve of asgi-init is no place
    return {call: sorted(set(numbers)) for call, numbers in found.items()}


def assert_outcome(run, fault):
    """What the program printed was printed with the planned rights; and where it didn't run to its end, it was said why."""
    code = run.wait()
    what = f"{fault}: exit code {code}\n{run.out}\n{run.err}"
    assert run.out == "" or planned(run.out), what
    if code == 0:
        assert run.out, what
    else:
        assert code in OWN_CODES, what
        assert run.err.startswith("asgi-init: "), what
    return code


@pytest.mark.parametrize("call", ERRORS)
def test_a_call_fails_once(start, tmp_path, call):
    found = places(start, tmp_path).get(call, [])
    assert found or call in MAY_BE_ABSENT, f"{call} is never made: what does its work now?"
    for number in found:
        for error in ERRORS[call]:
            fault = f"{call}:error={error}:when={number}"
            run = traced(start, *AS_USER, *STATUS, inject=[fault], log=tmp_path / f"log-{error}-{number}")
            assert_outcome(run, fault)


@pytest.mark.parametrize(
    "call, number, code",
    [("setgroups", 1, 77), ("setresgid", 1, 77), ("setresuid", 1, 77), ("capset", 1, 71), ("capset", 2, 71)],
)
def test_a_right_that_is_refused_ends_the_start(start, tmp_path, call, number, code):
    fault = f"{call}:error=EPERM:when={number}"
    run = traced(start, *AS_USER, *STATUS, inject=[fault], log=tmp_path / "log")
    assert run.wait() == code, run.err
    assert run.out == ""
    assert "asgi-init: error[" in run.err


LYING = ["setgroups", "setresgid", "setresuid", "capset", "prctl"]


@pytest.mark.parametrize("call", LYING)
def test_a_call_that_lies_is_found_out(start, tmp_path, call):
    """It says 0 and does nothing: what counts is what the kernel shows afterwards. The second setresuid is the one that
    tries to get root back: a 0 there must end the start too."""
    found = places(start, tmp_path)[call]
    codes = []
    for number in found:
        fault = f"{call}:retval=0:when={number}"
        run = traced(start, *AS_USER, *STATUS, inject=[fault], log=tmp_path / f"log-{number}")
        codes.append(assert_outcome(run, fault))
    assert 71 in codes or 77 in codes, codes
    if call in ("setgroups", "setresgid", "setresuid"):
        assert 0 not in codes, codes


@pytest.mark.parametrize("error", ["ESRCH", "EPERM", "EINVAL"])
def test_a_signal_that_cannot_be_sent(start, tmp_path, error):
    """No error of kill ends asgi-init: the child goes on, and so does the wait for it."""
    run = traced(start, "--", "sleep", "3600", inject=[f"kill:error={error}"], log=tmp_path / "log")
    until(lambda: run.log.exists() and '"sleep"' in run.log.read_text(), "the program")
    asgi_init = run.child
    until(lambda: len(run.descendants()) == 2, "the child")
    child = run.descendants()[1]
    os.kill(asgi_init, signal.SIGTERM)
    until(lambda: "kill(" in run.log.read_text(), "the signal passed on")
    os.kill(child, signal.SIGKILL)
    assert run.wait() == 137, run.err
