"""Set up logs: a constant event name and fields, as text or JSON."""

import logging
import sys

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
