"""The batch that writes an export, slice by slice; after a kill the next worker goes on from the last."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.csv_text import csv_line
from core.database import read_clock
from core.exports.archive import ExportArchive, is_whole, take_over
from core.exports.formats.base import CropFormat, Format, PhotoFormat
from core.exports.formats.registry import FORMATS
from core.exports.job_kind import EXPORT, EXPORT_STAGE, ExportPayload
from core.exports.options import ExportOptions
from core.exports.queries import Chosen, ChosenSlice, count_photos, pictures_of, read_chosen, scaled
from core.exports.record import ExportedFace, ExportedPhoto
from core.exports.store import (
    add_export,
    export_name,
    export_path,
    list_exports,
    void_export,
    work_folder,
)
from core.item_errors import ItemErrors
from core.jobs.finish import finish_batch
from core.jobs.lease import lock_held, note_progress
from core.jobs.store import add_event
from core.library.credits import COLUMNS as CREDIT_COLUMNS
from core.library.credits import credit_values
from core.library.pictures.convert import face_jpeg, picture_jpeg
from core.library.queries import read_photo_bytes
from core.number_text import plural
from core.predict.report_stage import report_files
from core.results.reports.report_file import digest_of
from core.storage.named_files import transfer_seconds
from models import EventLevel, Job
from workers.engine import BatchRun, handles

_CREDITS, _LEFT_OUT = "credits-all", "left-all"
_SMALL_QUALITY = 92


@handles(EXPORT_STAGE)
def write_export(run: BatchRun) -> None:
    """Write the zip, then its row in the transaction that ends the batch."""
    with run.db.read() as session:
        job = session.get_one(Job, run.claim.job_id)
        options = EXPORT.options_of(job)
        found = count_photos(session, options)
    folders, out = work_folder(run.settings, job.id), export_path(run.settings, job.id)
    folder, reached = folders / run.claim.token, EXPORT_STAGE.payload_of(run.claim)
    if reached.kept and is_whole(folders / reached.folder, reached.kept):
        take_over(folders / reached.folder, folder, reached.kept)
    else:
        shutil.rmtree(folders, ignore_errors=True)
        reached = ExportPayload()
    reached = reached.model_copy(update={"folder": folder.name})
    with ExportArchive(folder, reached.kept) as archive:
        writer = _Writer(run, options, FORMATS[options.format](archive), reached)
        while run.compute(writer.add_next):
            writer.keep(found)
        run.compute(lambda: writer.finish(out))
    _end(run, job.id, out, writer.reached)
    shutil.rmtree(folders, ignore_errors=True)


def void_exports(run: BatchRun) -> None:
    """Delete every export that may hold a deleted photo; those under way begin anew."""
    with run.db.read() as session:
        jobs = list_exports(session)
    for job_id in jobs:
        run.check()
        with run.db.write() as session:
            void_export(session, run.settings, job_id)


class _Writer:
    """Adds slices to the archive, and keeps how far it has come."""

    def __init__(self, run: BatchRun, options: ExportOptions, fmt: Format, reached: ExportPayload) -> None:
        self._run, self._options, self._format, self.reached = run, options, fmt, reached
        self._archive, self._is_over = fmt.archive, reached.is_over

    def add_next(self) -> bool:
        """Write the photos of the next slice to the disk; False after the last one."""
        if self._is_over:
            return False
        with self._run.db.read() as session:
            found = read_chosen(session, self._options, after=self.reached.after)
        self._is_over = found.next_after is None
        self._add(found)
        self.reached = self.reached.model_copy(update={"kept": self._archive.keep()})
        return True

    def _add(self, found: ChosenSlice) -> None:
        photos, faces = self.reached.photos, self.reached.faces
        left_out, errors = Counter(self.reached.left_out), ItemErrors()
        for chosen in found.photos:
            self._run.check()
            reason = chosen.left_out or self._add_photo(chosen, errors)
            if reason:
                left_out[reason] += 1
                line = (chosen.exported.file_name, chosen.photo.id, reason)
                self._archive.write_line(_LEFT_OUT, csv_line(line))
            else:
                photos, faces = photos + 1, faces + len(chosen.exported.faces)
        errors.check(len(found.photos))
        self.reached = self.reached.model_copy(
            update={
                "after": found.next_after or self.reached.after,
                "is_over": found.next_after is None,
                "photos": photos,
                "faces": faces,
                "left_out": dict(left_out),
            }
        )

    def keep(self, found: int) -> None:
        """Say in the database what is on the disk: never the other way round."""
        with self._run.db.write() as session:
            batch = lock_held(session, self._run.claim)
            note_progress(batch)
            batch.payload = self.reached.to_json()
            looked_at = self.reached.photos + sum(self.reached.left_out.values())
            steps = {"steps_done": looked_at, "steps_found": max(found, looked_at)}
            session.execute(update(Job).where(Job.id == self._run.claim.job_id).values(**steps))

    def finish(self, out: Path) -> None:
        """Write the files that are complete only now, and put the zip in place."""
        self._format.finish()
        for name, spool, columns in (
            ("attributions.csv", _CREDITS, CREDIT_COLUMNS),
            ("left_out.csv", _LEFT_OUT, ("photo", "photo_id", "reason")),
        ):
            if spool in self._archive.spools():
                self._archive.add_pieces(name, self._with_header(columns, spool))
        self._run.check()
        self._archive.finish(out)

    def _with_header(self, columns: tuple[str, ...], spool: str) -> Iterator[bytes]:
        yield csv_line(columns)
        yield from self._archive.read_spool(spool)

    def _add_photo(self, chosen: Chosen, errors: ItemErrors) -> str:
        """Add a photo with its picture; the code of the error where the picture cannot leave."""
        exported = scaled(chosen.exported, self._options.long_side)
        try:
            pictures = self._pictures(chosen, exported)
        except Exception as error:
            return errors.input_error(error, photo=chosen.photo.id).code
        for name, data in pictures:
            self._format.add_picture(name, data, exported)
        self._format.add(exported)
        credit = (exported.file_name, *credit_values(exported.credit))
        self._archive.write_line(_CREDITS, csv_line(credit))
        return ""

    def _pictures(self, chosen: Chosen, exported: ExportedPhoto) -> list[tuple[str, bytes]]:
        """The pictures of a photo with their names, made before any of them is written."""
        match self._format:
            case CropFormat() as crops:
                faces = chosen.exported.faces
                data = self._read(chosen) if faces else b""
                return [(crops.crop_path(exported, face), self._crop(chosen, face, data)) for face in faces]
            case PhotoFormat() as photos if self._options.photos:
                return [(photos.picture_path(exported), self._picture(chosen, exported))]
        return []

    def _read(self, chosen: Chosen) -> bytes:
        with self._run.db.read() as session:
            return read_photo_bytes(session, self._run.settings, chosen.photo)

    def _crop(self, chosen: Chosen, face: ExportedFace, data: bytes) -> bytes:
        return face_jpeg(
            data,
            chosen.photo.format,
            box=(face.x1, face.y1, face.x2, face.y2),
            side=self._options.crop_side,
            context=1 + 2 * self._options.crop_margin,
            covers=chosen.covers,
        )

    def _picture(self, chosen: Chosen, exported: ExportedPhoto) -> bytes:
        options, photo, data = self._options, chosen.photo, self._read(chosen)
        if exported.width == photo.width and exported.height == photo.height:
            return pictures_of(options).apply(data, photo.format, chosen.covers)
        return picture_jpeg(
            data, photo.format, long_side=options.long_side, quality=_SMALL_QUALITY, covers=chosen.covers
        )


def _end(run: BatchRun, job_id: int, out: Path, reached: ExportPayload) -> None:
    digest, size = run.compute(lambda: digest_of(out)), out.stat().st_size
    with run.transfer(transfer_seconds(size)):
        path = report_files(run.settings).publish(export_name(job_id), digest)
    with run.db.write() as session:
        lock_held(session, run.claim)
        _say(session, job_id, reached)
        steps = {"steps_done": reached.photos, "steps_found": reached.photos}
        session.execute(update(Job).where(Job.id == job_id).values(**steps))
        add_export(
            session,
            job_id,
            path=path,
            bytes=size,
            sha256=digest,
            photos=reached.photos,
            at=read_clock(session),
        )
        finish_batch(session, run.claim)


def _say(session: Session, job_id: int, reached: ExportPayload) -> None:
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(reached.left_out.items()))
    line = f"{plural(reached.photos, 'photo')} with {plural(reached.faces, 'face')} exported"
    line += f"; left out: {reasons}." if reasons else "."
    add_event(session, job_id, EventLevel.INFO, "exported", line)
