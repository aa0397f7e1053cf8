"""Backends behind names: lb asks a name server of its own choice again and again, and follows what the names mean."""

import collections
import copy
import threading

import pytest
import requests

from config_file import service
from fleet import shown
from load import Load
from name_server import NAME_ERROR, SILENCE, NameServer
from ports import free_port
from raw_backend import ok
from raw_client import get
from wait import until


@pytest.fixture
def names(start):
    return start.keep(NameServer())


def backends_at(start, port, *addresses):
    """One on each address, all on one port as the pods of a headless Service; each says where it is."""
    return {address: start.backend(ok(address.encode()), address=address, port=port) for address in addresses}


def lb_for(start, names, port, name="pods.test", **settings):
    """With one worker, as each looks names up for itself, at its own time."""
    backends = service({"address": name, "port": port}, **settings)
    return start.lb(backends, dns={"servers": [names.address]}, threads=1)


def asked(lb, count=1):
    """Who answers; every request has to be answered well."""
    answers = [lb.request(get()) for _ in range(count)]
    assert {answer.status for answer in answers} == {200}
    return collections.Counter(answer.body.decode() for answer in answers)


def addresses_of(lb):
    return {backend["address"] for backend in shown(lb)["backends"]}


def labels_of(lb):
    return {backend["backend"] for backend in shown(lb)["backends"]}


def test_every_address_of_a_name_is_a_backend(start, names):
    port = free_port()
    backends_at(start, port, "127.0.0.1", "127.0.0.2", "127.0.0.3")
    names.names["pods.test"] = ["127.0.0.1", "127.0.0.2"]
    lb = lb_for(start, names, port, balance="round_robin")
    assert asked(lb, 10) == {"127.0.0.1": 5, "127.0.0.2": 5}
    lines = lb.access_log(10)
    assert {line["backend"] for line in lines} == {f"pods.test:{port}"}
    assert {line["backend_address"] for line in lines} == {f"127.0.0.1:{port}", f"127.0.0.2:{port}"}
    names.names["pods.test"] = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]  # it scales up
    lb.wait_until(lambda: asked(lb, 3).keys() == {"127.0.0.1", "127.0.0.2", "127.0.0.3"}, "a new pod is used")
    names.names["pods.test"] = ["127.0.0.3"]  # and down
    lb.wait_until(lambda: addresses_of(lb) == {f"127.0.0.3:{port}"}, "those that left are gone")
    assert asked(lb, 6) == {"127.0.0.3": 6}


def test_a_request_under_way_ends_where_it_began(start, names):
    port = free_port()
    let_go = threading.Event()

    def slow(_):
        assert let_go.wait(20)
        return ok(b"the old one")

    old = start.backend(slow, address="127.0.0.1", port=port)
    backends_at(start, port, "127.0.0.2")
    names.names["pods.test"] = ["127.0.0.1"]
    lb = lb_for(start, names, port)
    with lb.connect() as client:
        client.send(get())
        old.wait_requests(1)
        names.names["pods.test"] = ["127.0.0.2"]
        lb.wait_until(lambda: f"127.0.0.2:{port}" in addresses_of(lb), "the name means another address")
        assert asked(lb, 5) == {"127.0.0.2": 5}
        let_go.set()
        assert client.read_response().body == b"the old one"
    lb.wait_until(lambda: addresses_of(lb) == {f"127.0.0.2:{port}"}, "the old one is gone")


@pytest.mark.parametrize("trouble", [NAME_ERROR, []], ids=["no such name", "no addresses"])
def test_a_name_that_fails_keeps_the_addresses_it_had(start, names, trouble):
    port = free_port()
    backends_at(start, port, "127.0.0.1", "127.0.0.2")
    names.names["pods.test"] = ["127.0.0.1"]
    lb = lb_for(start, names, port)
    assert asked(lb) == {"127.0.0.1": 1}
    names.names["pods.test"] = trouble
    lb.wait_until(lambda: lb.metrics().total("lb_dns_lookups_total", result="failed") > 0, "a look-up that fails")
    assert asked(lb, 5) == {"127.0.0.1": 5}
    names.names["pods.test"] = ["127.0.0.2"]
    lb.wait_until(lambda: asked(lb).keys() == {"127.0.0.2"}, "the name that works again is followed")


def test_a_name_that_comes_later(start, names):
    port = free_port()
    backends_at(start, port, "127.0.0.1")
    lb = lb_for(start, names, port)
    answer = lb.request(get())
    assert (answer.status, lb.access_log(1)[0]["reason"]) == (503, "no_healthy_backend")
    assert shown(lb)["unresolved"] == [{"service": "svc", "backend": f"pods.test:{port}"}]
    names.names["pods.test"] = ["127.0.0.1"]
    lb.wait_until(lambda: lb.request(get()).status == 200, "the name is there")
    assert shown(lb)["unresolved"] == []


def test_a_host_is_called_by_a_name_instead_of_its_address(start, names):
    """Under load, by a name server that says nothing at first: no request is lost, and what was ordered by hand stays."""
    port = free_port()
    backends_at(start, port, "127.0.0.1", "127.0.0.2")
    names.names["pods.test"] = SILENCE
    hosts = [{"address": "127.0.0.1", "port": port}, {"address": "127.0.0.2", "port": port}]
    lb = start.lb(service(*hosts, balance="round_robin"), dns={"servers": [names.address]}, threads=1)
    order = f"http://127.0.0.1:{lb.admin_port}/backends/svc/127.0.0.1:{port}/weight?value=3"
    assert requests.post(order, timeout=20).status_code == 200
    config = copy.deepcopy(lb.config)
    config["proxy"]["services"][0]["hosts"][0]["address"] = "pods.test"
    with Load(lb) as load:
        lb.reloaded(config)
        until(lambda: "pods.test" in names.asked, "the name is asked for")
        load.goes_on()
        assert f"127.0.0.1:{port}" in labels_of(lb)
        names.names["pods.test"] = ["127.0.0.1"]
        lb.wait_until(lambda: labels_of(lb) == {f"pods.test:{port}", f"127.0.0.2:{port}"}, "the name is known")
        load.goes_on()
    assert asked(lb, 8) == {"127.0.0.1": 6, "127.0.0.2": 2}, "the weight is still in force"
    assert lb.metrics().value("lb_service_healthy_backends", service="svc") == 2
    assert "can be used" not in lb.log(), "nobody was ever thought to be missing"
