"""Upgrade: a tunnel after the backend's 101, and nothing else."""

import asyncio
import threading

import pytest
import websockets

from config_file import service
from raw_backend import ok
from raw_client import get

ASK = "Connection: Upgrade\r\nUpgrade: echo\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-Kept: 1\r\n\r\n"


def echo(connection):
    connection.read_request()
    connection.send(SWITCH)
    while piece := connection.read_some():
        connection.send(piece)


def test_a_tunnel_carries_any_bytes_both_ways(client, backend):
    backend.script = echo
    response = client.request(get(extra=ASK))
    assert (response.status, response.get("Upgrade"), response.get("X-Kept")) == (101, "echo", "1")
    assert "upgrade" in response.get("Connection").lower()
    request = backend.the_request()
    assert (request.get("Upgrade"), request.get("Connection").lower()) == ("echo", "upgrade")
    for data in [b"\x00\xff\r\n\r\n", get(), b"0\r\n\r\n", b"x" * 300_000]:
        client.send(data)
        assert client.read_exactly(len(data)) == data


def test_bytes_sent_right_behind_the_request_reach_the_tunnel(client, backend):
    backend.script = echo
    client.send(get(extra=ASK) + b"early bird")
    assert client.read_response().status == 101
    assert client.read_exactly(10) == b"early bird"


def test_bytes_right_behind_the_101_reach_the_client(client, backend):
    def greet(connection):
        connection.read_request()
        connection.send(SWITCH + b"welcome")
        connection.wait_for_end()

    backend.script = greet
    client.send(get(extra=ASK))
    assert client.read_response().status == 101
    assert client.read_exactly(7) == b"welcome"


def test_a_tunnel_half_closes_from_the_client(client, backend):
    def last_words(connection):
        connection.read_request()
        connection.send(SWITCH)
        assert connection.wait_for_end() == "fin"
        connection.send(b"heard: " + connection.reader.buffer)

    backend.script = last_words
    assert client.request(get(extra=ASK)).status == 101
    client.send(b"bye").half_close()
    assert client.read_to_end() == b"heard: bye"


def test_a_tunnel_half_closes_from_the_backend(client, backend):
    def listen(connection):
        connection.read_request()
        connection.send(SWITCH + b"bye")
        connection.half_close()
        connection.wait_for_end()

    backend.script = listen
    client.send(get(extra=ASK))
    assert client.read_response().status == 101
    assert client.read_to_end() == b"bye"
    client.send(b"still talking").half_close()
    assert backend.connections[0].done.wait(20)
    assert backend.connections[0].received.endswith(b"still talking")


def test_a_reset_ends_both_sides(client, backend):
    ends = []

    def wait(connection):
        connection.read_request()
        connection.send(SWITCH)
        ends.append(connection.wait_for_end())

    backend.script = wait
    assert client.request(get(extra=ASK)).status == 101
    client.reset()
    assert backend.connections[0].done.wait(20)
    assert len(ends) == 1


def test_refused_means_the_next_bytes_are_a_request(client, backend):
    backend.answer = lambda request: ok(request.target.encode())
    client.send(get("/1", extra=ASK) + get("/2"))
    assert [client.read_response().body for _ in range(2)] == [b"/1", b"/2"]


def test_a_protocol_that_was_not_asked_for_is_refused(client, backend):
    def other(connection):
        connection.read_request()
        connection.send(SWITCH.replace(b"Upgrade: echo", b"Upgrade: other"))
        connection.wait_for_end()

    backend.script = other
    client.send(get(extra=ASK))
    response = client.read_response()
    assert (response.status, response.proxy_status) == (502, "bad_backend_response")


@pytest.mark.parametrize(
    "fields",
    [
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
        "Connection: Upgrade\r\nUpgrade: H2C\r\n",
        "Upgrade: echo\r\n",
    ],
    ids=["h2c", "upper-case h2c", "not in Connection"],
)
def test_some_offers_never_reach_the_backend(client, backend, fields):
    assert client.request(get(extra=fields)).status == 200
    request = backend.the_request()
    for name in ["Upgrade", "HTTP2-Settings", "Connection"]:
        assert request.get_all(name) == [], name


def test_h2c_is_stripped_from_a_list(client, backend):
    client.request(get(extra="Connection: upgrade\r\nUpgrade: h2c, echo\r\n"))
    assert backend.the_request().get("Upgrade") == "echo"


def test_connect_is_refused(client, backend):
    response = client.request("CONNECT svc.test:443 HTTP/1.1\r\nHost: svc.test:443\r\n\r\n")
    assert response.status == 405
    assert "GET, HEAD, POST" in response.get("Allow")  # RFC 9110 15.5.6
    client.expect_closed()
    assert backend.connections == []


class WebSocketServer:
    """The websockets library's own server, on a thread with a loop of its own."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        assert self.ready.wait(20)

    def run(self):
        async def answer(socket):
            async for message in socket:
                await socket.send(message)

        async def serve():
            server = await websockets.serve(answer, "127.0.0.1", 0, max_size=None)
            self.port = server.sockets[0].getsockname()[1]
            self.ready.set()

        self.loop.run_until_complete(serve())
        self.loop.run_forever()

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(20)


def test_a_real_websocket_talks_through(start):
    server = start.keep(WebSocketServer())
    lb = start.lb(service({"address": "127.0.0.1", "port": server.port}), default_service="svc")

    async def talk():
        async with websockets.connect(f"ws://127.0.0.1:{lb.port}/chat", max_size=None) as socket:
            for message in ["hello", "\u00fc" * 1000, b"\0" * 1_000_000]:
                await socket.send(message)
                assert await socket.recv() == message
            await (await socket.ping())

    asyncio.run(talk())
