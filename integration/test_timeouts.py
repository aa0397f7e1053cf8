"""Every timeout, set short: the status, the Proxy-Status, and who is to blame."""

import select
import socket
import threading

import pytest

from config_file import service
from ports import free_port
from raw_backend import RawBackend
from raw_client import get
from wait import until

SHORT = "200ms"
POST_HEAD = "POST / HTTP/1.1\r\nHost: svc.test\r\nContent-Length: 10\r\n\r\n"


def silent(connection):
    connection.read_request()
    connection.wait_for_end()


def answered(client, status, reason, method="GET"):
    response = client.read_response(method)
    assert (response.status, response.proxy_status) == (status, reason)


@pytest.mark.parametrize("begun", ["G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: svc.test\r\nX: "])
def test_a_request_head_that_does_not_end(start, backend, begun):
    lb = start.lb(backend, timeouts={"request_header": SHORT})
    with lb.connect() as client:
        client.send(begun)
        answered(client, 408, "request_timeout")
        client.expect_closed()
    assert backend.connections == []
    lb.wait_metric(1, "lb_generated_responses_total", code=408, reason="request_timeout")


def test_dripping_a_head_does_not_extend_its_time(start, backend):
    """Slowloris: a byte now and then must not keep the connection for ever."""
    lb = start.lb(backend, timeouts={"request_header": "500ms"})
    with lb.connect() as client:
        client.send("GET / HTTP/1.1\r\n")
        sent = 0
        while client.quiet_for(0.05):
            assert sent < 400, "still listening after 20 s"
            client.send(f"X-{sent}: y\r\n")
            sent += 1
        answered(client, 408, "request_timeout")


def test_a_second_head_has_its_own_time(start, backend):
    lb = start.lb(backend, timeouts={"request_header": SHORT})
    with lb.connect() as client:
        assert client.request(get()).status == 200
        client.send("GET /second")
        answered(client, 408, "request_timeout")


def test_a_request_body_that_stops(start, backend):
    lb = start.lb(backend, timeouts={"request_body_idle": SHORT})
    with lb.connect() as client:
        client.send(POST_HEAD + "some")
        answered(client, 408, "request_timeout")
        client.expect_closed()
    assert backend.requests == []
    lb.wait_metric(0, "lb_backend_attempts_total", result="timeout")  # not the backend's fault


def test_a_request_body_that_drips_below_the_least_rate(start, backend):
    lb = start.lb(backend, timeouts={"request_body_idle": "500ms"}, limits={"min_body_rate": 1000})
    with lb.connect() as client:
        client.send("POST / HTTP/1.1\r\nHost: svc.test\r\nContent-Length: 100000\r\n\r\n")
        sent = 0
        while client.quiet_for(0.05):
            assert sent < 400, "still listening after 20 s"
            client.send("x")
            sent += 1
        answered(client, 408, "request_timeout")


def test_a_backend_that_does_not_answer(start, backend):
    backend.script = silent
    lb = start.lb(service(backend, timeouts={"response_header": SHORT}))
    with lb.connect() as client:
        client.send(get())
        answered(client, 504, "backend_timeout")
        assert client.request(get()).status == 504  # the client may stay
    for connection in backend.connections:
        assert connection.done.wait(20)
    lb.wait_metric(2, "lb_backend_attempts_total", result="timeout")
    lb.wait_metric(2, "lb_generated_responses_total", code=504, reason="backend_timeout")


def test_interim_answers_do_not_stop_the_clock_for_ever(start, backend):
    def never_final(connection):
        connection.read_request()
        while True:  # until lb ends the connection
            connection.send(b"HTTP/1.1 102 Processing\r\n\r\n")
            connection.dawdle(0.02)

    backend.script = never_final
    lb = start.lb(service(backend, timeouts={"total": "600ms"}))
    with lb.connect() as client:
        client.send(get())
        answered(client, 504, "backend_timeout")


def test_the_whole_exchange_has_a_limit_if_asked(start, backend):
    backend.script = silent
    lb = start.lb(service(backend, timeouts={"total": SHORT}))
    with lb.connect() as client:
        client.send(get())
        answered(client, 504, "backend_timeout")


