"""Reads HTTP/1 messages from a socket, strictly and without help from any library, and keeps their exact bytes.

Whatever is not exactly right raises BadMessage; an end in the middle of a message raises Incomplete: a test that expects a
cut body says so."""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d) ([\t \x21-\x7e\x80-\xff]*)\Z")
REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP/1\.([01])\Z")
CHUNK_LINE = re.compile(rb"([0-9a-fA-F]{1,15})(;[^\r\n]*)?\Z")


class BadMessage(AssertionError):
    """Not HTTP/1 as RFC 9112 wants it."""


class Incomplete(AssertionError):
    """The connection ended inside a message; `message` holds what came."""

    def __init__(self, why, message=None):
        super().__init__(why)
        self.message = message


class Closed(AssertionError):
    """The connection ended where a message could have begun."""


@dataclass
class Message:
    start_line: bytes = b""
    fields: list = field(default_factory=list)  # (name, value), exactly as received
    body: bytes = b""
    trailers: list = field(default_factory=list)
    head_bytes: bytes = b""  # start line to the empty line, as received
    chunks: list = field(default_factory=list)  # sizes, of a chunked body
    framing: str = "none"  # none, length, chunked, close

    def get(self, name):
        """The only value of a field, as text; None without one. Two of them are an error."""
        values = self.get_all(name)
        assert len(values) <= 1, f"{name} is there {len(values)} times: {values}"
        return values[0] if values else None

    def get_all(self, name):
        wanted = name.lower().encode()
        return [value.decode("latin-1") for key, value in self.fields if key.lower() == wanted]

    def names(self):
        return [key.decode("latin-1") for key, _ in self.fields]


@dataclass
class Request(Message):
    method: str = ""
    target: str = ""
    version: str = ""


@dataclass
class Response(Message):
    status: int = 0
    reason: str = ""
    version: str = ""

    @property
    def proxy_status(self):
        """The error of Proxy-Status (RFC 9209), such as no_route; None if a backend answered."""
        value = self.get("Proxy-Status")
        if value is None:
            return None
        match = re.search(r"error=([a-z_]+)", value)
        assert match, f"Proxy-Status without error: {value}"
        return match[1]


class Reader:
    """Buffered reading from a socket; `received` keeps every byte unless keep is False."""

    def __init__(self, sock, keep=True):
        self.sock = sock
        self.buffer = b""
        self.received = bytearray()
        self.keep = keep
        self.ended = False

    def fill(self):
        """Reads once; False at the end of the stream."""
        if self.ended:
            return False
        data = self.sock.recv(262144)
        if not data:
            self.ended = True
            return False
        if self.keep:
            self.received += data
        self.buffer += data
        return True

    def line(self, message):
        while b"\n" not in self.buffer:
            if len(self.buffer) > 300_000:
                raise BadMessage("a line without end")
            if not self.fill():
                raise Incomplete(f"end inside a line: {self.buffer[:80]!r}", message)
        line, self.buffer = self.buffer.split(b"\n", 1)
        message.head_bytes += line + b"\n"
        if not line.endswith(b"\r"):
            raise BadMessage(f"bare LF after {line[:80]!r}")
        line = line[:-1]
        if b"\r" in line or b"\0" in line:
            raise BadMessage(f"CR or NUL in {line[:80]!r}")
        return line

    def exactly(self, count, message):
        data = bytearray()  # bytes would be copied whole with every read
        while True:
            wanted = count - len(data)
            data += self.buffer[:wanted]
            self.buffer = self.buffer[wanted:]
            if len(data) == count:
                return bytes(data)
            if not self.fill():
                message.body += bytes(data)
                raise Incomplete(f"end after {len(message.body)} bytes of body", message)

    def field_lines(self, message):
        fields = []
        while line := self.line(message):
            name, colon, value = line.partition(b":")
            if not colon or not TOKEN.match(name):
                raise BadMessage(f"no field: {line[:80]!r}")
            if any(c < 0x20 and c != 9 or c == 0x7F for c in value):
                raise BadMessage(f"control in a field: {line[:80]!r}")
            fields.append((name, value.strip(b" \t")))
        return fields

    def body(self, message, may_have_body, until_close):
        lengths = message.get_all("Content-Length")
        codings = message.get_all("Transfer-Encoding")
        if codings and lengths:
            raise BadMessage("Content-Length and Transfer-Encoding together")
        if len(lengths) > 1 or (lengths and not re.fullmatch(r"\d+", lengths[0])):
            raise BadMessage(f"Content-Length {lengths}")
        if codings and codings != ["chunked"]:
            raise BadMessage(f"Transfer-Encoding {codings}")
        if not may_have_body:
            if codings:
                message.framing = "chunked"
            return
        if codings:
            message.framing = "chunked"
            self.chunked_body(message)
        elif lengths:
            message.framing = "length"
            message.body = self.exactly(int(lengths[0]), message)
        elif until_close:
            message.framing = "close"
            while self.fill():
                pass
            message.body, self.buffer = self.buffer, b""

    def chunked_body(self, message):
        pieces = []
        piece = Message()  # takes what came of a chunk that was cut
        try:
            while True:
                match = CHUNK_LINE.match(self.line(Message()))
                if not match:
                    raise BadMessage("no chunk size")
                size = int(match[1], 16)
                if size == 0:
                    break
                message.chunks.append(size)
                pieces.append(self.exactly(size, piece))
                if self.exactly(2, Message()) != b"\r\n":
                    raise BadMessage("no CRLF after a chunk")
            message.trailers = self.field_lines(Message())
        except Incomplete as cut:
            message.body = b"".join(pieces) + piece.body
            raise Incomplete(f"chunked body: {cut}", message) from None
        message.body = b"".join(pieces)


def read_request(reader, body=True):
    """The next request; None if the connection ends before its first byte. body=False leaves the body unread."""
    if not reader.buffer and not reader.fill():
        return None
    request = Request()
    request.start_line = reader.line(request)
    match = REQUEST_LINE.match(request.start_line)
    if not match:
        raise BadMessage(f"request line {request.start_line[:80]!r}")
    request.method, request.target = match[1].decode(), match[2].decode()
    request.version = f"1.{match[3].decode()}"
    request.fields = reader.field_lines(request)
    if body:
        reader.body(request, may_have_body=True, until_close=False)
    return request


def read_response(reader, method="GET", body=True):
    """The next response, 1xx included; raises Closed if the connection ends before its first byte."""
    if not reader.buffer and not reader.fill():
        raise Closed("the connection ended before a response")
    response = Response()
    response.start_line = reader.line(response)
    match = STATUS_LINE.match(response.start_line)
    if not match:
        raise BadMessage(f"status line {response.start_line[:80]!r}")
    response.version = f"1.{match[1].decode()}"
    response.status, response.reason = int(match[2]), match[3].decode("latin-1")
    response.fields = reader.field_lines(response)
    bodiless = method == "HEAD" or response.status < 200 or response.status in (204, 304)
    if body:
        reader.body(response, may_have_body=not bodiless, until_close=True)
    return response
