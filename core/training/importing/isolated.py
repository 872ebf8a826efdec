"""Run the check of a model file in a child process, and end it when it takes too long."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from pydantic import ValidationError

from core.errors import InputError
from core.jobs.options import JsonModel
from core.training.importing.folder import Answer, CheckRequest, CheckResult, ImportFolder
from core.training.importing.limits import WALL_SECONDS

A = TypeVar("A", bound=Answer)

#: Arguments of Python for the child.
_COMMAND: tuple[str, ...] = ("-m", "core.training.importing.child")
_POLL_SECONDS = 0.1
_MOST_RESULT = 64 * 1024


def check_isolated(
    folder: ImportFolder,
    request: CheckRequest,
    *,
    check: Callable[[], None],
    before_exec: Callable[[], None] | None = None,
    seconds: float = WALL_SECONDS,
) -> CheckResult:
    """Check the model of a folder; `check` is called often and may raise, `before_exec` runs in the child.

    Raises InputError with the code of the check, or model_timeout, model_crashed.
    """
    return run_isolated(
        _COMMAND, folder, request, CheckResult, check=check, before_exec=before_exec, seconds=seconds
    )


def run_isolated(
    command: tuple[str, ...],
    folder: ImportFolder,
    request: JsonModel,
    answer: type[A],
    *,
    check: Callable[[], None],
    before_exec: Callable[[], None] | None = None,
    seconds: float = WALL_SECONDS,
) -> A:
    """Run a program of Python on a folder, with the limits of a check; raises as `check_isolated` does."""
    folder.result.unlink(missing_ok=True)
    folder.request.write_text(request.model_dump_json(), encoding="utf-8")
    code = _run_child(command, folder, check, before_exec, seconds)
    result = _read_result(folder, answer) if code == 0 else None
    if result is None:
        raise InputError("model_crashed", f"The process that checked the file ended with status {code}.")
    if result.code:
        raise InputError(result.code, result.message)
    return result


def _run_child(
    command: tuple[str, ...],
    folder: ImportFolder,
    check: Callable[[], None],
    before_exec: Callable[[], None] | None,
    seconds: float,
) -> int:
    process = subprocess.Popen(
        [sys.executable, *command, str(folder.path)],
        env=_environment(folder),
        cwd=folder.path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
        preexec_fn=before_exec,
    )
    ends = time.monotonic() + seconds
    try:
        while process.poll() is None:
            check()
            if time.monotonic() > ends:
                raise _timeout()
            # Returns as soon as the child ends.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_POLL_SECONDS)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.returncode == -signal.SIGXCPU:
        raise _timeout()
    return process.returncode


def _environment(folder: ImportFolder) -> dict[str, str]:
    """Nothing of this process's own, which may hold secrets, but where its modules are."""
    return {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "HOME": str(folder.path),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "OMP_NUM_THREADS": "1",
    }


def _read_result(folder: ImportFolder, answer: type[A]) -> A | None:
    """What the child wrote; a hostile file may have made it write anything."""
    try:
        with folder.result.open("rb") as file:
            text = file.read(_MOST_RESULT)
        return answer.model_validate_json(text)
    except (OSError, ValidationError):
        return None


def _timeout() -> InputError:
    return InputError(
        "model_timeout", "Checking the file and running it once took too long; the check was ended."
    )
