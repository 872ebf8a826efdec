"""Filters, sums and tiles of a results page agree, whatever people did, on both databases."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text

from core.boxes.store import redo_edit, undo_edit
from core.database import Database
from core.datasets.importing.assumed import take_back_assumed
from core.labels.decisions import Origin
from core.results.pages.filter import ResultsFilter, Shown, ShownLabels
from core.results.pages.search import Search
from core.review.answers.outside_decisions import decide_face
from core.review.answers.settling import reopen_conflict, settle_conflict
from core.settings import Settings
from models import (
    Face,
    FinalCount,
    Job,
    Label,
    NoLabel,
)
from tests.imported_set import FACE, add_photo, run_import, voc
from tests.unit.results.pages.desk import Desk, check, check_labels, positions_of


def _not_a_face(desk: Desk) -> None:
    desk.decide(2, Label.NOT_A_FACE)


def _relabelled(desk: Desk) -> None:
    desk.decide(0, Label.INCORRECT)
    desk.decide(3, Label.WITH_MASK)


def _undone(desk: Desk) -> None:
    desk.decide(0, Label.INCORRECT)
    desk.undo(0)
    desk.decide(6, Label.NOT_A_FACE)
    desk.decide(6, None)


def _cannot_tell(desk: Desk) -> None:
    desk.decide(1, NoLabel.CANNOT_TELL)


def _conflict(desk: Desk) -> None:
    desk.disagree(1)


def _settled_and_reopened(desk: Desk) -> None:
    item_id = desk.disagree(1)
    with desk.db.write() as session:
        settle_conflict(session, item_id, Label.NOT_A_FACE, account_id=desk.owner)
    check(desk)
    with desk.db.write() as session:
        reopen_conflict(session, item_id)


def _drawn(desk: Desk) -> None:
    desk.draw(4, "with_mask")
    desk.draw(10)
    desk.draw(0, "incorrect")


def _drawn_around_a_found_face(desk: Desk) -> None:
    key = desk.edit(0, kind="draw", box=[201, 101, 321, 251])
    desk.edit(0, kind="label", face=key, label="without_mask")


def _removed(desk: Desk) -> None:
    desk.edit(0, kind="remove", face=str(desk.faces[0]))


def _moved(desk: Desk) -> None:
    desk.decide(0, Label.INCORRECT)
    desk.edit(0, kind="move", face=str(desk.faces[0]), box=[400, 200, 480, 300])
    desk.edit(7, kind="move", face=str(desk.faces[7]), box=[400, 200, 480, 300])


def _box_edits_undone_and_redone(desk: Desk) -> None:
    first = desk.edit(0, kind="remove", face=str(desk.faces[0]))
    second = desk.edit(6, kind="label", face=str(desk.faces[6]), label="not_a_face")
    for key, position in ((first, 0), (second, 6)):
        with desk.db.write() as session:
            undo_edit(session, desk.photos[position], key, account_id=desk.owner)
    check(desk)
    with desk.db.write() as session:
        redo_edit(session, desk.photos[6], second, account_id=desk.owner)


CASES: list[Callable[[Desk], None]] = [
    _not_a_face, _relabelled, _undone, _cannot_tell, _conflict, _settled_and_reopened, _drawn,
    _drawn_around_a_found_face, _removed, _moved, _box_edits_undone_and_redone,
]  # fmt: skip


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Desk:
    return Desk(db, tmp_path / "photos")


def test_an_untouched_job_agrees_and_has_no_counts_of_its_own(desk: Desk) -> None:
    check(desk)
    with desk.db.read() as session:
        assert session.scalars(select(FinalCount)).all() == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__.strip("_"))
def test_filters_sums_and_tiles_agree(desk: Desk, case: Callable[[Desk], None]) -> None:
    case(desk)
    check(desk)


def test_all_at_once_agrees_too(desk: Desk) -> None:
    for case in (_not_a_face, _cannot_tell, _drawn, _moved):
        case(desk)
    check(desk)


def test_a_decided_face_is_sure(desk: Desk) -> None:
    """By final labels, the filter of confidence finds no photo whose only unsure face is decided."""
    desk.decide(3, Label.WITH_MASK)
    with desk.db.read() as session:
        job = session.get_one(Job, desk.job_id)
    below = {
        labels: positions_of(job, desk.db, ResultsFilter(confidence_below=0.6, labels=labels))
        for labels in ShownLabels
    }
    assert below == {ShownLabels.FINAL: [9, 15], ShownLabels.PREDICTED: [3, 9, 15]}


def test_rare_labels_are_found_by_an_index(desk: Desk) -> None:
    """Without one, a page of a job whose photos are all decided would read all of their counts."""
    if not desk.db.is_sqlite:
        pytest.skip("the planner of PostgreSQL reads small tables as a whole")
    with desk.db.read() as session:
        for shown in (Shown.WITH_MASK, Shown.INCORRECT, Shown.NOT_LABELLED, Shown.NO_FACE):
            search = Search(job_id=desk.job_id, chosen=ResultsFilter(shown=shown), limit=9)
            query = search._parts()[1].beyond(3, backward=False)
            text_of = str(query.compile(desk.db.engine, compile_kwargs={"literal_binds": True}))
            plan = [row.detail for row in session.execute(text(f"EXPLAIN QUERY PLAN {text_of}"))]
            assert f"USING INDEX ix_final_count_{shown.value}" in plan[0], plan


@pytest.mark.parametrize("all_faces_boxed", [True, False])
def test_an_imported_set_agrees_also_after_corrections(
    db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, all_faces_boxed: bool
) -> None:
    """Detections about which the set says nothing are not labelled yet; its own boxes are drawn ones."""
    folder = tmp_path / "set"
    add_photo(folder / "a.jpg", voc(("with_mask", *FACE), ("without_mask", 5, 100, 60, 190)))
    add_photo(folder / "b.jpg", voc(("mask_weared_incorrect", *FACE)))
    add_photo(folder / "c.jpg", voc())
    add_photo(folder / "d.jpg")
    job_id = run_import(db, settings, folder, monkeypatch, all_faces_boxed=all_faces_boxed)
    check_labels(db, job_id, ShownLabels.FINAL)
    with db.write() as session:
        take_back_assumed(session, job_id)
    check_labels(db, job_id, ShownLabels.FINAL)
    with db.write() as session:
        for face_id in session.scalars(select(Face.id).order_by(Face.id).limit(2)).all():
            decide_face(session, face_id, Label.NOT_A_FACE, Origin(account_id=None, queue="results"))
    check_labels(db, job_id, ShownLabels.FINAL)
    again = run_import(db, settings, folder, monkeypatch, all_faces_boxed=all_faces_boxed)
    for each in (job_id, again):
        check_labels(db, each, ShownLabels.FINAL)
