"""Fixtures: helm. Also finds containers.py next door: the images are built in one place."""

import pathlib
import sys

import pytest

from helm import Helm, install_tools

HERE = pathlib.Path(__file__).parent
sys.path.insert(1, str(HERE.parent / "container"))


def pytest_collection_modifyitems(items):
    """The first test that needs the images may have to build them."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.timeout(1500))


@pytest.fixture(scope="session")
def helm(tmp_path_factory):
    return Helm(install_tools(), tmp_path_factory.mktemp("helm"))

