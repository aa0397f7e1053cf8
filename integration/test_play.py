"""The newcomer's way: scripts/play, and every command of the README, as they stand there.

Only the ports are other ones, so that the test disturbs nobody and nobody disturbs it."""

import os
import pathlib
import re
import signal
import subprocess

import pytest

from ports import free_port
from program import Program, binary, can_connect, run

ROOT = pathlib.Path(__file__).parent.parent
SHIPPED = ["8080", "9090", "9091", "9092", "9100"]


@pytest.fixture
def ports():
    return {port: str(free_port()) for port in SHIPPED}


def translate(text, ports):
    return re.sub(rf"\b({'|'.join(SHIPPED)})\b", lambda match: ports[match[1]], text)


@pytest.fixture
def play(start, ports):
    """scripts/play with the shipped configuration."""
    folder = start.new_folder()
    text = translate((ROOT / "config.yaml").read_text(), ports)
    text = text.replace(f"#port: {ports['9100']}", f"port: {ports['9100']}")  # the default, written out
    (folder / "config.yaml").write_text(text)
    program = start.keep(Program("play", [ROOT / "scripts/play", folder / "config.yaml"], folder))
    program.wait_for_log("^C stops both")
    backends = [int(ports[port]) for port in ("9090", "9091", "9092")]
    program.wait_until(lambda: all(can_connect(port) for port in backends), "be listens")
    return program


def test_a_configuration_without_a_control_plane_is_played_as_well(start, ports):
    folder = start.new_folder()
    text = translate((ROOT / "config.yaml").read_text(), ports)
    text = re.sub(r"^  admin:.*?(?=^  \w)", "  admin: off\n", text, flags=re.M | re.S)
    assert "admin: off" in text
    (folder / "config.yaml").write_text(text)
    program = start.keep(Program("play", [ROOT / "scripts/play", folder / "config.yaml"], folder))
    program.wait_for_log("^C stops both")
    assert "whether lb is ready cannot be told" in program.log()


def readme_commands():
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    lines = [line.split("    #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def test_the_readme_has_commands():
    commands = readme_commands()
    assert "scripts/play" in commands and "scripts/test" in commands
    assert sum(command.startswith("curl") for command in commands) >= 5


def test_the_readmes_curl_lines_work(play, ports):
    for command in readme_commands():
        if command.startswith("curl"):
            result = run("bash", "-c", translate(command, ports))
            assert result.returncode == 0 and result.stdout, command + result.stderr


def test_both_backends_answer(play, ports):
    command = translate("curl -sH 'Host: my-service.my-company.com' http://localhost:8080/", ports)
    answers = {run("bash", "-c", command).stdout.strip() for _ in range(60)}
    assert answers == {f"service: my-service, addr: 127.0.0.1:{ports[port]}" for port in ["9090", "9091"]}


def test_the_readmes_lb_lines_work():
    for command in readme_commands():
        if command.startswith("build/bin/lb -"):
            words = command.split()
            result = run(binary("lb"), *words[1:], cwd=ROOT)
            assert result.returncode == 0, command + result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing_running(play, ports, number):
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(play.pid)], capture_output=True, text=True).stdout.split()
    assert len(children) >= 2
    play.signal(number)
    assert play.wait_exit() == 0
    assert not any(can_connect(int(port)) for port in ports.values())
    assert not any(os.path.exists(f"/proc/{child}") for child in children)
    assert "stopped" in play.log()


def test_every_file_the_readme_names_is_there():
    text = (ROOT / "README.md").read_text()
    for path in re.findall(r"\]\((?!http)([^)]+)\)", text):
        assert (ROOT / path).exists(), path


def test_a_port_in_use_is_no_success(start, ports):
    """Another lb answers on these very ports: scripts/play must not take it for its own."""
    folder = start.new_folder()
    text = translate((ROOT / "config.yaml").read_text(), ports)
    (folder / "config.yaml").write_text(text.replace(f"#port: {ports['9100']}", f"port: {ports['9100']}"))
    first = start.keep(Program("first", [ROOT / "scripts/play", folder / "config.yaml"], folder))
    first.wait_for_log("^C stops both")
    second = start.keep(Program("second", [ROOT / "scripts/play", folder / "config.yaml"], folder))
    second.expected_code = 1
    assert second.wait_exit() == 1
    assert "address already in use" in second.log()
    assert "are running" not in second.log()
    assert first.running()
