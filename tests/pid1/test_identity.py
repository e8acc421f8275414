"""Who asgi-init and its child are after --user, PUID, --drop-privs and --keep-caps: both processes' ids, groups, capability
sets and no_new_privs, as /proc/PID/status shows them from outside.

/etc/passwd and /etc/group are the test's own. What is refused must have started nothing.
"""

import json
import os
import re
import signal
import subprocess
import tempfile
from pathlib import Path

import golden
import pytest
from conftest import BINARY, ROOT, USER, as_root, as_user, every_way, status_of, until

SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
SETGID, SETUID, NET_BIND_SERVICE, NET_RAW, KILL = (1 << number for number in (6, 7, 10, 13, 5))
NO_SETUID_FIXUP = 4
SECUREBITS = ROOT / "build/tests/pid1/securebits"
SETPRIV, UNSHARE = "/usr/bin/setpriv", "/usr/bin/unshare"

PASSWD = """\
root:x:0:0:root:/root:/bin/sh
broken:x:abc:0::/:
app:x:1000:1001:,,,:/home/app:/bin/sh
again:x:1000:7::/again:
homeless:x:1002:1002:::
1000:x:5:5::/five:
"""
GROUP = """\
root:x:0:
app:x:1001:
www:x:33:bob,app
video:x:44:app
broken:x::app
33:x:60:
"""


@pytest.fixture
def accounts(tmp_path):
    """Our own /etc/passwd and /etc/group, as `binds` of start()."""
    binds = []
    for name, content in (("passwd", PASSWD), ("group", GROUP)):
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o644)
        binds.append((tmp_path / name, f"/etc/{name}"))
    return binds


def identity_of(pid):
    """Ids, groups, sets and no_new_privs of a process; its four uids must be one, as must be its gids."""
    status = until(lambda: status_of(pid), f"process {pid}")
    uids, gids = set(status["Uid"].split()), set(status["Gid"].split())
    assert len(uids) == len(gids) == 1, status
    return {
        "uid": int(uids.pop()),
        "gid": int(gids.pop()),
        "groups": sorted(map(int, status["Groups"].split())),
        **{name: int(status[name], 16) for name in SETS},
        "new": 1 - int(status["NoNewPrivs"]),
    }


def expected(uid, gid, groups, kept=0, bounding=0, new=0):
    sets = {name: kept for name in SETS} | {"CapBnd": bounding}
    return {"uid": uid, "gid": gid, "groups": sorted(groups), **sets, "new": new}


def running(run, name="sleep"):
    """The child once it is the program, not asgi-init's fork."""
    until(lambda: status_of(run.child).get("Name") == name, lambda: f"{name}; stderr:\n{run.err}")
    return run.child


def assert_refused(run, code, *texts):
    assert run.wait() == code, run.err
    assert run.out == ""
    for text in texts:
        assert text in run.err


FORMS = {
    "app": (1000, 1001, [1001, 33, 44]),
    "app:": (1000, 1001, [1001, 33, 44]),
    "app:www": (1000, 33, [33]),
    "app:33": (1000, 33, [33]),  # digits are an id, though a group is called so
    "app:4242": (1000, 4242, [4242]),
    "1000": (1000, 1001, [1001, 33, 44]),  # an id, though a user is called so
    "1000:www": (1000, 33, [33]),
    "4242": (4242, 0, [0]),
    "4242:4243": (4242, 4243, [4243]),
    "2147483647:2147483647": (2147483647, 2147483647, [2147483647]),
    "0:0": (0, 0, None),  # root already: the groups stay
}


@as_root
@pytest.mark.parametrize("spec", FORMS)
def test_both_processes_are_exactly_that_user(start, accounts, spec):
    uid, gid, groups = FORMS[spec]
    run = start("--user", spec, "--", "sleep", "3600", binds=accounts)
    wanted = expected(uid, gid, os.getgroups() if groups is None else groups)
    assert identity_of(running(run)) == wanted
    assert identity_of(run.pid) == wanted
    assert ("user-without-entry" in run.err) == (spec == "4242")


@pytest.mark.parametrize(
    "spec",
    ["", ":", ":1001", "app:www:x", "4294967295", "4294967296", "2147483648", "18446744073709551616", "1000:4294967295",
     "nobodyhere", "1000abc", "-1", "+1000", "0x0", " app", "app ", "broken", "app:nogroup", "app:broken", "1000:-1"],
)  # fmt: skip
def test_what_is_no_user_is_never_root(start, accounts, spec):
    run = start(f"--user={spec}", "--", "echo", "started", binds=accounts)
    assert_refused(run, 67)
    assert run.err


