"""What asgi-init says under uvicorn's own last words, when the application can't be imported: real uvicorn, real FastAPI.

The environment is build/backend-venv; each application fails for real before anything is said of it.
"""

import json

import golden
import pytest
from conftest import ROOT, until
from test_findings_shown import block

pytestmark = pytest.mark.long
VENV = ROOT / "build/backend-venv"
ROUTERS = {"app/__init__.py": "", "app/routers/__init__.py": "", "app/routers/items.py": "router = None\n"}
APP = "\nasync def app(scope, receive, send):\n    pass\n"


@pytest.fixture
def fails(start, tmp_path):
    """fails(CODE, {path: source}, WORD...): the server ends so, and the findings that were told, by rule."""
    folder = tmp_path / "srv"

    def begin(sources, *words):
        for path, source in sources.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(source)
        return start("--venv", VENV, *words, folder=folder, env={"PATH": "/usr/bin:/bin"})

    def fail(code, sources, *words, options=(), text=False):
        options = (*options, *(() if text else ("--log-format", "json")))
        words = (words or ("app.main:app",)) + ("--host", "127.0.0.1", "--port", "0")
        run = begin(sources, *options, *words)
        assert run.wait() == code, run.err
        if text:
            return run.err
        found = {}
        for entry in (json.loads(line) for line in run.err.splitlines() if line.startswith("{")):
            found[entry.get("rule")] = entry
        run.kill()
        fail.entries = found
        return {rule: entry["values"] for rule, entry in found.items() if rule and rule != "ended"}

    fail.folder, fail.begin = folder, begin
    return fail


def main(source):
    return {**ROUTERS, "app/main.py": source + APP}


# ---- before the start, by `check`


@pytest.mark.parametrize("more", [(), ("--workers", "2"), ("--reload",)])
def test_check_finds_it_where_a_server_with_workers_goes_on_for_ever(fails, more):
    sources = main("import nowhere_to_be_found\n")
    if more:
        run = fails.begin(sources, "app.main:app", *more, "--host", "127.0.0.1", "--port", "0")
        run.told("No module named 'nowhere_to_be_found'", times=3 if "--workers" in more else 1)
        assert not run.ended() and "import-missing" not in run.err
        run.kill()
    run = fails.begin(sources, "--log-format", "json", "check", "app.main:app", *more)
    assert run.wait() == 0
    (values,) = [entry["values"] for entry in map(json.loads, run.out.splitlines()) if entry.get("rule") == "import-missing"]
    assert (values["module"], values["file"]) == ("nowhere_to_be_found", f"{fails.folder}/app/main.py")


@pytest.mark.parametrize("options", [("--probe", "never"), ("--root", "/", "--workdir", "{folder}")])
def test_check_accuses_no_import_that_it_asked_nobody_about(fails, options):
    words = [option.format(folder=fails.folder) for option in options]
    run = fails.begin(main("import nowhere_to_be_found\n"), "--log-format", "json", *words, "check", "app.main:app")
    assert run.wait() == 0
    assert "import-missing" not in run.out


# ---- files that are never run, since Python has another module of that name

BUILT_IN = ("time", "marshal", "itertools", "math", "zipimport", "random", "typing", "json")


def test_files_named_like_what_python_has_itself_are_not_read(fails, start):
    """Built in, frozen, compiled, or imported by uvicorn before it looks into the application's folder."""
    files = {f"{name}.py": f"import nowhere_of_{name}\n" for name in BUILT_IN}
    source = "".join(f"import {name}\n" for name in BUILT_IN) + APP
    serving = fails.begin({**files, "main.py": source}, "main:app", "--host", "127.0.0.1", "--port", "0")
    serving.told("Uvicorn running on")
    serving.kill()
    run = fails.begin({}, "--log-format", "json", "check", "main:app")
    assert run.wait() == 0
    assert "nowhere_of" not in run.out and "import-missing" not in run.out
    assert fails(1, {"main.py": source + "import nowhere_else\n"}, "main:app")["import-missing"]["module"] == "nowhere_else"
    assert "nowhere_of" not in json.dumps(fails.entries["import-missing"])


