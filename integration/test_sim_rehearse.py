"""`sim run --config --scenario`: a user rehearses his own configuration; the report is opened in a real browser."""

import json
import pathlib
import re
import shutil

import pytest

from program import binary, run

EXAMPLES = pathlib.Path(__file__).parent.parent / "sim" / "examples"
NAMES = sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir())


def rehearse(folder, *arguments):
    return run(binary("sim"), "run", "--config", folder / "config.yaml", "--scenario", folder / "scenario.yaml", *arguments)


@pytest.fixture
def copy(tmp_path):
    """A copy of an example, in which a knob may be turned."""

    def make(name, file=None, knob=None, turned=None):
        folder = tmp_path / name
        shutil.copytree(EXAMPLES / name, folder)
        if file:
            text = (folder / file).read_text()
            assert knob in text
            (folder / file).write_text(text.replace(knob, turned))
        return folder

    return make


def test_there_are_eight_examples():
    assert NAMES == ["crash-under-load", "flapping", "flash-crowd", "gray-failure", "metastable", "partition",
                     "rolling-restart", "slow-backend"]


@pytest.mark.parametrize("name", NAMES)
def test_example_holds(name):
    result = rehearse(EXAMPLES / name)
    assert result.returncode == 0, result.stdout + result.stderr
    assert len(re.findall(r"^ok ", result.stdout, re.M)) >= 5
    assert "FAIL" not in result.stdout


def test_failed_expectation_is_exit_code_70(copy):
    result = rehearse(copy("crash-under-load", "config.yaml", "attempts: 1", "attempts: 0"))
    assert result.returncode == 70, result.stderr
    assert re.search(r"^FAIL  errors < 0\.1%  +\d+\.\d+%$", result.stdout, re.M), result.stdout


def test_bad_files_are_exit_code_1_with_their_places(copy):
    folder = copy("partition", "scenario.yaml", "patience: 5s", "patence: 5s")
    result = rehearse(folder)
    assert result.returncode == 1
    assert result.stdout == ""
    assert f'{folder}/scenario.yaml:13:3: traffic[0]: unknown key "patence"; did you mean "patience"?' in result.stderr
    missing = rehearse(folder.parent)
    assert missing.returncode == 1
    assert "config.yaml: cannot be read" in missing.stderr


def test_command_line_mistakes_are_exit_code_1():
    config = EXAMPLES / "partition" / "config.yaml"
    scenario = EXAMPLES / "partition" / "scenario.yaml"
    for arguments in (["--config", config], ["--config", config, "--scenario", scenario, "--seeds", "5..1"],
                      ["--scenario", scenario, "--seeds", "1..2"], ["--seed", 1, "--scenario", scenario],
                      ["--config", config, "--scenario", scenario, "--trace", "text"]):
        result = run(binary("sim"), "run", *arguments)
        assert result.returncode == 1, arguments
        assert result.stderr, arguments


def test_a_seed_is_a_run():
    outputs = [rehearse(EXAMPLES / "partition", "--seed", seed).stdout for seed in (7, 7, 8)]
    assert outputs[0] == outputs[1] != outputs[2]


def test_json_adds_up(copy):
    result = rehearse(copy("flash-crowd", "scenario.yaml", "queue: 50", "queue: 10000"), "--json", "--seeds", "1..3")
    assert result.returncode == 70
    data = json.loads(result.stdout)
    assert not data["ok"]
    assert [one["seed"] for one in data["seeds"]] == [1, 2, 3]
    assert sum(data["over_time"]["all"]["requests"]) == data["total"]["requests"]
    assert sum(data["total"]["errors_by_reason"].values()) == data["total"]["errors"]
    service = data["services"][0]
    assert sum(backend["share"] for backend in service["backends"]) == pytest.approx(1)
    failed = [one["expect"] for one in data["expectations"] if not one["ok"]]
    assert "every request answered" in failed
    assert all(one["seeds_failed"] > 0 for one in data["expectations"] if not one["ok"])


# Chooses the last service, points into the first chart, and leaves what came of it where --dump-dom shows it.
ROBOT = """<script>
document.querySelectorAll('#services button').forEach(button => button.click());
const svg = document.querySelectorAll('#charts svg')[1], box = svg.getBoundingClientRect();
svg.dispatchEvent(new PointerEvent('pointermove', {clientX: box.left + box.width * 0.4, clientY: box.top + 20}));
document.body.dataset.tip = document.getElementById('tip').innerText;
document.body.dataset.errors = window.errors.join('; ');
document.body.dataset.wide = document.documentElement.scrollWidth > innerWidth;
</script></body>"""
WATCH = "<head><script>window.errors = []; addEventListener('error', e => errors.push(e.message));</script>"


def opened(page, width=1200):
    """The page's elements after its scripts and the robot have run in Chromium."""
    text = page.read_text()
    robot = page.with_suffix(".robot.html")
    robot.write_text(text.replace("<head>", WATCH, 1).replace("</body>", ROBOT))
    chromium = shutil.which("chromium")
    assert chromium, "chromium is not installed: scripts/test installs it"
    result = run(chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={page.parent}/chromium",
                 f"--window-size={width},1000", "--dump-dom", robot.as_uri())
    assert 'data-errors=""' in result.stdout, result.stdout[-2000:] + result.stderr[-2000:]
    return result.stdout


def test_report_in_a_browser(copy, tmp_path):
    page = tmp_path / "report.html"
    result = rehearse(copy("slow-backend", "config.yaml", "response_header: 1s", "response_header: 30s"), "--report", page)
    assert result.returncode == 70
    assert f"report: {page}" in result.stdout
    assert page.stat().st_size < 300_000
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//|@import|url\(""", page.read_text()), "one file, no network"
    dom = opened(page)
    assert "2 of 6 expectations fail" in dom
    assert dom.count('class="expectation') == 6
    assert dom.count("<svg") == 4 + 3, "faults, rates, latencies, errors, and three backends"
    assert "slow 10.0.0.3:8080 x30" in dom
    assert "client_gave_up" in dom
    assert re.search(r'data-tip="[^"]*answered well', dom)
    assert 'data-wide="false"' in dom


def test_report_on_a_small_screen_with_several_services_and_seeds(tmp_path):
    (tmp_path / "config.yaml").write_text("""
proxy:
  services:
  - {name: shop, domain: shop.example.com, hosts: [{address: 10.0.0.1, port: 80}]}
  - {name: "api", domain: api.example.com, hosts: [{address: api.internal, port: 80}]}
""")
    (tmp_path / "scenario.yaml").write_text("""
duration: 5s
traffic: [{service: shop, rate: 50/s}, {service: api, rate: 20/s}]
""")
    page = tmp_path / "report.html"
    result = rehearse(tmp_path, "--report", page, "--seeds", "3..5")
    assert result.returncode == 0, result.stderr
    dom = opened(page, width=500)
    assert "Nothing expected" in dom
    assert re.search(r'aria-selected="true">api<', dom)
    assert "3 (shown)" in dom
    assert 'data-wide="false"' in dom
