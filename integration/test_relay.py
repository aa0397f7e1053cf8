"""What passes through, byte by byte: heads, bodies, interim responses, both ways."""

import re

import pytest

from http_message import read_response
from ports import free_port
from raw_backend import chunked, ok
from raw_client import get, post


def subsequence(wanted, fields):
    remaining = iter(fields)
    return all(field in remaining for field in wanted)


def test_a_get_arrives_and_its_answer_comes_back(client, backend):
    backend.answer = ok(b"hello", "Content-Type: text/plain\r\n")
    response = client.request(get("/a/b?c=d&e=%20"))
    assert (response.status, response.reason, response.body) == (200, "OK", b"hello")
    assert response.get("Content-Type") == "text/plain"
    request = backend.the_request()
    assert request.start_line == b"GET /a/b?c=d&e=%20 HTTP/1.1"
    assert request.get("Host") == "svc.test"
    assert request.framing == "none"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "x-Own"])
def test_every_method_passes_with_its_body(client, backend, method):
    body = bytes(range(256))
    response = client.request(f"{method} /m HTTP/1.1\r\nHost: svc.test\r\nContent-Length: 256\r\n\r\n".encode() + body)
    assert response.status == 200
    request = backend.the_request()
    assert (request.method, request.body) == (method, body)


def test_request_fields_keep_order_case_and_value(client, backend):
    lines = "x-LOWER: a\r\nX-Twice: 1\r\nCookie: k=v; l=w\r\nX-Twice: 2\r\nX-Empty:\r\nX-Bytes: \xe9\xff\tx\r\n"
    client.request(get(extra=lines))
    wanted = [tuple(part.strip(b" ") for part in line.split(b":", 1)) for line in lines.encode("latin-1").split(b"\r\n") if line]
    assert subsequence(wanted, backend.the_request().fields)


def test_response_fields_keep_order_case_and_value(client, backend):
    lines = "x-LOWER: a\r\nSet-Cookie: a=1\r\nX-Other: \xe9\r\nSet-Cookie: b=2\r\nServer: mine\r\nX-Empty: \r\n"
    backend.answer = ok(b"x", lines, status="299 Strange  Reason \xe9")
    response = client.request(get())
    assert (response.status, response.reason) == (299, "Strange  Reason \xe9")
    wanted = [tuple(part.strip(b" ") for part in line.split(b":", 1)) for line in lines.encode("latin-1").split(b"\r\n") if line]
    assert subsequence(wanted, response.fields)


def test_hop_by_hop_fields_stay_behind_in_requests(client, backend):
    client.request(
        get(extra="Connection: X-Named, keep-alive, Host\r\nX-Named: 1\r\nx-named: 2\r\nKeep-Alive: timeout=9\r\n"
            "Proxy-Connection: keep-alive\r\nTE: trailers\r\nX-Kept: 1\r\n")
    )
    request = backend.the_request()
    assert request.get("Host") == "svc.test"
    assert request.get("X-Kept") == "1"
    for name in ["X-Named", "Keep-Alive", "Proxy-Connection", "TE"]:
        assert request.get_all(name) == [], name


def test_hop_by_hop_fields_stay_behind_in_responses(client, backend):
    backend.answer = ok(
        b"body", "Connection: x-named, content-length\r\nX-Named: 1\r\nKeep-Alive: timeout=9\r\n"
        "Proxy-Connection: close\r\nUpgrade: h2c\r\nX-Kept: 1\r\n"
    )
    response = client.request(get())
    assert (response.body, response.get("X-Kept")) == (b"body", "1")
    for name in ["X-Named", "Keep-Alive", "Proxy-Connection", "Upgrade"]:
        assert response.get_all(name) == [], name


def test_connection_cannot_remove_framing_from_a_request(client, backend):
    client.request(post(b"abc", extra="Connection: content-length, transfer-encoding, host\r\n"))
    request = backend.the_request()
    assert (request.body, request.get("Host")) == (b"abc", "svc.test")


def test_the_proxy_introduces_itself_and_the_client(client, backend):
    client.request(get(host="SVC.test:8080"))
    request = backend.the_request()
    assert request.get("X-Forwarded-For") == "127.0.0.1"
    assert request.get("X-Forwarded-Proto") == "http"
    assert request.get("X-Forwarded-Host") == "SVC.test:8080"
    assert request.get("Host") == "SVC.test:8080"
    assert re.fullmatch(r"1\.1 \S+", request.get("Via"))
    assert request.get("X-Request-Id")


def test_an_untrusted_client_cannot_forge_where_it_comes_from(client, backend):
    client.request(
        get(extra="X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\nX-Forwarded-Proto: https\r\n"
            "X-Forwarded-Host: evil\r\nX-Request-Id: mine\r\n")
    )
    request = backend.the_request()
    assert request.get("X-Forwarded-For") == "127.0.0.1"
    assert request.get("X-Forwarded-Proto") == "http"
    assert request.get("X-Forwarded-Host") == "svc.test"
    assert request.get("X-Request-Id") != "mine"


