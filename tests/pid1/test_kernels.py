"""asgi-init on the oldest and the newest kernel of Debian, in a machine that is emulated whole: as its PID 1, and in containers
whose memory runs out, which takes a memory controller of version 2 that is really at work.

All containers run in one boot of some seconds; a test then looks at what one of them has left: its exit code, and all that it
wrote. Nothing is shared with the machine that the tests run on, /dev/kvm included, and it ends with its emulator.
"""

import json
import re
import shlex
import shutil
import subprocess
from typing import NamedTuple

import pytest
import roots
from conftest import ACTOR, BINARY, ROOT

pytestmark = pytest.mark.long

CGROUP_NAMESPACE = ROOT / "build/tests/pid1/cgroup_namespace"
EMULATORS = {
    "amd64": (["qemu-system-x86_64", "-machine", "pc"], "ttyS0"),
    "arm64": (["qemu-system-aarch64", "-machine", "virt", "-cpu", "max"], "ttyAMA0"),
}
KILL = 1 << 5
SECONDS = 120
"""Until the machine is ended in any case; it takes a few."""

LIMIT = {"memory.max": "32M"}
HOG = ["dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1"]
ITSELF = ["sh", "-c", "kill -9 $$"]

SCRIPTS = {
    "init": """
        /bin/busybox --install -s /bin
        export PATH=/bin
        mount -t proc none /proc && mount -t sysfs none /sys && mount -t devtmpfs none /dev && mount -t cgroup2 none /sys/fs/cgroup
        echo +memory >/sys/fs/cgroup/cgroup.subtree_control
        exec /asgi-init -- /job""",
    # container GROUP SEEN WORD...: whoever waits for it isn't in the group.
    "container": """
        export ASGI_INIT_LOG_FORMAT=json
        exec unshare -p -f /join "$@" """,
    "join": """
        set -e
        echo 0 >/sys/fs/cgroup/$1/cgroup.procs
        [ $2 != namespace ] || exec /cgroup_namespace /bin/unshare --mount-proc /enter "$@"
        exec unshare --mount-proc /enter "$@" """,
    # Engines differ in how a container sees its group: in a namespace of its own, mounted alone, or as the host does.
    "enter": """
        set -e
        case $2 in
        namespace) umount /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup ;;
        alone) mount -o bind /sys/fs/cgroup/$1 /sys/fs/cgroup ;;
        esac
        shift 2
        exec /asgi-init "$@" """,
    # A server by its name, which starts a worker.
    "bin/gunicorn": f"""
        {shlex.join(HOG)}
        echo "the worker ended with $?" """,
}


class Container(NamedTuple):
    words: list
    seen: str = "namespace"
    limits: dict = LIMIT
    of_parent: bool = False
    """The limits are those of the group above."""
    meanwhile: str = ""
    """What a shell outside does as it runs."""


CONTAINERS = {
    "child": Container(["--", *HOG]),
    "child, alone": Container(["--", *HOG], "alone"),
    "child, host": Container(["--", *HOG], "host"),
    "worker": Container(["gunicorn"]),
    "all": Container(["--", *HOG], limits=LIMIT | {"memory.oom.group": "1"}),
    "limit above": Container(["--", *HOG], of_parent=True),
    "no limit": Container(["--", *ITSELF], limits={}),
    "killed by itself": Container(["--", *ITSELF]),
    "killed from outside": Container(["--", "sleep", "3600"], meanwhile="until kill -9 $(pidof sleep); do sleep 0.1; done 2>&-"),
    "killed after another": Container(["--", "sh", "-c", f"{shlex.join(HOG)}; echo $?; exec /asgi-init -- {shlex.join(ITSELF)}"]),
    "rights": Container(
        ["--user", "1000:1000", "--keep-caps", "KILL", "--", "grep", "-E", "^(Uid|Cap...|NoNewPrivs):", "/proc/self/status"]
    ),
    "stopped": Container(["--stop-timeout", "60", "--", "/actor", "finish", "15", "0", "5", "kill", "1", "15", "pause"]),
}


def job():
    lines = ["uname -r", "readlink /proc/1/exe"]
    for number, container in enumerate(CONTAINERS.values()):
        above, group = f"/sys/fs/cgroup/{number}", f"{number}/own"
        limited = above if container.of_parent else f"{above}/own"
        lines += [f"mkdir -p {above}/own", f"echo +memory >{above}/cgroup.subtree_control"]
        lines += [f"echo {value} >{limited}/{name}" for name, value in container.limits.items()]
        lines += [f"echo '--- {number}'", f"/container {group} {container.seen} {shlex.join(container.words)} &"]
        lines += [*filter(None, [container.meanwhile]), "wait $!", 'echo "--- ended with $?"']
    return "\n".join([*lines, "poweroff -f"])


class Left(NamedTuple):
    """What a container has left."""

    code: int
    out: str

    def findings(self):
        """By rule. That there is no Python here is said of each."""
        found = [json.loads(line) for line in self.out.splitlines() if line.startswith("{")]
        return {one["rule"]: one["values"] for one in found if one["rule"] != "no-python"}


