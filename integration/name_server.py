"""A DNS server on loopback with names that a test moves about (RFC 1035 4.1; A records only)."""

import ipaddress
import socket
import struct
import threading

NAME_ERROR = "no such name"
SILENCE = "no answer"


class NameServer:
    def __init__(self, ttl=1):
        self.ttl = ttl
        self.names = {}  # "api.test" -> addresses, NAME_ERROR or SILENCE
        self.asked = []  # every name, as often as its A records were asked for
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self.socket.getsockname())
        self.stopping = False
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def stop(self):
        self.stopping = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", self.socket.getsockname())
        self.thread.join()
        self.socket.close()

    def _serve(self):
        while not self.stopping:
            query, client = self.socket.recvfrom(512)
            answer = self._answer(query) if query else None
            if answer:
                self.socket.sendto(answer, client)

    def _answer(self, query):
        labels, at = [], 12
        while length := query[at]:
            labels.append(query[at + 1 : at + 1 + length].decode())
            at += 1 + length
        question = query[12 : at + 5]
        (kind,) = struct.unpack(">H", query[at + 1 : at + 3])
        name = ".".join(labels).lower()
        known = self.names.get(name, NAME_ERROR)
        if kind == 1:
            self.asked.append(name)
        if known == SILENCE:
            return None
        records = [] if known == NAME_ERROR or kind != 1 else known
        flags = 0x8183 if known == NAME_ERROR else 0x8180
        head = query[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0)
        return head + question + b"".join(self._record(address) for address in records)

    def _record(self, address):
        return struct.pack(">HHHIH", 0xC00C, 1, 1, self.ttl, 4) + ipaddress.IPv4Address(address).packed