def test_a_user_of_an_image_without_accounts(start, root_folder):
    run = start("--user", "1000:1000", "--", "/actor", "pause", program="/asgi-init", root=root_folder, proc="none")
    wanted = expected(1000, 1000, [1000])
    assert identity_of(running(run, "actor")) == wanted
    assert identity_of(run.pid) == wanted


def test_a_name_in_an_image_without_accounts(start, root_folder):
    run = start("--user", "app", "--", "/actor", "pause", program="/asgi-init", root=root_folder)
    assert_refused(run, 67, "no-such-user", "No such file or directory")


@pytest.mark.parametrize(
    "spec, home, name", [("app", "/home/app", "app"), ("1000", "/home/app", "app"), ("4242:1", "/", None), ("homeless", "/", "homeless")]
)
def test_home_user_and_logname(start, accounts, spec, home, name):
    given = {"PATH": os.environ["PATH"], "HOME": "/root", "KEPT": "1"}
    run = start("--user", spec, "--", "env", binds=accounts, env=given)
    assert run.wait() == 0, run.err
    found = dict(line.split("=", 1) for line in run.out.splitlines())
    assert found["HOME"] == home and found["KEPT"] == "1"
    assert found.get("USER") == found.get("LOGNAME") == name


NUMBERS = {("1000", "33"): (1000, 33, [33]), ("1000", None): (1000, 1001, [1001, 33, 44]), ("911", "911"): (911, 911, [911])}


@pytest.mark.parametrize("numbers", NUMBERS, ids=str)
def test_puid_and_pgid(start, accounts, numbers):
    env = {"PATH": os.environ["PATH"], "PUID": numbers[0]} | ({"PGID": numbers[1]} if numbers[1] else {})
    run = start("--", "sleep", "3600", binds=accounts, env=env)
    wanted = expected(*NUMBERS[numbers])
    assert identity_of(running(run)) == wanted
    assert identity_of(run.pid) == wanted


@pytest.mark.parametrize("puid, pgid", [("app", "1001"), ("1000", "www"), ("-1", "1"), ("4294967295", "1"), ("1000:5", "1")])
def test_puid_that_is_no_number(start, accounts, puid, pgid):
    env = {"PATH": os.environ["PATH"], "PUID": puid, "PGID": pgid}
    assert_refused(start("--", "echo", "started", binds=accounts, env=env), 67, "puid-not-number")


@as_user
def test_puid_is_for_root_only(start, accounts):
    env = {"PATH": os.environ["PATH"], "PUID": "4242", "PGID": "4242"}
    run = start("id", "-u", binds=accounts, env=env)
    assert run.wait() == 0 and run.out == "1000\n"


def test_nothing_changes_without_a_user(start):
    run = start("sleep", "3600")
    own = identity_of(os.getpid())
    assert identity_of(running(run)) == own
    assert identity_of(run.pid) == own


@every_way
def test_drop_privs_keeps_ids_and_drops_rights(start, way):
    """An ordinary user can't empty the bounding set; no_new_privs makes it idle."""
    run = start("--drop-privs", "--", "sleep", "3600")
    wanted = expected(*USER, [], bounding=identity_of(os.getpid())["CapBnd"]) if way.user else expected(0, 0, os.getgroups())
    assert identity_of(running(run)) == wanted
    assert identity_of(run.pid) == wanted


def test_new_privs(start):
    run = start("--user", "1000:1000", "--new-privs", "--", "sleep", "3600")
    wanted = expected(1000, 1000, [1000], new=identity_of(os.getpid())["new"])
    assert identity_of(running(run)) == wanted
    assert identity_of(run.pid) == wanted


def securebits_of(pid):
    """Asked of the process itself: /proc doesn't show them."""
    return int(subprocess.run([SECUREBITS, str(pid)], check=True, capture_output=True, text=True, timeout=60).stdout)


