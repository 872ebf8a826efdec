"""The id that ties a data folder to its database, so that no process works with the folder of another.

Two hosts that share a database but not the folder would each miss the photos that the other one stores.
"""

import os
import secrets
import uuid
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import PermanentError
from models import Installation

_ID_FILE = "folder-id"
#: The key that signs browser sessions.
SESSION_KEY = "secret_key"
#: Present while a restore writes into the folder, with the name of the backup.
UNFINISHED = "restore-unfinished"


def require_restored(folder: Path) -> None:
    """Raise PermanentError restore_unfinished in a folder into which a restore was killed."""
    if (folder / UNFINISHED).exists():
        raise PermanentError(
            "restore_unfinished",
            f"A restore into {folder} has not ended. Run `maskloop restore` again, or empty the folder.",
        )


def tie_folder(session: Session, folder: Path, *, adopt: bool = False) -> str:
    """Tie a new database or a new folder to the other one; PermanentError data_folder_foreign.

    Returns their id.

    With `adopt` the folder becomes the one of the database, whatever its id was: a database that lies in the
    folder moves with it, and a folder may have been restored from a backup.
    """
    known, found = _read_row(session), _read_file(folder)
    if known is None:
        known = found or str(uuid.uuid4())
        session.add(Installation(folder_id=known, created_at=read_clock(session)))
        session.flush()
        adopt = True
    if found != known:
        if not adopt:
            raise _foreign(folder)
        _write_file(folder, known)
    return known


def require_own_folder(session: Session, folder: Path) -> None:
    """Raise PermanentError data_folder_foreign if the database belongs to another folder."""
    known = _read_row(session)
    if known is not None and known != _read_file(folder):
        raise _foreign(folder)


def read_installation(session: Session) -> str | None:
    """The id of the database's installation; None before the first set-up."""
    return _read_row(session)


def _read_row(session: Session) -> str | None:
    return session.scalars(select(Installation.folder_id)).one_or_none()


def _read_file(folder: Path) -> str | None:
    try:
        return (folder / _ID_FILE).read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def _write_file(folder: Path, folder_id: str) -> None:
    temporary = folder / f"{_ID_FILE}.{os.getpid()}"
    temporary.write_text(folder_id + "\n", encoding="ascii")
    temporary.replace(folder / _ID_FILE)


def _foreign(folder: Path) -> PermanentError:
    return PermanentError(
        "data_folder_foreign",
        f"The database belongs to another data folder than {folder}. Use one folder on all hosts, or run "
        "`maskloop setup --adopt-folder` if this folder is a copy of it, such as one from a backup.",
    )


def make_session_key(folder: Path) -> Path:
    """The file of the key that signs browser sessions, made where there is none; nobody else can read it.

    A temporary file is linked: if two processes start at once, both use the same key.
    """
    path = folder / SESSION_KEY
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    own = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        os.link(own, path)
    except FileExistsError:
        pass
    finally:
        own.unlink()
    return path
