"""Connections that are used again, on both sides, and those that must not be."""

import pytest

from config_file import service
from raw_backend import chunked, ok
from raw_client import get, post
from wait import until


@pytest.fixture
def lb(start, backend):
    """One worker, since each has a pool of its own."""
    return start.lb(backend, threads=1)


def idle(lb):
    return lb.metrics().total("lb_backend_connections", state="idle")


def test_a_client_connection_carries_many_requests(client, backend):
    for i in range(50):
        assert client.request(get(f"/{i}")).status == 200
    assert len(backend.connections) == 1


def test_a_backend_connection_serves_one_client_after_the_other(lb, backend):
    for _ in range(10):
        lb.request(get())
    assert len(backend.connections) == 1
    lb.wait_metric(9, "lb_backend_connections_reused_total")
    lb.wait_metric(1, "lb_backend_connections_opened_total")


@pytest.mark.parametrize(
    "answer",
    [ok(b"x"), ok(), chunked(b"x"), chunked(b"x", trailers="A: b\r\n"), b"HTTP/1.1 204 No Content\r\n\r\n"],
    ids=["length", "empty", "chunked", "trailers", "204"],
)
def test_every_exact_end_allows_reuse(lb, backend, answer):
    backend.answer = answer
    lb.request(get())
    lb.request(post(b"abc"))
    assert len(backend.connections) == 1


@pytest.mark.parametrize(
    "answer",
    [
        ok(b"x", "Connection: close\r\n"),
        ok(b"x", "Connection: foo, Close\r\n"),
        b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
        ok(b"x") + b"s",
        ok(b"x") + ok(b"another response that nobody asked for"),
    ],
    ids=["close", "close in a list", "HTTP/1.0", "stray byte", "stray response"],
)
def test_some_ends_forbid_reuse(lb, backend, answer):
    backend.answer = answer
    assert lb.request(get()).body == b"x"
    until(lambda: idle(lb) == 0, "no idle connection is left")
    assert lb.request(get()).body == b"x"
    assert len(backend.connections) == 2
    assert [len(connection.requests) for connection in backend.connections] == [1, 1]


def test_a_byte_that_comes_while_idle_discards_the_connection(lb, backend):
    gate = []

    def stray(connection):
        connection.read_request()
        connection.send(ok(b"one"))
        until(lambda: gate, "the test to go on")
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        connection.wait_for_end()

    backend.script = stray
    assert lb.request(get()).body == b"one"
    until(lambda: idle(lb) == 1, "the connection is idle")
    backend.script = None
    gate.append(True)
    until(lambda: idle(lb) == 0, "the connection is given up")
    assert lb.request(get()).body == b"hello"
    assert len(backend.connections) == 2


def test_an_early_answer_forbids_reuse(lb, backend):
    """The backend answers before the request's body is complete: what follows on that connection would be misread."""

    def early(connection):
        connection.read_request(body=False)
        connection.send(ok(b"too much", status="413 Content Too Large"))
        connection.wait_for_end()

    backend.script = early
    with lb.connect() as client:
        client.send("POST / HTTP/1.1\r\nHost: svc.test\r\nContent-Length: 1000000\r\n\r\nsome")
        response = client.read_response()
        assert (response.status, response.body) == (413, b"too much")
    assert backend.connections[0].done.wait(20)
    backend.script = None
    assert lb.request(get()).body == b"hello"
    assert len(backend.connections) == 2


def test_a_client_abort_forbids_reuse(lb, backend):
    def never(connection):
        connection.read_request()
        connection.wait_for_end()

    backend.script = never
    client = lb.connect()
    client.send(get())
    backend.wait_requests(1)
    client.reset()
    assert backend.connections[0].done.wait(20)
    backend.script = None
    assert lb.request(get()).body == b"hello"
    assert len(backend.connections) == 2


def test_an_idle_connection_closes_after_its_time(start, backend):
    lb = start.lb(service(backend, pool={"idle_timeout": "200ms"}), threads=1)
    lb.request(get())
    assert backend.wait_connections(1)[0].done.wait(20)
    assert backend.connections[0].error is None  # a FIN, not a reset


def test_no_pool_no_reuse(start, backend):
    lb = start.lb(service(backend, pool={"max_idle": 0}), threads=1)
    for _ in range(3):
        lb.request(get())
    assert len(backend.connections) == 3


def test_a_connection_retires_after_its_requests(start, backend):
    lb = start.lb(service(backend, pool={"max_requests": 2}), threads=1)
    for _ in range(6):
        lb.request(get())
    assert [len(connection.requests) for connection in backend.connections] == [2, 2, 2]


def test_the_client_may_close(client):
    response = client.request(get(extra="Connection: close\r\n"))
    assert response.get("Connection").lower() == "close"
    client.expect_closed()


def test_a_client_connection_ends_after_its_requests(start, backend):
    lb = start.lb(backend, limits={"max_requests": 3})
    with lb.connect() as client:
        connections = [client.request(get()).get("Connection") for _ in range(3)]
        assert connections[:2] == [None, None]
        assert connections[2].lower() == "close"
        client.expect_closed()


def stale(connection):
    """Answers once, then closes exactly when the next request is on its way: the race that pools must live with."""
    connection.read_request()
    connection.send(ok(b"first"))
    connection.read_request(body=False)
    connection.reset()


@pytest.mark.parametrize("request_bytes", [get(), "HEAD / HTTP/1.1\r\nHost: svc.test\r\n\r\n".encode(),
                                           "PUT / HTTP/1.1\r\nHost: svc.test\r\nContent-Length: 3\r\n\r\nabc".encode()],
                         ids=["GET", "HEAD", "PUT"])
def test_an_idempotent_request_survives_a_stale_connection(lb, backend, request_bytes):
    backend.script = stale
    lb.request(get())
    backend.script = None
    response = lb.request(request_bytes)
    assert response.status == 200
    assert len(backend.connections) == 2
    last = backend.connections[1].requests[0]
    assert last.method == request_bytes.split()[0].decode()
    assert last.body == (b"abc" if last.method == "PUT" else b"")
    lb.wait_metric(1, "lb_retries_total")


@pytest.mark.parametrize("method", ["POST", "PATCH", "x-unknown"])
def test_what_may_not_be_repeated_is_not_sent_again(lb, backend, method):
    backend.script = stale
    lb.request(get())
    backend.script = None
    response = lb.request(f"{method} / HTTP/1.1\r\nHost: svc.test\r\nContent-Length: 3\r\n\r\nabc")
    assert (response.status, response.proxy_status) == (502, "backend_closed")
    assert [request.method for request in backend.requests] == ["GET", method]


def test_a_fresh_connection_that_dies_is_no_reason_to_repeat(lb, backend):
    def die(connection):
        connection.read_request()

    backend.script = die
    response = lb.request(get())
    assert (response.status, response.proxy_status) == (502, "backend_closed")
    assert len(backend.requests) == 1


def test_a_half_sent_answer_is_never_repeated(lb, backend):
    def half(connection):
        connection.read_request()
        connection.send(ok(b"first"))
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-L")

    backend.script = half
    lb.request(get())
    assert lb.request(get()).status == 502
    assert len(backend.requests) == 2


def test_a_client_may_wait_between_requests_but_not_for_ever(start, backend):
    lb = start.lb(backend, timeouts={"client_idle": "300ms"})
    with lb.connect() as client:
        client.request(get())
        client.expect_closed()  # silently: no 408 for a request that never began
