"""Raw attacks: each gets an answer and an end, and the backend sees not one byte of it.

Each is sent whole and byte by byte; the verdict may not depend on how the bytes were cut."""

import pytest

from config_file import service
from http_message import Closed, Incomplete, read_response
from raw_backend import ok
from starter import Starter

H = "Host: svc.test\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"


def request(fields, body="", line="POST / HTTP/1.1"):
    return f"{line}\r\n{fields}\r\n{body}"


# name, bytes, allowed statuses
HEADS = [
    ("content-length and chunked", request(H + "Content-Length: 4\r\n" + CHUNKED, "0\r\n\r\n"), {400}),
    ("chunked and content-length", request(H + CHUNKED + "Content-Length: 4\r\n", "0\r\n\r\n"), {400}),
    ("two lengths", request(H + "Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), {400}),
    ("a list of lengths", request(H + "Content-Length: 3, 4\r\n", "abcd"), {400}),
    ("signed length", request(H + "Content-Length: +3\r\n", "abc"), {400}),
    ("negative length", request(H + "Content-Length: -1\r\n"), {400}),
    ("hexadecimal length", request(H + "Content-Length: 0x3\r\n", "abc"), {400}),
    ("empty length", request(H + "Content-Length:\r\n"), {400}),
    ("length with a space inside", request(H + "Content-Length: 1 2\r\n"), {400}),
    ("huge length", request(H + "Content-Length: 99999999999999999999\r\n"), {400}),
    ("length of 2^63", request(H + "Content-Length: 9223372036854775808\r\n"), {400}),
    ("unknown transfer coding", request(H + "Transfer-Encoding: gzip\r\n"), {400, 501}),
    ("chunked not last", request(H + "Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), {400, 501}),
    ("chunked twice", request(H + "Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), {400, 501}),
    ("two transfer encodings", request(H + CHUNKED + CHUNKED, "0\r\n\r\n"), {400, 501}),
    ("identity", request(H + "Transfer-Encoding: identity\r\n"), {400, 501}),
    ("misspelt chunked", request(H + "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), {400, 501}),
    ("quoted chunked", request(H + 'Transfer-Encoding: "chunked"\r\n', "0\r\n\r\n"), {400, 501}),
    ("chunked with vertical tab", request(H + "Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n"), {400, 501}),
    ("empty transfer encoding", request(H + "Transfer-Encoding:\r\n"), {400, 501}),
    ("chunked in HTTP/1.0", request(H + CHUNKED, "0\r\n\r\n", "POST / HTTP/1.0"), {400}),
    ("space before the colon", request(H + "Content-Length : 3\r\n", "abc"), {400}),
    ("tab before the colon", request(H + "Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n"), {400}),
    ("folded line", request(H + "X-A: b\r\n c\r\n"), {400}),
    ("folded transfer encoding", request(H + "Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), {400}),
    ("first field starts with space", f"GET / HTTP/1.1\r\n X: y\r\n{H}\r\n", {400}),
    ("no colon", request(H + "nonsense\r\n"), {400}),
    ("empty name", request(H + ": x\r\n"), {400}),
    ("name with a lookalike", request(H + "Transfer_Encoding\x00: chunked\r\n"), {400}),
    ("name in high bytes", request(H + "X-\xe9: 1\r\n"), {400}),
    ("name with parentheses", request(H + "Content(Length: 3\r\n", "abc"), {400}),
    ("bare LF", f"GET / HTTP/1.1\n{H}\r\n", {400}),
    ("bare LF in fields", f"GET / HTTP/1.1\r\nX: y\n{H}\r\n", {400}),
    ("bare CR in a value", request(H + "X: a\rb\r\n"), {400}),
    ("bare CR hides a field", request(H + "X: a\rContent-Length: 3\r\n", "abc"), {400}),
    ("NUL in a value", request(H + "X: a\0b\r\n"), {400}),
    ("control in a value", request(H + "X: a\x01b\r\n"), {400}),
    ("DEL in a value", request(H + "X: a\x7fb\r\n"), {400}),
    ("no host", request("X: y\r\n", line="GET / HTTP/1.1"), {400}),
    ("two hosts", request(H + H, line="GET / HTTP/1.1"), {400}),
    ("two different hosts", request(H + "Host: evil.test\r\n", line="GET / HTTP/1.1"), {400}),
    ("host with a path", request("Host: svc.test/x\r\n", line="GET / HTTP/1.1"), {400}),
    ("host with userinfo", request("Host: me@svc.test\r\n", line="GET / HTTP/1.1"), {400}),
    ("host with a list", request("Host: svc.test, evil.test\r\n", line="GET / HTTP/1.1"), {400}),
    ("host with a bad port", request("Host: svc.test:80a\r\n", line="GET / HTTP/1.1"), {400}),
    ("host with a huge port", request("Host: svc.test:99999\r\n", line="GET / HTTP/1.1"), {400}),
    ("host with space", request("Host: svc .test\r\n", line="GET / HTTP/1.1"), {400}),
    ("host with broken IPv6", request("Host: [::1\r\n", line="GET / HTTP/1.1"), {400}),
    ("absolute target without host field", "GET http://svc.test/ HTTP/1.1\r\n\r\n", {400}),
    ("absolute target with userinfo", request(H, line="GET http://me@svc.test/ HTTP/1.1"), {400}),
    ("absolute target without authority", request(H, line="GET http:///x HTTP/1.1"), {400}),
    ("connect", request(H, line="CONNECT svc.test:80 HTTP/1.1"), {400, 405, 501}),
    ("asterisk for GET", request(H, line="GET * HTTP/1.1"), {400}),
    ("target without slash", request(H, line="GET x HTTP/1.1"), {400}),
    ("fragment in the target", request(H, line="GET /a#b HTTP/1.1"), {400}),
    ("space in the target", request(H, line="GET /a b HTTP/1.1"), {400}),
    ("two spaces", request(H, line="GET  / HTTP/1.1"), {400}),
    ("tab for space", request(H, line="GET\t/ HTTP/1.1"), {400}),
    ("space after the version", request(H, line="GET / HTTP/1.1 "), {400}),
    ("space before the method", request(H, line=" GET / HTTP/1.1"), {400}),
    ("no version", request(H, line="GET /"), {400}),
    ("HTTP/0.9", "GET /\r\n", {400}),
    ("HTTP/2.0", request(H, line="GET / HTTP/2.0"), {400, 505}),
    ("HTTP/1.2", request(H, line="GET / HTTP/1.2"), {400, 505}),
    ("HTTP/1.01", request(H, line="GET / HTTP/1.01"), {400, 505}),
    ("lower-case http", request(H, line="GET / http/1.1"), {400, 505}),
    ("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
    ("method with a bracket", request(H, line="G[T / HTTP/1.1"), {400}),
    ("a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\0" * 32, {400}),
    ("garbage", "\xff\xfe\xfd\r\n\r\n", {400}),
]

# These come to light after the head may have been passed on: an answer of 400 or only an end, but the body is never completed.
BODIES = [
    ("chunk size with 0x", "0x3\r\nabc\r\n0\r\n\r\n"),
    ("chunk size with a sign", "+3\r\nabc\r\n0\r\n\r\n"),
    ("negative chunk size", "-3\r\nabc\r\n0\r\n\r\n"),
    ("chunk size with space before", " 3\r\nabc\r\n0\r\n\r\n"),
    ("chunk size with space after", "3 \r\nabc\r\n0\r\n\r\n"),
    ("empty chunk size", "\r\nabc\r\n0\r\n\r\n"),
    ("chunk size that overflows", "10000000000000003\r\nabc\r\n0\r\n\r\n"),
    ("chunk size that is no number", "xyz\r\nabc\r\n0\r\n\r\n"),
    ("chunk size with an underscore", "1_0\r\n0123456789abcdef\r\n0\r\n\r\n"),
    ("bare LF after the size", "3\nabc\r\n0\r\n\r\n"),
    ("bare LF after the data", "3\r\nabc\n0\r\n\r\n"),
    ("data longer than its size", "3\r\nabcd\r\n0\r\n\r\n"),
    ("data shorter than its size", "4\r\nabc\r\n0\r\n\r\n"),
    ("bare CR in an extension", "3;a\rb\r\nabc\r\n0\r\n\r\n"),
    ("LF in an extension", "3;a\nb\r\nabc\r\n0\r\n\r\n"),
    ("NUL in an extension", "3;a\0b\r\nabc\r\n0\r\n\r\n"),
    ("long extension", "3;" + "x" * 5000 + "\r\nabc\r\n0\r\n\r\n"),
    ("content-length as a trailer", "3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n"),
    ("transfer-encoding as a trailer", "3\r\nabc\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ("host as a trailer", "3\r\nabc\r\n0\r\nHost: evil.test\r\n\r\n"),
    ("folded trailer", "3\r\nabc\r\n0\r\nX: a\r\n b\r\n\r\n"),
    ("bare LF trailer", "3\r\nabc\r\n0\r\nX: a\n\r\n"),
    ("endless trailers", "3\r\nabc\r\n0\r\n" + "X: 12345678\r\n" * 2000 + "\r\n"),
]

SMUGGLED = f"GET /smuggled HTTP/1.1\r\n{H}\r\n"


def send(client, data, cut):
    """The attack, whole or byte by byte; a proxy that has seen enough may end the connection meanwhile."""
    data = data.encode("latin-1")
    pieces = [data] if cut == "whole" else [data[i : i + 1] for i in range(len(data))]
    try:
        for piece in pieces:
            client.send(piece)
    except (BrokenPipeError, ConnectionResetError):
        pass


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One lb for the whole table, without a pool: each row looks only at bytes and connections of its own."""
    starter = Starter(tmp_path_factory.mktemp("smuggling"))
    backend = starter.backend()
    lb = starter.lb(service(backend, pool={"max_idle": 0}))
    yield lb, backend
    starter.stop()


@pytest.mark.parametrize("cut", ["whole", "bytes"])
@pytest.mark.parametrize("attack, statuses", [row[1:] for row in HEADS], ids=[row[0] for row in HEADS])
def test_a_bad_head_is_refused(shared, attack, statuses, cut):
    lb, backend = shared
    before = len(backend.received)
    with lb.connect() as client:
        send(client, attack + SMUGGLED if cut == "whole" else attack, cut)
        response = client.read_response()
        assert response.status in statuses
        assert response.proxy_status == "bad_request"
        assert response.get("Connection").lower() == "close"
        client.expect_closed()
    assert backend.received[before:] == b""


@pytest.mark.parametrize("cut", ["whole", "bytes"])
@pytest.mark.parametrize("attack", [row[1] for row in BODIES], ids=[row[0] for row in BODIES])
def test_a_bad_chunk_never_completes_a_body(start, attack, cut):
    backend = start.backend()
    lb = start.lb(backend)
    with lb.connect() as client:
        send(client, request(H + CHUNKED, attack) + (SMUGGLED if cut == "whole" else ""), cut)
        answers = client.read_to_end()
    assert answers == b"" or answers.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 431 ")), answers[:100]
    assert answers.count(b"HTTP/1.1 ") <= 1
    for connection in backend.connections:
        assert connection.done.wait(20)
    assert backend.requests == []  # neither a complete request nor a second one
    assert b"/smuggled" not in backend.received


def test_repeated_identical_lengths_are_one(shared):
    lb, backend = shared
    with lb.connect() as client:
        client.send(request(H + "Content-Length: 3\r\nContent-Length: 3\r\n", "abc"))
        response = client.read_response()
    assert response.status in (200, 400)
    if response.status == 200:
        assert backend.requests[-1].get("Content-Length") == "3"


# Answers that a backend must not give: each a 502, and none of its bytes at the client.
GARBAGE = [
    ("not HTTP", "hello\r\n\r\n"),
    ("HTTP/0.9", "<html>hello</html>"),
    ("a mail server", "220 mail.test ESMTP\r\n"),
    ("status of two digits", "HTTP/1.1 20 OK\r\n\r\n"),
    ("status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"),
    ("status 0", "HTTP/1.1 000 OK\r\n\r\n"),
    ("status with a sign", "HTTP/1.1 +20 OK\r\n\r\n"),
    ("HTTP/2", "HTTP/2 200 OK\r\n\r\n"),
    ("HTTP/1.9", "HTTP/1.9 200 OK\r\n\r\n"),
    ("no space after the version", "HTTP/1.1200 OK\r\n\r\n"),
    ("bare LF", "HTTP/1.1 200 OK\n\n"),
    ("bare LF in fields", "HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n"),
    ("control in the reason", "HTTP/1.1 200 O\x01K\r\n\r\n"),
    ("length and chunked", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    ("negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
    ("unknown transfer coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx"),
    ("chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("space before the colon", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n"),
    ("folded line", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"),
    ("NUL in a value", "HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n"),
    ("no colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"),
    ("empty name", "HTTP/1.1 200 OK\r\n: x\r\n\r\n"),
    ("cut head", "HTTP/1.1 200 OK\r\nA: b\r\n"),
    ("101 that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
    ("an interim answer and an end", "HTTP/1.1 103 Early Hints\r\n\r\n"),
    ("bad first chunk with its head", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\nxyz\r\n"),
    ("huge head", "HTTP/1.1 200 OK\r\n" + "A: 0123456789abcdef\r\n" * 5000 + "\r\n"),
    ("endless status line", "HTTP/1.1 200 " + "a" * 200_000),
]


@pytest.mark.parametrize("answer", [row[1] for row in GARBAGE], ids=[row[0] for row in GARBAGE])
def test_a_bad_answer_is_a_502(shared, answer):
    lb, backend = shared

    def say(connection):
        connection.read_request()
        connection.send(answer.encode("latin-1"))
        if answer.startswith(("HTTP/1.1 103", "<html>")) or answer.endswith("A: b\r\n"):
            connection.half_close()
        connection.wait_for_end()

    backend.script = say
    with lb.connect() as client:
        response = client.request(f"GET / HTTP/1.1\r\n{H}\r\n")
        assert response.status == 502
        assert response.proxy_status in ("bad_backend_response", "backend_closed")
        assert b"evil" not in response.body
    backend.script = None


BAD_CHUNKS = ["xyz\r\nabc\r\n0\r\n\r\n", "0x3\r\nabc\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "3\nabc\r\n0\r\n\r\n",
              "3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n", "3\r\nabc\r\n0\r\nX : a\r\n\r\n"]


@pytest.mark.parametrize("body", BAD_CHUNKS)
def test_a_bad_chunk_in_an_answer_is_visible(shared, body):
    """The head may be on its way already; then the client must see that the body is not complete."""
    lb, backend = shared
    backend.answer = f"HTTP/1.1 200 OK\r\n{CHUNKED}\r\n{body}".encode()
    with lb.connect() as client:
        client.send(f"GET / HTTP/1.1\r\n{H}\r\n")
        try:
            response = read_response(client.reader)
        except (Incomplete, Closed, ConnectionResetError):
            pass
        else:
            assert response.status == 502
    backend.answer = ok(b"hello")
