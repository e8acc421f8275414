"""Where reading isn't certain the interpreter is asked: when, what it may answer, and what disturbs it.

The images are those of small_image.py.
"""

import shutil
import signal

import pytest

from conftest import until
from small_image import UVICORN, bare_venv, environment, image, site_packages, sitecustomize, without_uvicorn  # noqa: F401

# A finder that knows a module which no file holds, as import hooks of editable installs do.
HOOK = """
import importlib.abc, importlib.util, sys
class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name in {names!r}:
            return importlib.util.spec_from_loader(name, self, is_package=name == "uvicorn")
        if name == "uvicorn.__main__":
            return importlib.util.spec_from_loader(name, self)
    def get_code(self, name):
        return compile({source!r} if name == "uvicorn.__main__" else "", name, "exec")
    def create_module(self, spec): return None
    def exec_module(self, module): pass
sys.meta_path.append(Finder())
"""


def test_an_image_that_reading_proves_is_not_asked(start, image):
    run = start("-v", folder=image, env=environment(image))
    run.said("uvicorn: app.main:app").said("venv: True").said("port: 8000 host: 0.0.0.0")
    assert "asked" not in run.err
    run.signal(signal.SIGTERM)
    assert run.wait() == 0


def test_probe_always_asks(start, image):
    run = start("-v", "--probe", "always", folder=image, env=environment(image))
    run.said("uvicorn: app.main:app").told("it answered")


def test_uvicorn_that_only_the_interpreter_finds_is_started(start, image):
    sitecustomize(without_uvicorn(image), HOOK.format(names=("uvicorn",), source=UVICORN))
    run = start("-v", folder=image, env=environment(image))
    run.said("uvicorn: app.main:app")
    assert "it answered" in run.err


def test_an_app_that_only_the_interpreter_finds_is_started(start, image):
    shutil.rmtree(image / "app")
    sitecustomize(image, HOOK.format(names=("made_up",), source=""))
    run = start("made_up:app", folder=image, env=environment(image))
    run.said("uvicorn: made_up:app")
    assert "error" not in run.err


def test_no_uvicorn_anywhere_is_refused(start, image):
    run = start(folder=without_uvicorn(image), env=environment(image))
    assert run.wait() == 72
    assert "error[uvicorn-not-installed]" in run.err


def test_no_such_app_is_refused(start, image):
    run = start("nosuch.main:app", folder=image, env=environment(image))
    assert run.wait() == 66
    assert "error[app-module-missing]" in run.err


def test_probe_never_refuses_nothing_uncertain(start, image):
    run = start("--probe", "never", "nosuch.main:app", folder=image, env=environment(image))
    run.said("uvicorn: nosuch.main:app")


@pytest.mark.parametrize("noise", ["print('1' * 100000)", "print('\\x00\\xff 111', end='')", "import os; os.write(2, b'x' * 70000)"])
def test_noise_is_no_answer_and_hides_none(start, image, noise):
    sitecustomize(without_uvicorn(image), noise)
    run = start(folder=image, env=environment(image))
    assert run.wait() == 72
    assert "error[uvicorn-not-installed]" in run.err


def test_an_interpreter_that_ends_at_once_is_told_with_its_last_words(start, image):
    sitecustomize(without_uvicorn(image), "import os; os.write(2, b'out of order\\n'); os._exit(3)")
    run = start(folder=image, env=environment(image))
    assert run.wait() == 72
    assert "error[python-does-not-start]" in run.err
    assert "out of order" in run.err and "exit code 3" in run.err


def test_a_stop_ends_the_asking_at_once(start, image):
    sitecustomize(without_uvicorn(image), "import time; print('asked', flush=True); open('begun', 'w'); time.sleep(3600)")
    run = start(folder=image, env=environment(image))
    until((image / "begun").exists, "the question")
    run.signal(signal.SIGTERM)
    assert run.wait() == 0
    assert "uvicorn:" not in run.out


def test_asking_runs_no_code_of_the_application(start, image):
    (image / "app/__init__.py").write_text("open('imported', 'w')\n")
    (image / "app/main.py").unlink()
    run = start("check", folder=image, env=environment(image))
    run.wait()
    assert not (image / "imported").exists()


def test_the_question_is_put_in_the_servers_own_environment(start, image):
    """PYTHONPATH of the server counts, and a uvicorn.py in the working folder doesn't (-P)."""
    without_uvicorn(image)
    elsewhere = image / "elsewhere"
    elsewhere.mkdir()
    (image / "uvicorn.py").write_text("print('the wrong one', flush=True)\n")
    run = start(folder=image, env=environment(image))
    assert run.wait() == 72, "uvicorn.py in the working folder is not uvicorn"
    assert "the wrong one" not in run.out


@pytest.mark.long
def test_an_interpreter_that_does_not_answer_is_started_all_the_same(start, image):
    sitecustomize(image, "import time, sys\nif '-c' in sys.orig_argv: time.sleep(3600)\n")
    run = start("--probe", "always", folder=image, env=environment(image))
    run.said("uvicorn: app.main:app")


@pytest.mark.parametrize("words, code", [(["check"], 143), (["--map-signal", "TERM=USR1"], 0), ([], 0)])
def test_a_stop_while_asking_ends_at_once(start, image, words, code):
    """Half a check has found nothing wrong, so it doesn't end as if all were well."""
    sitecustomize(without_uvicorn(image), f"import time; open({str(image / 'asked')!r}, 'w').close(); time.sleep(100)")
    run = start(*words, folder=image, env=environment(image))
    until((image / "asked").exists, "the question")
    run.signal(signal.SIGTERM)
    assert run.wait() == code
    assert "well" not in run.out and "uvicorn:" not in run.out


def test_of_pythons_that_do_not_start_the_reason_is_the_error(start, image):
    """Not "there is no Python", and a fix that brings another one."""
    run = start(folder=image, env={"PATH": "/usr/bin:/bin", "PYTHONHOME": "/nowhere"})
    assert run.wait() == 72
    assert run.err.startswith("asgi-init: error[python-does-not-start]: ")
    assert "no-python" not in run.err


@pytest.mark.parametrize("fault", ["setpgid:error=EPERM", "setpgid:error=ENOSYS"])
def test_a_stop_ends_the_asking_without_process_groups(start, image, fault):
    """As a seccomp filter has it: the interpreter is in our group then, and not to be missed."""
    sitecustomize(image, f"import time; open({str(image / 'asked')!r}, 'w').close(); time.sleep(3600)")
    trace = ["-e", "trace=setpgid", "-e", f"inject={fault}"]
    run = start("--probe", "always", folder=image, env=environment(image), trace=trace)
    until((image / "asked").exists, "the interpreter's start")
    run.signal(signal.SIGTERM)
    assert run.wait() == 0, run.err
    assert "INJECTED" in run.log
