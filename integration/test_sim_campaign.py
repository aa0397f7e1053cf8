"""`sim` as campaigns use it, with real processes. `sim_canary` is the simulator around a proxy with a planted bug: it shows
what a failure looks like, from the report over its files to the line that replays it."""

import json
import re
import shlex

import pytest

from program import binary, run, sanitized

# It says that nothing goes wrong, and its only backend answers after four hours: not every request ends in time.
UNTRUE = {
    "seed": 7,
    "calm_only": True,
    "backends": [{}],
    "config": [
        "proxy:",
        '  listen: [{address: "10.0.0.2", port: 8080}]',
        "  threads: 1",
        "  services:",
        "  - name: s0",
        "    domain: s0.test",
        "    timeouts: {response_header: 24h}",
        '    hosts: [{address: "10.0.1.1", port: 80}]',
    ],
    "clients": [{"patience": 36 * 10**12, "requests": [{"id": 1, "answer": {"delay": 14400 * 10**9}}]}],
}


def sim(*arguments, cwd=None):
    return run(binary("sim"), *arguments, cwd=cwd)


def canary(*arguments, cwd=None):
    return run(binary("sim_canary"), *arguments, cwd=cwd)


class Report:
    """What a failed run prints: its first line, and its parts by their labels."""

    def __init__(self, text):
        lines = text[text.index("FAIL "):].splitlines()
        self.invariant, self.seed, self.build, self.event = re.fullmatch(
            r"FAIL (\S+)  seed=(\d+)  build=(.+?)  t=[\d:.]+  event=(\d+)", lines[0]).groups()
        self.parts = {}
        label = None
        for line in lines[1:]:
            if not line.startswith("  "):
                break
            label = line[2:11].strip() or label
            self.parts.setdefault(label, []).append(line[11:])


class Failure:
    """A failed run of the canary, with its files."""

    def __init__(self, folder):
        self.folder = folder
        found = canary("sweep", "--seeds", "1..1000", "--failures-max", 1, "--jobs", 1, "--out", "")
        assert found.returncode == 70, found.stdout + found.stderr
        self.seed = Report(found.stdout).seed
        self.result = canary("run", "--seed", self.seed, cwd=folder)
        self.report = Report(self.result.stdout)

    def file(self, ending):
        return self.folder / "sim-out" / f"{self.seed}.{ending}"


@pytest.fixture(scope="module")
def failure(tmp_path_factory):
    return Failure(tmp_path_factory.mktemp("failure"))


def test_report_says_all_that_is_known(failure):
    assert failure.result.returncode == 70
    report = failure.report
    assert report.invariant.startswith("safety.")
    assert report.seed == failure.seed
    assert f"sim {report.build}" == canary("--version").stdout.strip()
    assert list(report.parts) == ["what", "who", "bytes", "faults", "last", "replay", "smaller", "files", "speed"]
    assert any(line.startswith("expected  ") for line in report.parts["bytes"])
    faults = " ".join(report.parts["faults"])
    families = json.loads(failure.file("json").read_text()).get("families", [])
    on, off, fired = re.fullmatch(r"on: +(.*?) +off: +(.*?) +\((none fired|\d+ fired, last at event \d+)\)", faults).groups()
    assert on.split() == (families or ["none"])
    listed = re.findall(r"^  (\w+) +\w", sim("list-faults").stdout, re.M)
    assert sorted(on.split() + off.split()) == sorted(listed)
    if fired != "none fired":
        assert int(fired.split()[-1]) <= int(report.event)
    assert re.fullmatch(r"[\d.]+ s of virtual time in [\d.]+ s, \d+ events/s", report.parts["speed"][0])


