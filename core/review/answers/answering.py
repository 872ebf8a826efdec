"""Apply the actions of a tab: each once, in order, after locking all items."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from core.database import read_clock_once
from core.review.answers.action import Action, ActionKind, Reviewer
from core.review.answers.leases import is_barred, reclaim, return_item
from core.review.answers.store import CounterChanges, decide, undo
from core.review.store import add_flag, resolve_flags
from models import Choice, ItemState, ReviewAction, ReviewItem, ReviewQueue

SAVED = "saved"
#: Somebody else holds or has decided the face, so the action is dropped.
TAKEN = "taken"
#: The item, its face or its queue was deleted.
GONE = "gone"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The result of one action."""

    key: str
    outcome: str
    #: Items that the action changed.
    items: tuple[int, ...]


def apply_actions(
    session: Session,
    queue: ReviewQueue,
    reviewer: Reviewer,
    actions: Sequence[Action],
    items: dict[int, ReviewItem],
    changes: CounterChanges,
) -> list[Answer]:
    """Apply new actions to the locked items and count them in `changes`, which the caller writes."""
    if not actions:
        return []
    known = _read_outcomes(session, actions)
    answers = []
    for action in actions:
        if action.key in known:
            answers.append(Answer(key=action.key, outcome=known[action.key], items=tuple(action.choices)))
            continue
        answer = _Applier(session, queue, reviewer, items, changes).apply(action)
        known[action.key] = answer.outcome
        answers.append(answer)
        _save_action(session, queue, reviewer, answer)
    return answers


@dataclass(frozen=True)
class _Applier:
    """State shared by the actions of one request."""

    session: Session
    queue: ReviewQueue
    reviewer: Reviewer
    items: dict[int, ReviewItem]
    changes: CounterChanges

    def apply(self, action: Action) -> Answer:
        """Apply one action; one that cannot be applied is answered and does not stop the others."""
        match action.kind:
            case ActionKind.PAGE:
                changed = self._page(action)
            case ActionKind.UNDO_PAGE:
                changed = self._undo_page(action)
            case _:
                ((item_id, choice),) = action.choices.items()
                item = self.items.get(item_id)
                if item is None:
                    return Answer(key=action.key, outcome=GONE, items=())
                changed = [item] if self._single(action, item, choice) else []
        outcome = SAVED if changed else TAKEN
        return Answer(key=action.key, outcome=outcome, items=tuple(item.id for item in changed))

    def _single(self, action: Action, item: ReviewItem, choice: Choice | None) -> bool:
        match action.kind:
            case ActionKind.DECIDE | ActionKind.CHANGE if choice is not None:
                again = action.kind is ActionKind.CHANGE and self._is_own(item)
                if not (again or self._may_decide(item)):
                    return False
                pairs = [(item, choice)]
                decide(self.session, self.reviewer, pairs, self.changes, milliseconds=action.milliseconds)
            case ActionKind.UNDO if self._is_own(item):
                undo(self.session, self.reviewer, item, self.changes)
            case ActionKind.SKIP if self._holds(item):
                item.rank += max(1, self.queue.items)
                return_item(item)
                self.changes.skipped += 1
            case ActionKind.TAKE:
                return reclaim(self.session, item, self.reviewer)
            case ActionKind.FLAG:
                add_flag(self.session, item.face_id, self.reviewer.account_id)
            case ActionKind.UNFLAG:
                resolve_flags(self.session, [item.face_id])
            case _:
                return False
        return True

    def _page(self, action: Action) -> list[ReviewItem]:
        held = [item for id_ in action.choices if (item := self.items.get(id_)) and self._may_decide(item)]
        pairs = [(item, choice) for item in held if (choice := action.choices[item.id]) is not None]
        for item in held:
            if action.choices[item.id] is None:
                item.rank += max(1, self.queue.items)
                return_item(item)
        if pairs:
            ms, key = action.milliseconds, action.key
            decide(self.session, self.reviewer, pairs, self.changes, milliseconds=ms, page_key=key)
        return held

    def _undo_page(self, action: Action) -> list[ReviewItem]:
        page = [i for i in self.items.values() if i.page_key == action.page_key and self._is_own(i)]
        for item in page:
            undo(self.session, self.reviewer, item, self.changes)
        return page

    def _holds(self, item: ReviewItem) -> bool:
        return item.state is ItemState.LEASED and item.holder == self.reviewer.holder

    def _is_own(self, item: ReviewItem) -> bool:
        return item.state is ItemState.DECIDED and item.account_id == self.reviewer.account_id

    def _may_decide(self, item: ReviewItem) -> bool:
        """True for a held item, and for a waiting one: a reviewer who was offline may have lost the lease."""
        waits = item.state is ItemState.WAITING and not is_barred(item, self.reviewer)
        return waits or self._holds(item)


def lock_items(
    session: Session, queue: ReviewQueue, reviewer: Reviewer, actions: Sequence[Action]
) -> dict[int, ReviewItem]:
    """All items that the actions touch, locked in the order of their ids to avoid deadlocks."""
    if not actions:
        return {}
    ids = {item_id for action in actions for item_id in action.choices}
    pages = {action.page_key for action in actions if action.kind is ActionKind.UNDO_PAGE}
    wanted: ColumnElement[bool] = ReviewItem.id.in_(ids)
    if pages:
        wanted |= ReviewItem.page_key.in_(pages) & (ReviewItem.account_id == reviewer.account_id)
    query = select(ReviewItem).where(ReviewItem.queue_id == queue.id, wanted).order_by(ReviewItem.id)
    return {item.id: item for item in session.scalars(query.with_for_update())}


def _read_outcomes(session: Session, actions: Sequence[Action]) -> dict[str, str]:
    keys = [action.key for action in actions]
    query = select(ReviewAction.key, ReviewAction.outcome).where(ReviewAction.key.in_(keys))
    return dict(session.execute(query).all())


def _save_action(session: Session, queue: ReviewQueue, reviewer: Reviewer, answer: Answer) -> None:
    session.add(
        ReviewAction(
            key=answer.key,
            queue_id=queue.id,
            account_id=reviewer.account_id,
            outcome=answer.outcome,
            created_at=read_clock_once(session),
        )
    )
