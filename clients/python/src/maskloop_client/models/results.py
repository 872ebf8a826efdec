# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: results."""

import datetime as dt

from maskloop_client.models.base import Model


class ResultFace(Model):
    """A face of a job's photo; corners in pixels of the upright full-size photo, x2 and y2 exclusive."""

    face_id: int
    x1: float
    y1: float
    x2: float
    y2: float
    #: What the job's classifier version says. One of with_mask, without_mask, incorrect, indeterminate,
    #: not_a_face.
    predicted: str | None
    #: What people decided; null if nobody did. One of with_mask, without_mask, incorrect, not_a_face,
    #: conflict, cannot_tell.
    decided: str | None
    decided_at: dt.datetime | None
    #: The decision where there is one, else the prediction. One of with_mask, without_mask, incorrect,
    #: indeterminate, not_labelled, not_a_face, removed.
    final: str
    #: By label; null for one that the version does not predict.
    probabilities: dict[str, float | None] | None
    #: Null for a box that a person drew.
    detector_score: float | None
    #: Detector score times the highest probability.
    rank_score: float | None


class ResultPhoto(Model):
    """A file of a job, also one that could not be read."""

    #: 0, 1, 2 ... in listing order.
    position: int
    name: str
    #: One of waiting, done, failed.
    state: str
    photo_id: int | None
    sha256: str | None
    width: int | None
    height: int | None
    error_code: str | None
    error_message: str | None
    #: Whether it is hidden as a duplicate.
    hidden: bool
    source: str | None
    licence: str | None
    attribution: str | None
    faces: list[ResultFace]
