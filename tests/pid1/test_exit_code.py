"""What asgi-init exits with, however the child ends."""

import os
import signal
import sys

import pytest
from conftest import ACTOR, as_root, every_way, status_of, until

IGNORED = (signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH)
STOPPING = (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
DEADLY = [number for number in range(1, 65) if number not in IGNORED + STOPPING]


@every_way
def test_code_of_the_child_is_ours(start):
    for code in (0, 1, 2, 3, 42, 126, 127, 128, 143, 255):
        assert start("--", ACTOR, "exit", code).code() == code


@every_way
def test_signal_that_the_child_died_of_is_ours(start):
    for number in DEADLY:
        assert start("--", ACTOR, "die", number).code() == 128 + number


@every_way
@pytest.mark.parametrize(
    ("options", "words", "sent", "code"),
    [
        ([], ["reraise", "15"], 15, 0),
        ([], ["finish", "15", "0", "0"], 15, 0),
        ([], ["reraise", "2"], 2, 0),
        ([], [], 15, 0),
        ([], [], 3, 0),
        ([], [], 37, 0),
        (["--map-signal", "TERM=INT"], [], 15, 0),
        (["--map-signal", "TERM=QUIT"], [], 15, 0),
        ([], ["finish", "15", "0", "3"], 15, 3),
        ([], [], 6, 128 + 6),
        ([], [], 10, 128 + 10),
        (["--stop-code", "signal"], ["reraise", "15"], 15, 128 + 15),
        (["--stop-code", "signal"], ["finish", "15", "0", "0"], 15, 0),
        (["--stop-code", "zero"], ["reraise", "15"], 15, 0),
    ],
    ids=str,
)
def test_server_that_was_asked_to_stop(start, server, options, words, sent, code):
    run = start(*options, server, *words, "say", "ready", "pause")
    run.said("ready").signal(sent)
    assert run.wait() == code


@every_way
@pytest.mark.parametrize(("sent", "code"), [(15, 143), (2, 130), (9, 137)], ids=str)
def test_server_that_was_stopped_without_us(start, server, sent, code):
    run = start(server, "say", "ready", "pause")
    os.kill(run.said("ready").child, sent)
    assert run.wait() == code


@every_way
def test_command_that_was_asked_to_stop(start):
    run = start("--", ACTOR, "reraise", "15", "say", "ready", "pause")
    run.said("ready").signal(15)
    assert run.wait() == 143


@every_way
def test_command_that_stopped_well(start):
    run = start("--", ACTOR, "finish", "15", "0", "0", "say", "ready", "pause")
    run.said("ready").signal(15)
    assert run.wait() == 0


@every_way
def test_stop_of_everybody_at_once_was_asked_for(start, server):
    """Some platforms signal every process. The child may be dead before our own signal is looked at."""
    run = start(server, "say", "ready", "pause")
    child = run.said("ready").child
    run.signal(signal.SIGSTOP)
    until(lambda: status_of(run.pid)["State"].startswith("T"), "the init held")
    os.kill(child, signal.SIGTERM)
    until(lambda: status_of(child)["State"].startswith("Z"), "the child's death")
    run.signal(signal.SIGTERM).signal(signal.SIGCONT)
    assert run.wait() == 0


def dies_among_orphans(start, rounds):
    words = ["times", "20", "orphan", "gate", "end", "end", "open", "exit", "7"]
    for _ in range(rounds):
        assert start("--", ACTOR, *words).code() == 7


@every_way
def test_code_among_orphans_that_die_in_the_same_instant(start):
    dies_among_orphans(start, 15)


@as_root
@pytest.mark.long
def test_code_among_orphans_a_thousand_times(start):
    dies_among_orphans(start, 1000)


@every_way
def test_core_dump_counts_as_the_signal(start):
    assert start("--", ACTOR, "die", "11").wait() == 128 + 11


@pytest.mark.parametrize(
    "words, serves",
    [
        (["-c", "import signal; print('ready', flush=True); signal.pause()"], False),
        (["{folder}/job.py"], False),
        (["-m", "job"], False),
        (["-u", "-X", "utf8", "-m", "gunicorn", "app:app"], True),
        (["-u", "{folder}/gunicorn", "app:app"], True),
    ],
)
def test_a_job_in_python_that_is_stopped_halfway_does_not_end_as_done(start, tmp_path, words, serves):
    """Of python only a server's module or script is a server."""
    for name in ("job.py", "gunicorn.py", "gunicorn"):
        (tmp_path / name).write_text("import signal; print('ready', flush=True); signal.pause()\n")
    run = start(sys.executable, *[word.format(folder=tmp_path) for word in words], folder=tmp_path)
    run.said("ready").signal(signal.SIGTERM)
    assert run.wait() == (0 if serves else 143)


def test_a_command_keeps_the_order_of_its_path(start, tmp_path):
    """The system's Python lies in /usr/bin: a tool of the image's in /usr/local/bin must go on hiding the one there."""
    tools = tmp_path / "tools"
    tools.mkdir()
    path = f"{tools}:{sys.base_prefix}/bin:/usr/bin:/bin"
    run = start("/usr/bin/env", folder=tmp_path, env={"PATH": path})
    assert run.wait() == 0
    assert f"PATH={path}\n" in run.out
