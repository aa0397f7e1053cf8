"""`sim sweep` and `sim marks`: many seeds in processes of their own, how they end, and what they say when they are ended."""

import os
import pathlib
import pty
import re
import signal
import subprocess

from program import binary, run

CHILDREN = "/proc/{0}/task/{0}/children"
ENDINGS = ["json", "html", "pcap", "txt", "jsonl", "sockets.txt"]  # of the files of a run that fails


def test_marks_that_a_few_seeds_cannot_reach_are_exit_code_74():
    result = run(binary("sim"), "marks", "--seeds", "1..3")
    assert result.returncode == 74
    missing, of = map(int, re.search(r"^FAIL marks  (\d+) of (\d+) situations were never reached", result.stdout, re.M).groups())
    assert 0 < missing < of
    assert result.stdout.count("<- never reached") == missing
    assert "3 seeds passed, 0 failed" in result.stdout


class Watched:
    """A sweep whose progress goes to a terminal, so that it tells of itself; its results go to a file."""

    def __init__(self, folder, *arguments):
        self.output = folder / "output"
        self.shown = ""
        self.terminal, its_end = pty.openpty()
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen([binary("sim"), "sweep", *arguments], cwd=folder, stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=its_end)
        os.close(its_end)

    def wait_for_progress(self):
        """Reads until the terminal says that some seeds have been run."""
        while not (found := re.search(r"[1-9]\d* of (\d+) seeds, (\d+) failed, \d+/s, \d+ s left", self.shown)):
            self.shown += os.read(self.terminal, 4096).decode()
        return found.groups()

    def end(self):
        """The exit code and the output."""
        try:
            code = self.process.wait(60)
        finally:
            self.process.kill()
            os.close(self.terminal)
        return code, self.output.read_text()


def test_sweep_that_is_interrupted_says_what_it_has_done(tmp_path):
    sweep = Watched(tmp_path, "--seeds", "1..1000000", "--jobs", "1")
    assert sweep.wait_for_progress() == ("1000000", "0")
    sweep.process.send_signal(signal.SIGINT)
    code, output = sweep.end()
    assert code == 130
    passed = re.fullmatch(r"stopped early: (\d+) seeds passed, 0 failed; .*\n", output)
    assert passed and 0 < int(passed.group(1)) < 1_000_000


def test_worker_of_a_sweep_that_dies_is_exit_code_72(tmp_path):
    sweep = Watched(tmp_path, "--seeds", "1..1000000", "--jobs", "1", "--failures-max", "1")
    sweep.wait_for_progress()
    worker = int(pathlib.Path(CHILDREN.format(sweep.process.pid)).read_text())
    os.kill(worker, signal.SIGABRT)  # as a broken invariant of the proxy's own does
    code, output = sweep.end()
    assert code == 72
    dead = re.search(r"^FAIL crash  seed=(\d+)  signal 6\n  replay   sim run --seed (\d+)$", output, re.M)
    assert dead and dead.group(1) == dead.group(2)
    assert re.search(r"^stopped early: \d+ seeds passed, 1 failed", output, re.M)


def test_budget_ends_a_sweep_without_a_complaint():
    result = run(binary("sim"), "sweep", "--seeds", "1..1000000", "--jobs", 1, "--budget", "500ms")
    assert result.returncode == 0
    assert re.fullmatch(r"stopped early: \d+ seeds passed, 0 failed; .*\n", result.stdout)


def test_sweep_goes_on_behind_failures_and_ends_with_the_code_of_the_first(tmp_path):
    result = run(binary("sim_canary"), "sweep", "--seeds", "1..60", "--jobs", 2, "--failures-max", 60, cwd=tmp_path)
    assert result.returncode == 70
    failed = re.findall(r"^FAIL safety\.\S+  seed=(\d+) ", result.stdout, re.M)
    assert failed
    assert f"\n{60 - len(failed)} seeds passed, {len(failed)} failed; " in result.stdout
    told = re.findall(r"sim-out/\S+", result.stdout)
    assert sorted(told) == sorted(f"sim-out/{seed}.{ending}" for seed in failed for ending in ENDINGS)
    assert all((tmp_path / name).stat().st_size > 0 for name in told)


def test_sweep_writes_files_where_it_is_told_to_and_nowhere_if_it_is_told_that(tmp_path):
    for folder in ["", "else where"]:
        result = run(binary("sim_canary"), "sweep", "--seeds", "1..1000", "--jobs", 1, "--failures-max", 1, "--out", folder,
                     cwd=tmp_path)
        assert result.returncode == 70
        assert [path.name for path in tmp_path.iterdir()] == ([folder] if folder else [])
    assert len(list((tmp_path / "else where").iterdir())) == len(ENDINGS)
