"""Below another init: in a shared PID namespace, a local shell, or under a supervisor; and who dies with whom."""

import os
import signal

import pytest
from conftest import ACTOR, BINARY, as_process, children, every_way, is_alive, status_of, until


@as_process
def test_orphans_go_to_us_and_not_to_pid_1(start):
    run = start("--", ACTOR, "orphan", "say", "ready", "pause", "end", "gate")
    run.said("ready")
    until(lambda: len(run.children()) == 2, "the orphan among our children")


@every_way
def test_death_signal_when_our_parent_dies(start):
    run = start("--pdeathsig", "TERM", "--", ACTOR, "finish", "15", "0", "4", "say", "ready", "pause", parent=True)
    run.said("ready")
    os.kill(run.parent, signal.SIGKILL)
    assert run.wait() == 4


@every_way
def test_without_death_signal_we_outlive_our_parent(start):
    run = start("--", ACTOR, "catch", "10", "say", "ready", "pause", parent=True)
    run.said("ready")
    os.kill(run.parent, signal.SIGKILL)
    until(lambda: run.pid in children(run.guard), "the guard in its parent's place")
    run.signal(10).said("got 10")


@every_way
def test_death_signal_reaches_the_child_when_we_are_killed(start):
    """As PID 1 our end is that of all in the namespace anyway."""
    run = start("--pdeathsig", "KILL", "--", ACTOR, "say", "ready", "pause")
    child = run.said("ready").child
    run.signal(signal.SIGKILL)
    until(lambda: not is_alive(child), "the child's death")


@every_way
def test_death_signal_holds_with_exec(start):
    run = start("--exec", "--pdeathsig", "TERM", "--", ACTOR, "finish", "15", "0", "4", "say", "ready", "pause", parent=True)
    run.said("ready")
    os.kill(run.parent, signal.SIGKILL)
    assert run.wait() == 4


@as_process
def test_death_signal_that_is_none(start):
    assert start("--pdeathsig", "NONSENSE", "--", ACTOR, "say", "started").wait() == 64


@every_way
def test_nothing_is_said_of_being_pid_1_or_not(start):
    run = start("--", ACTOR, "exit", "0")
    assert run.wait() == 0
    assert run.err == ""


@as_process
def test_deadly_signal_from_a_process_is_the_childs(start):
    """Not PID 1, a SIGSEGV that somebody sends would kill a plain init and orphan the child."""
    run = start("--", ACTOR, "catch", "11", "catch", "6", "say", "ready", "pause")
    run.said("ready").signal(11).said("got 11").signal(6).said("got 6")


@as_process
def test_killed_init_takes_nobody_with_it_unasked(start):
    run = start("--", ACTOR, "say", "ready", "pause")
    child = run.said("ready").child
    run.signal(signal.SIGKILL)
    run.wait()
    assert is_alive(child) and children(run.guard) == [child]


@as_process
def test_children_from_before_us_are_reaped_too(start):
    """A shell that started something and then became asgi-init."""
    run = start("-c", f"{ACTOR} exit 3 & exec {BINARY} -- {ACTOR} say ready pause", program="/bin/sh")
    run.said("ready")
    until(lambda: len(run.children()) == 1, lambda: f"one child: {[status_of(pid) for pid in run.children()]}")


@as_process
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=str)
def test_signal_for_our_whole_group_comes_once(start, number):
    """A supervisor that signals our process group: the child has its own, and gets it from us."""
    script = f"{BINARY} -- {ACTOR} catch {int(number)} catch 10 say ready pause"
    run = start("-c", f"trap : {int(number)}; set -m; {script} & wait; wait", program="/bin/bash")
    run.said("ready")
    init = run.child
    os.killpg(os.getpgid(init), number)
    run.said(f"got {int(number)}\n")
    os.kill(init, 10)
    run.said("got 10\n")
    assert run.out.count(f"got {int(number)}\n") == 1


@every_way
def test_what_exec_becomes_does_not_die_of_a_message_that_nobody_reads(start):
    """Blocked, the SIGPIPE of that message waits, and execve keeps what waits."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    run = start("-v", "--exec", "--", ACTOR, "exit", "5", stderr=write_end)
    os.close(write_end)
    assert run.wait() == 5
