"""More than the backends can take, with real processes: limits, the queue, rates, connections of one client."""

import threading

import pytest

from config_file import service
from http_message import Closed
from raw_backend import ok
from raw_client import get, post
from wait import until


class Gate:
    """A backend's script that answers when it is let, and notes how many requests it has at a time."""

    def __init__(self):
        self.open = threading.Event()
        self.lock = threading.Lock()
        self.now = self.most = 0

    def __call__(self, connection):
        while connection.read_request():
            with self.lock:
                self.now += 1
                self.most = max(self.most, self.now)
            self.open.wait(30)
            with self.lock:
                self.now -= 1
            connection.send(ok(b"hello"))


def asking(lb, count):
    clients = [lb.connect() for _ in range(count)]
    for client in clients:
        client.send(get())
    return clients


def turned_away(lb):
    """Reset, maybe before the connect has returned."""
    try:
        with lb.connect() as client:
            return client.read_to_end() == b""
    except ConnectionResetError:
        return True


def test_no_more_than_the_limit_is_on_a_backend_and_all_are_served(start):
    gate = Gate()
    backend = start.backend(script=gate)
    lb = start.lb(service(backend, limits={"max_inflight": 4, "queue": {"timeout": "20s"}}), threads=2)
    clients = asking(lb, 40)
    until(lambda: lb.metrics().value("lb_queue_length", service="svc") == 36, "the others to wait")
    until(lambda: gate.now == 4, "the backend to have read what was let through")
    gate.open.set()
    assert [client.read_response().status for client in clients] == [200] * 40
    assert gate.most == 4
    lb.wait_metric(0, "lb_queue_length", service="svc")
    lb.wait_metric(36, "lb_queue_duration_seconds_count", service="svc")
    waited = [line["t_queue"] for line in lb.access_log(40)]
    assert sum(one is not None for one in waited) == 36
    for client in clients:
        client.close()


def test_the_queue_has_an_end_and_a_time(start):
    gate = Gate()
    backend = start.backend(script=gate)
    limits = {"max_inflight": 1, "queue": {"max": 1, "timeout": "3s"}}
    lb = start.lb(service(backend, limits=limits), threads=1)
    first = asking(lb, 1)[0]
    until(lambda: gate.now == 1, "the first request at the backend")
    second = asking(lb, 1)[0]
    until(lambda: lb.metrics().value("lb_queue_length", service="svc") == 1, "the second to wait")
    with lb.connect() as third:
        refused = third.request(get())
        assert (refused.status, refused.proxy_status, refused.get("retry-after")) == (503, "queue_full", "1")
    late = second.read_response()
    assert (late.status, late.proxy_status) == (503, "queue_timeout")
    gate.open.set()
    assert first.read_response().status == 200
    first.close()
    second.close()


@pytest.mark.parametrize("leaves", ["by a reset", "behind a body", "behind its end", "by a close"])
def test_who_leaves_the_queue_is_not_served(start, leaves):
    gate = Gate()
    backend = start.backend(script=gate)
    closes = leaves == "by a close"  # which is taken for that
    limits = {"max_inflight": 1, "queue": {"timeout": "20s"}}
    lb = start.lb(service(backend, limits=limits), threads=1, abort_on_half_close=closes)
    first = asking(lb, 1)[0]
    until(lambda: gate.now == 1, "the first request at the backend")
    second = lb.connect()
    second.send(post(b"unread" * 10_000) if leaves == "behind a body" else get())
    until(lambda: lb.metrics().value("lb_queue_length", service="svc") == 1, "the second to wait")
    if leaves in ("by a close", "behind its end"):
        second.half_close()
    if not closes:
        second.reset()
    until(lambda: lb.metrics().value("lb_queue_length", service="svc") == 0, "the second to be forgotten")
    gate.open.set()
    assert first.read_response().status == 200
    assert len(backend.requests) == 1
    first.close()


