"""Read everything that one answer of `/metrics` tells; what does not answer is left out."""

import shutil
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.database import Database
from core.errors import MaskloopError
from core.live.seats import Seats
from core.settings import Settings
from core.system.metrics.queries import ServiceMetrics, read_metrics
from core.system.patience import Question
from web.camera.connection import CAMERAS
from web.system.health import read_service_health
from web.system.metrics import Scrape
from web.system.report import installed_version

log = structlog.get_logger()

T = TypeVar("T")

_PATIENCE_SECONDS = 3.0


def read_scrape(database: Database, settings: Settings, seats: Seats) -> Scrape:
    """One scrape; the checks of `/health` are shared with it."""
    service = Question("The counters", partial(_read_service, database), place=settings.data)
    disk = Question("The disk", partial(shutil.disk_usage, settings.data), place=settings.data)
    cameras = Question("The seats of cameras", partial(seats.count, CAMERAS), place=settings.data)
    health = read_service_health(database, settings)
    space = _answer(disk)
    return Scrape(
        version=installed_version(),
        health=health,
        service=_answer(service),
        disk_total=space.total if space is not None else None,
        disk_free=space.free if space is not None else None,
        disk_reserve=settings.min_free_bytes,
        cameras=_answer(cameras),
    )


def _read_service(database: Database) -> ServiceMetrics:
    with database.read() as rows:
        return read_metrics(rows)


def _answer(question: Question[T]) -> T | None:
    try:
        return question.answer(_PATIENCE_SECONDS)
    except (MaskloopError, SQLAlchemyError, OSError) as error:
        log.warning("metric_unknown", what=question.subject, error=str(error).splitlines()[0])
        return None
