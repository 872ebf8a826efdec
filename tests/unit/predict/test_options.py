"""What may be chosen for a predict job."""

import pytest

from core.errors import InputError
from core.predict.options import PredictOptions


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"folder": "/photos"}, "/photos/a/b.jpg"),
        ({"folder": "/"}, "/a/b.jpg"),
        ({"upload_id": 1}, "a/b.jpg"),
    ],
)
def test_a_file_lies_below_the_folder_or_is_known_by_its_name(given: dict[str, object], place: str) -> None:
    assert PredictOptions(**given).place_of("a/b.jpg") == place


@pytest.mark.parametrize("threshold", [0.2, 1.0, 60, float("nan")])
def test_a_threshold_lies_where_labels_can(threshold: float) -> None:
    with pytest.raises(InputError, match=r"between 0\.25 and 0\.99"):
        PredictOptions(folder="/photos", indeterminate_below=threshold)
