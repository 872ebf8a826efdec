"""Export boxed photos as a zip in Pascal VOC or COCO, streamed while it is written."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from enum import StrEnum
from io import RawIOBase
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from sqlalchemy.orm import Session

from core.boxes.formats import CocoWriter, ExportedPhoto, voc_xml
from core.boxes.queries import read_boxed_photos, read_counting_faces
from core.item_errors import ItemErrors
from core.library.credits import CreditsWriter
from core.library.pictures.anonymise import read_covers
from core.library.pictures.leaving import AS_STORED, LeavingPictures
from core.library.queries import read_credits
from core.library.selection.model import EVERYTHING, LibrarySelection
from models import Photo

#: Photos read at a time.
SLICE = 200
#: Opens a session for reading; each slice has its own, so that a slow download holds no session open.
Sessions = Callable[[], AbstractContextManager[Session]]


def boxed_photos(
    sessions: Sessions, selection: LibrarySelection = EVERYTHING, pictures: LeavingPictures = AS_STORED
) -> Iterator[ExportedPhoto]:
    """The selected photos that are marked as boxed, by id; memory holds one slice."""
    after = 0
    while True:
        with sessions() as session:
            photos = read_boxed_photos(session, after_id=after, limit=SLICE, selection=selection)
            ids = [photo.id for photo in photos]
            faces, credits = read_counting_faces(session, ids), read_credits(session, ids)
            covers = read_covers(session, ids, pictures.anonymise)
        for photo in photos:
            yield ExportedPhoto(
                photo=photo,
                credit=credits.get(photo.id),
                faces=tuple(faces.get(photo.id, ())),
                pictures=pictures,
                covers=covers.get(photo.id, ()),
            )
        if len(photos) < SLICE:
            return
        after = ids[-1]


class ExportFormat(StrEnum):
    """Format of the annotations."""

    VOC = "voc"
    COCO = "coco"


#: Returns the bytes of a photo; raises InputError if they are missing.
ReadPhoto = Callable[[Photo], bytes]


class _Sink(RawIOBase):
    """An unseekable file from which the written bytes are taken."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        self._written.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """The bytes written since the last call."""
        taken, self._written = b"".join(self._written), []
        return taken


def export_boxed(
    sessions: Sessions,
    fmt: ExportFormat,
    *,
    read_photo: ReadPhoto | None,
    selection: LibrarySelection = EVERYTHING,
    pictures: LeavingPictures = AS_STORED,
) -> Iterator[bytes]:
    """The bytes of the zip, piece by piece; with `read_photo` it contains the photos, as `pictures` says.

    Missing photos keep their annotations and are listed in `missing.txt`; `attributions.csv` names the owners
    of all photos.
    """
    sink, errors = _Sink(), ItemErrors()
    with CocoWriter() as coco, CreditsWriter() as credits, ZipFile(sink, "w", ZIP_DEFLATED) as archive:
        missing: list[str] = []
        for exported in boxed_photos(sessions, selection, pictures):
            credits.add(exported.file_name, exported.credit)
            if fmt is ExportFormat.VOC:
                archive.writestr(f"Annotations/{exported.photo.sha256}.xml", voc_xml(exported))
            else:
                coco.add(exported)
            if read_photo is not None:
                missing += _add_photo(archive, fmt, exported, read_photo, errors)
            yield sink.take()
        for name, chunks in _final_files(fmt, coco, credits, missing):
            with archive.open(name, "w", force_zip64=True) as entry:
                for chunk in chunks:
                    entry.write(chunk)
                    yield sink.take()
    yield sink.take()


def _final_files(
    fmt: ExportFormat, coco: CocoWriter, credits: CreditsWriter, missing: list[str]
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Names and contents of the files that are written after all photos."""
    if fmt is ExportFormat.COCO:
        yield "annotations.json", coco.chunks()
    yield "attributions.csv", credits.chunks()
    if missing:
        yield "missing.txt", iter([line.encode() for line in missing])


def _add_photo(
    archive: ZipFile, fmt: ExportFormat, exported: ExportedPhoto, read_photo: ReadPhoto, errors: ItemErrors
) -> list[str]:
    """Add the photo, or return its line of `missing.txt`."""
    folder = "JPEGImages" if fmt is ExportFormat.VOC else "images"
    try:
        photo = exported.photo
        data = exported.pictures.apply(read_photo(photo), photo.format, exported.covers)
    except Exception as error:
        failure = errors.input_error(error, photo=exported.photo.id)
        return [f"{exported.file_name}\t{failure.code}\t{exported.source}\n"]
    archive.writestr(f"{folder}/{exported.file_name}", data, compress_type=ZIP_STORED)
    return []
