"""Boxed photos as one zip, in Pascal VOC or COCO, written while it is being sent."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from enum import StrEnum
from io import RawIOBase
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.boxes.formats import CocoWriter, ExportedPhoto, voc_xml
from core.boxes.queries import read_counting_faces
from core.errors import InputError
from core.library.credits import CreditsWriter
from core.library.queries import read_credits
from models import Photo

#: Photos read in one go.
SLICE = 200
#: Opens a session for reading; each slice has its own, so that none is held open while a reader is slow.
Sessions = Callable[[], AbstractContextManager[Session]]


def boxed_photos(sessions: Sessions) -> Iterator[ExportedPhoto]:
    """Every photo that is marked, in the order of the ids; memory holds one slice."""
    after = 0
    while True:
        with sessions() as session:
            photos = _photos_after(session, after)
            ids = [photo.id for photo in photos]
            faces, credits = read_counting_faces(session, ids), read_credits(session, ids)
        for photo in photos:
            yield ExportedPhoto(
                photo=photo, credit=credits.get(photo.id), faces=tuple(faces.get(photo.id, ()))
            )
        if len(photos) < SLICE:
            return
        after = ids[-1]


def _photos_after(session: Session, after: int) -> list[Photo]:
    query = select(Photo).where(Photo.boxed_at.is_not(None), Photo.id > after)
    return list(session.scalars(query.order_by(Photo.id).limit(SLICE)))


class ExportFormat(StrEnum):
    """How annotations are written."""

    VOC = "voc"
    COCO = "coco"


#: Gives a photo's bytes, or raises InputError where they are gone.
ReadPhoto = Callable[[Photo], bytes]


class _Sink(RawIOBase):
    """A file that cannot be sought and hands on what was written."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        self._written.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken, self._written = b"".join(self._written), []
        return taken


def export_boxed(sessions: Sessions, fmt: ExportFormat, *, read_photo: ReadPhoto | None) -> Iterator[bytes]:
    """The bytes of the zip; with `read_photo` the photos themselves are in it.

    Photos whose bytes are gone keep their annotations and are listed in `missing.txt`; `attributions.csv`
    names the owners of all.
    """
    sink = _Sink()
    with CocoWriter() as coco, CreditsWriter() as credits, ZipFile(sink, "w", ZIP_DEFLATED) as archive:
        missing: list[str] = []
        for exported in boxed_photos(sessions):
            credits.add(exported.file_name, exported.credit)
            if fmt is ExportFormat.VOC:
                archive.writestr(f"Annotations/{exported.photo.sha256}.xml", voc_xml(exported))
            else:
                coco.add(exported)
            if read_photo is not None:
                missing += _add_photo(archive, fmt, exported, read_photo)
            yield sink.take()
        for name, chunks in _endings(fmt, coco, credits, missing):
            with archive.open(name, "w", force_zip64=True) as entry:
                for chunk in chunks:
                    entry.write(chunk)
                    yield sink.take()
    yield sink.take()


def _endings(
    fmt: ExportFormat, coco: CocoWriter, credits: CreditsWriter, missing: list[str]
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The files that are known only once every photo is through."""
    if fmt is ExportFormat.COCO:
        yield "annotations.json", coco.chunks()
    yield "attributions.csv", credits.chunks()
    if missing:
        yield "missing.txt", iter([line.encode() for line in missing])


def _add_photo(
    archive: ZipFile, fmt: ExportFormat, exported: ExportedPhoto, read_photo: ReadPhoto
) -> list[str]:
    """Put the photo in, or say what is missing."""
    folder = "JPEGImages" if fmt is ExportFormat.VOC else "images"
    try:
        data = read_photo(exported.photo)
    except InputError as error:
        return [f"{exported.file_name}\t{error.code}\t{exported.source}\n"]
    archive.writestr(f"{folder}/{exported.file_name}", data, compress_type=ZIP_STORED)
    return []
