"""Does what a finding's fix says, as it is printed: to the container's options, to the Dockerfile, or to the host's folder.

A fix is a line of what it does and lines to copy. Each line to copy has its deed in DEEDS; a fix with a line that has none, or
with nothing to copy, fails the test, so that nothing is printed that nobody has tried.
"""

import dataclasses
import functools
import json
import pathlib
import re
import shlex
import subprocess

import fixes
import harness
import images

# What a build does, and what only says how the image is started: that is as well an option of docker run, which takes no time.
STEP = r"(?:FROM|RUN|COPY) .+"
SETTING = r"(?:ENV|CMD|ENTRYPOINT|WORKDIR|USER|STOPSIGNAL) .+"

# Where no registry can be reached, pip has the wheels of the images.
OFFLINE = "ENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_COMPILE=1"


@dataclasses.dataclass
class Start:
    """One way to start a container: what a compose service, its Dockerfile and the folder beside it say."""

    image: str = images.SAMPLE
    words: tuple = ()
    volumes: tuple = ()
    environment: dict = dataclasses.field(default_factory=dict)
    options: tuple = ()
    folder: pathlib.Path | None = None  # the project on the host: what ./ means, and the context of a build
    base: tuple = ()  # the Dockerfile that made `image`, its FROM first, for a fix that adds to it; without, it is the sample's
    build: tuple = ()  # the stage called build that it copies from; without, that is the image that has all
    steps: tuple = ()  # those of `base` that are yet to be done to `image`, with no build: see in_container
    stale: bool = False  # a file that the build reads has changed
    port: int = 8000
    is_own: bool = False  # the finding names something that each try has anew

    def run(self, dock, **more):
        environment = {**self.environment, **more.pop("environment", {})}
        more.setdefault("ports", (self.port,))
        if self.steps and not suits_container(self):
            return self.built(dock).run(dock, environment=environment, **more)
        start, copies = in_container(self) if self.steps else (self, ())
        return dock.run(
            *start.words, image=start.image, volumes=start.volumes, options=start.options, environment=environment, copies=copies, **more
        )

    def built(self, dock):
        """The same from an image of its own."""
        return self.but(image=dock.image([*self.build, *steps_of(self.base)], context=self.folder), steps=())

    def but(self, **changes):
        return dataclasses.replace(self, **changes)


# ---- the Dockerfile


@functools.cache
def variables_of(image):
    """What the image itself sets."""
    found = json.loads(harness.docker("image", "inspect", "--format", "{{json .Config.Env}}", image))
    return dict(item.split("=", 1) for item in found or [])


def set_variables(start, words):
    """The variables of an ENV, with those that are set already put in place of their names."""
    environment = {**start.environment}
    for name, value in (word.split("=", 1) for word in words):
        known = {**variables_of(start.image), **environment}
        environment[name] = re.sub(r"\$(\w+)", lambda match: known.get(match[1], ""), value)
    return start.but(environment=environment)


def set_entrypoint(start, words):
    return start.but(options=(*start.options, f"--entrypoint={words[0]}"), words=(*words[1:], *start.words))


def apply_setting(start, line):
    """An instruction that says how the image is started."""
    name, rest = line.split(" ", 1)
    if name == "ENV":
        return set_variables(start, shlex.split(rest))
    if name == "CMD":
        return start.but(words=tuple(json.loads(rest)))
    if name == "ENTRYPOINT":
        return set_entrypoint(start, json.loads(rest))
    option = {"WORKDIR": "--workdir", "USER": "--user", "STOPSIGNAL": "--stop-signal"}[name]
    return start.but(options=(*start.options, f"{option}={rest}"))


def steps_of(lines):
    """What a build has to do; the working folder too, where a step is about what lies in it."""
    steps = [line for line in lines if re.fullmatch(STEP, line) or line == OFFLINE]
    if any(re.search(r"requirements\.txt|^COPY (?!--from)", line) for line in steps):
        steps[1:1] = [line for line in lines if line.startswith("WORKDIR")][:1]
    return steps


def made(dock, start, lines, settings=()):
    """The start from an image of a Dockerfile's lines, beneath what it is started with; `settings` are of a fix, and come last."""
    first, *steps = steps_of(lines)
    bare = Start(image=first.split()[1])
    for line in lines:
        if re.fullmatch(SETTING, line) and line != OFFLINE:
            bare = apply_setting(bare, line)
    start = start.but(
        image=bare.image, base=tuple(lines), steps=tuple(steps), stale=False, words=start.words or bare.words,
        options=(*bare.options, *start.options), environment={**bare.environment, **start.environment},
    )  # fmt: skip
    start = functools.reduce(apply_setting, settings, start)
    return start.built(dock) if steps and not suits_container(start) else start