def test_a_backend_that_stops_in_its_body(start, backend):
    """The head is out: all that is left is to end visibly, never to complete the body."""

    def stop(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsome")
        connection.wait_for_end()

    backend.script = stop
    lb = start.lb(service(backend, timeouts={"response_idle": SHORT}))
    with lb.connect() as client:
        client.send(get())
        everything = client.read_to_end()
    assert everything.endswith(b"\r\n\r\nsome")
    assert backend.connections[0].done.wait(20)
    lb.wait_metric(1, "lb_backend_attempts_total", result="timeout")


def test_a_backend_that_does_not_take_the_request(start, backend):
    done = threading.Event()

    def deaf(connection):
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        head = connection.read_request(body=False)
        assert head
        done.wait(20)

    backend.script = deaf
    lb = start.lb(service(backend, timeouts={"response_idle": SHORT, "response_header": "60s"}))
    with lb.connect() as client:
        client.send("POST / HTTP/1.1\r\nHost: svc.test\r\nContent-Length: 100000000\r\n\r\n")

        def sent_until_answered():  # all that it takes, however long it stands still
            readable, writable, _ = select.select([client.sock], [client.sock], [], 0)
            try:
                return readable or (writable and client.sock.send(b"x" * 65536, socket.MSG_DONTWAIT) < 0)
            except ConnectionError:
                return True  # it has gone; its answer is still to be read

        until(sent_until_answered, "an answer")
        answered(client, 504, "backend_timeout")
    done.set()


def test_a_backend_that_cannot_be_reached_in_time(start):
    """A full accept queue swallows SYNs: the connection neither fails nor succeeds."""
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    port = full.getsockname()[1]
    crowd = []
    for _ in range(4):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(("127.0.0.1", port))
        crowd.append(one)
    lb = start.lb(service({"address": "127.0.0.1", "port": port}, timeouts={"connect": SHORT}))
    with lb.connect() as client:
        client.send(get())
        answered(client, 504, "connect_timeout")
    lb.wait_metric(1, "lb_generated_responses_total", code=504, reason="connect_timeout")
    for one in [*crowd, full]:
        one.close()


def test_a_backend_that_refuses(start):
    lb = start.lb(service({"address": "127.0.0.1", "port": free_port()}))
    with lb.connect() as client:
        client.send(get())
        answered(client, 502, "connect_failed")
        assert client.request(get()).status == 502
    lb.wait_metric(2, "lb_backend_attempts_total", result="connect_error")


def test_a_client_that_does_not_read(start):
    def flood(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        connection.send(b"x" * 100_000_000)

    backend = start.keep(RawBackend(script=flood))
    lb = start.lb(backend, timeouts={"response_idle": SHORT})
    with lb.connect(receive_buffer=4096) as client:
        client.send(get())
        assert backend.wait_connections(1)[0].done.wait(20)  # lb gave up and cut the backend off
        assert len(client.read_to_end()) < 100_000_000
    lb.wait_metric(1, "lb_client_aborts_total", phase="response")
    lb.wait_metric(0, "lb_backend_attempts_total", result="timeout")


def test_an_open_connection_without_a_request_is_closed_silently(start, backend):
    lb = start.lb(backend, timeouts={"client_idle": SHORT, "request_header": SHORT})
    with lb.connect() as client:
        client.expect_closed()


def test_a_quiet_tunnel_ends(start, backend):
    def switch(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
        connection.wait_for_end()

    backend.script = switch
    lb = start.lb(service(backend, timeouts={"tunnel_idle": SHORT}))
    with lb.connect() as client:
        assert client.request(get(extra="Connection: upgrade\r\nUpgrade: echo\r\n")).status == 101
        client.expect_closed()
    assert backend.connections[0].done.wait(20)


def test_slow_but_steady_is_fine(start, backend):
    """Timeouts between bytes are not limits on the whole: a drip that keeps coming outlives them."""
    def drip(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n")
        for _ in range(20):
            connection.dawdle(0.2)
            connection.send(b"x")
        connection.wait_for_end()

    backend.script = drip
    lb = start.lb(service(backend, timeouts={"response_idle": "3s", "response_header": "3s"}))
    assert lb.request(get()).body == b"x" * 20


def test_an_unused_pooled_connection_is_not_a_failure(start, backend):
    lb = start.lb(service(backend, pool={"idle_timeout": SHORT}))
    assert lb.request(get()).status == 200
    assert backend.connections[0].done.wait(20)
    assert lb.request(get()).status == 200
    lb.wait_metric(2, "lb_backend_attempts_total", result="ok")
    assert lb.metrics().total("lb_backend_attempts_total") == 2
