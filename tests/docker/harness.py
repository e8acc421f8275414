"""Starts containers, reads what they say, and removes them always.

A test takes the fixture `dock` and starts what it likes:

    box = dock.run(volumes=[f"{backend}:/app"])
    assert box.wait() == 72
    [finding] = box.findings("venv-hidden-by-mount")

Without a word to the contrary the image is the sample, with this tree's build/asgi-init mounted over /asgi-init: one image serves
most failures, which are made by mounts, settings and words. Deadlines are long, since they only ever pass when a test fails.
"""

import http.client
import itertools
import json
import os
import pathlib
import re
import subprocess
import time

import images

BINARY = pathlib.Path(os.environ.get("ASGI_INIT", images.TREE / "build" / "asgi-init")).resolve()
OWNER = "asgi-init-test.owner"
DEADLINE = 120
POLL = 0.05
JSON = {"ASGI_INIT_LOG_FORMAT": "json"}


def docker(*words, check=True, **options):
    """Runs the client; its output, stderr included, comes as text."""
    command = ["docker", *[str(word) for word in words]]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=DEADLINE, **options
    )
    if check and done.returncode:
        raise AssertionError(f"{' '.join(command)}\n{done.stdout}")
    return done.stdout.strip()


def until(truth, what):
    """Asks again and again until the answer is true, and returns it."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        answer = truth()
        if answer:
            return answer
        time.sleep(POLL)
    raise AssertionError(f"{what}: not within {DEADLINE} seconds")


class Box:
    """One container."""

    def __init__(self, name):
        self.name = name
        self.addresses = {}

    def state(self):
        return json.loads(docker("inspect", "--format", "{{json .State}}", self.name))

    def running(self):
        return self.state()["Running"]

    def logs(self):
        """All that it wrote, to stdout and stderr."""
        return docker("logs", self.name)

    def messages(self):
        """What it wrote to stderr alone."""
        return subprocess.run(
            ["docker", "logs", self.name], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=DEADLINE, check=True
        ).stderr

    def wait(self):
        """Its exit code."""
        try:
            return int(docker("wait", self.name))
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {DEADLINE} seconds:\n{self.logs()}") from None

    def wait_for(self, text):
        """Until it has written the text."""
        until(lambda: text in self.logs() or not self.running(), f"{text!r} from {self.name}")
        assert text in self.logs(), f"it ended with {self.state()['ExitCode']} without {text!r}:\n{self.logs()}"

    def published(self, port):
        """The address on the host, as long as it runs."""
        if port not in self.addresses:
            lines = docker("port", self.name, port, check=False).splitlines()
            if not re.fullmatch(r"127\.0\.0\.1:\d+", lines[0] if lines else ""):
                return None
            self.addresses[port] = lines[0]
        return self.addresses[port]

    def get(self, path, port=8000):
        """Status and body, or None while nothing answers."""
        address = self.published(port)
        if not address:
            return None
        connection = http.client.HTTPConnection(address, timeout=DEADLINE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def health(self, port=8000):
        """What /health says, once the server listens. A container that ends instead fails the test with all that it wrote."""
        tries = itertools.count(1)

        def answer():
            # Docker is asked now and then only: each time costs more than the try itself.
            found = self.get("/health", port)
            if not found and next(tries) % 10 == 0:
                assert self.running(), f"it ended with {self.state()['ExitCode']} instead of serving:\n{self.logs()}"
            return found

        status, body = until(answer, f"/health of {self.name}")
        assert status == 200, body
        return json.loads(body)

    def stop(self):
        """`docker stop`, and the exit code: 137 would say that Docker had to kill it after the 60 seconds."""
        docker("stop", "--time", "60", self.name)
        return self.wait()

    def signal(self, name):
        docker("kill", "--signal", name, self.name)

    def execute(self, *words):
        return docker("exec", self.name, *words)

    def objects(self):
        """Each line of JSON that asgi-init wrote."""
        return [json.loads(line) for line in self.logs().splitlines() if line.startswith("{")]

    def findings(self, rule=None):
        """The findings (of one rule) of a container that was started with harness.JSON."""
        found = [entry for entry in self.objects() if "rule" in entry]
        return [entry for entry in found if entry["rule"] == rule] if rule else found


class Dock:
    """Starts containers and volumes for one test, and removes them all with it."""

    numbers = itertools.count()
    IMAGES = "asgi-init-test/own-"

    def __init__(self):
        self.names = []
        self.volume_names = []
        self.image_names = []

    def new_name(self):
        return f"asgi-init-test-{os.getpid()}-{next(self.numbers)}"

    def command(self, *words, image=images.SAMPLE, volumes=(), environment=None, options=(), ports=(), binary=BINARY, verbose=False):
        """A new name, and what stands behind `docker run`. `options` are Docker's own; `words` stand where CMD does."""
        name = self.new_name()
        command = ["--pull=never", "--name", name, "--label", f"{OWNER}={os.getpid()}"]
        command += [word for port in ports for word in ("--publish", f"127.0.0.1::{port}")]
        if binary:
            command += ["--volume", f"{binary}:/asgi-init:ro"]
        command += [word for volume in volumes for word in ("--volume", volume)]
        settings = {**(environment or {}), **({"ASGI_INIT_VERBOSE": "1"} if verbose else {})}
        command += [word for key, value in settings.items() for word in ("--env", f"{key}={value}")]
        self.names.append(name)
        return name, [*command, *options, image, *words]

    def run(self, *words, ports=(8000,), copies=(), **settings):
        """docker run --detach; `copies` are (source, place), of what is copied into it before it starts."""
        name, command = self.command(*words, ports=ports, **settings)
        if not copies:
            docker("run", "--detach", *command)
            return Box(name)
        docker("create", *command)
        for source, place in copies:
            docker("cp", source, f"{name}:{place}")
        docker("start", name)
        return Box(name)

    def end(self, *words, stdin=subprocess.DEVNULL, **settings):
        """docker run, until the container has ended: its exit code, stdout and stderr. With `-t` all comes as stdout."""
        command = ["docker", "run", *self.command(*words, **settings)[1]]
        done = subprocess.run(command, stdin=stdin, capture_output=True, text=True, timeout=DEADLINE)
        # 125 is the client's own: no container was started.
        assert done.returncode != 125, f"{' '.join(command)}\n{done.stderr}"
        return done

    def volume(self):
        """A new volume's name; it is empty until a container fills it."""
        name = self.new_name()
        self.volume_names.append(name)
        docker("volume", "create", "--label", f"{OWNER}={os.getpid()}", name)
        return name

    def anonymous_volume(self):
        """The same without a name: Docker's own is 64 digits."""
        name = docker("volume", "create", "--label", f"{OWNER}={os.getpid()}")
        self.volume_names.append(name)
        return name

    def image(self, lines, context=None):
        """An image of this test alone, from the lines of a Dockerfile."""
        name = f"{self.IMAGES}{os.getpid()}-{next(self.numbers)}"
        self.image_names.append(name)
        return images.build(name, lines, context)

    def close(self):
        if self.names:
            docker("rm", "--force", "--volumes", *self.names, check=False)
        if self.volume_names:
            docker("volume", "rm", "--force", *self.volume_names, check=False)
        if self.image_names:
            # The layers stay as Docker's cache: the next test, or the next run, has most of them in common.
            docker("image", "rm", "--force", "--no-prune", *self.image_names, check=False)


def remove_strays():
    """Removes what test runs that were killed have left: what has an owner that isn't there any more."""
    for kind, words in (("container", ["--all"]), ("volume", [])):
        listed = docker(kind, "ls", "--quiet", *words, f"--filter=label={OWNER}").split()
        for name in listed:
            labels = ".Config.Labels" if kind == "container" else ".Labels"
            owner = docker(kind, "inspect", "--format", f'{{{{index {labels} "{OWNER}"}}}}', name, check=False)
            if owner.isdigit() and not os.path.exists(f"/proc/{owner}"):
                docker(kind, "rm", "--force", *(["--volumes"] if kind == "container" else []), name, check=False)
    for image in docker("image", "ls", "--format", "{{.Repository}}", f"--filter=reference={Dock.IMAGES}*").splitlines():
        if not os.path.exists(f"/proc/{image.split('-')[-2]}"):
            docker("image", "rm", "--force", image, check=False)
