"""Runs scenarios: starts the proxies and the origin, lets the same load go through each in turn, several rounds."""

import contextlib
import dataclasses
import pathlib
import statistics
import tempfile

from processes import BenchError, Helper, Load, Process, cores, free_port


@dataclasses.dataclass(frozen=True)
class Settings:
    binaries: pathlib.Path      # where bench_load and the others are
    rounds: int = 5
    seconds: float = 1.0
    warmup: float = 0.3


@dataclasses.dataclass
class Row:
    """A scenario's figures: of each proxy one a round; and the result lines that they come from."""
    scenario: object
    figures: dict
    results: dict


def ratios(figures, bases):
    """Of one proxy's figures to the best of the bases in the same round."""
    return [figure / min(base) for figure, *base in zip(figures, *bases)]


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


class Bench:
    """Owns every process that is started; a context manager that ends them all."""

    def __init__(self, settings):
        self.settings = settings
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        self.folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        self.count = 0
        self.origin = self.helper("bench_origin")
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

    def helper(self, name, *arguments, stack=None):
        return self.keep(Helper([self.binary(name), *arguments], self.new_folder(name)), stack)

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
        return self.helper("bench_relay", f"127.0.0.1:{self.origin.port}", stack=stack)

    def load(self, process, arguments, workers=1):
        """One run of the load through `process`; errors make it void."""
        settings = self.settings
        command = ["--target", f"127.0.0.1:{process.port}", "--milliseconds", round(settings.seconds * 1000),
                   "--warmup", round(settings.warmup * 1000), *arguments]
        for pid in process.family():
            command += ["--pid", pid]
        run = Load(self.binary("bench_load"), self.new_folder("load"), command, cores(workers)[1])
        try:
            result = run.result()
        finally:
            run.stop()
        if result["errors"]:
            raise BenchError(f"{process.name}: {result['errors']} errors, the first: {result['first_error']}\n{process.log()}")
        if not result["requests"] and not result["bytes"]:
            raise BenchError(f"{process.name}: no answer within the measured time")
        return result

    def rounds(self, scenario, peers, with_relay=True):
        """The scenario's load through every peer in turn, in an order that turns around every round."""
        row = Row(scenario, {}, {})
        with contextlib.ExitStack() as stack:
            running = {peer.name: self.start(peer, scenario.layout, stack) for peer in peers}
            if with_relay:
                running["relay"] = self.relay(stack)
            for number in range(self.settings.rounds):
                for name in list(running) if number % 2 == 0 else reversed(list(running)):
                    result = self.load(running[name], scenario.load, scenario.layout.workers)
                    row.results.setdefault(name, []).append(result)
                    row.figures.setdefault(name, []).append(scenario.figure(result))
        return row
