"""How a scenario's figure is taken. Each method is a context in which `figure(name)` measures one proxy once:

    with method(bench, scenario, peers) as figure:
        figure("nginx")   # the figure, and the load's result that it comes from

Methods that measure time keep every proxy running, since an idle one costs nothing; those that measure memory start a
new one each time."""

import contextlib
import pathlib
import signal
import subprocess

from processes import READY_SECONDS, BenchError, Process, cores

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
WARM_UP = ("--connections", 16, "--warmup", 0, "--milliseconds", 100)


def measures(unit):
    """Marks a method with the unit of its figure."""
    def mark(method):
        method = contextlib.contextmanager(method)
        method.unit = unit
        return method
    return mark


def start_all(bench, scenario, peers, stack, layout=None):
    running = {peer.name: bench.start(peer, layout or scenario.layout, stack) for peer in peers}
    if scenario.relay and not bench.settings.versus:
        running["relay"] = bench.relay(stack)
    return running


def cpu_of_request(result):
    if not result["cpu_seconds"] or not result["requests"]:
        raise BenchError("too short a measurement: no CPU time was seen, or no request ended in it")
    return result["cpu_seconds"] / result["requests"] * 1e6


@measures("CPU us/request")
def cpu_per_request(bench, scenario, peers):
    with contextlib.ExitStack() as stack:
        running = start_all(bench, scenario, peers, stack)

        def figure(name):
            result = bench.load(running[name], scenario.load, scenario.layout.workers)
            return cpu_of_request(result), result
        yield figure


@measures("CPU s/GiB")
def cpu_per_gib(bench, scenario, peers):
    with contextlib.ExitStack() as stack:
        running = start_all(bench, scenario, peers, stack)

        def figure(name):
            # A second sees some twenty large bodies only, and what else the machine does to its caches meanwhile.
            result = bench.load(running[name], scenario.load, times=2)
            return result["cpu_seconds"] / result["bytes"] * GIB, result
        yield figure


@measures("times the CPU")
def cpu_ratio(bench, scenario, peers):
    """Of the scenario's layout to its base, one right after the other."""
    with contextlib.ExitStack() as stack:
        base = start_all(bench, scenario, peers, stack, scenario.base)
        running = start_all(bench, scenario, peers, stack)
        one_service = scenario.load[:scenario.load.index("--hosts")] if "--hosts" in scenario.load else scenario.load

        def figure(name):
            # Both sides of this ratio are noisy, and nothing else in the round is like either.
            before = bench.load(base[name], one_service, scenario.base.workers, times=2)
            result = bench.load(running[name], scenario.load, scenario.layout.workers, times=2)
            return cpu_of_request(result) / cpu_of_request(before), result
        yield figure


@measures("us added")
def added_latency(bench, scenario, peers):
    """The median less that of the same load straight to the origin, measured right before."""
    with contextlib.ExitStack() as stack:
        running = start_all(bench, scenario, peers, stack)

        def figure(name):
            direct = bench.load(bench.origin, scenario.load, times=3)
            result = bench.load(running[name], scenario.load, times=3)
            return result["p50_us"] - direct["p50_us"], result
        yield figure


def one_of(peers, name):
    return next(peer for peer in peers if peer.name == name)


@measures("MiB")
def memory_growth(bench, scenario, peers):
    """The highest RSS under load less that before."""
    def figure(name):
        with contextlib.ExitStack() as stack:
            process = bench.start(one_of(peers, name), scenario.layout, stack)
            bench.load(process, WARM_UP)
            before = process.settled_memory()
            process.forget_peak()
            result = bench.load(process, scenario.load)
            return (process.memory("VmHWM") - before) / MIB, result
    yield figure


@measures("KiB")
def memory_per_connection(bench, scenario, peers):
    def figure(name):
        with contextlib.ExitStack() as stack:
            process = bench.start(one_of(peers, name), scenario.layout, stack)
            bench.load(process, WARM_UP)
            before = process.settled_memory()
            with bench.holding(process, scenario.load) as result:
                return (process.settled_memory() - before) / KIB / result["requests"], result
    yield figure


@measures("MiB")
def memory(bench, scenario, peers):
    """RSS right after the start."""
    def figure(name):
        with contextlib.ExitStack() as stack:
            process = bench.start(one_of(peers, name), scenario.layout, stack)
            return process.settled_memory() / MIB, {}
    yield figure


@measures("ms")
def start_time(bench, scenario, peers):
    """From the command to the first answer to a request."""
    def figure(name):
        with contextlib.ExitStack() as stack:
            return bench.start(one_of(peers, name), scenario.layout, stack).start_seconds * 1000, {}
    yield figure


def traced(bench, process, arguments):
    """System calls of the process while a load of exactly so many requests goes through it, by strace."""
    folder = bench.new_folder("strace")
    command = ["strace", "-f", "-c", "-o", folder / "calls"]
    for pid in process.family():
        command += ["-p", pid]
    with contextlib.ExitStack() as stack:
        strace = bench.keep(Process("strace", command, folder, cores()[1]), stack)
        strace.wait_until(lambda: strace.log().count(" attached") >= len(process.family()), f"it traces {process.name}")
        result = bench.load(process, ("--warmup", 0, "--milliseconds", 60_000, *arguments))
        strace.process.send_signal(signal.SIGINT)
        try:
            strace.process.wait(READY_SECONDS)
        except subprocess.TimeoutExpired:
            raise BenchError(f"strace of {process.name} does not end:\n{strace.log()}") from None
    summary = (folder / "calls").read_text().split("\n")
    totals = [line.split() for line in summary if line.endswith(" total")]
    if not totals:
        raise BenchError(f"strace counted nothing of {process.name}:\n{strace.log()}")
    return int(totals[0][3]), result  # share, seconds, microseconds a call, calls


def small_load(scenario):
    """The scenario's load without a count."""
    return scenario.load[:scenario.load.index("--requests")]


@measures("calls/request")
def system_calls(bench, scenario, peers):
    """The slope between two loads, so that what connections cost is not in it."""
    with contextlib.ExitStack() as stack:
        running = start_all(bench, scenario, peers, stack)

        def figure(name):
            bench.load(running[name], small_load(scenario))  # fills the pool to the origin, for both alike
            few, result = traced(bench, running[name], scenario.load)
            fewer = result["requests"]
            many, result = traced(bench, running[name], (*scenario.load, "--requests", fewer * 4))
            return (many - few) / (result["requests"] - fewer), result
        yield figure


@measures("allocations/request")
def allocations(bench, scenario, peers):
    """Counted by a library in the proxy, read by the load after its warm-up and at its end.

    To three digits: less than one in a thousand requests is no request's. What lb still allocates then is once in its
    life, a table of percentiles for latencies that it has never seen before.
    """
    library = bench.binary("libbench_allocations.so")
    counters = {}
    with contextlib.ExitStack() as stack:
        running = {}
        for peer in peers:
            counter = counters[peer.name] = pathlib.Path(bench.new_folder("counter")) / "count"
            counter.write_bytes(bytes(8))
            running[peer.name] = bench.start(peer, scenario.layout, stack,
                                             {"LD_PRELOAD": str(library), "BENCH_ALLOCATIONS": str(counter)})

        def figure(name):
            result = bench.load(running[name], (*scenario.load, "--counter", counters[name]))
            if not int.from_bytes(counters[name].read_bytes(), "little"):
                raise BenchError(f"{name}: not one allocation since its start: they are not being counted")
            return round(result["allocations"] / result["requests"], 3), result
        yield figure
