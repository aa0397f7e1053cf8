"""Fixtures: the images are built once, `podman` removes its containers after each test, `lb` starts the usual one."""

import pathlib

import pytest
import requests

import config_file
from containers import image_environment, podman  # noqa: F401  # fixtures
from raw_backend import RawBackend
from raw_client import RawClient


def pytest_collection_modifyitems(items):
    """The first test of a run may have to build everything."""
    for item in items:
        if item.path.parent == pathlib.Path(__file__).parent:
            item.add_marker(pytest.mark.timeout(1500))


class ContainedLb:
    """lb in a container, with the folder of its configuration."""

    def __init__(self, podman, folder, config):
        self.folder = folder
        self.config = config
        self.write(config)
        self.port = config["proxy"]["listen"]["port"]
        self.admin_port = config["proxy"]["admin"]["port"]
        self.container = podman.start("lb", config=folder)
        self.container.wait_until(lambda: self.admin_status("/readyz") == 200, "/readyz says 200")

    def write(self, config):
        self.folder.chmod(0o755)  # the process inside is nobody's
        config_file.write(self.folder / "config.yaml", config).chmod(0o644)

    def admin_status(self, path):
        try:
            return requests.get(f"http://127.0.0.1:{self.admin_port}{path}", timeout=10).status_code
        except requests.ConnectionError:
            return None

    def connect(self):
        return RawClient(self.port)

    def body(self, request):
        """What one request on a connection of its own brings."""
        with self.connect() as client:
            response = client.request(request)
        assert response.status == 200, response
        return response.body


@pytest.fixture
def start_lb(podman, tmp_path):
    def start(*services, **settings):
        folder = tmp_path / "lb"
        folder.mkdir()
        settings = {"access_log": {"path": "stdout", "format": "json"}, "drain": {"timeout": "10s"}, **settings}
        return ContainedLb(podman, folder, config_file.proxy(*services, **settings))

    return start


@pytest.fixture
def backend():
    with RawBackend() as backend:
        yield backend