@pytest.mark.parametrize("name", ["time", "random"])
def test_an_application_named_like_what_python_has_itself_is_not_judged_by_its_file(fails, name):
    """uvicorn's own word is right: it is another module. What our file holds has nothing to do with it."""
    assert not fails(3, {f"{name}.py": "import nowhere_to_be_found\nother = 1\n"}, f"{name}:app")
    assert not fails(3, {f"{name}.py": "other = 1\n"}, f"{name}:app")
    run = fails.begin({}, "check", f"{name}:app")
    assert run.wait() == 0
    assert "well  uvicorn" in run.out and "well  app" not in run.out and "app-" not in run.out


# ---- a module that is not installed


def test_a_package_that_is_not_installed(fails):
    found = fails(1, main("import nowhere_to_be_found\n"))
    assert found.keys() == {"import-missing"}
    values = found["import-missing"]
    assert (values["module"], values["file"]) == ("nowhere_to_be_found", f"{fails.folder}/app/main.py")
    assert values["line"] == "import nowhere_to_be_found" and "near" not in values


def test_a_package_that_a_module_of_the_application_needs(fails):
    """Three files away, by names and by dots; what is built into Python is no excuse."""
    sources = {
        **main("import sys, time\nfrom app.api import v1\n"),
        "app/api/__init__.py": "from . import v1\n",
        "app/api/v1.py": "from ..db import (\n    session,\n)\n",
        "app/db.py": "import os\nfrom jwt.nowhere import x\nimport nowhere_too\nsession = None\n",
    }
    values = fails(1, sources)["import-missing"]
    assert (values["module"], values["file"], values["distribution"]) == ("jwt", f"{fails.folder}/app/db.py", "pyjwt")
    text = fails(1, sources, text=True)
    assert "also     nowhere_too" in text


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import nowhere\nexcept ImportError:\n    nowhere = None\nraise SystemExit(1)\n",
        "import os.path, typing\nif typing.TYPE_CHECKING:\n    import nowhere\nraise SystemExit(1)\n",
        "def later():\n    import nowhere\nraise SystemExit(1)\n",
        "import sys\nsys.path.append('/nowhere')\nimport nowhere\n",
        "import builtins, _thread, time, sys, itertools, marshal, posix\nraise SystemExit(1)\n",
        "import fastapi, uvicorn, pydantic_core, zoneinfo, yaml\nraise SystemExit(1)\n",
    ],
)
def test_what_may_be_missing_is_not_told(fails, source):
    assert fails(1, main(source)) == {}


VENDORED = {"_paths.py": "import sys\nsys.path.append(__file__.replace('_paths.py', 'lib'))\n", "lib/vendored.py": ""}


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import _paths\nexcept ImportError:\n    pass\nimport vendored\n",
        "def find():\n    import _paths\nfind()\nimport vendored\n",
        "import os; import _paths\nimport vendored\n",
        "import importlib\nimportlib.import_module('_paths')\nimport vendored\n",
        "exec('import _paths')\nimport vendored\n",
    ],
)
def test_what_an_import_that_may_be_made_makes_findable_is_not_told(fails, source):
    assert fails(1, {**main(source + "raise SystemExit(1)\n"), **VENDORED}) == {}


@pytest.mark.parametrize(
    "sources",
    [
        {"main.py": "from app import db\n", "app/__init__.py": "db = None\n", "app/db.py": "import nowhere\n"},
        {
            "main.py": "from app import db\n",
            "app/__init__.py": "from app.real import *\n",
            "app/real.py": "db = 1\n",
            "app/db.py": "import nowhere\n",
        },
        {"main.py": "import logging, types\n", "logging.py": "import nowhere\n", "types.py": "from .x import y\n"},
        {"main.py": "__package__ = 'app'\nfrom .x import y\n", "app/__init__.py": "", "app/x.py": "y = 1\n"},
    ],
)
def test_a_module_that_another_thing_of_its_name_comes_before_is_not_read(fails, sources):
    """Each application imports all that it says, and ends for a reason of its own."""
    sources = {**sources, "main.py": sources["main.py"] + "raise SystemExit(1)\n" + APP}
    assert fails(1, sources, "main:app") == {}


