"""What the tests of findings share: the project on the host, and the way from a failure to its finding and to its fixes."""

import dataclasses
import shutil
from collections.abc import Callable

import deeds
import fixes
import golden
import harness
import images

# What a venv made on a Mac looks like when it comes into a container.
MAC_PYTHON = "/opt/homebrew/opt/python@3.13/bin/python3.13"


def backend(folder):
    """The project as a developer has it: the code, and no environment."""
    place = folder / "backend"
    shutil.copytree(images.BACKEND, place, ignore=shutil.ignore_patterns("__pycache__", ".venv"))
    return place


def mac_environment(project):
    """A .venv that the host's Python made, of no use in a container."""
    place = project / ".venv"
    (place / "bin").mkdir(parents=True)
    (place / "lib/python3.13/site-packages").mkdir(parents=True)
    (place / "lib/python3.13/site-packages/_compiled.cpython-313-darwin.so").write_bytes(bytes.fromhex("cffaedfe0c000001"))
    (place / "bin/python3.13").symlink_to(MAC_PYTHON)
    (place / "bin/python3").symlink_to("python3.13")
    (place / "bin/python").symlink_to("python3.13")
    (place / "bin/uvicorn").write_text(f"#!{project}/.venv/bin/python\n")
    (place / "bin/uvicorn").chmod(0o755)
    (place / "pyvenv.cfg").write_text(
        f"home = {MAC_PYTHON.rpartition('/')[0]}\ninclude-system-site-packages = false\nversion = 3.13.5\n"
        f"executable = {MAC_PYTHON}\ncommand = {MAC_PYTHON} -m venv /Users/ana/shop/.venv\n"
    )
    return place


def filled_volume(dock, folder, volume=None):
    """A named volume that holds what a folder of the host does, as one that was first filled some other way."""
    volume = volume or dock.volume()
    box = dock.run(
        "-c", "cp -a /from/. /volume", image=images.ROOT, binary=None, ports=(),
        volumes=[f"{folder}:/from:ro", f"{volume}:/volume"], options=["--entrypoint=/bin/sh"],
    )  # fmt: skip
    assert box.wait() == 0, box.logs()
    return volume


# ---- what a fix must lead to


def serves(start, box, rule):
    """The image starts, and has nothing more to say of it."""
    box.health(start.port)
    assert "error" not in {finding["severity"] for finding in box.findings()}, box.logs()
    assert not box.findings(rule), box.logs()


def ends_well(start, box, rule):
    """The command, or the check, ends with 0, and has nothing more to say of it."""
    assert box.wait() == 0, box.logs()
    assert not box.findings(rule), box.logs()


def serves_still(start, box, rule):
    """The fix is where to look, which its deed has done; the image is as it was."""


def says(text):
    """The fix mends nothing: it has the text said, that tells what to mend."""

    def proof(start, box, rule):
        box.wait()
        assert text in box.logs(), box.logs()

    return proof


@dataclasses.dataclass
class Untried:
    """A fix that can't be tried on a machine with plain Docker: why, and what it must say of this very failure."""

    why: str
    lines: tuple


@dataclasses.dataclass
class Failure:
    """A failure with real Docker: its finding, and what each of the fixes leads to, by their numbers in the row of the rule."""

    rule: str
    code: int | tuple | None  # what asgi-init ends with, or one of these; None: it serves, and warns
    make: Callable  # of (dock, folder): a Start
    fixes: dict
    golden: bool = False  # its screen is compared with tests/golden


def find(dock, failure, start):
    """Starts it, sees it end as it should, and returns the finding. Where it is refused, that is the only error."""
    box = start.run(dock, environment=harness.JSON)
    if failure.code is None:
        box.health(start.port)
    else:
        assert box.wait() in (failure.code if isinstance(failure.code, tuple) else (failure.code,)), box.logs()
    found = box.findings(failure.rule)
    errors = [finding["rule"] for finding in box.findings() if finding["severity"] == "error"]
    assert found and set(errors) <= {failure.rule}, box.logs()
    return found[0]


def prove(dock, failure, folder):
    """The finding, and each of its fixes, applied as printed to the failure anew."""
    start = failure.make(dock, fresh(folder, 0))
    finding = find(dock, failure, start)
    if failure.golden:
        check_golden(dock, start, finding)
    numbers = fixes.numbers(finding)
    printed = dict(zip(numbers, finding["fixes"]))
    assert {number for number in numbers if fixes.copyable(printed[number])} == set(failure.fixes), finding["fixes"]
    for number, proof in failure.fixes.items():
        if isinstance(proof, Untried):
            assert tuple(fixes.copyable(printed[number])) == proof.lines
            continue
        start = failure.make(dock, fresh(folder, number))
        mine = find(dock, failure, start) if start.is_own else finding  # a volume of its own has a name of its own
        fixed = deeds.apply(dock, start, dict(zip(numbers, mine["fixes"]))[number])
        if proof is not serves_still:
            proof(fixed, fixed.run(dock, environment=harness.JSON), failure.rule)


def fresh(folder, number):
    """A folder a try: what a fix changes on the host, the next one must not find changed."""
    place = folder / f"try{number}"
    place.mkdir(mode=0o755)
    return place


def refusal(dock, start, rule, code):
    """Starts it, sees it refused with that exit code and that finding as the one error, and returns the finding."""
    return find(dock, Failure(rule, code, None, {}), start)


def text(dock, start):
    """The same as a person reads it."""
    box = start.run(dock)
    box.wait()
    return box.messages()


def check_golden(dock, start, finding):
    golden.compare_finding(finding["rule"], text(dock, start), finding)


def mended(dock, start, finding, number):
    """Applies the fix of that number, counted from 1 as printed, and sees the image serve."""
    fixed = deeds.apply(dock, start, finding["fixes"][number - 1])
    box = fixed.run(dock)
    box.health()
    assert "error[" not in box.logs(), box.logs()
    return box