@as_root
@pytest.mark.parametrize("words", [[], ["--user", "1000:1000"], ["--user", "1000:1000", "--keep-caps", "KILL"], ["--drop-privs"]], ids=str)
def test_securebits_stay_as_they_were(start, words):
    """Also those that leave a root's capabilities to the user that it becomes: both processes lose them all the same."""
    for given in (0, NO_SETUID_FIXUP):
        bits = ["--securebits", "+no_setuid_fixup"] if given else []
        run = start(*bits, BINARY, *words, "--", "sleep", "3600", program=SETPRIV)
        child = running(run)
        assert not words or identity_of(child)["CapPrm"] == (KILL if "KILL" in words else 0)
        until(lambda: not words or identity_of(run.pid)["CapPrm"] == 0, "PID 1 without capabilities")
        assert (securebits_of(run.pid), securebits_of(child)) == (given, given)
        run.signal(signal.SIGTERM)
        assert run.wait() == 128 + signal.SIGTERM  # and both went on as before


@as_root
def test_kept_capabilities_are_the_childs_only(start):
    run = start("--user", "1000:1000", "--keep-caps", "kill,CAP_NET_RAW", "--", "sleep", "3600")
    assert identity_of(running(run)) == expected(1000, 1000, [1000], kept=KILL | NET_RAW)
    until(lambda: identity_of(run.pid) == expected(1000, 1000, [1000]), "PID 1 without capabilities")


@as_user
def test_an_ordinary_user_has_no_capability_to_keep(start):
    run = start("--keep-caps", "KILL", "--", "echo", "started")
    assert_refused(run, 77, "capability-not-available", "KILL")


def test_kept_capabilities_stay_with_root(start):
    run = start("--keep-caps", "KILL", "--", "sleep", "3600")
    assert identity_of(running(run)) == expected(0, 0, os.getgroups(), kept=KILL)


def test_exec_has_what_is_kept(start):
    run = start("--user", "1000:1000", "--keep-caps", "KILL", "--exec", "--", "sleep", "3600")
    until(lambda: status_of(run.pid).get("Name") == "sleep", "the program in asgi-init's place")
    assert identity_of(run.pid) == expected(1000, 1000, [1000], kept=KILL)


def test_a_capability_that_is_none(start):
    assert_refused(start("--user", "1000", "--keep-caps", "KILL,NET_BIND_SERVICES", "--", "echo", "started"), 64,
                   "unknown-capability", "did you mean NET_BIND_SERVICE?")  # fmt: skip


# ---- as containers restrict root ----


def restricted(start, capabilities, *words, **options):
    """asgi-init as root with no capabilities but these."""
    sets = ",".join(["-all", *(f"+{name}" for name in capabilities)])
    return start("--bounding-set", sets, "--inh-caps", "-all", BINARY, *words, program=SETPRIV, **options)


def test_cap_drop_all(start):
    run = restricted(start, [], "--user", "1000:1000", "--", "echo", "started")
    assert_refused(run, 77, "user-not-permitted", "cap_add: [SETGID, SETUID]", "USER 1000:1000")


@pytest.mark.parametrize("given, missing", [("setgid", "SETUID"), ("setuid", "SETGID")])
def test_one_of_the_two_is_missing(start, given, missing):
    run = restricted(start, [given], "--user", "1000:1000", "--", "echo", "started")
    assert_refused(run, 77, "user-not-permitted", f"cap_add: [{missing}]")


def test_setuid_and_setgid_are_enough(start):
    run = restricted(start, ["setuid", "setgid"], "--user", "1000:1000", "--", "sleep", "3600")
    wanted = expected(1000, 1000, [1000], bounding=SETUID | SETGID)  # to empty it takes CAP_SETPCAP
    assert identity_of(running(run)) == wanted
    assert identity_of(run.pid) == wanted


def test_drop_privs_where_root_could_regain(start):
    """Without CAP_SETPCAP the bounding set stays, and root would get it back at execve: no_new_privs forbids that."""
    run = restricted(start, ["setuid", "kill"], "--drop-privs", "--", "sleep", "3600")
    assert identity_of(running(run)) == expected(0, 0, os.getgroups(), bounding=SETUID | KILL)
    run = restricted(start, ["setuid", "kill"], "--drop-privs", "--new-privs", "--", "echo", "started")
    assert_refused(run, 71, "privileges-not-changed", "SETPCAP")


def test_a_capability_that_is_not_there(start):
    run = restricted(start, ["setuid", "setgid"], "--user", "1000:1000", "--keep-caps", "KILL", "--", "echo", "started")
    assert_refused(run, 77, "capability-not-available", "cap_add: [KILL]")


