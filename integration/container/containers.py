"""Builds the images of this working copy and runs containers of them; whatever it started it also removes.

Containers share the host's network (the tests talk to them on 127.0.0.1) unless a test says otherwise."""

import json
import os
import pathlib
import signal
import subprocess

import pytest

from wait import until

HERE = pathlib.Path(__file__).parent
TAG = os.environ.get("AFE_IMAGE_TAG", "test")
BUILD_SECONDS = 1200  # from nothing: base image, compiler, everything compiled; four minutes if nobody else computes
CALL_SECONDS = 60
USER = 65532


def build_images():
    """The environment variables with which podman finds localhost/lb:TAG and localhost/be:TAG."""
    build = subprocess.Popen(
        [HERE / "build_images.sh"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        output, errors = build.communicate(timeout=BUILD_SECONDS)
    except BaseException:
        os.killpg(build.pid, signal.SIGKILL)  # the compilers, too
        raise
    assert build.returncode == 0, f"the images do not build:\n{errors[-6000:]}"
    return dict(word.split("=", 1) for word in output.split()[1:])


class Podman:
    def __init__(self, environment):
        self.environment = environment
        self.containers = []

    def call(self, *arguments, check=True, stdin=None):
        done = subprocess.run(
            ["podman", *(str(argument) for argument in arguments)],
            env={**os.environ, **self.environment},
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            timeout=CALL_SECONDS,
        )
        assert not check or done.returncode == 0, f"podman {arguments}: {done.returncode} {done.stderr[-2000:]}"
        return done

    def start(self, name, *options, config=None, command=()):
        """A running container of localhost/NAME, as confined as the chart's pods; `config` is mounted at /etc/lb."""
        mount = ["--volume", f"{config.resolve()}:/etc/lb:ro"] if config else []
        network = [] if any(option.startswith("--network") for option in options) else ["--network=host"]
        # No --healthcheck timers: they want systemd. The command behind them has a test of its own.
        done = self.call(
            "run", "--detach", "--no-healthcheck", "--read-only", "--read-only-tmpfs=false", "--cap-drop=all",
            "--security-opt=no-new-privileges", *network, *mount, *options, image(name), *command
        )  # fmt: skip
        container = Container(self, done.stdout.strip())
        self.containers.append(container)
        return container

    def run_to_end(self, name, *arguments, config=None, options=()):
        """A container that ends by itself: what it said and its exit code."""
        mount = ["--volume", f"{config.resolve()}:/etc/lb:ro"] if config else []
        return self.call("run", "--rm", "--no-healthcheck", "--network=none", *mount, *options, image(name), *arguments,
                         check=False)  # fmt: skip

    def inspect_image(self, name):
        return json.loads(self.call("image", "inspect", image(name)).stdout)[0]

    def logs(self):
        return "\n".join(f"--- {one.id[:12]}\n{one.logs()}" for one in self.containers)

    def remove_all(self):
        """The last first: a container whose network another one shares cannot go before that one."""
        while self.containers:
            self.call("rm", "--force", "--time=0", self.containers.pop().id)


class Container:
    def __init__(self, podman, container_id):
        self.podman = podman
        self.id = container_id

    def state(self):
        return json.loads(self.podman.call("inspect", self.id).stdout)[0]["State"]

    def running(self):
        return self.state()["Running"]

    def process(self):
        """The fields of /proc/PID/status of its first process, seen from outside."""
        status = pathlib.Path(f"/proc/{self.state()['Pid']}/status").read_text()
        return {name: value.split() for name, value in (line.split(":", 1) for line in status.splitlines())}

    def mounts(self):
        """The options of each mount point, as the first process sees them."""
        lines = pathlib.Path(f"/proc/{self.state()['Pid']}/mountinfo").read_text().splitlines()
        return {fields[4]: fields[5].split(",") for fields in map(str.split, lines)}

    def signal(self, name):
        self.podman.call("kill", f"--signal={name}", self.id)

    def exit_code(self):
        until(lambda: not self.running(), "the container ends", deadline=30)
        return self.state()["ExitCode"]

    def logs(self):
        done = self.podman.call("logs", self.id, check=False)
        return done.stdout + done.stderr

    def exec(self, *command):
        return self.podman.call("exec", self.id, *command, check=False)

    def wait_until(self, condition, what):
        """As wait.until(), but does not go on waiting for a container that has ended."""
        until(lambda: condition() or not self.running(), what)
        assert condition(), f"it ended before {what}: {self.logs()[-2000:]}"


def image(name):
    return f"localhost/{name}:{TAG}"


@pytest.fixture(scope="session")
def image_environment():
    return build_images()


@pytest.fixture
def podman(image_environment):
    podman = Podman(image_environment)
    yield podman
    print(podman.logs())  # part of the report when the test failed
    podman.remove_all()
