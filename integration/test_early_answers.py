"""Answers that overtake their request, and endings that must not hurt what came before them."""

import threading

import pytest

from raw_backend import ok
from raw_client import HOST, get, post

BIG = b"answer" * 500_000


def early(connection):
    """The whole answer, before the request's body has come."""
    connection.read_request(body=False)
    connection.send(ok(BIG))
    connection.wait_for_end()


def upload(length):
    return f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {length}\r\n\r\n".encode()


@pytest.mark.parametrize("half_close", [False, True], ids=["client stops sending", "client closes its half"])
def test_an_early_answer_arrives_whole(start, half_close):
    backend = start.backend(script=early)
    lb = start.lb(backend, timeouts={"request_body_idle": "2s"})
    with lb.connect() as client:
        client.send(upload(1000) + b"the beginning")
        client.reader.fill()  # the answer has begun
        if half_close:
            client.half_close()
        response = client.read_response()
        assert response.status == 200 and response.body == BIG
        assert response.get("Connection") == "close"
        client.expect_closed()
    assert len(backend.connections) == 1


def test_a_cut_request_does_not_destroy_the_answer_before_it(start):
    backend = start.backend(answer=lambda request: ok(BIG))
    lb = start.lb(backend)
    with lb.connect() as client:
        client.send(get("/one") + upload(100) + b"cut").half_close()
        assert client.read_response().body == BIG
        client.expect_closed()
    lb.wait_metric(1, "lb_client_aborts_total", phase="request")


@pytest.mark.parametrize("size", [16359, 16360, 16361])
def test_a_read_that_is_filled_exactly_does_not_cost_the_connection(start, size):
    """16360 bytes are what one read has room for: there may be more behind them, or not."""
    head = len(ok(b"x" * 10000)) - 10000
    backend = start.backend(answer=lambda request: ok(b"x" * (size - head)))
    lb = start.lb(backend, threads=1)

    def many():
        with lb.connect() as client:
            for _ in range(50):
                assert client.request(get()).status == 200

    clients = [threading.Thread(target=many) for _ in range(4)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    assert len(backend.connections) <= 4
    assert lb.metrics().total("lb_backend_stale_reuse_total") == 0


def test_a_head_larger_than_the_buffers_does_not_stop_its_body(start):
    backend = start.backend(answer=lambda request: ok(str(len(request.body)).encode()))
    lb = start.lb(backend, limits={"buffer_bytes": "4KiB"})
    with lb.connect() as client:
        field = "X-Large: " + "v" * 9000
        client.send(f"PUT / HTTP/1.1\r\nHost: {HOST}\r\n{field}\r\nContent-Length: 5\r\n\r\n".encode())
        backend.wait_connections(1)
        client.send(b"hello")
        assert client.read_response().body == b"5"


def test_a_hundred_interim_answers_cost_no_memory_and_one_continue_passes(start):
    def many(connection):
        connection.read_request(body=False)
        for _ in range(100):
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.read_some()
        connection.send(ok(b"done"))
        connection.wait_for_end()

    backend = start.backend(script=many)
    lb = start.lb(backend)
    with lb.connect() as client:
        client.send(post(b"", extra="Expect: 100-continue\r\n").replace(b"Content-Length: 0", b"Content-Length: 4"))
        assert client.read_interim().status == 100
        client.send(b"body")
        assert client.read_response().body == b"done"
