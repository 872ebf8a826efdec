"""attributions.csv: whom to name for each photo of an export."""

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Self

from core.csv_text import csv_line
from core.library.credits.attribution import Credit

COLUMNS = ("photo", "source", "licence", "licence_url", "creator", "page", "attribution")
_CHUNK = 1 << 16


class CreditsWriter:
    """Takes photos one by one; the lines wait in a temporary file."""

    def __init__(self) -> None:
        self._lines = TemporaryFile("w+b")  # noqa: SIM115
        self._lines.write(csv_line(COLUMNS))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()

    def add(self, name: str, credit: Credit | None) -> None:
        """A line for the photo that the export calls by this name."""
        self._lines.write(csv_line((name, *credit_values(credit))))

    def chunks(self) -> Iterator[bytes]:
        """The whole file; nothing is added after it."""
        self._lines.seek(0)
        while chunk := self._lines.read(_CHUNK):
            yield chunk


def credit_values(credit: Credit | None) -> tuple[str | None, ...]:
    """The columns after the photo's name; empty where nobody tells."""
    if credit is None:
        return (None,) * (len(COLUMNS) - 1)
    return (
        credit.place,
        credit.licence,
        credit.licence_url,
        credit.creator,
        credit.page_url,
        credit.attribution or None,
    )
