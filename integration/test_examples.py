"""The working examples of docs/, typed as they stand there."""

import json
import re
import time

import pytest

from terminal import Terminal, blocks
from wait import until


@pytest.fixture
def terminal(start):
    return start.keep(Terminal(start.new_folder()))


def test_health(terminal):
    config, = blocks("health.md", "yaml", "## A working example")
    programs, failing, again = blocks("health.md", "sh", "## A working example")
    terminal.file("health.yaml", config)
    terminal.type_all(programs)
    ask, *rest = failing.splitlines()

    def backends():
        code, said = terminal.type(rest[-1])
        return {one["backend"]: one["state"] for one in json.loads(said)["backends"]} if code == 0 else {}

    names = [f"127.0.0.1:{terminal.ports[port]}" for port in ("9090", "9091", "9092")]
    until(lambda: backends() == dict.fromkeys(names, "up"), "all backends are up")
    assert terminal.type(ask)[1].startswith("service: shop, addr: ")
    _, (_, said), _ = [terminal.type(line) for line in rest]
    answers = re.findall(r"^service: shop, addr: (.*)$", said, re.M)
    assert len(answers) == 60 and set(answers) <= set(names), said
    until(lambda: "is ejected" in terminal.log(), "its users' failures are seen")
    assert backends()[names[1]] != "up"
    assert set(re.findall("addr: (.*)$", terminal.type(rest[1])[1], re.M)) == {names[0], names[2]}
    terminal.type_all(again)
    until(lambda: terminal.type(ask) and backends()[names[1]] == "up", "it is back", 60)


def test_ending(terminal):
    (config,) = blocks("reload.md", "yaml", "## Ending")
    (commands,) = blocks("reload.md", "sh", "## Ending")
    terminal.file("ending.yaml", config)
    be, lb, slow, end, readyz, ask, wait, shown = commands.splitlines()
    terminal.type_all(f"{be}\n{lb}")
    answer = "service: shop, addr: 127.0.0.1:" + terminal.port("9090")
    until(lambda: terminal.type(ask) == (0, answer + "\n"), "both are there")
    asked = time.monotonic()
    terminal.type(slow)
    until(lambda: "/delay/4s" in terminal.log(), "the slow request is at its backend")
    ended = time.monotonic()
    terminal.type(end)
    until(lambda: terminal.type(readyz)[1].strip() == "not ready: draining", "it is told")

    def refused():
        code, said = terminal.type(ask)
        assert (code, said) == (0, answer + "\n") or time.monotonic() - ended >= 2, "served for two seconds"
        return code == 7  # could not connect

    until(refused, "nobody is accepted any more")
    assert terminal.type(shown) == (0, "") or time.monotonic() - asked >= 4, "the slow answer is still to come"
    assert terminal.type(wait)[0] == 0
    assert terminal.type(shown) == (0, answer + "\n")
    assert "draining: up to 32 s" in terminal.log() and "stopped" in terminal.log()


def test_balancing(terminal):
    (config,) = blocks("balancing.md", "yaml", "## A working example")
    programs, asked = blocks("balancing.md", "sh", "## A working example")
    terminal.file("balancing.yaml", config)
    terminal.type_all(programs)
    shop, cache = asked.splitlines()
    until(lambda: terminal.type(cache)[1].count("service: cache") == 6, "all are there")
    answers = re.findall(r"^service: shop, addr: 127.0.0.1:(.*)$", terminal.type(shop)[1], re.M)
    assert sorted(answers) == sorted([terminal.port("9090")] * 4 + [terminal.port("9091")] * 2)
    assert len(set(re.findall("addr: (.*)$", terminal.type(cache)[1], re.M))) == 1


def test_retries(terminal):
    (config,) = blocks("retries.md", "yaml", "## A working example")
    programs, asked = blocks("retries.md", "sh", "## A working example")
    terminal.file("retries.yaml", config)
    terminal.type_all(programs)
    gets, posts, counter = asked.splitlines()
    until(lambda: terminal.type(gets)[1].split() == ["200"] * 8, "all are there")
    assert set(terminal.type(posts)[1].split()) <= {"200", "503"}

    def retried():  # hosts are picked at random: eight requests may all go to the one that is well
        assert terminal.type(gets)[1].split() == ["200"] * 8
        return int(re.search('reason="status"} ([0-9]+)', terminal.type(counter)[1])[1]) > 0

    until(retried, "an attempt is made again")


def test_routing(terminal):
    config, = blocks("routing.md", "yaml", "## A working example")
    programs, asked = blocks("routing.md", "sh", "## A working example")
    terminal.file("routing.yaml", config)
    terminal.type_all(programs)
    shop, tester, users, moved, around = asked.splitlines()
    until(lambda: terminal.type(shop)[1].startswith("service: shop, "), "all are there")
    assert terminal.type(tester)[1].startswith("service: shop-next, ")
    answer = terminal.type(users)[1]
    assert "\nCache-Control: no-store\n" in answer and "\nservice: api, " in answer
    answer = terminal.type(moved)[1]
    assert answer.startswith("HTTP/1.1 308 ") and "\nLocation: https://shop.example.com/a?b\n" in answer
    assert terminal.type(around) == (0, "not from here\n")


def test_the_table_of_requests(terminal):
    config, = blocks("routing.md", "yaml", "## A working example")
    tests, = blocks("routing.md", "yaml", "## Tests of routes")
    command, = blocks("routing.md", "sh", "## Tests of routes")
    terminal.file("routing.yaml", config)
    terminal.file("routes.yaml", tests)
    assert terminal.type(command)[0] == 0, terminal.log()
    terminal.file("routes.yaml", tests.replace("service: api", "service: shop"))
    assert terminal.type(command)[0] == 1
    assert "tests[2].expect.service: expected shop, seen api" in terminal.log()


def test_overload(terminal):
    config, = blocks("overload.md", "yaml", "## A working example")
    programs, asked = blocks("overload.md", "sh", "## A working example")
    terminal.file("overload.yaml", config)
    terminal.type_all(programs)
    shop, api = asked.splitlines()
    until(lambda: terminal.type("curl 127.0.0.1:8080/")[0] == 0, "lb is there")
    assert sorted(terminal.type(shop)[1].split()) == ["200", "200", "503"]
    assert terminal.type(api)[1].split() == ["200"] * 3 + ["429"] * 2


def test_reload(terminal):
    config, = blocks("reload.md", "yaml", "## A working example")
    programs, asked = blocks("reload.md", "sh", "## A working example")
    terminal.file("reload.yaml", config)
    terminal.type_all(programs)
    rename, ask, drain, six, enable, spoil, reload, ask_again = asked.splitlines()
    until(lambda: terminal.type(ask)[0] == 0, "lb is there")
    terminal.type(rename)
    until(lambda: terminal.type(ask)[1].startswith("service: shop, "), "it is taken over")
    assert terminal.type(drain)[0] == 0
    assert set(re.findall("addr: 127.0.0.1:(.*)$", terminal.type(six)[1], re.M)) == {terminal.port("9091")}
    assert terminal.type(enable)[0] == 0
    terminal.type(spoil)
    answer = json.loads(terminal.type(reload)[1])
    assert answer["reloaded"] is False and answer["errors"][0]["path"] == "threads"
    assert ask_again == ask and terminal.type(ask)[1].startswith("service: shop, ")
