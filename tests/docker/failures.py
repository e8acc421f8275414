"""What the tests of findings share: the project on the host, and the way from a failure to its finding and to its fix."""

import shutil

import deeds
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


def refusal(dock, start, rule, code):
    """Starts it, sees it refused with that exit code and that finding as the one error, and returns the finding."""
    box = start.run(dock, environment=harness.JSON)
    assert box.wait() == code, box.logs()
    errors = [finding for finding in box.findings() if finding["severity"] == "error"]
    assert [finding["rule"] for finding in errors] == [rule], box.logs()
    return errors[0]


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
