"""Health: active checks, ejection by what requests say, panic, and orders of an operator."""

import itertools
import re

import pytest
import requests

from config_file import service
from fleet import LONG, QUICK, ask, fleet, front, order, shown, state, wait_state
from ports import free_port
from raw_backend import late, ok
from raw_client import get
from wait import until


@pytest.fixture
def backends(start):
    return fleet(start)


def test_a_backend_that_fails_its_checks_is_left_out_until_it_passes(start, backends):
    lb = front(start, backends, health_check={"http": {"path": "/healthz", "body": "fine"}, **QUICK})
    until(lambda: set(ask(lb)) == {0, 1, 2}, "all of them serve")
    backends[1].well = False
    wait_state(lb, backends[1], "down")
    assert set(ask(lb)) == {0, 2}
    metrics = lb.metrics()
    assert metrics.value("lb_backend_up", backend=backends[1].label) == 0
    assert metrics.value("lb_service_healthy_backends", service="svc") == 2
    assert metrics.value("lb_backend_health_checks_total", backend=backends[1].label, result="failed") >= 2
    backends[1].well = True
    wait_state(lb, backends[1], "up")
    assert set(ask(lb)) == {0, 1, 2}
    assert "is down, was up: a check failed (status 500)" in lb.log()


def test_an_answer_that_trickles_is_none(start, backends):
    def trickle(connection):
        while connection.read_request() is not None:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
            while True:
                connection.send(b"x")
                if connection.done.wait(0.02):
                    return

    slow = start.backend()
    slow.script = trickle
    check = {"http": {"path": "/healthz"}, **QUICK, "timeout": "2s"}
    lb = start.lb(service(backends[0].raw, slow, health_check=check), threads=1)
    until(lambda: "down" in [one["state"] for one in shown(lb)["backends"]], "the check gives up")
    assert "no whole answer in time" in lb.log()
    assert set(ask(lb)) == {0}


def test_tcp_checks(start, backends):
    lb = front(start, backends, health_check={"tcp": True, **QUICK})
    backends[2].raw.stop()
    wait_state(lb, backends[2], "down")
    assert set(ask(lb)) == {0, 1}


def test_a_backend_that_fails_users_is_ejected_although_its_checks_pass(start, backends):
    outlier = {"consecutive_failures": 3, "base_ejection": "4s", "max_ejection": "4s"}
    lb = front(start, backends, health_check={"http": {"path": "/healthz"}, **QUICK}, outlier=outlier)
    backends[0].serves = False
    assert ask(lb, 9)[None] == 3
    wait_state(lb, backends[0], "ejected")
    assert lb.metrics().value("lb_backend_ejected", backend=backends[0].label) == 1
    assert set(ask(lb, 6)) == {1, 2}
    # One request on probation, which fails: out again.
    until(lambda: ask(lb, 6)[None] > 0, "a request on probation")
    wait_state(lb, backends[0], "ejected")
    backends[0].serves = True
    until(lambda: ask(lb, 6)[0] > 0, "the backend serves again")
    wait_state(lb, backends[0], "up")
    metrics = lb.metrics()
    ejections = {
        reason: metrics.value("lb_backend_ejections_total", backend=backends[0].label, reason=reason)
        for reason in ("consecutive_failures", "probe_failed")
    }
    assert ejections["consecutive_failures"] == 1 and ejections["probe_failed"] >= 1, ejections


def test_no_more_are_ejected_than_may_be(start, backends):
    lb = front(start, backends, outlier={"consecutive_failures": 2, "max_ejection_percent": 50})
    backends[0].serves = backends[1].serves = False
    failed = sum(ask(lb, 9)[None] for _ in range(5))  # of whom one at most is out, as two were two thirds
    assert sorted(state(lb, backend)["state"] for backend in backends) == ["ejected", "up", "up"]
    assert failed > 15


