"""The measuring instrument measures: every scenario once, with little of everything. No timing is asserted, only that each
proxy answered without an error and gave a number; and that the load generator is strict and honest."""

import json
import math
import os
import pathlib
import signal
import subprocess
import sys

import pytest

from browser import Browser
from program import BUILD_DIR, Program, binary, run, sanitized
from raw_backend import chunked, ok
from wait import until

# On one worker: the smoke run is the heaviest of all, and once is enough. Sanitized programs need several times as long.
pytestmark = [pytest.mark.xdist_group("bench"), pytest.mark.timeout(300)]

COMMAND = [sys.executable, pathlib.Path(__file__).parent.parent / "bench" / "bench.py", "--build", BUILD_DIR,
           "--lb", BUILD_DIR / "bin" / "lb"]
PEERS = {"lb", "nginx", "haproxy", "h2o"}
LEFT_OUT = {"hosts": {"h2o"}, "log": {"h2o", "haproxy"}}  # what they cannot do
WITH_RELAY = {"small", "browser", "64k", "chunked", "100m", "upload", "latency", "syscalls"}
WITH_SPLICE = {"64k", "100m", "upload", "slow"}


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """All scenarios, as JSON and as a page. Sanitizers have an allocator of their own, so nothing counts in it."""
    folder = tmp_path_factory.mktemp("bench")
    skip = ["--skip", "allocations"] if sanitized() else []
    result = run(*COMMAND, "--smoke", *skip, "--json", folder / "run.json", "--html", folder / "page.html", "--markdown", timeout=280)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder, result.stdout


def scenario_names():
    return [line.split()[0] for line in run(*COMMAND, "--list").stdout.splitlines()]


def test_every_scenario_gives_numbers_of_every_proxy(smoke):
    folder, said = smoke
    rows = {row["name"]: row for row in json.loads((folder / "run.json").read_text())["rows"]}
    assert len(rows) >= 18
    assert set(rows) == set(scenario_names()) - ({"allocations"} if sanitized() else set())
    for name, row in rows.items():
        wanted = PEERS - LEFT_OUT.get(name, set())
        wanted |= {"relay"} if name in WITH_RELAY else set()
        wanted |= {"haproxy-splice"} if name in WITH_SPLICE else set()
        assert set(row["figures"]) == wanted, name
        assert all(len(figures) == 1 and math.isfinite(figures[0]) for figures in row["figures"].values()), name
        for results in row["results"].values():
            assert all(result.get("errors", 0) == 0 for result in results), name
        assert f"| {row['what']} |" in said
    calls = {peer: figures[0] for peer, figures in rows["syscalls"]["figures"].items()}
    assert all(3.9 < count < 15 for count in calls.values()), calls  # four are the least that a proxy can do with


def test_the_page_shows_every_scenario(smoke, tmp_path):
    folder, _ = smoke
    with Browser(tmp_path / "profile") as browser:
        browser.open((folder / "page.html").as_uri())
        assert browser.ask("document.querySelectorAll('svg').length") == len(json.loads((folder / "run.json").read_text())["rows"])
        assert browser.ask("[...document.querySelectorAll('rect')].every(bar => bar.getBBox().width >= 0)") is True
        assert browser.problems == []


def test_two_builds_in_the_same_rounds(tmp_path):
    result = run(*COMMAND, "--smoke", "--only", "small,slow", "--vs", binary("lb"), "--json", tmp_path / "run.json")
    assert result.returncode == 0, result.stderr
    for row in json.loads((tmp_path / "run.json").read_text())["rows"]:
        assert set(row["figures"]) == {"lb", "lb-old"}


def test_the_table_of_several_runs(smoke):
    file = smoke[0] / "run.json"
    result = run(*COMMAND, "--markdown", "--from", file, file, file)
    assert "| run 1 | run 2 | run 3 |" in result.stdout


