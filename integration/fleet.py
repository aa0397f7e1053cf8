"""Three backends that can fall ill, the proxy before them, and what an operator sees and says of them."""

import collections

import requests

from config_file import service
from raw_backend import ok
from raw_client import get
from wait import until

QUICK = {"interval": "20ms", "down_interval": "20ms", "timeout": "5s", "fall": 2, "rise": 2}  # of health_check
LONG = {"base_ejection": "1m", "max_ejection": "1m"}  # of outlier


class Backend:
    """One of them: answers its number, and its check as long as it is well."""

    def __init__(self, start, number):
        self.number = number
        self.well = True  # for checks
        self.serves = True  # for users
        self.raw = start.backend(self.answer)

    def answer(self, request):
        if request.target == "/healthz":
            return ok(b"fine") if self.well else ok(b"", status="500 Internal Server Error")
        if not self.serves:
            return ok(b"", status="503 Service Unavailable")
        return ok(str(self.number).encode())

    @property
    def label(self):
        return f"127.0.0.1:{self.raw.port}"


def fleet(start):
    return [Backend(start, number) for number in range(3)]


def front(start, backends, **settings):
    settings.setdefault("balance", "round_robin")
    return start.lb(service(*(one.raw for one in backends), **settings), threads=1)


def ask(lb, count=12):
    """Who answered how often; None stands for errors."""
    seen = collections.Counter()
    with lb.connect() as client:
        for _ in range(count):
            answer = client.request(get())
            seen[int(answer.body) if answer.status == 200 else None] += 1
    return seen


def shown(lb):
    """What /backends says."""
    answer = requests.get(f"http://127.0.0.1:{lb.admin_port}/backends", timeout=20)
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()


def state(lb, backend):
    (found,) = [one for one in shown(lb)["backends"] if one["backend"] == backend.label]
    return found


def order(lb, backend, what, method="POST"):
    url = f"http://127.0.0.1:{lb.admin_port}/backends/svc/{backend.label}/{what}"
    return requests.request(method, url, timeout=20)


def wait_state(lb, backend, wanted):
    until(lambda: state(lb, backend)["state"] == wanted, f"{backend.label} is {wanted}")
