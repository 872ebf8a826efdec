"""One edit of a photo's boxes, as the page sends it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from core.errors import InputError
from models import BoxEditKind, Choice, read_choice

_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FACE = re.compile(rf"|[0-9]{{1,18}}|{_KEY.pattern}")
#: Values of `Decision.queue` that the page may send.
_QUEUES = ("boxes", "results")
_LONGEST_MILLISECONDS = 3_600_000
_ON_A_FACE = (BoxEditKind.MOVE, BoxEditKind.REMOVE, BoxEditKind.ACCEPT, BoxEditKind.LABEL)


@dataclass(frozen=True, kw_only=True)
class BoxChange:
    """One edit; raises InputError edit_malformed if something is missing or invalid."""

    #: A UUID made by the page.
    key: str
    kind: BoxEditKind
    #: `Face.id` as text, or the key of the edit that made the face; empty for a new box and for the photo.
    face: str = ""
    #: x1, y1, x2, y2 of a new or moved box.
    box: tuple[float, ...] = ()
    #: A label, or that nobody can tell.
    label: Choice | None = None
    queue: str = "boxes"
    #: Time from showing the face to the label.
    milliseconds: int | None = None

    def __post_init__(self) -> None:
        complete = (
            _KEY.fullmatch(self.key)
            and _FACE.fullmatch(self.face)
            and self.queue in _QUEUES
            and (self.kind not in _ON_A_FACE or self.face)
            and (self.kind is not BoxEditKind.LABEL or self.label is not None)
            and (self.milliseconds is None or self.milliseconds >= 0)
        )
        if not complete:
            raise InputError("edit_malformed", "The edit is incomplete.")

    @classmethod
    def from_json(cls, sent: Mapping[str, Any]) -> Self:
        """Read an edit from JSON; raises InputError edit_malformed."""
        try:
            label, milliseconds = sent.get("label"), sent.get("milliseconds")
            return cls(
                key=str(sent["key"]),
                kind=BoxEditKind(sent["kind"]),
                face=str(sent.get("face") or ""),
                box=tuple(float(corner) for corner in sent.get("box") or ()),
                label=None if label is None else read_choice(str(label)),
                queue=str(sent.get("queue") or "boxes"),
                milliseconds=None if milliseconds is None else min(int(milliseconds), _LONGEST_MILLISECONDS),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InputError("edit_malformed", "The edit could not be read.") from error