# ---- steps without a build
#
# Docker's builder runs a step in a container, and then spends seconds on writing down what it changed. Where the steps are all
# that there is, they are done by root in the container itself, each by /bin/sh -c as in a build, before its program starts.

PLAIN_COPY = r"COPY (?!--)(\S+) (/\S+)"
PLAIN_OPTION = r"--(?:user=(?:app|root)|workdir=.+|entrypoint=.+)"


def suits_container(start):
    """COPY of the folder's files comes before all RUN, as `docker cp` does; mounts and fewer rights are for the program alone."""
    steps = [line for line in start.steps if not line.startswith("WORKDIR")]
    copies = [bool(re.fullmatch(PLAIN_COPY, line)) for line in steps]
    return (
        not start.build
        and not start.volumes
        and copies == sorted(copies, reverse=True)
        and all(copy or re.match("RUN |ENV ", line) for copy, line in zip(copies, steps))
        and all(re.fullmatch(PLAIN_OPTION, option) for option in start.options)
        and not (any(copies) and (start.folder / ".dockerignore").exists())
    )


def last_option(start, name):
    return ([option.split("=", 1)[1] for option in start.options if option.startswith(name)] or [""])[-1]


def in_container(start):
    """The same, with the steps in its command; and what is to be copied into it first, as (source, place)."""
    copies, script = [], ["set -e"]
    for line in start.steps:
        if found := re.fullmatch(PLAIN_COPY, line):
            source = start.folder / found[1]
            place = found[2] + source.name if found[2].endswith("/") and source.is_file() else found[2]
            copies.append((f"{source}/." if source.is_dir() else source, place))
        elif line.startswith("ENV "):
            script.append(f"export {line[4:]}")
        elif line.startswith("RUN "):
            script.append(f'said=$(/bin/sh -c {shlex.quote(line[4:])} 2>&1) || {{ echo "$said" >&2; exit 125; }}')
    if last_option(start, "--user=") == "app":
        script += [
            "chown app /proc/self/fd/1 /proc/self/fd/2",
            'exec env HOME=/home/app setpriv --reuid=app --regid=app --init-groups "$@"',
        ]
    else:
        script.append('exec "$@"')
    words = ("-c", "\n".join(script), "sh", last_option(start, "--entrypoint="), *start.words)
    return start.but(options=(*start.options, "--user=root", "--entrypoint=/bin/sh"), words=words), copies


def target(volume):
    return volume.split(":")[1] if ":" in volume else volume


def add_volume(start, match):
    return start.but(volumes=(*start.volumes, match[1]))


def mount_code_only(start, match):
    """A folder of the project in place of the mount around it."""
    source, place = match[1], match[2]
    kept = tuple(volume for volume in start.volumes if not f"{place}/".startswith(target(volume).rstrip("/") + "/"))
    return start.but(volumes=(*kept, f"{start.folder / source}:{place}"))


def repository(folder):
    """The project has been in git since before."""
    if not (folder / ".git").exists():
        subprocess.run("git init -q . && git add -A", shell=True, check=True, cwd=folder)


def in_project(start, match):
    """A command for the host, in the project's folder, which is a repository if the command is git's."""
    if match[0].startswith("git "):
        repository(start.folder)
    subprocess.run(match[0], shell=True, check=True, cwd=start.folder)
    return start.but(stale=True)


def remove_volume(start, match):
    """What is gone is made anew, and filled from the image, at the next start."""
    harness.docker("rm", "--force", *harness.docker("ps", "--all", "--quiet", f"--filter=volume={match[1]}").split())
    harness.docker("volume", "rm", match[1])
    return start


def renew_volumes(start, _):
    """A volume without a name, as Compose found it again by its container: now a new one, filled from the image."""
    return start.but(volumes=tuple(re.sub(r"^[0-9a-f]{64}:", "", volume) for volume in start.volumes))


