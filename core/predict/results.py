"""One photo of a job: where its bytes lie, and what reading it gave."""

from dataclasses import dataclass
from pathlib import Path

from core.detection.face import DetectedFace, FoundFace
from core.library.fingerprints.photo_hashes import FaceStatistics, PhotoHashes


@dataclass(frozen=True, kw_only=True)
class PhotoToRead:
    """Where one photo of a batch lies: `relative` below `root`."""

    position: int
    root: Path
    relative: bytes


@dataclass(frozen=True, kw_only=True)
class PhotoRead:
    """A photo that was read; `faces` is None where the database already knows them."""

    position: int
    sha256: str
    bytes: int
    width: int = 0
    height: int = 0
    format: str = ""
    frames: int = 1
    faces: tuple[DetectedFace, ...] | None = None
    #: Hashes of the photo, and what was measured of each face, in the order of `faces`.
    hashes: PhotoHashes | None = None
    #: When the camera says that it was taken.
    taken_at: str | None = None
    looks: tuple[FaceStatistics, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PhotoFailed:
    """A file that could not be read, and why."""

    position: int
    code: str
    message: str


PhotoResult = PhotoRead | PhotoFailed


@dataclass(frozen=True, kw_only=True)
class SeenFace:
    """A found face with what was measured of its crop."""

    found: FoundFace
    #: None where it was not measured.
    look: FaceStatistics | None = None
