"""What the images are: whom they run as, what they hold, and that they work as delivered."""

import subprocess

import pytest

from config_file import service
from containers import USER
from raw_client import get

HOST_FIELD = "Host: my-service.my-company.com"


@pytest.mark.parametrize("name, ports", [("lb", {"8080/tcp", "9100/tcp"}), ("be", {"9090/tcp", "9091/tcp"})])
def test_metadata(podman, name, ports):
    config = podman.inspect_image(name)["Config"]
    assert config["User"] == f"{USER}:{USER}"
    assert config["Entrypoint"] == [f"/usr/local/bin/{name}"]
    assert config["Cmd"] == ["--config", "/etc/lb/config.yaml"]
    assert config["Labels"]["org.opencontainers.image.title"] == name
    assert set(config["ExposedPorts"]) == ports


@pytest.mark.parametrize("name", ["lb", "be"])
def test_help_shows_that_all_libraries_are_there(podman, name):
    done = podman.run_to_end(name, "--help")
    assert done.returncode == 0, done.stderr
    assert "--config" in done.stdout


@pytest.mark.parametrize("name", ["lb", "be"])
def test_neither_compiler_nor_sources_inside(podman, name):
    look = "command -v g++ cmake ninja; ls -d /src /build /ccache 2>/dev/null; ls /usr/local/bin"
    done = podman.run_to_end(name, "-c", look, options=["--entrypoint=/bin/sh"])
    assert done.stdout.split() == [name]


def test_the_shipped_configuration_works_without_a_mount(podman):
    """As in docs/docker.md: be shares lb's network, so that 127.0.0.1 of the configuration is the same for both."""
    lb = podman.start("lb", "--network=none")
    podman.start("be", f"--network=container:{lb.id}")
    inside = ["nsenter", f"--net=/proc/{lb.state()['Pid']}/ns/net"]

    def get(*arguments):
        command = [*inside, "curl", "--silent", "--max-time", "10", "--noproxy", "*", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout

    lb.wait_until(lambda: "my-service" in get("--header", HOST_FIELD, "http://127.0.0.1:8080/"), "be answers through lb")
    assert "my-service" in get("http://127.0.0.1:8080/?s=my-service.my-company.com")
    assert "lb_build_info" in get("http://127.0.0.1:9100/metrics")


def test_a_bad_configuration_is_refused_with_its_place(podman, tmp_path):
    folder = tmp_path / "bad"
    folder.mkdir(mode=0o755)
    (folder / "config.yaml").write_text("proxy:\n  listen: {address: '', port: 70000}\n")
    for arguments in (["--check"], []):
        done = podman.run_to_end("lb", "--config", "/etc/lb/config.yaml", *arguments, config=folder)
        assert done.returncode == 1
        assert "/etc/lb/config.yaml:2:" in done.stdout + done.stderr


def test_processes_are_confined(start_lb, podman, backend):
    lb = start_lb(service(backend))
    status = lb.container.process()
    assert status["Uid"] == [str(USER)] * 4
    assert status["Gid"] == [str(USER)] * 4
    assert [status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd")] == [["0" * 16]] * 4
    assert status["NoNewPrivs"] == ["1"]
    mounts = lb.container.mounts()
    assert "ro" in mounts["/"]
    assert "ro" in mounts["/etc/lb"]
    assert "/tmp" not in mounts
    assert lb.body(get()) == b"hello"


def test_health_command(start_lb, podman, backend):
    command = podman.inspect_image("lb")["Healthcheck"]["Test"]
    assert command[0] == "CMD"
    lb = start_lb(service(backend))
    assert lb.container.exec(*command[1:]).returncode == 0
    nobody_listens = podman.run_to_end("lb", *command[2:], config=lb.folder)
    assert nobody_listens.returncode == 1
