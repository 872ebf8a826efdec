"""A photo of a batch: where to read it, and the result."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.detection.face import DetectedFace, FoundFace
from core.library.fingerprints.photo_hashes import FaceStatistics, PhotoHashes
from core.library.fingerprints.shot import Shot


@dataclass(frozen=True, kw_only=True)
class PhotoToRead:
    """Where to read a photo: the path `relative` below `root`."""

    position: int
    root: Path
    relative: bytes
    #: Folders into which links may lead, besides `root`.
    allowed_roots: tuple[Path, ...] = ()
    #: Whether it is a file of the photo store, which nobody else may remove.
    stored: bool = False
    #: Whether its picture was deleted when its retention ended; its file may be there again.
    erased: bool = False
    #: Fetches the file to this host where an object store has it.
    bring: Callable[[], object] | None = None
    #: Reads the bytes, at most `max_bytes`, of an object in a bucket; None for a file.
    read: Callable[..., bytes] | None = None

    @property
    def known_sha256(self) -> None:
        """Unknown before the file is read."""


@dataclass(frozen=True, kw_only=True)
class PhotoRead:
    """A photo that was read; `faces` is None if the database has them already."""

    position: int
    sha256: str
    bytes: int
    width: int = 0
    height: int = 0
    format: str = ""
    frames: int = 1
    #: Values of `PhotoNote`.
    notes: tuple[str, ...] = ()
    faces: tuple[DetectedFace, ...] | None = None
    #: Hashes of the photo, None if it was not decoded; `statistics` are in the order of `faces`.
    hashes: PhotoHashes | None = None
    #: Time and camera from EXIF; None if the file was not read.
    shot: Shot | None = None
    statistics: tuple[FaceStatistics, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PhotoFailed:
    """A file that could not be read, and why."""

    position: int
    code: str
    message: str


PhotoResult = PhotoRead | PhotoFailed


@dataclass(frozen=True, kw_only=True)
class MeasuredFace:
    """A found face with the statistics of its crop."""

    found: FoundFace
    #: None if not measured.
    statistics: FaceStatistics | None = None
