"""Runs scenarios: starts the proxies and the origin, lets the same load go through each in turn, several rounds."""

import contextlib
import dataclasses
import pathlib
import tempfile

from processes import BenchError, Helper, Load, Process, cores, free_port


@dataclasses.dataclass(frozen=True)
class Settings:
    binaries: pathlib.Path      # where bench_load and the others are
    rounds: int = 5
    seconds: float = 1.0
    warmup: float = 0.3
    requests: int = 0           # measured in at most `seconds`; 0: as many as there are
    versus: bool = False        # two builds of lb, and nothing else


class Bench:
    """Owns every process that is started; a context manager that ends them all."""

    def __init__(self, settings):
        self.settings = settings
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        self.folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        self.count = 0
        self.origin = self.helper("bench_origin", on_cores=cores()[1])
        return self

    def __exit__(self, *error):
        return self.stack.__exit__(*error)

    def new_folder(self, name):
        self.count += 1
        folder = self.folder / f"{self.count}-{name}"
        folder.mkdir()
        return folder

    def binary(self, name):
        path = self.settings.binaries / name
        if not path.is_file():
            raise BenchError(f"{path} is not there: scripts/build builds it")
        return path

    def keep(self, process, stack=None):
        (stack or self.stack).callback(process.stop)
        return process

    def helper(self, name, *arguments, on_cores, stack=None):
        return self.keep(Helper([self.binary(name), *arguments], self.new_folder(name), on_cores), stack)

    def start(self, peer, layout, stack, environment=None):
        """A proxy that answers; `port` is where."""
        folder = self.new_folder(peer.name)
        port = free_port()
        command = peer.command(folder, layout, port, self.origin.port)
        process = self.keep(Process(peer.name, command, folder, cores(layout.workers)[0], environment), stack)
        process.start_seconds = process.wait_ready(port)
        process.port = port
        return process

    def relay(self, stack):
        """No proxy at all: the floor."""
        return self.helper("bench_relay", f"127.0.0.1:{self.origin.port}", on_cores=cores()[0], stack=stack)

    def load(self, process, arguments, workers=1, times=1):
        """One run of the load through `process`, so many times as long as others; errors make it void."""
        settings = self.settings
        command = ["--target", f"127.0.0.1:{process.port}", "--warmup", round(settings.warmup * 1000)]
        time = ["--milliseconds", round(settings.seconds * 1000 * times)]
        # The later one counts: a scenario's own time, or where a count ends the run, the most that it may take.
        command += ["--requests", settings.requests, *arguments, *time] if settings.requests else [*time, *arguments]
        for pid in process.family():
            command += ["--pid", pid]
        run = Load(self.binary("bench_load"), self.new_folder("load"), command, cores(workers)[1])
        try:
            result = run.result()
        finally:
            run.stop()
        return self.checked(process, result)

    @staticmethod
    def checked(process, result):
        if result["errors"]:
            raise BenchError(f"{process.name}: {result['errors']} errors, the first: {result['first_error']}\n{process.log()}")
        if not result["requests"] and not result["bytes"]:
            raise BenchError(f"{process.name}: no answer within the measured time")
        return result

    @contextlib.contextmanager
    def holding(self, process, arguments):
        """Connections that stay open meanwhile."""
        run = Load(self.binary("bench_load"), self.new_folder("load"),
                   ["--target", f"127.0.0.1:{process.port}", *arguments], cores()[1])
        try:
            yield self.checked(process, run.result())
            run.check()
        finally:
            run.stop()

    def rounds(self, scenario, peers):
        """Every peer in turn, in an order that turns around every round: the scenario's row of the results."""
        names = [peer.name for peer in peers] + (["relay"] if scenario.relay and not self.settings.versus else [])
        figures = {name: [] for name in names}
        results = {name: [] for name in names}
        with scenario.method(self, scenario, peers) as figure:
            for number in range(min(self.settings.rounds, scenario.rounds_max)):
                for name in names if number % 2 == 0 else reversed(names):
                    value, result = figure(name)
                    figures[name].append(value)
                    results[name].append(result)
        return {"name": scenario.name, "what": scenario.what, "unit": scenario.method.unit,
                "goal": dataclasses.asdict(scenario.goal), "figures": figures, "results": results}
