"""Free TCP ports for programs that must be told theirs, from below the range the kernel hands out by itself."""

import itertools
import os
import random
import socket

FIRST, LAST = 10_000, 30_000
# Each process of the test run has ports of its own, so that none takes what another one has found free and not used yet.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_own = range(FIRST + _WORKER, LAST, _WORKERS)
_candidates = itertools.cycle(random.Random(os.getpid()).sample(_own, len(_own)))


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
