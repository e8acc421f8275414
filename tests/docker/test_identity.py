"""Who asgi-init and its child are in real containers, and what each may do: ids, groups, the five capability sets and no_new_privs
of both, as /proc/PID/status shows them to the child itself; and their securebits, asked of them from outside.

The image is the sample with a few more accounts, started as root unless a row says otherwise. tests/pid1/test_identity.py has
more forms, and the faults that can't be had from Docker.
"""

import pathlib
import re
import subprocess

import harness
import images
import pytest

SECUREBITS = images.TREE / "build/tests/pid1/securebits"
NO_SETUID_FIXUP = 4
SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
KILL, SETGID, SETUID, NET_BIND_SERVICE = (1 << number for number in (5, 6, 7, 10))

TERMINAL = ["--tty"]
NOTHING = ["--cap-drop=ALL"]
TWO = [*NOTHING, "--cap-add=SETUID", "--cap-add=SETGID"]
NO_NEW = ["--security-opt=no-new-privileges"]
READ_ONLY = ["--read-only"]
SHOW = ("cat", "/proc/1/status", "/proc/self/status")
SHOW_AND_WAIT = (*SHOW, "-")  # for a stdin that stays open

# One user whose name is a number, one without a home, and one whose line is broken.
ACCOUNTS = "7000:x:7001:7001::/seven:\\nhomeless:x:7002:7002:::\\nbroken:x:abc:0::/:\\n"


@pytest.fixture(scope="module")
def image():
    dock = harness.Dock()
    yield dock.image(
        [
            f"FROM {images.SAMPLE}",
            "USER root",
            f"RUN usermod --append --groups www-data,video app && printf '{ACCOUNTS}' >>/etc/passwd",
        ]
    )
    dock.close()


@pytest.fixture(scope="module")
def idle(image):
    """A container that only waits, for what Docker itself makes of the same words."""
    dock = harness.Dock()
    yield dock.run("sleep", "infinity", image=image, ports=())
    dock.close()


def identities(text):
    """Of each process whose /proc/PID/status stands in the text; its four uids must be one, as must be its gids."""
    found = []
    for part in re.split(r"^(?=Name:\t)", text.replace("\r\n", "\n"), flags=re.M)[1:]:
        status = dict(re.findall(r"^(\w+):\t?(.*)$", part, re.M))
        uids, gids = set(status["Uid"].split()), set(status["Gid"].split())
        assert len(uids) == len(gids) == 1, part
        found.append(
            {
                "uid": int(uids.pop()),
                "gid": int(gids.pop()),
                "groups": sorted(map(int, status["Groups"].split())),
                **{name: int(status[name], 16) for name in SETS},
                "no new": int(status["NoNewPrivs"]),
            }
        )
    return found


def expected(uid, gid, groups, kept=0, bounding=0, no_new=1):
    return {"uid": uid, "gid": gid, "groups": sorted(groups), **dict.fromkeys(SETS, kept), "CapBnd": bounding, "no new": no_new}


def securebits_of(pid):
    """Asked of the process itself as it waits in a system call: /proc doesn't show them."""
    harness.until(lambda: re.search(r"^State:\tS", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M), f"{pid} waits")
    return int(subprocess.run([SECUREBITS, str(pid)], check=True, capture_output=True, text=True, timeout=60).stdout)


def shown(dock, image, *words, options=(), **settings):
    """What the two processes are, that is two identities, of a container whose child ends in SHOW_AND_WAIT."""
    box = dock.run(*words, image=image, ports=(), options=["--interactive", *options], **settings)
    harness.until(lambda: box.logs().count("nonvoluntary_ctxt_switches:") == 2 or not box.running(), "both statuses")
    found = identities(box.logs())
    assert len(found) == 2 and box.running(), box.logs()
    pids = [box.state()["Pid"]]
    pids += map(int, pathlib.Path(f"/proc/{pids[0]}/task/{pids[0]}/children").read_text().split())
    assert len(pids) == 2, box.logs()
    return [{**one, "securebits": securebits_of(pid)} for one, pid in zip(found, pids)]


def both(dock, image, *words, **settings):
    return shown(dock, image, *words, *SHOW_AND_WAIT, **settings)


def refused(dock, image, code, *words, **settings):
    """What a start says that is refused, without colours: with a child started, there would be its word."""
    done = dock.end(*words, "--", "echo", "the child ran", image=image, **settings)
    said = re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)
    assert done.returncode == code, said
    assert "the child ran" not in said
    return said


APP = (10001, 10001, [33, 44, 10001])

