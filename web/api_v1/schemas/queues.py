"""Review queues, the faces that they give out, what people answer, and conflicts."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field, ModelWrapValidatorHandler, model_validator

from core.errors import InputError
from core.jobs.options import require_known, unknown_name
from core.review.agreement.queries import Conflict as ConflictRow
from core.review.answers.exchange import MOST_WANTED, Exchange
from core.review.answers.queries import RevealedGuess, ShownFace
from core.review.options import PRESETS, Preset, QueueOptions
from models import Choice, Label, QueueState, ReviewQueue
from web.api_v1.schemas.base import Answer, Asked, ListQuery

#: Items in one request: more would hold their locks for too long.
_MOST_ITEMS = 100
#: The number of an item in a request.
Item = Annotated[int, Field(ge=1, le=2**53)]
_HOLDER = r"^[0-9a-zA-Z-]{8,36}$"


class QueueListQuery(ListQuery):
    """Which queues to list."""

    state: QueueState | None = None


class QueueRequest(Asked):
    """A new queue: which faces, and how they are decided."""

    title: str = Field("", max_length=200, description="Empty: a title is made of the options.")
    preset: Preset | None = Field(None, description="Named shares, in place of `options.shares`.")
    options: QueueOptions = QueueOptions()

    @model_validator(mode="wrap")
    @classmethod
    def _knows_every_option(cls, given: Any, build: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(given, dict):
            require_known("A queue", QueueOptions, given.get("options"))
        built = build(given)
        unknown = unknown_name(built.options, given.get("options")) if isinstance(given, dict) else None
        if unknown is not None:
            raise InputError("option_unknown", f"A queue has no option {unknown!r}.")
        if built.preset is Preset.CUSTOM:
            raise InputError("shares_invalid", "Give the shares in `options.shares` instead of a preset.")
        return built

    @property
    def chosen(self) -> QueueOptions:
        """The options with the shares of the preset."""
        if self.preset is None:
            return self.options
        return self.options.with_changes(shares=PRESETS[self.preset])


class Queue(Answer):
    """A review queue."""

    id: int
    title: str
    state: QueueState
    options: QueueOptions
    job_id: int | None = Field(description="The job that fills it.")
    items: int = Field(description="Decisions to make, with second ones and conflicts.")
    items_decided: int
    created_at: datetime

    @classmethod
    def of(cls, queue: ReviewQueue, **more: Any) -> Self:
        """The row as answered."""
        names = set(Queue.model_fields) - {"options"}
        options = QueueOptions.from_json(queue.options)
        return cls(**{name: getattr(queue, name) for name in names}, options=options, **more)


class WaitingFaces(Answer):
    """Waiting faces of one predicted label."""

    label: Label
    faces: int
    more: bool = Field(description="Whether there are more than were counted.")


class OneQueue(Queue):
    """A review queue with what waits in it."""

    waiting: list[WaitingFaces] = Field(description="By predicted label, where predictions may be seen.")
    conflicts: int = Field(description="Open ones; 100 means 100 or more.")


class QueueList(Answer):
    """A page of queues."""

    queues: list[Queue]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class QueueFace(Answer):
    """A face of a queue; corners in pixels of the upright full-size photo, x2 and y2 exclusive."""

    item: int = Field(description="The number by which it is decided in this queue.")
    face_id: int
    photo_id: int
    width: int
    height: int
    x1: float
    y1: float
    x2: float
    y2: float
    flagged: bool
    label: Choice | None = Field(description="The caller's decision; null before it.")
    predicted: Label | None = Field(description="Null while it is hidden.")
    probability: float | None
    stack: int | None = Field(description="Near-identical faces share this number.")

    @classmethod
    def of(cls, face: ShownFace) -> Self:
        """The face as answered."""
        x1, y1, x2, y2 = face.box
        same = ("item", "width", "height", "flagged", "label", "stack")
        return cls(
            **{name: getattr(face, name) for name in same},
            face_id=face.face,
            photo_id=face.photo,
            x1=x1,
            y1=y1,
            x2=x2,
            y2=y2,
            predicted=face.guess,
            probability=face.score,
        )


class Held(Asked):
    """Who holds faces: a face is given out to one holder at a time."""

    holder: str | None = Field(
        None, pattern=_HOLDER, description="Name of a process; by default all of a token share one."
    )


class NextFaces(Held):
    """Which faces to give out."""

    count: int = Field(1, ge=1, le=MOST_WANTED)
    label: Label | None = Field(None, description="Only faces of this predicted label, likeliest first.")
    holding: list[Item] = Field(
        [], max_length=2 * MOST_WANTED, description="Items that are held already: their leases are renewed."
    )


class ItemDecision(Asked):
    """A decision about an item."""

    item: Item
    label: Choice
    milliseconds: int | None = Field(None, ge=0, le=2**31 - 1, description="Time that the person took.")
    key: str | None = Field(
        None, pattern=_HOLDER, description="Sent again with the same key, the decision is applied once."
    )


class ItemDecisions(Held):
    """Decisions about items of a queue; one that the caller made already is replaced."""

    decisions: list[ItemDecision] = Field(min_length=1, max_length=_MOST_ITEMS)


class Items(Held):
    """Items of a queue."""

    items: list[Item] = Field(min_length=1, max_length=_MOST_ITEMS)


class ItemOutcome(Answer):
    """What became of an item."""

    item: int
    outcome: str = Field(description="`saved`; `taken`: another person's now; `gone`: not in the queue.")


class ShownPrediction(Answer):
    """The prediction of a decided item; null where it stays hidden."""

    item: int
    predicted: Label | None
    probability: float | None

    @classmethod
    def of(cls, guess: RevealedGuess) -> Self:
        """The prediction as answered."""
        return cls(item=guess.item, predicted=guess.guess, probability=guess.score)


class QueueAnswer(Answer):
    """Faces that were given out, what became of items, and how the queue stands."""

    outcomes: list[ItemOutcome]
    revealed: list[ShownPrediction] = Field(description="Predictions of items that were just decided.")
    faces: list[QueueFace] = Field(description="Given out now; held for `lease_seconds`.")
    held: list[int] = Field(description="Those of `holding` that are still held.")
    lease_seconds: int
    remaining: int = Field(description="Undecided items of the queue.")
    decided_today: int = Field(description="Faces that the person decided today (UTC).")
    open: bool = Field(description="Whether the queue gives out faces.")

    @classmethod
    def of(cls, found: Exchange, items: dict[str, int], lease_seconds: int) -> Self:
        """The exchange as answered; `items` maps keys of actions to items."""
        return cls(
            outcomes=[ItemOutcome(item=items[each.key], outcome=each.outcome) for each in found.answers],
            revealed=[ShownPrediction.of(guess) for guess in found.revealed],
            faces=[QueueFace.of(face) for face in found.faces],
            held=sorted(found.held),
            lease_seconds=lease_seconds,
            remaining=found.remaining,
            decided_today=found.today,
            open=found.open,
        )


class DecidedFaces(Answer):
    """A page of faces that the caller decided in a queue, newest first."""

    faces: list[QueueFace]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class ConflictQuery(ListQuery):
    """Which conflicts to list."""

    settled: bool = Field(False, description="Also those that somebody has settled.")


class Opinion(Answer):
    """What one person answered."""

    account_id: int | None
    label: Choice | None


class Conflict(Answer):
    """A face that two people decided differently."""

    id: int
    queue_id: int
    face_id: int
    first: Opinion
    second: Opinion
    third: Opinion = Field(description="Of the third person, or of the lead who settled it.")
    open: bool
    settled_by_lead: bool

    @classmethod
    def of(cls, found: ConflictRow) -> Self:
        """The conflict as answered."""
        first, second, third = (
            Opinion(account_id=None if each.choice is None else each.account_id, label=each.choice)
            for each in (found.first, found.second, found.item)
        )
        return cls(
            id=found.item.id,
            queue_id=found.item.queue_id,
            face_id=found.item.face_id,
            first=first,
            second=second,
            third=third,
            open=found.is_open,
            settled_by_lead=found.settled,
        )


class ConflictList(Answer):
    """A page of conflicts, newest first."""

    conflicts: list[Conflict]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class Settlement(Asked):
    """How a lead settles a conflict."""

    label: Choice
