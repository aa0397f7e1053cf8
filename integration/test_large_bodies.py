"""Bodies of 1 GiB, each way, framed both ways, whole to the last bit, while lb's memory stays flat."""

import random
import threading
import zlib

import pytest

from config_file import service
from http_message import Message, read_response
from program import sanitized
from raw_backend import ok
from raw_client import get

MIB = 1 << 20
BLOCK = random.Random(1).randbytes(MIB)
BLOCKS = 1024
SIZE = MIB * BLOCKS


def sum_of_blocks():
    total = 0
    for _ in range(BLOCKS):
        total = zlib.crc32(BLOCK, total)
    return total


def send_blocks(sock, chunked):
    chunk = b"%x\r\n" % MIB + BLOCK + b"\r\n" if chunked else BLOCK
    for _ in range(BLOCKS):
        sock.sendall(chunk)
    if chunked:
        sock.sendall(b"0\r\n\r\n")


class Sink:
    """Takes a body off a socket without keeping it; knows its size and checksum afterwards."""

    def __init__(self, reader):
        self.reader = reader
        self.reader.keep = False
        self.size = self.sum = 0
        self.room = bytearray(MIB)

    def take(self, data):
        self.size += len(data)
        self.sum = zlib.crc32(data, self.sum)

    def read_length(self, length):
        self.take(self.reader.buffer)
        self.reader.buffer = b""
        view = memoryview(self.room)
        while self.size < length:
            count = self.reader.sock.recv_into(view[: min(MIB, length - self.size)])
            assert count, f"cut after {self.size} bytes"
            self.take(view[:count])

    def read_chunked(self):
        view = memoryview(self.room)
        while size := int(self.reader.line(Message()), 16):
            piece, self.reader.buffer = self.reader.buffer[:size], self.reader.buffer[size:]
            self.take(piece)
            left = size - len(piece)
            while left:
                count = self.reader.sock.recv_into(view[: min(MIB, left)])
                assert count, f"cut after {self.size} bytes"
                self.take(view[:count])
                left -= count
            assert self.reader.exactly(2, Message()) == b"\r\n"
        assert self.reader.line(Message()) == b""

    def read(self, message):
        if message.get("Transfer-Encoding"):
            self.read_chunked()
        else:
            self.read_length(int(message.get("Content-Length")))


@pytest.fixture
def lb(start, backend):
    """Without a pool: the connection that warms lb up is not the one that carries the load."""
    return start.lb(service(backend, pool={"max_idle": 0}))


@pytest.fixture
def growth(lb):
    """Checks at the end that lb's memory, even at its peak, grew by at most 8 MiB."""
    lb.request(get())
    before = lb.memory()
    lb.forget_peak()
    yield
    grown = lb.memory("VmHWM") - before
    bound = 128 * MIB if sanitized() else 8 * MIB
    assert grown <= bound, f"memory grew by {grown / MIB:.1f} MiB"


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_gigabyte_down(lb, backend, growth, framing):
    def flood(connection):
        while connection.read_request():
            if framing == "length":
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE)
            else:
                connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            send_blocks(connection.sock, framing == "chunked")

    backend.script = flood
    with lb.connect() as client:
        client.send(get())
        response = read_response(client.reader, body=False)
        sink = Sink(client.reader)
        sink.read(response)
    assert (sink.size, sink.sum) == (SIZE, sum_of_blocks())


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_gigabyte_up(lb, backend, growth, framing):
    sinks = []

    def swallow(connection):
        request = connection.read_request(body=False)
        sinks.append(Sink(connection.reader))
        sinks[0].read(request)
        connection.send(ok(b"got it"))
        connection.wait_for_end()

    backend.script = swallow
    with lb.connect() as client:
        if framing == "length":
            client.send(f"POST / HTTP/1.1\r\nHost: svc.test\r\nContent-Length: {SIZE}\r\n\r\n")
        else:
            client.send("POST / HTTP/1.1\r\nHost: svc.test\r\nTransfer-Encoding: chunked\r\n\r\n")
        sender = threading.Thread(target=send_blocks, args=(client.sock, framing == "chunked"), daemon=True)
        sender.start()
        assert client.read_response().body == b"got it"
        sender.join()
    assert (sinks[0].size, sinks[0].sum) == (SIZE, sum_of_blocks())


def test_both_ways_at_once(lb, backend, growth):
    """An echo: neither side waits for the other, 256 MiB in flight each way."""
    size = 256 * MIB

    def echo(connection):
        connection.read_request(body=False)
        connection.reader.keep = False
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        left = size
        while left:
            piece = connection.read_some()
            connection.send(piece)
            left -= len(piece)

    backend.script = echo
    with lb.connect() as client:
        client.send(f"POST / HTTP/1.1\r\nHost: svc.test\r\nContent-Length: {size}\r\n\r\n")

        def pour():
            for _ in range(size // MIB):
                client.sock.sendall(BLOCK)

        sender = threading.Thread(target=pour, daemon=True)
        sender.start()
        sink = Sink(client.reader)
        sink.read(read_response(client.reader, body=False))
        sender.join()
    assert sink.size == size