FORMS = {
    "app": APP,
    "app:": APP,
    "app:www-data": (10001, 33, [33]),
    "app:33": (10001, 33, [33]),
    "10001": APP,
    "4242": (4242, 0, [0]),  # as Docker has it, and with a warning
    "4242:4243": (4242, 4243, [4243]),
    "7000": (7000, 0, [0]),  # digits are an id, though a user is called so
    "homeless": (7002, 7002, [7002]),
}


@pytest.mark.parametrize("form", FORMS)
def test_both_processes_are_who_docker_would_make_of_the_same_words(dock, image, idle, form):
    done = dock.end("--user", form, *SHOW, image=image, options=TERMINAL if form == "app:33" else [])
    assert identities(done.stdout) == [expected(*FORMS[form])] * 2, done.stderr
    assert ("user-without-entry" in done.stderr) == (FORMS[form][1] == 0)
    docker = identities(harness.docker("exec", "--user", form, idle.name, "cat", "/proc/self/status"))[0]
    # Engines before 20.10.18 leave the group itself out of the list.
    assert (docker["uid"], docker["gid"], sorted({*docker["groups"], docker["gid"]})) == FORMS[form]


# su-exec up to 0.2 ran the first of these as root.
NO_USERS = [
    "nobodyhere", "4242abc", "", ":", ":33", "app:nosuchgroup", "app:www-data:x", "-1", "+1", "0x0", " app", "broken",
    "2147483648", "4294967295", "4294967296", "18446744073709551616", "app:4294967295", "10001:-1",
]  # fmt: skip


def test_what_is_no_user_is_never_root(dock, image):
    """All in one container, and only the loop runs under PID 1: tests/pid1 has each as PID 1."""
    loop = 'for user; do /asgi-init --user="$user" -- echo started 2>/dev/null; echo "$? $user"; done'
    done = dock.end("bash", "-c", loop, "bash", *NO_USERS, image=image)
    assert done.stdout.splitlines() == [f"67 {user}" for user in NO_USERS]


@pytest.mark.parametrize("options", [[], TERMINAL, NO_NEW], ids=str)
def test_an_unknown_name_ends_the_container(dock, image, options):
    words = refused(dock, image, 67, "--user", "nobodyhere", options=options)
    assert "error[no-such-user]: " in words


def test_an_unknown_name_in_a_variable_ends_the_container(dock, image):
    assert "error[no-such-user]: " in refused(dock, image, 67, environment={"ASGI_INIT_USER": "nobodyhere"})


# ---- nothing is asked for, and nothing changes ----

UNCHANGED = {
    "root": [],
    "root on a terminal": TERMINAL,
    "root without capabilities": NOTHING,
    "an unknown uid": ["--user=12345"],
    "an unknown uid with groups, on a terminal": ["--user=12345:54321", "--group-add=2000", *TERMINAL],
    "all that can be taken": ["--user=app", *NOTHING, *NO_NEW, *READ_ONLY],
    "with more capabilities": ["--cap-add=NET_ADMIN"],
}


@pytest.mark.parametrize("options", UNCHANGED.values(), ids=UNCHANGED)
def test_nothing_changes_that_was_not_asked_for(dock, image, options):
    # The same container without asgi-init is the measure.
    alone = dock.end("/proc/self/status", image=image, binary=None, options=[*options, "--entrypoint=/bin/cat"])
    assert both(dock, image, options=options) == [one | {"securebits": 0} for one in identities(alone.stdout) * 2]


# ---- the switch, in containers of all kinds ----

SWITCHES = {
    "with a terminal": (TERMINAL, ["--user", "app"], expected(*APP)),
    "read-only": (READ_ONLY, ["--user", "app"], expected(*APP)),
    "no-new-privileges": (NO_NEW, ["--user", "app"], expected(*APP)),
    "two capabilities": (TWO, ["--user", "app"], expected(*APP, bounding=SETUID | SETGID)),
    "two capabilities, read-only, no-new-privileges, a terminal": (
        [*TWO, *READ_ONLY, *NO_NEW, *TERMINAL], ["--user", "4242:4243"], expected(4242, 4243, [4243], bounding=SETUID | SETGID),
    ),
    "more capabilities": (["--cap-add=NET_ADMIN"], ["--user", "app"], expected(*APP)),
    "--new-privs": ([], ["--user", "app", "--new-privs"], expected(*APP, no_new=0)),
    "that user already": (["--user=app:33", "--group-add=2000"], ["--user", "app:33"], None),
    "PUID and PGID": (["--env=PUID=911", "--env=PGID=912"], [], expected(911, 912, [912])),
    "PUID alone": (["--env=PUID=10001"], [], expected(*APP)),
    "--user goes before PUID": (["--env=PUID=911", "--env=PGID=912"], ["--user", "app"], expected(*APP)),
    "ASGI_INIT_USER": (["--env=ASGI_INIT_USER=app:www-data"], [], expected(10001, 33, [33])),
    "--drop-privs": ([], ["--drop-privs"], expected(0, 0, [0])),
    "--drop-privs without capabilities": (NOTHING, ["--drop-privs"], expected(0, 0, [0])),
}  # fmt: skip


