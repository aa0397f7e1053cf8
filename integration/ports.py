"""Free TCP ports for programs that must be told theirs, from below the range the kernel hands out by itself."""

import itertools
import os
import random
import socket

FIRST, LAST = 10_000, 30_000
# Each process of the test run walks its own way, so that two of them seldom ask for the same port.
_candidates = itertools.cycle(random.Random(os.getpid()).sample(range(FIRST, LAST), LAST - FIRST))


def free_port():
    for port in _candidates:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            try:
                probe.bind(("::", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")
