"""Evaluations of stored predictions, and promotion through the gate."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from core.database import Database
from core.datasets.queries import find_golden_dataset
from core.datasets.store import pin_golden
from core.errors import InputError
from core.evaluation.queries import find_evaluation, list_wrong_faces
from core.evaluation.store import evaluate_version, promote_through_gate
from core.versions.queries import read_champion
from models import Face, Label, Prediction, PromotionKind
from tests.labelled import add_candidate, predict
from tests.locks import wait_for_lock
from tests.unit.evaluation.two_versions import TwoVersions, predict_all


def test_only_test_faces_are_evaluated(db: Database, versions: TwoVersions) -> None:
    predict_all(db, versions, versions.champion, {versions.test[0].face_id: 0.9})
    with db.write() as session:
        predict(session, versions.champion, session.get_one(Face, versions.train.face_id), Label.NOT_A_FACE)
        evaluate_version(session, versions.champion, versions.dataset)
    with db.read() as session:
        evaluation = find_evaluation(session, versions.champion, versions.dataset)
    assert evaluation is not None
    assert evaluation.faces == len(versions.test)
    right = 1 - 1 / len(versions.test)
    assert evaluation.metrics["accuracy"]["value"] == pytest.approx(right, abs=1e-4)


def test_a_second_evaluation_replaces_the_first(db: Database, versions: TwoVersions) -> None:
    predict_all(db, versions, versions.champion, {})
    for _ in range(2):
        with db.write() as session:
            first = evaluate_version(session, versions.champion, versions.dataset).id
    with db.read() as session:
        assert find_evaluation(session, versions.champion, versions.dataset).id == first


def test_faces_with_a_label_that_is_not_predicted_count_as_wrong(db: Database, versions: TwoVersions) -> None:
    """A version that says nothing about `without_mask`."""
    with db.write() as session:
        for entry in versions.test:
            predict(session, versions.candidate, session.get_one(Face, entry.face_id), Label.WITH_MASK)
        session.flush()
        session.execute(update(Prediction).values(without_mask=None))
        metrics = evaluate_version(session, versions.candidate, versions.dataset).metrics
    with_mask = sum(entry.label is Label.WITH_MASK for entry in versions.test)
    assert metrics["unpredicted"] == ["without_mask"]
    assert metrics["accuracy"]["value"] == pytest.approx(with_mask / len(versions.test), abs=1e-4)
    assert [curve["label"] for curve in metrics["curves"]] == ["with_mask"]
    with db.read() as session:
        wrong = list_wrong_faces(session, versions.candidate, versions.dataset)
    assert len(wrong) == len(versions.test) - with_mask
    assert {(face.label, face.is_predicted) for face in wrong} == {(Label.WITHOUT_MASK, False)}


def test_a_version_without_predictions_cannot_be_evaluated(db: Database, versions: TwoVersions) -> None:
    with db.write() as session, pytest.raises(InputError) as caught:
        evaluate_version(session, versions.candidate, versions.dataset)
    assert caught.value.code == "nothing_to_evaluate"


def test_the_gate_promotes_a_better_version_and_stores_its_result(
    db: Database, versions: TwoVersions
) -> None:
    ids = [entry.face_id for entry in versions.test]
    predict_all(db, versions, versions.champion, {ids[0]: 0.9})
    predict_all(db, versions, versions.candidate, {})
    with db.write() as session:
        assert find_golden_dataset(session) is None
        pin_golden(session, versions.dataset)
        golden = find_golden_dataset(session)
        assert golden is not None
        with pytest.raises(InputError) as caught:
            promote_through_gate(
                session, versions.champion, golden.id, kind=PromotionKind.PERSON, account_id=None
            )
        assert caught.value.code == "gate_not_passed"
        promotion = promote_through_gate(
            session, versions.candidate, golden.id, kind=PromotionKind.GATE, account_id=None
        )
    assert promotion.gate is not None
    assert (promotion.gate["passed"], promotion.gate["gained"], promotion.gate["lost"]) == (True, 1, 0)
    with db.read() as session:
        assert read_champion(session).id == versions.candidate


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_promotion_that_waits_for_another_is_compared_with_the_new_champion(
    db: Database, versions: TwoVersions
) -> None:
    ids = [entry.face_id for entry in versions.test]
    with db.write() as session:
        second_best = add_candidate(session, "second best").id
    predict_all(db, versions, versions.champion, dict.fromkeys(ids[:2], 0.9))
    predict_all(db, versions, second_best, dict.fromkeys(ids[:1], 0.9))
    predict_all(db, versions, versions.candidate, {})
    gate = {"kind": PromotionKind.GATE, "account_id": None}

    def promote_second_best() -> None:
        with db.write() as session:
            promote_through_gate(session, second_best, versions.dataset, **gate)

    with ThreadPoolExecutor(1) as pool:
        with db.write() as session:
            promote_through_gate(session, versions.candidate, versions.dataset, **gate)
            waiting = pool.submit(promote_second_best)
            wait_for_lock(db)
        with pytest.raises(InputError) as caught:
            waiting.result(30)
    assert caught.value.code == "gate_not_passed"
    with db.read() as session:
        assert read_champion(session).id == versions.candidate
