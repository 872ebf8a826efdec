"""The health of the service, asked once a second at most however often it is asked for."""

import shutil
import time
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from threading import Lock

import structlog
from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from core.database import Database
from core.errors import MaskloopError
from core.jobs.progress import read_health
from core.number_text import size
from core.schedules.watching.queries import list_active, list_unreadable
from core.settings import Settings
from core.system.health import Check, ServiceHealth, check_leases, check_parts, check_watched
from core.system.patience import Question
from core.system.queries import count_unreturned, list_beats, read_schema_version
from models import Job, ServicePart
from workers.broker import ping

log = structlog.get_logger()

_MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"
#: Longest time for one question, such as to a broker that hangs.
_PATIENCE_SECONDS = 3.0
_SHARED_SECONDS = 1.0


@dataclass
class _Shared:
    """The last answer, and the lock of whoever asks for the next one."""

    health: ServiceHealth | None = None
    read_at: float = field(default=float("-inf"))
    lock: Lock = field(default_factory=Lock)


_shared: dict[Settings, _Shared] = {}


def read_service_health(database: Database, settings: Settings) -> ServiceHealth:
    """Every check; requests within a second share one answer."""
    shared = _shared.setdefault(settings, _Shared())
    with shared.lock:
        if shared.health is None or time.monotonic() - shared.read_at > _SHARED_SECONDS:
            shared.health = _read(database, settings)
            shared.read_at = time.monotonic()
        return shared.health


def read_readiness(database: Database, settings: Settings) -> Check:
    """Whether the database answers and has the tables of this release."""
    question = Question("The database for pages", partial(_read_schema, database), place=settings.data)
    try:
        schema = question.answer(_PATIENCE_SECONDS)
    except (MaskloopError, SQLAlchemyError, OSError) as error:
        log.warning("not_ready", error=str(error).splitlines()[0])
        return Check(ok=False, sentence="The database does not answer.")
    return Check(ok=schema, sentence="ready" if schema else "The database waits for `maskloop setup`.")


def _read_schema(database: Database) -> bool:
    """Whether all migrations of this release were made; those of a newer one may have been too."""
    with database.read() as rows:
        found = read_schema_version(rows)
        # Tables that were made without migrations are those of this release.
        return found >= _newest() if found else inspect(rows.connection()).has_table(Job.__tablename__)


@cache
def _newest() -> str:
    return max(path.name[:4] for path in _MIGRATIONS.glob("[0-9]*.py"))


def forget_shared_health() -> None:
    """Ask anew at the next request."""
    _shared.clear()


def _read(database: Database, settings: Settings) -> ServiceHealth:
    asked = {
        "database": Question("The database", partial(_read_rows, database, settings), place=settings.data),
        "disk": Question("The disk of the data folder", partial(_check_disk, settings), place=settings.data),
        # It only makes workers look sooner: the service goes on without it.
        "broker": Question("The broker", partial(_check_broker, settings), place=settings.data),
    }
    checks, waiting = {}, None
    for name, question in asked.items():
        try:
            answer = question.answer(_PATIENCE_SECONDS)
        except (MaskloopError, SQLAlchemyError, OSError) as error:
            # Anybody may ask, so addresses and paths of the message stay in the log.
            log.warning("unhealthy", check=name, error=str(error).splitlines()[0])
            sentence = f"{question.subject} cannot be reached."
            checks[name] = Check(ok=False, sentence=sentence, needed=name != "broker")
        else:
            checks |= answer.checks
            waiting = answer.oldest_waiting_seconds if name == "database" else waiting
    return ServiceHealth(checks=checks, oldest_waiting_seconds=waiting)


def _read_rows(database: Database, settings: Settings) -> ServiceHealth:
    with database.read() as rows:
        work, beats = read_health(rows, settings), list_beats(rows)
        is_watching = any(beat.is_alive and beat.part is ServicePart.WATCHER for beat in beats)
        checks = {
            "database": Check(ok=True, sentence="The database answers."),
            "work": Check(ok=work.ok, sentence=work.sentence),
            "leases": check_leases(count_unreturned(rows, since_seconds=settings.stall_seconds)),
            **check_parts(beats),
            "watched_folders": check_watched(
                list_unreadable(rows), len(list_active(rows)), watcher_is_alive=is_watching
            ),
        }
    return ServiceHealth(checks=checks, oldest_waiting_seconds=work.oldest_waiting_seconds)


def _check_disk(settings: Settings) -> ServiceHealth:
    free = shutil.disk_usage(settings.data).free
    enough = free >= settings.min_free_bytes
    words = "more" if enough else "less"
    sentence = f"The disk has {size(free)} left, {words} than the reserve of {size(settings.min_free_bytes)}."
    return ServiceHealth(checks={"disk": Check(ok=enough, sentence=sentence)})


def _check_broker(settings: Settings) -> ServiceHealth:
    ping(settings)
    return ServiceHealth(checks={"broker": Check(ok=True, sentence="The broker answers.")})
