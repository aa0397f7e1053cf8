"""Fixtures: helm, and podman with the images for running the rendered pods."""

import pathlib
import sys

import pytest

from helm import Helm, install_tools

HERE = pathlib.Path(__file__).parent
sys.path.insert(1, str(HERE.parent / "container"))  # containers.py: the images are built in one place

from containers import Podman, build_images  # noqa: E402


def pytest_collection_modifyitems(items):
    """The first test that needs the images may have to build them."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(scope="session")
def helm(tmp_path_factory):
    return Helm(install_tools(), tmp_path_factory.mktemp("helm"))


@pytest.fixture
def podman():
    podman = Podman(build_images())
    yield podman
    podman.remove_all()