def test_nobody_is_asked_against_the_users_will(fails):
    assert fails(1, main("import nowhere\n"), options=("--probe", "never")) == {}


def test_a_server_that_was_told_to_stop_is_not_diagnosed(fails):
    """It ends with an error of its own then, while it is imported."""
    source = "import os, signal\nsignal.signal(signal.SIGTERM, lambda *_: os._exit(1))\nos.kill(1, signal.SIGTERM)\nsignal.pause()\n"
    assert fails(1, main(source + "import nowhere\n")) == {}


# ---- a module of the application's own


def test_a_module_inside_the_package(fails):
    found = fails(1, main("from routers import items\n"))
    assert found.keys() == {"import-missing"}
    values = found["import-missing"]
    assert (values["module"], values["near"]) == ("routers", "app.routers")
    assert values["right"] == "from app.routers import items"
    assert values["words"].startswith(f'"main:app", "--app-dir", "{fails.folder}/app", "--host", ')  # what else the command says stays


@pytest.mark.parametrize("number", [1, 2])
def test_both_fixes_mend_it(fails, start, number):
    values = fails(1, main("import json, routers\nfrom routers.items import router\n"))["import-missing"]
    words = ("app.main:app",)
    if number == 1:
        assert values["right"] == "from app import routers"
        (fails.folder / "app/main.py").write_text("from app import routers\nfrom app.routers.items import router\n" + APP)
    else:
        words = json.loads(f"[{values['words']}]")
    serves(start, fails.folder, ", ".join(map(json.dumps, words)))


@pytest.mark.parametrize("more", ["from app.routers import items\n", "from . import routers\n"])
def test_a_package_that_is_named_elsewhere_cant_be_left(fails, more):
    values = fails(1, main(more + "from routers import items\n"))["import-missing"]
    assert values["near"] == "app.routers" and "words" not in values


@pytest.mark.parametrize("source", ["from .routers import items\n", "from . import routers\n"])
def test_dots_outside_of_a_package(fails, start, source):
    found = fails(1, main(source), "main:app", "--app-dir", "app")
    assert found.keys() == {"relative-import-outside-package"}
    values = found["relative-import-outside-package"]
    assert (values["file"], values["line"]) == (f"{fails.folder}/app/main.py", source.strip())
    serves(start, fails.folder, values["above"])


def serves(start, folder, words):
    """The words of the CMD that a fix gives."""
    words = json.loads(f"[{words}]")
    run = start("--venv", VENV, *words, "--host", "127.0.0.1", "--port", "0", folder=folder, env={"PATH": "/usr/bin:/bin"})
    run.told("Application startup complete")


OWN = {"app/__init__.py": "", "app/db.py": "session = None\n", "app/main.py": "from app.db import session\n" + APP}


def test_the_applications_own_package_from_inside(fails, start):
    """WORKDIR /srv/app, and main:app: nobody is told to install a package called app."""
    values = fails(1, OWN, "main:app", "--app-dir", "app")["import-missing"]
    assert values["own"] == "yes" and {"distribution", "copy", "near"}.isdisjoint(values)
    serves(start, fails.folder, values["above"])


@pytest.mark.parametrize("source", ["from app.db import session\n", "import app.db\n", "from app import db\n"])
def test_the_applications_own_package_without_its_folder(fails, source):
    """COPY ./app /srv"""
    values = fails(1, {"db.py": "session = None\n", "main.py": source + APP}, "main:app")["import-missing"]
    assert values["own"] == "yes" and {"distribution", "above", "near"}.isdisjoint(values)
    assert values["copy"] == f"./app {fails.folder}/app"


