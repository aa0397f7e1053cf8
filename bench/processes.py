"""Processes that are measured or help to measure: started on chosen cores, looked at through /proc, ended by process id."""

import ctypes
import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import sys
import time

sys.path.append(str(pathlib.Path(__file__).parent.parent / "integration"))
from ports import free_port  # noqa: E402,F401  (the one place that knows which ports to take)
from wait import until  # noqa: E402  (and the one that waits)

PR_SET_PDEATHSIG = 1
READY_SECONDS = 20
END_SECONDS = 10
SETTLE_SECONDS = 0.3  # for which memory has to stay the same


class BenchError(Exception):
    """What the user is told: no measurement is possible."""


def cores(workers=1):
    """The cores of the proxy, and those of load and origin: apart if the machine has enough."""
    every = sorted(os.sched_getaffinity(0))
    proxy = set(every[:workers])
    return proxy, set(every[workers:]) or set(every)


def raise_file_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def placed(on_cores):
    """What a new process does first: takes its place, and asks to end when the driver is gone, however that came."""
    libc = ctypes.CDLL(None)

    def place():
        os.sched_setaffinity(0, on_cores)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    return place


class Process:
    """A running program; what it says goes to a file in `folder`."""

    def __init__(self, name, command, folder, on_cores, environment=None, **pipes):
        self.name = name
        self.log_path = folder / "output.log"
        with open(self.log_path, "ab") as log:
            options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, **pipes}
            # A session of its own, so that ^C reaches only the driver, which then ends everything in order.
            self.process = subprocess.Popen([str(word) for word in command], cwd=folder, start_new_session=True,
                                            env={**os.environ, **(environment or {})},
                                            preexec_fn=placed(on_cores), **options)
        self.pid = self.process.pid

    def log(self):
        return self.log_path.read_text(errors="replace")[-3000:].strip()

    def check(self):
        if self.process.poll() is not None:
            raise BenchError(f"{self.name} ended with {self.process.returncode}:\n{self.log() or '(it said nothing)'}")

    def family(self):
        """Its process id and those of its children."""
        children = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, children)]

    def memory(self, name="VmRSS"):
        """Bytes, of the whole family."""
        total = 0
        for pid in self.family():
            lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
            total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(name + ":"))
        return total

    def forget_peak(self):
        """VmHWM starts anew from the present size."""
        for pid in self.family():
            pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")

    def settled_memory(self):
        """Bytes, once they stay the same: what it gives back a moment later has been given back."""
        seen, since = None, 0

        def steady():
            nonlocal seen, since
            now, bytes_now = time.monotonic(), self.memory()
            if bytes_now != seen:
                seen, since = bytes_now, now
            return now - since >= SETTLE_SECONDS
        self.wait_until(steady, "its memory stays the same")
        return seen

    def wait_until(self, condition, what, pause=0.005):
        """Until that is true of it; no measurement if it ends before or does not get there."""
        def checked():
            self.check()
            return condition()
        try:
            until(checked, what, READY_SECONDS, pause)
        except AssertionError as late:
            raise BenchError(f"{self.name}: {late}\n{self.log()}") from None

    def wait_ready(self, port, host="s0.bench.example"):
        """Until it answers a request; the seconds since now."""
        begin = time.monotonic()
        request = f"GET /bytes/100 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()

        def answers():
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=READY_SECONDS) as connection:
                    connection.sendall(request)
                    return connection.recv(4096).startswith(b"HTTP/1.1 200")
            except ConnectionError:
                return False
        self.wait_until(answers, "it answers with 200", pause=0.0005)
        seconds = time.monotonic() - begin
        self.check()
        return seconds

    def stop(self):
        if self.process.stdin:
            self.process.stdin.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in reversed(self.family()):
                os.kill(pid, signal.SIGKILL)
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


class Helper(Process):
    """A program of ours that prints its port first and ends when its standard input does."""

    def __init__(self, command, folder, on_cores):
        super().__init__(pathlib.Path(command[0]).name, command, folder, on_cores, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.check()
        self.port = int(line)


class Load(Process):
    """One run of bench_load; `result` is what it measured."""

    def __init__(self, program, folder, arguments, on_cores):
        super().__init__("bench_load", [program, *arguments], folder, on_cores, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def result(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.check()
        return json.loads(line)
