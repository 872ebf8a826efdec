"""Wrongly predicted faces, and two versions compared."""

import pytest

from core.database import Database
from core.evaluation.queries import (
    WrongFaceCursor,
    compare_versions,
    list_changed_faces,
    list_wrong_faces,
)
from models import Label
from tests.unit.evaluation.two_versions import TwoVersions, predict_all


def test_wrong_faces_come_worst_first_a_page_at_a_time(db: Database, versions: TwoVersions) -> None:
    wrong = {
        entry.face_id: 0.4 + 0.1 * place
        for place, entry in enumerate(sorted(versions.test, key=lambda entry: entry.face_id)[:4])
    }
    predict_all(db, versions, versions.champion, wrong)
    found, after = [], None
    with db.read() as session:
        while page := list_wrong_faces(session, versions.champion, versions.dataset, after=after, limit=3):
            found += page
            after = WrongFaceCursor(truth_probability=page[-1].truth_probability, face_id=page[-1].face_id)
        of_label = list_wrong_faces(
            session, versions.champion, versions.dataset, label=Label.WITH_MASK, predicted=Label.WITHOUT_MASK
        )
    assert [face.face_id for face in found] == sorted(wrong, key=lambda face: -wrong[face])
    assert found[0].confidence == pytest.approx(0.7)
    assert {face.face_id for face in of_label} == {
        face.face_id for face in found if face.label is Label.WITH_MASK
    }


def test_gained_and_lost_faces_and_the_gate(db: Database, versions: TwoVersions) -> None:
    ids = [entry.face_id for entry in versions.test]
    predict_all(db, versions, versions.champion, {ids[0]: 0.9, ids[1]: 0.8, ids[2]: 0.7})
    predict_all(db, versions, versions.candidate, {ids[2]: 0.9, ids[3]: 0.6})
    with db.read() as session:
        comparison = compare_versions(session, versions.champion, versions.candidate, versions.dataset)
        gained = list_changed_faces(
            session, versions.champion, versions.candidate, versions.dataset, gained=True
        )
        lost = list_changed_faces(
            session, versions.champion, versions.candidate, versions.dataset, gained=False
        )
    assert (comparison.test.gained, comparison.test.lost) == (2, 1)
    assert [face.face_id for face, _ in gained] == ids[:2]
    assert [face.face_id for face, _ in lost] == [ids[3]]
    assert lost[0][0].label is lost[0][1] is not lost[0][0].predicted
    assert comparison.gate.candidate > comparison.gate.champion
