"""How the child starts, and what asgi-init keeps to itself."""

import os
import re
import struct
from pathlib import Path

import pytest
from conftest import ACTOR, every_way, status_of, until


def mask(*numbers):
    return sum(1 << (number - 1) for number in numbers)


@every_way
def test_child_gets_its_words_as_they_are(start):
    run = start(ACTOR, "args", "-x", "--port", "--", "-v", "", "a b")
    assert run.wait() == 0
    assert run.out.splitlines() == ["arg -x", "arg --port", "arg --", "arg -v", "arg ", "arg a b"]


@every_way
def test_child_gets_the_mask_and_dispositions_that_we_were_given(start):
    blocked, ignored = (10, 20, 21, 22, 32, 34, 64), (1, 13, 17)
    run = start("--", ACTOR, "state", "exit", "3", block=blocked, ignore=ignored)
    assert run.wait() == 3
    assert f"blocked {mask(*blocked):x} ignored {mask(*ignored):x} " in run.out


@every_way
def test_child_of_an_untouched_caller_has_nothing_blocked_or_ignored(start):
    run = start("--", ACTOR, "state")
    assert run.wait() == 0
    assert "blocked 0 ignored 0 " in run.out


@every_way
def test_sigchld_ignored_by_the_caller_changes_nothing(start):
    run = start("--", ACTOR, "times", "5", "orphan", "end", "end", "exit", "7", ignore=[17])
    assert run.wait() == 7


@every_way
def test_child_has_a_process_group_of_its_own(start):
    run = start("--", ACTOR, "state")
    run.wait()
    pid, group = re.search(r"pid (\d+) parent \d+ group (\d+)", run.out).groups()
    assert pid == group


@every_way
def test_init_keeps_no_descriptor_above_2(start):
    read_end, write_end = os.pipe()
    with open("/dev/null") as other:
        words = ["write", write_end, "hello", "fds", "close", write_end, "say", "closed", "pause"]
        run = start("--", ACTOR, *words, pass_fds=(write_end, other.fileno()))
        os.close(write_end)
        run.said("closed")
        assert f"fds 0 1 2 {' '.join(map(str, sorted((write_end, other.fileno()))))}\n" in run.out
        # Its end comes only when nobody else has it, the init among them.
        assert os.read(read_end, 100) == b"hello"
        assert os.read(read_end, 100) == b""
        assert sorted(os.listdir(f"/proc/{run.pid}/fd")) == ["0", "1", "2"]
    os.close(read_end)


@every_way
def test_init_goes_to_the_root_and_the_child_does_not(start, folder):
    run = start("--", ACTOR, "state", "pause", folder=folder)
    run.said(f"folder {folder}\n")
    until(lambda: os.readlink(f"/proc/{run.pid}/cwd") == "/", "the init in /")


def listen(start, listen_pid):
    env = {"LISTEN_FDS": "1", "LISTEN_PID": listen_pid, "LISTEN_PIDFDID": "5"}
    names = ["env", "LISTEN_PID", "env", "LISTEN_FDS", "env", "LISTEN_PIDFDID"]
    run = start("--", ACTOR, "state", *names, env=env)
    assert run.wait() == 0
    return re.search(r"pid (\d+)", run.out)[1], run.out.splitlines()[1:]


@every_way
def test_listen_pid_that_is_ours_becomes_the_childs(start, way):
    child, lines = listen(start, str(way.number))
    assert lines == [f"LISTEN_PID={child}", "LISTEN_FDS=1", "LISTEN_PIDFDID unset"]


@every_way
def test_listen_pid_of_somebody_else_stays(start):
    assert listen(start, "77")[1] == ["LISTEN_PID=77", "LISTEN_FDS=1", "LISTEN_PIDFDID=5"]


def make_script(path, text, mode=0o755):
    path.write_bytes(text)
    path.chmod(mode)
    return path


@every_way
def test_script_without_interpreter_line_is_run_by_sh(start, folder):
    script = make_script(folder / "script", b'echo "$0|$1|$2"\nexit 4\n')
    run = start("--", script, "a", "b c")
    assert run.wait() == 4
    assert run.out == f"{script}|a|b c\n"
    assert "#!" in run.err and str(script) in run.err


