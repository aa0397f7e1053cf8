"""What lb has learnt of backends stays known over a reload: who is slow, who is out, and what was ordered by hand."""

import copy

import pytest

from fleet import LONG, ask, fleet, front, order, state
from raw_backend import late, ok
from wait import until


@pytest.fixture
def backends(start):
    return fleet(start)


def with_another_host(lb, start):
    """A configuration that surely counts as another one: one more host, and another setting."""
    config = copy.deepcopy(lb.config)
    (svc,) = config["proxy"]["services"]
    svc["hosts"].append(start.backend(ok(b"3")).host)
    svc["timeouts"] = {"connect": "7s"}
    return config


def test_who_is_slow_is_not_tried_anew(start, backends):
    """peak_ewma would give one request to a backend of which it knows nothing."""
    slow = backends[0]
    slow.raw.script = late(2.5, ok(b"0"))  # longer than a machine stands still
    lb = front(start, backends, balance="peak_ewma")

    def latency():
        return lb.metrics().total("lb_backend_latency_ewma_seconds", backend=slow.label)

    until(lambda: ask(lb, 3) and latency() > 2, "its latency is known")
    before = len(slow.raw.requests)
    lb.reloaded(with_another_host(lb, start))
    assert latency() > 1
    answers = ask(lb, 60)
    assert answers[3] > 0, "the new configuration is in force"
    assert len(slow.raw.requests) == before, answers


def test_who_is_ejected_stays_so_for_its_time(start, backends):
    lb = front(start, backends, outlier={"consecutive_failures": 2, **LONG})
    backends[0].serves = False
    until(lambda: ask(lb) and state(lb, backends[0])["state"] == "ejected", "its ejection")
    before = state(lb, backends[0])
    lb.reloaded(with_another_host(lb, start))
    assert set(ask(lb, 24)) == {1, 2, 3}
    after = state(lb, backends[0])
    assert (after["state"], after["reason"]) == ("ejected", before["reason"])
    assert 0 < after["ejected_for_seconds"] < before["ejected_for_seconds"]
    assert lb.metrics().value("lb_backend_ejections_total", backend=backends[0].label, reason="consecutive_failures") == 1


def test_who_failed_its_checks_stays_down(start, backends):
    """The next check is a day away: nobody finds it again."""
    backends[0].well = False
    lb = front(start, backends, health_check={"http": {"path": "/healthz"}, "interval": "24h", "down_interval": "24h"})
    until(lambda: state(lb, backends[0])["state"] == "down", "its first check")
    backends[0].well = True
    lb.reloaded(with_another_host(lb, start))
    assert set(ask(lb, 24)) == {1, 2, 3}
    assert state(lb, backends[0])["state"] == "down"


def test_orders_by_hand_stay(start, backends):
    lb = front(start, backends)
    order(lb, backends[0], "drain")
    order(lb, backends[1], "weight?value=3")
    lb.reloaded(with_another_host(lb, start))
    assert ask(lb, 50) == {1: 30, 2: 10, 3: 10}
    assert state(lb, backends[0])["state"] == "drained"
    assert state(lb, backends[1])["weight_by_hand"] is True
    order(lb, backends[0], "enable")
    assert set(ask(lb, 24)) == {0, 1, 2, 3}
