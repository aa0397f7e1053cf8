"""Clients that ask until they are told to stop: without a pause and without a failure (Load), or at a pace (Users)."""

import threading
import time

from http_message import Closed
from raw_client import RawClient, get
from wait import until


def get_on(clients, answers):
    """Waits until each of them has had so many answers more."""
    before = list(clients.done)
    until(lambda: clients.problems or all(now >= then + answers for now, then in zip(clients.done, before)),
          "all clients get on")
    assert not clients.problems, clients.problems


class Load:
    """`with Load(lb): ...` asks until its end; then nothing may have failed. Even clients keep their connection."""

    def __init__(self, lb, clients=4, request=get(), wanted=200):
        self.lb, self.request, self.wanted = lb, request, wanted
        self.stopping = threading.Event()
        self.done = [0] * clients
        self.problems = []
        self.threads = [threading.Thread(target=self._run, args=(index,), daemon=True) for index in range(clients)]

    def _run(self, index):
        client = None
        try:
            while not self.stopping.is_set():
                client = client or RawClient(self.lb.port)
                response = client.request(self.request)
                assert response.status == self.wanted, f"{response.status} {response.proxy_status}: {response.body[:200]}"
                self.done[index] += 1
                if index % 2 or response.get("Connection") == "close":
                    client.close()
                    client = None
        except (AssertionError, OSError, Closed) as problem:
            self.problems.append(f"client {index} after {self.done[index]} requests: {problem!r}")
        finally:
            if client:
                client.close()

    def goes_on(self):
        """Waits until every client has had another answer."""
        get_on(self, 1)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.goes_on()
        return self

    def __exit__(self, failed, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)
        if not failed:
            assert not self.problems, self.problems
            assert not any(thread.is_alive() for thread in self.threads)


class Users:
    """`with Users(lb): ...` asks until its end, every client at the same pace however slow the answers are; some may
    fail, which is counted."""

    def __init__(self, lb, clients=15, pause=0.1, request=get()):
        self.lb, self.pause, self.request = lb, pause, request
        self.stopping = threading.Event()
        self.done = [0] * clients
        self.failures = [0] * clients
        self.problems = []
        self.threads = [threading.Thread(target=self._run, args=(index,), daemon=True) for index in range(clients)]

    @property
    def failed(self):
        return sum(self.failures)

    def _run(self, index):
        due = time.monotonic() + self.pause * index / len(self.threads)
        try:
            with RawClient(self.lb.port) as client:
                while not self.stopping.wait(max(0, due - time.monotonic())):
                    self.failures[index] += client.request(self.request).status != 200
                    self.done[index] += 1
                    due += self.pause
        except (AssertionError, OSError, Closed) as problem:
            self.problems.append(f"client {index} after {self.done[index]} requests: {problem!r}")

    def finish_what_they_have(self):
        """Waits until every client has had an answer to a request that it sent from now on."""
        get_on(self, 2)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.finish_what_they_have()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)
