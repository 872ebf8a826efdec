"""What `maskloop doctor` checks of a data folder: one thing that hangs or fails spares the others."""

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import redis
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from core.database import Database, read_clock
from core.detection.weights import NEEDED, find_weights
from core.errors import MaskloopError
from core.number_text import plural, size
from core.settings import Settings
from core.storage.identity import installation_objects
from core.system.health import Beat, check_parts
from core.system.patience import Question
from core.system.queries import list_beats, read_database
from core.versions.files import version_files
from core.versions.queries import read_champion
from models import ServicePart, VersionFile
from web.system.finding import Finding, broken, doubtful, fine, judge_clock
from workers.broker import ping
from workers.migrating import newest_migration
from workers.processes import holder_note
from workers.setup import require_own_files

#: Longest time for one question.
_SECONDS = 5.0
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
#: Files of the data folder that only the user of the service may read.
_SECRETS = ("secret_key", "evidence-key.pem")
_SET_UP = "Run `maskloop setup`, which every start of the service does too."


def diagnose(settings: Settings) -> list[Finding]:
    """Every check of the data folder, its database, its broker and this machine."""
    database = Database(settings.sql_url)
    served = holder_note(settings.data)
    checks: dict[str, Callable[[], Finding | list[Finding]]] = {
        "data folder": partial(_check_folder, settings.data),
        "permissions": partial(_check_permissions, settings.data),
        "disk": partial(_check_disk, settings),
        "object store": partial(_check_objects, settings),
        "database": partial(_check_database, database, settings),
        "clock": partial(_check_clock, database, settings),
        "broker": partial(_check_broker, settings, served),
        "weights": partial(_check_weights, settings),
        "champion": partial(_check_champion, database, settings),
        "workers": partial(_check_workers, database, served),
    }
    # In order: without its folder and its database the rest says nothing new.
    asked = {name: Question(name, check, place=settings.data) for name, check in checks.items()}
    found: list[Finding] = []
    for name, question in asked.items():
        answer = _answer(name, question)
        found += answer if isinstance(answer, list) else [answer]
    database.dispose()
    return found


def _answer(name: str, question: Question[Finding | list[Finding]]) -> Finding | list[Finding]:
    try:
        return question.answer(_SECONDS)
    except MaskloopError as error:
        return broken(name, error.message, _SET_UP if error.code != "no_answer" else "See why it hangs.")
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        return broken(name, f"The database cannot be used: {reason}.", _SET_UP)
    except OSError as error:
        return broken(name, f"{error.filename or name}: {error.strerror or error}.", "Mend what it says.")


def _check_folder(folder: Path) -> Finding:
    if not folder.is_dir():
        return broken("data folder", f"There is no folder {folder}.", f"Set MASKLOOP_DATA to it. {_SET_UP}")
    closed = [path.name for path in (folder, *folder.iterdir()) if not os.access(path, os.W_OK)]
    if closed:
        owner = folder.stat().st_uid
        return broken(
            "data folder",
            f"User {os.getuid()} cannot write to {', '.join(sorted(closed))} in {folder} of user {owner}.",
            f"Run Maskloop as user {owner}, or give the folder to this user: chown -R {os.getuid()} {folder}",
        )
    return fine("data folder", f"{folder} can be written to.")


def _check_permissions(folder: Path) -> Finding:
    paths = (folder, *(folder / name for name in _SECRETS))
    opened = [path for path in paths if path.exists() and path.stat().st_mode & _OTHERS]
    if opened:
        names = " ".join(str(path) for path in opened)
        return doubtful(
            "permissions", f"Other users of this machine can look into {names}.", f"Run: chmod go= {names}"
        )
    return fine("permissions", "Nobody else on this machine can read the data folder or its keys.")


def _check_disk(settings: Settings) -> Finding:
    free, reserve = shutil.disk_usage(settings.data).free, settings.min_free_bytes
    sentence = f"{size(free)} are free; below {size(reserve)} jobs fail."
    advice = "Make room, delete old jobs, or set up retention; the System page says what takes how much."
    if free < reserve:
        return broken("disk", sentence, advice)
    return doubtful("disk", sentence, advice) if free < 2 * reserve else fine("disk", sentence)


