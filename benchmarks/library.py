"""Times the library with a million photos: pages with every filter, choices of filters, dry runs of removals.

`python -m benchmarks.library [--photos 1000000]` creates the rows in SQLite and prints a Markdown table.
"""

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.database import Database
from core.library.selection.model import UNKNOWN, LabelFilter, LibrarySelection
from core.library.selection.queries import count_selected, read_choices, read_library
from core.removal.queries import plan_removal
from core.removal.target import Target
from models import Base, Photo, Source, SourceKind, TakedownBy

_SLICE = 20_000
_HOSTS, _PHRASES = 5_000, 200
_LICENCES = ("CC BY 2.0", "CC BY-SA 4.0", "CC0 1.0", "All rights reserved", None)
_REPEATS = 20


@click.command()
@click.option("--photos", default=1_000_000, show_default=True)
def main(photos: int) -> None:
    """Create the rows, then measure the queries."""
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{Path(folder) / 'library.sqlite'}")
        Base.metadata.create_all(db.engine)
        for first in range(0, photos, _SLICE):
            with db.write() as session:
                _add(session, range(first, min(first + _SLICE, photos)))
        print("| | median, ms | slowest, ms |\n|---|---|---|")
        for name, query in _queries(photos):
            times = sorted(_milliseconds(db, query) for _ in range(_REPEATS))
            print(f"| {name} | {times[_REPEATS // 2]:.1f} | {times[-1]:.1f} |")
        db.dispose()


def _queries(photos: int) -> Iterator[tuple[str, Callable[[Session], Any]]]:
    filters = {
        "newest photos": LibrarySelection(),
        "by licence": LibrarySelection(licence="CC0 1.0"),
        "licence unknown": LibrarySelection(licence=UNKNOWN),
        "by host": LibrarySelection(host="h7.example"),
        "by phrase": LibrarySelection(phrase="phrase 7"),
        "by phrase and licence": LibrarySelection(phrase="phrase 7", licence="CC0 1.0"),
    }
    for name, chosen in filters.items():
        yield name, partial(read_library, selection=chosen)
    searched = {
        "newest photos": LibrarySelection(),
        "a licence of every fifth photo": LibrarySelection(licence="CC0 1.0"),
        "an uncommon name": LibrarySelection(name="/123456.jpg"),
        "not searched yet": LibrarySelection(label=LabelFilter.NOT_SEARCHED),
        "not labelled yet, of which there is none": LibrarySelection(label=LabelFilter.NOT_LABELLED),
        "added today": LibrarySelection(since=datetime.now(UTC).date()),
        "added before": LibrarySelection(until=date(2000, 1, 1)),
    }
    for name, chosen in searched.items():
        yield f"page: {name}", partial(read_library, selection=chosen)
        yield f"number: {name}", partial(count_selected, selection=chosen)
    middle = photos // 2
    yield "photos from the middle", lambda session: read_library(session, LibrarySelection(), before=middle)
    yield "choices of licences", lambda session: read_choices(session, Source.licence)
    yield "choices of hosts, 200", lambda session: read_choices(session, Source.host, limit=200)
    host = Target(by=TakedownBy.HOST, value="h7.example")
    yield f"dry run of a host with {photos // _HOSTS:,} photos", lambda session: plan_removal(session, host)
    phrase = Target(by=TakedownBy.PHRASE, value="phrase 7")
    yield (
        f"dry run of a phrase with {photos // _PHRASES:,} photos",
        lambda session: plan_removal(session, phrase),
    )


def _milliseconds(db: Database, query: Callable[[Session], Any]) -> float:
    with db.read() as session:
        began = time.perf_counter()
        query(session)
        return 1000 * (time.perf_counter() - began)


def _add(session: Session, numbers: range) -> None:
    now = datetime.now(UTC)
    session.execute(
        insert(Photo),
        [
            {
                "id": n + 1,
                "sha256": f"{n:064x}",
                "bytes": 100_000,
                "width": 900,
                "height": 600,
                "format": "JPEG",
                "frames": 1,
                "stored": True,
                "created_at": now,
            }
            for n in numbers
        ],
    )
    session.execute(insert(Source), [_source(n, now) for n in numbers])


def _source(number: int, now: datetime) -> dict[str, Any]:
    host = f"h{number % _HOSTS}.example"
    address, page = f"https://{host}/{number}.jpg", f"https://p{number % 977}.example/{number // 10}"
    return {
        "photo_id": number + 1,
        "kind": SourceKind.CRAWL,
        "location": address.encode(),
        "location_sha256": hashlib.sha256(address.encode()).digest(),
        "name": address,
        "page_url": page,
        "page_sha256": hashlib.sha256(page.encode()).digest(),
        "title": f"Picture {number}",
        "phrase": f"phrase {number % _PHRASES}",
        "found_by": "openverse",
        "host": host,
        "page_host": f"p{number % 977}.example",
        "licence": _LICENCES[number % len(_LICENCES)],
        "creator": "Ada",
        "created_at": now,
    }


if __name__ == "__main__":
    main()
