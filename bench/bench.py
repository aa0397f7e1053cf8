"""The command line of the benchmark; scripts/bench calls it once everything is installed and built."""

import argparse
import pathlib
import signal
import sys

from measure import Bench, Settings
from peers import H2o, Haproxy, Lb, Nginx
from processes import BenchError, raise_file_limit
from report import print_row
from scenarios import SMOKE, Sizes, scenarios

ROOT = pathlib.Path(__file__).parent.parent


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description=__doc__)
    parser.add_argument("--only", help="these scenarios, for example small,browser")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--lb", type=pathlib.Path, default=ROOT / "build/bin/lb", help="another lb than build/bin/lb")
    parser.add_argument("--vs", type=pathlib.Path, metavar="OLD_LB", help="pair lb with another build of it, and nothing else")
    parser.add_argument("--smoke", action="store_true", help="a little of everything, once: does it still work?")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", help="where bench_load and the others are")
    return parser.parse_args()


def chosen(options):
    every = scenarios(SMOKE if options.smoke else Sizes())
    names = [scenario.name for scenario in every]
    wanted = options.only.split(",") if options.only else names
    for name in wanted:
        if name not in names:
            raise BenchError(f"no scenario {name}; there are {', '.join(names)}")
    return [scenario for scenario in every if scenario.name in wanted]


def peers_of(options, scenario):
    if options.vs:
        return [Lb(options.lb), Lb(options.vs, "lb-old")]
    every = [Lb(options.lb), Nginx(), Haproxy(), *([Haproxy(splice=True)] if scenario.splice else []), H2o()]
    return [peer for peer in every if peer.fits(scenario.layout)]


def main():
    options = arguments()
    raise_file_limit()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if options.smoke:
        options.rounds, options.seconds = 1, 0.1
    settings = Settings(binaries=options.build / "bin", rounds=options.rounds, seconds=options.seconds,
                        warmup=options.seconds * 0.3, versus=bool(options.vs))
    try:
        with Bench(settings) as bench:
            for scenario in chosen(options):
                row = bench.rounds(scenario, peers_of(options, scenario))
                print_row(row, "lb-old" if options.vs else None)
    except BenchError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