def test_each_ejection_lasts_longer_than_the_one_before(start, backends):
    lb = front(start, backends, outlier={"consecutive_failures": 1, "base_ejection": "500ms", "max_ejection": "5s"})
    backends[0].serves = False

    def times():
        ask(lb, 6)
        return [float(time) for time in re.findall("is ejected, .*; out for ([0-9.]+) s", lb.log())]

    first, second, third = until(lambda: (found := times())[2:] and found, "it is ejected a third time")[:3]
    assert 0.3 < first < second < third < 3  # twice as long each time, a fifth more or less


def expect_ejected(lb, backend, reason, words):
    """After as many requests as that takes; and then it gets none."""
    until(lambda: ask(lb, 30) and state(lb, backend)["state"] == "ejected", "its ejection")
    assert words in state(lb, backend)["reason"]
    assert set(ask(lb)) == {0, 1, 2} - {backend.number}
    assert lb.metrics().value("lb_backend_ejections_total", backend=backend.label, reason=reason) == 1


def test_a_low_rate_of_success_is_a_reason(start, backends):
    """Every other request fails: never two in a row."""
    sick = backends[1]
    turns = itertools.count()
    sick.raw.answer = lambda request: ok(b"1", status="503 Busy" if next(turns) % 2 else "200 OK")
    outlier = {"success_percent": 80, "min_requests": 5, "window": "1s", **LONG}
    expect_ejected(front(start, backends, outlier=outlier), sick, "success_rate", "requests succeeded")


def test_who_is_much_slower_than_the_others_is_ejected(start, backends):
    slow = backends[2]
    for number, seconds in enumerate([0.01, 0.01, 0.3]):  # more than a busy machine adds
        backends[number].raw.script = late(seconds, ok(b"%d" % number))
    outlier = {"latency_factor": 10, "min_requests": 3, "window": "5s", **LONG}
    expect_ejected(front(start, backends, outlier=outlier), slow, "latency", "the median backend's")


def test_a_check_has_to_find_its_words(start, backends):
    check = {"http": {"path": "/healthz", "body": "fine", "expect": [200, "500-599"]}, **QUICK}
    lb = front(start, backends, health_check=check)
    backends[0].well = False  # a 500, which is expected here, without a body
    wait_state(lb, backends[0], "down")
    assert "the body does not have what is expected" in state(lb, backends[0])["reason"]
    assert set(ask(lb)) == {1, 2}


def test_the_last_backend_is_never_ejected(start, backends):
    lb = front(start, backends[:1], outlier={"consecutive_failures": 2}, panic_threshold=0)
    backends[0].serves = False
    assert ask(lb, 10) == {None: 10}
    assert len(backends[0].raw.requests) == 10
    assert state(lb, backends[0])["state"] == "up"


def test_panic_uses_all_and_is_told(start, backends):
    lb = front(start, backends, health_check={"http": {"path": "/healthz"}, **QUICK}, panic_threshold=50)
    for one in backends[:2]:
        one.well = False
        wait_state(lb, one, "down")
    assert set(ask(lb)) == {0, 1, 2}
    assert lb.metrics().value("lb_service_panic", service="svc") == 1
    assert shown(lb)["services"] == [{"service": "svc", "panic": True, "healthy": 1}]
    assert "panic: 1 of 3 backends of svc can be used, less than 50 %: all are used" in lb.log()
    backends[0].well = True
    wait_state(lb, backends[0], "up")
    assert set(ask(lb)) == {0, 2}
    assert lb.metrics().value("lb_service_panic", service="svc") == 0
    assert shown(lb)["services"] == [{"service": "svc", "panic": False, "healthy": 2}]
    assert "2 of 3 backends of svc can be used: the others are spared" in lb.log()


def test_without_panic_nobody_is_left(start, backends):
    lb = front(start, backends, health_check={"http": {"path": "/healthz"}, **QUICK}, panic_threshold=0)
    for one in backends:
        one.well = False
        wait_state(lb, one, "down")
    with lb.connect() as client:
        answer = client.request(get())
    assert answer.status == 503
    assert answer.proxy_status == "no_healthy_backend"


