"""One loaded detector a process, made when the first batch needs it."""

from functools import lru_cache

from core.detection.detector import FaceMaskDetector
from core.detection.options import DetectionOptions
from core.jobs.options import PredictOptions
from core.settings import Settings


def load_detector(settings: Settings, options: PredictOptions) -> FaceMaskDetector:
    """The detector for a job's options; the last few stay loaded."""
    return _load(settings, DetectionOptions(smallest_face=options.smallest_face))


@lru_cache(maxsize=2)
def _load(settings: Settings, options: DetectionOptions) -> FaceMaskDetector:
    return FaceMaskDetector(settings.weights, options=options, threads=1)
