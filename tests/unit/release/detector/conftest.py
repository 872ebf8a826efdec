"""The scenes of the tests of detectors, for these tests too."""

from tests.unit.training.detector.conftest import scenes

__all__ = ["scenes"]
