"""The command line: one clear line and exit 1 when something is wrong, never a stack trace, never a half-started proxy."""

import pathlib
import re
import socket

import pytest
import yaml

from config_file import proxy, service, write
from ports import free_port
from program import binary, can_connect, run, run_lb, sanitized
from raw_client import get

ROOT = pathlib.Path(__file__).parent.parent
HOST = {"address": "127.0.0.1", "port": 9090}


@pytest.fixture
def good(tmp_path):
    return write(tmp_path / "good.yaml", proxy(service(HOST)))


def fails_with_one_line(*arguments, cwd=None, under=()):
    """The one line that a failed start says; `under` is a command that starts it."""
    result = run(*under, binary("lb"), *arguments, cwd=cwd)
    said = (result.stdout + result.stderr).strip()
    assert result.returncode == 1, said
    assert len(said.splitlines()) == 1, said
    assert "terminate" not in said and "exception" not in said.lower()
    return said


@pytest.mark.parametrize("name", ["lb", "be"])
def test_help_and_version(name):
    help_text = run(binary(name), "--help")
    assert help_text.returncode == 0
    assert "--config" in help_text.stdout
    version = run(binary(name), "--version")
    assert version.returncode == 0
    assert re.search(r"\d+\.\d+\.\d+", version.stdout)


def test_an_unknown_flag_is_told():
    result = run_lb("--nonsense")
    assert result.returncode not in (0, -6, -11)
    assert "--nonsense" in result.stdout + result.stderr


def test_the_shipped_configuration_is_good():
    result = run_lb("--check", "--config", ROOT / "config.yaml")
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_form_of_the_original_loads_unchanged(tmp_path):
    original = """proxy:
  listen:
    address: ""
    port: 8080
  services:
    - name: my-service
      domain: my-service.my-company.com
      hosts:
        - address: "127.0.0.1"
          port: 9090
        - address: "127.0.0.1"
          port: 9091
"""
    assert run_lb("--check", "--config", write(tmp_path / "c.yaml", original)).returncode == 0


def test_the_form_of_the_original_serves_as_it_did(start):
    hosts = [{"address": "127.0.0.1", "port": free_port()} for _ in range(3)]
    services = [
        {"name": "my-service", "domain": "my-service.my-company.com", "hosts": hosts[:2]},
        {"name": "other-service", "domain": "other-service.my-company.com", "hosts": hosts[2:]},
    ]
    original = {"listen": {"address": "", "port": free_port()}, "services": services}
    start.be({"proxy": original})
    lb = start.lb_with({"proxy": {**original, "admin": {"port": free_port()}}})  # whose default port may be taken

    def who_answers(host, count):
        answers = [lb.request(get("/", host)) for _ in range(count)]
        assert {answer.status for answer in answers} == {200}
        return {index for index, one in enumerate(hosts) for answer in answers if str(one["port"]).encode() in answer.body}

    assert who_answers("my-service.my-company.com", 60) == {0, 1}  # at random: one of them alone once in 10^18 times
    assert who_answers("other-service.my-company.com", 3) == {2}
    assert who_answers(f"other-service.my-company.com:{lb.port}", 3) == {2}
    assert lb.request(get("/", "nobody.my-company.com")).status == 404


def test_the_default_is_config_yaml_in_the_working_directory(tmp_path):
    write(tmp_path / "config.yaml", proxy(service(HOST)))
    assert run_lb("--check", cwd=tmp_path).returncode == 0
    (tmp_path / "config.yaml").unlink()
    assert "config.yaml" in fails_with_one_line("--check", cwd=tmp_path)


BROKEN = """proxy:
  listen: {address: "", prot: 8080}
  timeouts: {request_header: soon}
  services:
  - name: one
    domain: one.test
    balance: rnadom
    hosts: [{address: 127.0.0.1, port: 70000}]
  - name: one
    domain: one.test
    hosts: []
"""


