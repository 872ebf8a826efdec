"""The manifest of a backup: one JSON object a line, with its own hash at the end, renamed into place last."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from core.backup.objects import Content, make_private
from core.errors import InputError, PermanentError

_FORMAT = 1
_END = ".jsonl"


@dataclass(frozen=True, kw_only=True)
class Header:
    """What the backup is of."""

    #: When its database was copied, in UTC, such as `20261129T201500Z`; also its name.
    name: str
    release: str
    #: The newest migration of its database.
    schema: str
    #: `sqlite` or `postgresql`.
    database: str
    #: Entries after this line.
    entries: int


@dataclass(frozen=True, kw_only=True)
class TableEntry:
    """The rows of a table of PostgreSQL as COPY writes them; or the file of SQLite, its rows not counted."""

    table: str
    columns: Sequence[str]
    rows: int
    sha256: str
    bytes: int

    @property
    def content(self) -> Content:
        """Its bytes."""
        return Content(sha256=self.sha256, bytes=self.bytes)


@dataclass(frozen=True, kw_only=True)
class SequenceEntry:
    """The last number that a sequence of PostgreSQL gave."""

    sequence: str
    last: int


@dataclass(frozen=True, kw_only=True)
class FileEntry:
    """A file of the data folder."""

    #: Below the data folder.
    file: str
    sha256: str
    bytes: int
    mtime_ns: int
    mode: int
    #: Whether its name is a hash, and not that of its bytes: it was damaged before the backup.
    damaged: bool = False

    @property
    def content(self) -> Content:
        """Its bytes."""
        return Content(sha256=self.sha256, bytes=self.bytes)


Entry: TypeAlias = TableEntry | SequenceEntry | FileEntry

_KINDS: dict[str, type[Entry]] = {"table": TableEntry, "sequence": SequenceEntry, "file": FileEntry}


def list_backups(folder: Path) -> list[str]:
    """The names of the complete backups, oldest first."""
    return sorted(path.name.removesuffix(_END) for path in (folder / "backups").glob(f"*{_END}"))


def find_newest(folder: Path) -> str:
    """The name of the newest backup; InputError backup_not_found."""
    names = list_backups(folder)
    if not names:
        raise InputError("backup_not_found", f"There is no complete backup in {folder}.")
    return names[-1]


def manifest_path(folder: Path, name: str) -> Path:
    """Where the manifest of a backup is; InputError backup_not_found for what is no name."""
    if Path(name).name != name:
        raise InputError("backup_not_found", f"There is no backup {name!r}.")
    return folder / "backups" / f"{name}{_END}"


def write_manifest(folder: Path, header: Header, entries: Iterable[Entry]) -> Path:
    """Write the manifest and rename it into place; until then there is no backup."""
    final = manifest_path(folder, header.name)
    make_private(final.parent)
    temporary = final.with_suffix(".unfinished")
    digest = hashlib.sha256()
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for row in ({"format": _FORMAT, **asdict(header)}, *(asdict(entry) for entry in entries)):
            line = json.dumps(row).encode() + b"\n"
            digest.update(line)
            file.write(line)
        file.write(json.dumps({"sha256": digest.hexdigest()}).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    # Contents first: a manifest that is there after a power failure names nothing that is not.
    os.sync()
    temporary.replace(final)
    os.sync()
    return final


def read_header(folder: Path, name: str) -> Header:
    """What the backup is of; InputError backup_not_found, PermanentError backup_torn."""
    with _open(folder, name) as file:
        try:
            row = json.loads(file.readline())
            row.pop("format")
            return Header(**row)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise _torn(name) from error


def read_entries(folder: Path, name: str) -> Iterator[Entry]:
    """The entries in the order of their writing; call `check_manifest` first."""
    with _open(folder, name) as file:
        file.readline()
        for line in file:
            row = json.loads(line)
            kind = next((kind for key, kind in _KINDS.items() if key in row), None)
            if kind is not None:
                yield kind(**row)


def check_manifest(folder: Path, name: str) -> Header:
    """Read it whole; PermanentError backup_torn if a byte is missing or another one."""
    header, digest, lines, last = read_header(folder, name), hashlib.sha256(), 0, b""
    with _open(folder, name) as file:
        for line in file:
            digest.update(last)
            last = line
            lines += 1
    if _hash_of(last) != digest.hexdigest() or lines != header.entries + 2:
        raise _torn(name)
    return header


def _hash_of(line: bytes) -> str | None:
    try:
        row: Any = json.loads(line)
    except ValueError:
        return None
    return row.get("sha256") if isinstance(row, dict) and len(row) == 1 else None


def _open(folder: Path, name: str) -> BinaryIO:
    try:
        return manifest_path(folder, name).open("rb")
    except FileNotFoundError as error:
        raise InputError("backup_not_found", f"There is no backup {name!r} in {folder}.") from error


def _torn(name: str) -> PermanentError:
    return PermanentError("backup_torn", f"The manifest of backup {name} is torn or was changed.")
