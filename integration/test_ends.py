"""Connections that end early: half-closed, aborted, cut. Who notices, who is blamed, and what is never completed."""

import threading
import time

import pytest

from http_message import Closed, Incomplete, read_response
from raw_backend import ok
from raw_client import get, post
from wait import SLOW_MACHINE, until


def silent(connection):
    connection.read_request()
    connection.wait_for_end()


def test_a_client_may_close_its_half_after_the_request(lb, backend):
    with lb.connect() as client:
        client.send(get()).half_close()
        assert client.read_response().body == b"hello"
        client.expect_closed()


def test_a_half_closed_client_is_served_even_slowly(lb, backend):
    """The FIN comes while the answer is not yet there: it must not count as gone."""
    gate = []

    def slow(connection):
        connection.read_request()
        until(lambda: gate, "the test to go on")
        connection.send(ok(b"late"))
        connection.wait_for_end()

    backend.script = slow
    with lb.connect() as client:
        client.send(get()).half_close()
        backend.wait_requests(1)
        assert client.quiet_for(0.2)
        gate.append(True)
        assert client.read_response().body == b"late"
    lb.wait_metric(1, "lb_requests_total", code=200)
    assert lb.metrics().total("lb_client_aborts_total") == 0


def test_a_half_close_may_be_taken_for_an_abort_if_asked(start, backend):
    backend.script = silent
    lb = start.lb(backend, abort_on_half_close=True)
    with lb.connect() as client:
        client.send(get())
        backend.wait_requests(1)
        client.half_close()
        assert backend.connections[0].done.wait(20)
    lb.wait_metric(1, "lb_client_aborts_total", phase="wait")


def test_pipelined_requests_before_a_half_close_are_all_answered(lb, backend):
    backend.answer = lambda request: ok(request.target.encode())
    with lb.connect() as client:
        client.send(get("/1") + get("/2") + get("/3")).half_close()
        assert [client.read_response().body for _ in range(3)] == [b"/1", b"/2", b"/3"]
        client.expect_closed()


def test_a_backend_may_close_its_half_after_the_answer(lb, backend):
    def half(connection):
        connection.read_request()
        connection.send(ok(b"x"))
        connection.half_close()
        connection.wait_for_end()

    backend.script = half
    assert lb.request(get()).body == b"x"
    assert lb.request(get()).body == b"x"


def check_abort(lb, backend, phase):
    """The backend's connection is given up, the abort counted, and the backend not blamed."""
    assert backend.connections[0].done.wait(20)
    lb.wait_metric(1, "lb_client_aborts_total", service="svc", phase=phase)
    m = lb.metrics()
    assert m.total("lb_client_aborts_total") == 1
    for result in ["connect_error", "timeout", "reset", "protocol_error"]:
        assert m.total("lb_backend_attempts_total", result=result) == 0, result
    assert m.total("lb_generated_responses_total") == 0
    record = lb.access_log()[0]
    assert record["code"] == (200 if phase == "response" else 499)
    assert record["aborted"] == phase


def test_a_client_that_resets_while_it_waits(lb, backend):
    backend.script = silent
    client = lb.connect().send(get())
    backend.wait_requests(1)
    client.reset()
    check_abort(lb, backend, "wait")


def test_a_client_that_resets_in_its_request(lb, backend):
    backend.script = silent
    client = lb.connect().send("POST / HTTP/1.1\r\nHost: svc.test\r\nContent-Length: 10\r\n\r\nsome")
    backend.wait_connections(1)
    client.reset()
    check_abort(lb, backend, "request")
    assert backend.requests == []


def test_a_client_that_closes_in_its_request(lb, backend):
    """A FIN inside a body: the request can never become complete."""
    backend.script = silent
    with lb.connect() as client:
        client.send("POST / HTTP/1.1\r\nHost: svc.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n").half_close()
        assert backend.wait_connections(1)[0].done.wait(20)
    assert backend.requests == []
    assert not backend.received.endswith(b"0\r\n\r\n")
    lb.wait_metric(1, "lb_client_aborts_total", phase="request")