def test_check_tells_every_error_with_its_place(tmp_path):
    path = write(tmp_path / "broken.yaml", BROKEN)
    result = run_lb("--check", "--config", path)
    assert result.returncode == 1
    lines = (result.stdout + result.stderr).strip().splitlines()
    found = {}
    for line in lines:
        match = re.match(rf"{re.escape(str(path))}:(\d+):(\d+): (.+)", line)
        assert match, f"not file:line:col: message: {line}"
        found.setdefault(int(match[1]), []).append(match[3])
    assert set(found) >= {2, 3, 7, 8, 9, 10, 11}, lines
    assert any("port" in message and "prot" in message for message in found[2])  # with a suggestion
    assert any("random" in message for message in found[7])
    assert any("65535" in message for message in found[8])


@pytest.mark.parametrize("text", ["proxy: [", "a: b: c", "proxy:\n\tlisten: 1\n"])
def test_check_tells_where_the_syntax_breaks(tmp_path, text):
    path = write(tmp_path / "broken.yaml", text)
    result = run_lb("--check", "--config", path)
    assert result.returncode == 1
    assert re.match(rf"{re.escape(str(path))}:\d+:\d+: ", result.stdout + result.stderr)


STRANGE = ["", "x", "[]", "proxy:", "proxy: 1", "proxy: {}", "\0", "\xff\xfe", "proxy: {services: []}", "- " * 5000]


@pytest.mark.parametrize("text", STRANGE, ids=range(len(STRANGE)))
def test_strange_files_are_told_without_a_crash(tmp_path, text):
    path = tmp_path / "strange.yaml"
    path.write_bytes(text.encode("latin-1"))
    result = run_lb("--check", "--config", path)
    assert result.returncode in (0, 1), result.stderr
    if result.returncode:
        assert "strange.yaml" in result.stdout + result.stderr


def test_a_start_with_a_bad_file_says_the_same(tmp_path):
    path = write(tmp_path / "broken.yaml", BROKEN)
    result = run_lb("--config", path)
    assert result.returncode == 1
    assert f"{path}:2:" in result.stdout + result.stderr


def test_the_dump_is_complete_and_loads_to_itself(tmp_path, good):
    first = run_lb("--dump-config", "--config", good)
    assert first.returncode == 0
    dumped = yaml.safe_load(first.stdout)["proxy"]
    assert dumped["timeouts"]["request_header"] == "10s"
    assert dumped["limits"]["max_headers"] == 100
    assert dumped["services"][0]["pool"]["idle_timeout"] == "4s"
    assert dumped["services"][0]["hosts"][0]["port"] == 9090
    second = run_lb("--dump-config", "--config", write(tmp_path / "dumped.yaml", first.stdout))
    assert second.stdout == first.stdout


def keys(node):
    if isinstance(node, dict):
        yield from node
        node = list(node.values())
    for one in node if isinstance(node, list) else []:
        yield from keys(one)


def test_every_key_stays_itself_in_yaml_1_1(good):
    """Where `on` and `no` are truths: Helm and Kubernetes' tools read values and ConfigMaps so."""
    dumped = yaml.safe_load(run_lb("--dump-config", "--config", good).stdout)
    assert [key for key in keys(dumped) if not isinstance(key, str)] == []


def test_a_missing_file_is_one_line():
    assert "/nowhere/c.yaml" in fails_with_one_line("--config", "/nowhere/c.yaml")


def test_an_unreadable_file_is_one_line(tmp_path):
    """A folder cannot be read as a file, not even by root."""
    assert str(tmp_path) in fails_with_one_line("--config", tmp_path)


def test_a_port_in_use_is_one_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config = proxy(service(HOST), listen={"address": "127.0.0.1", "port": port})
        said = fails_with_one_line("--config", write(tmp_path / "c.yaml", config), cwd=tmp_path)
        assert str(port) in said
        assert not can_connect(config["proxy"]["admin"]["port"])


def test_an_admin_port_in_use_is_one_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config = proxy(service(HOST), admin={"address": "127.0.0.1", "port": port})
        assert str(port) in fails_with_one_line("--config", write(tmp_path / "c.yaml", config), cwd=tmp_path)


