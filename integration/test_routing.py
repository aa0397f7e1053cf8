"""Which service gets a request."""

import pytest

from config_file import service
from http_message import Closed
from raw_backend import ok
from raw_client import get


@pytest.fixture
def lb(start):
    """Four services, each answering with its name."""
    services = []
    for name, domain in [("exact", "svc.test"), ("deep", "a.b.test"), ("wide", "*.test"), ("narrow", "*.b.test")]:
        services.append(service(start.backend(ok(name.encode())), name=name, domain=domain))
    services[0]["domains"] = ["Also.test", "[::1]"]
    return start.lb(*services)


@pytest.mark.parametrize(
    "host, name",
    [
        ("svc.test", b"exact"),
        ("SVC.TEST", b"exact"),
        ("svc.test:80", b"exact"),
        ("Svc.Test:65535", b"exact"),
        ("svc.test.", b"exact"),
        ("also.test", b"exact"),
        ("[::1]", b"exact"),
        ("[::1]:8080", b"exact"),
        ("a.b.test", b"deep"),
        ("c.b.test", b"narrow"),
        ("x.a.b.test", b"narrow"),
        ("other.test", b"wide"),
        ("b.test", b"wide"),
    ],
)
def test_the_host_picks_the_service(lb, host, name):
    assert lb.request(get(host=host)).body == name


@pytest.mark.parametrize("host", ["test", "svc.test.evil", "xsvc.tes", "127.0.0.1", "[::2]"])
def test_an_unknown_host_is_a_404_and_is_logged(lb, host):
    response = lb.request(get(host=host))
    assert (response.status, response.proxy_status) == (404, "no_route")
    lb.wait_for_log(host)
    lb.wait_metric(1, "lb_generated_responses_total", service="_none", code=404, reason="no_route")


def test_a_404_keeps_the_connection(lb):
    with lb.connect() as client:
        assert client.request(get(host="nobody.example")).status == 404
        assert client.request(get()).body == b"exact"


def test_the_body_of_an_unroutable_request_is_never_read_as_the_next(lb):
    with lb.connect() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: nobody.example\r\nContent-Length: 5\r\n\r\nGET /" + get())
        assert client.read_response().status == 404
        try:
            assert client.read_response().body == b"exact"
        except (Closed, ConnectionResetError):
            pass  # closing instead of reading on is right, too


def test_http_1_0_without_a_host_has_no_route(lb):
    assert lb.request("GET / HTTP/1.0\r\n\r\n").status in (400, 404)


def test_a_default_service_takes_the_rest(start):
    lb = start.lb(
        service(start.backend(ok(b"named"))),
        service(start.backend(ok(b"rest")), name="rest", domain="rest.test"),
        default_service="rest",
    )
    assert lb.request(get()).body == b"named"
    assert lb.request(get(host="anything.example")).body == b"rest"
    assert lb.request("GET / HTTP/1.0\r\n\r\n").body == b"rest"


@pytest.fixture
def with_parameter(start):
    return start.lb(
        service(start.backend(ok(b"one"))),
        service(start.backend(ok(b"two")), name="two", domain="two.test"),
        routing={"service_parameter": "s"},
    )


@pytest.mark.parametrize(
    "path, status, body",
    [
        ("/?s=svc.test", 200, b"one"),
        ("/?s=two.test", 200, b"two"),
        ("/x/y?a=b&s=two.test&c", 200, b"two"),
        ("/?s=TWO.test", 200, b"two"),
        ("/?s=nobody", 404, None),
        ("/?s=", 404, None),
        ("/", 404, None),
        ("/?ss=svc.test", 404, None),
    ],
)
def test_a_parameter_may_stand_in_for_the_host(with_parameter, path, status, body):
    response = with_parameter.request(get(path, host="localhost:8080"))
    assert response.status == status
    if body:
        assert response.body == body


def test_an_unknown_parameter_is_logged(with_parameter):
    with_parameter.request(get("/?s=mistyped.test", host="localhost"))
    with_parameter.wait_for_log("mistyped.test")


def test_without_the_setting_the_parameter_means_nothing(lb):
    assert lb.request(get("/?s=svc.test", host="localhost")).status == 404
    assert lb.request(get("/?s=a.b.test")).body == b"exact"


def test_a_backend_may_be_named(start):
    backend = start.backend()
    lb = start.lb(service({"address": "localhost", "port": backend.port}))
    assert lb.request(get()).body == b"hello"


def test_a_name_that_does_not_resolve_does_not_stop_the_start(start):
    backend = start.backend()
    lb = start.lb(
        service({"address": "nobody.invalid", "port": 80}, name="lost", domain="lost.test"),
        service(backend),
    )
    assert lb.request(get()).body == b"hello"
    response = lb.request(get(host="lost.test"))
    assert response.status in (502, 503, 504)
    assert response.proxy_status
