"""Weights, backups, policies by load and latency, hashing, sticky clients and slow start, with real processes."""

import copy
import re
from contextlib import ExitStack

import pytest

from config_file import service
from raw_backend import ok
from raw_client import get
from wait import until


@pytest.fixture
def backends(start):
    return [start.backend(ok(str(i).encode())) for i in range(3)]


def share(backend, **settings):
    return {**backend.host, **settings}


def answers(lb, requests, **kwargs):
    """Who answered each of them, on one connection."""
    with lb.connect() as client:
        return [int(client.request(get(**kwargs)).body) for _ in range(requests)]


def test_round_robin_by_weight_is_exact_in_every_row(start, backends):
    hosts = [share(backends[0], weight=3), share(backends[1]), share(backends[2])]
    lb = start.lb(service(*hosts, balance="round_robin"), threads=1)
    order = answers(lb, 50)
    for begin in range(45):
        row = order[begin : begin + 5]
        assert [row.count(i) for i in range(3)] == [3, 1, 1], order


@pytest.mark.parametrize("balance", ["random", "round_robin", "least_request", "p2c", "peak_ewma"])
def test_weight_zero_gets_nothing(start, backends, balance):
    hosts = [share(backends[0], weight=0), share(backends[1]), share(backends[2], weight=2)]
    order = answers(start.lb(service(*hosts, balance=balance)), 200)
    assert set(order) == {1, 2}, order


def reloaded(lb, *hosts, **settings):
    config = copy.deepcopy(lb.config)
    config["proxy"]["services"] = [service(*hosts, **settings)]
    lb.reloaded(config)


def test_backup_serves_when_the_others_do_not(start, backends):
    lb = start.lb(service(share(backends[0]), share(backends[1], backup=True)))
    assert answers(lb, 20) == [0] * 20
    backends[0].stop()
    assert answers(lb, 20) == [1] * 20


def test_reload_changes_weights(start, backends):
    lb = start.lb(service(*backends[:2], balance="round_robin"))
    assert set(answers(lb, 10)) == {0, 1}
    reloaded(lb, share(backends[0], weight=0), share(backends[1], weight=7), balance="round_robin")
    until(lambda: answers(lb, 10) == [1] * 10, "all requests at the one that has a weight")
    shown = [lb.metrics().value("lb_backend_weight", backend=f"127.0.0.1:{one.port}") for one in backends[:2]]
    assert shown == [0, 7]


@pytest.mark.parametrize("balance", ["least_request", "p2c"])
def test_busy_backends_get_no_more(start, backends, balance):
    """Two workers, and a request that hangs at one backend: neither worker sends it another one."""
    held = []

    def hold(connection):
        while connection.read_request():
            held.append(connection)
            connection.wait_for_end()

    slow = start.backend(script=hold)
    lb = start.lb(service(slow, backends[1], balance=balance), threads=2)
    with ExitStack() as stack:
        while not held:
            client = stack.enter_context(lb.connect())
            client.send(get())
            until(lambda: held or not client.quiet_for(0), "a backend that has it")
        for _ in range(4):  # on connections of their own, so of both workers
            assert answers(lb, 10) == [1] * 10
        assert len(held) == 1
        assert lb.metrics().total("lb_backend_inflight_requests", backend=f"127.0.0.1:{slow.port}") == 1


@pytest.mark.parametrize("status", ["503 Service Unavailable", "429 Too Many Requests"])
def test_peak_ewma_leaves_the_one_that_fails(start, backends, status):
    failing = start.backend(ok(b"9", status=status))
    lb = start.lb(service(failing, backends[1], balance="peak_ewma"))
    assert answers(lb, 200).count(9) <= 2
    latency = lb.metrics().value("lb_backend_latency_ewma_seconds", backend=f"127.0.0.1:{failing.port}")
    assert 1 < latency <= 5


HASHES = {
    "header": ({"key": "header", "name": "X-User"}, lambda user: get(extra=f"X-User: {user}\r\n")),
    "cookie": ({"key": "cookie", "name": "user"}, lambda user: get(extra=f"Cookie: a=b; user={user}; c=d\r\n")),
    "path": ({"key": "path"}, lambda user: get(path=f"/users/{user}?page={id(object())}")),
}


