# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: faces."""

import datetime as dt

from maskloop_client.models.base import Model


class JobFaceAnswer(Model):
    """A face of a job, with its photo."""

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
    photo_id: int
    #: Of the photo in the job.
    position: int
    #: Of the photo in the job.
    name: str
    #: Where the box comes from, and whether it still stands. One of found, drawn, removed, replaced.
    origin: str


class FacePrediction(Model):
    """What a classifier version says about a face."""

    version_id: int
    version: str
    champion: bool
    #: One of with_mask, without_mask, incorrect, not_a_face.
    label: str
    #: By label; null for one that the version does not predict.
    probabilities: dict[str, float | None]


class OneFace(Model):
    """One face; corners in pixels of the upright full-size photo, x2 and y2 exclusive."""

    id: int
    photo_id: int
    x1: float
    y1: float
    x2: float
    y2: float
    #: 1 for a box that a person drew.
    detector_score: float
    #: What edits made of the box; null without any. One of accepted, replaced, removed.
    box_state: str | None
    #: [x, y] of right eye, left eye, nose tip, right and left mouth corner.
    landmarks: list[list[float]]
    #: Variance of the Laplacian at 112 px: low means blurred.
    blur: float | None
    #: Mean grey level, 0 to 255.
    brightness: float | None
    #: One of with_mask, without_mask, incorrect, not_a_face, conflict, cannot_tell.
    decided: str | None
    decided_at: dt.datetime | None
    #: By version, the newest first.
    predictions: list[FacePrediction]


class FaceDecision(Model):
    """One decision about a face; decisions are only added."""

    id: int
    #: Null undoes the same person's earlier decision. One of with_mask, without_mask, incorrect,
    #: not_a_face, cannot_tell.
    choice: str | None
    #: Null for an imported set, a deleted account, and whom a limited account does not see.
    account: str | None
    #: Where it was made.
    queue: str
    milliseconds: int | None
    created_at: dt.datetime


class FaceDecisions(Model):
    """The newest decisions about a face, and what they come to."""

    #: One of with_mask, without_mask, incorrect, not_a_face, conflict, cannot_tell.
    decided: str | None
    decisions: list[FaceDecision]