# ---- what check would have said


def test_an_attribute_that_is_not_there(fails):
    found = fails(3, {**ROUTERS, "app/main.py": "from fastapi import FastAPI\n\napplication = FastAPI()\n"})
    assert found.keys() == {"app-attribute-missing"}
    assert found["app-attribute-missing"]["near"] == "app.main:application"


def test_a_submodule_that_is_not_there(fails):
    assert fails(3, {**ROUTERS, "app/mian.py": APP}).keys() == {"app-submodule-missing"}


def test_what_is_missing_comes_before_what_is_not_defined(fails):
    assert fails(1, {**ROUTERS, "app/main.py": "import nowhere\n"}).keys() == {"import-missing"}


# ---- files that hide packages


def test_a_uvicorn_of_ones_own_ends_without_a_word(start, tmp_path):
    """A wrapper's version isn't known, so it gets no -P, as no Python before 3.11 does."""
    wrapper = tmp_path / "python"
    wrapper.write_text(f'#!/bin/sh\nexec {VENV}/bin/python "$@"\n')
    wrapper.chmod(0o755)
    folder = tmp_path / "srv"
    folder.mkdir()
    (folder / "main.py").write_text(APP)
    (folder / "uvicorn.py").write_text("")
    words = ("--python", wrapper, "main:app", "--port", "0")
    run = start(*words, folder=folder, env={"PATH": "/usr/bin:/bin"})
    assert run.wait() == 0
    assert "[ended-unasked]" in run.err
    assert f"'{folder}/uvicorn.py' lies in the working folder, so `python -m uvicorn` ran that file" in run.err
    assert "rename that file" in run.err and "look for sys.exit()" not in run.err


def test_a_fastapi_of_ones_own(fails):
    found = fails(1, {"main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n", "fastapi.py": ""}, "main:app")
    assert found.keys() == {"module-shadowed"}
    assert found["module-shadowed"]["shadow"] == f"{fails.folder}/fastapi.py"


def test_a_uvicorn_of_ones_own_does_no_harm_with_safe_path(start, tmp_path):
    (tmp_path / "main.py").write_text(APP)
    (tmp_path / "uvicorn.py").write_text("raise SystemExit(0)\n")
    run = start("--venv", VENV, "main:app", "--host", "127.0.0.1", "--port", "0", folder=tmp_path, env={"PATH": "/usr/bin:/bin"})
    run.told("Application startup complete")


NAMES = ("uvicorn", "click", "anyio", "h11", "fastapi", "starlette", "pydantic", "typing_extensions", "services")


@pytest.mark.parametrize("words", [(), ("--workers", "2")], ids=["one process", "workers"])
@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_told_that_hides_what_the_server_or_the_application_imports(fails, name, words):
    """And no other: which of them do is up to when today's uvicorn imports them."""
    sources = {"main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n", f"{name}.py": ""}
    run = fails.begin(sources, "main:app", *words, "--host", "127.0.0.1", "--port", "0")
    until(lambda: "Application startup complete" in run.err or "Error" in run.err or run.ended(), lambda: run.err)
    serves = "Application startup complete" in run.err
    run.kill()
    assert ("module-shadowed" not in run.err) == serves, run.err


# ---- as a user sees it

SHOWN = {
    "import-missing": (main("from routers import items\n"), ()),
    "relative-import-outside-package": (main("from .routers import items\n"), ("main:app", "--app-dir", "app")),
}


@pytest.mark.parametrize("rule", SHOWN)
def test_finding(fails, rule):
    sources, words = SHOWN[rule]
    places = [(str(fails.folder), "/srv"), (str(VENV), "/opt/venv")]

    def placed(text):
        for place, name in places:
            text = text.replace(place, name)
        return text

    text = placed(block(fails(1, sources, *words, text=True), rule))
    fails(1, sources, *words)
    golden.compare_finding(rule, text, json.loads(placed(json.dumps(fails.entries[rule]))))
