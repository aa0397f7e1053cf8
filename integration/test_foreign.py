"""Backends and clients that we did not write."""

import json
import subprocess
import urllib.parse

import h11
import httpx
import pytest
import requests

from config_file import service
from ports import free_port
from program import can_connect, run, sanitized
from raw_backend import ok
from raw_client import get
from wait import until

BIG = bytes(range(256)) * 8192  # 2 MiB

NODE = """
require('http').createServer((request, response) => {
  let size = 0;
  request.on('data', piece => size += piece.length);
  request.on('end', () => {
    response.setHeader('X-Size', size);
    if (request.url === '/chunked') { response.write('a'.repeat(1000)); response.end('b'.repeat(1000)); }
    else response.end(JSON.stringify({url: request.url, headers: request.headers}));
  });
}).listen(Number(process.argv[1]), '127.0.0.1');
"""


class Foreign:
    """A server that we did not write, ready on `port`; its folder holds big.bin."""

    def __init__(self, start, kind):
        self.port = free_port()
        folder = start.new_folder()
        (folder / "big.bin").write_bytes(BIG)
        if kind == "nginx":
            (folder / "nginx.conf").write_text(f"""
                daemon off; master_process off; pid nginx.pid; error_log stderr warn;
                events {{}}
                http {{
                  access_log off; client_body_temp_path body; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u;
                  scgi_temp_path s; client_max_body_size 10m;
                  server {{ listen 127.0.0.1:{self.port}; root {folder}; location /post {{ return 200 "posted\\n"; }} }}
                }}""")
            command = ["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"]
        elif kind == "python":
            command = ["/usr/bin/python3", "-m", "http.server", self.port, "--bind", "127.0.0.1", "--directory", folder]
        else:
            command = ["node", "-e", NODE, self.port]
        self.program = start.program(kind, *command)
        self.program.expected_code = None
        self.program.wait_until(lambda: can_connect(self.port), "the port accepts")
        self.host = {"address": "127.0.0.1", "port": self.port}


@pytest.mark.parametrize("kind", ["nginx", "python"])
def test_static_files_from_a_foreign_server(start, kind):
    lb = start.lb(service(Foreign(start, kind).host))
    with lb.connect() as client:
        assert client.request(get("/big.bin")).body == BIG
        assert client.request(get("/nowhere")).status == 404
        head = client.request("HEAD /big.bin HTTP/1.1\r\nHost: svc.test\r\n\r\n")
        assert head.get("Content-Length") == str(len(BIG))
        assert client.request(get("/big.bin")).body == BIG
    lb.wait_metric(4, "lb_requests_total", origin="backend")


def test_nginx_keeps_its_connections(start):
    lb = start.lb(service(Foreign(start, "nginx").host), threads=1)
    with lb.connect() as client:
        for _ in range(100):
            assert client.request(get("/big.bin", extra="Range: bytes=0-9\r\n")).body == BIG[:10]
        assert client.request(get("/big.bin", extra="If-None-Match: *\r\n")).status in (200, 304)
    lb.wait_metric(101, "lb_requests_total")
    assert lb.metrics().total("lb_backend_connections_opened_total") == 1


def test_node_takes_bodies_and_answers_in_chunks(start):
    lb = start.lb(service(Foreign(start, "node").host), threads=1)
    with lb.connect() as client:
        answer = client.request(f"POST /x?y HTTP/1.1\r\nHost: svc.test\r\nContent-Length: {len(BIG)}\r\n\r\n".encode() + BIG, "POST")
        assert answer.get("X-Size") == str(len(BIG))
        seen = json.loads(answer.body)
        assert seen["url"] == "/x?y"
        assert seen["headers"]["x-forwarded-for"] == "127.0.0.1"
        chunked = client.request(get("/chunked"))
        assert (chunked.framing, chunked.body) == ("chunked", b"a" * 1000 + b"b" * 1000)
        client.send("POST /z HTTP/1.1\r\nHost: svc.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n")
        assert client.read_response().get("X-Size") == "5"


@pytest.fixture
def echo(start):
    """An lb in front of a backend that answers with the request's body, or its target without one."""
    backend = start.backend(lambda request: ok(request.body or request.target.encode(), "X-Echo: 1\r\n"))
    return start.lb(backend, default_service="svc")


def curl(lb, *arguments, path="/a"):
    result = run("curl", "-sS", "--max-time", "60", *arguments, f"http://127.0.0.1:{lb.port}{path}")
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_curl(echo, tmp_path):
    assert curl(echo) == "/a"
    assert curl(echo, "-0") == "/a"
    assert curl(echo, "-d", "some data") == "some data"
    assert "X-Echo: 1" in curl(echo, "-I")
    assert curl(echo, f"http://127.0.0.1:{echo.port}/b", "-H", "Connection: close") == "/b/a"
    (tmp_path / "big").write_bytes(BIG)
    assert curl(echo, "-T", tmp_path / "big", "-o", tmp_path / "back") == ""
    assert (tmp_path / "back").read_bytes() == BIG
    with open(tmp_path / "big", "rb") as big:  # an upload of unknown length: chunked
        subprocess.run(["curl", "-sS", "-T", "-", "-o", tmp_path / "back2", f"http://127.0.0.1:{echo.port}/"], stdin=big, check=True)
    assert (tmp_path / "back2").read_bytes() == BIG


