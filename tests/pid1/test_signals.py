"""What reaches the child, as what, and what never does."""

import ctypes
import os
import signal

import pytest
from conftest import ACTOR, as_user, every_way, status_of, until

LIBC = ctypes.CDLL(None, use_errno=True)
FORWARDED = [number for number in range(1, 65) if number not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD)]


def send_value(pid, number, value):
    """sigqueue(3), by the raw call, since glibc keeps 32 and 33 to itself."""
    info = (ctypes.c_int * 32)()
    info[0], info[2], info[4], info[5] = number, -1, os.getpid(), os.getuid()
    ctypes.cast(info, ctypes.POINTER(ctypes.c_longlong))[3] = value
    assert LIBC.syscall({"x86_64": 129, "aarch64": 138}[os.uname().machine], pid, number, info) == 0, os.strerror(ctypes.get_errno())


@every_way
def test_every_signal_is_forwarded(start):
    run = start("--", ACTOR, "take", len(FORWARDED), "exit", "7")
    run.said("taking")
    for number in FORWARDED:
        run.signal(number).said(f"took {number} ")
    assert run.wait() == 7
    assert run.out.count("took") == len(FORWARDED)


@every_way
def test_all_signals_at_once_are_forwarded(start):
    """In any order, but each: nothing else is promised of signals that wait together."""
    run = start("--", ACTOR, "take", len(FORWARDED), "exit", "7")
    run.said("taking")
    for number in FORWARDED:
        # One that continues takes those that stop out of the queue, and the other way round: the kernel's rule.
        if number != signal.SIGCONT:
            run.signal(number)
    for number in FORWARDED:
        if number != signal.SIGCONT:
            run.said(f"took {number} ")
    run.signal(signal.SIGCONT)
    assert run.wait() == 7


@every_way
def test_real_time_signals_keep_their_number_order_and_value(start):
    run = start("--", ACTOR, "take", "6")
    run.said("taking")
    for number, value in ((34, 1), (34, 2), (34, 3), (37, 4), (64, -5)):
        send_value(run.pid, number, value)
    run.said("took", 5)
    send_value(run.pid, 32, 6)
    assert run.wait() == 0
    took = [line.split() for line in run.out.splitlines() if line.startswith("took")]
    assert [(int(word[1]), int(word[7])) for word in took] == [(34, 1), (34, 2), (34, 3), (37, 4), (64, -5), (32, 6)]
    assert {word[3] for word in took} == {"-1"}


@every_way
def test_sender_of_a_queued_signal_is_passed_on(start):
    """From outside the namespace the sender is 0; that the init's own number doesn't stand there is what counts."""
    run = start("--", ACTOR, "take", "1")
    run.said("taking")
    send_value(run.pid, 10, 1)
    run.wait()
    assert " code -1 pid 0 value 1" in run.out


@every_way
def test_signals_go_to_the_child_alone(start):
    both = ["catch", "10", "catch", "12"]
    run = start("--", ACTOR, *both, "child", *both, "say", "ready", "pause", "end", "say", "ready", "pause")
    run.said("ready", 2)
    grandchild = until(lambda: run.descendants(run.child), "the grandchild")[0]
    run.signal(10).said("got 10")
    os.kill(grandchild, 12)
    run.said("got 12")  # 10 would have come to it before
    assert run.out.count("got 10") == 1


@every_way
def test_signals_go_to_the_group(start):
    run = start(
        "--signal-to", "group", "--", ACTOR, "catch", "10", "child", "catch", "10", "say", "ready", "pause", "end", "say", "ready",
        "pause",
    )  # fmt: skip
    run.said("ready", 2).signal(10).said("got 10", 2)


@every_way
def test_group_that_the_child_left_falls_back_to_the_child(start):
    words = ["child", "session", "take", "1", "exit", "0", "end"]
    run = start("--signal-to", "group", "--", ACTOR, "session", "catch", "10", "say", "ready", *words, "wait", "exit", "4")
    # setsid() fails for a group's leader, so the child is in its group still; the other one isn't.
    run.said("taking").signal(10).said("got 10")
    assert "took" not in run.out


@every_way
@pytest.mark.parametrize(
    ("maps", "sent", "expected"),
    [
        (["HUP=USR1"], 1, 10),
        (["SIGHUP=sigusr1"], 1, 10),
        (["1=10"], 1, 10),
        (["RTMIN+3=TERM"], 37, 15),
        (["37=RTMAX-2"], 37, 62),
        (["WINCH=HUP", "WINCH=USR2"], 28, 12),
        (["TERM=QUIT"], 15, 3),
    ],
    ids=str,
)
def test_map_signal(start, maps, sent, expected):
    options = [word for rule in maps for word in ("--map-signal", rule)]
    run = start(*options, "--", ACTOR, "take", "1", "exit", "5")
    run.said("taking").signal(sent)
    assert run.wait() == 5
    assert f"took {expected} " in run.out


