"""What the System page and `maskloop system` show; a part that hangs or fails spares the others."""

import platform
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from core.database import Database
from core.errors import MaskloopError
from core.evidence.signing import fingerprint, public_pem, read_key
from core.jobs.progress import Health, read_health
from core.settings import Settings
from core.system.disk import Disk, read_disk
from core.system.health import Beat
from core.system.patience import Question
from core.system.queries import (
    ClaimInForce,
    DatabaseState,
    Queue,
    list_beats,
    list_claims,
    read_database,
    read_queue,
)
from core.system.settings_in_force import SettingInForce, list_settings
from core.versions.queries import read_champion
from models import ClassifierVersion
from workers.broker import ping

#: A disk, broker or database that takes longer is reported as not answering.
_SECONDS = 3.0

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Part(Generic[T]):
    """One part of the report: its value, or why there is none."""

    value: T | None = None
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class PublicKey:
    """The public key of this service."""

    #: SHA-256 of its DER form, as hexadecimal digits.
    fingerprint: str
    pem: bytes


@dataclass(frozen=True, kw_only=True)
class Work:
    """What workers do, and what waits for them."""

    claims: list[ClaimInForce]
    queue: Queue
    health: Health
    #: Signs of life of the processes beside the web server.
    beats: list[Beat]


@dataclass(frozen=True, kw_only=True)
class SystemReport:
    """All parts."""

    version: str
    python: str
    machine: str
    work: Part[Work]
    disk: Part[Disk]
    database: Part[DatabaseState]
    #: The address without a password, where the broker answers.
    broker: Part[str]
    champion: Part[ClassifierVersion]
    #: What verifies evidence packs of this service.
    evidence_key: Part[PublicKey]
    settings: list[SettingInForce]


def read_report(database: Database, settings: Settings) -> SystemReport:
    """Ask every part at once; takes a few seconds at most, whatever hangs."""
    asked = partial(Question, place=settings.data)
    work = asked("The database", partial(_read_work, database, settings))
    disk = asked("The disk of the data folder", partial(read_disk, settings))
    state = asked("The database's state", partial(_read_database, database))
    broker = asked("The broker", partial(_ask_broker, settings))
    champion = asked("The list of versions", partial(_read_champion, database))
    evidence_key = asked("The key of evidence packs", partial(read_public_key, settings))
    return SystemReport(
        version=installed_version(),
        python=platform.python_version(),
        machine=f"{platform.node()}, {platform.system()} {platform.machine()}",
        work=_part(work),
        disk=_part(disk),
        database=_part(state),
        broker=_part(broker),
        champion=_part(champion),
        evidence_key=_part(evidence_key),
        settings=list_settings(settings),
    )


def read_public_key(settings: Settings) -> PublicKey:
    """The key that verifies evidence packs; PermanentError evidence_key_missing, evidence_key_unreadable."""
    key = read_key(settings.data).public_key()
    return PublicKey(fingerprint=fingerprint(key), pem=public_pem(key))


def _part(asked: Question[T]) -> Part[T]:
    try:
        return Part(value=asked.answer(_SECONDS))
    except MaskloopError as error:
        return Part(problem=error.message)
    except SQLAlchemyError as error:
        return Part(problem=f"{asked.subject} could not be read: {str(error).splitlines()[0]}")
    except OSError as error:
        return Part(problem=f"{asked.subject} could not be read: {error.strerror or error}.")


def installed_version() -> str:
    """The release that runs; "unknown" where it was not installed."""
    try:
        return version("maskloop")
    except PackageNotFoundError:
        return "unknown (not installed as a package)"


def _read_work(database: Database, settings: Settings) -> Work:
    with database.read() as rows:
        return Work(
            claims=list_claims(rows),
            queue=read_queue(rows),
            health=read_health(rows, settings),
            beats=list_beats(rows),
        )


def _read_database(database: Database) -> DatabaseState:
    with database.read() as rows:
        return read_database(database, rows)


def _ask_broker(settings: Settings) -> str:
    ping(settings)
    return "Embedded Valkey" if not settings.broker_url else "Redis or Valkey of MASKLOOP_BROKER_URL"


def _read_champion(database: Database) -> ClassifierVersion:
    with database.read() as rows:
        return read_champion(rows)
