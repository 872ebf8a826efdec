"""Processes of workers and commands, forked from one that has loaded what they need: a start takes no second.

That each of them loads what it needs by itself is seen where the whole service starts.
"""

import gc
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

from core.settings import Settings
from web import cli, photo_command, run_command, serve_command, server  # noqa: F401 (loaded once for all)
from workers import drain, tick
from workers.handlers import HANDLERS  # noqa: F401
from workers.live import server as live  # noqa: F401
from workers.processes import die_with_parent
from workers.training import trainer  # noqa: F401
from workers.watching import process as watcher

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])
#: How long a process may take to end.
_SECONDS = 120
# Forked processes would copy what is loaded here as they look through it for garbage.
gc.freeze()


def fork_tick(settings: Settings) -> BaseProcess:
    """`python -m workers.tick`."""
    return fork(tick.main, settings.to_child_env())


def fork_watcher(settings: Settings) -> BaseProcess:
    """`python -m workers.watching.process`."""
    return fork(watcher.main, settings.to_child_env())


def fork_drain(settings: Settings, job_id: int) -> BaseProcess:
    """`python -m workers.drain JOB`."""
    return fork(drain.main, settings.to_child_env(), str(job_id))


def fork_program(settings: Settings, program: str, *words: str) -> BaseProcess:
    """`python -c PROGRAM WORDS`."""
    return fork(program, settings.to_child_env(), *words)


def run_maskloop(
    *words: str, environment: dict[str, str], folder: Path = Path()
) -> subprocess.CompletedProcess[str]:
    """`maskloop WORDS` in a folder, with what it writes to its two outputs."""
    with tempfile.TemporaryDirectory() as place:
        outputs = [Path(place, name) for name in ("output", "errors")]
        status = wait(fork(_run_command, environment, str(folder.absolute()), *map(str, outputs), *words))
        assert status is not None, f"maskloop {' '.join(words)} does not end"
        return subprocess.CompletedProcess(words, status, *(path.read_bytes().decode() for path in outputs))


def _run_command() -> None:
    """Its words are the folder, the files of both outputs, and those of the command."""
    folder, *outputs = sys.argv[1:4]
    del sys.argv[1:4]
    for number, output in enumerate(outputs, start=1):
        file = os.open(output, os.O_WRONLY | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    cli.main(prog_name="maskloop")


def kill(process: BaseProcess) -> None:
    """SIGKILL, and wait until it has ended."""
    process.kill()
    process.join(_SECONDS)


def wait(process: BaseProcess) -> int | None:
    """The exit status, negative for a signal; None if it does not end."""
    process.join(_SECONDS)
    return process.exitcode


def fork(work: Callable[[], None] | str, environment: dict[str, str], *words: str) -> BaseProcess:
    process = _CONTEXT.Process(target=_run, args=(work, environment, words), daemon=True)
    process.start()
    return process


def _run(work: Callable[[], None] | str, environment: dict[str, str], words: tuple[str, ...]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = words
    die_with_parent()
    if isinstance(work, str):
        exec(work, {"__name__": "__main__"})
    else:
        work()