def test_requests(echo):
    with requests.Session() as session:
        url = f"http://127.0.0.1:{echo.port}"
        for i in range(20):
            assert session.get(f"{url}/{i}").text == f"/{i}"
        assert session.post(url, data=BIG).content == BIG
        assert session.post(url, data=iter([b"ab", b"cd"])).content == b"abcd"
        assert session.head(url).headers["X-Echo"] == "1"


def test_httpx(echo):
    with httpx.Client(base_url=f"http://127.0.0.1:{echo.port}") as session:
        for i in range(20):
            assert session.get(f"/{i}").text == f"/{i}"
        assert session.post("/", content=BIG).content == BIG
        assert session.post("/", content=iter([b"ab", b"cd"])).content == b"abcd"


def test_h11(echo):
    """h11 checks every byte it receives; it is the strictest client that Debian has."""
    with echo.connect() as client:
        connection = h11.Connection(h11.CLIENT)
        for i in range(5):
            client.send(connection.send(h11.Request(method="POST", target=f"/{i}", headers=[("Host", "svc.test"), ("Content-Length", "3")])))
            client.send(connection.send(h11.Data(data=b"abc")) + connection.send(h11.EndOfMessage()))
            events = []
            while not events or type(events[-1]) is not h11.EndOfMessage:
                event = connection.next_event()
                if event is h11.NEED_DATA:
                    connection.receive_data(client.read_some())
                else:
                    events.append(event)
            assert events[0].status_code == 200
            assert b"".join(bytes(event.data) for event in events[1:-1]) == b"abc"
            connection.start_next_cycle()


def figure(text, name):
    """A number from a tool's report, such as `Non-2xx or 3xx responses: 5`."""
    for line in text.splitlines():
        if name in line:
            return line
    return None


def test_wrk_with_256_connections_gives_no_error_and_no_leak(start):
    """Two real servers behind lb; memory and descriptors are back where they were afterwards."""
    servers = [Foreign(start, "nginx") for _ in range(2)]
    lb = start.lb(service(*[server.host for server in servers]), access_log={"path": "off"})

    def load(seconds):
        url = f"http://127.0.0.1:{lb.port}/nginx.conf"
        result = run("wrk", "-t2", "-c256", f"-d{seconds}s", "--timeout", "20s", "-H", "Host: svc.test", url, timeout=120)
        assert result.returncode == 0, result.stdout + result.stderr
        for trouble in ["Socket errors", "Non-2xx"]:
            assert figure(result.stdout, trouble) is None, result.stdout
        assert float(figure(result.stdout, "Requests/sec").split()[1]) > 100

    load(2)  # brings buffers and tables to their working size
    lb.wait_metric(0, "lb_client_connections")
    lb.wait_metric(0, "lb_backend_connections")  # idle ones leave after 4 s
    memory, descriptors = lb.memory(), lb.descriptors()
    load(5)
    lb.wait_metric(0, "lb_client_connections")
    lb.wait_metric(0, "lb_backend_connections")
    until(lambda: lb.descriptors() <= descriptors + 2, "descriptors are back where they were")
    assert lb.memory() - memory < (64 if sanitized() else 16) << 20


def test_h2load_over_http_1(start):
    lb = start.lb(service(Foreign(start, "nginx").host), default_service="svc")
    result = run("h2load", "--h1", "-n20000", "-c50", "-m10", f"http://127.0.0.1:{lb.port}/nginx.conf", timeout=110)
    assert result.returncode == 0, result.stdout
    assert "20000 succeeded, 0 failed, 0 errored, 0 timeout" in result.stdout, result.stdout
    assert "20000 2xx, 0 3xx, 0 4xx, 0 5xx" in result.stdout, result.stdout


def test_a_browser(start, tmp_path):
    """What a newcomer does: open http://localhost:8080/?s=my-service.my-company.com, and see a page with its picture."""
    page = b"<html><body><script>fetch('/data?s=svc.test').then(r => r.text()).then(t => document.body.append(t))</script></body></html>"

    def answer(request):
        if request.target.startswith("/data"):
            return ok(b"fetched through lb", "Content-Type: text/plain\r\n")
        return ok(page, "Content-Type: text/html\r\n")

    backend = start.backend(answer)
    lb = start.lb(backend, routing={"service_parameter": "s"})
    url = f"http://localhost:{lb.port}/?" + urllib.parse.urlencode({"s": "svc.test"})
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", f"--user-data-dir={tmp_path}",
             "--virtual-time-budget=5000", "--timeout=60000"]
    result = run("chromium", *flags, "--dump-dom", url, timeout=110)
    assert "fetched through lb" in result.stdout, result.stdout + result.stderr[-3000:]