def _check_objects(settings: Settings) -> list[Finding]:
    objects = installation_objects(settings)
    if objects is None:
        return []
    objects.check()
    return [fine("object store", f"{objects.address} can be written to and read.")]


def _check_database(database: Database, settings: Settings) -> Finding:
    if database.path is not None and not database.path.exists():
        return broken("database", f"There is no database {database.path}.", _SET_UP)
    with database.read() as rows:
        state = read_database(database, rows)
        require_own_files(rows, settings)
    newest = newest_migration(settings)
    if state.schema_version != newest:
        found = state.schema_version or "none"
        return broken(
            "database", f"{state.kind} has the schema {found}; this release needs {newest}.", _SET_UP
        )
    return fine("database", f"{state.kind} answers, schema {newest}, {size(state.bytes)}.")


def _check_clock(database: Database, settings: Settings) -> Finding:
    """This machine's clock against those of the database and the broker, where they are other machines."""
    apart = {}
    if not database.is_sqlite:
        with database.read() as rows:
            apart["the database"] = abs((read_clock(rows) - datetime.now(UTC)).total_seconds())
    if settings.broker_url:
        with redis.Redis.from_url(settings.broker_url, socket_timeout=_SECONDS) as broker:
            try:
                seconds, microseconds = broker.time()
            except redis.RedisError:
                # The check of the broker says so.
                pass
            else:
                apart["the broker"] = abs(seconds + microseconds / 1e6 - datetime.now(UTC).timestamp())
    if not apart:
        return fine("clock", "Database and broker use the clock of this machine.")
    name, most = max(apart.items(), key=lambda pair: pair[1])
    return judge_clock(name, most)


def _check_broker(settings: Settings, served: str | None) -> Finding:
    if not settings.broker_url and served is None:
        return fine("broker", "None is needed: no service runs here, and commands work without one.")
    try:
        ping(settings)
    except MaskloopError as error:
        where = "MASKLOOP_BROKER_URL" if settings.broker_url else "the log of `maskloop serve`"
        return doubtful(
            "broker",
            f"{error.message.rstrip('.')}. Workers find their work without it, but later.",
            f"See {where}.",
        )
    return fine("broker", "It answers.")


def _check_weights(settings: Settings) -> Finding:
    for name in NEEDED:
        find_weights(name, settings.weights)
    return fine("weights", f"{plural(len(NEEDED), 'file')} of the face finder: each has its hash.")


def _check_champion(database: Database, settings: Settings) -> Finding:
    """The champion's files alone: reading those of every version would take long."""
    store = version_files(settings)
    with database.read() as rows:
        champion = read_champion(rows)
        files = rows.scalars(
            select(VersionFile).where(VersionFile.classifier_version_id == champion.id)
        ).all()
    try:
        for file in files:
            store.path(file.sha256)
    except MaskloopError as error:
        advice = "Restore the folder `versions` from a backup; `maskloop setup` restores the shipped version."
        return broken("champion", error.message, advice)
    return fine("champion", f"{champion.name}: {plural(len(files), 'file')}, each with its hash.")


def _check_workers(database: Database, served: str | None) -> list[Finding]:
    with database.read() as rows:
        beats = list_beats(rows)
    if served is None and not any(beat.is_alive for beat in beats):
        sentence = "No service runs on this data folder: jobs wait, unless a command does their work."
        return [doubtful("service", sentence, "Start it: maskloop serve")]
    return [fine("service", f"Running at {served}." if served else "Running."), *_parts(beats)]


def _parts(beats: list[Beat]) -> Iterator[Finding]:
    for name, check in check_parts(beats).items():
        if check.ok:
            yield fine(name, check.sentence)
        else:
            needed = name in (ServicePart.WORKER, ServicePart.TICK)
            judge = broken if needed else doubtful
            yield judge(name, check.sentence, f"See the log of the service, or start it: maskloop {name}")
