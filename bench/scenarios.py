"""What is measured: a table of scenarios, each with the proxy's layout, the load's arguments and the figure they give."""

import dataclasses

from peers import Layout

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


def cpu_per_request(result):
    return result["cpu_seconds"] / result["requests"] * 1e6


def cpu_per_gib(result):
    return result["cpu_seconds"] / result["bytes"] * GIB


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    what: str
    load: tuple
    unit: str = "CPU us/request"
    figure: object = cpu_per_request
    layout: Layout = Layout()
    splice: bool = False   # HAProxy with splice is shown too


def sized(path, size):
    return ("--path", f"/{path}/{size}", "--expect", size)


SCENARIOS = [
    Scenario("small", "small keep-alive GET, 64 clients", ("--connections", 64)),
    Scenario("browser", "browser's request, 12 header fields", ("--connections", 64, "--browser")),
    Scenario("connection", "new connection per request", ("--connections", 64, "--new-connection")),
    Scenario("64k", "64 KiB response", ("--connections", 32, *sized("bytes", 64 * KIB)), splice=True),
    Scenario("chunked", "64 KiB response, chunked", ("--connections", 32, *sized("chunked", 64 * KIB))),
    Scenario("100m", "100 MiB response", ("--connections", 4, *sized("bytes", 100 * MIB)), "CPU s/GiB", cpu_per_gib, splice=True),
    Scenario("upload", "10 MiB upload", ("--connections", 8, "--upload", 10 * MIB), "CPU s/GiB", cpu_per_gib, splice=True),
]
