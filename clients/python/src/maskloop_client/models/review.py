# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: review."""

import datetime as dt
from typing import Any

from maskloop_client.models.base import Model


class Refused(Model):
    """A line that was not applied."""

    #: From 1.
    line: int
    code: str
    message: str


class ImportAnswer(Model):
    """What became of the lines."""

    saved: int
    #: The person's newest decision about the face says so already.
    unchanged: int
    #: A later line has another decision of this person about the face.
    replaced: int
    refused: int
    refused_by_code: dict[str, int]
    #: The first 100.
    refused_lines: list[Refused]


class Flag(Model):
    """A face with an open flag."""

    face_id: int
    account_id: int | None
    created_at: dt.datetime


class GoldFace(Model):
    """A face with a known label, mixed into queues to measure reviewers."""

    face_id: int
    #: One of with_mask, without_mask, incorrect, not_a_face.
    label: str
    account_id: int | None
    created_at: dt.datetime


class Untellable(Model):
    """A face whose newest decision is that nobody can tell its label."""

    face_id: int
    account_id: int | None
    created_at: dt.datetime


class Correct(Model):
    """How many faces were answered correctly, of how many."""

    correct: int
    faces: int


class Reviewer(Model):
    """Speed and agreement of one person."""

    account_id: int
    name: str
    decided: int
    undone: int
    skipped: int
    faces_per_hour: float | None
    #: Answers to gold faces that match the known label.
    gold: Correct
    #: First decisions on audit faces that match the hidden prediction.
    audit: Correct


class Agreement(Model):
    """The latest measurement of agreement; a job of the kind `agreement` makes one."""

    #: With two blind decisions.
    faces: int
    #: Alpha and kappas, also by label and pair of reviewers.
    metrics: dict[str, Any]
    created_at: dt.datetime


class ReviewerList(Model):
    """Everybody who made a decision, by name."""

    reviewers: list[Reviewer]
    agreement: Agreement | None


class Guide(Model):
    """A version of the labelling guide: plain text by section."""

    #: 0 is the text that the service came with.
    version: int
    texts: dict[str, str]
    created_at: dt.datetime | None
