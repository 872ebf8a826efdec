"""Read the rows of a Parquet file as a stream; PyArrow is imported where a set has such a file."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from tempfile import TemporaryFile
from typing import Any

from core.datasets.importing.formats.set_files import SetFiles
from core.errors import InputError

_MAGIC = b"PAR1"
#: Rows that memory holds.
_BATCH = 1000
_CHUNK = 1 << 20


def is_parquet(path: bytes) -> bool:
    """Whether a file has the name of a Parquet file."""
    return path.lower().endswith(b".parquet")


def looks_like_parquet(head: bytes) -> bool:
    """Whether a file begins as a Parquet file does."""
    return head.startswith(_MAGIC)


def parquet_columns(files: SetFiles, source: bytes) -> tuple[str, ...]:
    """The names of the columns. Raises InputError bad_annotation, or why the file cannot be read."""
    with _opened(files, source) as file:
        return tuple(_readable(file))


def parquet_rows(files: SetFiles, source: bytes) -> Iterator[dict[str, Any]]:
    """The rows by column. Raises InputError, after the rows before the damage."""
    with _opened(files, source) as file:
        for batch in file.iter_batches(_BATCH, columns=_readable(file)):
            yield from batch.to_pylist()


def _readable(file: Any) -> list[str]:
    """Columns without those that hold pictures, of which a batch would fill the memory."""
    return [field.name for field in file.schema_arrow if "binary" not in str(field.type)]


@contextmanager
def _opened(files: SetFiles, source: bytes) -> Iterator[Any]:
    from pyarrow import parquet

    # What a file holds stands at its end, and those in archives can only be read from the beginning.
    with TemporaryFile() as copy:
        with closing(files.open(source)) as stream:
            shutil.copyfileobj(stream, copy, _CHUNK)
        try:
            yield parquet.ParquetFile(copy)
        # PyArrow raises both of these on damaged pages.
        except (OSError, ValueError) as error:
            raise _bad(error) from error


def _bad(error: Exception) -> InputError:
    said = (str(error).splitlines() or [type(error).__name__])[0][:200]
    return InputError("bad_annotation", f"The Parquet file cannot be read: {said}")
