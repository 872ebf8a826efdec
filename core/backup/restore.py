"""Restore a backup into an empty data folder and an empty database, each byte checked on its way."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.backup.manifest import (
    Entry,
    FileEntry,
    Header,
    SequenceEntry,
    TableEntry,
    check_manifest,
    read_entries,
)
from core.backup.objects import Objects
from core.backup.store import is_filled, leave, let_go, not_empty, write_postgres, write_sqlite
from core.data_folder import UNFINISHED
from core.database import Database
from core.errors import InputError, PermanentError
from core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class RestoreSummary:
    """What was restored."""

    header: Header
    files: int
    bytes: int


def restore_backup(
    settings: Settings, folder: Path, name: str, *, newest: str, make_tables: Callable[[str], None]
) -> RestoreSummary:
    """Restore the backup; one that was killed goes on, and no service starts on what it left.

    `newest` is the newest migration of this release; `make_tables` brings the database to a migration. Raises
    InputError backup_not_found, backup_too_new, backup_other_database, restore_target_not_empty;
    PermanentError backup_torn, backup_damaged.
    """
    header = check_manifest(folder, name)
    _check_fit(settings, header, newest)
    objects = Objects(folder / "objects")
    entries = list(read_entries(folder, name))
    for entry in entries:
        if not isinstance(entry, SequenceEntry):
            objects.require(entry.content)
    database = Database(settings.sql_url)
    try:
        mark, filled = _begin(settings.data, database, name)
        files = [entry for entry in entries if isinstance(entry, FileEntry)]
        for entry in files:
            _write_file(settings.data, entry, objects)
        if not filled:
            _write_rows(database, header, entries, objects, make_tables)
        let_go(database)
        os.sync()
        mark.unlink()
        leave(database)
    finally:
        database.dispose()
    return RestoreSummary(header=header, files=len(files), bytes=sum(entry.bytes for entry in files))


def _check_fit(settings: Settings, header: Header, newest: str) -> None:
    if header.schema > newest:
        raise InputError(
            "backup_too_new",
            f"The backup is of release {header.release} with schema {header.schema}; this release knows "
            f"schemas up to {newest}. Install that release first.",
        )
    kind = "sqlite" if settings.sql_url.startswith("sqlite") else "postgresql"
    if kind != header.database:
        raise InputError(
            "backup_other_database",
            f"The backup is of {header.database}, and MASKLOOP_DATABASE_URL names {kind}.",
        )


def _begin(data: Path, database: Database, name: str) -> tuple[Path, bool]:
    """Require an empty target, or one in which a restore of the same backup was killed; mark it.

    Returns the mark, and whether the database is filled already.
    """
    mark = data / UNFINISHED
    is_begun = mark.exists() and mark.read_text(encoding="utf-8") == name
    if data.exists() and any(data.iterdir()) and not is_begun:
        raise not_empty(str(data))
    filled = is_filled(database, begun=name if is_begun else None)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark.write_text(name, encoding="utf-8")
    return mark, filled


def _write_rows(
    database: Database,
    header: Header,
    entries: list[Entry],
    objects: Objects,
    make_tables: Callable[[str], None],
) -> None:
    if database.path is None:
        make_tables(header.schema)
        write_postgres(database, objects, entries, name=header.name)
        return
    entry = next(entry for entry in entries if isinstance(entry, TableEntry))
    database.path.parent.mkdir(parents=True, exist_ok=True)
    write_sqlite(entry, objects, database.path)


def _write_file(data: Path, entry: FileEntry, objects: Objects) -> None:
    """Write the file with its time and permissions; one that a killed restore wrote stays."""
    path = _place(data, entry.file)
    if path.exists():
        found = path.stat()
        if (found.st_size, found.st_mtime_ns) == (entry.bytes, entry.mtime_ns):
            return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.restored")
    with temporary.open("wb") as file:
        os.fchmod(file.fileno(), entry.mode | 0o600)
        for chunk in objects.read(entry.content):
            file.write(chunk)
    os.utime(temporary, ns=(entry.mtime_ns, entry.mtime_ns))
    temporary.replace(path)


def _place(data: Path, name: str) -> Path:
    """The path of a file; PermanentError backup_torn for one outside the data folder."""
    below = PurePosixPath(name)
    if below.is_absolute() or ".." in below.parts or not below.parts:
        raise PermanentError("backup_torn", f"The manifest names {name!r}, which no data folder holds.")
    return data / below
