"""Make a backup: files, then the database, then the files that came meanwhile, then the manifest."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.backup.data_files import copy_files, is_by_hash
from core.backup.manifest import (
    Entry,
    FileEntry,
    Header,
    SequenceEntry,
    check_manifest,
    list_backups,
    manifest_path,
    read_entries,
    write_manifest,
)
from core.backup.objects import Objects, make_private
from core.backup.queries import copy_database
from core.database import Database
from core.errors import InputError, PermanentError
from core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class BackupSummary:
    """What a backup holds."""

    name: str
    #: All files of the data folder that are in it, and their bytes.
    files: int
    bytes: int
    #: Those that no earlier backup had.
    new_files: int
    new_bytes: int
    database_bytes: int
    #: Files that were damaged already: their name is another hash than that of their bytes.
    damaged: tuple[str, ...]


def make_backup(settings: Settings, folder: Path, *, release: str) -> BackupSummary:
    """Back up the data folder and the database into `folder`.

    Raises InputError backup_inside_data, PermanentError backup_running, and what disks and databases raise.
    """
    _require_outside(settings, folder)
    with _alone(folder):
        newest = next(iter(reversed(list_backups(folder))), None)
        objects = Objects(folder / "objects", trusted_until=_written_at(folder, newest))
        objects.sweep()
        first = copy_files(settings.data, objects, _files_of(folder, newest))
        name = _new_name(folder)
        schema, rows = _copy_rows(settings, objects, folder)
        # Again: what the database names was there before its copy, or is here by now.
        second = copy_files(settings.data, objects, {entry.file: entry for entry in first.entries})
        entries: list[Entry] = [*rows, *second.entries]
        kind = "sqlite" if settings.sql_url.startswith("sqlite") else "postgresql"
        header = Header(name=name, release=release, schema=schema, database=kind, entries=len(entries))
        write_manifest(folder, header, entries)
    return BackupSummary(
        name=name,
        files=len(second.entries),
        bytes=sum(entry.bytes for entry in second.entries),
        new_files=first.new_files + second.new_files,
        new_bytes=first.new_bytes + second.new_bytes,
        database_bytes=sum(getattr(row, "bytes", 0) for row in rows),
        damaged=tuple(entry.file for entry in second.entries if entry.damaged),
    )


def check_backup(folder: Path, name: str) -> int:
    """Read every content of a backup; returns their number.

    Raises InputError backup_not_found, PermanentError backup_torn or backup_damaged.
    """
    check_manifest(folder, name)
    objects, seen = Objects(folder / "objects"), set()
    for entry in read_entries(folder, name):
        if not isinstance(entry, SequenceEntry) and entry.sha256 not in seen:
            seen.add(entry.sha256)
            for _ in objects.read(entry.content):
                pass
    return len(seen)


def _require_outside(settings: Settings, folder: Path) -> None:
    if folder.resolve().is_relative_to(settings.data):
        raise InputError(
            "backup_inside_data", f"{folder} lies in the data folder, which would back up its own backups."
        )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One backup into a folder at a time; the folder is made, and closed to other users of the machine."""
    make_private(folder)
    with os.fdopen(os.open(folder / "backup.lock", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PermanentError("backup_running", f"Another backup into {folder} is running.") from error
        yield


def _copy_rows(settings: Settings, objects: Objects, folder: Path) -> tuple[str, list[Entry]]:
    database = Database(settings.sql_url)
    try:
        return copy_database(database, objects, folder / "objects" / "incoming")
    finally:
        database.dispose()


def _written_at(folder: Path, name: str | None) -> float:
    return manifest_path(folder, name).stat().st_mtime if name is not None else 0.0


def _files_of(folder: Path, name: str | None) -> dict[str, FileEntry]:
    """Files of the newest backup whose names do not tell what they hold."""
    if name is None:
        return {}
    check_manifest(folder, name)
    entries = (entry for entry in read_entries(folder, name) if isinstance(entry, FileEntry))
    return {entry.file: entry for entry in entries if not is_by_hash(entry.file)}


def _new_name(folder: Path) -> str:
    """The time in UTC; of two backups within a second the later one has a number more."""
    name = now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    taken, number = set(list_backups(folder)), 1
    while name in taken:
        number += 1
        name = f"{now}-{number:02}"
    return name
