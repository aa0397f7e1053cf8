"""Metrics, access log and control plane against what was really sent."""

import json
import re
import resource
import subprocess

import pytest
import requests

from config_file import service
from ports import free_port
from raw_backend import late, ok
from raw_client import get, post
from wait import until

HISTOGRAMS = {
    "lb_request_duration_seconds": 1,
    "lb_request_receive_duration_seconds": 1,
    "lb_backend_send_duration_seconds": 1,
    "lb_backend_wait_duration_seconds": 1,
    "lb_backend_receive_duration_seconds": 1,
    "lb_response_send_duration_seconds": 1,
    "lb_overhead_duration_seconds": 2,  # request and response
}


def test_requests_are_counted_by_service_method_code_and_origin(lb, backend):
    backend.answer = lambda request: ok(status=f"{request.target[1:4]} X")
    for status in [200, 200, 201, 404, 500, 503]:
        assert lb.request(get(f"/{status}")).status == status
    lb.request(post(b"abc", "/200"))
    lb.request("BREW /200 HTTP/1.1\r\nHost: svc.test\r\n\r\n")
    lb.request(get(host="nobody.test"))
    lb.wait_finished(9)
    m = lb.metrics()
    assert m.value("lb_requests_total", service="svc", method="GET", code=200, origin="backend") == 2
    assert m.value("lb_requests_total", service="svc", method="POST", code=200, origin="backend") == 1
    assert m.value("lb_requests_total", service="svc", method="OTHER", code=200, origin="backend") == 1
    assert m.value("lb_requests_total", service="svc", method="GET", code=503, origin="backend") == 1
    assert m.value("lb_requests_total", service="_none", method="GET", code=404, origin="proxy") == 1
    label = f"127.0.0.1:{backend.port}"
    for code, count in [(200, 4), (201, 1), (404, 1), (500, 1), (503, 1)]:
        assert m.value("lb_backend_responses_total", service="svc", backend=label, code=code) == count
    assert m.total("lb_generated_responses_total") == 1
    assert m.value("lb_generated_responses_total", service="_none", code=404, reason="no_route") == 1
    assert m.value("lb_backend_attempts_total", backend=label, result="ok") == 6
    assert m.value("lb_backend_attempts_total", backend=label, result="http_5xx") == 2


def test_bytes_are_counted_as_they_went_over_the_wire(lb, backend):
    sent = received = 0
    for size in [0, 1, 100_000]:
        data = post(b"x" * size)
        with lb.connect() as client:
            client.request(data)
            sent += len(data)
            received += len(client.reader.received)
    lb.wait_finished(3)
    m = lb.metrics()
    assert m.value("lb_received_bytes_total", service="svc", side="client") == sent
    assert m.value("lb_sent_bytes_total", service="svc", side="client") == received
    assert m.value("lb_sent_bytes_total", service="svc", side="backend") == len(backend.received)
    assert m.value("lb_received_bytes_total", service="svc", side="backend") == 3 * len(ok(b"hello"))


def test_every_phase_has_a_histogram_and_a_maximum(lb):
    for _ in range(20):
        lb.request(post(b"abc"))
    lb.wait_finished(20)
    m = lb.metrics()
    for name, series in HISTOGRAMS.items():
        assert m.total(f"{name}_count", service="svc") == 20 * series, name
        total = m.total(f"{name}_sum", service="svc")
        most = m.total(name.replace("_seconds", "_max_seconds"), service="svc")
        assert total >= 0
        assert most <= total + 1e-9, name
        assert most * 20 * series >= total - 1e-9, name
    for name in ["lb_request_duration_seconds", "lb_overhead_duration_seconds"]:
        assert m.total(f"{name}_sum", service="svc") > 0, name


def test_overhead_is_never_zero_and_less_than_the_whole(lb):
    lb.request(get())
    lb.wait_finished(1)
    m = lb.metrics()
    parts = {way: m.value("lb_overhead_duration_seconds_sum", service="svc", direction=way) for way in ["request", "response"]}
    assert all(value > 0 for value in parts.values()), parts
    assert sum(parts.values()) < m.total("lb_request_duration_seconds_sum")


def test_waiting_for_the_backend_is_the_backends_time(lb, backend):
    backend.script = late(0.5, ok(b"x"))
    lb.request(get())
    lb.wait_finished(1)
    m = lb.metrics()
    # Its wait begins when lb has sent the request, which may be a while after the backend has it.
    assert m.value("lb_backend_wait_duration_seconds_sum", service="svc") >= 0.4
    assert m.value("lb_backend_wait_duration_max_seconds", service="svc") >= 0.4
    assert m.value("lb_request_duration_seconds_sum", service="svc") >= 0.5
    assert m.total("lb_overhead_duration_seconds_sum", service="svc") < 0.3


