"""Accuracy is measured with the face detector that a benchmark is given."""

from pathlib import Path
from types import ModuleType

import pytest

from benchmarks import accuracy, worlds


@pytest.mark.parametrize(("benchmark", "places"), [(accuracy, ["images", "annotations"]), (worlds, [])])
def test_a_detector_that_is_not_there_is_told(
    benchmark: ModuleType,
    places: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(benchmark, "fetch_weights", lambda *_: None)
    monkeypatch.setattr(benchmark, "read_annotations", lambda *_: [])
    monkeypatch.setattr("sys.argv", ["benchmark", *places, "--detector", str(tmp_path / "nowhere")])
    assert benchmark.main() == 1
    assert capsys.readouterr().err.startswith("detector_missing: ")
