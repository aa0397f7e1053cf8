"""Fixtures: `start` makes backends and programs and takes them all down again; `backend` and `lb` are the common case.

When a test fails, what its programs printed is part of the report."""

import pathlib
import signal

import pytest

from starter import Starter


def pytest_configure():
    """A shell has what it runs in the background ignore ^C, and programs inherit that: the tests' take it as in a terminal.
    A handler here is none after exec."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def start(tmp_path, request):
    starter = Starter(tmp_path)
    request.node.starter = starter
    yield starter
    starter.stop()


@pytest.fixture
def backend(start):
    return start.backend()


@pytest.fixture
def lb(start, backend):
    """An lb with default settings in front of `backend`."""
    return start.lb(backend)


@pytest.fixture
def client(lb):
    with lb.connect() as client:
        yield client


def pytest_collection_modifyitems(items):
    """A test in this folder that hangs is a failure after two minutes; subfolders have rules of their own."""
    here = pathlib.Path(__file__).parent
    for item in items:
        if item.path.parent == here and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(120))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    starter = getattr(item, "starter", None)
    if report.failed and starter:
        for name, log in starter.logs():
            report.sections.append((f"log of {name}", log[-6000:]))