@every_way
@pytest.mark.parametrize("exec_mode", [[], ["--exec"]], ids=["child", "exec"])
@pytest.mark.parametrize(
    ("text", "mode", "code"),
    [
        (b"\x00\x01garbage", 0o755, 126),
        (b"#!/missing/interpreter\n", 0o755, 127),
        (b"#!/bin/sh\nexit 0\n", 0o644, 126),
        (None, 0, 127),
    ],
    ids=["not-a-program", "interpreter-missing", "not-executable", "missing"],
)
def test_program_that_cannot_be_executed(start, folder, text, mode, code, exec_mode):
    path = folder / "program"
    if text is not None:
        make_script(path, text, mode)
    run = start(*exec_mode, "--", path)
    assert run.wait() == code
    assert str(path) in run.err


@every_way
def test_exec_becomes_the_command(start, way):
    blocked, ignored = (12, 34), (1, 17)
    run = start("--exec", "--", ACTOR, "state", "exit", "9", block=blocked, ignore=ignored)
    assert run.wait() == 9
    assert re.search(rf"pid {way.number} .* blocked {mask(*blocked):x} ignored {mask(*ignored):x} ", run.out)


@every_way
def test_exec_runs_a_script_without_interpreter_line(start, folder):
    assert start("--exec", "--", make_script(folder / "script", b"exit 6\n")).wait() == 6


@every_way
@pytest.mark.parametrize("closed", [[0], [0, 2], [0, 1, 2]], ids=str)
def test_closed_standard_descriptors_stay_closed(start, closed, folder):
    done = folder / "done"
    run = start("--", ACTOR, "fds", "touch", done, "exit", "5", close=closed)
    assert run.wait() == 5
    assert done.exists()
    if 1 not in closed:
        assert run.out == f"fds {' '.join(str(i) for i in range(3) if i not in closed)}\n"


@every_way
def test_no_proc_is_needed(start):
    run = start("--", ACTOR, "times", "3", "orphan", "end", "end", "exit", "8", proc="none")
    assert run.wait() == 8


@every_way
def test_an_empty_image_is_enough(start, root_folder):
    run = start("--", "/actor", "state", "exit", "7", root=root_folder, program="/asgi-init")
    assert run.wait() == 7
    assert "folder /\n" in run.out


@every_way
def test_init_has_all_64_signals_blocked(start):
    run = start("--", ACTOR, "say", "ready", "pause")
    run.said("ready")
    every = (1 << 64) - 1 - mask(9, 19)
    # While it waits the kernel counts what it waits for as not blocked; nothing is caught, and nothing is lost.
    status = status_of(run.pid)
    assert int(status["SigCgt"], 16) == 0 and int(status["SigIgn"], 16) == 0
    assert (int(status["SigBlk"], 16) | every) == every or int(status["SigBlk"], 16) == 0


@every_way
def test_starting_costs_no_descriptor_of_the_child(start):
    run = start("--", ACTOR, "fds")
    assert run.wait() == 0
    assert run.out == "fds 0 1 2\n"


def test_the_binary_is_static():
    from conftest import BINARY

    content = Path(BINARY).read_bytes()
    table, size, count = struct.unpack_from("<Q", content, 32)[0], *struct.unpack_from("<HH", content, 54)
    types = {struct.unpack_from("<I", content, table + index * size)[0] for index in range(count)}
    assert 1 in types and 3 not in types, "it has a PT_LOAD, and no PT_INTERP"


@every_way
def test_environment_that_is_too_large(start):
    """Without a venv one variable is added."""
    variables = {f"V{number}": "" for number in range(16384 - 2)} | {"PATH": os.environ["PATH"]}
    run = start("--", ACTOR, "say", "started", env=variables)
    assert run.wait() == 0 and "started" in run.out
    run = start("--", ACTOR, "say", "started", env={**variables, "V": "", "W": ""})
    assert run.wait() == 71
    assert run.out == "" and "16384 variables" in run.err
