"""A client of exact bytes: it sends what the test says, cut as the test says, and reads responses strictly."""

import select
import socket
import struct

from http_message import Closed, Reader, read_response
from wait import SLOW_MACHINE

HOST = "svc.test"  # the domain of the service that config_file.proxy() makes by default


def get(path="/", host=HOST, extra=""):
    """The bytes of a GET; `extra` holds whole field lines, each with its CRLF."""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{extra}\r\n".encode("latin-1")


def post(body, path="/", host=HOST, extra=""):
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    return head.encode("latin-1") + body


class RawClient:
    def __init__(self, port, address="127.0.0.1", timeout=SLOW_MACHINE, receive_buffer=None, source=None):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:  # before connect, so that the window stays small
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:  # another address of this machine
            self.sock.bind((source, 0))
        self.sock.settimeout(timeout)
        self.sock.connect((address, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = Reader(self.sock)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def local_port(self):
        return self.sock.getsockname()[1]

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))
        return self

    def read_response(self, method="GET"):
        """The next final response; interim ones are kept in `interims`."""
        self.interims = []
        while True:
            response = read_response(self.reader, method)
            if response.status >= 200 or response.status == 101:
                return response
            self.interims.append(response)

    def read_interim(self):
        return read_response(self.reader)

    def request(self, data, method=None):
        data = data if isinstance(data, bytes) else data.encode("latin-1")
        self.send(data)
        return self.read_response(method or data.split(b" ", 1)[0].decode())

    def read_some(self):
        """Bytes as they come, not parsed; b"" at the end."""
        if not self.reader.buffer:
            self.reader.fill()
        data, self.reader.buffer = self.reader.buffer, b""
        return data

    def read_exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.read_some()
            if not piece:
                raise Closed(f"end after {data!r}")
            data += piece
        self.reader.buffer = data[count:] + self.reader.buffer
        return data[:count]

    def read_to_end(self):
        """Everything until the connection ends, by FIN or by reset."""
        data = b""
        try:
            while piece := self.read_some():
                data += piece
        except ConnectionResetError:
            data += self.reader.buffer
        return data

    def expect_closed(self):
        """The other side ends the connection, and nothing more comes before that."""
        rest = self.read_to_end()
        assert rest == b"", f"bytes instead of an end: {rest[:200]!r}"

    def quiet_for(self, seconds):
        """True if nothing at all (no byte, no end) comes for so long: only for 'must not happen' checks."""
        return not self.reader.buffer and not select.select([self.sock], [], [], seconds)[0]

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)
        return self

    def reset(self):
        """Ends with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self):
        self.sock.close()
