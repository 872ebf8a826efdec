"""annotated.zip: the job's photos with boxes and labels, under names that every system can unpack."""

import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from io import BytesIO
from pathlib import Path
from typing import IO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from PIL import Image

from core.csv_text import csv_line
from core.detection.decode import decode_photo
from core.errors import InputError, PermanentError
from core.item_errors import ItemErrors
from core.library.pictures.anonymise import Cover, paint
from core.results.reports.annotation import annotate
from core.results.reports.report_file import FormatWriter, OpenBytes, Output, ReadCovers, write_error
from core.results.reports.rows import PhotoRow
from models.job_photo import JobPhotoState

#: Largest side of a JPEG.
_LONGEST_SIDE = 65_500


_QUALITY = 88


ERRORS_NAME = "errors.csv"


CREDITS_NAME = "attributions.csv"


_ERROR_COLUMNS = ("photo", "error_code", "error_message")
_CREDIT_COLUMNS = ("photo", "source", "licence", "attribution")


#: Characters that Windows forbids in file names, path separators, and control characters.
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"|?*\\\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]')


_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


#: Bytes of one part of a path, with room for the extension and a number.
_LONGEST_PART = 200


_JPEG = re.compile(r"\.jpe?g$", re.IGNORECASE)


class AnnotatedZip(FormatWriter):
    """Every readable photo as a JPEG, attributions.csv and errors.csv; rows are photos.

    Entries are stored, not deflated: JPEG does not get smaller. Raises PermanentError photos_not_given.
    """

    def __init__(self, output: Output) -> None:
        super().__init__(output)
        if output.open_bytes is None:
            raise PermanentError("photos_not_given", "The annotated zip needs the photos' files.")
        self._open_bytes = output.open_bytes
        self._place = Path(str(output.file.name))
        self._when = time.gmtime(output.job.read_at.timestamp())[:6]
        self._names, self._tried, self._failures = ArchiveNames(), 0, ItemErrors()
        with ExitStack() as held:
            self._errors = held.enter_context(_side_file(self._place, _ERROR_COLUMNS))
            self._credits = held.enter_context(_side_file(self._place, _CREDIT_COLUMNS))
            self._archive = ZipFile(output.file, "w", ZIP_STORED)
            self._held = held.pop_all()

    def add(self, photo: PhotoRow) -> None:
        """Add one photo, or the line that says why it is missing."""
        self._tried += photo.state is JobPhotoState.DONE
        try:
            drawn = _drawn(photo, self._open_bytes, self.output.read_covers)
        except Exception as error:
            failure = self._failures.input_error(error, name=photo.name)
            _write_line(self._errors, self._place, (photo.name, failure.code, failure.message))
            return
        name = self._names.take(photo.name, photo.position)
        self._archive.writestr(_entry(name, self._when), drawn)
        credit = (name, photo.source, photo.licence, photo.attribution)
        _write_line(self._credits, self._place, credit)
        self.rows += 1

    def finish(self) -> None:
        """Add the two CSV files and the directory."""
        self._failures.check(self._tried)
        _add_side_file(self._archive, self._errors, ERRORS_NAME, self._when)
        _add_side_file(self._archive, self._credits, CREDITS_NAME, self._when)
        self._archive.close()

    def close(self) -> None:
        """Close the zip and the side files."""
        with suppress(Exception):  # after an error, which is known already
            self._archive.close()
        self._held.close()


class ArchiveNames:
    """Chooses unique names; keeps them all in memory, as the zip's directory does."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def take(self, name: str, position: int) -> str:
        """The name for a photo that is stored as JPEG; the position tells apart those that clash.

        Folders are kept. What compares equal without case clashes, for some systems see no case.
        """
        safe = safe_name(name) or "photo"
        wanted = safe if _JPEG.search(safe) else f"{safe}.jpg"
        if wanted.casefold() in self._used:
            stem, dot, extension = wanted.rpartition(".")
            wanted = f"{stem} ({position}){dot}{extension}"
        while wanted.casefold() in self._used:
            wanted = f"_{wanted}"
        self._used.add(wanted.casefold())
        return wanted


def safe_name(name: str) -> str:
    """A relative path without `..`, drive, device, control character or part too long."""
    parts = (_safe_part(part) for part in name.split("/") if part not in ("", "."))
    return "/".join(parts)


def draw_photo(data: bytes, photo: PhotoRow, covers: Sequence[Cover] = ()) -> bytes:
    """The photo as a JPEG at full size with its faces; the first frame of an animation.

    The covers are painted over it, below the boxes.
    """
    decoded = decode_photo(data)
    image = Image.fromarray(decoded.rgb)
    if max(image.size) > _LONGEST_SIDE:
        image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    paint(image, covers, scale=image.width / decoded.width)
    annotate(image, photo.counted, scale=image.width / decoded.width)
    jpeg = BytesIO()
    image.save(jpeg, "JPEG", quality=_QUALITY)
    return jpeg.getvalue()


def _drawn(photo: PhotoRow, open_bytes: OpenBytes, read_covers: ReadCovers) -> bytes:
    """Raise InputError if the file could not be read by the job or cannot be read now."""
    if photo.state is JobPhotoState.FAILED:
        raise InputError(photo.error_code or "unknown", photo.error_message or "")
    if photo.state is not JobPhotoState.DONE:
        raise InputError("not_processed", "The job did not come to this file.")
    return draw_photo(open_bytes(photo), photo, read_covers(photo))


def _entry(name: str, when: tuple[int, ...]) -> ZipInfo:
    entry = ZipInfo(name, (when[0], when[1], when[2], when[3], when[4], when[5]))
    entry.compress_type = ZIP_STORED
    entry.external_attr = 0o644 << 16
    return entry


def _side_file(place: Path, columns: tuple[str, ...]) -> IO[bytes]:
    """Start a CSV in an unnamed temporary file beside the zip."""
    try:
        lines = tempfile.TemporaryFile(dir=place.parent, buffering=0)  # noqa: SIM115 - the caller closes it
    except OSError as error:
        raise write_error(error, place) from error
    _write_line(lines, place, columns)
    return lines


def _write_line(lines: IO[bytes], place: Path, values: tuple[str | None, ...]) -> None:
    try:
        lines.write(csv_line(values))
    except OSError as error:
        raise write_error(error, place) from error


def _add_side_file(archive: ZipFile, lines: IO[bytes], name: str, when: tuple[int, ...]) -> None:
    """Copy a CSV into the zip in chunks, since it may be long."""
    size = lines.seek(0, 2)
    lines.seek(0)
    entry = _entry(name, when)
    entry.file_size = size
    with archive.open(entry, "w") as target:
        shutil.copyfileobj(lines, target)


def _safe_part(part: str) -> str:
    part = _FORBIDDEN.sub("_", part)
    # Windows drops trailing dots and spaces, which would also turn ".. " into "..".
    part = re.sub(r"[. ]+$", lambda dots: "_" * len(dots.group()), part)
    if _DEVICES.fullmatch(part):
        part = f"_{part}"
    return _shortened(part)


def _shortened(part: str) -> str:
    """Cut the middle of a long name, keeping the extension."""
    if len(part.encode("utf-8")) <= _LONGEST_PART:
        return part
    end = part[-16:]
    room = _LONGEST_PART - len(end.encode("utf-8")) - 1
    return part.encode("utf-8")[:room].decode("utf-8", "ignore") + "_" + end
