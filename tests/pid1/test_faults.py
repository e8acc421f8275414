"""Faults in the shipped binary: each system call that a start and a stop depend on fails once, at each place where it is made.

strace injects them from outside of the namespaces, so asgi-init is PID 1 of its own all the same; a first run without a fault
tells how often each call is made. Whatever fails, the outcome is a documented exit code with a message, or the program as it was
meant to run; never a program with other rights than planned, and nothing that is left behind. The second half lets calls lie: they
do nothing and say that they did.
"""

import os
import re
import shutil
import signal
from typing import NamedTuple

import pytest
from conftest import ACTOR, children, until

pytestmark = pytest.mark.long

OWN_CODES = {64, 66, 67, 69, 70, 71, 72, 77, 78, 126, 127}
PROGRAM = shutil.which("grep")
STATUS = [PROGRAM, "-E", "^(Uid|Gid|Groups|Cap...|NoNewPrivs):", "/proc/self/status"]
KILL = 1 << signal.SIGKILL >> 4  # CAP_KILL is 5

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
OF_IDS = ("setgroups", "setresgid", "setresuid")


def status(uid, groups, *, kept=0, bounding=0, new=0):
    """What STATUS prints of a program with these rights."""
    sets = {"CapInh": kept, "CapPrm": kept, "CapEff": kept, "CapBnd": bounding, "CapAmb": kept}
    return {
        "Uid": [str(uid)] * 4,
        "Gid": [str(uid)] * 4,
        "Groups": [str(group) for group in groups],
        **{name: [f"{bits:016x}"] for name, bits in sets.items()},
        "NoNewPrivs": [str(1 - new)],
    }


def own_status():
    return dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\t" in line)


class Way(NamedTuple):
    """One way to be started, which start() takes as it takes conftest's, and with which rights the program is to run then."""

    pid1: bool
    words: list
    calls: tuple
    """Of those that change rights: the ones that are made."""
    user: tuple | None = None

    def planned(self):
        own = own_status()
        if self.user:
            return status(1000, [], bounding=int(own["CapBnd"], 16), new=1 - int(own["NoNewPrivs"]))
        if "--user" in self.words:
            return status(1000, [1000], kept=KILL)
        return status(0, own["Groups"].split(), kept=KILL)


SWITCH = ["--user", "1000:1000", "--keep-caps", "KILL", "--"]
DROP = ["--drop-privs", "--keep-caps", "KILL", "--"]
WAYS = {
    "PID 1 switches": Way(True, SWITCH, (*OF_IDS, "capset", "prctl")),
    "switches": Way(False, SWITCH, (*OF_IDS, "capset", "prctl")),
    "PID 1 drops": Way(True, DROP, ("capset", "prctl")),
    "PID 1 is a user": Way(True, ["--"], (), (1000, 1000)),
    "user with --pdeathsig": Way(False, ["--pdeathsig", "TERM", "--"], (), (1000, 1000)),
}


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def way(request):
    return request.param


def traced(start, way, *words, inject=()):
    """Of the execves those of the program count, not the one that makes a process asgi-init."""
    calls = ",".join(f"?{call}" for call in [*ERRORS, "kill"])
    only = ["-P", PROGRAM] if any(fault.startswith("execve") for fault in inject) else []
    trace = [*only, "-e", "signal=none", "-e", f"trace={calls}", *(word for fault in inject for word in ("-e", f"inject={fault}"))]
    return start(*words, trace=trace)


def printed(text):
    return {name: value.split() for name, value in re.findall(r"^(\w+):(.*)$", text, re.M)}


_places = {}


def places(start, way):
    """{call: [which of the calls]}: of calls with the same first arguments the first one only."""
    key = repr(way)
    if key in _places:
        return _places[key]
    run = traced(start, way, *way.words, *STATUS)
    assert run.wait() == 0, run.err
    assert printed(run.out) == way.planned(), run.out
    seen, count, found = set(), {}, {}
    for line in run.log.splitlines():
        match = re.match(r"(\d+) +(\w+)\(([^)]*)", line)
        if not match:
            continue
        pid, call, arguments = match.groups()
        count[pid, call] = count.get((pid, call), 0) + 1
        words = arguments.split(", ")[: 2 if "AMBIENT" in arguments else 1]
        # What is made many times alike is tried once; each capset and each change of ids is another step.
        step = (call, *words) if call == "prctl" else (call, count[pid, call])
        if step not in seen:
            seen.add(step)
            found.setdefault(call, []).append(count[pid, call])
    found["execve"] = [1]
    _places[key] = {call: sorted(set(numbers)) for call, numbers in found.items()}
    return _places[key]