def test_a_backend_is_drained_by_hand_and_stays_so_over_reloads(start, backends):
    lb = front(start, backends)
    with lb.connect() as client:
        for _ in range(6):
            client.request(get())
        idle = [one.raw.connections[0] for one in backends]
        assert order(lb, backends[0], "drain").status_code == 200
        until(idle[0].done.is_set, "its idle connection is closed")
    assert set(ask(lb)) == {1, 2}
    lb.reloaded()
    assert set(ask(lb)) == {1, 2}
    assert state(lb, backends[0])["reason"] == "drained by hand"
    assert order(lb, backends[0], "enable").status_code == 200
    assert set(ask(lb)) == {0, 1, 2}


def test_a_weight_by_hand_changes_the_shares(start, backends):
    lb = front(start, backends)
    assert order(lb, backends[0], "weight?value=2").status_code == 200
    assert ask(lb, 12) == {0: 6, 1: 3, 2: 3}
    assert order(lb, backends[0], "weight?value=0").status_code == 200
    assert set(ask(lb)) == {1, 2}
    assert order(lb, backends[0], "weight?value=auto").status_code == 200
    assert set(ask(lb)) == {0, 1, 2}


def test_panic_never_uses_what_was_drained_by_hand(start, backends):
    lb = front(start, backends, health_check={"http": {"path": "/healthz"}, **QUICK})
    order(lb, backends[0], "drain")
    for one in backends[1:]:
        one.well = False
        wait_state(lb, one, "down")
    assert set(ask(lb)) == {1, 2}


def test_orders_that_make_no_sense(start, backends):
    lb = front(start, backends)
    base = f"http://127.0.0.1:{lb.admin_port}/backends"
    assert order(lb, backends[0], "drain", method="GET").status_code == 405
    assert order(lb, backends[0], "drain", method="GET").headers["Allow"] == "POST"
    assert order(lb, backends[0], "explode").status_code == 404
    assert order(lb, backends[0], "weight").status_code == 400
    assert order(lb, backends[0], "weight?value=-1").status_code == 400
    assert order(lb, backends[0], "weight?value=99999").status_code == 400
    assert requests.post(f"{base}/svc/10.9.9.9:1/drain", timeout=20).status_code == 404
    assert requests.post(f"{base}/none/{backends[0].label}/drain", timeout=20).status_code == 404
    assert requests.post(f"{base}/svc/drain", timeout=20).status_code == 404
    assert requests.post(base, timeout=20).status_code == 405
    assert order(lb, backends[0], "weight?value=7").status_code == 200
    assert state(lb, backends[0])["weight"] == 7
    assert order(lb, backends[0], "weight?value=auto").status_code == 200
    assert state(lb, backends[0])["weight"] == 1


# A browser or a proxy on this machine asks from this machine, too, on behalf of whom it may be.
@pytest.mark.parametrize("sign", ["Origin", "Via", "Forwarded", "X-Forwarded-For"])
def test_orders_are_not_taken_for_somebody_else(start, backends, sign):
    lb = front(start, backends)
    base = f"http://127.0.0.1:{lb.admin_port}"
    for path in (f"/backends/svc/{backends[0].label}/drain", "/reload"):
        refused = requests.post(base + path, headers={sign: "http://example.com"}, timeout=20)
        assert refused.status_code == 403
        assert "not from a web page" in refused.text
    assert state(lb, backends[0])["state"] == "up"
    assert requests.get(base + "/livez", headers={sign: "x"}, timeout=20).status_code == 200


def test_orders_are_for_those_who_are_allowed(start, backends):
    admin = {"address": "127.0.0.1", "port": free_port(), "allow": ["192.0.2.0/24"]}
    lb = start.lb(*(one.raw for one in backends), admin=admin)
    assert lb.admin_status("/livez") == 403
    assert order(lb, backends[0], "drain").status_code == 403
    until(lambda: set(ask(lb)) == {0, 1, 2}, "all of them serve")
