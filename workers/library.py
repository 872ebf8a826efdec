"""Listing photos of the library, and reading the photos of a batch one by one."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from core.errors import InputError
from core.item_errors import ItemErrors
from core.jobs.finish import finish_batch
from core.jobs.job_photos import WaitingPhoto, list_slice, read_waiting_photos
from core.library.files.reading import missing_from_store
from core.library.queries import read_photo_bytes
from models import Photo
from workers.engine import BatchRun

Result = TypeVar("Result")

#: Position to (code, message) of photos that could not be read.
Failures = dict[int, tuple[str, str]]


def list_library(
    run: BatchRun,
    wanted: tuple[ColumnElement[bool], ...],
    *,
    at_end: Callable[[Session], None] = lambda _session: None,
) -> None:
    """List every photo that meets all conditions of `wanted`: job rows, and batches of this batch's kind."""
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
    """Results of `work` on the bytes of each photo, and failures, both by position.

    Raises an error that strikes every photo.
    """
    with run.db.read() as session:
        waiting = read_waiting_photos(session, run.claim)
    return run.compute(lambda: _read_each(run, waiting, work))


def _read_each(
    run: BatchRun, waiting: Sequence[WaitingPhoto], work: Callable[[bytes, Photo], Result]
) -> tuple[dict[int, tuple[Photo, Result]], Failures]:
    done: dict[int, tuple[Photo, Result]] = {}
    failed: Failures = {}
    errors = ItemErrors()
    for each in waiting:
        run.check()
        try:
            done[each.position] = each.photo, work(read_bytes(run, each.photo), each.photo)
        except Exception as error:
            failure = errors.input_error(error, photo=each.photo.id)
            failed[each.position] = failure.code, failure.message
    errors.check(len(waiting))
    return done, failed


def read_bytes(run: BatchRun, photo: Photo) -> bytes:
    """The photo's bytes.

    Raises the InputError of `read_photo_bytes`, and TransientError stored_file_missing for a stored photo.
    """
    try:
        with run.db.read() as session:
            return read_photo_bytes(session, run.settings, photo)
    except InputError as error:
        if error.code == "photo_not_stored":
            raise missing_from_store(f"photo {photo.sha256[:12]}") from error
        raise