def test_a_limit_that_finds_itself_sheds_the_rest(start):
    gate = Gate()
    backend = start.backend(script=gate)
    lb = start.lb(service(backend, limits={"adaptive": {"min": 2, "max": 3}}), threads=1)
    clients = asking(lb, 12)
    shed = lambda: lb.metrics().total("lb_generated_responses_total", reason="overloaded")
    until(lambda: gate.now + shed() == 12, "everybody to be at the backend or turned away")
    gate.open.set()
    answers = [client.read_response() for client in clients]
    assert 2 <= gate.most <= 3
    turned_off = [answer for answer in answers if answer.status != 200]
    assert len(turned_off) == 12 - gate.most
    assert {(one.status, one.proxy_status, one.get("retry-after")) for one in turned_off} == {(503, "overloaded", "1")}
    limit = "lb_backend_concurrency_limit"
    until(lambda: 2 <= lb.metrics().total(limit, service="svc") <= 3, "the limit to be shown once something is measured")
    for client in clients:
        client.close()


def test_a_rate_is_one_for_all_workers(start, backend):
    lb = start.lb(service(backend, rate_limit={"rate": "1/h", "burst": 7}), threads=2)
    answers = []
    for _ in range(20):
        with lb.connect() as client:
            answers.append(client.request(get()))
    assert [answer.status for answer in answers] == [200] * 7 + [429] * 13
    assert answers[-1].proxy_status == "rate_limited"
    assert 0 < int(answers[-1].get("retry-after")) <= 3600
    assert len(backend.requests) == 7


def test_each_key_has_a_rate_of_its_own(start, backend):
    rate = {"rate": "1/h", "burst": 1, "key": "header", "name": "X-Api-Key"}
    lb = start.lb(service(backend, rate_limit=rate))
    with lb.connect() as client:
        statuses = [client.request(get(extra=f"X-Api-Key: {key}\r\n")).status for key in "aabb"]
    assert statuses == [200, 429, 200, 429]


def test_connections_of_one_address_are_limited(start, backend):
    lb = start.lb(backend, limits={"max_connections_per_client": 3}, threads=2)
    held = asking(lb, 3)
    assert [client.read_response().status for client in held] == [200] * 3
    assert turned_away(lb)
    assert lb.metrics().value("lb_client_connections_rejected_total", reason="per_client") == 1
    held.pop().close()

    def served():
        try:
            with lb.connect() as client:
                return client.request(get()).status == 200
        except (OSError, Closed):  # the place of the one that closed is not free yet
            return False

    until(served, "a place to be free again")
    for client in held:
        client.close()


def rated(start, backend, **settings):
    """One request an hour for each client's address."""
    return start.lb(service(backend, rate_limit={"rate": "1/h", "burst": 1, "key": "client_ip"}), **settings)


def test_each_client_address_has_a_rate_of_its_own(start, backend):
    lb = rated(start, backend)
    statuses = []
    for source in ["127.0.0.1", "127.0.0.2", "127.0.0.1", "127.0.0.2"]:
        with lb.connect(source=source) as client:
            # Whatever a client that is not trusted says of itself does not make it another one.
            statuses.append(client.request(get(extra=f"X-Forwarded-For: 192.0.2.{len(statuses)}\r\n")).status)
    assert statuses == [200, 200, 429, 429]


def test_behind_a_trusted_proxy_it_is_the_clients_address_and_of_ipv6_its_network(start, backend):
    lb = rated(start, backend, trusted_proxies=["127.0.0.0/8"])
    asked = [
        ("192.0.2.1", 200), ("192.0.2.2", 200), ("192.0.2.1", 429), ("198.51.100.9, 192.0.2.2", 429),
        ("2001:db8:0:1::1", 200), ("2001:db8:0:1:ffff::2", 429), ("2001:db8:0:2::1", 200),
    ]  # fmt: skip
    with lb.connect() as client:
        statuses = [client.request(get(extra=f"X-Forwarded-For: {said}\r\n")).status for said, _ in asked]
    assert statuses == [wanted for _, wanted in asked]