@pytest.mark.parametrize("options, words, wanted", SWITCHES.values(), ids=SWITCHES)
def test_the_switch(dock, image, options, words, wanted):
    found = both(dock, image, *words, options=options)
    assert [one.pop("securebits") for one in found] == [0, 0]
    if wanted:
        # Docker's own list of root's groups differs from engine to engine.
        assert [{**one, "groups": wanted["groups"] if wanted["uid"] == 0 else one["groups"]} for one in found] == [wanted] * 2
        return
    # Whoever started us has chosen the groups, and the bounding set is not ours to empty.
    for one in found:
        assert (one["uid"], one["gid"]) == (10001, 33) and 2000 in one["groups"]
        assert [one[name] for name in SETS if name != "CapBnd"] == [0] * 4 and one["no new"] == 1


REFUSALS = {
    "no capabilities": (NOTHING, ["--user", "app"], 77, "user-not-permitted", "cap_add: [SETGID, SETUID]"),
    "no capabilities, a terminal": ([*NOTHING, *TERMINAL], ["--user", "4242:4243"], 77, "user-not-permitted", "USER 4242:4243"),
    "SETUID alone": ([*NOTHING, "--cap-add=SETUID"], ["--user", "app"], 77, "user-not-permitted", "cap_add: [SETGID]"),
    "SETGID alone": ([*NOTHING, "--cap-add=SETGID"], ["--user", "app"], 77, "user-not-permitted", "cap_add: [SETUID]"),
    "PUID without capabilities": ([*NOTHING, "--env=PUID=911"], [], 77, "user-not-permitted", "cap_add: [SETGID, SETUID]"),
    "PUID is a name": (["--env=PUID=app"], [], 67, "puid-not-number", "PUID"),
    "another user than Docker's": (["--user=12345"], ["--user", "app"], 77, "user-needs-root", "USER 10001:10001"),
    "a capability that isn't there": (TWO, ["--user", "app", "--keep-caps", "KILL"], 77, "capability-not-available", "cap_add: [KILL]"),
}  # fmt: skip


@pytest.mark.parametrize("options, words, code, rule, fix", REFUSALS.values(), ids=REFUSALS)
def test_a_switch_that_cannot_be_made_starts_nothing(dock, image, options, words, code, rule, fix):
    said = refused(dock, image, code, *words, options=options)
    assert f"error[{rule}]: " in said and fix in said


def test_puid_is_for_root_only(dock, image):
    found = both(dock, image, options=["--user=12345", "--env=PUID=911", "--env=PGID=911"])
    assert {(one["uid"], one["gid"]) for one in found} == {(12345, 0)}


# As gosu and su-exec: the command has the place of asgi-init.
ALONE = ("--exec", "--user", "app", "--", "bash", "-c", "readlink /proc/1/exe; cat /proc/1/status; echo $HOME $USER $LOGNAME")


@pytest.mark.parametrize("options", [[], TERMINAL, TWO], ids=str)
def test_exec_becomes_the_command_as_gosu_does(dock, image, options):
    done = dock.end(*ALONE, image=image, options=options)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].endswith("/bash") and lines[-1] == "/home/app app app"
    assert identities(done.stdout) == [expected(*APP, bounding=SETUID | SETGID if options == TWO else 0)]


# PID 1 gives up what is kept once the child has it: so the child asks until that is so.
KEPT = "until grep -q '^CapPrm:.*0000$' /proc/1/status; do sleep 0.1; done; exec cat /proc/1/status /proc/self/status -"


def test_a_kept_capability_is_the_childs_only(dock, image):
    words = ["--user", "app", "--keep-caps", "KILL", "--", "sh", "-c", KEPT]
    found = shown(dock, image, *words, options=[*TWO, "--cap-add=KILL"])
    assert [one.pop("securebits") for one in found] == [0, 0]
    bounding = SETUID | SETGID | KILL
    assert found == [expected(*APP, bounding=bounding), expected(*APP, kept=KILL) | {"CapBnd": bounding}]


@pytest.mark.parametrize("words", [[], ["--user", "app"], ["--drop-privs"]], ids=str)
def test_securebits_stay_as_they_were(dock, image, words):
    """Given here are those that leave a root's capabilities to the user that it becomes: both processes lose them all the same."""
    start = ["--securebits", "+no_setuid_fixup", "/asgi-init", *words]
    found = both(dock, image, *start, options=["--entrypoint=/usr/bin/setpriv"])
    assert [one["securebits"] for one in found] == [NO_SETUID_FIXUP] * 2
    assert not words or [one[name] for one in found for name in SETS] == [0] * 10


