"""Set up logs: a constant event name and fields, as text or JSON; keep libraries off a person's terminal."""

import logging
import os
import sys
from typing import TextIO

import structlog

from core.settings import Settings

_TO_JSON = structlog.processors.JSONRenderer()


def set_up_logs(settings: Settings, *, level: int = logging.INFO) -> None:
    """Send the records of Maskloop and of libraries to standard error in one format."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[_renderer(settings)])
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # Warnings of libraries, such as Pillow's about EXIF data, become records too.
    logging.captureWarnings(True)
    # Celery logs a line per wake-up, which repeats what the batches log.
    for noisy in ("celery", "kombu", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class _Terminal:
    """Where a command's own messages go once `quiet_libraries` was called."""

    stream: TextIO | None = None


def quiet_libraries() -> None:
    """Discard what C libraries print, such as libjpeg and TensorFlow; Python still writes to the terminal.

    For commands: call it before logs are set up. Does nothing where standard error was replaced, as in tests.
    """
    if _Terminal.stream is not None or sys.stderr is not sys.__stderr__:
        return
    _Terminal.stream = sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, errors="backslashreplace")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)


def stderr_of_children() -> TextIO | None:
    """What a command gives its processes as standard error; None to let them inherit it."""
    return _Terminal.stream


def _renderer(settings: Settings) -> structlog.typing.Processor:
    if settings.log_format == "json":
        return _without_meta(_render_json)
    return _without_meta(
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # Without local variables, which may hold secrets.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )


def _render_json(
    logger: structlog.typing.WrappedLogger, name: str, event: structlog.typing.EventDict
) -> structlog.typing.ProcessorReturnValue:
    """One line of JSON; a traceback is its field `exception`, without local variables."""
    return _TO_JSON(logger, name, structlog.processors.format_exc_info(logger, name, event))


def _without_meta(render: structlog.typing.Processor) -> structlog.typing.Processor:
    """Drop the formatter's own fields before rendering."""

    def process(
        logger: structlog.typing.WrappedLogger, name: str, event: structlog.typing.EventDict
    ) -> structlog.typing.ProcessorReturnValue:
        return render(
            logger, name, structlog.stdlib.ProcessorFormatter.remove_processors_meta(logger, name, event)
        )

    return process
