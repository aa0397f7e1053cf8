"""`sim replay`: what real `lb` and `be` have logged happens again in the simulated world, under the same configuration or
another."""

import json

import pytest

from config_file import proxy, service, write
from http_message import Incomplete
from ports import free_port
from program import binary, run
from raw_client import get, post


@pytest.fixture
def config():
    hosts = [{"address": "127.0.0.1", "port": free_port()} for _ in range(3)]
    return proxy(
        service(*hosts[:2], name="shop", domain="shop.test"),
        service(hosts[2], name="api", domain="api.test", timeouts={"response_header": "500ms"}),
    )


@pytest.fixture
def recorded(start, config):
    """The log and the configuration of some traffic through the real programs."""
    start.be(config)
    lb = start.lb_with(config)
    for _ in range(20):
        assert lb.request(get(host="shop.test")).status == 200
    for _ in range(5):
        assert lb.request(get("/delay/150ms", host="shop.test")).status == 200
    assert len(lb.request(get("/size/100000", host="shop.test")).body) == 100_000
    assert lb.request(get("/status/404", host="shop.test")).status == 404
    assert lb.request(get("/status/503", host="api.test")).status == 503
    assert lb.request(post(b"x" * 5000, "/", host="api.test")).status == 200
    assert lb.request(get("/delay/1m", host="api.test")).status == 504
    assert lb.request(get(host="nobody.test")).status == 404
    client = lb.connect()
    client.send(get("/delay/1m", host="shop.test"))
    lb.wait_metric(1, "lb_service_inflight_requests", service="shop")
    client.reset()
    lines = lb.access_log(32)
    assert len(lines) == 32
    return lb.folder / "access.jsonl", lb.config_path, lines


def replay(log, config, *arguments):
    return run(binary("sim"), "replay", "--log", log, "--config", config, *arguments)


def document(log, config, *arguments):
    result = replay(log, config, "--json", *arguments)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr
    return json.loads(result.stdout)


def test_recorded_traffic_happens_again(recorded):
    log, config, lines = recorded
    data = document(log, config, "--expect", "status 200 = 27", "--expect", "status 404 = 2", "--expect", "status 503 = 1",
                    "--expect", "status 504 = 1", "--expect", "reason no_route = 1", "--expect", "reason backend_timeout = 1")
    assert data["violation"] == ""
    shop, api, nobody = data["services"]
    assert [shop["name"], api["name"], nobody["name"]] == ["shop", "api", "_none"]
    assert shop["requests"] == shop["recorded"]["requests"] == 28
    assert api["requests"] == api["recorded"]["requests"] == 3
    assert nobody["requests"] == 1
    for row in data["services"]:
        assert row["errors_by_reason"] == row["recorded"]["errors_by_reason"], row["name"]
    assert shop["errors_by_reason"] == {"client_gave_up": 1}
    assert sum(backend["requests"] for backend in shop["backends"]) == 27
    # Bytes: the log has them with their heads, so bodies are known but for those.
    sent = sum(line["bytes_out"] for line in lines if line["service"] == "shop" and not line["aborted"])
    assert sent - 27 * 300 <= shop["bytes"] <= sent
    # What the backend took is taken again; the machine's own noise is not, so it is at most what was seen.
    slowest = max(line["t_total"] for line in lines if line["service"] == "shop" and line["t_total"])
    least = min(line["t_wait"] for line in lines if line["path"] == "/delay/150ms")
    assert least <= shop["latency"]["p90"] <= shop["latency"]["max"] <= slowest + 0.01
    assert 0.5 <= api["latency"]["max"] < 0.6
    assert data["notes"][0] == "32 lines, 32 of them replayed"


def test_answers_that_ended_too_early_end_so_again(start, config):
    start.be(config)
    lb = start.lb_with(config)
    assert lb.request(get(host="shop.test")).status == 200
    with pytest.raises((Incomplete, ConnectionResetError)):
        lb.request(get("/size/1MiB/close/64KiB", host="shop.test"))
    client = lb.connect()
    client.send(get("/size/100MiB", host="shop.test"))
    client.read_exactly(100)
    client.reset()
    lines = {line["path"]: line for line in lb.access_log(3)}  # each worker writes its own, in its own time
    assert [(path, line["reason"], line["aborted"]) for path, line in sorted(lines.items())] == [
        ("/", None, None),
        ("/size/100MiB", None, "response"),
        ("/size/1MiB/close/64KiB", "backend_closed", None),
    ]
    data = document(lb.folder / "access.jsonl", lb.config_path)
    assert data["violation"] == ""
    assert data["notes"] == ["3 lines, 3 of them replayed"]
    shop = data["services"][0]
    assert shop["requests"] == shop["recorded"]["requests"] == 3
    assert shop["recorded"]["errors_by_reason"] == {"connection_lost": 1, "client_gave_up": 1}
    assert shop["errors_by_reason"] == shop["recorded"]["errors_by_reason"]


def test_another_configuration_makes_a_difference(recorded, config, tmp_path):
    log, _, _ = recorded
    shop = config["proxy"]["services"][0]
    shop["timeouts"] = {"response_header": "50ms"}
    data = document(log, write(tmp_path / "new.yaml", config), "--expect", "reason backend_timeout >= 5 of service shop")
    assert data["services"][0]["recorded"]["errors_by_reason"] == {"client_gave_up": 1}
    assert data["services"][0]["errors"] >= 5
    result = replay(log, tmp_path / "new.yaml", "--expect", "errors < 1%")
    assert result.returncode == 70
    assert "FAIL  errors < 1%" in result.stdout
    assert "as recorded" in result.stdout


def test_same_log_configuration_and_seed_is_the_same_to_the_byte(recorded, tmp_path):
    log, config, _ = recorded
    page = tmp_path / "replay.html"
    outputs, pages = [], []
    for seed in [3, 3, 4]:
        outputs.append(replay(log, config, "--seed", seed, "--report", page).stdout)
        pages.append(page.read_text())
    assert outputs[0] == outputs[1] != outputs[2]
    assert pages[0] == pages[1] != pages[2]
    assert "as recorded" in pages[0]


def test_a_line_that_is_cut_off_is_a_mistake_with_its_place(recorded, tmp_path):
    log, config, _ = recorded
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(log.read_bytes()[:-100])
    result = replay(cut, config)
    assert result.returncode == 1
    assert result.stdout == ""
    assert f"{cut}:32: the line is cut off" in result.stderr
    skipped = replay(cut, config, "--skip-bad-lines")
    assert skipped.returncode == 0, skipped.stderr
    assert "1 left out: unreadable lines" in skipped.stdout
    assert replay(cut, config, "--limit", 10).returncode == 0


def test_command_line_mistakes_are_exit_code_1(recorded, tmp_path):
    log, config, _ = recorded
    for arguments in (["--expect", "p99 is nice"], ["--speed", "0"], ["--speed", "nan"], ["--limit", "0"], ["--seed", "x"]):
        result = replay(log, config, *arguments)
        assert result.returncode == 1, arguments
        assert result.stderr or result.stdout, arguments
    assert "--speed: nan is no number above 0" in replay(log, config, "--speed", "nan").stderr
    assert replay(tmp_path / "no.jsonl", config).returncode == 1
    assert replay(log, tmp_path / "no.yaml").returncode == 1
