"""be, the dummy backend: what it says, logs and can be asked to do; behind lb and by itself."""

import time

import pytest

from config_file import proxy, service, write
from http_message import Incomplete
from ports import free_port
from program import binary, can_connect, run
from raw_client import RawClient, get


@pytest.fixture
def config():
    hosts = [{"address": "127.0.0.1", "port": free_port()} for _ in range(3)]
    return proxy(
        service(*hosts[:2], name="my-service", domain="my.test"),
        service(hosts[2], name="other-service", domain="other.test"),
    )


@pytest.fixture
def hosts(config):
    return [host for entry in config["proxy"]["services"] for host in entry["hosts"]]


@pytest.fixture
def be(start, config):
    return start.be(config)


def ask(host, path="/", extra=""):
    with RawClient(host["port"]) as client:
        return client.request(get(path, "my.test", extra))


def test_it_listens_everywhere_and_says_who_it_is(be, hosts):
    for host, name in zip(hosts, ["my-service", "my-service", "other-service"]):
        label = f"127.0.0.1:{host['port']}"
        assert ask(host).body.decode().strip() == f"service: {name}, addr: {label}"
        assert label in be.log()
    for word in ["my.test", "other.test", "my-service"]:
        assert word in be.log()  # what it understood of the file


def test_it_plays_the_hosts_that_it_is_told(start, config, hosts):
    """Several of them, each a process: one can be ended without the others."""
    file = write(start.new_folder() / "be.yaml", config)
    labels = [f"127.0.0.1:{host['port']}" for host in hosts]
    first = start.program("be", binary("be"), "--config", file, "--host", labels[0])
    others = start.program("be", binary("be"), "--config", file, "--host", labels[1], "--host", labels[2])
    first.wait_until(lambda: can_connect(hosts[0]["port"]), "its host accepts")
    others.wait_until(lambda: all(can_connect(host["port"]) for host in hosts[1:]), "its hosts accept")
    assert [ask(host).body.decode().split()[-1] for host in hosts] == labels
    first.terminate()
    assert first.wait_exit() == 0
    assert [can_connect(host["port"]) for host in hosts] == [False, True, True]


def test_a_host_that_the_file_does_not_have_is_told(tmp_path, config):
    result = run(binary("be"), "--config", write(tmp_path / "be.yaml", config), "--host", "127.0.0.1:9")
    assert result.returncode == 1
    assert result.stderr.strip() == "be: 127.0.0.1:9 is no host of the file"


def test_it_logs_requests_with_their_id(be, hosts):
    ask(hosts[0], "/some/path", "X-Request-Id: id-1234\r\n")
    be.wait_for_log("id-1234")
    (line,) = [line for line in be.log().splitlines() if "id-1234" in line]
    assert "GET" in line and "/some/path" in line


def test_one_file_serves_both_programs(start, be, config):
    lb = start.lb_with(config)
    answers = {lb.request(get(host="my.test")).body for _ in range(60)}
    assert len(answers) == 2
    assert lb.request(get(host="other.test")).body.startswith(b"service: other-service")


@pytest.mark.parametrize(
    "path, status, size, framing",
    [
        ("/status/503", 503, None, "length"),
        ("/?status=404", 404, None, "length"),
        ("/size/1MiB", 200, 1 << 20, "length"),
        ("/size/1MiB/chunked", 200, 1 << 20, "chunked"),
        ("/?size=10&chunked=1", 200, 10, "chunked"),
        ("/size/0", 200, 0, "length"),
        ("/size/100/status/201", 201, 100, "length"),
        ("/nothing/special", 200, None, "length"),
    ],
)
def test_it_answers_as_asked(be, hosts, path, status, size, framing):
    response = ask(hosts[0], path)
    assert (response.status, response.framing) == (status, framing)
    if size is not None:
        assert len(response.body) == size


def test_it_waits_if_asked(be, hosts):
    begin = time.monotonic()
    assert ask(hosts[0], "/delay/200ms").status == 200
    assert time.monotonic() - begin >= 0.2


def test_it_drips_if_asked(be, hosts):
    begin = time.monotonic()
    assert len(ask(hosts[0], "/size/1000/drip/20ms").body) == 1000
    assert time.monotonic() - begin >= 0.1


def test_it_breaks_off_if_asked(be, hosts):
    with pytest.raises((Incomplete, ConnectionResetError)):
        ask(hosts[0], "/size/1MiB/close/64KiB")


def test_it_echoes_if_asked(be, hosts):
    with RawClient(hosts[0]["port"]) as client:
        request = "POST /echo HTTP/1.1\r\nHost: my.test\r\nX-Mine: 1\r\nContent-Length: 5\r\n\r\nhello"
        body = client.request(request).body
    assert b"hello" in body


def test_a_large_echo_passes_through_lb(start, be, config):
    lb = start.lb_with(config)
    body = bytes(range(256)) * 4096
    with lb.connect() as client:
        client.send(f"POST /echo HTTP/1.1\r\nHost: my.test\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        assert client.read_response().body.endswith(body)


def test_flags_hold_for_every_request(start, config, hosts):
    start.be(config, "--status", "418", "--size", "7")
    response = ask(hosts[0])
    assert (response.status, len(response.body)) == (418, 7)
    assert ask(hosts[0], "/status/200").status == 200


def test_it_ends_cleanly(be):
    be.terminate()
    assert be.wait_exit() == 0