def test_report_leaves_every_file(failure):
    names = [f"{failure.seed}.{ending}" for ending in ("json", "html", "pcap", "txt", "jsonl", "sockets.txt")]
    assert failure.report.parts["files"] == [f"sim-out/{name}" for name in names]
    assert sorted(path.name for path in (failure.folder / "sim-out").iterdir()) == sorted(names)
    assert failure.file("json").read_text() == sim("explain", "--seed", failure.seed).stdout
    events = [json.loads(line) for line in failure.file("jsonl").read_text().splitlines()]
    assert events[-1]["kind"] == "violation"
    assert len(failure.file("txt").read_text().splitlines()) == len(events)
    assert failure.file("pcap").read_bytes()[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1")
    assert "b0" in failure.file("sockets.txt").read_text()
    page = failure.file("html").read_text()
    for fact in ("build", "faults on", "faults off", "speed"):
        assert f'["{fact}","' in page, fact
    assert failure.report.build in page


def test_replay_line_replays_up_to_the_violation(failure, tmp_path):
    program, *arguments = shlex.split(failure.report.parts["replay"][0])
    assert program == "sim"
    again = canary(*arguments, cwd=tmp_path)
    assert again.returncode == 70
    report = Report(again.stdout)
    assert (report.invariant, report.event) == (failure.report.invariant, failure.report.event)
    assert report.parts["what"] == failure.report.parts["what"]
    trace = re.findall(r"^\d\d:\d\d:\d\d\.\d{6} +(\d+) .*$", again.stdout, re.M)
    assert len(trace) > 100
    assert int(trace[-1]) == max(map(int, trace)) == int(report.event)


def test_stored_scenario_fails_in_the_same_way(failure, tmp_path):
    again = canary("run", "--scenario", failure.file("json"), cwd=tmp_path)
    assert again.returncode == 70
    report = Report(again.stdout)
    assert (report.invariant, report.event) == (failure.report.invariant, failure.report.event)
    assert f"--scenario {failure.file('json')}" in report.parts["replay"][0]
    assert sim("run", "--scenario", failure.file("json"), cwd=tmp_path).returncode == 0, "the proxy itself has no such bug"


def test_shrink_writes_a_smaller_one_that_fails_in_the_same_way(failure, tmp_path):
    small = tmp_path / "small.json"
    result = canary("shrink", failure.file("json"), "--out", small, "--budget", "40s" if sanitized() else "3s")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.startswith(f"{failure.report.invariant}\n")
    requests = [int(number) for number in re.findall(r"^  (?:was|now) +(\d+) requests", result.stdout, re.M)]
    assert requests[1] < requests[0]
    assert small.stat().st_size < failure.file("json").stat().st_size
    again = canary("run", small, cwd=tmp_path)
    assert again.returncode == 70
    assert Report(again.stdout).invariant == failure.report.invariant
    assert Report(result.stdout).event == Report(again.stdout).event, "its own report is that of the small one"


def test_shrink_has_nothing_to_do_for_a_scenario_that_passes(failure, tmp_path):
    result = sim("shrink", failure.file("json"), "--out", tmp_path / "small.json")
    assert result.returncode == 1
    assert "does not fail" in result.stderr
    assert not (tmp_path / "small.json").exists()


def test_regressions_run_a_whole_folder(failure, tmp_path):
    (tmp_path / "a.json").write_text(failure.file("json").read_text())
    (tmp_path / "notes.md").write_text("no scenario")
    for program, code, said in [(sim, 0, "1 scenarios passed, 0 failed"), (canary, 70, "0 scenarios passed, 1 failed")]:
        result = program("regressions", tmp_path)
        assert result.returncode == code
        assert said in result.stdout
    assert Report(result.stdout).invariant == failure.report.invariant
    (tmp_path / "b.json").write_text(json.dumps(UNTRUE))
    result = sim("regressions", tmp_path)
    assert result.returncode == 71
    assert "1 scenarios passed, 1 failed" in result.stdout


def test_a_request_that_does_not_end_is_exit_code_71(tmp_path):
    (tmp_path / "untrue.json").write_text(json.dumps(UNTRUE))
    result = sim("run", "untrue.json", cwd=tmp_path)
    assert result.returncode == 71
    assert Report(result.stdout).invariant == "liveness.answers"


def test_two_builds_that_differ_are_exit_code_73(failure):
    result = sim("check-determinism", "--seed", failure.seed, "--binary", binary("sim_canary"))
    assert result.returncode == 73
    assert f"FAIL nondeterminism  --seed {failure.seed}\n" in result.stdout
    assert "they part between events" in result.stdout
    same = canary("check-determinism", "--seed", failure.seed, "--binary", binary("sim_canary"))
    assert same.returncode == 0, "a failure is as repeatable as a success: " + same.stdout