@pytest.mark.parametrize("arguments, complaint", [
    (["--only", "nothing"], "no scenario nothing"),
    (["--peers", "nobody", "--only", "small"], "no peer nobody"),
    (["--lb", "/nowhere/lb", "--only", "small"], "/nowhere/lb is not there"),
    (["--lb", "/bin/false", "--only", "small"], "lb ended with 1"),
    (["--from", "/nowhere.json"], "/nowhere.json"),
])
def test_what_cannot_be_measured_is_said(arguments, complaint):
    result = run(*COMMAND, *arguments)
    assert result.returncode == 1
    assert complaint in result.stderr and "Traceback" not in result.stderr


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_leaves_nothing_running(start, number, code):
    bench = start.keep(Program("bench", [*COMMAND, "--only", "small", "--seconds", "60"], start.new_folder()))
    bench.expected_code = code

    def children():
        return subprocess.run(["ps", "-o", "pid=", "--ppid", str(bench.pid)], capture_output=True, text=True).stdout.split()

    bench.wait_until(lambda: len(children()) >= 6, "origin, relay, load and proxies run")
    started = children()
    bench.signal(number)
    assert bench.wait_exit() == code
    until(lambda: not any(os.path.exists(f"/proc/{child}") for child in started), "everything has ended")


def load(backend, *arguments):
    result = run(binary("bench_load"), "--target", f"127.0.0.1:{backend.port}", "--milliseconds", 10_000, *arguments)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


GOOD = {"length": ok(b"x" * 100), "chunks": chunked(b"x" * 30, b"x" * 70, trailers="T: 1\r\n")}


@pytest.mark.parametrize("name", GOOD)
def test_good_answers_count(start, name):
    result = load(start.backend(GOOD[name]), "--connections", 2, "--requests", 50)
    assert (result["requests"], result["errors"], result["reconnects"]) == (50, 0, 0)
    assert 0 < result["p50_us"] <= result["p99_us"] <= result["p999_us"] <= result["max_us"]


BAD = {
    "status": (ok(b"x" * 100, status="503 Service Unavailable"), "status 503"),
    "length": (ok(b"x" * 99), "a body of 99 bytes"),
    "cut": (ok(b"x" * 100)[:-1], "ended before the response"),
    "too much": (ok(b"x" * 100) + b"y", "bytes after the response"),
    "chunk": (chunked(b"x" * 100).replace(b"64\r\n", b"zz\r\n"), "malformed chunks"),
    "garbage": (b"nothing of the kind\r\n\r\n", "malformed head"),
    "no length": (b"HTTP/1.1 200 OK\r\n\r\n", "neither Content-Length nor chunked"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_is_an_error(start, name):
    answer, complaint = BAD[name]
    backend = start.backend(answer)
    if name == "cut":
        backend.script = lambda connection: (connection.read_request(), connection.send(answer), connection.close())
    result = load(backend, "--connections", 1, "--requests", 2)
    assert result["errors"] == 1 and complaint in result["first_error"]


def test_an_announced_end_is_none(start):
    backend = start.backend()
    answer = ok(b"x" * 100, extra="Connection: close\r\n")
    backend.script = lambda connection: (connection.read_request(), connection.send(answer), connection.close())
    result = load(backend, "--connections", 1, "--requests", 5)
    assert result["errors"] == 0 and result["requests"] == 5 and result["reconnects"] >= 4


def test_an_open_loop_does_not_forgive_a_stall(start):
    """One stall of most of the time: a closed loop would see one slow answer, users would see most of them late."""
    def stalls_once(connection):
        while connection.read_request():
            if len(connection.requests) == 5:
                connection.dawdle(0.8)
            connection.send(ok(b"x" * 100))

    backend = start.backend()
    backend.script = stalls_once
    result = load(backend, "--connections", 1, "--rate", 100, "--milliseconds", 1000)
    assert result["errors"] == 0 and 99 <= result["requests"] <= 101
    assert result["p50_us"] > 100_000
