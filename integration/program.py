"""Starts the real binaries, waits until they are ready, ends them by process id, and keeps what they printed."""

import json
import os
import pathlib
import resource
import signal
import socket
import subprocess

import requests

import config_file
import metrics
from raw_client import RawClient
from wait import SLOW_MACHINE, until

BUILD_DIR = pathlib.Path(os.environ.get("BUILD_DIR", pathlib.Path(__file__).parent.parent / "build")).resolve()
SANITIZER_WORDS = ("AddressSanitizer", "LeakSanitizer", "runtime error:", "UndefinedBehaviorSanitizer")


def binary(name):
    path = BUILD_DIR / "bin" / name
    assert path.is_file(), f"{path} is not built: run scripts/build, or set BUILD_DIR"
    return path


def sanitized():
    """Sanitized binaries hold freed memory back, so memory bounds must be wider."""
    return b"__asan_init" in binary("lb").read_bytes()


def can_connect(port, address="127.0.0.1"):
    try:
        socket.create_connection((address, port), timeout=5).close()
        return True
    except OSError:
        return False


class Program:
    """One running process; `folder` is its working directory and holds its output."""

    def __init__(self, name, arguments, folder, descriptors=None, environment=None):
        self.name = name
        self.folder = folder
        self.output = folder / f"{name}.log"
        command = [str(argument) for argument in arguments]

        def limit():
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=limit if descriptors else None,
                env={**os.environ, **(environment or {})},
            )
        self.expected_code = 0  # None: any

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        return self.output.read_text(errors="replace")

    def running(self):
        return self.process.poll() is None

    def wait_until(self, condition, what):
        def check():
            assert self.running(), f"{self.name} ended with {self.process.returncode}: {self.log()[-2000:]}"
            return condition()

        until(check, f"{self.name}: {what}")

    def wait_for_log(self, text):
        self.wait_until(lambda: text in self.log(), f"{text!r} in the log")

    def signal(self, number):
        self.process.send_signal(number)

    def terminate(self):
        self.signal(signal.SIGTERM)

    def wait_exit(self, deadline=SLOW_MACHINE):
        """The exit code."""
        try:
            return self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {deadline:g} s: {self.log()[-2000:]}") from None

    def stop(self):
        """Ends the process and checks that it ended well: its exit code, and no word from a sanitizer."""
        if self.running():
            self.terminate()
            try:
                self.wait_exit()
            except AssertionError:
                self.process.kill()
                self.process.wait()
                raise
        said = self.log()
        for word in SANITIZER_WORDS:
            assert word not in said, f"{self.name}: {said[said.index(word) - 200:][:6000]}"
        if self.expected_code is not None:
            assert self.process.returncode == self.expected_code, f"{self.name} exit {self.process.returncode}: {said[-2000:]}"

    # What /proc knows, in bytes.
    def memory(self, name="VmRSS"):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
        raise AssertionError(f"no {name}")

    def forget_peak(self):
        """VmHWM starts anew from the present size."""
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


class Lb(Program):
    def __init__(self, config, folder, **options):
        self.config = config
        self.config_path = config_file.write(folder / "config.yaml", config)
        proxy = config["proxy"]
        listen = proxy["listen"][0] if isinstance(proxy["listen"], list) else proxy["listen"]
        self.port = listen["port"]
        admin = proxy["admin"] if isinstance(proxy.get("admin"), dict) else {}
        self.admin_port = admin.get("port")
        self.may_ask = bool(admin) and "allow" not in admin
        # A stop at the end of a test should not wait for clients that the test left behind.
        proxy.setdefault("drain", {"timeout": "2s"})
        config_file.write(self.config_path, config)
        super().__init__("lb", [binary("lb"), "--config", self.config_path], folder, **options)
        self.wait_ready()

    def wait_ready(self):
        """Until requests are taken: /readyz says so, or, where it may not be asked, a listener accepts; the control plane
        listens before it."""
        if self.may_ask:
            self.wait_until(lambda: self.admin_status("/readyz") == 200, "/readyz says 200")
        else:
            self.wait_until(lambda: can_connect(self.port), "the port accepts")

    def admin_status(self, path):
        """The status of a control-plane endpoint; None while nobody listens."""
        try:
            return requests.get(f"http://127.0.0.1:{self.admin_port}{path}", timeout=20).status_code
        except requests.ConnectionError:
            return None

    def admin(self, path):
        return requests.get(f"http://127.0.0.1:{self.admin_port}{path}", timeout=20)

    def metrics(self):
        return metrics.scrape(self.admin_port)

    def wait_metric(self, wanted, name, **labels):
        """Counting may come a moment after the answer: waits until the sum of these series is `wanted`."""
        seen = []

        def check():
            seen.append(self.metrics().total(name, **labels))
            return seen[-1] == wanted

        try:
            until(check, "")
        except AssertionError:
            raise AssertionError(f"{name}{labels} is {seen[-1]}, not {wanted}") from None

    def wait_finished(self, count):
        """Until so many requests are counted, and all that is booked of the last one is: the gauge falls after that."""
        self.wait_metric(count, "lb_requests_total")
        self.wait_metric(0, "lb_service_inflight_requests")

    def connect(self, **options):
        return RawClient(self.port, **options)

    def request(self, data):
        """One request on a connection of its own."""
        with self.connect() as client:
            return client.request(data)

    def reload(self, config=None):
        """Writes a new configuration, if given, and sends SIGHUP; does not wait."""
        if config is not None:
            config_file.write(self.config_path, config)
        self.signal(signal.SIGHUP)

    def reloaded(self, config=None, result="ok"):
        """The same, and waits for its end."""
        before = self.reloads(result)
        self.reload(config)
        self.wait_until(lambda: self.reloads(result) > before, f"a reload that ended {result}")

    def reloads(self, result):
        return self.metrics().total("lb_config_reloads_total", result=result)

    def access_log(self, count=1):
        """The access log's records, at least `count` of them."""
        path = self.folder / "access.jsonl"

        def lines():
            text = path.read_text() if path.exists() else ""
            return text[: text.rfind("\n") + 1].splitlines()  # the last one may be half written

        until(lambda: len(lines()) >= count, f"{count} lines in the access log")
        return [json.loads(line) for line in lines()]


class Be(Program):
    def __init__(self, config, folder, flags=(), **options):
        path = config_file.write(folder / "be.yaml", config)
        super().__init__("be", [binary("be"), "--config", path, *flags], folder, **options)
        ports = [host["port"] for entry in config["proxy"]["services"] for host in entry["hosts"]]
        self.wait_until(lambda: all(can_connect(port) for port in ports), "every port accepts")


def run(*arguments, cwd=None, timeout=60):
    """A command from start to end; its output is text."""
    return subprocess.run([str(argument) for argument in arguments], cwd=cwd, timeout=timeout, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL)


def run_lb(*arguments, cwd=None):
    return run(binary("lb"), *arguments, cwd=cwd)