@pytest.mark.parametrize("key", HASHES)
def test_equal_keys_go_to_the_same_backend(start, backends, key):
    hashing, request = HASHES[key]
    settings = {"balance": "hash", "hash": hashing}
    first = start.lb(service(*backends, **settings), threads=2)
    second = start.lb(service(*reversed(backends), **settings), threads=1)  # another proxy, another order
    where = {}
    for _ in range(2):
        for lb in (first, second):
            with lb.connect() as client:
                for user in range(60):
                    body = client.request(request(user)).body
                    assert where.setdefault(user, body) == body
    assert set(where.values()) == {b"0", b"1", b"2"}


def test_one_client_address_stays_and_keyless_requests_spread(start, backends):
    by_address = start.lb(service(*backends, balance="hash"))
    assert len(set(answers(by_address, 30))) == 1
    by_header = start.lb(service(*backends, balance="hash", hash={"key": "header", "name": "X-User"}))
    assert len(set(answers(by_header, 60))) == 3


@pytest.mark.parametrize("max_load", [0, 125])
def test_bounded_load_passes_a_key_on_while_its_host_is_busy(start, max_load):
    """With one request at the host of a key its next ones go to a second choice, always the same; other keys stay."""
    held = []

    def script(number):
        def serve(connection):
            while request := connection.read_request():
                if request.target == "/hold":
                    held.append(connection)
                    until(lambda: not held, "the test lets it go")
                connection.send(ok(b"%d" % number))

        return serve

    backends = [start.backend(script=script(number)) for number in range(3)]
    hashing = {"key": "header", "name": "X-User", "max_load": max_load}
    lb = start.lb(service(*backends, balance="hash", hash=hashing), threads=1)

    def where(user):
        return answers(lb, 1, extra=f"X-User: {user}\r\n")[0]

    homes = {user: where(user) for user in range(60)}  # a host without one of them: once in 10^10 runs
    assert len(set(homes.values())) == 3
    with lb.connect() as client:
        client.send(get("/hold", extra="X-User: 0\r\n"))
        until(lambda: held, "the request that stays")
        seconds = {where(0) for _ in range(10)}
        assert len(seconds) == 1
        assert (seconds == {homes[0]}) == (max_load == 0)
        others = [user for user in homes if homes[user] != homes[0]]
        assert [where(user) for user in others] == [homes[user] for user in others]
        held.clear()
        assert client.read_response().body == b"%d" % homes[0]
    until(lambda: where(0) == homes[0], "its host has room again")


COOKIE = re.compile(r"pin=([0-9a-f]{16}); Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=3600")


def test_sticky_client_comes_back_until_its_backend_is_gone(start, backends):
    sticky = {"cookie": "pin", "ttl": "1h", "secure": True}
    lb = start.lb(service(*backends, sticky=sticky), threads=2)

    def ask(cookie=None):
        with lb.connect() as client:
            answer = client.request(get(extra=f"Cookie: pin={cookie}\r\n" if cookie else ""))
        assert answer.status == 200
        return int(answer.body), answer.get_all("Set-Cookie")

    first, (said,) = ask()
    pin = COOKIE.fullmatch(said).group(1)
    assert [ask(pin) for _ in range(30)] == [(first, [])] * 30
    _, again = ask("0123456789abcdef")  # nobody's
    assert len(again) == 1
    reloaded(lb, *(one for one in backends if one is not backends[first]), sticky=sticky)
    until(lambda: ask(pin)[0] != first, "another backend")
    second, (said,) = ask(pin)
    assert second != first
    assert ask(COOKIE.fullmatch(said).group(1)) == (second, [])
    assert lb.metrics().value("lb_sticky_moved_total", service="svc") >= 2  # once by a stranger's cookie


def test_new_host_starts_slowly(start, backends):
    settings = {"balance": "round_robin", "slow_start": {"window": "1h", "min_weight": 10}}
    lb = start.lb(service(*backends[:2], **settings), threads=1)
    assert sorted(answers(lb, 10)) == [0] * 5 + [1] * 5  # those that were there have their full share
    reloaded(lb, *backends, **settings)
    counts = [0, 0, 0]
    for pick in answers(lb, 210):
        counts[pick] += 1
    assert 8 <= counts[2] <= 12, counts  # 10 in 210
