"""How a stop goes, and what becomes of those whom the child leaves behind."""

import json
import os
import re
import signal
import time

import pytest
from conftest import ACTOR, as_pid1, as_process, as_root, children, every_way, is_alive, status_of, until

TERM, INT, KILL, STOP = signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGSTOP
LONG = "1000"
"""Seconds that no test waits for."""


@every_way
def test_stop_is_forwarded_and_waited_for(start):
    run = start("--", ACTOR, "finish", "15", "0.3", "5", "say", "ready", "pause")
    run.said("ready").signal(TERM)
    assert run.wait() == 5
    assert "stopping\nfinished\n" in run.out


@every_way
def test_stopped_child_goes_on_to_stop(start):
    run = start("--", ACTOR, "finish", "15", "0", "3", "say", "ready", "pause")
    child = run.said("ready").child
    os.kill(child, STOP)
    until(lambda: status_of(child)["State"].startswith("T"), "the child's stop")
    run.signal(TERM)
    assert run.wait() == 3


@as_root
@pytest.mark.parametrize("number", [STOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU])
def test_child_that_is_stopped_while_it_stops_goes_on(start, number):
    run = start("--", ACTOR, "finish", "15", "1", "3", "say", "ready", "pause")
    child = run.said("ready").child
    run.signal(TERM).said("stopping")
    os.kill(child, number)
    assert run.wait() == 3


@every_way
def test_stop_that_a_process_asked_for_lasts(start):
    """Without a terminal nobody continues what somebody stopped: a debugger may have."""
    run = start("--", ACTOR, "say", "ready", "pause")
    child = run.said("ready").child
    run.signal(signal.SIGTSTP)
    until(lambda: status_of(child)["State"].startswith("T"), "the child's stop")
    run.signal(signal.SIGCONT)
    until(lambda: status_of(child)["State"].startswith("S"), "the child's going on")


@every_way
def test_stop_timeout_ends_in_kill(start):
    run = start("--stop-timeout", "0.2", "--", ACTOR, "ignore", "15", "say", "ready", "pause")
    run.said("ready").signal(TERM)
    assert run.wait() == 128 + KILL
    assert "SIGKILL" in run.err and "--stop-timeout" in run.err and "actor" in run.err


@every_way
def test_stop_timeout_of_a_server_is_137_too(start, server):
    run = start("--stop-timeout", "0.2", server, "ignore", "15", "say", "ready", "pause")
    run.said("ready").signal(TERM)
    assert run.wait() == 128 + KILL


@every_way
def test_stop_timeout_kills_the_group(start):
    both = ["ignore", "15", "say", "ready", "pause"]
    options = ["--stop-timeout", "0.2", "--orphan-timeout", LONG, "--signal-to", "group"]
    run = start(*options, "--", ACTOR, "child", *both, "end", *both)
    run.said("ready", 2).signal(TERM)
    assert run.wait() == 128 + KILL
    # Nobody was left to be killed later.
    assert run.err.count("SIGKILL") == 1


@as_root
def test_stop_timeout_counts_from_the_stop_only(start):
    run = start("--stop-timeout", "0.1", "--", ACTOR, "catch", "10", "say", "ready", "sleep", "0.5", "exit", "4")
    run.said("ready").signal(10).said("got 10")
    assert run.wait() == 4


@every_way
def test_stop_delay_still_serves(start):
    run = start("-v", "--stop-delay", LONG, "--", ACTOR, "catch", "10", "finish", "15", "0", "3", "say", "ready", "pause")
    run.said("ready").signal(TERM).told("SIGTERM").signal(10).said("got 10")
    assert "stopping" not in run.out
    run.signal(TERM).said("stopping")  # the second one means it
    assert run.wait() == 3


@every_way
def test_stop_delay_ends(start):
    run = start("--stop-delay", "0.2", "--", ACTOR, "finish", "15", "0", "3", "say", "ready", "pause")
    run.said("ready").signal(TERM)
    assert run.wait() == 3


@every_way
def test_child_that_ends_within_the_delay_was_asked(start, server):
    run = start("-v", "--stop-delay", LONG, server, "say", "ready", "pause")
    child = run.said("ready").child
    run.signal(TERM).told("SIGTERM")
    os.kill(child, TERM)
    assert run.wait() == 0


@every_way
def test_second_stop_signal_reaches_the_child(start, server):
    """For uvicorn a second SIGINT means: drop the open requests."""
    run = start(server, "catch", "2", "say", "ready", "pause")
    run.said("ready").signal(INT).said("got 2").signal(INT).said("got 2", 2)


@every_way
@pytest.mark.long
def test_after_five_seconds_one_line_says_what_it_waits_for(start):
    run = start("--", ACTOR, "catch", "15", "say", "ready", "pause")
    run.said("ready").signal(TERM).told("waiting")
    assert "actor" in run.err
    time.sleep(6)  # one line, not one every five seconds
    assert run.err.count("waiting") == 1
    assert not run.ended()  # and no SIGKILL that nobody asked for


# ---- leftovers


