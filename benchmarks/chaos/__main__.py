"""`python -m benchmarks.chaos`: every job kind on both databases while everything is killed again and again.

Each run starts the parts of the service as Docker Compose does, with a broker and a database of their own,
requests a job of every kind, and lets faults happen, drawn by seed, until the jobs have ended. Then it counts
what is lost, doubled, miscounted or unfinished.
"""

import argparse
import json
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.chaos.processes import run_each
from benchmarks.chaos.run import Outcome
from benchmarks.chaos.size import LONG, SMALL
from benchmarks.chaos.table import faults_to_markdown, to_json, to_markdown
from benchmarks.chaos.world import Kind
from benchmarks.hosts.network import why_not
from core.detection.weights import NEEDED, fetch_weights
from core.settings import Settings

#: Databases of a service on one host.
_ALONE = (Kind.SQLITE, Kind.POSTGRESQL)


def main() -> int:
    """Run, print, and return 1 if anything is wrong. SIGINT and SIGTERM end it with the table so far."""
    given = _parse()
    if given.hosts and (reason := why_not()):
        print(reason, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    fetch_weights(NEEDED, Settings.from_env().weights, progress=lambda line: print(line, file=sys.stderr))
    outcomes: list[Outcome] = []
    try:
        with closing(run_each(_runs(given), given.parallel)) as ended:
            for outcome in ended:
                outcomes.append(outcome)
                _tell(outcome)
                if given.json is not None:
                    given.json.write_text(json.dumps(to_json(outcomes), indent=1))
    except (KeyboardInterrupt, SystemExit):
        print("Stopped.", file=sys.stderr)
    print(to_markdown(outcomes), faults_to_markdown(outcomes), sep="\n\n")
    return 0 if len(outcomes) == given.runs and all(outcome.ok for outcome in outcomes) else 1


def _runs(given: argparse.Namespace) -> Iterator[Mapping[str, Any]]:
    """Arguments of each run; the databases take turns."""
    size = SMALL if given.small else LONG
    if given.hosts:
        size, given.databases = size.over_hosts(given.hosts), [Kind.HOSTS]
    for number in range(given.runs):
        kind = given.databases[number % len(given.databases)]
        yield {"kind": kind, "size": size, "seed": given.seed + number, "keep": given.keep}


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1, help="of the first run; the next ones count on")
    parser.add_argument(
        "--databases", nargs="+", type=Kind, choices=_ALONE, default=_ALONE, help="taken in turns"
    )
    parser.add_argument("--hosts", type=int, default=0, help="so many workers on hosts of their own, as root")
    parser.add_argument("--parallel", type=int, default=1, help="runs at a time")
    parser.add_argument("--small", action="store_true", help="as `make test` runs it")
    parser.add_argument("--json", type=Path, help="write everything here")
    parser.add_argument("--keep", action="store_true", help="keep the folder of a run with findings")
    return parser.parse_args()


def _tell(outcome: Outcome) -> None:
    faults = sum(len(hit.names) for hit in outcome.hits)
    print(
        f"seed {outcome.seed}, {outcome.database.value}: {outcome.jobs} jobs, {faults} faults, "
        f"{outcome.seconds:.0f} s, slowest recovery {outcome.slowest_recovery:.1f} s",
        *outcome.findings.lines,
        sep="\n  ",
        file=sys.stderr,
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
