"""What commands print: tables on a terminal, plain lines elsewhere, JSON where asked for."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

#: A cell without a value.
NONE = "–"


@dataclass(frozen=True, kw_only=True)
class Output:
    """Where a command prints; `as_json` prints one JSON document on standard output and nothing else."""

    as_json: bool = False

    def objects(
        self, found: Iterable[Mapping[str, Any]], columns: Mapping[str, str], *, empty: str = "None."
    ) -> None:
        """A list: a table on a terminal, a line with tabs for each elsewhere.

        `columns` are titles by the path of a field, such as `photos.done`. `empty` is said on standard error
        where there is nothing.
        """
        rows = list(found)
        if self.as_json:
            self.json(rows)
        elif not rows:
            self.note(empty)
        else:
            _print_table([[cell(row, path) for path in columns] for row in rows], list(columns.values()))

    def one(self, found: Mapping[str, Any], fields: Mapping[str, str]) -> None:
        """One object: a line for each field that has a value."""
        if self.as_json:
            self.json(found)
            return
        lines = [(title, cell(found, path)) for path, title in fields.items()]
        self.pairs([(title, value) for title, value in lines if value != NONE])

    def pairs(self, lines: Sequence[tuple[str, str]]) -> None:
        """Names and values, one line each; on a terminal the values stand below each other."""
        width = max((len(title) for title, _ in lines), default=0) if sys.stdout.isatty() else 0
        for title, value in lines:
            print(f"{title + ':':<{width + 1}} {value}")

    def said(self, found: Mapping[str, Any], sentence: str) -> None:
        """What was done, as a sentence; the object as JSON."""
        if self.as_json:
            self.json(found)
        else:
            print(sentence)

    def json(self, value: Any) -> None:
        """One JSON document."""
        print(json.dumps(value, indent=2, ensure_ascii=False))

    def note(self, sentence: str) -> None:
        """A sentence for a person, on standard error; with JSON too, since it is not the result."""
        print(sentence, file=sys.stderr)

    def console(self, *, quiet: bool = False) -> "Console":
        """Standard error for progress."""
        from rich.console import Console

        return Console(stderr=True, quiet=quiet, highlight=False)


def cell(row: Mapping[str, Any], path: str) -> str:
    """The field at a path as text: dates in one form, lists with commas, nothing as a dash."""
    value: Any = row
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return text_of(value)


def text_of(value: Any) -> str:
    """A value of JSON as text for people."""
    match value:
        case None | "":
            return NONE
        case bool():
            return "yes" if value else "no"
        case float():
            return str(round(value, 3)).removesuffix(".0")
        case list():
            return ", ".join(map(text_of, value)) or NONE
        case str():
            return _day_and_time(value) or _printable(value)
        case _:
            return str(value)


def _day_and_time(text: str) -> str | None:
    """2026-11-29 14:03 in UTC for a moment of the API; None for other texts."""
    from datetime import UTC, datetime

    if len(text) < 20 or text[10] != "T":
        return None
    try:
        return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M}"
    except ValueError:
        return None


def _printable(text: str) -> str:
    """Without control characters: titles and names are whatever somebody gave."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _print_table(rows: Sequence[Sequence[str]], titles: Sequence[str]) -> None:
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(row))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*titles, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(escape, row))
    Console(highlight=False).print(table)
