# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: queues."""

import datetime as dt

from maskloop_client.models.base import Model


class QueueOptions(Model):
    """Options of a queue; raises InputError shares_invalid or option_invalid."""

    #: Percentage of the faces by reason.
    shares: dict[str, int] | None = None
    limit: int | None = None
    #: Only faces of this job's photos, with its classifier version's predictions.
    job_id: int | None = None
    #: Only faces of photos from this host.
    host: str | None = None
    #: Only faces of photos that a crawl found by this phrase.
    phrase: str | None = None
    #: Only faces that this person decided.
    reviewer_id: int | None = None
    #: Only faces with this predicted label. One of with_mask, without_mask, incorrect, not_a_face.
    label: str | None = None
    #: Also faces predicted as not a face.
    no_faces: bool | None = None
    #: Also faces of photos that are hidden as duplicates.
    hidden: bool | None = None
    #: Faces that a second person decides without seeing the first decision.
    second_percent: int | None = None
    #: Share of gold faces among the faces of a reviewer.
    gold_percent: int | None = None
    #: Show the prediction before the decision; never for audit, gold and second decisions.
    show_guess: bool | None = None
    #: Show the prediction after the decision; an audit sample does not, lest it be changed.
    reveal_guess: bool | None = None


class Queue(Model):
    """A review queue."""

    id: int
    title: str
    #: One of filling, open, closed.
    state: str
    options: QueueOptions
    #: The job that fills it.
    job_id: int | None
    #: Decisions to make, with second ones and conflicts.
    items: int
    items_decided: int
    created_at: dt.datetime


class WaitingFaces(Model):
    """Waiting faces of one predicted label."""

    #: One of with_mask, without_mask, incorrect, not_a_face.
    label: str
    faces: int
    #: Whether there are more than were counted.
    more: bool


class OneQueue(Queue):
    """A review queue with what waits in it."""

    #: By predicted label, where predictions may be seen.
    waiting: list[WaitingFaces]
    #: Open ones; 100 means 100 or more.
    conflicts: int


class ItemOutcome(Model):
    """What became of an item."""

    item: int
    #: `saved`; `taken`: another person's now; `gone`: not in the queue.
    outcome: str


class ShownPrediction(Model):
    """The prediction of a decided item; null where it stays hidden."""

    item: int
    #: One of with_mask, without_mask, incorrect, not_a_face.
    predicted: str | None
    probability: float | None


class QueueFace(Model):
    """A face of a queue; corners in pixels of the upright full-size photo, x2 and y2 exclusive."""

    #: The number by which it is decided in this queue.
    item: int
    face_id: int
    photo_id: int
    width: int
    height: int
    x1: float
    y1: float
    x2: float
    y2: float
    flagged: bool
    #: The caller's decision; null before it. One of with_mask, without_mask, incorrect, not_a_face,
    #: cannot_tell.
    label: str | None
    #: Null while it is hidden. One of with_mask, without_mask, incorrect, not_a_face.
    predicted: str | None
    probability: float | None
    #: Near-identical faces share this number.
    stack: int | None


class QueueAnswer(Model):
    """Faces that were given out, what became of items, and how the queue stands."""

    outcomes: list[ItemOutcome]
    #: Predictions of items that were just decided.
    revealed: list[ShownPrediction]
    #: Given out now; held for `lease_seconds`.
    faces: list[QueueFace]
    #: Those of `holding` that are still held.
    held: list[int]
    lease_seconds: int
    #: Undecided items of the queue.
    remaining: int
    #: Faces that the person decided today (UTC).
    decided_today: int
    #: Whether the queue gives out faces.
    open: bool
