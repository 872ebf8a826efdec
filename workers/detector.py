"""One loaded detector a process, made when the first batch needs it."""

from functools import lru_cache

from core.detection.detector import FaceMaskDetector
from core.detection.options import DetectionOptions
from core.errors import PermanentError
from core.jobs.options import PredictOptions
from core.settings import Settings


def load_detector(settings: Settings, options: PredictOptions, *, classifier_sha256: str) -> FaceMaskDetector:
    """The detector for a job's options; the last few stay loaded.

    PermanentError classifier_not_installed where this installation predicts with another version than the
    job began with: a report never mixes two.
    """
    detector = _load(settings, options.detection)
    if detector.classifier_sha256 != classifier_sha256:
        raise PermanentError(
            "classifier_not_installed",
            f"The job began with classifier {classifier_sha256[:12]}, this installation has "
            f"{detector.classifier_sha256[:12]}. Start the job anew.",
        )
    return detector


def load_finder(settings: Settings, options: DetectionOptions) -> FaceMaskDetector:
    """The detector for work that needs faces alone, whatever classifier it carries."""
    return _load(settings, options)


@lru_cache(maxsize=2)
def _load(settings: Settings, options: DetectionOptions) -> FaceMaskDetector:
    return FaceMaskDetector(settings.weights, options=options, threads=1)