def test_a_user_namespace_with_one_id(start):
    run = start("--user", "--map-root-user", BINARY, "--user", "1000:1000", "--", "echo", "started", program=UNSHARE)
    assert_refused(run, 77, "id-not-mapped", "/proc/self/uid_map")


def test_the_one_id_of_a_user_namespace(start):
    run = start("--user", "--map-root-user", BINARY, "--user", "0:0", "--", "sleep", "3600", program=UNSHARE)
    wanted = expected(0, 0, os.getgroups())
    assert identity_of(running(run)) == wanted
    assert identity_of(run.pid) == wanted


@as_user
def test_an_ordinary_user_can_become_nobody_else(start):
    run = start("--user", "1001:1001", "--", "echo", "started")
    assert_refused(run, 77, "user-needs-root", "USER 1001:1001")


@pytest.mark.parametrize("user", ["1000", "app"])
def test_who_is_that_user_already_keeps_the_group_that_is_not_named(start, accounts, user):
    """An image with --user in its ENTRYPOINT, started with `--user 1000:3000` or runAsGroup: 3000."""
    run = start("--user", user, "--", "sleep", "3600", user=(1000, 3000), binds=accounts)
    wanted = expected(1000, 3000, [], bounding=identity_of(os.getpid())["CapBnd"])
    assert identity_of(running(run)) == wanted
    assert run.err == ""
    refused = start("--user", f"{user}:1001", "--", "echo", "started", user=(1000, 3000), binds=accounts)
    assert_refused(refused, 77, "user-needs-root")


def test_who_is_that_user_already(start):
    """Also with groups of somebody else's choice (fsGroup, --group-add): they stay."""
    words = ["--reuid", "1000", "--regid", "1000", "--groups", "1000,2000", BINARY]
    run = start(*words, "--user", "1000:1000", "--", "sleep", "3600", program=SETPRIV)
    wanted = expected(1000, 1000, [1000, 2000], bounding=identity_of(os.getpid())["CapBnd"])
    assert identity_of(running(run)) == wanted
    assert identity_of(run.pid) == wanted


# ---- low ports ----

PYTHON = "/usr/bin/python3"
SERVER = """\
import os, socket, sys, time
port = sys.argv[sys.argv.index("--port") + 1] if "--port" in sys.argv else os.environ.get("UVICORN_PORT")
try:
    socket.socket().bind(("", int(port)))
    print("bound", flush=True)
except OSError as error:
    print(error, flush=True)
if "CODE" in os.environ:
    sys.exit(int(os.environ["CODE"]))
time.sleep(3600)
"""


