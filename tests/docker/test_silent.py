"""Images that work without asgi-init work with it, and it says nothing; where there is something to say, it is a warning."""

import failures
import harness
import images
import pytest
from test_sample import silent

# An application without FastAPI, for the images that have uvicorn alone.
PLAIN = """
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b'{"status": "ok"}'})
"""

SITE = f"lib/python{images.PYTHON}/site-packages"
APP = f"COPY --from={images.ROOT} /app/app /app/app"
COMMON = ["WORKDIR /app", "USER 10001", 'ENTRYPOINT ["/asgi-init"]']

# The images, as the end of a Dockerfile: one layer or two each.
IMAGES = {
    "packages on PYTHONPATH only": [
        f"FROM {images.PYTHON_BASE}", f"COPY --from={images.ROOT} /app/.venv/{SITE} /packages", APP, "ENV PYTHONPATH=/packages", *COMMON,
    ],
    "packages in the user site only": [
        f"FROM {images.PYTHON_BASE}", "RUN useradd --create-home --uid 10001 app",
        f"COPY --from={images.ROOT} /app/.venv/{SITE} /home/app/.local/{SITE}", APP, *COMMON,
    ],
    "packages of the image's Python": [
        f"FROM {images.PYTHON_BASE}", f"COPY --from={images.ROOT} /app/.venv/{SITE} /usr/local/{SITE}", APP, *COMMON,
    ],
    "a venv with system site packages": [
        f"FROM {images.PYTHON_BASE}", f"COPY --from={images.ROOT} /app/.venv/{SITE} /usr/local/{SITE}", APP,
        "RUN python3 -m venv --without-pip --system-site-packages /opt/venv", "ENV VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH",
        *COMMON,
    ],
    "a venv of Debian's Python with system site packages": [
        f"FROM {images.DEBIAN_PYTHON}", APP, "RUN python3 -m venv --without-pip --system-site-packages /opt/venv",
        "ENV VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH", *COMMON,
    ],
    "an editable install": [
        f"FROM {images.SAMPLE}", "USER root", "RUN mkdir -p /project/src && mv /app/app /project/src/app",
        r"""RUN printf '[project]\nname = "sample"\nversion = "1"\n[build-system]\nrequires = ["setuptools"]\n"""
        r"""build-backend = "setuptools.build_meta"\n' > /project/pyproject.toml""",
        "RUN pip install -q --no-cache-dir --no-index --find-links=/wheels setuptools"
        " && pip install -q --no-cache-dir --no-build-isolation --no-index --editable /project",
        "WORKDIR /", "USER app",
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def image():
    """Makes an image of IMAGES at its first use; Docker's build cache serves the next run."""

    def make(name):
        return images.build("asgi-init-test/" + name.lower().replace(" ", "-").replace("'", ""), IMAGES[name])

    return make


def plain_application(folder):
    (folder / "app").mkdir()
    (folder / "app/main.py").write_text(PLAIN)
    return f"{folder}/app:/app/app"


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_that_works_gives_no_finding(dock, image, tmp_path, name):
    volumes = [plain_application(tmp_path)] if "Debian" in name else []
    box = dock.run(image=image(name), volumes=volumes)
    assert box.health()["status"] == "ok"
    assert silent(box), box.logs()
    assert box.stop() == 0


def test_debians_python_and_uvicorn(dock, tmp_path):
    box = dock.run(image=images.DEBIAN_PYTHON, volumes=[plain_application(tmp_path)], options=["--workdir=/app"])
    assert box.health()["status"] == "ok"
    assert silent(box), box.logs()


def test_an_application_in_a_namespace_package(dock, tmp_path):
    project = failures.backend(tmp_path)
    (project / "app/__init__.py").unlink()
    box = dock.run(volumes=[f"{project}/app:/app/app"])
    box.health()
    assert silent(box), box.logs()


@pytest.mark.parametrize(
    "words", [["--app-dir", "src"], ["app.main:app", "--app-dir=src"], ["uvicorn", "--app-dir", "/app/src", "app.main:app"]]
)
def test_a_src_layout(dock, tmp_path, words):
    project = failures.backend(tmp_path)
    options = ["--tmpfs=/app/app"]  # the code of the image is out of the way
    box = dock.run(*words, volumes=[f"{project}:/app/src"], options=options)
    box.health()
    assert silent(box), box.logs()


def test_a_factory(dock):
    box = dock.run("app.main:create_app", "--factory")
    box.health()
    assert silent(box), box.logs()


def test_several_workers(dock):
    box = dock.run("--workers", "2")
    assert box.health()["pid"] != 1
    assert silent(box), box.logs()
    assert box.stop() == 0


def test_the_hosts_environment_beside_a_python_that_works_is_a_warning(dock, image, tmp_path):
    project = failures.backend(tmp_path)
    failures.mac_environment(project)
    box = dock.run(image=image("packages of the image's Python"), volumes=[f"{project}:/app"], environment=harness.JSON)
    box.health()
    assert [finding["severity"] for finding in box.findings()] == ["warning"], box.logs()
    assert "/app/.venv" in box.findings()[0]["title"]