# ---- standard output, opened anew ----

WRITE = "echo one >/proc/1/fd/1 && echo two >/dev/stdout && echo three >/dev/stderr && echo four >/proc/1/fd/2"
OUTPUTS = {
    "after the switch": ([], ["--user", "app"]),
    "after the switch, a terminal": (TERMINAL, ["--user", "app"]),
    "after the switch, read-only, with CHOWN": ([*TWO, "--cap-add=CHOWN", *READ_ONLY, *NO_NEW], ["--user", "4242:4243"]),
    "gosu's way": ([], ["--exec", "--user", "app"]),
    "Docker's own user": (["--user=12345"], []),
}


@pytest.mark.parametrize("options, words", OUTPUTS.values(), ids=OUTPUTS)
def test_the_child_may_open_the_output_of_pid_1(dock, image, options, words):
    box = dock.run(*words, "--", "bash", "-c", WRITE, image=image, ports=(), options=options)
    assert box.wait() == 0, box.logs()
    assert sorted(box.logs().split()) == ["four", "one", "three", "two"]


def test_an_output_that_could_not_be_handed_over_is_told(dock, image):
    done = dock.end("--user", "app", "-v", "--", "echo", "one", image=image, options=TWO)
    assert (done.returncode, done.stdout) == (0, "one\n")
    assert "output-not-handed-over" in done.stderr and "cap_add: [CHOWN]" in done.stderr


# ---- port 80 ----

PORTS = {
    "low ports are free": ("0", [], ["--user", "app"], 0, 0),
    "low ports are not": ("1024", [], ["--user", "app"], NET_BIND_SERVICE, 0),
    "low ports are not, three capabilities": (
        "1024", [*TWO, "--cap-add=NET_BIND_SERVICE"], ["--user", "4242:4243"], NET_BIND_SERVICE, SETUID | SETGID | NET_BIND_SERVICE,
    ),
    "low ports are free, two capabilities": ("0", TWO, ["--user", "4242:4243"], 0, SETUID | SETGID),
}  # fmt: skip


def lowest_port(number):
    return f"--sysctl=net.ipv4.ip_unprivileged_port_start={number}"


@pytest.mark.parametrize("lowest, options, words, kept, bounding", PORTS.values(), ids=PORTS)
def test_a_plain_user_serves_on_port_80(dock, image, lowest, options, words, kept, bounding):
    box = dock.run(*words, "--port", "80", image=image, ports=[80], options=[lowest_port(lowest), *options])
    health = box.health(80)
    ids = APP if "app" in words else (4242, 4243, [4243])

    def identity_of(pid):
        return identities(box.execute("cat", f"/proc/{pid}/status"))

    assert health["uid"] == ids[0]
    assert identity_of(health["pid"]) == [expected(*ids, kept=kept) | {"CapBnd": bounding}]
    harness.until(lambda: identity_of(1) == [expected(*ids, bounding=bounding)], "PID 1 without capabilities")
    assert "asgi-init: " not in box.logs()
    assert box.stop() == 0


def test_dockers_own_user_serves_on_port_80_where_low_ports_are_free(dock, image):
    box = dock.run("--port", "80", image=image, ports=[80], options=[lowest_port(0), "--user=app", *NOTHING])
    assert box.health(80)["uid"] == 10001


@pytest.mark.parametrize(
    "options, words", [(["--user=app", "--cap-add=NET_BIND_SERVICE"], []), (TWO, ["--user", "app"])], ids=["Docker's own user", "--user"]
)
def test_a_low_port_without_the_capability_is_refused_by_the_kernel(dock, image, options, words):
    """asgi-init can't give what it hasn't: it says nothing before, uvicorn says what the kernel said, and why stands below."""
    done = dock.end(*words, "--port", "80", image=image, options=[lowest_port(1024), *options])
    assert done.returncode not in (0, 77), done.stderr
    uvicorns, _, ours = done.stderr.lower().partition("[port-not-permitted]")
    assert "permission denied" in uvicorns and "user: root" in ours


def test_the_last_fix_for_a_low_port_mends_it(dock, image):
    """cap_add and ASGI_INIT_USER, as asgi-init prints them; the others are other ports and another sysctl."""
    options = [lowest_port(1024), "--user=root", *NOTHING, *(f"--cap-add={name}" for name in ("NET_BIND_SERVICE", "SETGID", "SETUID"))]
    box = dock.run("--port", "80", image=image, ports=[80], options=options, environment={"ASGI_INIT_USER": "10001:10001"})
    assert box.health(80)["uid"] == 10001
