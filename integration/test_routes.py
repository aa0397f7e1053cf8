"""Routes by path, method and header; canaries, redirects, fixed responses; rules for heads; and their tests."""

import json

import pytest

from config_file import proxy, service, write
from program import run_lb
from raw_backend import ok
from raw_client import get, post

ROUTES = [
    {"match": {"path_prefix": "/api", "headers": {"X-Canary": {"present": True}}}, "service": "next"},
    {
        "match": {"path_prefix": "/api"},
        "service": "api",
        "rewrite": {"prefix": "/v2"},
        "headers": {
            "request": {"set": {"X-Env": "prod"}, "add": {"X-Tag": ["a", "b"]}, "remove": ["X-Debug"]},
            "response": {"set": {"Cache-Control": "no-store"}, "remove": ["Server"]},
        },
    },
    {"match": {"path": "/login", "methods": ["GET"]}, "redirect": {"scheme": "https", "status": 301}},
    {"match": {"path_prefix": "/old"}, "redirect": {"status": 308}, "rewrite": {"prefix": "/new"}},
    {"match": {"path_prefix": "/admin"}, "respond": {"status": 403, "body": "not here\n"}},
    {"match": {"domain": "split.test"}, "split": [{"service": "web", "weight": 3}, {"service": "next", "weight": 1}]},
]


def services(start):
    backends = {name: start.backend(ok(name.encode(), extra="Server: x\r\n")) for name in ["web", "api", "next"]}
    made = [service(backends["web"], name="web"), service(backends["api"], name="api", domain=None),
            service(backends["next"], name="next", domain=None)]
    for one in made[1:]:
        del one["domain"]
    return backends, made


@pytest.fixture
def routed(start):
    backends, made = services(start)
    return start.lb(*made, routes=ROUTES), backends


def test_paths_and_headers_pick_the_service(routed):
    lb, backends = routed
    assert lb.request(get("/")).body == b"web"
    assert lb.request(get("/apix")).body == b"web"
    assert lb.request(get("/api", extra="X-Canary: 0\r\n")).body == b"next"
    response = lb.request(get("/x/../%61pi//y?z", extra="X-Debug: 1\r\nX-Env: forged\r\n"))
    assert (response.body, response.get("Cache-Control"), response.get("Server")) == (b"api", "no-store", None)
    request = backends["api"].the_request()
    assert (request.method, request.target) == ("GET", "/v2/y?z")
    assert request.get_all("X-Env") == ["prod"]
    assert request.get_all("X-Tag") == ["a", "b"]
    assert request.get("X-Debug") is None
    lines = lb.access_log(4)  # of several workers, in any order
    assert ("api", "/x/../%61pi//y") in [(line["service"], line["path"]) for line in lines]


def test_redirects(routed):
    lb, _ = routed
    response = lb.request(get("/login?next=/"))
    assert (response.status, response.get("Location")) == (301, "https://svc.test/login?next=/")
    response = lb.request(get("/old//evil.test/"))
    assert (response.status, response.get("Location")) == (308, "/new/evil.test/")
    assert response.proxy_status is None
    for line in lb.access_log(2):
        assert (line["reason"], line["origin"], line["service"]) == ("redirect", "proxy", "_none")
    lb.wait_metric(1, "lb_generated_responses_total", code=308, reason="redirect")
    assert lb.request(post(b"x", "/login")).body == b"web"


def test_a_fixed_response_keeps_the_connection(routed):
    lb, _ = routed
    with lb.connect() as client:
        for path in ["/admin", "//admin", "/%61dmin/x", "/x/../admin"]:
            response = client.request(get(path))
            assert (response.status, response.body) == (403, b"not here\n"), path
        assert client.request(get("/admin").replace(b"GET", b"HEAD", 1)).get("Content-Length") == "9"
        assert client.request(get("/")).body == b"web"


@pytest.mark.parametrize("path", ["/x/..%2fadmin", "/x%5c..%5cadmin", "/x/..;/admin", "/admin;x", "/%zz"])
def test_what_servers_read_differently_is_refused(routed, path):
    lb, _ = routed
    response = lb.request(get(path))
    assert (response.status, response.proxy_status) == (400, "bad_request")


def test_a_split_follows_its_weights(routed):
    lb, backends = routed
    with lb.connect() as client:
        seen = [client.request(get(host="split.test")).body for _ in range(400)]
    assert 240 < seen.count(b"web") < 360
    assert seen.count(b"web") + seen.count(b"next") == 400


@pytest.fixture
def files(start, tmp_path):
    _, made = services(start)
    return write(tmp_path / "lb.yaml", proxy(*made, routes=ROUTES)), tmp_path / "routes.yaml"


GOOD = """tests:
- request: {host: svc.test, path: /api/x, headers: {X-Debug: "1"}}
  expect: {service: api, path: /v2/x, request_headers: {X-Env: prod, X-Debug: null}}
- request: {host: svc.test, path: /login}
  expect: {status: 301, location: "https://svc.test/login"}
- request: {host: split.test}
  expect: {service: [web, next]}
"""


def test_route_tests_that_pass(files):
    config, tests = files
    tests.write_text(GOOD)
    result = run_lb("--check", "--config", config, "--tests", tests)
    assert (result.returncode, result.stderr) == (0, "")
    assert f"{tests}: 3 tests passed" in result.stdout


def test_route_tests_that_fail(files):
    config, tests = files
    tests.write_text(GOOD.replace("service: api", "service: web").replace("301", "308"))
    result = run_lb("--check", "--config", config, "--tests", tests)
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        f"{tests}:3:21: tests[0].expect.service: expected web, seen api",
        f"{tests}:5:20: tests[1].expect.status: expected 308, seen lb answers 301",
    ]
    result = run_lb("--check", "--config", config, "--tests", tests, "--format", "json")
    assert result.returncode == 1
    said = json.loads(result.stdout)
    assert said["valid"] and not said["tests"]["passed"]
    assert [(one["line"], one["column"]) for one in said["tests"]["errors"]] == [(3, 21), (5, 20)]


def test_a_bad_configuration_as_json(tmp_path):
    config = tmp_path / "lb.yaml"
    config.write_text("proxy:\n  routes: [{service: x}]\n  services: []\n")
    result = run_lb("--check", "--config", config, "--format", "json")
    assert result.returncode == 1
    said = json.loads(result.stdout)
    assert not said["valid"]
    assert [(one["line"], one["path"]) for one in said["errors"]] == [(2, "routes[0]"), (3, "services")]


def test_flags_that_belong_to_the_check(tmp_path):
    assert run_lb("--tests", tmp_path / "x.yaml").returncode == 1
    assert run_lb("--format", "json").returncode == 1
