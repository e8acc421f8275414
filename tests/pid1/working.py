"""Images that work without asgi-init, as unlike each other as they come: `ROWS` by name, for test_working.py.

A row is a function that arranges an Image: a root of its own, in which /usr is the machine's (`Image.share_usr`) or holds a
Python and the libraries it needs, and nothing else (`Image.copy_python`). The uvicorn in it is ours: it starts in a moment and
imports the application as the real one does. `APPLICATIONS` are rows of which only the application differs.
"""

import os
import re
import shutil
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

from loaders import COMPILERS, compiled

PYTHON = "/usr/bin/python3"
USER = (10001, 10001)
SAMPLE = Path(__file__).resolve().parents[1] / "backend/app"

UVICORN = """
import importlib, os, signal, sys

def option(name, default=None):
    words = sys.argv[1:]
    return words[words.index("--" + name) + 1] if "--" + name in words else os.environ.get(
        "UVICORN_" + name.upper().replace("-", "_"), default)

assert os.environ.get("UVICORN_LOG_LEVEL", "info") in ("critical", "error", "warning", "info", "debug", "trace"), "log level"
assert int(os.environ.get("UVICORN_PORT", "0")) < 65536, "port"
words = [word for word, before in zip(sys.argv[1:], sys.argv) if before not in ("--header", "--root-path", "--log-config")]
reference = [word for word in words if ":" in word and not word.startswith("-")][0]
module_name, _, names = reference.partition(":")
sys.path.insert(0, option("app-dir", ""))
module = app = importlib.import_module(module_name)
for name in names.split("."):
    app = getattr(app, name)
if "--factory" in sys.argv:
    app = app()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # a handler and pause() could miss it
print("serving", type(app).__name__, repr(getattr(module, "__file__", None)), sys.prefix, sys.version_info[:2], flush=True)
signal.sigwait({signal.SIGTERM})
"""

ASGI = """
async def app(scope, receive, send):
    pass
"""

MAKES = """
def create_app():
    async def app(scope, receive, send):
        pass
    return app
"""

# A finder that knows a module which no file holds, as import hooks do.
HOOK = """
import importlib.abc, importlib.util, sys
class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name == "made_up":
            return importlib.util.spec_from_loader(name, self)
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        module.app = lambda scope, receive, send: None
sys.meta_path.append(Finder())
"""


def version_of(python):
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


