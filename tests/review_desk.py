"""A queue and its reviewers, who send actions as their browsers do."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from core.database import Database
from core.review.answers.action import Action, ActionKind, Reviewer
from core.review.answers.exchange import Exchange, TabRequest, exchange
from core.review.queues.queries import get_queue
from models import THIRD_SLOT, Choice, Label, ReviewItem, ReviewQueue
from tests.review_rows import add_faces, add_people, add_queue, reviewer

SURE = (0.9, 0.05, 0.03, 0.02)


class Desk:
    """A queue and its reviewers."""

    def __init__(
        self,
        db: Database,
        faces: int = 6,
        *,
        names: Sequence[str] = ("ann", "ben", "cy"),
        version_id: int | None = None,
        **options: object,
    ) -> None:
        self.db = db
        with db.write() as session:
            self.people = add_people(session, *names)
            self.faces = add_faces(session, [SURE] * faces, version_id)
            self.queue_id = add_queue(session, self.faces, **options)
        self.ann, self.ben, self.cy = map(reviewer, self.people)

    def go(self, who: Reviewer, *actions: Action, **request: object) -> Exchange:
        with self.db.write() as session:
            return exchange(
                session, get_queue(session, self.queue_id), who, TabRequest(actions=actions, **request)
            )

    def item(self, item_id: int) -> ReviewItem:
        with self.db.read() as session:
            return session.get_one(ReviewItem, item_id)

    def counts(self) -> tuple[int, int]:
        with self.db.read() as session:
            queue = session.get_one(ReviewQueue, self.queue_id)
            return queue.items, queue.items_decided

    def disagree(self, first: Choice = Label.WITH_MASK, second: Choice = Label.INCORRECT) -> int:
        """Let two people answer the next face; returns its third slot."""
        for who, choice in ((self.ann, first), (self.ben, second)):
            shown = self.go(who, want=1).faces[0]
            self.go(who, decide(shown.item, choice))
        with self.db.read() as session:
            third = select(ReviewItem.id).where(
                ReviewItem.queue_id == self.queue_id,
                ReviewItem.face_id == shown.face,
                ReviewItem.seat == THIRD_SLOT,
            )
            return session.scalars(third).one()


def act(kind: ActionKind, item: int, choice: Choice | None = None, **more: object) -> Action:
    return Action(key=str(uuid.uuid4()), kind=kind, choices={item: choice}, **more)


def decide(item: int, choice: Choice = Label.WITH_MASK, **more: object) -> Action:
    return act(ActionKind.DECIDE, item, choice, milliseconds=900, **more)
