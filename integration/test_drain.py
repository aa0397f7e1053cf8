"""SIGTERM and SIGINT: finish what was begun, take nothing new, exit 0."""

import signal
import time

import pytest
import requests

from program import can_connect, run_lb
from raw_backend import echo_tunnel, ok
from raw_client import get
from wait import until


class Gate:
    """A backend script that answers each request once the test opens the gate."""

    def __init__(self):
        self.open = False

    def __call__(self, connection):
        while connection.read_request():
            until(lambda: self.open, "the test opens the gate")
            connection.send(ok(b"late but whole"))


@pytest.fixture
def gate(backend):
    backend.script = Gate()
    return backend.script


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_proxy_ends_at_once(lb, number):
    lb.request(get())
    begin = time.monotonic()
    lb.signal(number)
    assert lb.wait_exit() == 0
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_is_in_flight_is_finished(start, backend, gate, number):
    lb = start.lb(backend, drain={"timeout": "30s"})
    with lb.connect() as client:
        client.send(get())
        backend.wait_requests(1)
        lb.signal(number)
        until(lambda: not can_connect(lb.port), "new connections are refused")
        assert lb.running()
        gate.open = True
        response = client.read_response()
        assert response.body == b"late but whole"
        assert response.get("Connection").lower() == "close"
        client.expect_closed()
    assert lb.wait_exit() == 0


def test_readiness_ends_but_liveness_and_metrics_stay(start, backend, gate):
    lb = start.lb(backend, drain={"timeout": "30s"})
    assert (lb.admin_status("/readyz"), lb.admin_status("/livez")) == (200, 200)
    with lb.connect() as client:
        client.send(get())
        backend.wait_requests(1)
        lb.terminate()
        until(lambda: lb.admin_status("/readyz") == 503, "readyz says 503")
        assert lb.admin_status("/livez") == 200
        asked = run_lb("--health", "--config", lb.config_path)
        assert (asked.returncode, asked.stderr) == (1, "lb: not ready: /readyz says no\n")
        assert lb.metrics().value("lb_draining") == 1
        gate.open = True
        assert client.read_response().status == 200
    assert lb.wait_exit() == 0


def test_during_the_delay_everything_is_still_served(start, backend):
    lb = start.lb(backend, drain={"delay": "10m"})
    lb.expected_code = None
    with lb.connect() as kept:
        kept.request(get())
        lb.terminate()
        until(lambda: lb.admin_status("/readyz") == 503, "readyz says 503")
        assert lb.admin("/readyz").text.strip() == "not ready: draining"
        assert lb.request(get()).status == 200  # a new connection
        until(lambda: kept.request(get()).get("Connection") == "close", "it is told that its connection ends")
        kept.expect_closed()
    lb.terminate()
    assert lb.wait_exit() == 1, "a second signal ends it at once"


def test_the_delay_has_an_end(start, backend):
    lb = start.lb(backend, drain={"delay": "500ms"})
    begin = time.monotonic()
    lb.terminate()
    until(lambda: not can_connect(lb.port), "new connections are refused")
    assert time.monotonic() - begin >= 0.5
    assert lb.wait_exit() == 0


def test_nothing_is_reloaded_any_more(start, backend, gate):
    lb = start.lb(backend, drain={"timeout": "30s"})
    with lb.connect() as client:
        client.send(get())
        backend.wait_requests(1)
        lb.terminate()
        until(lambda: lb.admin_status("/readyz") == 503, "readyz says 503")
        assert requests.post(f"http://127.0.0.1:{lb.admin_port}/reload", timeout=20).status_code == 409
        lb.reload({"proxy": 7})
        gate.open = True
        assert client.read_response().status == 200
    assert lb.wait_exit() == 0
    assert "not reloaded" not in lb.log(), "it has not even looked"


def tunnel(lb):
    client = lb.connect()
    assert client.request(get(extra="Connection: upgrade\r\nUpgrade: echo\r\n")).status == 101
    return client


def test_a_tunnel_goes_on_meanwhile(start, backend):
    backend.script = echo_tunnel
    lb = start.lb(backend, drain={"timeout": "10m"})
    lb.expected_code = None
    with tunnel(lb) as client:
        lb.terminate()
        until(lambda: not can_connect(lb.port), "new connections are refused")
        client.send("still there?")
        assert client.read_exactly(12) == b"still there?"
        lb.terminate()
        assert lb.wait_exit() == 1, "a second signal ends it at once"


def test_a_tunnel_has_its_time_and_is_cut(start, backend):
    backend.script = echo_tunnel
    lb = start.lb(backend, drain={"timeout": "500ms"})
    with tunnel(lb) as client:
        begin = time.monotonic()
        lb.terminate()
        client.read_to_end()
        assert time.monotonic() - begin >= 0.5
    assert lb.wait_exit() == 0


def test_a_pipelined_request_that_was_read_is_answered(start, backend, gate):
    lb = start.lb(backend, drain={"timeout": "30s"})
    with lb.connect() as client:
        client.send(get())
        backend.wait_requests(1)
        lb.terminate()
        until(lambda: not can_connect(lb.port), "new connections are refused")
        gate.open = True
        assert client.read_response().body == b"late but whole"
    assert lb.wait_exit() == 0


def test_patience_ends(start, backend, gate):
    lb = start.lb(backend, drain={"timeout": "300ms"})
    with lb.connect() as client:
        client.send(get())
        backend.wait_requests(1)
        lb.terminate()
        assert lb.wait_exit() == 0
        client.read_to_end()  # cut, one way or another
    gate.open = True
    assert lb.access_log()[0]["reason"] == "draining"


def test_a_second_signal_ends_at_once(start, backend, gate):
    lb = start.lb(backend, drain={"timeout": "10m"})
    lb.expected_code = None
    with lb.connect() as client:
        client.send(get())
        backend.wait_requests(1)
        lb.terminate()
        until(lambda: not can_connect(lb.port), "new connections are refused")
        assert lb.running()
        lb.terminate()
        assert lb.wait_exit() == 1
    gate.open = True


def test_idle_clients_do_not_hold_the_end_up(start, backend):
    lb = start.lb(backend, drain={"timeout": "10m"})
    crowd = [lb.connect() for _ in range(10)]
    for client in crowd:
        assert client.request(get()).status == 200
    lb.terminate()
    for client in crowd:
        client.expect_closed()
    assert lb.wait_exit() == 0


def test_the_last_words_hold_the_percentiles(lb):
    for _ in range(10):
        lb.request(get())
    lb.wait_metric(10, "lb_requests_total")
    lb.terminate()
    assert lb.wait_exit() == 0
    assert "svc" in lb.log() and "p99" in lb.log()
