"""The trainer: a small process that starts the training process whenever a training batch waits."""

import subprocess
import threading
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

import core.job_kinds  # noqa: F401 (declares the kinds)
from core.database import Database
from core.jobs.kinds import Runner, stage_names
from core.jobs.tick import count_claimable
from core.logs import set_up_logs
from core.settings import Settings
from core.terminal import stderr_of_children
from core.training.job_kind import INSTALL_COMMAND, missing_modules
from models import ServicePart
from workers.heart import Heart
from workers.processes import die_with_parent, end_loading, stop_on_signals
from workers.start import start_command

log = structlog.get_logger()

#: Argument of a training process that a command started.
QUIET = "--quiet"
_POLL_SECONDS = 1.0
#: How long a training process may take to stop; it stops between two steps of the fit.
_STOP_SECONDS = 6.0
#: Pause after a process that failed, for example because it ran out of memory.
_PAUSE_SECONDS = 5.0


def run_trainer(settings: Settings, stop: threading.Event) -> None:
    """Poll for training batches until `stop`; the training process claims them itself.

    A separate process returns all of its memory when it ends. It loads TensorFlow after an exec, never after
    a fork.
    """
    if missing_modules():
        log.info("training_not_installed", command=INSTALL_COMMAND)
        stop.wait()
        return
    db = Database(settings.sql_url)
    heart = Heart(db, ServicePart.TRAINER, settings)
    while not stop.wait(_POLL_SECONDS):
        heart.beat()
        try:
            with db.read() as session:
                waiting = count_claimable(session, limit=1, kinds=stage_names(Runner.TRAINER))
        except SQLAlchemyError as error:
            log.error("trainer_failed", error=str(error).splitlines()[0])
            continue
        if waiting and run_process(settings, stop, on_wait=heart.beat) != 0:
            stop.wait(_PAUSE_SECONDS)
    heart.stop()
    db.dispose()


def run_process(
    settings: Settings, stop: threading.Event, *, on_wait: Callable[[], None] = lambda: None
) -> int:
    """Run a training process to its end, or end it once `stop` is set; returns its exit status.

    That of a command logs errors alone. `on_wait` is called several times a second.
    """
    terminal = stderr_of_children()
    command = start_command("workers.training.process", *([QUIET] if terminal else []))
    # TensorFlow's own log lines say nothing that a user could act on.
    environment = {"TF_CPP_MIN_LOG_LEVEL": "2", **settings.to_child_env()}
    process = subprocess.Popen(
        command, env=environment, stderr=terminal, process_group=0, preexec_fn=die_with_parent
    )
    while process.poll() is None:
        on_wait()
        if stop.wait(0.2):
            _end(process)
    if process.returncode:
        log.warning("training_process_ended", status=process.returncode)
    return process.returncode


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> None:
    """Entry of `python -m workers.training.trainer`."""
    settings = Settings.from_env()
    set_up_logs(settings)
    run_trainer(settings, stop_on_signals())


if __name__ == "__main__":
    # Here it is a child of the launcher; `maskloop trainer` may outlive the shell that started it.
    die_with_parent()
    end_loading()
    main()
