"""Give each listed photo what the set says of it."""

from dataclasses import replace

from core.datasets.importing.annotation import parse_annotation
from core.datasets.importing.annotations import ReadAnnotation
from core.datasets.importing.places import annotation_places, folder_truth
from core.datasets.importing.truth import Truth
from core.errors import InputError
from core.predict.listing.photos import ListedPhoto

LABEL_UNKNOWN = "label_unknown"
_UNKNOWN = "Neither an annotation beside it nor the name of its folder says what the photo shows."


def label_listed(listed: ListedPhoto, annotations: ReadAnnotation, *, root_name: str) -> ListedPhoto:
    """The photo with its truth, or with the reason why none is known."""
    if listed.error_code is not None:
        return listed
    try:
        truth = _truth(listed.locator, annotations, root_name)
    except InputError as error:
        return replace(listed, error_code=error.code, error_message=error.message)
    if truth is None:
        return replace(listed, error_code=LABEL_UNKNOWN, error_message=_UNKNOWN)
    return replace(listed, truth=truth.to_json())


def _truth(locator: bytes, annotations: ReadAnnotation, root_name: str) -> Truth | None:
    """An annotation says more than a folder's name, so it is asked first."""
    for place in annotation_places(locator):
        data = annotations(place)
        if data is not None:
            return parse_annotation(data)
    return folder_truth(locator, root_name)
