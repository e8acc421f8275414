"""Does what a finding's fix says, as it is printed: to the container's options, to the Dockerfile, or to the host's folder.

A fix is a line of what it does and lines to copy. Each line to copy has its deed in DEEDS; a fix with a line that has none, or
with nothing to copy, fails the test, so that nothing is printed that nobody has tried.
"""

import dataclasses
import pathlib
import re
import shlex
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
    base: tuple = ()  # the instructions that made `image`, its FROM first, for a fix that changes what they do
    stale: bool = False  # a file that the build reads has changed

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


def append_line(name):
    """A line for a file of the project; the image is built again, and git checks all files out again, so that it has its effect."""

    def deed(start, match):
        with open(start.folder / name, "a") as file:
            file.write(match[0] + "\n")
        if name == ".gitattributes":
            commands = "git init -q . && git add --renormalize . && git ls-files -z | xargs -0 rm && git checkout-index --all"
            subprocess.run(commands, shell=True, check=True, cwd=start.folder)
        return dataclasses.replace(start, stale=True)

    return deed


def change_command(start, match):
    """`command:` of compose.yaml, which is parted into words as a shell does."""
    return dataclasses.replace(start, words=tuple(shlex.split(match[1])))


def change_user(start, match):
    return dataclasses.replace(start, options=(*start.options, f"--user={match[1]}"))


def take_mount_out(start, match):
    """A mount point alone: the mount is taken out of compose.yaml."""
    kept = tuple(volume for volume in start.volumes if target(volume) != match[0])
    assert kept != start.volumes, f"nothing is mounted on {match[0]}"
    return dataclasses.replace(start, volumes=kept)


def keep(start, _):
    """Says where to look, or goes before another line, and changes nothing by itself."""
    return start


# The lines that aren't a Dockerfile's. Those are taken together, below.
DEEDS = [
    (r"- (/[^\s:]+)", add_volume),
    (r"- \./([^\s:]*):(/[^\s:]+)", mount_code_only),
    (r"/\S+", take_mount_out),
    (r"(chmod|git update-index|git mv) .+", in_project),
    (r"\*\.\w+ text eol=lf", append_line(".gitattributes")),
    (r"\*\*/\S+", append_line(".dockerignore")),
    (r"command: (.+)", change_command),
    (r'user: "(\d+)"', change_user),
    (r"docker volume rm (\S+)", remove_volume),
    (r"docker compose down", keep),
    (r"docker compose up --renew-anon-volumes --force-recreate", keep),
]

RELINK = (
    f"RUN ln -sfn {{0}}/bin/python{images.PYTHON} /app/.venv/bin/python3 && sed -i 's,^home = .*,home = {{0}}/bin,' /app/.venv/pyvenv.cfg"
)

# What uv does at build time with its settings, done with what the images have. Each gives instructions for the final stage.
UV = [
    (r"UV_PROJECT_ENVIRONMENT=(\S+)", "RUN python3 -m venv --without-pip {0} && cp -a /app/.venv/lib/. {0}/lib"),
    (r"UV_PYTHON=(\S+)/bin/python3", RELINK),
    (r"UV_PYTHON_INSTALL_DIR=(\S+)", "RUN [ -e {0} ] || (mkdir {0} && cp -a /usr/local/bin /usr/local/lib {0}/)"),
    (r"UV_PYTHON_INSTALL_DIR=(\S+)", RELINK),
]  # fmt: skip


def stage_named_build(instructions):
    """The stage that `COPY --from=build` copies from: one with the Python that uv would have put where its setting says."""
    found = re.search(r"UV_PYTHON_INSTALL_DIR=(\S+)", " ".join(instructions))
    if not found or not any("--from=build" in line for line in instructions):
        return []
    return [f"FROM {images.PYTHON_BASE} AS build", f"RUN mkdir {found[1]} && cp -a /usr/local/bin /usr/local/lib {found[1]}/"]


def rebuild(dock, start, instructions):
    """Builds the image again with the instructions at the end of its Dockerfile; a FROM goes in place of its own."""
    froms = [line for line in instructions if line.startswith("FROM ")]
    stages = [line for line in froms if " AS " in line] + stage_named_build(instructions)
    own = list(start.base) or [f"FROM {start.image}"]
    if froms:
        own[0] = froms[-1]
    added = [line for line in instructions if line not in froms]
    added += [doing.format(*found.groups()) for setting, doing in UV for line in added if (found := re.search(setting, line))]
    lines = [*stages, *own, *(["USER root", *added, "USER app"] if added else [])]
    words = () if any(line.startswith("CMD") for line in instructions) else start.words
    return dataclasses.replace(start, image=dock.image(lines, context=start.folder), words=words, stale=False)


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
    return rebuild(dock, start, instructions) if instructions or (start.stale and start.base) else start
