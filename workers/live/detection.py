"""Detect faces in a frame or a photo with the champion."""

import hashlib
import time
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.database import Database
from core.detection.card import Card
from core.detection.decode import decode_photo
from core.detection.detector import FaceMaskDetector
from core.detection.options import DetectionOptions
from core.detection.photo import PhotoLimits
from core.errors import MaskloopError, PermanentError, TransientError
from core.labels.shown_label import ShownLabel
from core.library.fingerprints.hashes import hash_photo, measure_faces
from core.live.frame import Frame, decode_frame
from core.live.protocol import PhotoAnswer
from core.live.tracking import Track, Tracker
from core.predict.results import PhotoRead
from core.settings import Settings
from core.versions.files import version_card, version_files
from core.versions.queries import read_champion

log = structlog.get_logger()

#: A promotion is taken up after this at the latest.
_LOOK_SECONDS = 5.0


class ChampionDetector:
    """One detector for the one thread that uses it; loaded when first asked for."""

    def __init__(self, settings: Settings, options: DetectionOptions) -> None:
        self.options = options
        self._settings = settings
        self._database = Database(settings.sql_url)
        self._card: Card | None = None
        self._detector: FaceMaskDetector | None = None
        self._looked_at = 0.0

    def detector(self) -> FaceMaskDetector:
        """The champion; while the database is away, the one that was.

        Raises TransientError database_unavailable, and PermanentError where files are missing or damaged.
        """
        if self._detector is None or time.monotonic() - self._looked_at > _LOOK_SECONDS:
            card = self._read_card()
            if self._detector is None or card != self._card:
                self._detector = self._load(card)
            self._card, self._looked_at = card, time.monotonic()
        return self._detector

    def close(self) -> None:
        """Let go of the database."""
        self._database.dispose()

    def _read_card(self) -> Card:
        try:
            with self._database.read() as session:
                return version_card(read_champion(session), version_files(self._settings))
        except SQLAlchemyError as error:
            log.warning("champion_unknown", error=str(error).splitlines()[0])
            if self._card is not None:
                return self._card
            raise TransientError("database_unavailable", "The database does not answer.") from error

    def _load(self, card: Card) -> FaceMaskDetector:
        log.info("champion_loaded", sha256=card.classifier.sha256[:12], options=self.options.key)
        return FaceMaskDetector(self._settings.weights, options=self.options, classifier=card, threads=1)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Faces to draw, in pixels of a frame of this size, and the faces that were seen so far."""

    faces: list[Track]
    counts: dict[ShownLabel, int]
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a frame showed, or why it could not be read."""

    seen: Seen | MaskloopError
    #: Seconds of this thread's processor time, and on the clock.
    processor: float
    duration: float


def look_at_frame(champion: ChampionDetector, frame: Frame, tracker: Tracker) -> Look:
    """Decode a frame and follow its faces; an error is part of the answer, since it too has its cost."""
    processor, began = time.thread_time(), time.monotonic()
    seen = _see(champion, frame, tracker)
    return Look(seen=seen, processor=time.thread_time() - processor, duration=time.monotonic() - began)


def _see(champion: ChampionDetector, frame: Frame, tracker: Tracker) -> Seen | MaskloopError:
    try:
        photo = decode_frame(frame)
        detector = champion.detector()
        found = detector.find_faces(photo)
        tracks = tracker.update(
            found, lambda faces: detector.classify(photo, faces).tolist(), time.monotonic()
        )
        return Seen(faces=tracks, counts=tracker.counts(), width=photo.width, height=photo.height)
    except Exception as error:
        return name_error(error)


def name_error(error: Exception) -> MaskloopError:
    """Our own errors as they are; any other costs its frame or photo, and the log says what it was."""
    if isinstance(error, MaskloopError):
        return error
    log.error("unexpected_error", exc_info=error)
    return PermanentError(
        "unexpected_error", "Something went wrong here. The log of the live process says what."
    )


def look_at_photo(champion: ChampionDetector, data: bytes, *, max_bytes: int) -> PhotoAnswer:
    """Read a photo as a job with the usual options does; raises what reading raises in a job."""
    detector = champion.detector()
    limits = PhotoLimits(max_bytes=max_bytes)
    photo = decode_photo(data, min_scale=champion.options.min_decode_scale, limits=limits)
    faces = tuple(detector.detect(photo))
    read = PhotoRead(
        position=0,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        width=photo.width,
        height=photo.height,
        format=photo.format,
        frames=photo.frames,
        faces=faces,
        hashes=hash_photo(photo),
        looks=tuple(measure_faces(photo, [face.found.box for face in faces])),
    )
    return PhotoAnswer(
        read=read, detector_key=detector.detector_key, classifier_sha256=detector.classifier_sha256
    )
