"""A backend of exact bytes: records what each connection received and answers by script.

    backend.answer = ok(b"hello")                  the same bytes for every request, or
    backend.answer = lambda request: ok(...)       bytes by request, or
    backend.script = lambda connection: ...        the whole connection: read_request(), send(), reset(), wait_for_end()
"""

import socket
import struct
import threading

from http_message import Incomplete, Reader, read_request
from ports import free_port
from wait import SLOW_MACHINE, until


def ok(body=b"", extra="", status="200 OK"):
    """The bytes of a response with Content-Length."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode("latin-1") + body


def chunked(*pieces, extra="", trailers=""):
    head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{extra}\r\n".encode("latin-1")
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return head + body + b"0\r\n" + trailers.encode("latin-1") + b"\r\n"


def echo_tunnel(connection):
    """A script: takes the offered upgrade and sends back what comes."""
    connection.read_request()
    connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
    while piece := connection.read_some():
        connection.send(piece)


def late(seconds, answer):
    """A script: the answer to every request, so much later."""
    def script(connection):
        while connection.read_request():
            connection.dawdle(seconds)
            connection.send(answer)
    return script


class Connection:
    """One accepted connection, used by its script on a thread of its own."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(SLOW_MACHINE)
        self.reader = Reader(sock)
        self.requests = []
        self.error = None  # what ended the script
        self.done = threading.Event()  # the script has returned

    @property
    def received(self):
        return bytes(self.reader.received)

    def read_request(self, body=True):
        """The next request, None at the end of the connection; body=False reads the head only."""
        request = read_request(self.reader, body)
        if request:
            self.requests.append(request)
        return request

    def read_some(self):
        if not self.reader.buffer:
            self.reader.fill()
        data, self.reader.buffer = self.reader.buffer, b""
        return data

    def send(self, data):
        self.sock.sendall(data)

    def dawdle(self, seconds):
        """Does nothing for so long: the backend's own slowness, which a test is about. Nothing is waited for."""
        self.done.wait(seconds)

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def close(self):
        self.sock.close()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def wait_for_end(self):
        """Blocks until the other side ends; returns "fin" or "reset"."""
        try:
            while self.reader.fill():
                pass
            return "fin"
        except ConnectionResetError:
            return "reset"


class RawBackend:
    def __init__(self, answer=None, script=None, address="127.0.0.1", port=None, backlog=128):
        self.answer = answer if answer is not None else ok(b"hello")
        self.script = script
        self.connections = []
        self.lock = threading.Lock()
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, port or free_port()))  # nobody else's, even when this backend has stopped
        self.listener.listen(backlog)
        self.address, self.port = self.listener.getsockname()[:2]
        self.stopping = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def host(self):
        """As an entry of `hosts` in the configuration."""
        return {"address": self.address, "port": self.port}

    @property
    def requests(self):
        with self.lock:
            return [request for connection in self.connections for request in connection.requests]

    @property
    def received(self):
        with self.lock:
            return b"".join(connection.received for connection in self.connections)

    def wait_requests(self, count):
        until(lambda: len(self.requests) >= count, f"{count} requests at the backend, {len(self.requests)} came")
        return self.requests

    def wait_connections(self, count):
        until(lambda: len(self.connections) >= count, f"{count} connections at the backend")
        return self.connections

    def the_request(self):
        """The only request that came."""
        requests = self.wait_requests(1)
        assert len(requests) == 1, f"{len(requests)} requests instead of one"
        return requests[0]

    def stop(self):
        self.stopping = True
        try:
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept
        except OSError:
            pass
        self.listener.close()
        with self.lock:
            for connection in self.connections:
                try:
                    connection.sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _accept(self):
        while not self.stopping:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(sock)
            with self.lock:
                self.connections.append(connection)
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection):
        try:
            (self.script or self._answer_all)(connection)
        except (Incomplete, OSError) as error:  # the proxy went away: the tests look at `error` if they care
            connection.error = error
        except BaseException as error:
            connection.error = error
            raise
        finally:
            connection.sock.close()
            connection.done.set()

    def _answer_all(self, connection):
        while request := connection.read_request():
            answer = self.answer(request) if callable(self.answer) else self.answer
            if request.method == "HEAD":
                answer = answer.split(b"\r\n\r\n", 1)[0] + b"\r\n\r\n"
            connection.send(answer)
