"""Backends that pass their checks and fail their users: out within five seconds of the first failure, and not brought
back by checks. The settings are those that docs/health.md recommends, and they are taken from there."""

import itertools
import time

import pytest
import yaml

from fleet import LONG, QUICK, fleet, front, state
from load import Users
from raw_backend import ok
from terminal import blocks
from wait import until

WITHIN = 5.0  # seconds
ANSWER = 0.05  # what a backend that is well takes: more than a busy machine adds


class Failing:
    """As a connection's script: users wait and get errors as told; checks are answered at once, and well."""

    def __init__(self, number):
        self.number = number
        self.slower = 1
        self.fails = None  # the status of every other answer
        self.turns = itertools.count()
        self.first = None  # when the first user got less than he should
        self.checks = 0
        self.users = 0

    def __call__(self, connection):
        while request := connection.read_request():
            if request.target == "/healthz":
                self.checks += 1
                connection.send(ok(b"fine"))
                continue
            self.users += 1
            sick = self.slower > 1 or self.fails and next(self.turns) % 2 == 0
            connection.done.wait(ANSWER * self.slower)
            if sick:
                self.first = self.first or time.monotonic()
            connection.send(ok(b"%d" % self.number, status=sick and self.fails or "200 OK"))


def recommended():
    (settings,) = blocks("health.md", "yaml", "### Gray failures")
    return yaml.safe_load(settings)["outlier"]


@pytest.mark.parametrize(
    "sickness, reason",
    [
        ({"fails": "503 Service Unavailable"}, "success_rate"),
        ({"fails": "500 Internal Server Error"}, "success_rate"),
        ({"slower": 10}, "latency"),
    ],
    ids=["503", "500", "slow"],
)
def test_out_within_five_seconds_and_not_back_by_checks(start, sickness, reason):
    backends = fleet(start)
    scripts = [Failing(one.number) for one in backends]
    for one, script in zip(backends, scripts):
        one.raw.script = script
    outlier = {**recommended(), **LONG}
    lb = front(start, backends, health_check={"http": {"path": "/healthz"}, **QUICK, "timeout": "5s"}, outlier=outlier)
    sick, script = backends[1], scripts[1]
    with Users(lb, clients=30, pause=0.2) as users:
        # The more the window holds of better times, the later it shows: a whole one, with some over.
        well_until = time.monotonic() + 1.2 * WITHIN
        until(lambda: time.monotonic() > well_until, "a window of good answers")
        assert state(lb, sick)["state"] == "up" and users.failed == 0
        for name, value in sickness.items():
            setattr(script, name, value)
        lb.wait_for_log("is ejected")
        took = time.monotonic() - script.first
        shown = state(lb, sick)
        assert shown["state"] == "ejected"
        assert took < WITHIN, shown["reason"]
        assert lb.metrics().value("lb_backend_ejections_total", backend=sick.label, reason=reason) == 1
        users.finish_what_they_have()
        served, checks = script.users, script.checks
        until(lambda: script.checks > checks + 20, "many checks that pass")
        users.finish_what_they_have()
        assert script.users == served
    assert [state(lb, one)["state"] for one in backends] == ["up", "ejected", "up"]
