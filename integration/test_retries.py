"""Requests that are sent again, with real processes: which, where to, and what the client gets in the end."""

import collections
import time
from contextlib import ExitStack

import pytest

from config_file import service
from raw_backend import ok
from raw_client import get, post
from wait import until

BUSY = ok(b"busy", status="503 Service Unavailable")


def slam(connection):
    """Takes the request and resets."""
    connection.read_request()
    connection.reset()


def pair(start, other, retry=None, **settings):
    """An lb before a backend that behaves as `other` and one that is well, in turn."""
    good = start.backend(ok(b"good"))
    lb = start.lb(
        service(other, good, balance="round_robin", pool={"max_idle": 0}, retry=retry or {}, **settings), threads=1
    )
    return lb, good


def ask(lb, data):
    with lb.connect() as client:
        return client.request(data)


def test_a_reset_get_goes_to_the_other_host(start):
    bad = start.backend(script=slam)
    lb, good = pair(start, bad)
    assert [ask(lb, get()).body for _ in range(4)] == [b"good"] * 4
    tried = len(bad.requests)
    assert tried >= 2
    lb.wait_metric(tried, "lb_retries_total", service="svc", reason="reset")
    lines = lb.access_log(4)
    assert [(line["attempts"], line["retry_reason"]) for line in lines].count((2, "reset")) == tried
    assert [(line["attempts"], line["retry_reason"]) for line in lines].count((1, None)) == 4 - tried


def test_a_post_is_never_sent_twice(start):
    bad = start.backend(script=slam)
    lb, good = pair(start, bad)
    statuses = sorted(ask(lb, post(b"order")).status for _ in range(4))
    assert statuses == [200, 200, 502, 502]
    assert len(bad.requests) == 2
    assert len(good.requests) == 2
    assert lb.metrics().value("lb_retries_denied_total", service="svc", reason="not_idempotent") == 2
    denied = sorted((line["code"], line["retry_denied"]) for line in lb.access_log(4))
    assert denied == [(200, None), (200, None), (502, "not_idempotent"), (502, "not_idempotent")]


def test_a_client_vouches_with_an_idempotency_key(start):
    bad = start.backend(script=slam)
    lb, good = pair(start, bad, {"idempotency_key": True})
    keyed = post(b"order", extra="Idempotency-Key: 7\r\n")
    assert [ask(lb, keyed).status for _ in range(2)] == [200, 200]
    assert all(request.body == b"order" for request in bad.requests + good.requests)


def test_a_503_is_tried_elsewhere_and_the_last_one_is_passed_on(start):
    busy = start.backend(BUSY)
    lb, good = pair(start, busy, {"retry_on": [503]})
    assert [ask(lb, get()).body for _ in range(4)] == [b"good"] * 4
    good.answer = BUSY
    answer = ask(lb, get())
    assert (answer.status, answer.body, answer.proxy_status) == (503, b"busy", None)


def test_an_answer_that_was_kept_is_passed_on_when_the_other_host_is_down(start):
    large = b"x" * 1_000_000
    busy = start.backend(ok(large, status="503 Service Unavailable"))
    lb, good = pair(start, busy, {"retry_on": ["connect_failure", 503]})
    good.stop()
    for _ in range(2):
        answer = ask(lb, get())
        assert (answer.status, answer.body == large) == (503, True)


def test_a_body_that_is_too_large_to_keep_is_sent_once(start):
    bad = start.backend(script=slam)
    lb, good = pair(start, bad, {"body_limit": 1000})
    fits, over = (post(b"x" * size).replace(b"POST", b"PUT", 1) for size in (1000, 1001))
    assert [ask(lb, fits).status for _ in range(2)] == [200, 200]
    assert len(bad.requests) >= 1
    assert {len(request.body) for request in bad.requests + good.requests} == {1000}
    answers = [ask(lb, over) for _ in range(2)]
    assert sorted(answer.status for answer in answers) == [200, 502]
    assert lb.metrics().value("lb_retries_denied_total", service="svc", reason="body_too_large") == 1


def test_another_host_is_asked_at_once_whatever_the_backoff(start):
    """At least five times: a backoff of up to a minute would hardly be short each time."""
    busy = start.backend(BUSY)
    lb, good = pair(start, busy, {"retry_on": [503], "backoff": {"base": "1m", "max": "1m"}}, outlier="off")
    assert [ask(lb, get()).body for _ in range(10)] == [b"good"] * 10
    tried = len(busy.requests)
    assert tried >= 5
    lb.wait_metric(tried, "lb_retries_total", service="svc", reason="status")


def test_the_same_host_is_asked_again_after_a_backoff(start):
    """Forty requests at once, each sent again after a time at random up to a second: not all of them at once."""
    came = collections.defaultdict(list)

    def busy(request):
        came[request.target].append(time.monotonic())
        return BUSY

    retry = {"retry_on": [503], "backoff": {"base": "1s", "max": "1s"}, "budget": {"percent": 1000, "min_concurrency": 100}}
    lb = start.lb(service(start.backend(busy), retry=retry, outlier="off"))
    with ExitStack() as stack:
        clients = [stack.enter_context(lb.connect()) for _ in range(40)]
        for number, client in enumerate(clients):
            client.send(get(f"/{number}"))
        assert [client.read_response().body for client in clients] == [b"busy"] * 40
    assert [len(times) for times in came.values()] == [2] * 40
    waited = sorted(again - first for first, again in came.values())
    assert waited[-1] > 0.2, "all within a fifth of the backoff: 1 in 10^27"


def test_a_slow_attempt_has_its_own_time(start):
    silent = start.backend(script=lambda connection: connection.read_request() and connection.wait_for_end())
    lb, good = pair(start, silent, {"retry_on": ["timeout"], "per_try_timeout": "2s"})
    assert [ask(lb, get()).body for _ in range(2)] == [b"good"] * 2
    assert lb.metrics().value("lb_retries_total", service="svc", reason="timeout") >= 1


def test_the_budget_is_for_all_workers_together(start):
    """Sixty requests at once that all get a 503: no more than the budget is sent again."""
    waiting = []

    def hold(connection):
        if connection.read_request():
            waiting.append(connection)
            connection.wait_for_end()

    bad = start.backend(script=hold)
    lb = start.lb(service(bad, retry={"attempts": 1, "retry_on": [503], "budget": {"percent": 10, "min_concurrency": 0}}), threads=2)
    clients = [lb.connect() for _ in range(60)]
    for client in clients:
        client.send(get())
    until(lambda: len(waiting) == 60, "all requests at the backend")
    for connection in waiting[:60]:
        connection.send(BUSY)
    until(lambda: lb.metrics().total("lb_retries_denied_total", reason="budget") >= 54, "denials")
    metrics = lb.metrics()
    assert metrics.value("lb_retries_total", service="svc", reason="status") <= 6
    for client in clients:
        client.close()


@pytest.mark.parametrize("budget, sent", [({"percent": 0, "min_concurrency": 0}, 1), ({}, 2)])
def test_one_host_is_asked_again_only_if_the_budget_has_it(start, budget, sent):
    busy = start.backend(BUSY)
    lb = start.lb(service(busy, retry={"retry_on": [503], **({"budget": budget} if budget else {})}))
    assert ask(lb, get()).body == b"busy"
    assert len(busy.requests) == sent


def test_one_host_that_breaks_off_is_left_alone(start):
    bad = start.backend(script=slam)
    lb = start.lb(service(bad, pool={"max_idle": 0}))
    assert ask(lb, get()).proxy_status == "backend_closed"
    assert len(bad.requests) == 1