def append_line(name):
    """A line for a file of the project; the image is built again, and git checks all files out again, so that it has its effect."""

    def deed(start, match):
        repository(start.folder)
        with open(start.folder / name, "a") as file:
            file.write(match[0] + "\n")
        if name == ".gitattributes":
            commands = "git add --renormalize . && git ls-files -z | xargs -0 rm && git checkout-index --all"
            subprocess.run(commands, shell=True, check=True, cwd=start.folder)
        return start.but(stale=True)

    return deed


def first_line(start, match):
    """The first line of the one script that the project has: in place of what names an interpreter there, or before the rest."""
    [script] = start.folder.glob("*.sh")
    lines = script.read_text().splitlines(keepends=True)
    script.write_text("".join([match[0] + "\n", *lines[lines[0].startswith("#!") :]]))
    return start.but(stale=True)


def change_command(start, match):
    """`command:` of compose.yaml, which is parted into words as a shell does."""
    return start.but(words=tuple(shlex.split(match[1])))


def publish(start, match):
    """`ports:` of compose.yaml, and the option of uvicorn that goes with it, where that is what says the port."""
    words = list(start.words)
    if "--port" in words:
        words[words.index("--port") + 1] = match[2]
    return start.but(port=int(match[2]), words=tuple(words))


def change_sysctl(start, match):
    kept = tuple(option for option in start.options if not option.startswith(f"--sysctl={match[1]}="))
    assert kept != start.options, f"{match[1]} is not set"
    return start.but(options=(*kept, f"--sysctl={match[1]}={match[2]}"))


def change_import(start, match):
    """The line of the project's main.py that imports the same name."""
    [file] = start.folder.rglob("main.py")
    name = match[0].split()[-1]
    changed, times = re.subn(rf"^(from|import) .*\b{name}$", match[0], file.read_text(), flags=re.MULTILINE)
    assert times == 1, f"{times} lines import {name}"
    file.write_text(changed)
    return start.but(stale=True)


def change_user(start, match):
    return start.but(options=(*start.options, f"--user={match[1]}"))


def take_mount_out(start, match):
    """A mount point alone: the mount is taken out of compose.yaml."""
    kept = tuple(volume for volume in start.volumes if target(volume) != match[0])
    assert kept != start.volumes, f"nothing is mounted on {match[0]}"
    return start.but(volumes=kept)


def add_capabilities(start, match):
    added = tuple(f"--cap-add={name.strip()}" for name in match[1].split(","))
    return start.but(options=(*start.options, *added))


def change_tmpfs(start, match):
    """`tmpfs:` of compose.yaml, or the option of docker run: in place of the one that is there."""
    kept = tuple(option for option in start.options if not option.startswith(f"--tmpfs={match[1]}:") and option != f"--tmpfs={match[1]}")
    assert kept != start.options, f"no tmpfs on {match[1]}"
    return start.but(options=(*kept, f"--tmpfs={match[1]}:{match[2]}"))


def without_filter(start, _):
    kept = tuple(option for option in start.options if not option.startswith("--security-opt=seccomp="))
    return start.but(options=(*kept, "--security-opt=seccomp=unconfined"))


def option_of_docker(name):
    return lambda start, match: start.but(options=(*start.options, f"{name}={match[1]}"))


def own_option(start, match):
    """An option of asgi-init with its value: in place of the one that is there, in the words that start it."""
    words, name = list(start.words), match[1]
    value = shlex.split(match[2])[0]
    if name in words:
        words[words.index(name) : words.index(name) + 2] = [name, value]
    else:
        words = [name, value, *words]
    return start.but(words=tuple(words))


def option_of_uvicorn(start, match):
    return start.but(words=(*(start.words or ("app.main:app",)), match[1], match[2]))


def set_variable(start, match):
    """NAME=VALUE where the container's variables are set; and what had the value under a name that was wrong is gone."""
    kept = {name: value for name, value in start.environment.items() if value != match[2] or not name.startswith("ASGI_INIT_")}
    return start.but(environment={**kept, match[1]: match[2]})


def rename_variable(start, match):
    """The name alone, of what is set under another one."""
    [(wrong, value)] = [item for item in start.environment.items() if item[0].startswith("ASGI_INIT_")]
    return start.but(environment={name: value for name, value in start.environment.items() if name != wrong} | {match[0]: value})


