"""The settings of active checks, with real processes: how a backend begins, whom a check asks, how it comes back."""

import threading

import pytest

from fleet import QUICK, ask, fleet, front, state, wait_state
from raw_backend import ok
from raw_client import get
from wait import until

ONCE = {"interval": "24h", "down_interval": "24h", "timeout": "5s"}  # the first check, and no other while the test runs


@pytest.fixture
def backends(start):
    return fleet(start)


def checks(backend):
    return [request for request in backend.raw.requests if request.target == "/healthz"]


def test_initial_check_lets_the_first_check_decide(start, backends):
    backends[1].well = False
    lb = front(start, backends, health_check={"http": {"path": "/healthz"}, **ONCE, "fall": 1000})
    wait_state(lb, backends[1], "down")
    assert len(checks(backends[1])) == 1
    assert set(ask(lb)) == {0, 2}


def test_initial_up_wants_as_many_failures_as_ever(start, backends):
    backends[1].well = False
    lb = front(start, backends, health_check={"http": {"path": "/healthz"}, **ONCE, "fall": 2, "initial": "up"})
    until(lambda: state(lb, backends[1])["checks_failed"] == 1, "a check has failed")
    assert state(lb, backends[1])["state"] == "up"
    assert set(ask(lb)) == {0, 1, 2}


def test_initial_down_serves_nobody_before_it_has_passed(start, backends):
    gate = threading.Event()
    answered = []

    def answer(request):
        if request.target == "/healthz":
            assert gate.wait(20), "the test lets checks pass"
        answered.append(request.target)
        return ok(b"0")

    backends[0].raw.answer = answer
    check = {"http": {"path": "/healthz"}, **QUICK, "timeout": "20s", "rise": 3, "initial": "down"}
    lb = front(start, backends[:1], health_check=check, panic_threshold=0)
    with lb.connect() as client:
        refused = client.request(get())
    assert (refused.status, refused.proxy_status) == (503, "no_healthy_backend")
    shown = state(lb, backends[0])
    assert (shown["state"], shown["reason"]) == ("down", "not checked yet")
    gate.set()
    until(lambda: ask(lb, 1)[0], "it serves")
    assert answered.index("/") >= 3, "a request before it had passed three checks"


def test_another_port_is_checked(start, backends):
    """All hosts share what answers for them there, as containers of a pod would."""
    *users, checker = backends
    lb = front(start, users, health_check={"http": {"path": "/healthz"}, "port": checker.raw.port, **QUICK})
    until(lambda: all(state(lb, one)["checks_passed"] > 0 for one in users), "checks that pass")
    assert set(ask(lb)) == {0, 1}
    assert checks(users[0]) + checks(users[1]) == []
    checker.well = False
    for one in users:
        wait_state(lb, one, "down")


@pytest.mark.parametrize("settings, asks_for", [({}, None), ({"host": "check.svc.test"}, "check.svc.test")])
def test_the_host_of_a_check(start, backends, settings, asks_for):
    front(start, backends, health_check={"http": {"path": "/healthz", **settings}, **QUICK})
    for one in backends:
        until(lambda: checks(one), "a check")
        assert checks(one)[0].get("Host") == (asks_for or one.label)


def test_who_recovers_starts_slowly(start, backends):
    slow_start = {"window": "1h", "min_weight": 10}
    lb = front(start, backends, slow_start=slow_start, health_check={"http": {"path": "/healthz"}, **QUICK})
    until(lambda: all(state(lb, one)["checks_passed"] > 0 for one in backends), "checks that pass")
    assert ask(lb, 12) == {0: 4, 1: 4, 2: 4}
    backends[2].well = False
    wait_state(lb, backends[2], "down")
    backends[2].well = True
    wait_state(lb, backends[2], "up")
    counts = ask(lb, 210)
    assert 8 <= counts[2] <= 12, counts  # 10 in 210
    assert lb.metrics().value("lb_backend_weight", backend=backends[2].label) == pytest.approx(0.1, abs=0.02)