class Image:
    """What a row arranges: the root, and how it is started. Paths are those inside."""

    def __init__(self, root, start, tools, templates):
        self.root, self.start, self.tools, self.templates = root, start, tools, templates
        self.version = templates and templates.version
        self.env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}  # /usr/local is the machine's, and may have a Python too
        self.words = ["app.main:app"]  # uvicorn's
        self.options = []  # ours
        self.python = PYTHON  # as who starts it without asgi-init would
        self.folder = "/app"
        self.more = {"binds": []}  # of start()
        self.warns = set()  # rules of which `check` is right to warn
        self.says = set()  # the same of a start
        self.notes = set()  # what `check` says without warning
        self.unread = set()  # of which it warns besides from outside, where nobody can be asked
        self.is_readable = True  # False: from outside it is refused
        self.may = set()  # of which it may warn: that is up to what this machine's Python has installed

    def at(self, path):
        return self.root / path.lstrip("/")

    def write(self, path, text, mode=0o644):
        file = self.at(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        file.chmod(mode)
        return file

    def link(self, path, target):
        self.at(path).parent.mkdir(parents=True, exist_ok=True)
        self.at(path).symlink_to(target)

    def move(self, path, target):
        self.at(target).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(self.at(path), self.at(target))

    def copy(self, path, target):
        shutil.copytree(self.at(path), self.at(target), symlinks=True, copy_function=os.link)

    def bind(self, source, target):
        self.at(target).mkdir(parents=True, exist_ok=True)
        self.more["binds"].append((source, target))

    def share_usr(self):
        self.bind("/usr", "/usr")
        for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
            if os.path.islink("/" + name):
                self.link(name, os.readlink("/" + name))
            elif os.path.isdir("/" + name):
                self.bind("/" + name, "/" + name)

    def copy_python(self, prefix="/usr"):
        """The machine's Python in a root that holds nothing else."""
        self.templates.fill(self.root)
        if prefix != "/usr":
            self.move("/usr/bin", prefix + "/bin")
            self.move(f"/usr/lib/python{self.version}", f"{prefix}/lib/python{self.version}")

    def run(self, *words, env=()):
        """Runs a program inside, and gives what it printed."""
        made = {"HOME": "/tmp", "PATH": self.env.get("PATH", "/usr/bin"), "PYTHONDONTWRITEBYTECODE": "1", **dict(env)}
        how = {name: self.more[name] for name in ("binds", "emulator") if name in self.more}
        run = self.start(*words[1:], program=words[0], root=self.root, env=made, **how)
        code = run.code()
        assert code == 0, f"{words}: {code}\n{run.out}\n{run.err}"
        return run.out

    def tool(self, *words):
        """A tool of the tests' own environment, run by the image's Python."""
        self.bind(self.tools, "/mnt/tools")
        site = next(Path(self.tools).glob("lib/python3*/site-packages"))
        env = {"PYTHONPATH": f"/mnt/tools/{site.relative_to(self.tools)}", "UV_OFFLINE": "1", "UV_PYTHON_DOWNLOADS": "never"}
        self.run(*words, env=env)
        self.more["binds"].pop()
        self.at("/mnt/tools").rmdir()

    def uvicorn(self, folder):
        self.write(f"{folder}/uvicorn/__init__.py", "")
        self.write(f"{folder}/uvicorn/__main__.py", UVICORN)

    def application(self, folder="/app"):
        self.write(f"{folder}/app/__init__.py", "")
        self.write(f"{folder}/app/main.py", ASGI)

    def site(self, prefix, kind="site-packages"):
        return f"{prefix}/lib/python{self.version}/{kind}"

    def activate(self, prefix):
        self.env |= {"VIRTUAL_ENV": prefix, "PATH": f"{prefix}/bin:{self.env['PATH']}"}
        self.python = f"{prefix}/bin/python"

    def venv(self, prefix="/opt/venv", *, activate=True, words=("-m", "venv", "--without-pip")):
        """An environment with uvicorn; words: how PYTHON makes it, None where it was made already."""
        if words:
            self.run(PYTHON, *words, prefix)
        self.uvicorn(self.site(prefix))
        if activate:
            self.activate(prefix)
        self.python = f"{prefix}/bin/python"

    def usual(self):
        """What most rows start from: /usr, a venv in /opt/venv, and /app/app/main.py."""
        self.share_usr()
        shutil.copytree(self.templates.venv, self.at("/opt/venv"), symlinks=True)
        self.activate("/opt/venv")
        self.uvicorn(self.site("/opt/venv"))
        self.application()


class Templates:
    """Made once: a venv without pip, and the machine's Python with what it needs, to be linked into roots."""

    LEFT_OUT = (
        "asyncio", "config-*", "ctypes", "curses", "dbm", "distutils", "email", "ensurepip", "html", "http", "idlelib", "lib2to3",
        "multiprocessing", "pydoc*", "sqlite3", "test", "tkinter", "turtle*", "unittest", "wsgiref", "xml", "xmlrpc",
    )  # fmt: skip

    def __init__(self, folder):
        self.version = version_of(PYTHON)
        self.venv = folder / "venv"
        self.bare = folder / "bare"
        subprocess.run([PYTHON, "-m", "venv", "--without-pip", self.venv], check=True)
        library = f"usr/lib/python{self.version}"
        shutil.copytree("/" + library, self.bare / library, symlinks=True, ignore=shutil.ignore_patterns(*self.LEFT_OUT))
        program = os.path.realpath(PYTHON)
        for path in {program, *self.libraries(program)}:
            target = self.bare / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(os.path.realpath(path), target)
        (self.bare / PYTHON.lstrip("/")).symlink_to(os.path.basename(program))

    @staticmethod
    def libraries(program):
        """With the folders that the loader names, so that links to folders are no matter."""
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        return re.findall(r"(/\S+) \(0x", listed)

    def fill(self, root):
        shutil.copytree(self.bare, root, symlinks=True, copy_function=os.link, dirs_exist_ok=True)


ROWS = {}


def row(arrange):
    ROWS[arrange.__name__.replace("_", " ")] = arrange
    return arrange


# ---- environments, and who made them ----


@row
def a_venv_with_links(image):
    image.share_usr()
    image.application()
    image.venv()


@row
def a_venv_with_copies(image):
    image.share_usr()
    image.application()
    image.venv(words=("-m", "venv", "--without-pip", "--copies"))


@row
def a_venv_beside_the_application(image):
    image.share_usr()
    image.application()
    image.venv("/app/.venv", activate=False)


@row
def a_venv_named_venv_beside_the_application(image):
    image.share_usr()
    image.application()
    image.venv("/app/venv", activate=False)


@row
def a_venv_above_the_application(image):
    image.share_usr()
    image.application("/srv/project/backend")
    image.venv("/srv/project/.venv", activate=False)
    image.folder = "/srv/project/backend"


@row
def a_venv_in_opt_that_nothing_names(image):
    image.share_usr()
    image.application()
    image.venv("/opt/venv", activate=False)


@row
def a_venv_in_the_root_folder_that_nothing_names(image):
    image.share_usr()
    image.application()
    image.venv("/venv", activate=False)


@row
def a_venv_named_by_PATH_only(image):
    image.usual()
    del image.env["VIRTUAL_ENV"]


@row
def a_venv_named_by_VIRTUAL_ENV_only(image):
    image.usual()
    image.env["PATH"] = "/usr/bin:/bin"


@row
def a_venv_named_by_the_option(image):
    image.usual()
    image.env = {"PATH": "/usr/bin:/bin"}
    image.options = ["--venv", "/opt/venv"]


@row
def a_python_named_by_the_option(image):
    image.usual()
    image.env = {"PATH": "/usr/bin:/bin"}
    image.options = ["--python", "/opt/venv/bin/python3"]


@row
def a_venv_named_by_a_folder_from_here(image):
    image.share_usr()
    image.application()
    image.venv("/app/env", activate=False)
    image.env["VIRTUAL_ENV"] = "env"


@row
def a_venv_named_with_a_slash_at_its_end(image):
    image.usual()
    image.env["VIRTUAL_ENV"] = "/opt/venv/"


@row
def a_venv_by_a_path_through_dots(image):
    image.usual()
    image.env["VIRTUAL_ENV"] = "/opt/../opt/./venv"


@row
def a_venv_that_is_a_link(image):
    image.usual()
    image.link("/app/.venv", "/opt/venv")
    image.env = {"PATH": "/usr/bin:/bin"}
    image.python = "/app/.venv/bin/python"


@row
def a_venv_with_spaces_in_its_path(image):
    image.share_usr()
    image.application("/my app")
    image.venv("/my app/.venv", activate=False)
    image.folder = "/my app"


@row
def a_venv_in_a_folder_of_other_letters(image):
    image.share_usr()
    image.application("/srv/Größe/приложение")
    image.venv("/srv/Größe/приложение/.venv", activate=False)
    image.folder = "/srv/Größe/приложение"


@row
def a_venv_at_the_end_of_a_long_path(image):
    image.share_usr()
    folder = "/srv" + "/a-folder-of-some-length" * 30
    image.application(folder)
    image.venv(f"{folder}/.venv", activate=False)
    image.folder = folder


@row
def a_venv_of_virtualenv(image):
    image.share_usr()
    image.application()
    image.tool(PYTHON, "-m", "virtualenv", "-q", "--no-seed", "/opt/venv")
    image.venv(words=None)


@row
def a_venv_of_virtualenv_with_copies(image):
    image.share_usr()
    image.application()
    image.tool(PYTHON, "-m", "virtualenv", "-q", "--no-seed", "--always-copy", "/opt/venv")
    image.venv(words=None)


@row
def a_venv_of_uv(image):
    image.share_usr()
    image.application()
    image.tool("/mnt/tools/bin/uv", "venv", "-q", "--python", PYTHON, "/app/.venv")
    image.venv("/app/.venv", words=None, activate=False)


@row
def a_relocatable_venv_of_uv_that_was_moved(image):
    image.share_usr()
    image.application()
    image.tool("/mnt/tools/bin/uv", "venv", "-q", "--relocatable", "--python", PYTHON, "/build/venv")
    image.move("/build/venv", "/opt/venv")
    image.venv(words=None)


@row
def a_venv_of_uv_in_its_project_environment(image):
    image.share_usr()
    image.application()
    image.tool("/mnt/tools/bin/uv", "venv", "-q", "--python", PYTHON, "/opt/project")
    image.venv("/opt/project", words=None, activate=False)
    image.env["UV_PROJECT_ENVIRONMENT"] = "/opt/project"


@row
def a_venv_that_was_moved(image):
    """Its console scripts are dead, but nobody needs them for `python -m uvicorn`."""
    image.share_usr()
    image.application()
    image.run(PYTHON, "-m", "venv", "--without-pip", "/build/venv")
    image.write("/build/venv/bin/uvicorn", "#!/build/venv/bin/python\nimport uvicorn.__main__\n", 0o755)
    image.move("/build/venv", "/opt/venv")
    image.venv(words=None)


@row
def a_venv_with_its_base_below_opt(image):
    image.copy_python("/opt/python")
    image.application()
    image.run("/opt/python/bin/python3", "-m", "venv", "--without-pip", "/opt/venv")
    image.venv(words=None)


@row
def a_venv_whose_base_is_reached_by_a_link(image):
    """Made with /build/python, which is now a link to where it was moved."""
    image.copy_python("/build/python")
    image.application()
    image.run("/build/python/bin/python3", "-m", "venv", "--without-pip", "/build/venv")
    image.move("/build/python", "/opt/python")
    image.move("/build/venv", "/opt/venv")
    image.link("/build/python", "../opt/python")
    image.venv(words=None)


@row
def a_venv_that_moved_together_with_its_base(image):
    """Links from folder to folder, and a pyvenv.cfg that was mended, as moving tools do."""
    image.copy_python("/build/python")
    image.application()
    image.run("/build/python/bin/python3", "-m", "venv", "--without-pip", "/build/venv")
    image.move("/build", "/srv/all")
    for name in ("python", "python3", f"python{image.version}"):
        image.at(f"/srv/all/venv/bin/{name}").unlink()
        image.link(f"/srv/all/venv/bin/{name}", "../../python/bin/python3")
    config = image.at("/srv/all/venv/pyvenv.cfg")
    config.write_text(config.read_text().replace("home = /build", "home = /srv/all"))
    image.venv("/srv/all/venv", words=None)


@row
def a_venv_whose_base_is_gone_but_was_copied(image):
    """`--copies` brought the program; its standard library is found by the prefix that Python was built for."""
    image.share_usr()
    image.application()
    image.run(PYTHON, "-m", "venv", "--without-pip", "--copies", "/opt/venv")
    config = image.at("/opt/venv/pyvenv.cfg")
    config.write_text(config.read_text().replace("home = /usr/bin", "home = /opt/gone/bin"))
    image.venv(words=None)
    image.unread = {"uvicorn-not-installed"}


@row
def a_venv_of_a_venv(image):
    image.usual()
    image.run("/opt/venv/bin/python", "-m", "venv", "--without-pip", "/opt/second")
    image.venv("/opt/second", words=None)


@row
def a_venv_with_python_only_under_its_full_name(image):
    image.usual()
    program = image.at("/opt/venv/bin/python3").resolve().name
    for name in ("python", "python3", f"python{image.version}"):
        image.at(f"/opt/venv/bin/{name}").unlink(missing_ok=True)
    image.python = f"/opt/venv/bin/python{image.version}"
    image.link(image.python, f"/usr/bin/{program}")


@row
def a_venv_without_lib64(image):
    image.usual()
    image.at("/opt/venv/lib64").unlink(missing_ok=True)


@row
def a_venv_with_the_rests_of_another_version(image):
    image.usual()
    image.write("/opt/venv/lib/python3.6/site-packages/left.py", "")


@row
def a_venv_whose_config_has_odd_lines(image):
    image.usual()
    image.write(
        "/opt/venv/pyvenv.cfg",
        "\n  HOME  =  /usr/bin  \nprompt = a = b\n# nothing\nhome = /elsewhere\nInclude-System-Site-Packages=FALSE\n",
    )


@row
def a_venv_of_the_python_that_runs_the_tests(image):
    """Often one that was built by hand: with libpython, below an odd prefix."""
    base = sys.base_prefix
    image.share_usr()
    image.application()
    if not base.startswith("/usr"):
        image.bind(base, base)
    image.version = f"{sys.version_info.major}.{sys.version_info.minor}"
    image.env |= {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    image.run(f"{base}/bin/python3", "-m", "venv", "--without-pip", "/opt/venv", env=image.env)
    image.venv(words=None)


@row
def a_venv_with_the_systems_packages(image):
    image.copy_python()
    image.application()
    image.uvicorn(image.site("/usr/local", "dist-packages"))
    image.run(PYTHON, "-m", "venv", "--without-pip", "--system-site-packages", "/opt/venv")
    image.activate("/opt/venv")


# ---- where the packages are ----


@row
def the_systems_dist_packages(image):
    image.copy_python()
    image.application()
    image.uvicorn("/usr/lib/python3/dist-packages")


@row
def the_systems_local_dist_packages(image):
    image.copy_python()
    image.application()
    image.uvicorn(image.site("/usr/local", "dist-packages"))


@row
def the_users_site(image):
    image.share_usr()
    image.application()
    image.env["HOME"] = "/home/app"
    image.uvicorn(image.site("/home/app/.local"))
    image.more["user"] = USER


@row
def the_users_site_by_passwd_only(image):
    """HOME isn't set: Python looks the user up."""
    image.share_usr()
    image.application()
    image.write("/etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:10001:10001::/home/app:/bin/sh\n")
    image.uvicorn(image.site("/home/app/.local"))
    image.more["user"] = USER
    image.unread = {"uvicorn-not-installed"}


@row
def PYTHONUSERBASE(image):
    image.share_usr()
    image.application()
    image.env["PYTHONUSERBASE"] = "/layers/pip"
    image.uvicorn(image.site("/layers/pip"))


@row
def PYTHONPATH_only(image):
    image.share_usr()
    image.application()
    image.env["PYTHONPATH"] = "/nowhere:/packages"
    image.uvicorn("/packages")


@row
def PYTHONPATH_from_here(image):
    image.share_usr()
    image.application("/app/src")
    image.env["PYTHONPATH"] = "src:vendor"
    image.uvicorn("/app/vendor")


@row
def PYTHONPATH_with_an_empty_part(image):
    """An empty part is the working folder."""
    image.share_usr()
    image.application()
    image.env["PYTHONPATH"] = "/nowhere::"
    image.uvicorn("/app")


@row
def uvicorn_in_the_working_folder_with_PYTHONPATH(image):
    image.share_usr()
    image.application()
    image.uvicorn("/app")
    image.env["PYTHONPATH"] = "."


@row
def packages_by_pip_target(image):
    """AWS Lambda's and others' habit: all in one folder, the application among them."""
    image.share_usr()
    image.uvicorn("/var/task")
    image.application("/var/task")
    image.folder = "/var/task"
    image.env["PYTHONPATH"] = "/var/task"


@row
def packages_of_pep_582(image):
    image.share_usr()
    image.application()
    image.uvicorn(f"/app/__pypackages__/{image.version}/lib")
    image.env["PYTHONPATH"] = f"/app/__pypackages__/{image.version}/lib"


@row
def everything_in_one_archive(image):
    image.share_usr()
    image.at("/app").mkdir()
    with zipfile.ZipFile(image.at("/app/all.zip"), "w") as archive:
        archive.writestr("uvicorn/__init__.py", "")
        archive.writestr("uvicorn/__main__.py", UVICORN)
        archive.writestr("app/__init__.py", "")
        archive.writestr("app/main.py", ASGI)
    image.env["PYTHONPATH"] = "/app/all.zip"
    image.unread = {"uvicorn-not-installed", "app-module-missing"}


@row
def a_folder_inside_an_archive(image):
    image.share_usr()
    image.application()
    with zipfile.ZipFile(image.at("/app/all.zip"), "w") as archive:
        archive.writestr("vendor/uvicorn/__init__.py", "")
        archive.writestr("vendor/uvicorn/__main__.py", UVICORN)
    image.env["PYTHONPATH"] = "/app/all.zip/vendor"
    image.unread = {"uvicorn-not-installed"}


@row
def a_pth_file_that_names_an_archive(image):
    image.usual()
    image.at("/app/app/main.py").unlink()
    image.at("/app/app/__init__.py").unlink()
    image.at("/app/app").rmdir()
    with zipfile.ZipFile(image.at("/opt/app.egg"), "w") as archive:
        archive.writestr("app/__init__.py", "")
        archive.writestr("app/main.py", ASGI)
    image.write(f"{image.site('/opt/venv')}/easy-install.pth", "/opt/app.egg\n")
    image.unread = {"app-module-missing"}


@row
def a_pth_file_with_a_folder_from_there(image):
    image.usual()
    image.move(f"{image.site('/opt/venv')}/uvicorn", "/opt/shared/uvicorn")
    image.write(f"{image.site('/opt/venv')}/shared.pth", "# folders\n\n../../../../shared\n")


@row
def a_pth_file_that_runs_code(image):
    image.usual()
    image.move(f"{image.site('/opt/venv')}/uvicorn", "/opt/shared/uvicorn")
    image.write(f"{image.site('/opt/venv')}/shared.pth", "import sys; sys.path.append('/opt/shared')\n")
    image.unread = {"uvicorn-not-installed"}


@row
def a_pth_file_that_adds_a_site_of_its_own(image):
    image.usual()
    image.move(f"{image.site('/opt/venv')}/uvicorn", "/opt/shared/one/uvicorn")
    image.write("/opt/shared/more.pth", "one\n")
    image.write(f"{image.site('/opt/venv')}/shared.pth", "import site; site.addsitedir('/opt/shared')\n")
    image.unread = {"uvicorn-not-installed"}


@row
def a_pth_file_with_windows_line_ends(image):
    image.usual()
    image.move(f"{image.site('/opt/venv')}/uvicorn", "/opt/shared/uvicorn")
    image.write(f"{image.site('/opt/venv')}/shared.pth", "/nowhere\r\n/opt/shared\r\n")


@row
def an_editable_install_by_path(image):
    image.usual()
    image.move("/app", "/project/src")
    image.write(f"{image.site('/opt/venv')}/__editable__.sample-1.0.pth", "/project/src\n")
    image.folder = "/"


@row
def an_editable_install_that_leads_nowhere_and_nobody_misses(image):
    """The environment of a project that was copied without its source; the application is found by the working folder."""
    image.usual()
    image.write(f"{image.site('/opt/venv')}/__editable__.sample-1.0.pth", "/build/src\n")
    image.warns = {"editable-path-missing"}


@row
def an_editable_install_by_finder(image):
    """As setuptools writes it when a folder can't simply be put on the path."""
    image.usual()
    image.move("/app/app", "/project/code")
    image.at("/app").rmdir()  # it would be a namespace of that name
    site = image.site("/opt/venv")
    image.write(
        f"{site}/__editable__.sample-1.0.pth", "import __editable___sample_1_0_finder; __editable___sample_1_0_finder.install()\n"
    )
    image.write(
        f"{site}/__editable___sample_1_0_finder.py",
        """
        import sys
        from importlib.machinery import ModuleSpec, PathFinder
        from importlib.util import spec_from_file_location
        MAPPING = {"app": "/project/code"}
        class Finder:
            @classmethod
            def find_spec(cls, name, path=None, target=None):
                if name in MAPPING:
                    return spec_from_file_location(name, MAPPING[name] + "/__init__.py")
        def install():
            sys.meta_path.append(Finder)
        """,
    )
    image.folder = "/"
    image.unread = {"app-module-missing"}


@row
def an_editable_uvicorn(image):
    image.usual()
    image.move(f"{image.site('/opt/venv')}/uvicorn", "/project/uvicorn/uvicorn")
    image.write(f"{image.site('/opt/venv')}/_uvicorn.pth", "/project/uvicorn")


@row
def an_application_that_is_installed(image):
    image.usual()
    image.move("/app/app", f"{image.site('/opt/venv')}/shop")
    image.words = ["shop.main:app"]
    image.folder = "/"


@row
def an_import_hook_of_sitecustomize(image):
    image.usual()
    image.write(f"{image.site('/opt/venv')}/sitecustomize.py", HOOK)
    image.words = ["made_up:app"]
    image.unread = {"app-module-missing"}


@row
def an_import_hook_of_usercustomize(image):
    image.share_usr()
    image.env["HOME"] = "/home/app"
    image.uvicorn(image.site("/home/app/.local"))
    image.write(f"{image.site('/home/app/.local')}/usercustomize.py", HOOK)
    image.at("/app").mkdir()
    image.words = ["made_up:app"]
    image.more["user"] = USER
    image.unread = {"app-module-missing"}


@row
def an_import_hook_that_the_application_installs(image):
    image.usual()
    image.write(f"{image.site('/opt/venv')}/hooked.py", HOOK.replace("sys.meta_path.append", "install = lambda: sys.meta_path.append"))
    image.write("/app/app/main.py", "import hooked\nhooked.install()\nimport made_up\n" + ASGI)


@row
def an_import_hook_of_a_package_that_is_imported(image):
    """Of pythonnet: `import clr`, and then `import System`."""
    image.usual()
    image.write(f"{image.site('/opt/venv')}/clr.py", HOOK)
    image.write("/app/app/main.py", "import clr\nimport made_up\n" + ASGI)


@row
def uvicorn_as_bytecode_only(image):
    image.usual()
    image.run(PYTHON, "-m", "compileall", "-q", "-b", image.site("/opt/venv"))
    for source in image.at(image.site("/opt/venv")).rglob("*.py"):
        source.unlink()


@row
def uvicorn_behind_a_link(image):
    """As installers with a cache of links do."""
    image.usual()
    image.move(f"{image.site('/opt/venv')}/uvicorn", "/cache/archive/abc/uvicorn")
    image.link(f"{image.site('/opt/venv')}/uvicorn", "/cache/archive/abc/uvicorn")


# ---- where the application is ----


@row
def an_application_in_src(image):
    image.usual()
    image.move("/app/app", "/app/src/app")
    image.words = ["--app-dir", "src", "app.main:app"]


@row
def an_application_in_src_by_PYTHONPATH(image):
    image.usual()
    image.move("/app/app", "/app/src/app")
    image.env["PYTHONPATH"] = "/app/src"


@row
def an_application_above_the_working_folder(image):
    image.usual()
    image.folder = "/app/app"
    image.words = ["app.main:app", "--app-dir", ".."]


@row
def a_module_in_the_working_folder(image):
    image.usual()
    image.folder = "/app/app"
    image.words = ["main:app"]


@row
def an_application_in_the_root_folder(image):
    image.usual()
    image.move("/app/app/main.py", "/main.py")
    image.folder = "/"
    image.words = ["main:app"]


@row
def an_application_behind_links(image):
    image.usual()
    image.move("/app/app", "/releases/7/app")
    image.link("/releases/current", "7")
    image.link("/app/app", "../releases/current/app")


@row
def a_namespace_package(image):
    image.usual()
    image.at("/app/app/__init__.py").unlink()


@row
def a_namespace_package_of_two_portions(image):
    image.usual()
    image.at("/app/app/__init__.py").unlink()
    image.move("/app/app/main.py", "/more/app/main.py")
    image.write("/app/app/other.py", "")
    image.env["PYTHONPATH"] = "/more"


@row
def a_namespace_that_loses_to_a_package(image):
    """A folder app of the working folder holds no __init__.py, and the installed package of that name wins."""
    image.usual()
    image.move("/app/app", f"{image.site('/opt/venv')}/app")
    image.write("/app/app/static/logo.svg", "")


@row
def a_package_that_extends_its_path(image):
    image.usual()
    image.move("/app/app/main.py", "/plugins/main.py")
    image.write("/app/app/__init__.py", "__path__.append('/plugins')\n")
    image.warns = {"app-submodule-missing"}


@row
def a_package_that_makes_its_submodule(image):
    image.usual()
    image.at("/app/app/main.py").unlink()
    image.write(
        "/app/app/__init__.py",
        "import sys, types\nmain = sys.modules['app.main'] = types.ModuleType('app.main')\nmain.app = print\n",
    )
    image.warns = {"app-submodule-missing"}


@row
def a_package_beside_a_module_of_its_name(image):
    """The package wins."""
    image.usual()
    image.write("/app/app.py", "")


@row
def an_application_as_bytecode_only(image):
    image.usual()
    image.run(PYTHON, "-m", "compileall", "-q", "-b", "/app/app")
    for source in image.at("/app/app").glob("*.py"):
        source.unlink()


@row
def an_application_that_is_compiled(image):
    """An extension of the standard library, under the name of an application."""
    image.usual()
    image.at("/app/app/main.py").unlink()
    extension = next(Path(f"/usr/lib/python{image.version}/lib-dynload").glob("_json.*.so"))
    image.at(f"/app/app/{extension.name}").write_bytes(extension.read_bytes())
    image.words = ["app._json:make_scanner"]


@row
def an_application_that_is_compiled_for_the_stable_abi(image):
    image.usual()
    extension = next(Path(f"/usr/lib/python{image.version}/lib-dynload").glob("_json.*.so"))
    image.at("/app/app/_json.abi3.so").write_bytes(extension.read_bytes())
    image.words = ["app._json:make_scanner"]


@row
def a_compiled_application_beside_a_stub_of_source(image):
    """The extension wins over the source of the same name."""
    image.usual()
    extension = next(Path(f"/usr/lib/python{image.version}/lib-dynload").glob("_json.*.so"))
    image.at(f"/app/app/{extension.name}").write_bytes(extension.read_bytes())
    image.write("/app/app/_json.py", "")
    image.words = ["app._json:make_scanner"]


def packages_that_are_loaded(image, **modules):
    """Compiled packages (FOLDER__MODULE=(suffix, how it is compiled)), which the application has the loader load."""
    libc = "glibc" if "glibc" in COMPILERS else "musl"
    paths = []
    for name, (suffix, how) in modules.items():
        path = f"{image.site('/opt/venv')}/{name.replace('__', '/')}{suffix}"
        image.write(path, compiled(libc, os.path.basename(path), **how))
        paths.append(path)
    loads = "".join(f"import ctypes; ctypes.CDLL({path!r})\n" for path in paths)
    image.write("/app/app/main.py", loads + textwrap.dedent(ASGI))
    return libc


@row
def compiled_packages_whose_names_say_nothing(image):
    image.usual()
    packages_that_are_loaded(image, pydantic_core___pydantic_core=(".abi3.so", {}), uvloop__loop=(".so", {}))


@row
def compiled_packages_with_libraries_of_their_own(image):
    """As auditwheel puts them: a folder beside the package, and a RUNPATH or RPATH that leads there."""
    image.usual()
    libc = packages_that_are_loaded(
        image,
        pydantic_core___pydantic_core=(".abi3.so", {"needs": ("liba-f685abf1.so.1",), "rpath": "$ORIGIN/../pydantic_core.libs"}),
        uvloop__loop=(".so", {"needs": ("libb.so.1",), "runpath": "$ORIGIN/../uvloop.libs"}),
    )
    site = image.site("/opt/venv")
    image.write(
        f"{site}/pydantic_core.libs/liba-f685abf1.so.1", compiled(libc, "liba-f685abf1.so.1", needs=("libc_.so.1",), runpath="$ORIGIN")
    )
    image.write(f"{site}/pydantic_core.libs/libc_.so.1", compiled(libc, "libc_.so.1"))
    image.write(f"{site}/uvloop.libs/libb.so.1", compiled(libc, "libb.so.1"))


@row
def a_compiled_package_with_libraries_by_LD_LIBRARY_PATH(image):
    image.usual()
    libc = packages_that_are_loaded(image, httptools__parser__parser=(".so", {"needs": ("liba.so.1",)}))
    image.write("/opt/libraries/liba.so.1", compiled(libc, "liba.so.1"))
    image.env["LD_LIBRARY_PATH"] = "/opt/libraries"


@row
def a_compiled_package_that_cant_be_loaded_and_nobody_imports(image):
    image.usual()
    packages_that_are_loaded(image, pydantic_core___pydantic_core=(".so", {"needs": ("libnowhere.so.1",)}))
    image.application()
    image.warns = {"library-missing"}


@row
def a_module_of_the_standard_library_as_application(image):
    image.usual()
    image.words = ["wsgiref.simple_server:demo_app"]


@row
def a_module_that_is_built_in(image):
    image.usual()
    image.words = ["sys:exit"]
    image.is_readable = False  # which modules are built in no file says; nobody's application is


@row
def modules_of_other_letters(image):
    image.usual()
    image.write("/app/приложение/главный.py", ASGI)
    image.words = ["приложение.главный:app"]


@row
def a_deep_module(image):
    image.usual()
    image.write("/app/a/b/c/d/e/f/main.py", ASGI)
    image.words = ["a.b.c.d.e.f.main:app"]


@row
def a_module_named_as_no_identifier(image):
    image.usual()
    image.write("/app/my-app/main-2.py", ASGI)
    image.words = ["my-app.main-2:app"]


@row
def an_application_that_is_found(image):
    """Nothing names it: app/main.py isn't there, main.py is."""
    image.usual()
    image.move("/app/app/main.py", "/app/main.py")
    image.at("/app/app/__init__.py").unlink()
    image.at("/app/app").rmdir()
    image.words = []
    image.plain_words = ["main:app"]


@row
def an_entrypoint_in_pyproject(image):
    image.usual()
    image.write("/app/pyproject.toml", '[tool.fastapi]\nentrypoint = "shop.web:server"\n')
    image.write("/app/shop/web.py", "server = print\n")
    image.words = []
    image.plain_words = ["shop.web:server"]


@row
def the_command_line_of_uvicorn(image):
    image.usual()
    image.write("/opt/venv/bin/uvicorn", "#!/opt/venv/bin/python\nimport runpy\nrunpy.run_module('uvicorn')\n", 0o755)
    image.words = ["uvicorn", "app.main:app", "--proxy-headers"]
    image.plain_words = image.words[1:]


@row
def the_command_line_of_python(image):
    image.usual()
    image.words = ["/opt/venv/bin/python", "-m", "uvicorn", "app.main:app"]
    image.plain_words = image.words[3:]


@row
def many_files_in_the_working_folder(image):
    image.usual()
    for number in range(3000):
        image.at(f"/app/data-{number}.json").touch()


@row
def many_packages(image):
    image.usual()
    for number in range(600):
        image.at(f"{image.site('/opt/venv')}/package_{number}").mkdir()
        image.at(f"{image.site('/opt/venv')}/package_{number}-1.0.dist-info").mkdir()


# ---- what the root and the process lack ----


@row
def a_root_folder_that_is_read_only(image):
    image.usual()
    image.more |= {"read_only": True, "user": USER}


@row
def no_proc(image):
    image.usual()
    image.more["proc"] = "none"


@row
def no_dev(image):
    image.usual()
    shutil.rmtree(image.at("/dev"))


@row
def no_tmp_and_no_home(image):
    image.usual()
    image.at("/tmp").rmdir()


@row
def a_user_without_entry(image):
    image.usual()
    image.write("/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
    image.more["user"] = USER


@row
def another_user_with_the_group_root(image):
    """OpenShift: any uid, group 0, and files that the group may read."""
    image.usual()
    for file in image.at("/app").rglob("*"):
        file.chmod(0o750 if file.is_dir() else 0o640)
    image.more["user"] = (60000, 0)


@row
def files_that_are_the_users_only(image):
    image.usual()
    for folder in ("/app", "/opt/venv"):
        for file in (image.at(folder), *image.at(folder).rglob("*")):
            if not file.is_symlink():
                file.chmod(0o500 if file.is_dir() else 0o400)
            os.chown(file, *USER, follow_symlinks=False)
    image.more["user"] = USER


@row
def a_python_that_may_be_run_but_not_read(image):
    image.copy_python()
    image.application()
    image.uvicorn("/usr/lib/python3/dist-packages")
    program = image.at(f"/usr/bin/python{image.version}")
    copy = program.read_bytes()
    program.unlink()
    program.write_bytes(copy)
    program.chmod(0o711)
    image.more["user"] = USER


@row
def folders_on_the_way_that_may_be_passed_but_not_listed(image):
    image.usual()
    image.at("/opt").chmod(0o711)
    image.at("/opt/venv").chmod(0o711)
    image.at("/opt/venv/bin").chmod(0o711)
    image.more["user"] = USER


@row
def asgi_init_becomes_the_user(image):
    image.usual()
    image.write("/etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:10001:10001::/home/app:/bin/sh\n")
    image.write("/etc/group", "root:x:0:\napp:x:10001:\n")
    image.options = ["--user", "app"]


@row
def HOME_is_not_set_and_PATH_neither(image):
    image.usual()
    image.env = {"VIRTUAL_ENV": "/opt/venv"}


@row
def no_environment_at_all(image):
    image.usual()
    image.env = {}


@row
def PATH_is_empty(image):
    image.usual()
    image.env["PATH"] = ""


@row
def PATH_with_empty_and_relative_folders(image):
    image.usual()
    image.env["PATH"] = "::bin:/nowhere:./:/opt/venv/bin/:/usr/bin"
    del image.env["VIRTUAL_ENV"]


@row
def PATH_with_a_hundred_folders(image):
    image.usual()
    image.env["PATH"] = ":".join([f"/nowhere/{number}" for number in range(100)] + ["/opt/venv/bin", "/usr/bin"])


@row
def HOME_that_is_not_there(image):
    image.usual()
    image.env["HOME"] = "/nonexistent"
    image.more["user"] = USER


@row
def standard_input_is_closed(image):
    image.usual()
    image.more["close"] = [0]


@row
def a_big_environment(image):
    image.usual()
    image.env |= {f"SERVICE_{number}_PORT": f"tcp://10.0.0.{number}:80" for number in range(300)}
    image.env["CONFIG"] = "x" * 100000


@row
def scratch(image):
    """Python and what ldd names, and nothing else: no shell, no /etc, no /tmp."""
    image.copy_python()
    image.application()
    image.uvicorn("/packages")
    image.env = {"PYTHONPATH": "/packages"}
    shutil.rmtree(image.at("/dev"))
    image.at("/tmp").rmdir()


@row
def distroless(image):
    """No shell, no bytecode, nonroot, and a venv that was made with /usr/bin/python."""
    image.copy_python()
    image.application()
    image.link("/usr/bin/python", f"python{image.version}")
    for folder in list(image.at("/usr/lib").rglob("__pycache__")):
        shutil.rmtree(folder)
    image.write("/etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n")
    image.venv()
    for name in ("python", "python3", f"python{image.version}"):
        image.at(f"/opt/venv/bin/{name}").unlink(missing_ok=True)
        image.link(f"/opt/venv/bin/{name}", "/usr/bin/python")
    image.more |= {"user": (65532, 65532), "read_only": True}
    image.env["HOME"] = "/home/nonroot"


@row
def libraries_by_LD_LIBRARY_PATH(image):
    image.copy_python()
    image.application()
    image.uvicorn("/usr/lib/python3/dist-packages")
    move_libraries(image, "/opt/lib")
    image.env["LD_LIBRARY_PATH"] = "/nowhere:/opt/lib"


@row
def libraries_by_the_loaders_cache(image):
    image.copy_python()
    image.application()
    image.uvicorn("/usr/lib/python3/dist-packages")
    move_libraries(image, "/opt/lib")
    image.write("/etc/ld.so.conf", "/opt/lib\n")
    subprocess.run(["/sbin/ldconfig", "-r", image.root], check=True)


def move_libraries(image, folder):
    """All that Python needs but the libc's own."""
    for path in Templates.libraries(os.path.realpath(PYTHON)):
        if not re.search(r"/(ld-linux|libc\.|libm\.|libpthread|libdl|libutil)", path):
            image.move(path, f"{folder}/{os.path.basename(path)}")


# ---- what stands for Python ----


@row
def PYTHONHOME(image):
    image.copy_python("/opt/python")
    image.application()
    image.move("/opt/python/bin", "/tools")
    image.uvicorn("/packages")
    image.env |= {"PYTHONHOME": "/opt/python", "PYTHONPATH": "/packages", "PATH": "/tools"}
    image.python = "/tools/python3"


@row
def PYTHONHOME_with_two_prefixes(image):
    image.copy_python("/opt/python")
    image.application()
    image.move(f"/opt/python/lib/python{image.version}/lib-dynload", f"/opt/exec/lib/python{image.version}/lib-dynload")
    image.move("/opt/python/bin", "/tools")
    image.uvicorn("/packages")
    image.env |= {"PYTHONHOME": "/opt/python:/opt/exec", "PYTHONPATH": "/packages", "PATH": "/tools"}
    image.python = "/tools/python3"


@row
def a_wrapper_script(image):
    image.usual()
    image.write("/opt/bin/python3", '#!/bin/sh\nexec /opt/venv/bin/python "$@"\n', 0o755)
    image.env = {"PATH": "/opt/bin:/usr/bin:/bin"}
    image.python = "/opt/bin/python3"
    image.options = ["--python", "/opt/bin/python3"]
    image.unread = {"uvicorn-not-installed"}


@row
def a_wrapper_script_on_PATH(image):
    image.usual()
    image.move("/opt/venv", "/srv/environment")
    image.write("/opt/bin/python3", '#!/bin/sh\nexec /srv/environment/bin/python "$@"\n', 0o755)
    image.env = {"PATH": "/opt/bin"}
    image.python = "/opt/bin/python3"
    image.unread = {"uvicorn-not-installed"}


@row
def a_wrapper_script_in_the_venv(image):
    """As profilers and tracers put it there."""
    image.usual()
    for name in ("python", "python3"):
        image.at(f"/opt/venv/bin/{name}").unlink()
        image.write(f"/opt/venv/bin/{name}", f'#!/usr/bin/env bash\nexec -a "$0" /usr/bin/python{image.version} "$@"\n', 0o755)
    image.unread = {"uvicorn-not-installed"}


@row
def a_shim(image):
    image.usual()
    image.move("/opt/venv", "/srv/versions/one")
    image.write(
        "/srv/shims/python3", '#!/usr/bin/env bash\nset -e\nprogram="${0##*/}"\nexec "/srv/versions/one/bin/$program" "$@"\n', 0o755
    )
    image.env = {"PATH": "/srv/shims:/usr/bin:/bin"}
    image.python = "/srv/shims/python3"
    image.options = ["--python", "/srv/shims/python3"]
    image.unread = {"uvicorn-not-installed"}


@row
def a_farm_of_links(image):
    """Link after link, through folders that are links."""
    image.usual()
    image.link("/store/python-1", "/usr")
    image.link("/profile/generation", "/store/python-1")
    image.link("/current", "profile/generation")
    image.link("/etc/alternatives/python", "/current/bin/python3")
    for name in ("python", "python3"):
        image.at(f"/opt/venv/bin/{name}").unlink()
    image.link("/opt/venv/bin/python", "python3")
    image.link("/opt/venv/bin/python3", "../../../etc/alternatives/python")


@row
def a_farm_of_links_to_files(image):
    """A prefix of links to single files, as Bazel and GNU stow make them."""
    image.copy_python("/store")
    image.application()
    for file in [*image.at("/store/lib").rglob("*.py"), *image.at("/store/lib").rglob("*.so")]:
        path = "/" + str(file.relative_to(image.root))
        image.link(path.replace("/store/", "/runfiles/"), path)
    image.link("/runfiles/bin/python3", f"/store/bin/python{image.version}")
    image.uvicorn("/runfiles/site")
    image.env |= {"PYTHONPATH": "/runfiles/site", "PATH": "/runfiles/bin"}
    image.python = "/runfiles/bin/python3"


@row
def a_prefix_like_condas(image):
    image.copy_python("/opt/conda/envs/shop")
    image.application()
    image.link("/opt/conda/envs/shop/bin/python", f"python{image.version}")
    image.write("/opt/conda/envs/shop/conda-meta/history", "")
    image.uvicorn("/opt/conda/envs/shop/lib/python3/dist-packages")
    image.env |= {
        "CONDA_PREFIX": "/opt/conda/envs/shop", "CONDA_DEFAULT_ENV": "shop",
        "PATH": "/opt/conda/envs/shop/bin:/opt/conda/condabin:/usr/bin",
    }  # fmt: skip
    image.python = "/opt/conda/envs/shop/bin/python"


@row
def a_python_without_a_version_in_its_name(image):
    image.copy_python("/opt/python")
    image.application()
    image.at("/opt/python/bin/python3").unlink()
    image.move(f"/opt/python/bin/python{image.version}", "/opt/python/bin/python")
    image.uvicorn("/packages")
    image.env |= {"PYTHONPATH": "/packages", "PATH": "/opt/python/bin"}
    image.python = "/opt/python/bin/python"


@row
def a_python_under_a_name_of_its_own(image):
    image.copy_python("/opt/python")
    image.application()
    image.move(f"/opt/python/bin/python{image.version}", "/opt/python/bin/shop")
    image.uvicorn("/packages")
    image.env |= {"PYTHONPATH": "/packages"}
    image.python = "/opt/python/bin/shop"
    image.options = ["--python", "/opt/python/bin/shop"]


@row
def a_standard_library_in_an_archive(image):
    """python311.zip, as embedded Pythons have it; a few modules can't come from there."""
    image.copy_python("/opt/python")
    image.application()
    library = image.at(f"/opt/python/lib/python{image.version}")
    with zipfile.ZipFile(image.at(f"/opt/python/lib/python{image.version.replace('.', '')}.zip"), "w") as archive:
        for file in library.rglob("*.py"):
            if not file.is_symlink():
                archive.write(file, file.relative_to(library))
                if file.name != "os.py":
                    file.unlink()
    shutil.rmtree(library / "encodings")
    image.uvicorn("/packages")
    image.env |= {"PYTHONPATH": "/packages", "PATH": "/opt/python/bin"}
    image.python = "/opt/python/bin/python3"


@row
def a_standard_library_as_bytecode_only(image):
    image.copy_python("/opt/python")
    image.application()
    image.run("/opt/python/bin/python3", "-m", "compileall", "-q", "-b", "/opt/python/lib")
    for file in image.at("/opt/python/lib").rglob("*.py"):
        file.unlink()
    image.uvicorn("/packages")
    image.env |= {"PYTHONPATH": "/packages", "PATH": "/opt/python/bin"}
    image.python = "/opt/python/bin/python3"


@row
def two_pythons_of_which_the_second_has_uvicorn(image):
    """PATH has one without packages first. Whoever starts it without asgi-init names the other."""
    image.share_usr()
    image.application()
    image.venv("/srv/one", activate=False)
    image.env["PATH"] = "/usr/bin:/srv/one/bin"


@row
def variables_of_python(image):
    image.usual()
    image.env |= {
        "PYTHONSAFEPATH": "1", "PYTHONNOUSERSITE": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONOPTIMIZE": "2",
        "PYTHONUNBUFFERED": "1",
        "PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "PYTHONFAULTHANDLER": "1", "PYTHONWARNINGS": "ignore",
        "PYTHONPYCACHEPREFIX": "/tmp/cache",
    }  # fmt: skip


@row
def optimized_without_docstrings_and_a_frozen_hash(image):
    """Bytecode that is checked by hash, as builds with fixed times have it."""
    image.usual()
    image.run(PYTHON, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "/app/app", image.site("/opt/venv"))


# ---- applications ----

# What binds `app`, in app/main.py: the source, and the words for uvicorn where they aren't app.main:app.
APPLICATIONS = {
    "annotated": "app: object = print\n",
    "annotated by a string": "from __future__ import annotations\napp: 'FastAPI' = print\n",
    "bound by a decorator": "def serve(f): return print\n@serve\nclass app: pass\n",
    "bound by a decorated coroutine": "def plain(f): return f\n@plain\n@plain\nasync def app(scope, receive, send): pass\n",
    "a factory": (MAKES, ["--factory", "app.main:create_app"]),
    "a factory that is a lambda": ("create_app = lambda: print\n", ["app.main:create_app", "--factory"]),
    "a factory that is a class": (
        "class App:\n    async def __call__(self, scope, receive, send): pass\n",
        ["app.main:App", "--factory"],
    ),
    "a factory that another module has": (
        "from wsgiref.simple_server import demo_app as create\nmake = lambda: create\n",
        ["--factory", "app.main:make"],
    ),
    "made by a factory": MAKES + "app = create_app()\n",
    "imported by a star": "from app.other import *\n",
    "imported by a star from a package": "from os.path import *\napp = join\n",
    "imported under another name": "from os.path import join as app\n",
    "imported in brackets": "from os.path import (\n    join,  # one\n    split as app,\n)\n",
    "imported as a module": ("import os.path as app\n", ["app.main:app.join"]),
    "an attribute of an attribute": ("class holder:\n    class inner:\n        app = print\n", ["app.main:holder.inner.app"]),
    "made by __getattr__": "def __getattr__(name):\n    if name == 'app':\n        return print\n    raise AttributeError(name)\n",
    "made by an imported __getattr__": "from app.other import __getattr__\n",
    "in an if": "import sys\nif sys.version_info > (3,):\n    app = print\nelse:\n    app = None\n",
    "in an if and an elif": "import os\nif os.sep == '?':\n    pass\nelif os.sep == '/':\n    app = print\n",
    "in a try": "try:\n    import nothing_of_this_name as app\nexcept ImportError:\n    app = print\n",
    "in an else and a finally": "try:\n    pass\nexcept ValueError:\n    pass\nelse:\n    first = 1\nfinally:\n    app = print\n",
    "bound by with": "import contextlib\nwith contextlib.nullcontext(print) as app:\n    pass\n",
    "bound by with, in a tuple": "import contextlib\nwith contextlib.nullcontext((1, print)) as (one, app):\n    pass\n",
    "inside with": "import contextlib\nwith contextlib.suppress(Exception):\n    app = print\n",
    "bound by a walrus": "if (app := print) is None:\n    raise SystemExit\n",
    "bound by for": "for app in [len, print]:\n    pass\n",
    "inside for": "for number in range(3):\n    app = print\n",
    "inside while": "while True:\n    app = print\n    break\n",
    "one of a tuple": "settings, app = {}, print\n",
    "one of a tuple in brackets": "(settings, [app, *rest]) = {}, [print, 1]\n",
    "one of a chain": "application = app = server = print\n",
    "changed in place": "app = 1\napp += 1\napp = print\n",
    "bound by match": "match [print, 1]:\n    case [app, _]:\n        pass\n",
    "bound by global": "def make():\n    global app\n    app = print\nmake()\n",
    "bound by globals": "globals()['app'] = print\n",
    "bound by exec": "exec('app = print')\n",
    "bound by setattr": "import sys\nsetattr(sys.modules[__name__], 'app', print)\n",
    "bound by vars": "vars().update(app=print)\n",
    "a module that replaces itself": "import sys, types\nsys.modules[__name__] = types.SimpleNamespace(app=print, __file__=__file__)\n",
    "a module with a class of its own": "import sys, types\nclass Own(types.ModuleType):\n    @property\n"
    "    def app(self): return print\nsys.modules[__name__].__class__ = Own\n",
    "a coroutine": ASGI,
    "a coroutine with a hint": "async def app(scope: dict, receive, send) -> None:\n    '''app = 1'''\n",
    "a class": "class app:\n    def __init__(self, scope): pass\n    async def __call__(self, receive, send): pass\n",
    "a name in other letters": ("größe = приложение = print\n", ["app.main:приложение"]),
    "a name with a compatibility letter": ("ﬁle = print\n", ["app.main:file"]),
    "with a byte order mark": b"\xef\xbb\xbfapp = print\n",
    "with Windows line ends": b"import os\r\n\r\napp = print\r\n",
    "with the line ends of old Macs": b"import os\rapp = print\r",
    "in Latin-1": "# -*- coding: latin-1 -*-\nname = 'Größe'\napp = print\n".encode("latin-1"),
    "in UTF-7": b"# coding: utf-7\napp +AD0- print\n",
    "with form feeds": "import os\n\x0c\napp = print\n",
    "with tabs": "if True:\n\tif True:\n\t\tapp = print\n",
    "over continued lines": "app \\\n    = \\\n    print\n",
    "behind a semicolon": "import os; app = print; del os\n",
    "on one line with if": "if True: app = print\n",
    "behind strings that look like code": 'text = """\ndef app(): pass\n"""\nother = r\'\\\'\napp = print\n'.replace("r'\\'", "'\\\\'"),
    "behind a nested f-string": "name = 'x'\ntext = f'{name!r:>{10}} {{app}} {\"#\"}'\napp = print\n",
    "behind a long docstring": '"""' + "text\n" * 40000 + '"""\napp = print\n',
    "behind many lines": "x = 1\n" * 60000 + "app = print\n",
    "behind a comment with a backslash": "# ends in \\\napp = print\n",
    "without a newline at the end": "app = print",
    "with a type alias": "from typing import TypeAlias\nApp: TypeAlias = object\napp: App\napp = print\n",
    "deleted and bound again": "app = 1\ndel app\napp = print\n",
}  # fmt: skip


OTHER = """
app = print
def __getattr__(name):
    if name == "app":
        return print
    raise AttributeError(name)
"""


def application_row(source, words=("app.main:app",)):
    def arrange(image):
        image.usual()
        image.write("/app/app/main.py", source if isinstance(source, bytes) else source.encode())
        image.write("/app/app/other.py", OTHER)
        image.words = list(words)

    return arrange


for name, what in APPLICATIONS.items():
    ROWS[f"app: {name}"] = application_row(*(what if isinstance(what, tuple) else (what,)))


@row
def re_exported_from_a_package(image):
    image.usual()
    image.write("/app/app/__init__.py", "from .main import app as application\nfrom .main import app\n")
    image.words = ["app:application"]


@row
def a_submodule_as_attribute(image):
    image.usual()
    image.write("/app/app/__init__.py", "from . import main\n")
    image.words = ["app:main.app"]


@row
def a_package_with_lazy_attributes(image):
    image.usual()
    image.write(
        "/app/app/__init__.py",
        "import importlib\ndef __getattr__(name):\n    return getattr(importlib.import_module('.main', __name__), name)\n",
    )
    image.words = ["app:app"]


@row
def a_package_that_has_a_main(image):
    image.usual()
    image.write("/app/app/__main__.py", "server = print\n")
    image.words = ["app.__main__:server"]


@row
def a_stub_beside_the_module(image):
    image.usual()
    image.write("/app/app/main.pyi", "")


# ---- things that look wrong, and aren't ----


@row
def a_broken_venv_that_was_copied_along_and_is_not_used(image):
    """`COPY . .` brought the developer's own; VIRTUAL_ENV names the image's."""
    image.usual()
    image.write("/app/.venv/pyvenv.cfg", "home = /opt/homebrew/opt/python@3.12/bin\nversion = 3.12.1\n")
    image.link("/app/.venv/bin/python", "/opt/homebrew/opt/python@3.12/bin/python3.12")


@row
def a_broken_venv_that_was_copied_along_before_the_systems_python(image):
    """It works because nothing activates the broken one; asgi-init would have taken it, and says why it doesn't."""
    image.copy_python()
    image.application()
    image.uvicorn("/usr/lib/python3/dist-packages")
    image.write("/app/.venv/pyvenv.cfg", "home = /opt/homebrew/opt/python@3.12/bin\nversion = 3.12.1\n")
    image.link("/app/.venv/bin/python", "/opt/homebrew/opt/python@3.12/bin/python3.12")
    image.says = image.warns = {"venv-from-another-machine"}


@row
def an_empty_venv_that_is_a_place_for_a_volume(image):
    image.usual()
    image.at("/app/.venv").mkdir()


@row
def a_venv_file_of_pipenv(image):
    image.usual()
    image.env = {"PATH": image.env["PATH"]}
    image.write("/app/.venv", "/opt/venv\n")


@row
def a_package_named_venv(image):
    image.usual()
    image.env = {"PATH": image.env["PATH"]}
    image.write("/app/venv/__init__.py", "")


@row
def files_named_like_packages_below_the_application(image):
    image.usual()
    for name in ("fastapi", "uvicorn", "starlette", "typing", "asyncio"):
        image.write(f"/app/app/{name}.py", "raise SystemExit\n")


@row
def a_pyproject_that_is_broken(image):
    image.usual()
    image.write("/app/pyproject.toml", "[tool.fastapi\nentrypoint = = 'x")


@row
def a_pyproject_that_names_another_application(image):
    image.usual()
    image.write("/app/pyproject.toml", '[tool.fastapi]\nentrypoint = "no.such:thing"\n')


@row
def options_whose_values_look_like_applications(image):
    image.usual()
    image.words = ["--header", "server:none", "--root-path", "/api:v1", "app.main:app", "--port=0", "--log-config", "a:b"]


@row
def variables_that_mean_nothing_to_us(image):
    """Kubernetes' of a service, the application's own, and a shell's."""
    image.usual()
    image.env |= {
        "SHOP_PORT": "tcp://10.0.0.1:80", "LOG_LEVEL": "INFO", "HOST": "web-1", "MODULE_NAME": "shop", "APP": "shop",
        "DEBUG": "true",
        "WORKERS": "many", "SECRET": "pa$$word ${NOT_SET} $(cmd) %s \t`", "BASH_FUNC_which%%": "() {  echo \"$1\"\n}", "EMPTY": "",
        "_": "/bin/sh",
    }  # fmt: skip


@row
def variables_that_are_empty(image):
    image.usual()
    names = (
        "PORT",
        "HOST",
        "LOG_LEVEL",
        "WEB_CONCURRENCY",
        "APP_MODULE",
        "PYTHONPATH",
        "PYTHONHOME",
        "HOME",
        "PYTHONUSERBASE",
        "LD_LIBRARY_PATH",
    )
    image.env |= {name: "" for name in (*names, "UV_PROJECT_ENVIRONMENT", "CONDA_PREFIX", "ASGI_INIT_APP")}


@row
def log_levels_of_other_programs(image):
    image.usual()
    image.env["LOG_LEVEL"] = "WARN"
    image.says = image.warns = {"setting-ignored"}  # it may be meant for uvicorn, which would refuse it


@row
def variables_that_are_no_text(image):
    image.usual()
    image.env |= {b"CAF\xc9": b"\xff\xfe", "LANG": "de_DE.ISO-8859-1"}


@row
def PYTHONPATH_with_a_hundred_folders(image):
    image.share_usr()
    image.application()
    image.uvicorn("/packages/99")
    image.env["PYTHONPATH"] = ":".join(f"/packages/{number}" for number in range(100))
    image.unread = {"uvicorn-not-installed"}


@row
def a_hundred_pth_files(image):
    image.usual()
    for number in range(100):
        image.at(f"/projects/{number}").mkdir(parents=True)
        image.write(f"{image.site('/opt/venv')}/p{number}.pth", f"/projects/{number}\n")
    image.move("/app/app", "/projects/7/app")


@row
def a_working_folder_that_is_closed(image):
    """The application is installed, so nobody needs it."""
    image.usual()
    image.move("/app/app", f"{image.site('/opt/venv')}/app")
    image.at("/app").chmod(0o700)
    image.more["user"] = USER


@row
def a_working_folder_that_can_not_be_listed(image):
    image.usual()
    image.move("/app/app", f"{image.site('/opt/venv')}/app")
    image.at("/app").chmod(0o711)
    image.more["user"] = USER


@row
def the_application_on_a_mount_of_its_own(image):
    image.usual()
    image.move("/app/app", "/host/backend/app")
    image.bind(image.at("/host/backend"), "/app")


@row
def the_venv_on_a_mount_below_the_mount_of_the_application(image):
    """The compose file of a developer who knows: ./backend:/app, and a volume on /app/.venv."""
    image.usual()
    image.move("/app/app", "/host/backend/app")
    image.at("/host/backend/.venv").mkdir()
    image.bind(image.at("/host/backend"), "/app")
    image.more["binds"].append((image.at("/opt/venv"), "/app/.venv"))
    image.activate("/app/.venv")


@row
def a_dangling_link_first_on_PATH(image):
    """Who looks along PATH passes over it."""
    image.usual()
    image.link("/opt/old/bin/python3", "/opt/old/python3.8")
    image.env = {"PATH": "/opt/old/bin:/opt/venv/bin"}


@row
def a_folder_named_python3_first_on_PATH(image):
    image.usual()
    image.at("/opt/tools/python3").mkdir(parents=True)
    image.env = {"PATH": "/opt/tools:/opt/venv/bin"}


@row
def a_python3_that_is_no_program_first_on_PATH(image):
    image.usual()
    image.write("/opt/tools/python3", "notes\n", 0o644)
    image.env = {"PATH": "/opt/tools:/opt/venv/bin"}


# ---- what the loader does ----


def bare_python_with_libraries_in(image, folder):
    image.copy_python()
    image.application()
    image.uvicorn("/usr/lib/python3/dist-packages")
    move_libraries(image, folder)


def capabilities():
    """Of the folders below glibc-hwcaps that the loader of this machine looks in, the last; "" where it has none."""
    loader = next(path for path in Templates.libraries(os.path.realpath(PYTHON)) if "/ld-linux" in path)
    listed = subprocess.run([loader, "--help"], capture_output=True, text=True, check=True).stdout
    names = listed.partition("glibc-hwcaps")[2].partition("\n\n")[0]
    return "".join([f"/glibc-hwcaps/{name}" for name in re.findall(r"^ +(\S+) \(supported, searched\)", names, re.MULTILINE)][-1:])


@row
def libraries_by_LD_LIBRARY_PATH_with_other_separators(image):
    bare_python_with_libraries_in(image, "/app/lib")
    image.env["LD_LIBRARY_PATH"] = "/nowhere;lib:"


@row
def libraries_by_LD_LIBRARY_PATH_with_an_empty_part(image):
    """An empty part is the working folder."""
    bare_python_with_libraries_in(image, "/app")
    image.env["LD_LIBRARY_PATH"] = "/nowhere:"


@row
def libraries_by_LD_LIBRARY_PATH_with_ORIGIN(image):
    bare_python_with_libraries_in(image, "/usr/other")
    image.env["LD_LIBRARY_PATH"] = "$ORIGIN/../other"


@row
def libraries_for_this_processor(image):
    bare_python_with_libraries_in(image, "/opt/lib" + capabilities())
    image.env["LD_LIBRARY_PATH"] = "/opt/lib"


@row
def libraries_for_this_processor_by_the_loaders_cache(image):
    bare_python_with_libraries_in(image, "/opt/lib" + capabilities())
    image.write("/etc/ld.so.conf", "/opt/lib\n")
    subprocess.run(["/sbin/ldconfig", "-r", image.root], check=True)


@row
def libraries_by_LD_PRELOAD(image):
    """What is preloaded serves whoever needs that name."""
    bare_python_with_libraries_in(image, "/opt/lib")
    image.env["LD_PRELOAD"] = ":".join("/" + str(file.relative_to(image.root)) for file in image.at("/opt/lib").iterdir())


@row
def libraries_by_ld_so_preload(image):
    bare_python_with_libraries_in(image, "/opt/lib")
    image.write("/etc/ld.so.preload", "\n".join("/" + str(file.relative_to(image.root)) for file in image.at("/opt/lib").iterdir()))


@row
def libraries_behind_links(image):
    bare_python_with_libraries_in(image, "/opt/store")
    for file in image.at("/opt/store").iterdir():
        image.link(f"/opt/links/{file.name}", f"../store/{file.name}")
    image.link("/opt/lib", "links")
    image.env["LD_LIBRARY_PATH"] = "/opt/lib"


@row
def the_loader_as_a_program(image):
    """Bundles that bring their own libc start Python so."""
    image.share_usr()
    image.application()
    image.uvicorn("/packages")
    loader = next(path for path in Templates.libraries(os.path.realpath(PYTHON)) if "/ld-linux" in path)
    image.write("/opt/bundle/python3", f'#!/bin/sh\nexec {loader} --argv0 "$0" {os.path.realpath(PYTHON)} "$@"\n', 0o755)
    image.env |= {"PYTHONPATH": "/packages", "PATH": "/opt/bundle"}
    image.python = "/opt/bundle/python3"


@row
def a_wrapper_with_env_and_its_words(image):
    image.usual()
    image.write(
        "/opt/bin/python3",
        "#!/usr/bin/env -S /opt/venv/bin/python -B\nimport os, sys\n"
        "os.execv('/opt/venv/bin/python', ['/opt/venv/bin/python', *sys.argv[1:]])\n",
        0o755,
    )
    image.env = {"PATH": "/opt/bin:/usr/bin:/bin"}
    image.python = "/opt/bin/python3"
    image.options = ["--python", "/opt/bin/python3"]
    image.unread = {"uvicorn-not-installed"}


@row
def a_wrapper_of_a_wrapper(image):
    image.usual()
    image.write("/opt/bin/python3", "#!/opt/bin/second\n", 0o755)
    image.write("/opt/bin/second", '#!/bin/sh\nshift\nexec /opt/venv/bin/python "$@"\n', 0o755)
    image.env = {"PATH": "/opt/bin:/usr/bin:/bin"}
    image.python = "/opt/bin/python3"
    image.options = ["--python", "/opt/bin/python3"]
    image.unread = {"uvicorn-not-installed"}


# ---- as platforms and tools lay it out ----


def console_script(image, venv, path=None):
    image.write(path or f"{venv}/bin/uvicorn", f"#!{venv}/bin/python\nimport runpy\nrunpy.run_module('uvicorn')\n", 0o755)


@row
def uvicorn_by_a_link_beside_the_systems_python(image):
    """`ln -s /srv/environment/bin/uvicorn /usr/local/bin`, and nothing else names the environment."""
    image.usual()
    image.move("/opt/venv", "/srv/environment")
    image.env = {"PATH": "/opt/bin:/usr/bin:/bin"}
    console_script(image, "/srv/environment")
    image.link("/opt/bin/uvicorn", "/srv/environment/bin/uvicorn")
    image.python = "/srv/environment/bin/python"
    image.words = ["uvicorn", "app.main:app"]
    image.plain_words = image.words[1:]


@row
def uvicorn_of_pipx(image):
    image.usual()
    image.move("/opt/venv", "/root/.local/share/pipx/venvs/uvicorn")
    console_script(image, "/root/.local/share/pipx/venvs/uvicorn")
    image.link("/root/.local/bin/uvicorn", "/root/.local/share/pipx/venvs/uvicorn/bin/uvicorn")
    image.env = {"PATH": "/root/.local/bin:/usr/bin:/bin", "HOME": "/root"}
    image.python = "/root/.local/share/pipx/venvs/uvicorn/bin/python"
    image.words = ["/root/.local/bin/uvicorn", "app.main:app"]
    image.plain_words = image.words[1:]


@row
def a_console_script_of_another_folder(image):
    """`pip install --target`, or a copied script: its first line names the Python."""
    image.usual()
    image.move("/opt/venv", "/srv/environment")
    console_script(image, "/srv/environment", "/opt/bin/uvicorn")
    image.env = {"PATH": "/opt/bin:/usr/bin:/bin"}
    image.python = "/srv/environment/bin/python"
    image.words = ["uvicorn", "app.main:app"]
    image.plain_words = image.words[1:]


@row
def a_console_script_by_env_with_options(image):
    image.usual()
    image.move("/opt/venv", "/srv/environment")
    image.write("/opt/bin/uvicorn", "#!/usr/bin/env -S /srv/environment/bin/python -u\nfrom uvicorn.main import main\nmain()\n", 0o755)
    image.env = {"PATH": "/opt/bin:/usr/bin:/bin"}
    image.python = "/srv/environment/bin/python"
    image.words = ["uvicorn", "app.main:app"]
    image.plain_words = image.words[1:]


@row
def shims_of_pyenv_first_on_PATH(image):
    """The Python behind them has uvicorn, the system's hasn't."""
    image.usual()
    image.move("/opt/venv", "/opt/pyenv/versions/shop")
    shim = '#!/usr/bin/env bash\nset -e\nprogram="${0##*/}"\nexec "/opt/pyenv/versions/shop/bin/$program" "$@"\n'
    for name in ("python", "python3"):
        image.write(f"/opt/pyenv/shims/{name}", shim, 0o755)
    image.env = {"PATH": "/opt/pyenv/shims:/opt/pyenv/bin:/usr/bin:/bin", "PYENV_ROOT": "/opt/pyenv"}
    image.python = "/opt/pyenv/shims/python3"
    image.unread = {"uvicorn-not-installed"}


@row
def a_slug_of_heroku(image):
    image.copy_python("/app/.heroku/python")
    image.application()
    image.uvicorn("/app/.heroku/python/lib/python3/dist-packages")
    image.env = {
        "PATH": "/app/.heroku/python/bin:/usr/local/bin:/usr/bin:/bin", "PYTHONHOME": "/app/.heroku/python", "PYTHONPATH": "/app",
        "LD_LIBRARY_PATH": "/app/.heroku/vendor/lib:/app/.heroku/python/lib", "PYTHONHASHSEED": "random", "DYNO": "web.1",
        "PORT": "5000", "WEB_CONCURRENCY": "",
    }  # fmt: skip
    image.python = "/app/.heroku/python/bin/python3"


@row
def layers_of_a_buildpack(image):
    image.copy_python("/layers/runtime/python")
    image.application("/workspace")
    image.folder = "/workspace"
    image.env = {
        "PATH": "/layers/pip/pip/bin:/layers/runtime/python/bin:/usr/bin", "PYTHONUSERBASE": "/layers/pip/pip",
        "PYTHONPATH": "/layers/extra:/workspace", "PORT": "8080", "CNB_STACK_ID": "google.22", "PYTHONUNBUFFERED": "TRUE",
    }  # fmt: skip
    image.uvicorn(image.site("/layers/pip/pip"))
    image.python = "/layers/runtime/python/bin/python3"


@row
def a_python_env_of_nix(image):
    """Links into the store, and a sitecustomize of the base Python that adds what its wrapper says."""
    image.copy_python("/nix/store/abc-python")
    image.application()
    image.uvicorn("/nix/store/def-env/packages")
    image.write(
        image.site("/nix/store/abc-python") + "/sitecustomize.py",
        "import os, site\nfor folder in os.environ.pop('NIX_PYTHONPATH', '').split(':'):\n    site.addsitedir(folder)\n",
    )
    image.write(
        f"{image.site('/nix/store/abc-python', 'dist-packages')}/sitecustomize.pth",
        f"{image.site('/nix/store/abc-python')}\nimport sitecustomize\n",
    )
    image.env = {"PATH": "/nix/store/def-env/bin", "NIX_PYTHONPATH": "/nix/store/def-env/packages"}
    image.link("/nix/store/def-env/bin/python3", f"/nix/store/abc-python/bin/python{image.version}")
    image.python = "/nix/store/def-env/bin/python3"
    image.unread = {"uvicorn-not-installed"}


@row
def a_prefix_of_conda_named_as_VIRTUAL_ENV(image):
    image.copy_python("/opt/conda")
    image.application()
    image.link("/opt/conda/bin/python", f"python{image.version}")
    image.write("/opt/conda/conda-meta/history", "")
    image.uvicorn("/opt/conda/lib/python3/dist-packages")
    image.activate("/opt/conda")


@row
def the_systems_prefix_as_the_environment_of_uv(image):
    image.copy_python()
    image.application()
    image.uvicorn("/usr/lib/python3/dist-packages")
    image.env["UV_PROJECT_ENVIRONMENT"] = "/usr"


@row
def the_systems_prefix_as_VIRTUAL_ENV(image):
    image.copy_python()
    image.application()
    image.uvicorn("/usr/lib/python3/dist-packages")
    image.env |= {"VIRTUAL_ENV": "/usr", "UV_SYSTEM_PYTHON": "1"}


@row
def an_environment_of_uv_named_from_here(image):
    image.share_usr()
    image.application()
    image.venv("/app/.venv-docker", activate=False)
    image.env["UV_PROJECT_ENVIRONMENT"] = ".venv-docker"


@row
def a_release_behind_a_link_that_moves(image):
    """Capistrano's layout: the environment lies in the release, and all is named through `current`."""
    image.share_usr()
    image.application("/srv/shop/releases/7")
    image.venv("/srv/shop/releases/7/.venv", activate=False)
    image.link("/srv/shop/current", "releases/7")
    image.folder = "/srv/shop/current"
    image.env |= {"VIRTUAL_ENV": "/srv/shop/current/.venv", "PATH": "/srv/shop/current/.venv/bin:/usr/bin"}
    image.python = "/srv/shop/current/.venv/bin/python"


@row
def a_function_of_lambda(image):
    image.copy_python("/var/lang")
    image.application("/var/task")
    image.folder = "/var/task"
    image.uvicorn("/opt/python")
    image.write("/opt/extensions/lambda-adapter", b"\x7fELF", 0o755)
    image.env = {
        "PATH": "/var/lang/bin:/usr/bin:/bin", "PYTHONPATH": "/opt/python:/var/runtime", "LAMBDA_TASK_ROOT": "/var/task",
        "AWS_LWA_PORT": "8000", "LD_LIBRARY_PATH": "/var/lang/lib:/var/task:/opt/lib", "AWS_EXECUTION_ENV": "AWS_Lambda_python",
    }  # fmt: skip
    image.python = "/var/lang/bin/python3"
    image.more["read_only"] = True


@row
def variables_of_the_images_for_gunicorn(image):
    image.usual()
    image.env |= {"MODULE_NAME": "app.main", "VARIABLE_NAME": "app", "WEB_CONCURRENCY": "2", "MAX_WORKERS": "1", "LOG_LEVEL": "info"}
    image.words = []
    image.plain_words = ["app.main:app"]


@row
def APP_MODULE_alone(image):
    image.usual()
    image.env["APP_MODULE"] = "app.main:app"
    image.words = ["--proxy-headers"]
    image.plain_words = ["app.main:app", "--proxy-headers"]


@row
def an_app_dir_with_a_slash_at_its_end(image):
    image.usual()
    image.move("/app/app", "/app/src/app")
    image.words = ["--app-dir", "/app/src/", "app.main:app"]


@row
def options_behind_and_before_that_nobody_knows_yet(image):
    image.usual()
    image.words = ["--limit-everything", "7", "app.main:app", "--host", "::", "--no-such-switch", "--forwarded-allow-ips=*"]


@row
def a_working_folder_that_is_a_link(image):
    image.usual()
    image.move("/app", "/srv/releases/7")
    image.link("/srv/current", "releases/7")
    image.folder = "/srv/current"
    image.env["PWD"] = "/srv/current"


@row
def PATH_with_what_a_shell_would_expand(image):
    image.usual()
    image.env["PATH"] = "~/.local/bin:$HOME/bin:${VENV}/bin:/opt/venv/bin:/usr/bin"


@row
def a_venv_on_which_PYTHONHOME_is_empty_and_PYTHONPATH_ends_in_a_colon(image):
    image.usual()
    image.env |= {"PYTHONHOME": "", "PYTHONPATH": "/app:"}


@row
def a_venv_made_by_the_systems_python_below_a_mount_of_code(image):
    """The project mounted whole, its environment in it made by the same release: it works."""
    image.usual()
    image.move("/opt/venv", "/host/backend/.venv")
    image.move("/app/app", "/host/backend/app")
    image.bind(image.at("/host/backend"), "/app")
    image.activate("/app/.venv")


@row
def packages_vendored_beside_the_application(image):
    """`pip install --target vendor`, with files of packages that are for other systems too."""
    image.share_usr()
    image.application()
    image.uvicorn("/app/vendor")
    for name in ("speedups.cp311-win_amd64.pyd", "speedups.cpython-38-darwin.so", "speedups.abi3.so"):
        image.write(f"/app/vendor/speedups/{name}", b"MZ")
    image.env["PYTHONPATH"] = "/app/vendor"


@row
def an_application_beside_a_folder_of_its_tests_and_notebooks(image):
    image.usual()
    for name in ("tests", "app/tests", "node_modules/app", "docs/app", "build/lib/app"):
        image.write(f"/app/{name}/main.py", "raise SystemExit\n")
    image.write("/app/main.py", "import app.main\n")


# ---- commands, which are started as they are ----

COMMANDS = {}


def command(arrange):
    COMMANDS[arrange.__name__.replace("_", " ")] = arrange
    return arrange


def archive(image, path, first_line):
    file = image.write(path, f"#!{first_line}\n", 0o755)
    with zipfile.ZipFile(file, "a") as packed:
        packed.writestr("__main__.py", "import sys\nprint('from an archive', sys.argv)\n")


@command
def an_archive_of_shiv(image):
    archive(image, "/app/shop.pyz", "/usr/bin/env python3")
    return ["/app/shop.pyz", "--port", "8000"]


@command
def an_archive_of_pex_from_here(image):
    archive(image, "/app/shop.pex", "/opt/venv/bin/python -sE")
    return ["./shop.pex", "app.main:app"]


@command
def an_archive_by_python(image):
    archive(image, "/app/shop.pyz", "/nowhere/python3")
    return ["python", "shop.pyz"]


@command
def a_script_of_s6(image):
    """Interpreters of interpreters, as with-contenv is one."""
    image.write("/command/with-contenv", '#!/bin/sh\nexec "$@"\n', 0o755)
    image.write("/etc/services.d/shop/run", "#!/command/with-contenv sh\necho started by with-contenv\n", 0o755)
    return ["/etc/services.d/shop/run"]


@command
def a_script_with_env_and_words(image):
    image.write("/app/run", "#!/usr/bin/env -S python3 -u\nprint('run')\n", 0o755)
    return ["./run"]


@command
def a_script_without_a_first_line_that_sh_runs(image):
    image.write("/app/run", "#!/bin/sh\n\nset -e\nexec python3 -c 'import sys; print(sys.prefix)'\n", 0o755)
    return ["/app/run"]


@command
def a_program_of_python(image):
    image.write("/app/main.py", "import app.main\nprint(app.main.app)\n".replace("print(app.main.app)", "print('ran')"))
    return ["python", "main.py"]


@command
def a_shell_and_its_words(image):
    return ["sh", "-c", 'echo "$VIRTUAL_ENV" "$0" "$@"', "a b", "c:d"]


@command
def env_that_starts_another(image):
    return ["env", "GREETING=hello", "sh", "-c", "echo $GREETING"]


# ---- FastAPI and uvicorn themselves ----

REAL = {}


def real(arrange):
    REAL[arrange.__name__.replace("_", " ")] = arrange
    return arrange


def fastapi(image, backend, prefix):
    """The environment of the tests' own backend as PREFIX, with the Python that it was made with where it was then."""
    home = re.search(r"^home = (.*)$", (backend / "pyvenv.cfg").read_text(), re.MULTILINE)[1]
    base = os.path.dirname(home)
    image.share_usr()
    if not base.startswith("/usr"):
        image.bind(base, base)
    image.bind(backend, prefix)
    image.env |= {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    image.python = f"{prefix}/bin/python"
    return f"{home}/python3"


def sample(image, folder="/app"):
    shutil.copytree(SAMPLE, image.at(f"{folder}/app"), ignore=shutil.ignore_patterns("__pycache__"))
    image.folder = folder


@real
def fastapi_in_a_venv(image, backend):
    sample(image)
    fastapi(image, backend, "/opt/venv")
    image.activate("/opt/venv")
    image.more["user"] = USER


@real
def fastapi_in_a_venv_beside_the_application(image, backend):
    sample(image)
    fastapi(image, backend, "/app/.venv")
    image.words = ["app.main:create_app", "--factory"]


@real
def fastapi_in_src_with_workers(image, backend):
    sample(image, "/app/src")
    image.folder = "/app"
    fastapi(image, backend, "/venv")
    image.activate("/venv")
    image.words = ["--app-dir", "src", "app.main:app", "--workers", "2"]


@real
def fastapi_on_PYTHONPATH(image, backend):
    sample(image)
    image.python = fastapi(image, backend, "/mnt/packages")
    site = next(backend.glob("lib/python3*/site-packages"))
    image.env |= {"PYTHONPATH": f"/mnt/packages/{site.relative_to(backend)}", "PATH": os.path.dirname(image.python)}
    image.more |= {"proc": "none", "read_only": True}
    image.may = {"pythonpath-shadows"}
