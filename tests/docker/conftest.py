"""Fixtures of the Docker tests. What they start is described in harness.py, the images in images.py."""

import harness
import images
import pytest


def pytest_configure(config):
    # Once, before any worker of xdist begins, and outside every test's time limit.
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        # Docker would make a folder of a file that is to be mounted and isn't there.
        assert harness.BINARY.is_file(), f"{harness.BINARY} is missing: make it first, by `make`"
        harness.remove_strays()
        images.ensure()


@pytest.fixture
def dock():
    dock = harness.Dock()
    yield dock
    dock.close()
