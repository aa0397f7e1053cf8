"""The command line of `sim`: help, seeds, mistakes and their exit codes, and what a seed stands for."""

import json
import pathlib
import re

import pytest

from program import binary, run


def sim(*arguments, cwd=None):
    return run(binary("sim"), *arguments, cwd=cwd)


def subcommands():
    """The names of those that --help shows."""
    listed = sim("--help").stdout.split("Subcommands:\n")[1].split("\nExamples:")[0]
    return re.findall(r"^  ([a-z-]+) ", listed, re.M)


def test_every_subcommand_has_help_with_examples_and_exit_codes():
    names = subcommands()
    assert len(names) >= 11 and {"run", "sweep", "explain", "list-faults"} <= set(names)
    for name in names:
        result = sim(name, "--help")
        assert result.returncode == 0, name
        examples, codes = result.stdout.split("\nExamples:\n")[1].split("Exit codes:\n")
        assert re.match(rf"  .*sim {name}\b", examples), name
        assert re.match(r"    0  \S.*\n    1  \S", codes), name


def test_help_tells_the_exit_codes_that_the_manual_tells():
    told = re.findall(r"^ +(\d+)  (?:(\w+)[:\n ])?", sim("--help").stdout.split("Exit codes:\n")[1], re.M)
    manual = (pathlib.Path(__file__).parent.parent / "docs" / "campaigns.md").read_text().split("## Exit codes")[1]
    rows = re.findall(r"^\| (\d+) \| (\w*) *\|", manual, re.M)
    assert [code for code, _ in told] == [code for code, _ in rows] == "0 1 70 71 72 73 74 130".split()
    assert told[1:] == rows[1:], "and what each is called"


def test_run_shows_all_its_examples_and_both_kinds_of_scenario():
    text = sim("run", "--help").stdout
    assert "sim run --seed 4711 --trace text" in text
    assert "sim run --config config.yaml --scenario scenario.yaml" in text
    assert re.search(r"--scenario.*\s.*JSON.*YAML", text)


def test_version_is_that_of_the_programs():
    version = sim("--version")
    assert version.returncode == 0
    assert version.stdout.strip().split(" ", 1)[0] == "sim"
    assert version.stdout.split(" ", 1)[1] == run(binary("lb"), "--version").stdout.split(" ", 1)[1]


def test_one_seed_may_be_written_in_several_ways():
    decimal = sim("explain", "--seed", int("3f2a91c", 16))
    assert decimal.returncode == 0
    for seed in ("0x3f2a91c", "3f2a91c", "3f2a91c0d", "3f2a91c0123456789abcdef0123456789abcdef0"):
        assert sim("explain", "--seed", seed).stdout == decimal.stdout, seed


def test_without_a_seed_a_fresh_one_is_told_first(tmp_path):
    results = [sim("run", cwd=tmp_path) for _ in range(2)]
    seeds = [re.match(r"fresh seed: --seed (\d+)\n", result.stdout).group(1) for result in results]
    assert seeds[0] != seeds[1]
    again = sim("run", "--seed", seeds[0], cwd=tmp_path)
    assert again.returncode == results[0].returncode
    assert again.stdout in results[0].stdout or again.returncode != 0  # a report has its speed


@pytest.mark.parametrize("arguments, said", [
    (["run", "--seed", "abc"], '--seed: "abc" is no seed'),
    (["run", "--seed", "0x10000000000000000"], "is too large"),
    (["sweep", "--seeds", "5"], '--seeds: "5" is no range: write FIRST..LAST'),
    (["sweep", "--seeds", "5..1"], "ends before it begins"),
    (["sweep", "--seeds", "1..2", "--budget", "soon"], '--budget: "soon" is no time to work for'),
    (["sweep", "--fresh", "0"], "--fresh"),
    (["sweep"], "from [--seeds,--fresh] is required"),
    (["shrink", "--seed", "1", "--budget", "0"], "--budget"),
    (["check-determinism"], "from [--seed,--seeds,--scenario] is required"),
    (["marks", "--seeds", "one..two"], "is no seed"),
    (["run", "--scenario", "nowhere.json"], "nowhere.json: cannot be read"),
    (["regressions", "nowhere"], "nowhere"),
    (["nothing"], "A subcommand is required"),
    ([], "A subcommand is required"),
])
def test_mistakes_on_the_command_line_are_exit_code_1(arguments, said, tmp_path):
    result = sim(*arguments, cwd=tmp_path)
    assert result.returncode == 1
    assert said in result.stderr
    assert result.stdout == ""


def test_a_bad_scenario_is_said_with_its_place(tmp_path):
    file = tmp_path / "bad.json"
    file.write_text('{"backends": [{}],\n "clients": [\n  {"requests": [{"id": 1, "answer": {"delya": 3}}]}]}')
    for arguments in (["run", "--scenario"], ["explain"], ["shrink"], ["check-determinism"]):
        result = sim(*arguments, file)
        assert result.returncode == 1
        assert f"{file}:3:38: /clients/0/requests/0/answer/delya: no such field" in result.stderr


@pytest.mark.parametrize("seed", [4, 12])
def test_what_is_explained_can_be_run(seed, tmp_path):
    (tmp_path / "drawn.json").write_text(sim("explain", "--seed", seed).stdout)
    drawn = sim("run", "--seed", seed)
    assert drawn.returncode == 0, drawn.stdout
    assert sim("run", "--scenario", tmp_path / "drawn.json").stdout == drawn.stdout
    assert sim("explain", tmp_path / "drawn.json").stdout == (tmp_path / "drawn.json").read_text()


def test_every_family_that_seeds_switch_on_is_listed():
    listed = sim("list-faults")
    assert listed.returncode == 0
    names = set(re.findall(r"^  (\w+) +\w", listed.stdout, re.M))
    assert {"pipelining", "stall", "retries"} <= names
    for seed in range(1, 6):
        assert set(json.loads(sim("explain", "--seed", seed).stdout).get("families", [])) <= names
