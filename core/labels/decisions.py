"""Add and read decisions: rows are never changed, and a person's newest decision is the current one."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, Subquery, exists, func, insert, select
from sqlalchemy.orm import Session, aliased

from core.database import read_clock, read_clock_once
from core.errors import InputError
from models import Choice, Decision, Face, NoLabel, label_of

#: Face ids in one query; SQLite takes 32,766 values at most.
_AT_ONCE = 5_000


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Who made a decision, and where."""

    #: NULL for an imported set.
    account_id: int | None
    #: A value of `Decision.queue`.
    queue: str
    #: The import job that adds the decision.
    job_id: int | None = None


def add_decision(
    session: Session,
    face_id: int,
    choice: Choice | None,
    origin: Origin,
    *,
    milliseconds: int | None = None,
    mask_kind: str | None = None,
) -> Decision:
    """Add a decision; a choice of None undoes the person's earlier one. Raises InputError face_not_found."""
    if session.get(Face, face_id) is None:
        raise InputError("face_not_found", f"There is no face {face_id}.")
    decision = Decision(
        face_id=face_id,
        label=label_of(choice),
        cannot_tell=choice is NoLabel.CANNOT_TELL,
        account_id=origin.account_id,
        queue=origin.queue,
        job_id=origin.job_id,
        milliseconds=milliseconds,
        mask_kind=mask_kind,
        created_at=read_clock(session),
    )
    session.add(decision)
    session.flush()
    _note_added(session, [decision.id])
    return decision


def add_decisions(
    session: Session, choices: Mapping[int, Choice], origin: Origin, *, milliseconds: int | None = None
) -> dict[int, int]:
    """Add decisions about existing faces; returns decision ids by face id.

    `milliseconds` is the time that each decision took.
    """
    now = read_clock_once(session)
    rows = [
        {
            "face_id": face_id,
            "label": label_of(choice),
            "cannot_tell": choice is NoLabel.CANNOT_TELL,
            "account_id": origin.account_id,
            "queue": origin.queue,
            "job_id": origin.job_id,
            "milliseconds": milliseconds,
            "created_at": now,
        }
        for face_id, choice in choices.items()
    ]
    written = session.execute(insert(Decision).returning(Decision.face_id, Decision.id), rows)
    added = dict(written.all())
    _note_added(session, added.values())
    return added


def _note_added(session: Session, ids: Iterable[int]) -> None:
    """For the activity log, whose entry of this transaction names the decisions."""
    session.info.setdefault("decisions", []).extend(ids)


def undo_decision(session: Session, decision: Decision) -> Decision:
    """Restore the person's previous decision about the face by adding a copy of it."""
    before = session.scalars(
        select(Decision)
        .where(
            Decision.face_id == decision.face_id,
            Decision.account_id.is_not_distinct_from(decision.account_id),
            Decision.id < decision.id,
        )
        .order_by(Decision.id.desc())
        .limit(1)
    ).one_or_none()
    origin = Origin(account_id=decision.account_id, queue=decision.queue, job_id=decision.job_id)
    return add_decision(session, decision.face_id, before.choice if before else None, origin)


def current_decisions() -> Subquery:
    """The newest decision of each person about each face, as rows of (id, face_id, account_id, label).

    Undone decisions are left out; the label of "can't tell" is NULL. All imported sets together count as one
    person without an account. The decision that counts for a face is the one with the highest id: where that
    is "can't tell", the face has no label.
    """
    newest = select(
        Decision.id,
        Decision.face_id,
        Decision.account_id,
        Decision.label,
        Decision.cannot_tell,
        func.row_number()
        .over(partition_by=(Decision.face_id, Decision.account_id), order_by=Decision.id.desc())
        .label("age"),
    ).subquery()
    return (
        select(newest.c.id, newest.c.face_id, newest.c.account_id, newest.c.label)
        .where(newest.c.age == 1, newest.c.label.is_not(None) | newest.c.cannot_tell)
        .subquery()
    )


def is_replaced(decision: type[Decision]) -> ColumnElement[bool]:
    """Condition on a row of `decision`: the same person decided the face again."""
    later = aliased(Decision)
    return exists().where(
        later.face_id == decision.face_id,
        # An expression: SQLite would read all decisions of the account by its index.
        func.coalesce(later.account_id, 0) == func.coalesce(decision.account_id, 0),
        later.id > decision.id,
    )


def select_effective_decisions() -> Select[Decision]:
    """The decision that gives each face its label; filter it with a `where` on `Decision.face_id`."""
    current = current_decisions()
    last = (
        select(func.max(current.c.id))
        .where(current.c.face_id == Decision.face_id)
        .correlate(Decision)
        .scalar_subquery()
    )
    return select(Decision).where(Decision.id == last, Decision.label.is_not(None))


def read_labels(session: Session, face_ids: Collection[int]) -> dict[int, Decision]:
    """The decision that gives each of these faces its label, by face id; faces without one are left out."""
    current = read_current(session, face_ids)
    return {face_id: decision for face_id, decision in current.items() if decision.label is not None}


def read_current(session: Session, face_ids: Collection[int]) -> dict[int, Decision]:
    """The decision that counts for each of these faces, by face id, including "can't tell"."""
    ids, effective = sorted(set(face_ids)), {}
    for start in range(0, len(ids), _AT_ONCE):
        slice_ = ids[start : start + _AT_ONCE]
        newest: dict[tuple[int, int | None], Decision] = {}
        for decision in session.scalars(
            select(Decision).where(Decision.face_id.in_(slice_)).order_by(Decision.id)
        ):
            newest[decision.face_id, decision.account_id] = decision
        current = sorted((d for d in newest.values() if d.choice is not None), key=lambda d: d.id)
        effective.update({decision.face_id: decision for decision in current})
    return effective
