"""What a simulated run leaves behind, opened with the programs that people open it with: tshark and Chromium.

`report_demo` (unit/report) writes down a story in which a backend refuses, another stands still and a rule is broken in
the end; `sim run` writes down random ones."""

import json
import pathlib
import re
import subprocess

import pytest

from browser import Browser
from program import binary, run

PAGE_BYTES_MAX = 2_000_000
LOAD_MILLISECONDS_MAX = 2000


def demo(folder, clients, requests_each):
    result = run(binary("report_demo"), folder, clients, requests_each)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    return demo(tmp_path_factory.mktemp("story"), 20, 5)


@pytest.fixture(scope="module")
def long_story(tmp_path_factory):
    return demo(tmp_path_factory.mktemp("long"), 60, 18)


@pytest.fixture
def browser(tmp_path):
    with Browser(tmp_path / "profile") as browser:
        yield browser


def tshark(file, *arguments):
    command = ["tshark", "-n", "-r", file, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=110, check=True).stdout


def sent(folder):
    """Of the trace: the data that was sent, by connection and sender."""
    streams = {}
    for line in (folder / "trace.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["kind"] == "data" and event["stage"] == "sent":
            key = (event["connection"], event["from"])
            streams[key] = streams.get(key, "") + event["text"]
    return streams


def test_tshark_sees_every_message_and_nothing_wrong(story):
    streams = sent(story)
    requests = [r for text in streams.values() for r in re.findall(r"(?:GET|POST) (/\S*) HTTP/1.1\r\n", text)]
    answers = [s for text in streams.values() for s in re.findall(r"HTTP/1.1 (\d+) ", text)]
    assert len(requests) > 200
    seen = tshark(story / "trace.pcap", "-Y", "http.request", "-T", "fields", "-e", "http.request.uri").split()
    assert sorted(seen) == sorted(requests)
    seen = tshark(story / "trace.pcap", "-Y", "http.response", "-T", "fields", "-e", "http.response.code").split()
    assert sorted(seen) == sorted(answers)
    complaints = tshark(story / "trace.pcap", "-Y", "_ws.expert.severity >= note", "-T", "fields", "-e", "_ws.expert.message")
    allowed = r"Connection reset \(RST\)|This frame (initiates|undergoes) the connection closing"
    assert [line for line in complaints.splitlines() if not re.fullmatch(allowed, line)] == []
    assert tshark(story / "trace.pcap", "-Y", "tcp.flags.reset == 1") != "", "a backend refuses in this story"


def test_tshark_follows_a_stream_as_the_client_saw_it(story):
    streams = sent(story)
    (connection, client), request = next((key, text) for key, text in streams.items() if key[1] == "c3")
    answer = next(text for key, text in streams.items() if key[0] == connection and key[1] != client)
    rows = tshark(story / "trace.pcap", "-Y", "http.request.uri == \"/3/0\" && tcp.dstport == 8080", "-T", "fields", "-e", "tcp.stream")
    followed = tshark(story / "trace.pcap", "-q", "-z", f"follow,tcp,raw,{rows.strip()}")
    lines = re.findall(r"^(\t?)([0-9a-f]+)$", followed, re.M)
    up = b"".join(bytes.fromhex(data) for tab, data in lines if not tab)
    down = b"".join(bytes.fromhex(data) for tab, data in lines if tab)
    assert up.decode() == request
    assert down.decode() == answer


@pytest.mark.parametrize("seed", [1, 2, 5, 8, 10])
def test_tshark_finds_no_fault_with_a_capture_of_a_random_run(seed, tmp_path):
    result = run(binary("sim"), "run", "--seed", seed, "--trace", "pcap", "--out", tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    complaints = tshark(tmp_path / f"{seed}.pcap", "-Y", "tcp.checksum.status == 0 || ip.checksum.status == 0 || "
                        "tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment || tcp.analysis.out_of_order")
    assert complaints == ""
    assert tshark(tmp_path / f"{seed}.pcap", "-Y", "http.request") != ""


def test_every_kind_of_trace_of_a_random_run(tmp_path):
    result = run(binary("sim"), "run", "--seed", 3, "--trace", "text,jsonl,html,pcap", "--out", tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["3.html", "3.jsonl", "3.pcap"]
    text = [line for line in result.stdout.splitlines() if re.match(r"\d\d:\d\d:\d\d\.\d{6} ", line)]
    events = [json.loads(line) for line in (tmp_path / "3.jsonl").read_text().splitlines()]
    assert len(text) == len(events) > 100
    again = run(binary("sim"), "run", "--seed", 3, "--trace", "text", "--until-event", events[50]["event"])
    cut = [line for line in again.stdout.splitlines() if re.match(r"\d\d:\d\d:\d\d\.\d{6} ", line)]
    assert cut == text[:len(cut)] and len(cut) >= 51
    assert len(cut) == sum(event["event"] <= events[50]["event"] for event in events)


def test_a_folder_that_cannot_be_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    result = run(binary("sim"), "run", "--seed", 3, "--trace", "html", "--out", tmp_path / "file")
    assert result.returncode == 1
    assert "cannot be written" in result.stderr


def position(browser, selector):
    """The middle of an element, which has to be in the window."""
    return browser.ask(f"(() => {{ const box = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
                       " return [box.x + box.width / 2, box.y + box.height / 2]; })()")


def open_story(browser, folder):
    browser.open((folder / "trace.html").as_uri())
    assert browser.ask("document.documentElement.dataset.ready") is not None, browser.problems


def shown(browser):
    return int(browser.ask("document.getElementById('count').textContent").split(" of ")[0].replace(",", ""))


def test_the_page_opens_at_the_violation(browser, story):
    open_story(browser, story)
    assert browser.ask("document.title.trim()") == "safety.pool_clean"
    assert browser.ask("document.getElementById('verdict').textContent") == "Fail"
    x, y = position(browser, "#chart .wrong text")
    assert 100 < y < 900 and x > 0
    assert "connection b2#7 returned to the pool" in browser.ask("document.querySelector('#chart .wrong').textContent")
    assert "sim run --seed 1" in browser.ask("document.getElementById('detail').textContent")
    assert browser.problems == []


def test_a_click_on_an_arrow_shows_its_bytes(browser, story):
    open_story(browser, story)
    arrow = browser.ask("""(() => {
        const items = [...document.querySelectorAll('#chart .item.request')];
        const group = items[Math.floor(items.length / 2)], item = model.items[Number(group.dataset.item)];
        const line = group.querySelector('.hit').getBoundingClientRect();
        return {x: line.x + line.width / 2, y: line.y + line.height / 2, bytes: model.bytes(item.text), label: item.label};
    })()""")
    assert arrow["bytes"].startswith(arrow["label"] + " HTTP/1.1\r\n")
    browser.click(arrow["x"], arrow["y"])
    text = browser.ask("document.querySelector('#detail pre.text').textContent")
    assert re.sub("[\u21b5\u2193]", "", text) == arrow["bytes"].replace("\r", "")
    browser.click(*position(browser, "#detail .tabs button:nth-child(2)"))
    rows = browser.ask("document.querySelector('#detail pre.hex').textContent").splitlines()
    dumped = b"".join(bytes.fromhex(row[10:33].replace(" ", "")) for row in rows)
    assert dumped.decode() == arrow["bytes"]
    browser.click(*position(browser, "#detail .tabs button:nth-child(3)"))
    talk = browser.ask("document.querySelector('#detail pre').textContent")
    assert arrow["label"] in talk and "HTTP/1.1 200 OK" in talk
    assert browser.problems == []


def test_filters_by_text_connection_kind_and_lane(browser, story):
    open_story(browser, story)
    everything = shown(browser)
    browser.click(*position(browser, "#search"))
    browser.call("Input.insertText", text="/7/3")
    browser.until(f"chart.view.shown.length < {everything}")
    messages = browser.ask("chart.view.shown.filter(item => item.packet).map(item => item.label)")
    assert messages == ["POST /7/3"] * 2, "to the proxy, and to a backend"
    browser.ask("(() => { const box = document.getElementById('search'); box.value = ''; box.dispatchEvent(new Event('input')); })()")
    browser.until(f"chart.view.shown.length === {everything}")

    one = browser.ask("model.connections[model.items.find(item => item.label === 'GET /7/2').connection].number")
    browser.ask(f"(() => {{ const box = document.getElementById('connection'); box.value = '{one}';"
                " box.dispatchEvent(new Event('change')); })()")
    assert browser.ask("new Set(chart.view.shown.filter(item => item.packet).map(item => item.connection)).size") == 1
    assert 5 < shown(browser) < everything
    browser.ask("app.showConnection(-1)")

    browser.click(*position(browser, "#kinds [data-group=data]"))
    assert browser.ask("chart.view.shown.some(item => item.kind === 'data')") is False
    assert 5 < shown(browser) < everything
    browser.click(*position(browser, "#kinds [data-group=data]"))
    browser.click(*position(browser, "#lanes-summary"))
    browser.ask("document.querySelector('#lanes [data-lane=b1]').scrollIntoView()")
    browser.click(*position(browser, "#lanes [data-lane=b1] input"))
    assert "b1" not in browser.ask("[...document.querySelectorAll('#chart .name')].map(one => one.textContent)")
    assert shown(browser) < everything
    assert browser.problems == []


def test_faults_are_bands_that_can_be_clicked(browser, story):
    open_story(browser, story)
    assert browser.ask("model.faults.map(fault => [fault.name, fault.who, fault.healed])") == [
        ["refuse", "b0", True], ["stall", "b1", True]]
    browser.ask("chart.showRow(model.faults[1].begin), chart.draw()")
    names = browser.ask("[...document.querySelectorAll('#chart .fault')].map(one => one.textContent)")
    assert names == ["refuse", "stall"]
    band = browser.ask("(() => { const b = document.querySelectorAll('#chart .band')[1].getBoundingClientRect();"
                       " return [b.x + 4, b.y + 4]; })()")
    browser.click(*band)
    assert "lasts200 ms" in browser.ask("document.getElementById('detail').textContent")
    browser.key("Escape")
    browser.click(*band, meanwhile=lambda: browser.ask("chart.draw()"))
    assert "lasts200 ms" in browser.ask("document.getElementById('detail').textContent"), "drawn anew during the click"


def test_keys_zoom_and_true_time(browser, story):
    open_story(browser, story)
    height = browser.ask("chart.view.layout.whole")
    browser.key("+")
    assert browser.ask("chart.view.layout.whole") == pytest.approx(height * 1.25, rel=0.01)
    browser.key("-")
    browser.key("t")
    rows = browser.ask("[0, model.faults[1].begin, model.faults[1].end, model.times.length - 1].map(row =>"
                       " [model.times[row], chart.view.layout.y[row]])")
    begin, end = rows[0], rows[-1]
    for time, y in rows:
        expected = (time - begin[0]) / (end[0] - begin[0]) * end[1]
        assert y == pytest.approx(expected, abs=1), "in true time places are to scale"
    browser.key("v")
    selected = browser.ask("chart.view.selected.number")
    browser.key("ArrowUp")
    assert browser.ask("chart.view.selected.number") < selected
    browser.key("Escape")
    assert browser.ask("chart.view.selected") is None
    assert browser.problems == []


def loaded_in(browser, story):
    """Milliseconds until the page was drawn."""
    open_story(browser, story)
    return int(browser.ask("document.documentElement.dataset.ready"))


def test_ten_thousand_events_are_small_and_quick(browser, long_story):
    page = long_story / "trace.html"
    assert len((long_story / "trace.txt").read_text().splitlines()) >= 10_000
    assert page.stat().st_size < PAGE_BYTES_MAX
    for dark in (False, True):
        browser.dark(dark)
        assert min(loaded_in(browser, long_story) for _ in range(3)) < LOAD_MILLISECONDS_MAX
    assert shown(browser) > 4000
    drawn = browser.ask("document.querySelectorAll('#chart *').length")
    assert drawn < 2000, "only what is in the window is drawn"
    slowest = browser.ask("""(async () => {
        const best = Array(21).fill(Infinity);  // each place is drawn three times: the machine may stand still once
        for (let scan = 0; scan < 3; ++scan) {
            for (let i = 0; i <= 20; ++i) {
                chart.scroll.scrollTop = i / 20 * chart.view.layout.whole;
                const begin = performance.now();
                chart.draw();
                best[i] = Math.min(best[i], performance.now() - begin);
            }
        }
        return Math.max(...best);
    })()""")
    assert slowest < 200
    assert browser.problems == []


def test_the_page_asks_nobody_for_anything(browser, story):
    browser.call("Network.enable")
    open_story(browser, story)
    resources = browser.ask("performance.getEntriesByType('resource').map(one => one.name)")
    assert resources == []
