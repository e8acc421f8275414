"""Does what a finding's fix says, as it is printed: to the container's options, to the Dockerfile, or to the host's folder.

A fix is a line of what it does and lines to copy. Each line to copy has its deed in DEEDS; a fix with a line that has none, or
with nothing to copy, fails the test, so that nothing is printed that nobody has tried.
"""

import dataclasses
import pathlib
import re
import subprocess

import harness
import images

INSTRUCTION = r"(?:RUN|ENV|COPY|CMD|ENTRYPOINT|WORKDIR|USER|ARG|FROM|SHELL)"


@dataclasses.dataclass
class Start:
    """One way to start a container: what a compose service, its Dockerfile and the folder beside it say."""

    image: str = images.SAMPLE
    words: tuple = ()
    volumes: tuple = ()
    environment: dict = dataclasses.field(default_factory=dict)
    options: tuple = ()
    folder: pathlib.Path | None = None  # the project on the host: what ./ means, and the context of a build
    base: tuple = ()  # the instructions that made `image`, for a fix that changes its FROM

    def run(self, dock, **more):
        environment = {**self.environment, **more.pop("environment", {})}
        return dock.run(
            *self.words, image=self.image, volumes=self.volumes, options=self.options, environment=environment, **more
        )


def copied(fix):
    """The lines to copy, without the comments behind them."""
    lines = [re.sub(r"\s+#.*$", "", line).strip() for line in fix.splitlines()[1:]]
    return [line for line in lines if line]


def target(volume):
    return volume.split(":")[1] if ":" in volume else volume


def add_volume(start, match):
    return dataclasses.replace(start, volumes=(*start.volumes, match[1]))


def mount_code_only(start, match):
    """A folder of the project in place of the mount around it."""
    source, place = match[1], match[2]
    kept = tuple(volume for volume in start.volumes if not f"{place}/".startswith(target(volume).rstrip("/") + "/"))
    return dataclasses.replace(start, volumes=(*kept, f"{start.folder / source}:{place}"))


def in_project(start, match):
    """A command for the host, in the project's folder, which is a repository if the command is git's."""
    if match[0].startswith("git ") and not (start.folder / ".git").exists():
        subprocess.run("git init -q . && git add -A", shell=True, check=True, cwd=start.folder)
    subprocess.run(match[0], shell=True, check=True, cwd=start.folder)
    return start


def remove_volume(start, match):
    """What is gone is made anew, and filled from the image, at the next start."""
    harness.docker("rm", "--force", *harness.docker("ps", "--all", "--quiet", f"--filter=volume={match[1]}").split())
    harness.docker("volume", "rm", match[1])
    return start


def drop_volumes(start, _):
    """`docker compose down -v`: every volume of the service."""
    for name in [volume.split(":")[0] for volume in start.volumes if ":" in volume and "/" not in volume.split(":")[0]]:
        remove_volume(start, ("", name))
    return start


def keep(start, _):
    """Says where to look, and changes nothing."""
    return start


# The lines that aren't a Dockerfile's. Those are taken together, below.
DEEDS = [
    (r"- (/[^\s:]+)", add_volume),
    (r"- \./([^\s:]*):(/[^\s:]+)", mount_code_only),
    (r"volumes:", keep),
    (r"(chmod|git update-index|git mv|mv|rm -r|rm -rf|sed) .+", in_project),
    (r"docker volume rm (\S+)", remove_volume),
    (r"docker compose down -v", drop_volumes),
    (r"docker compose up .*", keep),
    (r"asgi-init [a-z]+.*", keep),
]

def new_environment(path):
    """What `uv sync` does where UV_PROJECT_ENVIRONMENT names that folder, done with pip and the wheels that we have."""
    install = "pip install -q --no-index --find-links=/wheels -r /app/requirements.txt"
    return [f"RUN python3 -m venv {path} && {path}/bin/{install}"]


def rebuild(dock, start, instructions):
    """Builds the image again with the instructions at the end of its Dockerfile; a FROM goes in place of its own."""
    lines = [f"FROM {start.image}"]
    for line in instructions:
        if line.startswith("FROM "):
            lines = [line, *start.base]
        else:
            lines.append(line)
        found = re.search(r"UV_PROJECT_ENVIRONMENT=(\S+)", line)
        if found:
            lines += ["USER root", *new_environment(found[1]), "USER app"]
    name = dock.image(lines, context=start.folder)
    words = () if any(line.startswith(("CMD", "ENTRYPOINT")) for line in instructions) else start.words
    return dataclasses.replace(start, image=name, words=words)


def apply(dock, start, fix):
    """A start with the fix applied."""
    lines = copied(fix)
    assert lines, f"a fix without a line to copy: {fix!r}"
    instructions = [line for line in lines if re.match(INSTRUCTION + r"\s", line)]
    for line in lines:
        if line in instructions:
            continue
        deeds = [(deed, match) for pattern, deed in DEEDS if (match := re.fullmatch(pattern, line))]
        assert deeds, f"no deed for {line!r} of the fix {fix!r}"
        deed, match = deeds[0]
        start = deed(start, match)
    return rebuild(dock, start, instructions) if instructions else start