class Machine:
    """Boots a kernel, and reads what came over its serial line."""

    def __init__(self, kernel, folder):
        root = roots.root(kernel)
        self.busybox = root / "bin/busybox"
        [image] = [*root.glob("boot/vmlinuz-*"), *root.glob("usr/lib/modules/*/vmlinuz")]
        memory = folder / "memory.cpio"
        memory.write_bytes(self.pack(folder / "image"))
        command, line = EMULATORS[roots.own_machine()]
        command = [
            "setpriv", "--pdeathsig", "KILL", *command, "-accel", "tcg", "-m", "256", "-nodefaults", "-no-user-config",
            "-display", "none", "-serial", "stdio", "-no-reboot",
            "-kernel", image, "-initrd", memory, "-append", f"console={line} loglevel=1 panic=-1",
        ]  # fmt: skip
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)
        self.said = done.stdout.decode(errors="replace").replace("\r\n", "\n") + done.stderr.decode()
        parts = re.findall(r"^--- (\d+)\n(.*?)^--- ended with (\d+)$", self.said, re.M | re.S)
        self.left = {list(CONTAINERS)[int(number)]: Left(int(code), out) for number, out, code in parts}
        assert list(self.left) == list(CONTAINERS), self.said

    def pack(self, folder):
        for name in ("bin", "dev", "proc", "sys", "tmp"):
            (folder / name).mkdir(parents=True)
        for name, text in {**SCRIPTS, "job": job()}.items():
            (folder / name).write_text(f"#!/bin/busybox sh\n{text}\n")
        for path, name in ((self.busybox, "bin/busybox"), (BINARY, "asgi-init"), (ACTOR, "actor"), (CGROUP_NAMESPACE, "cgroup_namespace")):
            shutil.copy(path, folder / name)
        names = [path.relative_to(folder) for path in sorted(folder.rglob("*"))]
        for name in names:
            (folder / name).chmod(0o755)
        listed = "\n".join(map(str, names)).encode()
        pack = [self.busybox, "cpio", "-o", "-H", "newc"]
        return subprocess.run(pack, cwd=folder, input=listed, stdout=subprocess.PIPE, check=True).stdout


@pytest.fixture(scope="module", params=roots.KERNELS)
def machine(request, tmp_path_factory):
    return Machine(request.param, tmp_path_factory.mktemp("machine"))


def test_it_is_process_1_of_the_machine(machine):
    assert re.match(r"\d\S+\n/asgi-init\n", machine.said), machine.said


@pytest.mark.parametrize("name", ["child", "child, alone", "child, host"])
def test_a_child_killed_for_memory(machine, name):
    left = machine.left[name]
    assert left.code == 137, left.out
    found = left.findings()
    group = "" if name != "child, host" else f"/{list(CONTAINERS).index(name)}/own"
    assert set(found) == {"killed-for-memory", "ended"}
    told = found["killed-for-memory"]
    assert (told["before"], told["after"], told["limit"]) == ("0", "1", "32 MiB")
    assert told["file"] == f"/sys/fs/cgroup{group}/memory.events"
    assert "others" not in told
    assert (found["ended"]["code"], found["ended"]["memory"]) == ("137", "yes")


def test_a_worker_killed_for_memory(machine):
    """The server goes on, and ends well; all the same it is told."""
    left = machine.left["worker"]
    assert left.code == 0 and "the worker ended with 137" in left.out, left.out
    told = left.findings()["killed-for-memory"]
    assert (told["others"], told["after"], told["limit"]) == ("yes", "1", "32 MiB")


def test_a_limit_above_ours(machine):
    """The kill is counted in our group, and the limit isn't ours to be named."""
    left = machine.left["limit above"]
    assert left.code == 137, left.out
    told = left.findings()["killed-for-memory"]
    assert told["after"] == "1" and "limit" not in told


def test_all_of_a_group_killed_at_once(machine):
    """memory.oom.group: asgi-init is killed too, and nobody is left to say anything."""
    left = machine.left["all"]
    assert (left.code, left.findings()) == (137, {}), left.out


@pytest.mark.parametrize("name", ["no limit", "killed by itself", "killed from outside"])
def test_another_kill_is_not_for_memory(machine, name):
    left = machine.left[name]
    assert left.code == 137, left.out
    found = left.findings()
    assert set(found) == {"killed-from-outside", "ended"}
    assert found["killed-from-outside"]["before"] == "0"
    assert "memory" not in found["ended"]


def test_an_earlier_kill_for_memory_is_not_this_one(machine):
    left = machine.left["killed after another"]
    told = left.findings()
    assert left.code == 137 and "\n137\n" in left.out, left.out
    assert told["killed-from-outside"]["before"] == "1"


def test_rights_are_given_up(machine):
    left = machine.left["rights"]
    assert left.code == 0, left.out
    status = dict(re.findall(r"^(\w+):\t(.*)$", left.out, re.M))
    assert status.pop("Uid").split() == ["1000"] * 4 and status.pop("NoNewPrivs") == "1"
    assert {name: int(bits, 16) for name, bits in status.items()} == {
        "CapInh": KILL, "CapPrm": KILL, "CapEff": KILL, "CapBnd": 0, "CapAmb": KILL,
    }  # fmt: skip


def test_a_stop_is_passed_on(machine):
    left = machine.left["stopped"]
    assert left.code == 5 and "stopping\nfinished\n" in left.out, left.out
