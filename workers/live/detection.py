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
from core.detection.detector_card import DetectorCard
from core.detection.face import to_probabilities
from core.detection.options import DetectionOptions
from core.detection.photo import PhotoLimits
from core.errors import MaskloopError, PermanentError, TransientError
from core.labels.shown_label import ShownLabel
from core.library.fingerprints.hashes import hash_photo, measure_faces
from core.live.frame import Frame
from core.live.frame_pixels import decode_frame
from core.live.protocol import PhotoAnswer
from core.live.tracking import Track, Tracker
from core.predict.results import PhotoRead
from core.settings import Settings
from core.versions.detectors.queries import read_champion_detector
from core.versions.queries import read_champion
from workers.detector import make_detector, read_version_card

log = structlog.get_logger()

#: The classifier, and the trained detector that finds the faces; None for the installed one.
Cards = tuple[Card, DetectorCard | None]
#: The champions are read again after this time.
_CHECK_SECONDS = 5.0


class ChampionDetector:
    """The champion's detector for one thread; loaded on first use and reloaded after a promotion."""

    def __init__(self, settings: Settings, options: DetectionOptions) -> None:
        self.options = options
        self._settings = settings
        self._database = Database(settings.sql_url)
        self._cards: Cards | None = None
        self._detector: FaceMaskDetector | None = None
        self._checked_at = 0.0

    def detector(self) -> FaceMaskDetector:
        """The current champion; the last known one while the database is unavailable.

        Raises TransientError database_unavailable, and PermanentError if files are missing or damaged.
        """
        if self._detector is None or time.monotonic() - self._checked_at > _CHECK_SECONDS:
            cards = self._read_cards()
            if self._detector is None or cards != self._cards:
                self._detector = self._load(*cards)
            self._cards, self._checked_at = cards, time.monotonic()
        return self._detector

    def close(self) -> None:
        """Close the database."""
        self._database.dispose()

    def _read_cards(self) -> Cards:
        try:
            with self._database.read() as session:
                classifier = read_version_card(self._settings, read_champion(session))
                return classifier, read_champion_detector(session, self._settings)
        except SQLAlchemyError as error:
            log.warning("champion_unknown", error=str(error).splitlines()[0])
            if self._cards is not None:
                return self._cards
            raise TransientError("database_unavailable", "The database does not respond.") from error

    def _load(self, card: Card, detector: DetectorCard | None) -> FaceMaskDetector:
        log.info("champion_loaded", sha256=card.classifier.sha256[:12], options=self.options.key)
        return make_detector(self._settings, self.options, card, detector)


@dataclass(frozen=True, kw_only=True)
class FrameFaces:
    """Faces to draw, in pixels of a frame of this size, and how many faces were seen so far, by label."""

    faces: list[Track]
    counts: dict[ShownLabel, int]
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class FrameResult:
    """The faces of a frame or the error, and the time that it took."""

    found: FrameFaces | MaskloopError
    #: Seconds of CPU time of this thread, and of wall time.
    processor: float
    duration: float


def detect_frame(champion: ChampionDetector, frame: Frame, tracker: Tracker, now: float) -> FrameResult:
    """Decode a frame, taken at `now` by the tracker's clock, and track its faces.

    Errors are returned, since a failed frame costs time too.
    """
    processor, began = time.thread_time(), time.monotonic()
    found = _track_faces(champion, frame, tracker, now)
    return FrameResult(
        found=found, processor=time.thread_time() - processor, duration=time.monotonic() - began
    )


def _track_faces(
    champion: ChampionDetector, frame: Frame, tracker: Tracker, now: float
) -> FrameFaces | MaskloopError:
    try:
        photo = decode_frame(frame)
        detector = champion.detector()
        found = detector.find_faces(photo)
        tracks = tracker.update(
            found,
            lambda faces: [to_probabilities(row) for row in detector.classify(photo, faces)],
            now,
        )
        return FrameFaces(faces=tracks, counts=tracker.counts(), width=photo.width, height=photo.height)
    except Exception as error:
        return name_error(error)


def name_error(error: Exception) -> MaskloopError:
    """Return the error as a MaskloopError; an unknown one is logged and becomes unexpected_error."""
    if isinstance(error, MaskloopError):
        return error
    log.error("unexpected_error", exc_info=error)
    return PermanentError(
        "unexpected_error", "Something went wrong here. The log of the live process says what."
    )


def detect_photo(champion: ChampionDetector, data: bytes, *, max_bytes: int, max_pixels: int) -> PhotoAnswer:
    """Read a photo as a predict job with default options does; raises the same errors."""
    detector = champion.detector()
    limits = PhotoLimits(max_bytes=max_bytes, max_pixels=max_pixels)
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
        statistics=tuple(measure_faces(photo, [face.found.box for face in faces])),
    )
    return PhotoAnswer(
        read=read, detector_key=detector.detector_key, classifier_sha256=detector.classifier_sha256
    )
