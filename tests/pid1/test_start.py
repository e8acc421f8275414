"""How the child starts, and what asgi-init keeps to itself."""

import os
import re
import struct
from pathlib import Path

import pytest
from conftest import ACTOR, status_of, until


def mask(*numbers):
    return sum(1 << (number - 1) for number in numbers)


def test_child_gets_its_words_as_they_are(start, pid1):
    run = start(ACTOR, "args", "-x", "--port", "--", "-v", "", "a b", pid1=pid1)
    assert run.wait() == 0
    assert run.out.splitlines() == ["arg -x", "arg --port", "arg --", "arg -v", "arg ", "arg a b"]


def test_child_gets_the_mask_and_dispositions_that_we_were_given(start, pid1):
    blocked, ignored = (10, 20, 21, 22, 32, 34, 64), (1, 13, 17)
    run = start("--", ACTOR, "state", "exit", "3", pid1=pid1, block=blocked, ignore=ignored)
    assert run.wait() == 3
    assert f"blocked {mask(*blocked):x} ignored {mask(*ignored):x} " in run.out


def test_child_of_an_untouched_caller_has_nothing_blocked_or_ignored(start, pid1):
    run = start("--", ACTOR, "state", pid1=pid1)
    assert run.wait() == 0
    assert "blocked 0 ignored 0 " in run.out


def test_sigchld_ignored_by_the_caller_changes_nothing(start, pid1):
    run = start("--", ACTOR, "times", "5", "orphan", "end", "end", "exit", "7", pid1=pid1, ignore=[17])
    assert run.wait() == 7


def test_child_has_a_process_group_of_its_own(start, pid1):
    run = start("--", ACTOR, "state", pid1=pid1)
    run.wait()
    pid, group = re.search(r"pid (\d+) parent \d+ group (\d+)", run.out).groups()
    assert pid == group


def test_init_keeps_no_descriptor_above_2(start, pid1):
    read_end, write_end = os.pipe()
    with open("/dev/null") as other:
        words = ["write", write_end, "hello", "fds", "close", write_end, "say", "closed", "pause"]
        run = start("--", ACTOR, *words, pid1=pid1, pass_fds=(write_end, other.fileno()))
        os.close(write_end)
        run.said("closed")
        assert f"fds 0 1 2 {' '.join(map(str, sorted((write_end, other.fileno()))))}\n" in run.out
        # Its end comes only when nobody else has it, the init among them.
        assert os.read(read_end, 100) == b"hello"
        assert os.read(read_end, 100) == b""
        assert sorted(os.listdir(f"/proc/{run.pid}/fd")) == ["0", "1", "2"]
    os.close(read_end)


def test_init_goes_to_the_root_and_the_child_does_not(start, pid1, tmp_path):
    run = start("--", ACTOR, "state", "pause", pid1=pid1, folder=tmp_path)
    run.said(f"folder {tmp_path}\n")
    until(lambda: os.readlink(f"/proc/{run.pid}/cwd") == "/", "the init in /")


def listen(start, pid1, listen_pid):
    env = {"LISTEN_FDS": "1", "LISTEN_PID": listen_pid, "LISTEN_PIDFDID": "5"}
    names = ["env", "LISTEN_PID", "env", "LISTEN_FDS", "env", "LISTEN_PIDFDID"]
    run = start("--", ACTOR, "state", *names, pid1=pid1, env=env)
    assert run.wait() == 0
    return re.search(r"pid (\d+)", run.out)[1], run.out.splitlines()[1:]


def test_listen_pid_that_is_ours_becomes_the_childs(start, pid1):
    child, lines = listen(start, pid1, "1" if pid1 else "2")
    assert lines == [f"LISTEN_PID={child}", "LISTEN_FDS=1", "LISTEN_PIDFDID unset"]


def test_listen_pid_of_somebody_else_stays(start, pid1):
    assert listen(start, pid1, "77")[1] == ["LISTEN_PID=77", "LISTEN_FDS=1", "LISTEN_PIDFDID=5"]


def make_script(path, text, mode=0o755):
    path.write_bytes(text)
    path.chmod(mode)
    return path