def ask(start, match):
    """A command of asgi-init that says more: it must work in that very image, with the same settings."""
    done = subprocess.run(
        ["docker", "run", "--rm", "--volume", f"{harness.BINARY}:/asgi-init:ro", "--entrypoint=/asgi-init",
         *[word for item in start.environment.items() for word in ("--env", "=".join(item))], start.image, *match[1].split()],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=harness.DEADLINE,
    )  # fmt: skip
    # Settings that contradict each other are shown, and have their exit code all the same.
    assert done.returncode in (0, 78) and all(name in done.stdout for name in start.environment), done.stdout
    return start


def ask_program(start, match):
    """Another program in the same image."""
    return start.but(options=(*start.options, f"--entrypoint={match[1]}"), words=tuple(match[2].split()))


def add_package(start, match):
    """What uv then installs while the image is built, in place of an editable install: put there by pip, from the images' wheels."""
    base = start.base or (f"FROM {images.ROOT}", *images.SAMPLE_SETTINGS)
    install = f"rm -rf {SITE}/{match[1]}.pth {SITE}/{match[1]}-1.0.dist-info && /app/.venv/bin/python -m pip install {match[1]}"
    return start.but(base=(*base, OFFLINE, f"RUN {install}"), stale=True)


def look(start, match):
    """A command that shows something in the container."""
    harness.docker("run", "--rm", *[f"--volume={volume}" for volume in start.volumes], "--entrypoint=/bin/sh", start.image, "-c", match[0])
    return start


def keep(start, _):
    """Says where to look, or goes before another line, and changes nothing by itself."""
    return start


# The lines that aren't a Dockerfile's. Those are taken together, below.
DEEDS = [
    (r"- (/[^\s:]+)", add_volume),
    (r"- \./([^\s:]*):(/[^\s:]+)", mount_code_only),
    (r"/\S+", take_mount_out),
    (r"(chmod|git update-index|git mv|sed -i) .+", in_project),
    (r"\*\.\w+ text eol=lf", append_line(".gitattributes")),
    (r"\*\*/\S+", append_line(".dockerignore")),
    (r"#!/bin/sh|#!/usr/bin/env python3", first_line),
    (r"command: (.+)", change_command),
    (r'user: "?(\w+)"?', change_user),
    (r'ports: \["(\d+):(\d+)"\]', publish),
    (r"environment:|sysctls:", keep),
    (r"(net\.[a-z0-9_.]+): (\d+)", change_sysctl),
    (r'([A-Z][A-Z_]+): "?([^"]+)"?', set_variable),
    (r"(?:from|import) .+", change_import),
    (r"cap_add: \[(.+)\]", add_capabilities),
    (r'tmpfs: \["(/[^:]+):(exec)"\]', change_tmpfs),
    (r"docker run --tmpfs (/[^:]+):(exec) \.\.\.", change_tmpfs),
    (r"docker run --security-opt seccomp=unconfined \.\.\.", without_filter),
    (r"mem_limit: (\w+)", option_of_docker("--memory")),
    (r"shm_size: (\w+)", option_of_docker("--shm-size")),
    (r"id -u; id -g", keep),
    (r"ls -la.*", look),
    (r"docker run --rm -it --entrypoint (\S+) IMAGE (.+)", ask_program),
    (r"uv add (\S+)", add_package),
    (r"(--user|--keep-caps|--python|--map-signal) (.+)", own_option),
    (r"(--host|--loop|--timeout-graceful-shutdown) (\S+)", option_of_uvicorn),
    (r"([A-Z][A-Z_]+)=(.+)", set_variable),
    (r"ASGI_INIT_\w+", rename_variable),
    (r"asgi-init ((?:config|explain)\b.*)", ask),
    (r"docker volume rm (\S+)", remove_volume),
    (r"docker compose down", keep),
    (r"docker compose up --renew-anon-volumes --force-recreate", renew_volumes),
]

# A Python of its own at another place, as uv would put it there, which shares its library with the image's.
PYTHON_AT = "mkdir -p {0}/bin && cp -a /usr/local/bin/python* {0}/bin/ && ln -s /usr/local/lib {0}/lib"
SITE = f"/app/.venv/lib/python{images.PYTHON}/site-packages"
RELINK = (
    f"RUN ln -sfn {{0}}/bin/python{images.PYTHON} /app/.venv/bin/python3 && sed -i 's,^home = .*,home = {{0}}/bin,' /app/.venv/pyvenv.cfg"
)

