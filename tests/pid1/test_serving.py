"""Serving, as it is asked for: each form of the command line, each source of a setting, and what uvicorn gets of it."""

import json
import shutil
import signal

import pytest

from conftest import BINARY, until
from small_image import bare_venv, environment, image, site_packages  # noqa: F401

FORMS = {
    "nothing": ([], "app.main:app"),
    "an application": (["app.main:app"], "app.main:app"),
    "an application and options": (["app.main:app", "--port", "9"], "app.main:app --port 9"),
    "options before the application": (["--port", "9", "app.main:app"], "--port 9 app.main:app"),
    "options alone": (["--port", "9"], "app.main:app --port 9"),
    "uvicorn": (["uvicorn", "app.main:app"], "app.main:app"),
    "uvicorn alone": (["uvicorn"], "app.main:app"),
    "python -m uvicorn": (["python", "-m", "uvicorn", "app.main:app"], "app.main:app"),
    "python3 -m uvicorn": (["python3", "-m", "uvicorn", "app.main:app"], "app.main:app"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_of_the_command_line_serves(start, image, form):
    words, uvicorn = FORMS[form]
    run = start(*words, folder=image, env=environment(image))
    run.said(f"uvicorn: {uvicorn}\n").said("venv: True")
    assert run.err == ""


@pytest.mark.parametrize("words", [["{bin}/uvicorn"], ["{bin}/python", "-m", "uvicorn"], ["{bin}/python3", "-m", "uvicorn"]])
def test_a_path_names_the_environment(start, image, words):
    env = {"PATH": "/usr/bin:/bin"}
    run = start("--probe", "never", *[word.format(bin=image / ".venv/bin") for word in words], "app.main:app", folder="/", env=env)
    run.said("venv: True")


@pytest.mark.parametrize(
    "words, env, port",
    [
        ([], {}, "8000"),
        ([], {"UVICORN_PORT": "7"}, "7"),
        ([], {"PORT": "8", "UVICORN_PORT": "7"}, "8"),
        ([], {"ASGI_INIT_PORT": "9", "PORT": "8"}, "9"),
        ([], {"PORT": ""}, "8000"),
        ([], {"PORT": "tcp://10.0.0.1:80"}, "8000"),
        (["--port", "10"], {"PORT": "8"}, "None"),
    ],
)
def test_the_port_comes_from_the_highest_source(start, image, words, env, port):
    run = start(*words, folder=image, env=environment(image, **env))
    run.said(f"port: {port} host:")


@pytest.mark.parametrize("env, host", [({"HOST": "10.1.2.3"}, "10.1.2.3"), ({"HOST": "build-7"}, "0.0.0.0"), ({"HOST": "::1"}, "::1")])
def test_host_counts_where_it_is_an_address(start, image, env, host):
    start(folder=image, env=environment(image, **env)).said(f"host: {host}\n")


@pytest.mark.parametrize(
    "env, app",
    [
        ({"APP_MODULE": "app.main:other"}, "app.main:other"),
        ({"MODULE_NAME": "app.main", "VARIABLE_NAME": "other"}, "app.main:other"),
        ({"MODULE_NAME": "app.main"}, "app.main:app"),
        ({"ASGI_INIT_APP": "app.main:one", "APP_MODULE": "app.main:two"}, "app.main:one"),
    ],
)
def test_the_application_comes_from_the_highest_source(start, image, env, app):
    start(folder=image, env=environment(image, **env)).said(f"uvicorn: {app}\n")


def test_pyproject_names_the_application(start, image):
    (image / "pyproject.toml").write_text('[tool.fastapi]\nentrypoint = "app.main:entry"\n')
    start(folder=image, env=environment(image)).said("uvicorn: app.main:entry\n")
    start(folder=image, env=environment(image, APP_MODULE="app.main:app")).said("uvicorn: app.main:app\n")


def test_what_is_not_named_is_found_where_fastapi_looks(start, image):
    shutil.move(image / "app/main.py", image / "main.py")
    (image / "main.py").write_text("from fastapi import FastAPI\napp = FastAPI()\n")
    shutil.rmtree(image / "app")
    start(folder=image, env=environment(image)).said("uvicorn: main:app\n")


def test_a_file_named_uvicorn_is_not_run_in_its_place(start, image):
    (image / "uvicorn.py").write_text("print('the wrong one')\n")
    start(folder=image, env=environment(image)).said("uvicorn: app.main:app\n")


def test_variables_that_lose_the_venv_are_removed(start, image):
    run = start(folder=image, env=environment(image, PYTHONEXECUTABLE="/x", __PYVENV_LAUNCHER__="/y"))
    run.said(f"venv: True argv0: {image}/.venv/bin/python")


@pytest.mark.parametrize("word", ["main", "app/main.py", "app/main.py:app", "main.py:app"])
def test_an_application_in_a_wrong_form_is_told_the_right_one(start, image, word):
    run = start(word, folder=image, env=environment(image))
    assert run.wait() == 66
    assert "error[app-reference-malformed]" in run.err and "app.main:app" in run.err


def test_a_program_of_that_name_is_run(start, image):
    script = image / "main.py"
    script.write_text("#!/bin/sh\necho it is a program\n")
    script.chmod(0o755)
    run = start("./main.py", folder=image, env=environment(image))
    assert run.wait() == 0
    assert run.out == "it is a program\n"


@pytest.mark.parametrize("name", ["gunicorn", "fastapi", "hypercorn"])
def test_a_console_script_whose_python_is_gone_runs_as_a_module(start, image, name):
    package = site_packages(image) / name
    package.mkdir()
    (package / "__main__.py").write_text("import sys\nprint('module:', *sys.argv[1:])\n")
    script = image / ".venv/bin" / name
    script.write_text("#!/build/.venv/bin/python\nprint('script')\n")
    script.chmod(0o755)
    run = start(name, "run", "x", folder=image, env=environment(image))
    assert run.wait() == 0
    assert "module: run x" in run.out


GUNICORN = "import signal, sys\nprint('script:', *sys.argv[1:], flush=True)\nsignal.pause()\n"
NOEXEC = 'mount -t tmpfs -o noexec none "$0" && cp -a "$1/." "$0" && shift && exec "$@"'


@pytest.fixture
def on_noexec(start, image, tmp_path):
    """Starts asgi-init beside an environment whose programs lie on a mount without exec, with these scripts among them."""

    def begin(*words, **scripts):
        folder = image / ".venv/bin"
        for name, text in scripts.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        shutil.rmtree(tmp_path / "whole", ignore_errors=True)
        whole = shutil.copytree(folder, tmp_path / "whole", symlinks=True)
        env = environment(image)
        return start("-c", NOEXEC, folder, whole, BINARY, *words, program="/bin/sh", folder=image, env=env)

    return begin


def commands_of(text):
    """The words of each CMD that a finding says to write."""
    return [json.loads(line.strip().removeprefix("CMD ")) for line in text.splitlines() if line.strip().startswith("CMD [")]


@pytest.mark.parametrize("option", [[], ["-B"]])
def test_a_script_on_a_mount_without_execution_is_started_by_the_first_fix(on_noexec, image, option):
    python = str(image / ".venv/bin/python")
    run = on_noexec("gunicorn", "app.main:app", "--workers", "2", gunicorn=" ".join([f"#!{python}", *option]) + "\n" + GUNICORN)
    assert run.wait() == 126
    assert "command-not-executable" in run.err and "with the option noexec" in run.err
    assert run.err.index("fix") < run.err.index("CMD [") < run.err.index("--tmpfs")
    (words,) = commands_of(run.err)
    assert words == [python, *option, str(image / ".venv/bin/gunicorn"), "app.main:app", "--workers", "2"]
    mended = on_noexec(*words)
    mended.said("script: app.main:app --workers 2\n").signal(signal.SIGTERM)
    assert mended.wait() == 0  # a server still, which was asked to stop


def test_any_script_on_a_mount_without_execution(on_noexec):
    run = on_noexec("--", "prepare", "the", "way", prepare="#!/bin/sh -e\necho prepared $*\n")
    assert run.wait() == 126
    (words,) = commands_of(run.err)
    mended = on_noexec(*words)
    assert (mended.wait(), mended.out) == (0, "prepared the way\n")


def test_no_way_around_a_mount_without_execution(on_noexec, image):
    """The interpreter lies there too, or isn't there; the script may not be read, or a word is better not shown."""
    shell = image / ".venv/bin/shell"
    shutil.copy("/bin/sh", shell)
    for words, text in (
        (("prepare",), f"#!{shell}\n"),
        (("prepare",), "#!/nowhere/sh\n"),
        (("prepare", "postgres://user:secret word@db"), "#!/bin/sh\n"),
    ):
        run = on_noexec("--", *words, prepare=text)
        assert run.wait() == 126
        assert "with the option noexec" in run.err and not commands_of(run.err)
        assert "secret" not in run.err


@pytest.mark.parametrize("number, workers", [(signal.SIGHUP, False), (signal.SIGQUIT, False), (37, False), (signal.SIGQUIT, True)])
def test_the_stop_signals_of_others_stop_a_server_cleanly(start, image, number, workers):
    words = ["app.main:app", "--workers", "2"] if workers else []
    run = start(*words, folder=image, env=environment(image)).said("port:")
    run.signal(number)
    assert run.wait() == 0


def test_an_exit_that_nobody_asked_for_is_told(start, image):
    (site_packages(image) / "uvicorn/__main__.py").write_text("print('done')\n")
    run = start(folder=image, env=environment(image))
    assert run.wait() == 0
    assert "warning[ended-unasked]" in run.err


def test_the_servers_own_exit_code_is_kept(start, image):
    (site_packages(image) / "uvicorn/__main__.py").write_text("raise SystemExit(3)\n")
    run = start(folder=image, env=environment(image))
    assert run.wait() == 3


def test_stop_code_signal_tells_how_it_died(start, image):
    (site_packages(image) / "uvicorn/__main__.py").write_text("import signal\nprint('ready', flush=True)\nsignal.pause()\n")
    for options, code in (([], 0), (["--stop-code", "signal"], 143)):
        run = start(*options, folder=image, env=environment(image)).said("ready")
        run.signal(signal.SIGTERM)
        assert run.wait() == code


@pytest.mark.parametrize("close", [(0,), (2,), (0, 2), (0, 1, 2)])
def test_closed_standard_descriptors_change_nothing(start, image, close):
    run = start("--port", "9", folder=image, env=environment(image), close=close)
    if 1 not in close:
        run.said("uvicorn:")
    else:
        until(run.children, "the server")
    run.signal(signal.SIGTERM)
    assert run.wait() in (0, 1)


def test_without_proc_it_starts(start, image):
    start(folder=image, env=environment(image), proc="none").said("uvicorn: app.main:app\n")


def test_verbose_shows_uvicorns_words_but_no_password(start, image):
    words = ["app.main:app", "--ssl-keyfile-password", "S3CRET", "--ssl-keyfile-password=S3CRET", "--port", "9"]
    run = start("-v", *words, folder=image, env=environment(image))
    run.said(f"uvicorn: {' '.join(words)}\n").told("starting ")
    assert "app.main:app --ssl-keyfile-password *** --ssl-keyfile-password=*** --port 9" in run.err
    assert "S3CRET" not in run.err


def test_verbose_says_which_application_won(start, image):
    run = start("-v", "app.main:app", folder=image, env=environment(image, APP_MODULE="app.other:app"))
    run.said("uvicorn: app.main:app")
    assert "app is 'app.main:app' by the command line, which goes before APP_MODULE ('app.other:app')" in run.err


def test_another_root_has_its_own_variables(start, image):
    words = ["config", "--root", "/", "--workdir", image, "--env", "PORT=9", "--env", "ASGI_INIT_HOST=10.0.0.1", "--log-format", "json"]
    run = start(*words, folder=image, env=environment(image, PORT="7", UVICORN_HOST="10.0.0.2", FORCE_COLOR="1"))
    assert run.wait() == 0
    assert '{"setting":"port","value":"9","source":"PORT"' in run.out
    assert '"10.0.0.1"' in run.out and "10.0.0.2" not in run.out