def test_a_second_lb_on_the_same_port_does_not_start(start, backend, tmp_path):
    lb = start.lb(backend)
    config = proxy(service(HOST), listen={"address": "127.0.0.1", "port": lb.port})
    said = fails_with_one_line("--config", write(tmp_path / "c.yaml", config), cwd=tmp_path)
    assert str(lb.port) in said


def test_an_address_that_is_not_here_is_one_line(tmp_path):
    config = proxy(service(HOST), listen={"address": "192.0.2.1", "port": free_port()})
    assert "192.0.2.1" in fails_with_one_line("--config", write(tmp_path / "c.yaml", config), cwd=tmp_path)


def test_too_few_descriptors_for_the_workers_are_one_line(start, backend, tmp_path):
    config = proxy(service(backend), threads=32)
    path = write(tmp_path / "c.yaml", config)

    def refusal(descriptors):
        return fails_with_one_line("--config", path, cwd=tmp_path, under=["prlimit", f"--nofile={descriptors}"])

    said = refusal(128)
    needed = re.search(r"cannot start 32 workers: that takes (\d+) file descriptors, and the limit is 128 ", said)
    assert needed, said
    needed = int(needed[1])
    assert f"that takes {needed} file descriptors" in refusal(needed - 1)
    assert start.lb_with(config, descriptors=needed).request(get()).status == 200


if not sanitized():  # a sanitizer takes more addresses than that for itself

    def test_too_few_threads_for_the_workers_are_one_line(tmp_path):
        """Each thread has a stack of a GiB, and of three GiB there is room for two of them."""
        path = write(tmp_path / "c.yaml", proxy(service(HOST), threads=8))
        few = ["prlimit", f"--stack={1 << 30}", f"--as={3 << 30}"]
        said = fails_with_one_line("--config", path, cwd=tmp_path, under=few)
        assert "cannot start 8 workers: Resource temporarily unavailable" in said


def redirected(redirection, *arguments):
    """The command that runs lb so."""
    return ["sh", "-c", f'exec "$0" "$@" {redirection}', binary("lb"), *arguments]


def test_a_standard_error_that_takes_nothing_ends_nothing(start, tmp_path):
    path = write(tmp_path / "warns.yaml", proxy(service(HOST), trusted_proxies=["0.0.0.0/0"]))
    assert "(warning)" in run_lb("--check", "--config", path).stderr

    def code(*arguments):
        return run(*redirected("2>/dev/full", *arguments, "--config", path)).returncode

    assert code("--check") == 0
    assert code("--health") == 1  # nobody is there
    program = start.program("lb", *redirected("2>/dev/full", "--config", path))
    program.wait_until(lambda: code("--health") == 0, "it takes requests")
    program.terminate()
    assert program.wait_exit() == 0


@pytest.mark.parametrize("asked", ["--check", "--dump-config"])
def test_a_standard_output_that_takes_nothing_is_told(good, asked):
    result = run(*redirected(">/dev/full", asked, "--config", good))
    assert (result.returncode, result.stderr) == (1, "lb: cannot write to standard output\n")
    assert run(*redirected(">/dev/full 2>&1", asked, "--config", good)).returncode == 1


def test_health_asks_a_running_lb(lb):
    assert run_lb("--health", "--config", lb.config_path).returncode == 0
    lb.terminate()
    lb.wait_exit()
    assert run_lb("--health", "--config", lb.config_path).returncode == 1


def test_a_bad_file_makes_no_running_lb_unwell(lb):
    good = lb.config_path.read_text()
    lb.config_path.write_text(good + "\nnonsense: 1\n")
    asked = run_lb("--health", "--config", lb.config_path)
    assert asked.returncode == 0, asked.stderr


def test_be_with_a_missing_file_is_one_line():
    result = run(binary("be"), "--config", "/nowhere/c.yaml")
    said = (result.stdout + result.stderr).strip()
    assert (result.returncode, len(said.splitlines())) == (1, 1), said
    assert "/nowhere/c.yaml" in said
