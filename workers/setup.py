"""Set up the data folder, tables, owner account, keys, champion and weights before anything starts."""

import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.accounts import ensure_owner, set_first_password
from core.data_folder import (
    SESSION_KEY,
    make_session_key,
    read_installation,
    require_own_folder,
    require_restored,
    tie_folder,
)
from core.database import Database
from core.detection.weights import NEEDED, fetch_weights
from core.errors import PermanentError
from core.evidence.signing import KEY_FILE, ensure_key
from core.library.files.store import photo_store
from core.settings import Settings
from core.storage.identity import installation_objects, require_own_objects, share_file, tie_objects
from core.storage.installation import open_copies
from core.versions.files import keep_shipped, version_files
from core.versions.store import register_shipped

#: Age after which temporary files of interrupted uploads are deleted.
_LEFTOVER_SECONDS = 86_400.0
#: Key of the advisory lock of set-ups on PostgreSQL.
_SETUP_LOCK = 7_316_204_551
#: Permissions of a folder for other users than its owner.
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHER_ONE_HINT = (
    "MASKLOOP_PASSWORD is not the owner's password, which stays as it is; the account page and"
    " `maskloop password` change it."
)

log = structlog.get_logger()


def prepare(
    settings: Settings, *, say: Callable[[str], None] = lambda _line: None, adopt_folder: bool = False
) -> None:
    """Set up everything that is missing; fast if nothing is. Of several set-ups at once, one works.

    Raises PermanentError data_folder, data_folder_foreign, object_store_foreign, and what the object store
    and `fetch_weights` raise.
    """
    # Not for those who import something else from here: Alembic loads a lot.
    from workers.migrating import migrate

    make_data_folder(settings)
    require_restored(settings.data)
    db = Database(settings.sql_url)
    try:
        with _alone(settings, db):
            migrate(settings)
            lies_in_folder = db.path is not None and db.path.is_relative_to(settings.data)
            objects = installation_objects(settings)
            with db.write() as session:
                # Beside an object store each host has a data folder of its own.
                adopt = adopt_folder or lies_in_folder or objects is not None
                installation = tie_folder(session, settings.data, adopt=adopt)
            if objects is not None:
                objects.check()
                tie_objects(objects, installation, adopt=adopt_folder)
                # Web servers of several hosts take the sessions of each other.
                share_file(objects, settings.data / SESSION_KEY)
                share_file(objects, settings.data / KEY_FILE)
            ensure_key(settings.data)
            make_session_key(settings.data)
            if objects is not None:
                share_file(objects, settings.data / SESSION_KEY)
                share_file(objects, settings.data / KEY_FILE)
            shipped = keep_shipped(version_files(settings))
            with db.write() as session:
                ensure_owner(session)
                register_shipped(session, shipped)
            if settings.password and not set_first_password(db, settings.password):
                log.warning("password_not_changed", hint=_OTHER_ONE_HINT)
            fetch_weights(NEEDED, settings.weights, progress=say)
    finally:
        # Its connections hold the lock.
        db.dispose()
    photo_store(settings).sweep_temporary(_LEFTOVER_SECONDS)
    if settings.files:
        open_copies(settings).sweep(now=True)


def settings_of_part() -> Settings:
    """The settings of the environment, for a part of the service that runs alone.

    Raises PermanentError data_folder_foreign. Where the database does not answer, the part starts and waits.
    """
    settings = Settings.from_env()
    require_restored(settings.data)
    db = Database(settings.sql_url)
    try:
        with db.read() as session:
            require_own_files(session, settings)
    except SQLAlchemyError as error:
        log.warning("data_folder_unchecked", error=str(error).splitlines()[0])
    finally:
        db.dispose()
    return settings


def require_own_files(session: Session, settings: Settings) -> None:
    """Raise PermanentError data_folder_foreign or object_store_foreign if they are another database's."""
    objects = installation_objects(settings)
    if objects is None:
        require_own_folder(session, settings.data)
    elif (installation := read_installation(session)) is not None:
        require_own_objects(objects, installation)


@contextmanager
def _alone(settings: Settings, db: Database) -> Iterator[None]:
    """Wait until no other set-up runs on this folder or database, and keep others waiting meanwhile."""
    with (settings.data / "setup.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if db.is_sqlite:
            yield
            return
        # The connection holds the lock; it ends with it.
        with db.engine.connect() as connection:
            connection.execute(select(func.pg_advisory_lock(_SETUP_LOCK)))
            yield
            connection.execute(select(func.pg_advisory_unlock(_SETUP_LOCK)))


def make_data_folder(settings: Settings) -> None:
    """Create the data folder, or close it to other users of the machine; PermanentError data_folder."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise PermanentError(
            "data_folder", f"{settings.data} cannot be created: {error.strerror}."
        ) from error
    if not os.access(settings.data, os.W_OK):
        raise PermanentError("data_folder", f"{settings.data} cannot be written to.")
    _close_to_others(settings.data)


def _close_to_others(folder: Path) -> None:
    """Photos of faces, sessions' key and database: nobody else on the machine may look or change."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & _OTHERS == 0:
        return
    try:
        folder.chmod(mode & ~_OTHERS)
    except OSError as error:
        log.warning("data_folder_open_to_others", folder=str(folder), error=error.strerror)
    else:
        log.warning("data_folder_closed_to_others", folder=str(folder), mode=f"{mode:o}")