@every_way
@pytest.mark.parametrize("how", ["orphan", "child"])
def test_leftovers_are_told_and_waited_for(start, how):
    words = [how, "finish", "15", "0.3", "0", "say", "ready", "pause", "end", "gate"]
    run = start("--orphan-timeout", LONG, "--", ACTOR, *words)
    child = run.said("ready").child
    os.kill(child, KILL)
    assert run.wait() == 128 + KILL
    assert "stopping\nfinished\n" in run.out


@as_root
def test_leftovers_keep_the_childs_code(start):
    run = start("--", ACTOR, "orphan", "finish", "15", "0", "9", "say", "ready", "pause", "end", "sleep", "0.5", "exit", "3")
    assert run.wait() == 3


@every_way
def test_leftovers_that_ignore_term_are_killed(start):
    words = ["orphan", "ignore", "15", "say", "ready", "pause", "end"]
    run = start("--orphan-timeout", "0.2", "--", ACTOR, *words, "gate")
    child = run.said("ready").child
    os.kill(child, TERM)
    assert run.wait() == 128 + TERM
    assert "SIGKILL" in run.err and "--orphan-timeout" in run.err


@every_way
def test_orphan_timeout_of_nothing_kills_at_once(start):
    run = start("--orphan-timeout", "0", "--", ACTOR, "orphan", "ignore", "15", "say", "ready", "pause", "end", "sleep", "0.3")
    assert run.wait() == 0


@every_way
def test_stopped_leftovers_go_on_to_stop(start):
    words = ["orphan", "finish", "15", "0", "0", "say", "ready", "stop", "19", "pause", "end", "gate"]
    run = start("--orphan-timeout", LONG, "--", ACTOR, *words)
    child = run.said("ready").child
    orphan = until(lambda: [pid for pid in run.descendants() if status_of(pid).get("State", "").startswith("T")], "the stop")
    os.kill(child, KILL)
    assert run.wait() == 128 + KILL
    assert orphan and "finished" in run.out


@every_way
def test_leftovers_in_sessions_of_their_own_are_told(start):
    words = ["orphan", "session", "finish", "15", "0", "0", "say", "ready", "pause", "end", "gate"]
    run = start("--orphan-timeout", LONG, "--", ACTOR, *words)
    os.kill(run.said("ready").child, KILL)
    run.wait()
    assert "finished" in run.out


@every_way
def test_leftovers_below_one_that_ignores_term_are_told(start):
    below = ["child", "finish", "15", "0", "0", "say", "ready", "pause", "end"]
    run = start("--orphan-timeout", LONG, "--", ACTOR, "orphan", "ignore", "15", *below, "pause", "end", "gate")
    os.kill(run.said("ready").child, KILL)
    run.said("finished")
    os.kill(run.child, KILL)
    assert run.wait() == 128 + KILL


@every_way
def test_signals_reach_leftovers(start):
    words = ["orphan", "catch", "10", "catch", "15", "say", "ready", "pause", "end", "gate"]
    run = start("--orphan-timeout", LONG, "--", ACTOR, *words)
    os.kill(run.said("ready").child, KILL)
    run.said("got 15").signal(10).said("got 10")
    os.kill(run.child, KILL)
    assert run.wait() == 128 + KILL


# ---- a shell that dies first


def shell(*words):
    """A shell that starts the words, waits, and would do more: so it stays, and dies of TERM without telling anyone."""
    return ["/bin/sh", "-c", f"{ACTOR} {' '.join(words)}; :"]


@every_way
def test_server_under_a_shell_finishes_its_requests(start):
    """The shell dies of TERM at once. What it started has its time, however short --orphan-timeout is."""
    run = start("--orphan-timeout", "0.1", "--", *shell("finish 15 0.8 0 say ready pause"))
    run.said("ready").signal(TERM)
    assert run.wait() == 128 + TERM
    assert "stopping\nfinished\n" in run.out
    assert "SIGKILL" not in run.err


@as_root
def test_server_under_a_shell_gets_one_stop_and_tells_its_workers_itself(start):
    words = "child catch 15 say ready finish 15 0 0 pause end finish 15 0.5 0 say ready pause"
    run = start("--orphan-timeout", LONG, "--", *shell(words))
    run.said("ready", 2).signal(TERM)
    assert run.wait() == 128 + TERM
    # The worker is told when its master is gone, not before.
    assert run.out.count("stopping") == 2
    assert run.out.index("finished") < run.out.rindex("stopping")


@every_way
def test_second_stop_reaches_a_server_under_a_shell(start):
    run = start("--", *shell("catch 15 say ready pause"))
    run.said("ready").signal(TERM).said("got 15").signal(TERM).said("got 15", 2)
    os.kill(run.child, KILL)
    assert run.wait() == 128 + TERM


@as_root
def test_stop_timeout_holds_for_a_server_under_a_shell(start):
    run = start("--stop-timeout", "0.5", "--", *shell(f"finish 15 {LONG} 0 say ready pause"))
    run.said("ready").signal(TERM)
    assert run.wait() == 128 + TERM
    assert "SIGKILL" in run.err and "--stop-timeout" in run.err