@pytest.fixture
def site():
    """A folder for PYTHONPATH that any user can read; its uvicorn only takes the port."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "uvicorn").mkdir()
        (folder / "uvicorn/__init__.py").touch()
        (folder / "uvicorn/__main__.py").write_text(SERVER)
        (folder / "main.py").write_text("app = None\n")
        folder.chmod(0o755)
        (folder / "uvicorn").chmod(0o755)
        yield folder


def serve(start, site, first_free, port, *options, before=(), user="1000:1000", variables={}, python=PYTHON, **others):
    """asgi-init in a network namespace of its own, whose lowest port for everybody is first_free."""
    script = f'echo {first_free} >/proc/sys/net/ipv4/ip_unprivileged_port_start && exec "$@"'
    words = [BINARY, "--python", python, *options, *(["--user", user] if user else []), "main:app"]
    words += ["--port", str(port)] if port else []
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(site), **variables}
    return start("--net", "sh", "-c", script, "sh", *before, *words, program=UNSHARE, folder=site, env=env, **others)


@pytest.mark.parametrize(
    "first_free, port, kept", [(1024, 80, NET_BIND_SERVICE), (0, 80, 0), (1024, 8000, 0), (80, 80, 0), (81, 80, NET_BIND_SERVICE)]
)
def test_a_low_port_keeps_its_capability_exactly_when_needed(start, site, first_free, port, kept):
    run = serve(start, site, first_free, port)
    run.said("bound")
    assert identity_of(run.child) == expected(1000, 1000, [1000], kept=kept)
    until(lambda: identity_of(run.pid) == expected(1000, 1000, [1000]), "PID 1 without capabilities")


def test_a_low_port_without_the_capability(start, site):
    """It can't be kept where it isn't: the server says so itself, and nothing else goes wrong."""
    limits = [SETPRIV, "--bounding-set", "-all,+setuid,+setgid", "--inh-caps", "-all"]
    run = serve(start, site, 1024, 80, before=limits)
    run.said("Permission denied")
    assert identity_of(run.child) == expected(1000, 1000, [1000], bounding=SETUID | SETGID)


def test_a_low_port_of_who_was_no_root(start, site):
    """Started as an ordinary user asgi-init has no capability to keep, and changes nothing."""
    limits = [SETPRIV, "--reuid", "1000", "--regid", "1000", "--clear-groups"]
    run = serve(start, site, 1024, 80, before=limits, user=None)
    run.said("Permission denied")
    own = identity_of(os.getpid())
    assert identity_of(run.child) == expected(1000, 1000, [], bounding=own["CapBnd"], new=own["new"])
    run = serve(start, site, 0, 80, before=limits, user=None)
    run.said("bound")


PLAIN = [SETPRIV, "--reuid", "1000", "--regid", "1000", "--clear-groups"]
TWO = [SETPRIV, "--bounding-set", "-all,+setuid,+setgid", "--inh-caps", "-all"]
NONE = [SETPRIV, "--bounding-set", "-all", "--inh-caps", "-all"]
ENDS = {"variables": {"CODE": "3"}}


@pytest.mark.parametrize("before, user", [(PLAIN, None), (TWO, "1000:1000"), (NONE, None)], ids=["plain user", "--user", "root without"])
def test_a_server_that_ends_as_its_port_is_refused_is_explained(start, site, before, user):
    run = serve(start, site, 1024, 80, before=before, user=user, **ENDS)
    assert run.wait() == 3 and "Permission denied" in run.out
    json_run = serve(start, site, 1024, 80, "--log-format", "json", before=before, user=user, **ENDS)
    assert json_run.wait() == 3
    (finding,) = [line for line in map(json.loads, json_run.err.splitlines()) if line["rule"] == "port-not-permitted"]
    uid = "1000" if user or before == PLAIN else "0"
    assert finding["values"]["uid"] == uid and ("user: root" in run.err) == (uid != "0")
    if before == PLAIN:
        golden.compare_finding("port-not-permitted", run.err, finding)


def test_a_refused_port_hides_no_module_that_is_missing(start, site):
    (site / "main.py").write_text("import nowhere\napp = None\n")
    run = serve(start, site, 1024, 80, before=NONE, user=None, **ENDS)
    assert run.wait() == 3
    assert run.err.index("[import-missing]") < run.err.index("[port-not-permitted]")


def test_a_port_that_a_variable_names_is_changed_there(start, site):
    run = serve(start, site, 9000, None, before=PLAIN, user=None, variables={"CODE": "3", "PORT": "8080"})
    assert run.wait() == 3
    assert "    PORT: 9000\n" in run.err and re.search("wanted   port 8080 +from PORT\n", run.err)


def python_with(site, attribute):
    """Debian's Python finds its library from anywhere."""
    program = site / "python3"
    program.write_bytes(Path(PYTHON).resolve().read_bytes())
    program.chmod(0o755)
    os.setxattr(program, "security.capability", attribute)
    return program


NOT_REFUSED = {
    "free for all": dict(first_free=0, before=PLAIN, user=None),
    "a high port": dict(first_free=1024, port=8000, before=PLAIN, user=None),
    "kept": dict(first_free=1024),
    "root": dict(first_free=1024, user=None),
    "ambient": dict(first_free=1024, before=[*PLAIN, "--inh-caps", "+net_bind_service", "--ambient-caps", "+net_bind_service"], user=None),
    "it ended well": dict(first_free=1024, before=PLAIN, user=None, variables={"CODE": "0"}),
    "it listens elsewhere": dict(first_free=1024, before=PLAIN, user=None, variables={"CODE": "3", "UVICORN_UDS": "/nowhere"}),
}  # fmt: skip


@pytest.mark.parametrize("how", NOT_REFUSED.values(), ids=NOT_REFUSED)
def test_other_ends_are_not_put_down_to_the_port(start, site, how):
    how = {"port": 80, **ENDS, **how}
    run = serve(start, site, **how)
    assert run.wait() == int(how["variables"]["CODE"])
    assert "port-not-permitted" not in run.err


def test_an_interpreter_with_the_capability_is_not_put_down_to_the_port(start, site):
    run = serve(start, site, 1024, 80, before=PLAIN, user=None, python=python_with(site, EFFECTIVE_PERMITTED), **ENDS)
    run.said("bound")
    assert run.wait() == 3
    assert "port-not-permitted" not in run.err


