"""The harness by itself, client straight to backend: what it reads, refuses and records. No lb in here."""

import pytest

from http_message import BadMessage, Closed, Incomplete
from raw_backend import RawBackend, chunked, ok
from raw_client import RawClient, get, post


def talk(backend, data):
    with RawClient(backend.port) as client:
        return client.request(data)


def test_exact_bytes_are_recorded_and_answered():
    with RawBackend(ok(b"hello", "X-A: 1\r\n")) as backend:
        response = talk(backend, post(b"abc", "/x"))
        assert (response.status, response.body, response.get("x-a")) == (200, b"hello", "1")
        assert backend.received == post(b"abc", "/x")
        assert backend.the_request().body == b"abc"


def test_chunks_and_trailers_are_read():
    with RawBackend(chunked(b"ab", b"cde", trailers="X-T: 1\r\n")) as backend:
        response = talk(backend, get())
        assert (response.body, response.chunks, response.trailers) == (b"abcde", [2, 3], [(b"X-T", b"1")])


def test_interim_responses_are_kept_apart():
    with RawBackend(b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + ok(b"x")) as backend, RawClient(backend.port) as client:
        assert client.request(get()).body == b"x"
        assert [one.status for one in client.interims] == [103]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
    ],
)
def test_what_is_not_strictly_http_is_an_error(answer):
    with RawBackend(answer) as backend, pytest.raises(BadMessage):
        talk(backend, get())


@pytest.mark.parametrize(
    "answer, came",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", b"ab"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\nde", b"abcde"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b"abc"),
    ],
)
def test_a_cut_body_is_incomplete(answer, came):
    def cut(connection):
        connection.read_request()
        connection.send(answer)

    with RawBackend(script=cut) as backend, pytest.raises(Incomplete) as caught:
        talk(backend, get())
    assert caught.value.message.body == came


def test_an_end_before_a_response_is_told_from_a_cut_one():
    with RawBackend(script=lambda connection: connection.read_request()) as backend, pytest.raises(Closed):
        talk(backend, get())


def test_resets_arrive_as_resets():
    ends = []
    with RawBackend(script=lambda connection: ends.append(connection.wait_for_end())) as backend:
        client = RawClient(backend.port)
        backend.wait_connections(1)
        client.reset()
        assert backend.connections[0].done.wait(20)
    assert ends == ["reset"]