def test_a_trusted_proxy_in_front_is_believed(start, backend):
    lb = start.lb(backend, trusted_proxies=["127.0.0.0/8"])
    lb.request(get(extra="X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nX-Request-Id: mine\r\n"))
    request = backend.the_request()
    assert re.split(r",\s*", ", ".join(request.get_all("X-Forwarded-For"))) == ["192.0.2.1", "127.0.0.1"]
    assert request.get("X-Forwarded-Proto") == "https"
    assert request.get("X-Request-Id") == "mine"


def test_request_ids_differ(client, backend):
    for _ in range(20):
        client.request(get())
    assert len({request.get("X-Request-Id") for request in backend.requests}) == 20


def test_via_is_appended_to_what_was_there(client, backend):
    backend.answer = ok(b"", "Via: 1.1 inner\r\n")
    response = client.request(get(extra="Via: 1.0 outer\r\n"))
    assert re.fullmatch(r"1\.0 outer, 1\.1 \S+", ", ".join(backend.the_request().get_all("Via")))
    assert response.get_all("Via")[0] == "1.1 inner"  # adding to it is a gateway's choice (RFC 9110 7.6.3)


def test_a_chunked_request_is_framed_anew_with_its_trailers(client, backend):
    client.send("POST / HTTP/1.1\r\nHost: svc.test\r\nTransfer-Encoding: Chunked\r\nTrailer: X-Sum\r\n\r\n")
    client.send("3;ext=1\r\nabc\r\n00A\r\n0123456789\r\n0\r\nX-Sum: 42\r\n\r\n")
    assert client.read_response().status == 200
    request = backend.the_request()
    assert (request.framing, request.body, request.trailers) == ("chunked", b"abc0123456789", [(b"X-Sum", b"42")])
    assert b"ext=1" not in backend.received


def test_a_chunked_response_keeps_its_body_and_trailers(client, backend):
    backend.answer = chunked(b"abc", b"0123456789", extra="Trailer: X-Sum\r\n", trailers="X-Sum: 42\r\n")
    response = client.request(get(extra="TE: trailers\r\n"))
    assert (response.framing, response.body, response.trailers) == ("chunked", b"abc0123456789", [(b"X-Sum", b"42")])
    assert client.request(get()).status == 200  # the connection goes on