# ---- standard output ----


@pytest.fixture
def pipe():
    """Root's pipe without a name, as Docker gives: its write end, and a function that takes what is in it."""
    read_end, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    os.set_blocking(write_end, True)
    yield write_end, lambda: os.read(read_end, 4096).decode()
    os.close(write_end)
    os.close(read_end)


def test_the_child_may_open_the_output_of_pid_1(start, pipe):
    write_end, content = pipe
    run = start("--user", "1000:1000", "--", "sh", "-c", "echo x >/proc/1/fd/1 && echo y >/dev/stdout", stdout=write_end)
    assert run.wait() == 0, run.err
    assert content() == "x\ny\n"
    assert os.fstat(write_end).st_uid == 1000


def test_a_file_stays_its_owners(start):
    run = start("--user", "1000:1000", "--", "echo", "x")
    assert run.wait() == 0
    assert run.out_file.stat().st_uid == run.err_file.stat().st_uid == 0


def test_an_output_that_cannot_be_handed_over_is_told(start, pipe):
    write_end, content = pipe
    run = restricted(start, ["setuid", "setgid"], "-v", "--user", "1000:1000", "--", "echo", "x", stdout=write_end)
    assert run.wait() == 0
    assert content() == "x\n"
    assert "output-not-handed-over" in run.err and "cap_add: [CHOWN]" in run.err


# ---- the environment of PID 1 ----


def read_as(user, path):
    words = [SETPRIV, "--reuid", str(user), "--regid", str(user), "--clear-groups", "cat", path]
    return subprocess.run(words, capture_output=True, timeout=60)


@every_way
@pytest.mark.parametrize("words", [[], ["--user", "1000:1000"]], ids=["stays", "switched"])
def test_what_proc_shows_of_our_environment_is_the_childs(start, way, words):
    """It is left readable, to whoever may read the child's: what is hidden here would be there. Nobody else gets to see it."""
    owner = 1000 if words or way.user else 0
    run = start(*words, "--", "sleep", "3600", env={"PATH": os.environ["PATH"], "SECRET": "sesame"})
    child = running(run)
    for pid in (run.pid, child):
        path = f"/proc/{pid}/environ"
        assert os.stat(path).st_uid == owner
        assert b"SECRET=sesame" in read_as(owner, path).stdout.split(b"\0")
        stranger = read_as(1001, path)
        assert stranger.returncode != 0 and stranger.stdout == b"" and b"Permission denied" in stranger.stderr
    ours, its = (set(read_as(owner, f"/proc/{pid}/environ").stdout.split(b"\0")) for pid in (run.pid, child))
    assert {entry for entry in ours - its if not entry.startswith((b"HOME=", b"USER=", b"LOGNAME="))} == set()


# ---- file capabilities ----

EFFECTIVE_PERMITTED = bytes.fromhex("01000002" "00040000" "00000000" "00000000" "00000000")  # cap_net_bind_service=+ep
PERMITTED = bytes.fromhex("00000002" "00040000" "00000000" "00000000" "00000000")


def program_with(tmp_path, attribute):
    program = tmp_path / "program"
    program.write_bytes(open("/bin/echo", "rb").read())
    program.chmod(0o755)
    os.setxattr(program, "security.capability", attribute)
    return program


def test_a_file_that_the_kernel_would_refuse_is_told_before(start, tmp_path):
    program = program_with(tmp_path, EFFECTIVE_PERMITTED)
    kernel = subprocess.run([SETPRIV, "--bounding-set", "-all", program, "x"], capture_output=True, text=True, timeout=60)
    assert kernel.returncode != 0 and "Operation not permitted" in kernel.stderr
    run = start("--drop-privs", "--", program, "started")
    assert_refused(run, 126, "interpreter-capabilities", "NET_BIND_SERVICE", "setcap -r")


def test_a_file_that_loses_its_capabilities_runs(start, tmp_path):
    run = start("-v", "--drop-privs", "--", program_with(tmp_path, PERMITTED), "started")
    assert run.wait() == 0 and run.out == "started\n"


def test_a_file_whose_capabilities_are_there_runs(start, tmp_path):
    run = start(program_with(tmp_path, EFFECTIVE_PERMITTED), "started")
    assert run.wait() == 0 and run.out == "started\n" and run.err == ""
