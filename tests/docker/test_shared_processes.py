"""Containers that see processes which are not theirs: the host's (`--pid=host`), another container's (`--pid=container:NAME`, which
is shareProcessNamespace in a pod), and those that `docker exec` brings in (as ECS exec does). Whose they are stays alive; what the
child itself has left behind doesn't, and nobody is told that asgi-init isn't PID 1.
"""

import pathlib
import subprocess

import harness
import pytest

LEFT = "setsid sleep 4321 & "
"""An orphan in a session of its own, once the shell is gone or has become another program."""


@pytest.fixture
def stranger():
    """A process of the host that the sample's user may signal. As root nothing is tried there: were we wrong, no process would be left."""
    process = subprocess.Popen(["sleep", "infinity"], stdin=subprocess.DEVNULL, user=10001, group=10001)
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def pause(dock):
    """The container whose namespace is shared; its PID 1 is what a pod's pause process is."""
    return dock.run("infinity", options=["--entrypoint=sleep"], ports=())


def seen_from(box):
    """The command lines of all processes that box's namespace has."""
    return box.execute("sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")


def test_with_the_hosts_processes_a_server_serves_and_stops(dock, stranger):
    box = dock.run(options=["--pid=host"])
    assert "uvicorn" in pathlib.Path(f"/proc/{box.health()['pid']}/cmdline").read_text(), "its number is the host's as well"
    assert box.stop() == 0
    assert stranger.poll() is None
    assert "asgi-init:" not in box.logs()


def test_with_the_hosts_processes_only_our_orphans_end(dock, stranger):
    box = dock.run("sh", "-c", f"{LEFT} echo ready; exec sleep infinity", options=["--pid=host"], ports=())
    box.wait_for("ready")
    assert "sleep 4321" in harness.docker("top", box.name)
    assert box.stop() == 143
    assert stranger.poll() is None
    assert box.logs().strip() == "ready"


@pytest.mark.parametrize("options", [[], ["--user=root"]], ids=["user", "root"])
def test_the_containers_of_a_pod_do_not_end_each_other(dock, pause, options):
    shared = [f"--pid=container:{pause.name}", *options]
    first, second = (
        dock.run("sh", "-c", f"{LEFT.replace('4321', number)} echo ready; exec sleep {number}0", options=shared, ports=())
        for number in ("111", "222")
    )
    first.wait_for("ready")
    second.wait_for("ready")
    assert first.stop() == 143
    left = seen_from(pause)
    assert "sleep 111" not in left and "sleep 1110" not in left, left
    assert "sleep 222 " in left and "sleep 2220" in left and "sleep infinity" in left, left
    assert (second.running(), pause.running()) == (True, True)
    assert second.stop() == 143
    assert "sleep 222" not in seen_from(pause)
    assert (first.logs().strip(), second.logs().strip()) == ("ready", "ready")


def test_servers_of_a_pod_stop_one_by_one(dock, pause):
    shared = [f"--pid=container:{pause.name}"]
    first, second = dock.run(options=shared), dock.run(options=shared)
    assert first.health()["pid"] != second.health()["pid"]
    assert first.stop() == 0
    assert second.get("/health")[0] == 200
    assert second.stop() == 0
    assert pause.running()


def test_what_exec_brings_in_is_reaped_and_ends_with_the_container(dock):
    """Its parent is outside: PID 1 is no parent of it, but of all that it leaves behind."""
    box = dock.run("sleep", "infinity", ports=())
    box.execute("sh", "-c", "(sleep 0 & exec sleep 0) & (setsid true &)")
    harness.until(lambda: "Z" not in box.execute("sh", "-c", "cut -d' ' -f3 /proc/[0-9]*/stat"), "the end of zombies")
    guest = subprocess.Popen(["docker", "exec", box.name, "sleep", "infinity"], stdin=subprocess.DEVNULL)
    try:
        harness.until(lambda: seen_from(box).count("sleep infinity") == 3, "the guest")  # asgi-init's words name it as well
        assert box.stop() == 143
        # It is told to end, but is not our child: nothing waits for it, and what the kernel does to a namespace without PID 1 is KILL.
        assert guest.wait(harness.DEADLINE) in (143, 137)
    finally:
        guest.kill()
        guest.wait()
    assert "asgi-init:" not in box.logs()


def test_exec_is_no_second_init(dock):
    """`docker exec app asgi-init COMMAND`: it adopts what its own command leaves, and nothing of the server's."""
    box = dock.run()
    before = box.health()
    done = box.execute("/asgi-init", "sh", "-c", f"{LEFT} echo done")
    assert done == "done"
    assert "sleep 4321" not in seen_from(box)
    assert box.health()["pid"] == before["pid"]
    assert box.stop() == 0