def test_a_client_that_resets_in_the_answer(lb, backend):
    def flood(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            connection.send(b"x" * 1_000_000)

    backend.script = flood
    client = lb.connect().send(get())
    client.read_some()
    client.reset()
    check_abort(lb, backend, "response")


def test_a_client_that_leaves_between_requests_is_no_abort(lb, backend):
    lb.request(get())
    client = lb.connect()
    client.request(get())
    client.reset()
    lb.wait_metric(2, "lb_requests_total", code=200)
    lb.wait_metric(0, "lb_client_connections")
    assert lb.metrics().total("lb_client_aborts_total") == 0


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("end", ["fin", "reset"])
def test_a_cut_answer_is_never_completed(lb, backend, framing, end):
    def cut(connection):
        connection.read_request()
        if framing == "length":
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsome")
        else:
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n")
        passed.append(connection)
        until(lambda: seen, "the client to see the beginning")
        connection.reset() if end == "reset" else connection.close()


    passed, seen = [], []
    backend.script = cut
    with lb.connect() as client:
        client.send(get())
        head = read_response(client.reader, body=False)
        assert head.status == 200
        seen.append(True)
        with pytest.raises((Incomplete, ConnectionResetError)):
            client.reader.body(head, may_have_body=True, until_close=True)
    lb.wait_metric(1, "lb_backend_truncated_responses_total")
    assert lb.metrics().total("lb_client_aborts_total") == 0


def test_a_cut_answer_leaves_those_before_it(lb, backend):
    """The client takes little and goes on sending: a reset would take what lb's system has of the whole answer as well."""
    cut = threading.Event()
    whole = b"w" * 30_000

    def script(connection):
        while request := connection.read_request():
            if request.target == "/whole":
                connection.send(ok(whole))
                continue
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            cut.wait(30)
            connection.close()
            return

    backend.script = script
    with lb.connect(receive_buffer=4096) as client:
        client.send(get("/whole") + get("/cut"))
        until(lambda: len(backend.requests) == 2, "both requests at the backend")
        cut.set()
        lb.access_log(2)
        client.send(get("/late"))
        lb.metrics()  # by now a reset for that would be here
        assert client.read_response().body == whole
        rest = client.read_to_end()
        assert rest.endswith(b"half"), rest[-100:]


def test_a_cut_answer_to_an_http_1_0_client_is_a_reset(lb, backend):
    """Its body ends with the connection: only a reset tells that it is not whole."""

    def cut(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n")
        until(lambda: seen, "the client to see the beginning")


    seen = []
    backend.script = cut
    with lb.connect() as client:
        client.send("GET / HTTP/1.0\r\nHost: svc.test\r\n\r\n")
        head = read_response(client.reader, body=False)
        seen.append(True)
        with pytest.raises(ConnectionResetError):
            client.reader.body(head, may_have_body=True, until_close=True)


@pytest.mark.parametrize("end", ["fin", "reset"])
def test_a_backend_that_ends_without_an_answer(lb, backend, end):
    def leave(connection):
        connection.read_request()
        connection.reset() if end == "reset" else connection.close()

    backend.script = leave
    with lb.connect() as client:
        response = client.request(get())
        assert (response.status, response.proxy_status) == (502, "backend_closed")
        assert client.request(get()).status == 502  # the client may stay
    lb.wait_metric(2, "lb_backend_attempts_total", result="reset")


def test_a_backend_that_ends_in_its_head(lb, backend):
    def cut(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Le")

    backend.script = cut
    response = lb.request(get())
    assert (response.status, response.body != b"") == (502, True)


def test_an_early_answer_reaches_a_client_that_still_sends(lb, backend):
    """The backend refuses in the middle of a large upload and leaves: the client still gets to read why."""

    def refuse(connection):
        connection.read_request(body=False)
        connection.send(ok(b"too large", "Connection: close\r\n", status="413 Content Too Large"))

    backend.script = refuse
    with lb.connect() as client:
        client.send("POST / HTTP/1.1\r\nHost: svc.test\r\nContent-Length: 50000000\r\n\r\n")
        response = client.read_response()
        assert (response.status, response.body) == (413, b"too large")


def test_a_client_that_never_stops_sending_after_an_error_is_cut_off(lb):
    with lb.connect() as client:
        client.send(post(b"", host="nobody.test", extra="").replace(b"Content-Length: 0", b"Content-Length: 999999999999"))
        assert client.read_response().status == 404
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            end = time.monotonic() + SLOW_MACHINE
            while time.monotonic() < end:
                client.send(b"x" * 65536)


def test_a_connection_that_says_nothing_and_leaves(lb):
    lb.connect().close()
    lb.connect().reset()
    with pytest.raises(Closed), lb.connect() as client:
        client.half_close().read_response()
    lb.wait_metric(0, "lb_client_connections")
    assert lb.metrics().total("lb_requests_total") == 0
