# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: conflicts."""

from maskloop_client.models.base import Model


class Opinion(Model):
    """What one person answered."""

    account_id: int | None
    #: One of with_mask, without_mask, incorrect, not_a_face, cannot_tell.
    label: str | None


class Conflict(Model):
    """A face that two people decided differently."""

    id: int
    queue_id: int
    face_id: int
    first: Opinion
    second: Opinion
    #: Of the third person, or of the lead who settled it.
    third: Opinion
    open: bool
    settled_by_lead: bool
