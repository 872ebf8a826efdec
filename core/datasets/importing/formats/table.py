"""Read the rows of a CSV file of unknown encoding, separator and columns, or of a Parquet file."""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.datasets.importing.formats.parquet_rows import is_parquet, parquet_columns, parquet_rows
from core.datasets.importing.formats.set_files import SetFiles

_SEPARATORS = ",;\t|"
#: Characters of one field; the objects of a photo may be JSON in one.
_LONGEST_FIELD = 2**20


@dataclass(frozen=True, kw_only=True)
class Table:
    """How a file is to be read: its encoding and separator, and the names of its columns."""

    encoding: str
    separator: str
    #: In lower case, without punctuation; empty for a file without a heading.
    columns: tuple[str, ...]


def plain_column(name: str) -> str:
    """The name of a column without case, spaces and punctuation: `Image ID` and `image_id` are one."""
    return re.sub(r"[\W_]+", "", name.casefold())


def read_table(head: bytes, known: frozenset[str]) -> Table:
    """How a file with this beginning is to be read; it has a heading where it names a column of `known`."""
    try:
        head[:60_000].decode("utf-8")
        encoding = "utf-8-sig"
    except UnicodeDecodeError as error:
        # The beginning may end inside a character.
        encoding = "utf-8-sig" if error.start > 59_990 or error.end >= len(head) else "cp1252"
    line = head.decode(encoding, "replace").partition("\n")[0]
    separator = max(_SEPARATORS, key=line.count)
    names = tuple(plain_column(each) for each in next(csv.reader([line], delimiter=separator), []))
    return Table(encoding=encoding, separator=separator, columns=names if known.intersection(names) else ())


def parquet_table(files: SetFiles, source: bytes) -> Table:
    """The columns of a Parquet file. Raises InputError where it cannot be read."""
    columns = tuple(map(plain_column, parquet_columns(files, source)))
    return Table(encoding="", separator="", columns=columns)


def read_rows(files: SetFiles, source: bytes, table: Table) -> Iterator[Sequence[str]]:
    """The rows after the heading. Raises csv.Error and InputError, after the rows before the damage."""
    if is_parquet(source):
        yield from ([_cell(value) for value in row.values()] for row in parquet_rows(files, source))
        return
    csv.field_size_limit(_LONGEST_FIELD)
    stream = files.open(source)
    with io.TextIOWrapper(stream, encoding=table.encoding, errors="replace", newline="") as lines:
        rows = csv.reader((line.replace("\0", "") for line in lines), delimiter=table.separator)
        for number, row in enumerate(rows):
            if row and not (number == 0 and table.columns):
                yield row


def _cell(value: Any) -> str:
    """A value as CSV would have it."""
    if value is None:
        return ""
    return json.dumps(value, default=str) if isinstance(value, list | dict) else str(value)