def test_prometheus_own_linter_is_content(lb):
    for _ in range(3):
        lb.request(get())
    lb.request(get(host="nobody.test"))
    result = subprocess.run(["promtool", "check", "metrics"], input=lb.metrics().text, text=True, capture_output=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_labels_never_come_from_the_wire(lb):
    for i in range(20):
        lb.request(f"M{i} /p{i} HTTP/1.1\r\nHost: h{i}.test\r\n\r\n")
    lb.wait_finished(20)
    m = lb.metrics()
    assert len(m.matching("lb_requests_total", {})) == 1
    assert not re.search(r"M1\b|/p1|h1\.test", m.text)


def test_gauges_show_the_present(lb, backend):
    backend.script = lambda connection: (connection.read_request(), connection.wait_for_end())
    with lb.connect() as client, lb.connect():
        client.send(get())
        backend.wait_requests(1)
        lb.wait_metric(2, "lb_client_connections")
        m = lb.metrics()
        assert m.value("lb_service_inflight_requests", service="svc") == 1
        assert m.total("lb_backend_inflight_requests", service="svc") == 1
        assert m.total("lb_backend_connections", state="active") == 1
        client.reset()
    lb.wait_metric(0, "lb_client_connections")
    lb.wait_metric(0, "lb_service_inflight_requests")


def test_the_process_describes_itself(lb):
    m = lb.metrics()
    assert abs(m.value("process_resident_memory_bytes") - lb.memory()) < 64 * 1024 * 1024
    assert m.value("process_max_fds") > m.value("process_open_fds") > 3
    assert len(m.matching("lb_build_info", {})) == 1


def test_the_access_log_tells_the_whole_story(lb, backend):
    backend.answer = ok(b"hello")
    request = post(b"abc", "/path?secret=1", extra="User-Agent: me\r\nAuthorization: Basic c2VjcmV0\r\nCookie: secret=1\r\n")
    with lb.connect() as client:
        client.request(request)
        received = len(client.reader.received)
        local = client.local_port
    (record,) = lb.access_log()
    wanted = {
        "method": "POST",
        "host": "svc.test",
        "path": "/path",
        "service": "svc",
        "backend": f"127.0.0.1:{backend.port}",
        "backend_address": f"127.0.0.1:{backend.port}",
        "attempts": 1,
        "retry_reason": None,
        "retry_denied": None,
        "code": 200,
        "origin": "backend",
        "client_ip": "127.0.0.1",
        "peer": f"127.0.0.1:{local}",
        "listener": f"127.0.0.1:{lb.port}",
        "bytes_in": len(request),
        "bytes_out": received,
        "user_agent": "me",
        "conn_reused": False,
    }
    assert {key: record[key] for key in wanted} == wanted
    assert record["request_id"] == backend.the_request().get("X-Request-Id")
    for phase in ["t_total", "t_send", "t_wait", "t_backend_receive", "t_overhead"]:
        assert 0 <= record[phase] < 20, phase
    assert record["t_total"] > 0
    assert "secret" not in json.dumps(record)


def test_the_access_log_has_the_user_agent_as_it_was_sent(start, backend):
    rules = {"request": {"set": {"User-Agent": "lb"}}}
    lb = start.lb(service(backend, headers=rules))
    lb.request(get("/with", extra="User-Agent: me\r\n"))
    lb.request(get("/without"))
    logged = {record["path"]: record["user_agent"] for record in lb.access_log(2)}
    assert logged == {"/with": "me", "/without": ""}
    assert {request.get("User-Agent") for request in backend.requests} == {"lb"}


def test_lines_that_no_disk_takes_are_counted(start, backend):
    lb = start.lb(backend, access_log={"path": "/dev/full", "format": "json"})
    for _ in range(3):
        assert lb.request(get()).status == 200
    until(lambda: lb.metrics().value("lb_log_dropped_bytes_total", log="access") > 3 * 300, "three lines are missed")
    assert lb.metrics().value("lb_log_dropped_bytes_total", log="program") == 0


def test_a_file_that_may_not_grow_loses_lines_and_ends_nothing(lb):
    _, hard = resource.prlimit(lb.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(lb.pid, resource.RLIMIT_FSIZE, (4096, hard))

    def lines_are_lost():
        assert lb.request(get()).status == 200
        return lb.metrics().value("lb_log_dropped_bytes_total", log="access") > 0

    lb.wait_until(lines_are_lost, "lines are lost")
    assert lb.request(get()).status == 200


def test_access_log_fields_have_a_fixed_order(lb):
    lb.request(get())
    (record,) = lb.access_log()
    order = ["time", "request_id", "client_ip", "peer", "listener", "proto", "method", "host", "path", "service", "backend",
             "attempts", "retry_reason", "retry_denied", "code", "origin", "reason", "bytes_in", "bytes_out", "t_total"]
    assert [key for key in record if key in order] == order


def test_proxy_answers_have_their_reason_in_the_log(lb):
    lb.request(get("/x", host="nobody.test"))
    lb.request("GET /bad\r\n")
    records = {record["code"]: record for record in lb.access_log(2)}  # each worker writes its own lines
    assert (records[404]["reason"], records[404]["origin"]) == ("no_route", "proxy")
    assert (records[400]["reason"], records[400]["origin"]) == ("bad_request", "proxy")


def test_hostile_bytes_cannot_break_a_log_line(lb):
    lb.request(get('/"\\%00\xff', extra="User-Agent: \xff\"\\\t\x80\r\n"))
    assert len(lb.access_log()) == 1  # parses as JSON, and is one line


def test_the_text_log_names_backend_and_times(start, backend):
    lb = start.lb(backend, access_log={"path": "stdout", "format": "text"})
    lb.request(get("/somewhere"))
    lb.wait_for_log("/somewhere")
    (line,) = [line for line in lb.log().splitlines() if "/somewhere" in line]
    assert f"127.0.0.1:{backend.port}" in line and " 200 " in line and "ms" in line


def test_json_logs_are_json(start, backend):
    lb = start.lb(backend, log={"format": "json"}, access_log={"path": "off"})
    lb.request(get(host="nobody.test"))
    lb.wait_for_log("nobody.test")
    for line in lb.log().splitlines():
        json.loads(line)


def test_outside_the_allowed_networks_everything_is_403(start, backend):

    admin = {"address": "127.0.0.1", "port": free_port(), "allow": ["192.0.2.0/24"]}
    lb = start.lb(backend, admin=admin)
    for path in ["/metrics", "/livez", "/readyz", "/config", "/stats", "/version", "/nowhere"]:
        answer = lb.admin(path)
        assert answer.status_code == 403, path
        assert "lb_requests_total" not in answer.text
    assert lb.request(get()).status == 200


@pytest.mark.parametrize(
    "path, kind, word",
    [
        ("/metrics", "text/plain; version=0.0.4", "lb_requests_total"),
        ("/livez", "text/plain", ""),
        ("/readyz", "text/plain", ""),
        ("/config", "", "request_header: 10s"),
        ("/stats", "application/json", "p99"),
        ("/version", "", "."),
    ],
)
def test_the_control_plane(lb, path, kind, word):
    lb.request(get())
    answer = lb.admin(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(kind)
    assert word in answer.text


def test_the_control_plane_refuses_what_it_does_not_know(lb):
    assert lb.admin("/nowhere").status_code == 404
    assert requests.post(f"http://127.0.0.1:{lb.admin_port}/metrics", timeout=20).status_code == 405
    with lb.connect() as client:
        assert client.request(get("/metrics")).body == b"hello"  # the traffic port belongs to the backends


def test_the_originals_metrics_on_the_traffic_port_if_asked(start, backend):
    lb = start.lb(backend, metrics={"on_proxy_port": True})
    assert b"lb_requests_total" in lb.request(get("/metrics")).body
    assert lb.request(get("/metricsx")).body == b"hello"


def test_the_control_plane_can_be_off(start, backend):
    lb = start.lb(backend, admin="off")
    assert lb.request(get()).status == 200


def test_stats_have_exact_percentiles(lb, backend):
    for _ in range(50):
        lb.request(get())
    lb.wait_finished(50)
    (one,) = [entry for entry in lb.admin("/stats").json()["services"] if entry["service"] == "svc"]
    assert one["requests"] == 50
    request = one["request_ms"]
    p50, p99, p999, most = (request[key] for key in ["p50", "p99", "p99.9", "max"])
    assert 0 < p50 <= p99 <= p999 <= most
    assert one["backends"][0]["backend"] == f"127.0.0.1:{backend.port}"


def test_services_and_backends_are_kept_apart(start):
    first, second = start.backend(), start.backend()
    lb = start.lb(service(first, name="a", domain="a.test"), service(second, name="b", domain="b.test"))
    for _ in range(3):
        lb.request(get(host="a.test"))
    lb.request(get(host="b.test"))
    lb.wait_finished(4)
    m = lb.metrics()
    assert m.total("lb_backend_responses_total", service="a", backend=f"127.0.0.1:{first.port}") == 3
    assert m.total("lb_backend_responses_total", service="b", backend=f"127.0.0.1:{second.port}") == 1
    assert m.total("lb_request_duration_seconds_count", service="a") == 3