@every_way
def test_deaf_one_under_a_shell_is_killed(start):
    """Who ignores TERM has nothing to finish."""
    run = start("--orphan-timeout", "0.1", "--", *shell("ignore 15 say ready pause"))
    run.said("ready").signal(TERM)
    assert run.wait() == 128 + TERM


@every_way
def test_helpers_of_a_server_that_stopped_in_order_are_not_waited_for(start, server):
    """A server dies of TERM after its clean stop, too; that is no shell, so what it leaves has --orphan-timeout only."""
    words = ["orphan", "catch", "15", "say", "ready", "pause", "end", "reraise", "15", "say", "ready", "pause"]
    run = start("--orphan-timeout", "0.2", server, *words)
    run.said("ready", 2).signal(TERM)
    assert run.wait() == 0


# ---- not PID 1: whom it may not touch


@as_process
def test_strangers_are_left_alone(start, tmp_path):
    """In a PID namespace that others use (shareProcessNamespace, --pid=host) only what came from us ends with us."""
    from conftest import BINARY

    script = f"""
        {ACTOR} say stranger pause &
        stranger=$!
        {BINARY} --orphan-timeout 0.2 -- {ACTOR} orphan ignore 15 say left pause end sleep 0.3 exit 3
        echo "code $?"
        kill -0 $stranger && echo alive
    """
    run = start("-c", script, program="/bin/sh")
    assert run.wait() == 0
    assert "code 3\nalive\n" in run.out


@every_way
def test_proc_of_another_namespace_names_no_victims(start):
    """The numbers that this /proc shows are other processes of ours. Nothing is done with them."""
    run = start("--orphan-timeout", "0.2", "--", ACTOR, "orphan", "ignore", "15", "say", "ready", "pause", "end", "gate", proc="shared")
    child = run.said("ready").child
    os.kill(child, KILL)
    assert run.wait() == 128 + KILL


@as_pid1
def test_end_of_pid_1_is_the_end_of_its_namespace(start):
    run = start("--orphan-timeout", "0", "--", ACTOR, "orphan", "ignore", "15", "say", "ready", "pause", "end", "gate")
    run.said("ready")
    everyone = run.descendants()
    os.kill(run.child, KILL)
    run.wait()
    until(lambda: not any(is_alive(pid) for pid in everyone), "the end of all")


@as_process
def test_init_that_is_not_pid_1_leaves_no_orphan(start):
    words = ["times", "5", "orphan", "ignore", "15", "say", "ready", "pause", "end", "end", "gate"]
    run = start("--orphan-timeout", "0.1", "--", ACTOR, *words)
    run.said("ready", 5)
    os.kill(run.child, KILL)
    assert run.wait() == 128 + KILL
    assert children(run.guard) == []


# ---- a standard error that nobody reads


@pytest.fixture
def pipe():
    """[read end, write end]; both block."""
    ends = list(os.pipe())
    yield ends
    for end in ends:
        os.close(end)


def fill(end):
    os.set_blocking(end, False)
    try:
        while True:
            os.write(end, b"x" * 65536)
    except BlockingIOError:
        os.set_blocking(end, True)


def drain(end):
    os.set_blocking(end, False)
    text = b""
    try:
        while piece := os.read(end, 65536):
            text += piece
    except BlockingIOError:
        pass
    return text.decode().replace("x", "")


@as_root
def test_nobody_reads_what_the_child_says(start, pipe):
    """It fills the pipe and waits for a reader; our own lines, one for each signal and orphan, must not wait with it."""
    script = "trap 'exit 5' TERM; head -c 1000000 /dev/zero >&2 & echo ready; wait"
    run = start("-v", "--", "/bin/sh", "-c", script, stderr=pipe[1])
    writer = until(lambda: run.said("ready").descendants()[1:], "the writer")[0]
    until(lambda: "pipe" in open(f"/proc/{writer}/wchan").read() and status_of(writer)["State"][0] == "S", "a full pipe")
    run.signal(TERM)
    assert run.wait() == 5


@as_root
def test_lines_that_nobody_read_are_counted(start, pipe):
    fill(pipe[1])
    run = start("-v", "--log-format", "json", "--", ACTOR, "catch", "10", "say", "ready", "pause", stderr=pipe[1])
    drain(pipe[0])  # what is said before the child runs waits for a reader
    run.said("ready")
    fill(pipe[1])
    for times in (1, 2):
        run.signal(signal.SIGUSR1).said("got 10", times)  # the second one comes when the first one's line was given up
    drain(pipe[0])
    run.signal(signal.SIGUSR1).said("got 10", 3)
    text = []
    until(lambda: text.append(drain(pipe[0])) or "forwarded SIGUSR1" in "".join(text), lambda: "".join(text))
    lines = [json.loads(line) for line in "".join(text).splitlines()]
    assert re.fullmatch(r"lines of asgi-init that are missing here, as nobody read them: [12]", lines[0]["message"])