# What uv does at build time with its settings, done with what the images have. Each gives instructions for the final stage.
UV = [
    (r"UV_PYTHON=(\S+)/bin/python3", RELINK),
    (r"UV_PYTHON_INSTALL_DIR=(\S+)", f"RUN [ -e {{0}} ] || ({PYTHON_AT})"),
    (r"UV_PYTHON_INSTALL_DIR=(\S+)", RELINK),
    (r"RUN uv sync .*(--no-editable)", f"RUN cd {SITE} && rm -rf shop.pth uvicorn.pth *-1.0.dist-info && cp -a /app/src/. ."),
]  # fmt: skip


def stage_named_build(start, lines):
    """The stage that `COPY --from=build` copies from: one with the Python that uv would have put where its setting says, or all."""
    if start.build or not any("--from=build" in line for line in lines):
        return list(start.build)
    found = re.search(r"UV_PYTHON_INSTALL_DIR=(\S+)", " ".join(lines))
    if not found:
        return [f"FROM {images.ROOT} AS build", "WORKDIR /app"]
    return [f"FROM {images.PYTHON_BASE} AS build", "RUN " + PYTHON_AT.format(found[1])]


def with_pip(lines):
    """The same, and pip without a network."""
    return [OFFLINE, *lines] if any("pip " in line for line in lines) else lines


def replace_copy(own, line):
    """A COPY to the place that another COPY has already: in place of it."""
    for number, old in enumerate(own):
        if line.startswith("COPY ") and old.startswith("COPY ") and old.split()[-1].rstrip("/") == line.split()[-1].rstrip("/"):
            own[number] = line
            return True
    return False


def rebuild(dock, start, instructions, headline=""):
    """Builds the image again with the instructions at the end of its Dockerfile, or of the stage that the fix names."""
    build = stage_named_build(start, instructions)
    before = list(start.base) or [f"FROM {images.ROOT}", *images.SAMPLE_SETTINGS]
    own = list(before)
    froms = [line for line in instructions if line.startswith("FROM ")]
    for line in froms:
        if " AS " in line:
            build[:1] = [line]
        else:
            own[0] = line
    added = [
        line for line in instructions if re.fullmatch(STEP, line) and not re.match("FROM |RUN uv ", line) and not replace_copy(own, line)
    ]
    if "build stage" in headline and "final stage" not in headline:
        in_build = [line for line in added if not line.startswith("COPY --from=build ")]
        build += with_pip(in_build)
        added = [line for line in added if line not in in_build]
    added += [doing.format(*found.groups()) for setting, doing in UV for line in instructions if (found := re.search(setting, line))]
    if own[0] == f"FROM {images.ROOT}" and any("UV_PROJECT_ENVIRONMENT=/opt/venv" in line for line in instructions):
        own[0] = f"FROM {images.ELSEWHERE}"  # uv makes it there instead
    settings = [line for line in instructions if re.fullmatch(SETTING, line)]
    if not added and not start.stale and not froms and own == before:
        return functools.reduce(apply_setting, settings, start)
    return made(dock, start.but(build=tuple(build)), [*own, *with_pip(added)], settings)


def say_whole_name(start, headline, lines):
    """What the package's folder is called goes before the module."""
    if "by its whole name" not in headline:
        return start
    package = lines[0].rstrip("/").rpartition("/")[2]
    return start.but(words=(f"{package}.{start.words[0]}", *start.words[1:]))


def leave_out(start, headline):
    """What the fix says shall be left out: an option with its value, or a variable."""
    found = re.search(r"leave (--[a-z-]+|[A-Z_]+) out", headline)
    if not found:
        return start
    words = list(start.words)
    if found[1] in words:
        where = words.index(found[1])
        del words[where : where + 2]
    return start.but(words=tuple(words), environment={name: value for name, value in start.environment.items() if name != found[1]})


def apply(dock, start, fix):
    """A start with the fix applied."""
    lines = fixes.copyable(fix)
    assert lines, f"a fix without a line to copy: {fix!r}"
    instructions = [line for line in lines if re.fullmatch(f"{STEP}|{SETTING}", line)]
    start = say_whole_name(leave_out(start, fix.splitlines()[0]), fix.splitlines()[0], lines)
    for line in lines:
        if line in instructions:
            continue
        deeds = [(deed, match) for pattern, deed in DEEDS if (match := re.fullmatch(pattern, line))]
        assert deeds, f"no deed for {line!r} of the fix {fix!r}"
        deed, match = deeds[0]
        start = deed(start, match)
    return rebuild(dock, start, instructions, fix.splitlines()[0]) if instructions or (start.stale and start.base) else start