def test_script_without_interpreter_line_is_run_by_sh(start, pid1, tmp_path):
    script = make_script(tmp_path / "script", b'echo "$0|$1|$2"\nexit 4\n')
    run = start("--", script, "a", "b c", pid1=pid1)
    assert run.wait() == 4
    assert run.out == f"{script}|a|b c\n"
    assert "#!" in run.err and str(script) in run.err


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
def test_program_that_cannot_be_executed(start, pid1, tmp_path, text, mode, code, exec_mode):
    path = tmp_path / "program"
    if text is not None:
        make_script(path, text, mode)
    run = start(*exec_mode, "--", path, pid1=pid1)
    assert run.wait() == code
    assert str(path) in run.err


def test_exec_becomes_the_command(start, pid1):
    blocked, ignored = (12, 34), (1, 17)
    run = start("--exec", "--", ACTOR, "state", "exit", "9", pid1=pid1, block=blocked, ignore=ignored)
    assert run.wait() == 9
    assert re.search(rf"pid {1 if pid1 else 2} .* blocked {mask(*blocked):x} ignored {mask(*ignored):x} ", run.out)


def test_exec_runs_a_script_without_interpreter_line(start, tmp_path):
    assert start("--exec", "--", make_script(tmp_path / "script", b"exit 6\n")).wait() == 6


@pytest.mark.parametrize("closed", [[0], [0, 2], [0, 1, 2]], ids=str)
def test_closed_standard_descriptors_stay_closed(start, pid1, closed, tmp_path):
    done = tmp_path / "done"
    run = start("--", ACTOR, "fds", "touch", done, "exit", "5", pid1=pid1, close=closed)
    assert run.wait() == 5
    assert done.exists()
    if 1 not in closed:
        assert run.out == f"fds {' '.join(str(i) for i in range(3) if i not in closed)}\n"


def test_no_proc_is_needed(start, pid1):
    run = start("--", ACTOR, "times", "3", "orphan", "end", "end", "exit", "8", pid1=pid1, proc="none")
    assert run.wait() == 8


def test_child_of_an_ordinary_user(start, pid1, root_folder):
    run = start("--", "/actor", "state", "exit", "7", pid1=pid1, root=root_folder, program="/asgi-init", user=(1000, 1000))
    assert run.wait() == 7
    assert "folder /\n" in run.out


def test_init_has_all_64_signals_blocked(start, pid1):
    run = start("--", ACTOR, "say", "ready", "pause", pid1=pid1)
    run.said("ready")
    every = (1 << 64) - 1 - mask(9, 19)
    # While it waits the kernel counts what it waits for as not blocked; nothing is caught, and nothing is lost.
    status = status_of(run.pid)
    assert int(status["SigCgt"], 16) == 0 and int(status["SigIgn"], 16) == 0
    assert (int(status["SigBlk"], 16) | every) == every or int(status["SigBlk"], 16) == 0


def test_starting_costs_no_descriptor_of_the_child(start, pid1):
    run = start("--", ACTOR, "fds", pid1=pid1)
    assert run.wait() == 0
    assert run.out == "fds 0 1 2\n"


def test_the_binary_is_static():
    from conftest import BINARY

    content = Path(BINARY).read_bytes()
    table, size, count = struct.unpack_from("<Q", content, 32)[0], *struct.unpack_from("<HH", content, 54)
    types = {struct.unpack_from("<I", content, table + index * size)[0] for index in range(count)}
    assert 1 in types and 3 not in types, "it has a PT_LOAD, and no PT_INTERP"


def test_environment_that_is_too_large(start, pid1):
    """Without a venv one variable is added."""
    variables = {f"V{number}": "" for number in range(16384 - 2)} | {"PATH": os.environ["PATH"]}
    run = start("--", ACTOR, "say", "started", env=variables, pid1=pid1)
    assert run.wait() == 0 and "started" in run.out
    run = start("--", ACTOR, "say", "started", env={**variables, "V": "", "W": ""}, pid1=pid1)
    assert run.wait() == 71
    assert run.out == "" and "16384 variables" in run.err