def assert_outcome(run, way, fault):
    """What the program printed was printed with the planned rights; and where it didn't run to its end, it was said why."""
    code = run.wait()
    what = f"{fault}: exit code {code}\n{run.out}\n{run.err}"
    executed = re.findall(rf'execve\("{PROGRAM}"(?!.* = -1 )', run.log)
    if run.out:
        assert printed(run.out) == way.planned(), what
    elif not fault.startswith("wait"):  # after those it may end before it has printed
        assert not executed, f"it ran, and who knows with which rights: {what}\n{executed}"
    if code == 0:
        assert run.out, what
    else:
        assert code in OWN_CODES, what
        assert run.err.startswith("asgi-init: "), what
    until(lambda: not children(run.guard), f"nothing left behind: {what}")
    run.kill()
    return code


@pytest.mark.parametrize("call", ERRORS)
def test_a_call_fails_once(start, way, call):
    found = places(start, way).get(call, [])
    changes_rights = call in (*OF_IDS, "capset", "prctl")
    assert found or call in MAY_BE_ABSENT or (changes_rights and call not in way.calls), f"{call} is never made: what does its work?"
    for number in found:
        for error in ERRORS[call]:
            fault = f"{call}:error={error}:when={number}"
            assert_outcome(traced(start, way, *way.words, *STATUS, inject=[fault]), way, fault)


@pytest.mark.parametrize(
    "call, number, code",
    [("setgroups", 1, 77), ("setresgid", 1, 77), ("setresuid", 1, 77), ("capset", 1, 71), ("capset", 2, 71)],
)
@pytest.mark.parametrize("way", [WAYS["PID 1 switches"], WAYS["switches"]], ids=["pid1", "not-pid1"])
def test_a_right_that_is_refused_ends_the_start(start, way, call, number, code):
    fault = f"{call}:error=EPERM:when={number}"
    run = traced(start, way, *way.words, *STATUS, inject=[fault])
    assert assert_outcome(run, way, fault) == code
    assert run.out == ""
    assert "asgi-init: error[" in run.err


TRIALS = {
    "switches": (["--user", "1000:1000"], None, 2),  # after the call that becomes the user
    "switches, and keeps another right": (SWITCH[:-1], None, 2),
    "has no root's rights": (["--drop-privs"], (1000, 1000), 1),
}


@pytest.mark.parametrize(
    "way, number",
    [
        pytest.param(Way(pid1, words, (), user), number, id=f"{name}-{'pid1' if pid1 else 'not-pid1'}")
        for name, (words, user, number) in TRIALS.items()
        for pid1 in (True, False)
    ],
)
def test_root_that_could_be_had_back_starts_nothing(start, way, number):
    """The last step tries setresuid(0), which must fail. All that was read before was right, so nothing but that trial sees it."""
    fault = f"setresuid:retval=0:when={number}"
    run = start(*way.words, "--", ACTOR, "say", "started", trace=["-e", "trace=setresuid", "-e", f"inject={fault}"])
    assert run.wait() == 71, run.err
    assert "error[privileges-not-changed]: the privileges are not what was asked for: setresuid(0) worked" in run.err
    assert "started" not in run.out
    [*_, last] = [line for line in run.log.splitlines() if "setresuid(" in line]
    assert "setresuid(0, 0, 0)" in last and "(INJECTED)" in last, run.log


LIES = [pytest.param(way, call, id=f"{name}-{call}") for name, way in WAYS.items() for call in way.calls]


@pytest.mark.parametrize("way, call", LIES)
def test_a_call_that_lies_is_found_out(start, way, call):
    """It says 0 and does nothing: what counts is what the kernel shows afterwards."""
    codes = []
    for number in places(start, way)[call]:
        fault = f"{call}:retval=0:when={number}"
        codes.append(assert_outcome(traced(start, way, *way.words, *STATUS, inject=[fault]), way, fault))
    assert 71 in codes or 77 in codes, codes
    if call in OF_IDS:
        assert 0 not in codes, codes


@pytest.mark.parametrize("error", ["ESRCH", "EPERM", "EINVAL"])
def test_a_signal_that_cannot_be_sent(start, way, error):
    """No error of kill ends asgi-init: the child goes on, and so does the wait for it."""
    run = traced(start, way, "--", ACTOR, "say", "ready", "pause", inject=[f"kill:error={error}"])
    child = run.said("ready").child
    os.kill(run.pid, signal.SIGTERM)
    until(lambda: "kill(" in run.log, "the signal passed on")
    os.kill(child, signal.SIGKILL)
    assert run.wait() == 137, run.err
