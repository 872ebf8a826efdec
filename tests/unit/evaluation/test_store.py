"""Evaluations from the database: predictions in, figures out, wrong and changed faces, the gate."""

import pytest

from core.database import Database
from core.datasets.queries import find_golden_dataset
from core.datasets.store import pin_golden
from core.errors import InputError
from core.evaluation.queries import (
    WrongFaceCursor,
    compare_versions,
    find_evaluation,
    list_changed_faces,
    list_wrong_faces,
)
from core.evaluation.store import evaluate_version, promote_through_gate
from core.versions.queries import read_champion
from models import Face, Label, PromotionKind, Split
from tests.labelled import add_candidate, add_labelled, predict
from tests.rows import add_version
from tests.unit.datasets.freezing import faces_of, freeze_now


class Measured:
    """A dataset, two versions, and the test faces."""

    def __init__(self, db: Database) -> None:
        self.champion = add_version(db)
        with db.write() as session:
            add_labelled(session, 60, Label.WITH_MASK)
            add_labelled(session, 40, Label.WITHOUT_MASK)
            self.candidate = add_candidate(session).id
        self.dataset = freeze_now(db).id
        frozen = faces_of(db, self.dataset)
        self.test = [face for face in frozen.values() if face.split is Split.TEST]
        self.train = next(face for face in frozen.values() if face.split is Split.TRAIN)


@pytest.fixture
def measured(db: Database) -> Measured:
    return Measured(db)


def judge_all(db: Database, measured: Measured, version_id: int, wrong: dict[int, float]) -> None:
    """Predictions that are right but for the faces in `wrong`, which are wrong with this confidence."""
    with db.write() as session:
        for entry in measured.test:
            other = Label.WITHOUT_MASK if entry.label is Label.WITH_MASK else Label.WITH_MASK
            face = session.get_one(Face, entry.face_id)
            if entry.face_id in wrong:
                predict(session, version_id, face, other, wrong[entry.face_id])
            else:
                predict(session, version_id, face, entry.label)


def test_figures_are_of_the_test_faces_alone(db: Database, measured: Measured) -> None:
    judge_all(db, measured, measured.champion, {measured.test[0].face_id: 0.9})
    with db.write() as session:
        predict(session, measured.champion, session.get_one(Face, measured.train.face_id), Label.NOT_A_FACE)
        evaluate_version(session, measured.champion, measured.dataset)
    with db.read() as session:
        evaluation = find_evaluation(session, measured.champion, measured.dataset)
    assert evaluation is not None
    assert evaluation.faces == len(measured.test)
    right = 1 - 1 / len(measured.test)
    assert evaluation.metrics["accuracy"]["value"] == pytest.approx(right, abs=1e-4)


def test_a_second_evaluation_takes_the_place_of_the_first(db: Database, measured: Measured) -> None:
    judge_all(db, measured, measured.champion, {})
    for _ in range(2):
        with db.write() as session:
            first = evaluate_version(session, measured.champion, measured.dataset).id
    with db.read() as session:
        assert find_evaluation(session, measured.champion, measured.dataset).id == first


def test_nothing_predicted_is_nothing_to_evaluate(db: Database, measured: Measured) -> None:
    with db.write() as session, pytest.raises(InputError) as caught:
        evaluate_version(session, measured.candidate, measured.dataset)
    assert caught.value.code == "nothing_to_evaluate"


def test_wrong_faces_come_worst_first_a_page_at_a_time(db: Database, measured: Measured) -> None:
    wrong = {
        entry.face_id: 0.4 + 0.1 * place
        for place, entry in enumerate(sorted(measured.test, key=lambda entry: entry.face_id)[:4])
    }
    judge_all(db, measured, measured.champion, wrong)
    found, after = [], None
    with db.read() as session:
        while page := list_wrong_faces(session, measured.champion, measured.dataset, after=after, limit=3):
            found += page
            after = WrongFaceCursor(truth_probability=page[-1].truth_probability, face_id=page[-1].face_id)
        of_label = list_wrong_faces(
            session, measured.champion, measured.dataset, label=Label.WITH_MASK, predicted=Label.WITHOUT_MASK
        )
    assert [face.face_id for face in found] == sorted(wrong, key=lambda face: -wrong[face])
    assert found[0].confidence == pytest.approx(0.7)
    assert {face.face_id for face in of_label} == {
        face.face_id for face in found if face.label is Label.WITH_MASK
    }


def test_changes_both_ways_and_the_gate(db: Database, measured: Measured) -> None:
    ids = [entry.face_id for entry in measured.test]
    judge_all(db, measured, measured.champion, {ids[0]: 0.9, ids[1]: 0.8, ids[2]: 0.7})
    judge_all(db, measured, measured.candidate, {ids[2]: 0.9, ids[3]: 0.6})
    with db.read() as session:
        comparison = compare_versions(session, measured.champion, measured.candidate, measured.dataset)
        gained = list_changed_faces(
            session, measured.champion, measured.candidate, measured.dataset, gained=True
        )
        lost = list_changed_faces(
            session, measured.champion, measured.candidate, measured.dataset, gained=False
        )
    assert (comparison.test.gained, comparison.test.lost) == (2, 1)
    assert [face.face_id for face, _ in gained] == ids[:2]
    assert [face.face_id for face, _ in lost] == [ids[3]]
    assert lost[0][0].label is lost[0][1] is not lost[0][0].predicted
    assert comparison.gate.candidate > comparison.gate.champion


def test_the_gate_promotes_what_is_better_and_keeps_its_verdict(db: Database, measured: Measured) -> None:
    ids = [entry.face_id for entry in measured.test]
    judge_all(db, measured, measured.champion, {ids[0]: 0.9})
    judge_all(db, measured, measured.candidate, {})
    with db.write() as session:
        assert find_golden_dataset(session) is None
        pin_golden(session, measured.dataset)
        golden = find_golden_dataset(session)
        assert golden is not None
        with pytest.raises(InputError) as caught:
            promote_through_gate(
                session, measured.champion, golden.id, kind=PromotionKind.PERSON, account_id=None
            )
        assert caught.value.code == "gate_not_passed"
        promotion = promote_through_gate(
            session, measured.candidate, golden.id, kind=PromotionKind.GATE, account_id=None
        )
    assert promotion.gate is not None
    assert (promotion.gate["passed"], promotion.gate["gained"], promotion.gate["lost"]) == (True, 1, 0)
    with db.read() as session:
        assert read_champion(session).id == measured.candidate
