"""What batches over photos of the library share: listing them, and doing one after the other."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from core.errors import InputError
from core.jobs.finish import finish_batch
from core.jobs.job_photos import list_slice, read_waiting_photos
from core.library.queries import read_photo_bytes
from models import Photo
from workers.engine import BatchRun

Result = TypeVar("Result")

#: Position, code and message of a photo that could not be read.
Failures = dict[int, tuple[str, str]]


def list_library(
    run: BatchRun,
    wanted: tuple[ColumnElement[bool], ...],
    *,
    at_end: Callable[[Session], None] = lambda _session: None,
) -> None:
    """Write a row for every photo for which all of `wanted` holds, with batches of this batch's kind."""
    while True:
        run.check()
        with run.db.write() as session:
            if list_slice(session, run.claim, wanted, batch_photos=run.settings.batch_photos):
                continue
            at_end(session)
            finish_batch(session, run.claim)
            return


def read_each(
    run: BatchRun, work: Callable[[bytes, Photo], Result]
) -> tuple[dict[int, tuple[Photo, Result]], Failures]:
    """Do `work` on the bytes of each photo of the batch, by position; a bad one costs itself alone."""
    with run.db.read() as session:
        waiting = read_waiting_photos(session, run.claim)
    done: dict[int, tuple[Photo, Result]] = {}
    failed: Failures = {}
    for each in waiting:
        run.check()
        try:
            done[each.position] = each.photo, work(read_bytes(run, each.photo), each.photo)
        except InputError as error:
            failed[each.position] = error.code, error.message
    return done, failed


def read_bytes(run: BatchRun, photo: Photo) -> bytes:
    """The photo's bytes. InputError as `read_photo_bytes` raises it."""
    with run.db.read() as session:
        return read_photo_bytes(session, run.settings, photo)
