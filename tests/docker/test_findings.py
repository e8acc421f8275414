"""Failures that people meet with real Docker, beside those of proofs.py, whose fixes are applied."""

import failures
import harness
import proofs
from deeds import Start


def test_an_empty_volume_over_the_environment(dock):
    volume = dock.volume()
    start = Start(options=(f"--mount=type=volume,src={volume},dst=/app/.venv,volume-nocopy",))
    finding = failures.refusal(dock, start, "venv-volume-stale", 72)
    assert volume in finding["title"]


def test_a_stale_volume_is_told_by_its_name(dock, tmp_path):
    start = proofs.stale_volume(dock, tmp_path)
    assert start.volumes[0].split(":")[0] in failures.refusal(dock, start, "venv-volume-stale", 72)["title"]


def test_the_base_python_of_a_mac_is_named(dock, tmp_path):
    finding = failures.refusal(dock, proofs.mounted_mac(dock, tmp_path), "venv-from-another-machine", 72)
    assert failures.MAC_PYTHON.rpartition("/")[0] in str(finding), finding


def test_a_python_that_the_user_may_not_reach_serves_root(dock, tmp_path):
    start = proofs.unreachable(dock, tmp_path)
    assert "'/root'" in failures.refusal(dock, start, "python-not-reachable", 72)["title"]
    start.but(options=(*start.options, "--user=root")).run(dock).health()


def test_a_mount_that_hides_the_application(dock, tmp_path):
    (tmp_path / "empty").mkdir()
    start = Start(volumes=(f"{tmp_path}/empty:/app/app",), folder=tmp_path)
    box = start.run(dock, environment=harness.JSON)
    assert box.wait() != 0
    assert box.findings(), box.logs()


def test_a_file_that_takes_uvicorns_name(dock, tmp_path):
    # `python -m uvicorn` without -P runs it; -P is what asgi-init starts with, so the image works, but not with workers.
    (tmp_path / "uvicorn.py").write_text("print('not the server')\n")
    box = dock.run(volumes=[f"{tmp_path}/uvicorn.py:/app/uvicorn.py"], environment=harness.JSON)
    box.health()
    assert box.findings() == [], box.logs()
    workers = dock.run("--workers", "2", volumes=[f"{tmp_path}/uvicorn.py:/app/uvicorn.py"], environment=harness.JSON)
    workers.wait_for("not the server")
    assert [finding["rule"] for finding in workers.findings()] == ["module-shadowed"], workers.logs()
