"""Every limit, at it and one beyond it, and what happens when the machine's own limits are reached."""

import pytest

from config_file import service
from raw_backend import ok
from raw_client import get, post
from wait import until


def status_of(lb, data):
    with lb.connect() as client:
        client.send(data)
        response = client.read_response()
        if response.status != 200:
            client.expect_closed()
        return response.status, response.proxy_status


def padded_get(total):
    """A GET whose head has exactly `total` bytes."""
    bare = len(get(extra="X-Pad: \r\n"))
    return get(extra=f"X-Pad: {'x' * (total - bare)}\r\n")


def test_a_request_head_has_a_size(start, backend):
    lb = start.lb(backend, limits={"max_header_bytes": 2048})
    assert status_of(lb, padded_get(1900)) == (200, None)
    assert status_of(lb, padded_get(2100)) == (431, "header_too_large")
    assert len(backend.requests) == 1


def test_a_head_without_end_is_cut_off(lb, backend):
    with lb.connect() as client:
        try:
            client.send(b"GET / HTTP/1.1\r\nHost: svc.test\r\nX: " + b"y" * 1_000_000)
        except OSError:
            pass  # refused while still sending
        assert client.read_response().status == 431
    assert backend.connections == []


def test_a_head_has_so_many_fields(start, backend):
    lb = start.lb(backend, limits={"max_headers": 10})
    fields = [f"X-{i}: y\r\n" for i in range(9)]  # and Host
    assert status_of(lb, get(extra="".join(fields))) == (200, None)
    assert status_of(lb, get(extra="".join(fields) + "X-9: y\r\n")) == (431, "header_too_large")


def test_a_target_has_a_length(start, backend):
    lb = start.lb(backend, limits={"max_uri_bytes": 256})
    assert status_of(lb, get("/" + "x" * 255)) == (200, None)
    assert status_of(lb, get("/" + "x" * 256)) == (414, "uri_too_long")


def test_a_target_without_end_is_cut_off(lb, backend):
    with lb.connect() as client:
        try:
            client.send(b"GET /" + b"y" * 1_000_000)
        except OSError:
            pass
        assert client.read_response().status == 414


def test_a_declared_body_has_a_size(start, backend):
    lb = start.lb(service(backend, limits={"max_body": "1KiB"}))
    assert status_of(lb, post(b"x" * 1024)) == (200, None)
    assert status_of(lb, post(b"x" * 1025)) == (413, "body_too_large")
    assert len(backend.requests) == 1


def test_a_chunked_body_has_a_size(start, backend):
    lb = start.lb(service(backend, limits={"max_body": "1KiB"}))
    with lb.connect() as client:
        client.send("POST / HTTP/1.1\r\nHost: svc.test\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.send(b"400\r\n" + b"x" * 1024 + b"\r\n1\r\nx\r\n0\r\n\r\n")
        response = client.read_response()
        assert (response.status, response.proxy_status) == (413, "body_too_large")
        client.expect_closed()
    assert backend.requests == []  # it may have been begun, but it never became complete


def test_trailers_have_a_size(start, backend):
    lb = start.lb(backend, limits={"max_trailer_bytes": 256})
    head = "POST / HTTP/1.1\r\nHost: svc.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    with lb.connect() as client:
        assert client.request(head + f"X: {'y' * 200}\r\n\r\n").status == 200
    with lb.connect() as client:
        client.send(head + f"X: {'y' * 300}\r\n\r\n")
        assert client.read_to_end().startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 431 "))
    assert len(backend.requests) == 1


def test_a_response_head_has_a_size(start, backend):
    lb = start.lb(backend, limits={"max_response_header_bytes": 4096})
    backend.answer = ok(b"x", f"X: {'y' * 3900}\r\n")
    assert lb.request(get()).status == 200
    backend.answer = ok(b"x", f"X: {'y' * 4200}\r\n")
    response = lb.request(get())
    assert (response.status, response.proxy_status) == (502, "bad_backend_response")


def test_too_many_connections_wait_their_turn(start, backend):
    """At the limit, lb stops accepting: the next client is not refused but served once another one leaves."""
    lb = start.lb(backend, threads=1, limits={"max_connections": 3})
    first = [lb.connect() for _ in range(3)]
    for client in first:
        assert client.request(get()).status == 200
    late = lb.connect().send(get("/late"))  # the system's queue takes it
    assert late.quiet_for(0.3)
    first[0].close()
    assert late.read_response().status == 200
    for client in [*first[1:], late]:
        client.close()


# What UBSan has not seen it examines by means of a descriptor of its own: so it sees a whole connection while there are
# some left.
def show_everything(lb):
    with lb.connect() as client:
        assert client.request(get()).status == 200
    lb.wait_metric(0, "lb_client_connections")


def test_running_out_of_descriptors_pauses_and_recovers(start, backend):
    lb = start.lb(backend, threads=1, descriptors=64, limits={"max_connections": 1000})
    show_everything(lb)
    crowd = [lb.connect() for _ in range(100)]
    lb.wait_until(lambda: lb.descriptors() >= 62, "it holds every descriptor it may")
    assert lb.running()
    for client in crowd:
        client.close()
    until(lambda: lb.descriptors() < 40, "the crowd is gone")
    for _ in range(5):
        assert lb.request(get()).status == 200
    m = lb.metrics()
    assert m.total("lb_client_accept_failures_total") + m.total("lb_client_accept_pauses_total") > 0


def test_without_descriptors_for_a_backend_the_answer_is_503(start, backend):
    unpooled = service(backend, pool={"max_idle": 0})
    lb = start.lb(unpooled, threads=1, descriptors=64, limits={"max_connections": 1000})
    show_everything(lb)
    with lb.connect() as probe:
        assert probe.request(get()).status == 200
        crowd = [lb.connect() for _ in range(100)]
        # What the last scrape gives back, another one of the crowd takes.
        lb.wait_until(lambda: lb.descriptors() == 64, "it holds every descriptor it may")
        response = probe.request(get())
        assert (response.status, response.proxy_status) == (503, "overloaded")
    for client in crowd:
        client.close()
    until(lambda: lb.descriptors() < 40, "the crowd is gone")
    assert lb.request(get()).status == 200


@pytest.mark.parametrize("kept", [True, False])
def test_a_stream_of_connections_leaves_nothing_behind(lb, backend, kept):
    for _ in range(5):
        lb.request(get())
    before = lb.descriptors()
    for _ in range(300):
        lb.request(get() if kept else get(extra="Connection: close\r\n"))
    until(lambda: lb.descriptors() <= before + 2, "descriptors are back where they were")
