"""What is measured: a table of scenarios, each with the proxy's layout, the load's arguments, the figure that they give and
the goal for it."""

import dataclasses

import methods
from peers import Layout

KIB = 1024
MIB = 1024 * KIB


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much of everything; small for a smoke test."""
    services: int = 1000
    hosts: int = 1000
    idle: int = 10_000
    download: int = 100 * MIB
    upload: int = 10 * MIB
    large: tuple = ()          # how many of these two are measured, if not as many as there are time for
    readers: int = 16
    slow: int = 100 * MIB      # what they read
    counted: int = 5000        # requests under strace, and then four times as many
    memory_seconds: float = 3  # of reading slowly


SMOKE = Sizes(services=40, hosts=40, idle=300, download=2 * MIB, upload=MIB, large=("--requests", 20), readers=4,
              slow=128 * KIB, counted=1000)


@dataclasses.dataclass(frozen=True)
class Goal:
    """A bound on `of`: the ratio to the better of nginx and HAProxy, to one proxy, or the figure of lb itself ("own")."""
    must: float
    aim: float
    of: str = "better"
    aim_of: str = ""  # if another one than `of`


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    what: str
    goal: Goal
    load: tuple = ()
    method: object = methods.cpu_per_request
    layout: Layout = Layout()
    base: Layout = None      # what `layout` is compared with
    splice: bool = False     # HAProxy with splice is shown too
    relay: bool = False      # and the bare relay
    rounds_max: int = 1000


def sized(path, size):
    return ("--path", f"/{path}/{size}", "--expect", size)


def scenarios(sizes=Sizes()):
    small = ("--connections", 64)
    services = Layout(services=sizes.services)
    in_use = (*small, "--hosts", sizes.services)
    many = f"{sizes.services:,} services"
    clients = Layout(clients=sizes.idle)
    return [
        Scenario("small", "small keep-alive GET, 64 clients", Goal(0.90, 0.75), small, relay=True),
        Scenario("browser", "browser's request, 12 header fields", Goal(0.90, 0.72), (*small, "--browser"), relay=True),
        Scenario("connection", "new connection per request", Goal(1.00, 0.85), (*small, "--new-connection")),
        Scenario("64k", "64 KiB response", Goal(1.00, 0.90), ("--connections", 32, *sized("bytes", 64 * KIB)), splice=True, relay=True),
        Scenario("chunked", "64 KiB response, chunked", Goal(1.00, 0.90), ("--connections", 32, *sized("chunked", 64 * KIB)), relay=True),
        Scenario("100m", f"{sizes.download // MIB} MiB response", Goal(1.00, 1.00, aim_of="haproxy-splice"),
                 ("--connections", 4, *sized("bytes", sizes.download), *sizes.large), methods.cpu_per_gib, splice=True, relay=True),
        Scenario("upload", f"{sizes.upload // MIB} MiB upload", Goal(1.00, 1.00, aim_of="haproxy-splice"),
                 ("--connections", 8, "--upload", sizes.upload, *sizes.large), methods.cpu_per_gib, splice=True, relay=True),
        Scenario("slow", f"{sizes.readers} slow readers of {sizes.slow / MIB:g} MiB, RSS growth", Goal(2, 0.5, "own"),
                 ("--connections", sizes.readers, "--read-rate", MIB, *sized("bytes", sizes.slow),
                  "--milliseconds", round(sizes.memory_seconds * 1000), *sizes.large),
                 methods.memory_growth, splice=True, rounds_max=3),
        Scenario("latency", "added latency at 2,000 req/s, open loop, median", Goal(1.0, 0.6), (*small, "--rate", 2000),
                 methods.added_latency, relay=True),
        Scenario("busy-latency", "the same, lb with busy_poll, HAProxy with busy-polling", Goal(1.0, 0.6, "nginx"), (*small, "--rate", 2000),
                 methods.added_latency, Layout(busy_poll=True)),
        Scenario("idle", f"RSS per idle keep-alive connection, {sizes.idle:,} of them", Goal(1.0, 0.5, "nginx"),
                 ("--hold", "--connections", sizes.idle), methods.memory_per_connection, clients, rounds_max=3),
        Scenario("services", f"{many} in use against 1", Goal(1.5, 1.25, "own"), in_use, methods.cpu_ratio, services, Layout()),
        Scenario("services-cpu", f"{many} in use", Goal(1.0, 0.9), in_use, layout=services),
        Scenario("hosts", f"one service with {sizes.hosts:,} hosts against 2", Goal(1.3, 1.1, "own"), small,
                 methods.cpu_ratio, Layout(hosts=sizes.hosts), Layout(hosts=2)),
        Scenario("workers", "2 workers against 1", Goal(1.05, 1.0, "own"), small, methods.cpu_ratio, Layout(workers=2), Layout()),
        Scenario("log", "JSON access log on against off", Goal(1.15, 1.08, "own"), small, methods.cpu_ratio,
                 Layout(access_log=True), Layout()),
        Scenario("syscalls", "system calls per small request, saturated", Goal(4.2, 4.1, "own"),
                 (*small, "--requests", sizes.counted), methods.system_calls, relay=True, rounds_max=1),
        Scenario("allocations", "heap allocations per keep-alive request", Goal(0, 0, "own"), small, methods.allocations,
                 rounds_max=1),
        Scenario("start", f"start with {many}", Goal(100, 24, "own"), method=methods.start_time, layout=services, rounds_max=5),
        Scenario("start-memory", f"RSS with {many}", Goal(38, 17, "own"), method=methods.memory, layout=services, rounds_max=3),
    ]
