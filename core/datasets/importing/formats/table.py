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
from core.labels.text_encoding import guess_encoding

_SEPARATORS = ",;\t|"
#: Characters of one field; the objects of a photo may be JSON in one.
_LONGEST_FIELD = 2**20
_SEPARATOR_LINE = re.compile(r"^sep=([,;\t|])\s*$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Table:
    """How a file is to be read: its encoding and separator, and the names of its columns."""

    encoding: str
    separator: str
    #: In lower case, without punctuation; empty for a file without a heading.
    columns: tuple[str, ...]
    #: Whether the first line only names the separator, as Excel writes it.
    names_separator: bool = False

    @property
    def first_row(self) -> int:
        """The place of the first row after the heading."""
        return int(self.names_separator) + bool(self.columns)


def plain_column(name: str) -> str:
    """The name of a column without case, spaces and punctuation: `Image ID` and `image_id` are one."""
    return re.sub(r"[\W_]+", "", name.casefold())


def read_table(head: bytes, known: frozenset[str]) -> Table:
    """How a file with this beginning is to be read; it has a heading where it names a column of `known`."""
    encoding = guess_encoding(head)
    first, *others = (head.decode(encoding, "replace").splitlines() or [""])[:2]
    said = _SEPARATOR_LINE.match(first)
    line = first if said is None else "".join(others)
    separator = max(_SEPARATORS, key=line.count) if said is None else said[1]
    names = tuple(plain_column(each) for each in next(csv.reader([line], delimiter=separator), []))
    columns = names if known.intersection(names) else ()
    return Table(encoding=encoding, separator=separator, columns=columns, names_separator=said is not None)


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
            if row and number >= table.first_row:
                yield row


def _cell(value: Any) -> str:
    """A value as CSV would have it."""
    if value is None:
        return ""
    return json.dumps(value, default=str) if isinstance(value, list | dict) else str(value)