def test_a_response_until_close_becomes_chunked(client, backend):
    def until_close(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\n\r\nall of it")

    backend.script = until_close
    response = client.request(get())
    assert (response.framing, response.body) == ("chunked", b"all of it")
    assert client.request(get()).body == b"all of it"  # same client connection, another backend connection
    assert len(backend.connections) == 2


def test_an_empty_body_is_complete_at_once(client, backend):
    backend.answer = chunked()
    response = client.request("POST / HTTP/1.1\r\nHost: svc.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert response.body == b""
    assert client.request(post(b"")).body == b""
    assert [request.body for request in backend.requests] == [b"", b""]
    assert backend.requests[1].framing == "length"


def test_head_has_no_body_but_says_its_length(client, backend):
    backend.answer = ok(b"12345")
    response = client.request("HEAD / HTTP/1.1\r\nHost: svc.test\r\n\r\n")
    assert (response.get("Content-Length"), response.body) == ("5", b"")
    assert client.request(get()).body == b"12345"
    assert [request.method for request in backend.requests] == ["HEAD", "GET"]


@pytest.mark.parametrize("answer", ["HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n"])
def test_204_and_304_end_with_their_head(client, backend, answer):
    backend.answer = answer.encode()
    status = int(answer[9:12])
    response = client.request(get())
    assert (response.status, response.body, response.get("Transfer-Encoding")) == (status, b"", None)
    assert client.request(get()).status == status
    assert len(backend.connections) == 1


def test_304_may_describe_the_body_it_does_not_send(client, backend):
    backend.answer = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\n\r\n"
    assert client.request(get()).get("Content-Length") in ("1234", None)
    assert client.request(get()).status == 304


def test_interim_responses_are_passed_on_and_are_not_final(client, backend):
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    backend.answer = hints + b"HTTP/1.1 102 Processing\r\n\r\n" + hints + ok(b"done")
    assert client.request(get()).body == b"done"
    assert [one.status for one in client.interims] == [103, 102, 103]
    assert client.interims[0].get("Link") == "</a.css>"


def test_expect_100_continue_reaches_the_backend_before_the_body(client, backend):
    def careful(connection):
        head = connection.read_request(body=False)
        assert head.get("Expect") == "100-continue"
        assert connection.reader.buffer == b""
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert connection.reader.exactly(3, head) == b"abc"
        connection.send(ok(b"thanks"))
        connection.wait_for_end()

    backend.script = careful
    client.send("POST / HTTP/1.1\r\nHost: svc.test\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    assert client.read_interim().status == 100
    client.send("abc")
    assert client.read_response().body == b"thanks"


def test_expect_100_continue_may_be_answered_at_once(client, backend):
    def refuse(connection):
        connection.read_request(body=False)
        connection.send(ok(b"no", status="417 Expectation Failed"))
        connection.wait_for_end()

    backend.script = refuse
    client.send("POST / HTTP/1.1\r\nHost: svc.test\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    assert client.read_response().status == 417


def test_an_http_1_0_client_gets_its_answer_and_an_end(client, backend):
    backend.answer = b"HTTP/1.1 103 Early Hints\r\n\r\n" + chunked(b"abc", b"def", trailers="X-T: 1\r\n")
    response = client.request("GET / HTTP/1.0\r\nHost: svc.test\r\n\r\n")
    assert (response.status, response.body, response.framing) == (200, b"abcdef", "close")
    assert client.interims == []
    client.expect_closed()
    assert backend.the_request().version == "1.1"


def test_an_http_1_0_client_may_ask_to_stay(client, backend):
    request = "GET / HTTP/1.0\r\nHost: svc.test\r\nConnection: keep-alive\r\n\r\n"
    response = client.request(request)
    assert response.get("Connection").lower() == "keep-alive"
    assert client.request(request).body == b"hello"


def test_an_http_1_0_backend_is_understood(client, backend):
    def old(connection):
        connection.read_request()
        connection.send(b"HTTP/1.0 200 OK\r\nX-Old: 1\r\n\r\nold body")

    backend.script = old
    response = client.request(get())
    assert (response.version, response.body, response.get("X-Old")) == ("1.1", b"old body", "1")


def test_pipelined_requests_are_answered_in_order(client, backend):
    backend.answer = lambda request: ok(request.target.encode() + b" " + request.body)
    client.send(get("/1") + post(b"two", "/2") + get("/3") + "HEAD /4 HTTP/1.1\r\nHost: svc.test\r\n\r\n".encode() + get("/5"))
    methods = ["GET", "POST", "GET", "HEAD", "GET"]
    bodies = [client.read_response(method).body for method in methods]
    assert bodies == [b"/1 ", b"/2 two", b"/3 ", b"", b"/5 "]


def test_many_pipelined_requests(client, backend):
    backend.answer = lambda request: ok(request.target.encode())
    client.send(b"".join(get(f"/{i}") for i in range(200)))
    assert [client.read_response().body for _ in range(200)] == [f"/{i}".encode() for i in range(200)]


def test_requests_may_come_byte_by_byte(client, backend):
    for byte in post(b"abc", "/slow", extra="X-A: b\r\n"):
        client.send(bytes([byte]))
    assert client.read_response().status == 200
    assert (backend.the_request().body, backend.the_request().target) == (b"abc", "/slow")


def test_responses_may_come_byte_by_byte(client, backend):
    def drip(connection):
        connection.read_request()
        for byte in chunked(b"abc", b"defg", trailers="X-T: 1\r\n"):
            connection.send(bytes([byte]))
        connection.wait_for_end()

    backend.script = drip
    response = client.request(get())
    assert (response.body, response.trailers) == (b"abcdefg", [(b"X-T", b"1")])


def test_options_asterisk_passes_as_it_is(client, backend):
    assert client.request("OPTIONS * HTTP/1.1\r\nHost: svc.test\r\n\r\n").status == 200
    assert backend.the_request().target == "*"


def test_an_absolute_target_decides_the_host(client, backend):
    assert client.request("GET http://SVC.test:81/p?q HTTP/1.1\r\nHost: other.test\r\n\r\n").status == 200
    request = backend.the_request()
    assert (request.target, request.get("Host")) == ("/p?q", "SVC.test:81")


def test_one_empty_line_before_a_request_is_forgiven(client, backend):
    assert client.request(b"\r\n" + get(), "GET").status == 200


def test_a_streamed_body_arrives_before_it_ends(client, backend):
    """No buffering of whole bodies: the first piece gets through while the second is not yet sent, both ways."""

    def echo(connection):
        connection.read_request(body=False)
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while (piece := connection.read_some()) and not piece.endswith(b"0\r\n\r\n"):
            connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.send(b"0\r\n\r\n")
        connection.wait_for_end()

    backend.script = echo
    client.send("POST / HTTP/1.1\r\nHost: svc.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
    head = read_response(client.reader, body=False)
    assert head.status == 200
    came = b""
    while b"first" not in came:
        came += client.read_some()
    client.send("6\r\nsecond\r\n")
    while b"second" not in came:
        came += client.read_some()
    client.send("0\r\n\r\n")
    while not came.endswith(b"\r\n0\r\n\r\n"):
        came += client.read_some()


def test_an_ipv6_client_and_an_ipv6_backend(start):
    backend = start.backend(address="::1")
    lb = start.lb(backend, listen={"address": "", "port": free_port()})
    with lb.connect(address="::1") as client:
        assert client.request(get()).body == b"hello"
    with lb.connect() as client:
        assert client.request(get()).body == b"hello"
    assert [request.get("X-Forwarded-For") for request in backend.requests] == ["::1", "127.0.0.1"]
