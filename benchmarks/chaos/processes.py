"""Several runs, each in a process of its own, with which ends what it starts."""

import sys
from collections.abc import Generator, Iterator, Mapping
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from benchmarks.chaos.run import Outcome, run_in_scratch


def run_each(runs: Iterator[Mapping[str, Any]], parallel: int) -> Generator[Outcome]:
    """The outcome of each run as it ends, so many at a time; `runs` are arguments of `run_in_scratch`.

    Where this is closed early, the runs under way stop what they started, and the others never begin.
    """
    context, under_way = get_context("spawn"), dict[Connection, SpawnProcess]()
    try:
        while True:
            while len(under_way) < parallel and (arguments := next(runs, None)) is not None:
                receiver, sender = context.Pipe(duplex=False)
                process = context.Process(target=_run_and_send, args=(sender, arguments))
                process.start()
                sender.close()
                under_way[receiver] = process
            if not under_way:
                return
            ready = wait(list(under_way))
            for receiver in [receiver for receiver in under_way if receiver in ready]:
                try:
                    yield receiver.recv()
                except EOFError:
                    print("A run has ended without a result.", file=sys.stderr)
                under_way.pop(receiver).join()
    finally:
        for process in under_way.values():
            process.terminate()
        for process in under_way.values():
            process.join()


def _run_and_send(sender: Connection, arguments: Mapping[str, Any]) -> None:
    sender.send(run_in_scratch(**arguments))
