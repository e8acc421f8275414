#!/usr/bin/env python3
"""Lets asgi-init be PID 1 of a real uvicorn for long: four workers under requests, while orphans come and workers are killed.

    soak.py [SECONDS]       by default SOAK_SECONDS, or 600

It fails when a zombie stays, when the memory or the descriptors of PID 1 grow, when the server doesn't come back, or when the
stop at the end isn't clean. Needs root, for a PID namespace.
"""

import http.client
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / "build/asgi-init"
VENV = ROOT / "build/backend-venv"
WORKERS = 4
LIMIT = 120
"""Seconds until something counts as never to come."""
ZOMBIE_LIMIT = 30
"""Seconds until a zombie counts as one that stays. It is reaped at once, but a machine may be busy."""
GROWTH_LIMIT = 32
"""kB of dirty memory: pages of stack and data that are touched for the first time; a leak of any kind is more in no time."""
ORPHANS_MOST = 20


class Failure(Exception):
    pass


@dataclass
class Result:
    seconds: float
    requests: int = 0
    orphans: int = 0
    killed: int = 0
    before: tuple = ()  # (dirty kB, descriptors) of PID 1
    after: tuple = ()

    def __str__(self):
        return (
            f"{self.seconds:.0f} s: {self.requests} requests, {self.orphans} orphans, {self.killed} workers killed; PID 1 had "
            f"{self.before[0]} kB of dirty memory and {self.before[1]} descriptors before, {self.after[0]} and {self.after[1]} after"
        )


# ---- looking at processes


def children(pid):
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def is_zombie(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False


def words(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def sample(pid):
    """(dirty kB, descriptors), the least of some looks: a file that is just being read is no growth."""
    looks = []
    for _ in range(10):
        looks.append(look_at(pid))
        time.sleep(0.05)
    return tuple(map(min, zip(*looks)))


def look_at(pid):
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Private_Dirty: +(\d+) kB$", rollup, re.M)[1]), len(os.listdir(f"/proc/{pid}/fd"))


def until(condition, what):
    end = time.monotonic() + LIMIT
    while not (value := condition()):
        if time.monotonic() > end:
            raise Failure(f"not within {LIMIT} seconds: {what}")
        time.sleep(0.05)
    return value


# ---- the server


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=LIMIT)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Server:
    """uvicorn under asgi-init, PID 1 of a namespace that ends with this object."""

    def __init__(self, folder):
        self.socket = folder / "socket"
        self.log = folder / "log"
        environment = {"PATH": os.environ["PATH"], "VIRTUAL_ENV": str(VENV)}
        command = [BINARY, "app.main:app", "--workers", str(WORKERS), "--uds", self.socket, "--no-access-log"]
        with open(self.log, "wb") as log:
            self.unshare = subprocess.Popen(
                ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", *map(str, command)],
                cwd=ROOT / "tests/backend", env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            self.init = until(lambda: children(self.unshare.pid), "PID 1")[0]
            self.master = until(lambda: children(self.init), "uvicorn")[0]
            until(lambda: len(self.workers()) == WORKERS and self.answers(), "the first answer")
        except BaseException:
            self.kill()
            raise

    def workers(self):
        """The processes that serve: multiprocessing starts its resource tracker besides."""
        return [pid for pid in children(self.master) if any(b"spawn_main" in word for word in words(pid))]

    def answers(self):
        connection = UnixConnection(self.socket)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def leave_orphans(self, count):
        """A shell that ends before its children do, inside the namespace."""
        script = "".join(f"(sleep {random.uniform(0, 2):.2f} &)\n" for _ in range(count))
        command = ["nsenter", "--target", str(self.init), "--pid", "--", "/bin/sh", "-c", script]
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True, timeout=LIMIT)

    def kill_worker(self):
        """False when there is none just now."""
        try:
            os.kill(random.choice(self.workers()), signal.SIGKILL)
        except (IndexError, ProcessLookupError):
            return False
        return True

    def stop(self):
        os.kill(self.init, signal.SIGTERM)
        code = self.unshare.wait(timeout=LIMIT)
        if code != 0:
            raise Failure(f"the stop ended with {code}")

    def kill(self):
        self.unshare.kill()
        self.unshare.wait()


# ---- what happens to it


class Requests:
    """Threads that send one request after the other. Those on a worker that is killed fail, and that is fine."""

    def __init__(self, server, threads=2):
        self.answered = 0
        self.over = threading.Event()
        self.server = server
        self.threads = [threading.Thread(target=self.send) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def send(self):
        while not self.over.is_set():
            self.answered += self.server.answers()
            self.over.wait(0.002)

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()


class Zombies:
    """Which children of PID 1 are zombies, and since when."""

    def __init__(self):
        self.since = {}

    def look(self, server):
        now = time.monotonic()
        there = {pid for pid in children(server.init) if is_zombie(pid)}
        self.since = {pid: self.since.get(pid, now) for pid in there}
        old = [pid for pid, since in self.since.items() if now - since > ZOMBIE_LIMIT]
        if old:
            raise Failure(f"zombies that nobody reaps: {old}")


def trouble(server, result, seconds):
    zombies = Zombies()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        count = random.randint(1, ORPHANS_MOST)
        server.leave_orphans(count)
        result.orphans += count
        result.killed += random.random() < 0.3 and server.kill_worker()
        zombies.look(server)
        time.sleep(random.uniform(0, 0.5))


def settle(server):
    """Nothing is left but the server, with all its workers."""
    until(lambda: children(server.init) == [server.master], "all orphans are reaped")
    until(lambda: len(server.workers()) == WORKERS and server.answers(), "all workers are up again")


def judge(result):
    if result.after[0] - result.before[0] > GROWTH_LIMIT or result.after[1] > result.before[1]:
        raise Failure(f"PID 1 has grown: {result}")
    if not (result.requests and result.orphans):
        raise Failure(f"nothing happened: {result}")


def soak(seconds):
    """Returns a Result, or raises Failure."""
    with tempfile.TemporaryDirectory() as folder:  # with a short name, for the socket's path
        return soak_in(Path(folder), seconds)


def soak_in(folder, seconds):
    server = Server(folder)
    try:
        result = Result(seconds, before=sample(server.init))
        requests = Requests(server)
        try:
            trouble(server, result, seconds)
        finally:
            requests.stop()
        result.requests = requests.answered
        settle(server)
        result.after = sample(server.init)
        judge(result)
        server.stop()
        return result
    except Exception as error:
        raise Failure(f"{error}\n{server.log.read_text(errors='replace')[-4000:]}") from error
    finally:
        server.kill()


def main():
    seconds = float(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SOAK_SECONDS", 600))
    try:
        print(f"soak: {soak(seconds)}")
    except Failure as error:
        sys.exit(f"soak: {error}")


if __name__ == "__main__":
    main()
