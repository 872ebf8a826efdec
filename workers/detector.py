"""Loaded detectors, one a process for each classifier version and set of options, made when needed."""

from functools import lru_cache

from core.detection.card import CHAMPION, Card, read_card
from core.detection.detector import FaceMaskDetector
from core.detection.options import DetectionOptions
from core.settings import Settings
from core.versions.files import version_card, version_files
from models import ClassifierVersion


def load_detector(
    settings: Settings, options: DetectionOptions, version: ClassifierVersion
) -> FaceMaskDetector:
    """The detector that predicts with a version; the last few stay loaded.

    A job names its version when it is asked for, so a new champion is taken up by the next job's first batch
    and no report mixes two. PermanentError classifier_missing, classifier_damaged where the version's files
    are not what was registered.
    """
    return _load(settings, options, version_card(version, version_files(settings)))


def load_finder(settings: Settings, options: DetectionOptions) -> FaceMaskDetector:
    """The detector for work that needs faces alone; it carries the classifier of this release."""
    return _load(settings, options, read_card(CHAMPION))


@lru_cache(maxsize=2)
def _load(settings: Settings, options: DetectionOptions, card: Card) -> FaceMaskDetector:
    return FaceMaskDetector(settings.weights, options=options, classifier=card, threads=1)
