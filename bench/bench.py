"""Measures lb beside nginx, HAProxy, h2o and a bare relay: the same load through each in turn, several rounds, so that
ratios hold on a machine where nothing else does. docs/performance.md tells how to read the figures."""

import argparse
import dataclasses
import json
import os
import pathlib
import platform
import signal
import subprocess
import sys

from measure import Bench, Settings
from page import page
from peers import H2o, Haproxy, Lb, Nginx
from processes import BenchError, raise_file_limit
from report import VERSUS, markdown, print_row
from scenarios import SMOKE, Sizes, scenarios

ROOT = pathlib.Path(__file__).parent.parent
ROUNDS, ROUNDS_VERSUS = 5, 9
EXAMPLES = """examples:
  scripts/bench                                      everything, about a quarter of an hour
  scripts/bench --only small,browser --rounds 9      two scenarios, more rounds
  scripts/bench --list                               the scenarios
  scripts/bench --vs ../before/build/bin/lb          two builds of lb in the same rounds: new / old
  scripts/bench --json a.json --html a.html          keep what was measured
  scripts/bench --from a.json b.json c.json --markdown   the table of docs/performance.md, of three runs
"""


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description=__doc__, epilog=EXAMPLES)
    add = parser.add_argument
    add("--only", metavar="NAME,...", help="these scenarios")
    add("--skip", metavar="NAME,...", default="", help="all but these")
    add("--peers", metavar="NAME,...", help="only these of lb, nginx, haproxy, haproxy-splice, h2o")
    add("--list", action="store_true", help="print the scenarios")
    add("--rounds", type=int, help=f"default {ROUNDS}, with --vs {ROUNDS_VERSUS}")
    add("--seconds", type=float, default=1.0, help="of each measurement (1)")
    add("--lb", type=pathlib.Path, default=ROOT / "build/bin/lb", help="another lb than build/bin/lb")
    add("--vs", type=pathlib.Path, metavar="OLD_LB", help="compare lb with another build of it, and nothing else")
    add("--json", type=pathlib.Path, metavar="FILE", help="write everything that was measured")
    add("--html", type=pathlib.Path, metavar="FILE", help="write a page with charts")
    add("--markdown", action="store_true", help="print the table of docs/performance.md at the end")
    add("--from", type=pathlib.Path, nargs="+", dest="files", metavar="FILE", help="read what --json wrote instead of measuring")
    add("--smoke", action="store_true", help="a little of everything, once: does it still work?")
    add("--build", type=pathlib.Path, default=ROOT / "build", help="where bench_load and the others are (build)")
    return parser.parse_args()


def chosen(options):
    every = scenarios(SMOKE if options.smoke else Sizes())
    names = [scenario.name for scenario in every]
    skipped = options.skip.split(",") if options.skip else []
    wanted = options.only.split(",") if options.only else names
    for name in wanted + skipped:
        if name not in names:
            raise BenchError(f"no scenario {name}; there are {', '.join(names)}")
    return [scenario for scenario in every if scenario.name in wanted and scenario.name not in skipped]


def peers_of(options, scenario):
    if options.vs:
        return [Lb(options.lb), Lb(options.vs, VERSUS)]
    every = [Lb(options.lb), Nginx(), Haproxy(), Haproxy(splice=True), H2o()]
    names = [peer.name for peer in every]
    wanted = options.peers.split(",") if options.peers else names
    for name in wanted:
        if name not in names:
            raise BenchError(f"no peer {name}; there are {', '.join(names)}")
    return [peer for peer in every if peer.name in wanted and peer.fits(scenario.layout) and (scenario.splice or peer.name != "haproxy-splice")]


def version(command):
    result = subprocess.run(command, capture_output=True, text=True)
    return (result.stdout + result.stderr).split("\n")[0].strip()


def machine(options):
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    programs = [[Lb(options.lb).find(), "--version"]] + ([[Lb(options.vs).find(), "--version"]] if options.vs else
                                              [[Nginx().find(), "-v"], [Haproxy().find(), "-v"], [H2o().find(), "--version"]])
    return "; ".join([f"{os.cpu_count()} x {model}", f"Linux {platform.release()}", *map(version, programs)])


def measure(options):
    if not options.rounds:
        options.rounds = ROUNDS_VERSUS if options.vs else ROUNDS
    settings = Settings(binaries=options.build / "bin", rounds=options.rounds, seconds=options.seconds,
                        warmup=options.seconds * 0.3, versus=bool(options.vs))
    if options.smoke:  # counts instead of times, so that it ends well on the busiest machine
        settings = dataclasses.replace(settings, rounds=1, seconds=60, warmup=0.03, requests=400)
    run = {"machine": machine(options), "rounds": settings.rounds, "seconds": settings.seconds, "rows": []}
    print(run["machine"])
    with Bench(settings) as bench:
        for scenario in chosen(options):
            run["rows"].append(bench.rounds(scenario, peers_of(options, scenario)))
            print_row(run["rows"][-1])
    return [run]


def output(options, runs):
    if options.json:
        options.json.write_text(json.dumps(runs[0], indent=1) + "\n")
    if options.html:
        options.html.write_text(page(runs[0]))
    if options.markdown:
        print("\n" + markdown(runs))


def main():
    options = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if options.list:
            for scenario in chosen(options):
                print(f"{scenario.name:14}{scenario.what}")
            return
        raise_file_limit()
        output(options, [json.loads(file.read_text()) for file in options.files] if options.files else measure(options))
    except BenchError as error:
        sys.exit(f"error: {error}")
    except (OSError, json.JSONDecodeError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
