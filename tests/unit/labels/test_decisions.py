"""Decisions are only added; the newest one that is not undone counts."""

import pytest
from sqlalchemy import func, select, text

from core.accounts import ensure_owner
from core.database import Database, read_clock
from core.errors import InputError
from core.labels.decisions import (
    Origin,
    add_decision,
    current_decisions,
    is_replaced,
    read_labels,
    select_effective_decisions,
    undo_decision,
)
from models import Account, Choice, Decision, Face, Label, NoLabel, Photo


@pytest.fixture
def people(db: Database) -> tuple[int, int]:
    """Two accounts."""
    with db.write() as session:
        owner = ensure_owner(session)
        other = Account(name="other", created_at=read_clock(session))
        session.add(other)
        session.flush()
        return owner.id, other.id


@pytest.fixture
def faces(db: Database) -> list[int]:
    """Three faces of one photo."""
    with db.write() as session:
        now = read_clock(session)
        photo = Photo(sha256="a" * 64, bytes=1, width=9, height=9, format="JPEG", created_at=now)
        session.add(photo)
        session.flush()
        rows = [
            Face(photo_id=photo.id, detector_key="d", ordinal=n, x1=0, y1=0, x2=5, y2=5, score=1,
                 landmarks=[], created_at=now)
            for n in range(3)
        ]  # fmt: skip
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def say(db: Database, face_id: int, choice: Choice | None, who: int | None) -> Decision:
    with db.write() as session:
        return add_decision(session, face_id, choice, Origin(account_id=who, queue="test"))


def labels(db: Database, faces: list[int]) -> dict[int, Label | None]:
    """The decision that counts, read by Python and by SQL, which must agree."""
    with db.read() as session:
        read = {face: decision.label for face, decision in read_labels(session, faces).items()}
        counted = {d.face_id: d.label for d in session.scalars(select_effective_decisions())}
    assert read == counted
    return read


def test_the_newest_decision_counts(db: Database, people: tuple[int, int], faces: list[int]) -> None:
    say(db, faces[0], Label.WITH_MASK, people[0])
    say(db, faces[0], Label.INCORRECT, people[1])
    say(db, faces[1], Label.NOT_A_FACE, None)
    assert labels(db, faces) == {faces[0]: Label.INCORRECT, faces[1]: Label.NOT_A_FACE}


def test_undo_keeps_the_decision_of_somebody_else(
    db: Database, people: tuple[int, int], faces: list[int]
) -> None:
    say(db, faces[0], Label.WITH_MASK, people[0])
    say(db, faces[0], Label.INCORRECT, people[1])
    say(db, faces[0], None, people[1])
    assert labels(db, faces) == {faces[0]: Label.WITH_MASK}
    say(db, faces[0], None, people[0])
    assert labels(db, faces) == {}
    with db.read() as session:
        assert session.scalars(select(func.count()).select_from(Decision)).one() == 4, "nothing is removed"


def test_undo_restores_the_previous_decision(db: Database, people: tuple[int, int], faces: list[int]) -> None:
    first = say(db, faces[0], Label.WITH_MASK, people[0])
    say(db, faces[0], Label.NOT_A_FACE, people[1])
    second = say(db, faces[0], Label.INCORRECT, people[0])
    with db.write() as session:
        assert undo_decision(session, second).label is Label.WITH_MASK
    with db.write() as session:
        assert undo_decision(session, first).label is None
    assert labels(db, faces) == {faces[0]: Label.NOT_A_FACE}


def test_there_is_one_current_decision_per_person(
    db: Database, people: tuple[int, int], faces: list[int]
) -> None:
    say(db, faces[0], Label.WITH_MASK, people[0])
    say(db, faces[0], Label.INCORRECT, people[0])
    say(db, faces[0], Label.WITH_MASK, people[1])
    say(db, faces[0], Label.WITH_MASK, None)
    with db.read() as session:
        current = current_decisions()
        rows = session.execute(select(current.c.account_id, current.c.label)).all()
    assert sorted(rows, key=str) == sorted(
        [(people[0], Label.INCORRECT), (people[1], Label.WITH_MASK), (None, Label.WITH_MASK)], key=str
    )


def test_an_unknown_face_is_refused(db: Database, people: tuple[int, int]) -> None:
    with pytest.raises(InputError) as caught:
        say(db, 99, Label.WITH_MASK, people[0])
    assert caught.value.code == "face_not_found"


def test_cannot_tell_takes_the_label_away_until_it_is_undone(
    db: Database, people: tuple[int, int], faces: list[int]
) -> None:
    say(db, faces[0], Label.WITH_MASK, people[0])
    unsure = say(db, faces[0], NoLabel.CANNOT_TELL, people[1])
    assert labels(db, faces) == {}
    with db.write() as session:
        undo_decision(session, session.get_one(Decision, unsure.id))
    assert labels(db, faces) == {faces[0]: Label.WITH_MASK}
    again = say(db, faces[0], NoLabel.CANNOT_TELL, people[1])
    changed = say(db, faces[0], Label.INCORRECT, people[1])
    assert labels(db, faces) == {faces[0]: Label.INCORRECT}
    with db.write() as session:
        restored = undo_decision(session, session.get_one(Decision, changed.id))
        assert (restored.choice, restored.id > again.id) == (NoLabel.CANNOT_TELL, True)
    assert labels(db, faces) == {}


def test_the_newer_decision_is_searched_by_face_and_not_among_all_of_the_person(db: Database) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses indexes by its statistics")
    query = select(Decision.id).where(Decision.face_id == 1, ~is_replaced(Decision))
    statement = query.compile(db.engine, compile_kwargs={"literal_binds": True})
    with db.read() as session:
        plan = [row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {statement}"))]
    assert not [step for step in plan if "account_id" in step], plan
