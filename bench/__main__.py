"""``./linea bench [names]``: measures, and prints a table of the values, their targets, and what is met."""

import argparse
import asyncio
import os
import platform
import sys
from collections.abc import Awaitable, Callable

from bench import bridged, history, hubs, replies, start, streams, throughput
from bench.results import FULL, QUICK, Length, Result, table

MEASURES: dict[str, Callable[[Length], Awaitable[list[Result]]]] = {
    "start": start.measure,
    "throughput": throughput.measure,
    "streams": streams.measure,
    "replies": replies.measure,
    "history": history.measure,
    "bridged": bridged.measure,
    "hubs": hubs.measure,
}


async def _measure(names: list[str], length: Length) -> list[Result]:
    results: list[Result] = []
    for number, name in enumerate(names, 1):
        print(f"{name} ({number} of {len(names)}) ...", file=sys.stderr, flush=True)
        results += await MEASURES[name](length)
    return results


def _machine() -> str:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores; load before: {load}"
    )


def main() -> int:
    """Measure what is asked for; the exit status."""
    parser = argparse.ArgumentParser(prog="./linea bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(MEASURES)}; all if none")
    parser.add_argument("--check", action="store_true", help="exit non-zero when a target is missed")
    parser.add_argument("--quick", action="store_true", help="only to see that it runs: numbers mean nothing")
    options = parser.parse_args()
    if unknown := set(options.names) - set(MEASURES):
        parser.error(f"no such measure: {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}")
    machine = _machine()
    results = asyncio.run(_measure(options.names or list(MEASURES), QUICK if options.quick else FULL))
    print(f"\n{machine}\n\n{table(results)}")
    return 1 if options.check and not all(result.met for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
