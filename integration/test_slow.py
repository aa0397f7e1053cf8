"""Slow peers: they wait, the others do not, and memory stays within what the configuration allows."""

import socket
import threading

from config_file import service
from program import sanitized
from raw_backend import RawBackend, ok
from raw_client import get
from wait import until

MIB = 1 << 20
CROWD = 50


# What one connection may hold: buffer_bytes (64 KiB) each way with what one read brings, both kernels' buffers apart.
def per_connection():
    return MIB if sanitized() else 384 * 1024


def test_a_crowd_of_slow_heads_holds_nobody_up(lb, backend):
    crowd = [lb.connect().send("GET / HTTP/1.1\r\nHost: svc.test\r\nX-Slow: ") for _ in range(200)]
    for _ in range(20):
        assert lb.request(get()).status == 200
    for client in crowd:
        client.send("done\r\n\r\n")
    assert all(client.read_response().body == b"hello" for client in crowd)


def test_a_crowd_of_slow_bodies_holds_nobody_up(lb, backend):
    crowd = [lb.connect().send("POST / HTTP/1.1\r\nHost: svc.test\r\nContent-Length: 4\r\n\r\nso") for _ in range(100)]
    for _ in range(20):
        assert lb.request(get()).status == 200
    for client in crowd:
        client.send("me")
    assert all(client.read_response().body == b"hello" for client in crowd)
    assert sum(request.body == b"some" for request in backend.requests) == 100


def test_slow_readers_cost_no_memory(start):
    """Fifty clients ask for 50 MiB each and read nothing: lb stops reading from the backend."""
    size = 50 * MIB
    block = b"x" * MIB
    sent = []

    def flood(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // MIB):
            connection.send(block)
            sent.append(MIB)

    backend = start.keep(RawBackend(script=flood))
    lb = start.lb(backend, service_for_others(start))
    lb.request(get(host="other.test"))
    before = lb.memory()
    lb.forget_peak()
    crowd = [lb.connect(receive_buffer=4096).send(get()) for _ in range(CROWD)]
    backend.wait_connections(CROWD)
    settled(lambda: sum(sent))
    assert lb.request(get(host="other.test")).body == b"other"  # the others are served meanwhile
    assert lb.memory("VmHWM") - before <= CROWD * per_connection()
    last = crowd.pop()
    last.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, MIB)
    assert len(last.read_response().body) == size  # one of them catches up, and gets everything
    for client in crowd:
        client.reset()
    lb.wait_metric(CROWD - 1, "lb_client_aborts_total", phase="response")


def test_slow_backends_cost_no_memory(start):
    """Clients pour 20 MiB each into backends that do not read: lb stops reading from the clients."""
    gate = threading.Event()

    def deaf(connection):
        connection.read_request(body=False)
        gate.wait(60)
        connection.reader.keep = False
        drain(connection, 20 * MIB)
        connection.send(ok(b"at last"))
        connection.wait_for_end()

    def drain(connection, left):
        left -= len(connection.reader.buffer)
        connection.reader.buffer = b""
        while left:
            left -= len(connection.sock.recv(MIB))

    backend = start.keep(RawBackend(script=deaf))
    lb = start.lb(backend, service_for_others(start))
    lb.request(get(host="other.test"))
    before = lb.memory()
    lb.forget_peak()
    sent = []

    def pour(client):
        client.send(f"POST / HTTP/1.1\r\nHost: svc.test\r\nContent-Length: {20 * MIB}\r\n\r\n")
        for _ in range(20 * 16):
            client.send(b"y" * (MIB // 16))
            sent.append(1)

    crowd = [lb.connect() for _ in range(10)]
    threads = [threading.Thread(target=pour, args=(client,), daemon=True) for client in crowd]
    for thread in threads:
        thread.start()
    backend.wait_connections(10)
    settled(lambda: len(sent))
    assert lb.request(get(host="other.test")).body == b"other"
    assert lb.memory("VmHWM") - before <= 10 * per_connection() + 4 * MIB
    gate.set()
    for client in crowd:
        assert client.read_response().body == b"at last"
    for thread in threads:
        thread.join()


def test_a_client_that_pipelines_without_reading_is_held_back(lb, backend):
    """It sends request after request and reads no answer: neither requests nor answers pile up in lb."""
    pipelined = 2000
    backend.answer = ok(b"z" * 50_000)
    before = lb.memory()
    with lb.connect(receive_buffer=4096) as client:
        sender = threading.Thread(target=lambda: client.send(get() * pipelined), daemon=True)
        sender.start()
        settled(lambda: len(backend.requests))
        assert len(backend.requests) < pipelined
        assert lb.memory() - before < 16 * MIB
        for _ in range(pipelined):
            assert len(client.read_response().body) == 50_000
        sender.join()


def service_for_others(start):
    return service(start.backend(ok(b"other")), name="other", domain="other.test")


def settled(progress):
    """Waits until nothing moves any more: progress() has not changed over many looks."""
    seen = []

    def still():
        seen.append(progress())
        return len(seen) > 60 and len(set(seen[-60:])) == 1

    until(still, "nothing moves any more", deadline=60)