@every_way
def test_map_signal_to_nothing_drops_it(start):
    run = start("-v", "--map-signal", "USR1=", "--map-signal", "TERM=", "--", ACTOR, "take", "1", "exit", "5")
    run.said("taking").signal(10).signal(15)
    run.told("dropped SIGUSR1").told("dropped SIGTERM")
    run.signal(12)
    assert run.wait() == 5
    assert "took 12 " in run.out and "took 10" not in run.out and "took 15" not in run.out


@pytest.mark.parametrize("rule", ["X=TERM", "TERM=X", "TERM", "KILL=TERM", "STOP=", "CHLD=TERM", "0=TERM", "65=TERM", "=TERM"])
def test_map_signal_that_makes_no_sense(start, rule):
    run = start("--map-signal", rule, "--", ACTOR, "say", "started")
    assert run.wait() == 64
    assert rule in run.err and "started" not in run.out


@every_way
def test_user_signals_scale_workers(start, server):
    """TTIN and TTOU from a process are uvicorn's and gunicorn's way to one worker more or less."""
    run = start(server, "catch", "21", "catch", "22", "catch", "20", "say", "ready", "pause")
    run.said("ready")
    for number in (21, 22, 20):
        run.signal(number).said(f"got {number}\n")


@every_way
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=str)
def test_stop_before_the_child_exists(start, server, folder, number):
    started = folder / "started"
    assert start("--", ACTOR, "touch", started, pending=[number]).wait() == 128 + number
    assert start(server, "touch", started, pending=[number]).wait() == 0
    assert not started.exists()


@every_way
@pytest.mark.parametrize("number", [signal.SIGQUIT, 37], ids=str)
def test_stop_that_is_mapped_before_the_child_exists(start, server, folder, number):
    assert start(server, "touch", folder / "started", pending=[number]).wait() == 0
    assert not (folder / "started").exists()


@every_way
def test_other_signal_before_the_child_exists_reaches_it(start):
    run = start("--", ACTOR, "take", "1", "exit", "3", pending=[10])
    assert run.wait() == 3
    assert "took 10 " in run.out


@every_way
def test_serving_maps_quit_and_37_to_term(start, server):
    run = start(server, "take", "2", "exit", "0")
    run.said("taking").signal(3).said("took 15").signal(37)
    assert run.wait() == 0
    assert run.out.count("took 15 ") == 2


@every_way
def test_command_gets_quit_and_37_as_they_are(start):
    run = start("--", ACTOR, "take", "2")
    run.said("taking").signal(3).said("took 3 ").signal(37).said("took 37 ")
    assert run.wait() == 0


@as_user
def test_child_of_another_user_is_never_the_end_of_the_init(start, root_folder):
    (root_folder / "actor").chmod(0o4755)
    words = ["root", "finish", "15", "0", "5", "say", "ready", "pause"]
    run = start("--", "/actor", *words, root=root_folder, program="/asgi-init")
    run.said("ready").signal(10).told("could not forward SIGUSR1").signal(15).told("could not forward SIGTERM")
    assert not run.ended()
    os.kill(run.child, 15)
    assert run.wait() == 5


@every_way
def test_our_own_broken_stderr_is_no_signal_for_the_child(start):
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as broken:
        run = start("-v", "--", ACTOR, "take", "2", "exit", "6", stderr=broken)
    # Each of these is a message of -v, and with it a SIGPIPE of our own.
    run.said("taking").signal(10).said("took 10").signal(12)
    assert run.wait() == 6
    assert "took 13" not in run.out


@every_way
def test_broken_pipe_signal_from_a_process_is_forwarded(start):
    run = start("--", ACTOR, "take", "1")
    run.said("taking").signal(13)
    assert run.wait() == 0
    assert "took 13 " in run.out


@every_way
def test_verbose_names_signal_and_sender(start):
    run = start("-v", "--", ACTOR, "child", "sleep", "0", "end", "catch", "10", "say", "ready", "pause")
    run.said("ready").signal(10).told("forwarded SIGUSR1")


@every_way
@pytest.mark.long
def test_no_signal_falls_between_fork_and_exec(start):
    """TERM as early as it can be: as soon as it is blocked. It ends the start, or the child, and is never swallowed."""
    for _ in range(300):
        run = start("--signal-to", "group", "--", ACTOR, "pause")
        until(lambda: blocks_term(run) or run.children(), "the first statement")
        run.signal(15)
        assert run.code() == 128 + 15


def blocks_term(run):
    return int(status_of(run.pid).get("SigBlk", "0"), 16) & (1 << 14)


@every_way
def test_the_option_goes_before_the_variable(start):
    env = {"PATH": "/usr/bin:/bin", "ASGI_INIT_MAP_SIGNAL": "USR1=KILL"}
    run = start("--map-signal", "USR1=USR2", "--", ACTOR, "take", "1", "exit", "5", env=env)
    run.said("taking").signal(10)
    assert run.wait() == 5
    assert "took 12 " in run.out
