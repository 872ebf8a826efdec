"""Load detectors on first use and cache them per process."""

from functools import lru_cache

from core.detection.card import CHAMPION, Card, read_card
from core.detection.detector import FaceMaskDetector
from core.detection.detector_card import DetectorCard
from core.detection.options import DetectionOptions
from core.settings import Settings
from core.versions.files import version_card, version_files
from models import ClassifierVersion


def load_detector(
    settings: Settings,
    options: DetectionOptions,
    version: ClassifierVersion,
    detector: DetectorCard | None = None,
) -> FaceMaskDetector:
    """What finds faces by a trained detector, or the installed one, and predicts with a classifier version.

    The last two stay loaded. Both are fixed when the job is requested, so that no report mixes two versions.
    Raises PermanentError classifier_missing or classifier_damaged if the files are not the registered ones,
    and detector_missing or detector_damaged.
    """
    return _load(settings, options, read_version_card(settings, version), detector)


def load_finder(
    settings: Settings, options: DetectionOptions, detector: DetectorCard | None
) -> FaceMaskDetector:
    """The detector for work that only finds faces; its classifier is the one of this release."""
    return _load(settings, options, read_card(CHAMPION), detector)


def read_version_card(settings: Settings, version: ClassifierVersion) -> Card:
    """The card of a version, with the paths of its checked files; raises the errors of `load_detector`."""
    return version_card(version, version_files(settings))


def make_detector(
    settings: Settings, options: DetectionOptions, card: Card, detector: DetectorCard | None
) -> FaceMaskDetector:
    """A new detector with one thread; not cached, for a thread that keeps its own."""
    return FaceMaskDetector(
        settings.weights,
        options=options,
        classifier=card,
        detector=settings.detector_folder if detector is None else detector,
        threads=1,
        gpu=settings.gpu,
    )


_load = lru_cache(maxsize=2)(make_detector)
