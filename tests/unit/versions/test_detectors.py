"""The gate of detectors, their promotion and rollback, and what a job keeps of them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from core.database import Database
from core.errors import InputError
from core.jobs.request import add_job
from core.predict.job_kind import PREDICT
from core.predict.options import PredictOptions
from core.settings import Settings
from core.versions.detectors.gate import DetectorEvaluation, SizeRecall, check_detector_gate
from core.versions.detectors.queries import (
    INSTALLED,
    check_detector,
    find_detector_champion,
    find_detector_rollback,
    read_detector_history,
    read_job_detector,
)
from core.versions.detectors.store import promote_detector, roll_detector_back
from models import PromotionKind
from tests.detector_rows import BETTER, METRICS, add_detector, evaluation
from tests.locks import wait_for_lock


def test_a_better_detector_passes_and_an_equal_one_does_not() -> None:
    assert check_detector_gate(evaluation(BETTER)).passed
    same = check_detector_gate(evaluation(METRICS))
    assert not same.passed and same.reasons == ("AP at IoU 0.5 did not rise: 0.800 before, 0.800 now.",)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"ap_03": 0.88}, "AP at IoU 0.3 fell"),
        ({"false_faces": 0.6}, "False faces a photo rose"),
        ({"sizes": (SizeRecall(name="16 px and more", faces=60, recall=0.93),)}, "Recall of faces of 16 px"),
        ({"ap_05": None}, "No held-back photo has a face"),
    ],
)
def test_what_gets_worse_keeps_it_out(change: dict[str, object], word: str) -> None:
    gate = check_detector_gate(evaluation(replace(BETTER, **change)))
    assert not gate.passed and any(word in reason for reason in gate.reasons)


def test_a_fall_within_the_margin_does_not() -> None:
    within = replace(BETTER, ap_03=0.895, false_faces=0.54)
    assert check_detector_gate(evaluation(within), margin=0.01).passed


def test_an_evaluation_is_read_as_it_was_written() -> None:
    written = evaluation(BETTER)
    assert DetectorEvaluation.from_json(written.to_json()) == written


def test_promotion_needs_the_gate_or_a_reason(db: Database, settings: Settings) -> None:
    with db.write() as session:
        worse = add_detector(session, settings, "worse", METRICS).id
        never = add_detector(session, settings, "never").id
        assert code_of(session, settings, worse) == "gate_not_passed"
        assert code_of(session, settings, never) == "detector_not_evaluated"
        assert code_of(session, settings, worse, PromotionKind.OVERRULED) == "reason_needed"
        assert find_detector_champion(session) is None
        promotion = promote_detector(
            session,
            settings,
            worse,
            kind=PromotionKind.OVERRULED,
            account_id=None,
            reason="It finds the faces of camera 7.",
        )
        assert promotion.gate is not None and promotion.gate["passed"] is False
        assert (
            code_of(session, settings, worse, PromotionKind.OVERRULED, "again, please") == "already_champion"
        )


def code_of(
    session: object,
    settings: Settings,
    version_id: int,
    kind: PromotionKind = PromotionKind.PERSON,
    reason: str = "",
) -> str:
    with pytest.raises(InputError) as caught:
        promote_detector(session, settings, version_id, kind=kind, account_id=None, reason=reason)  # type: ignore[arg-type]
    return caught.value.code


def test_a_version_is_measured_anew_beside_another_champion(db: Database, settings: Settings) -> None:
    with db.write() as session:
        first = add_detector(session, settings, "first", BETTER)
        second = add_detector(session, settings, "second", BETTER)
        assert check_detector(session, settings, second, margin=0.01)[1].passed
        promote_detector(session, settings, first.id, kind=PromotionKind.PERSON, account_id=None)
        assert code_of(session, settings, second.id) == "detector_not_evaluated"
        third = add_detector(session, settings, "third", BETTER, beside=first.sha256)
        promote_detector(session, settings, third.id, kind=PromotionKind.PERSON, account_id=None)
        assert find_detector_champion(session) is third


def test_without_the_folder_of_the_installed_detector_only_overruling_promotes(
    db: Database, settings: Settings
) -> None:
    elsewhere = settings.with_changes(detector=str(settings.data / "on-another-host"))
    with db.write() as session:
        version_id = add_detector(session, settings, "better", BETTER).id
        assert code_of(session, elsewhere, version_id) == "detector_not_evaluated"
        overruled = {"kind": PromotionKind.OVERRULED, "account_id": None, "reason": "It was measured there."}
        promote_detector(session, elsewhere, version_id, **overruled)
        champion = find_detector_champion(session)
    assert champion is not None and champion.id == version_id


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_promotion_that_waits_for_another_is_compared_with_the_new_champion(
    db: Database, settings: Settings
) -> None:
    with db.write() as session:
        first, second = (add_detector(session, settings, name, BETTER).id for name in ("first", "second"))

    def promote(version_id: int) -> None:
        with db.write() as session:
            promote_detector(session, settings, version_id, kind=PromotionKind.PERSON, account_id=None)

    with ThreadPoolExecutor(1) as pool:
        with db.write() as session:
            promote_detector(session, settings, first, kind=PromotionKind.PERSON, account_id=None)
            waiting = pool.submit(promote, second)
            wait_for_lock(db)
        with pytest.raises(InputError) as caught:
            waiting.result(30)
    assert caught.value.code == "detector_not_evaluated"
    with db.read() as session:
        champion = find_detector_champion(session)
    assert champion is not None and champion.id == first


def test_rollbacks_lead_back_to_the_installed_detector(db: Database, settings: Settings) -> None:
    with db.write() as session:
        assert find_detector_rollback(session) is None
        first = add_detector(session, settings, "first", BETTER)
        promote_detector(session, settings, first.id, kind=PromotionKind.PERSON, account_id=None)
        second = add_detector(session, settings, "second", BETTER, beside=first.sha256)
        promote_detector(session, settings, second.id, kind=PromotionKind.PERSON, account_id=None)
        for expected in ("first", INSTALLED):
            target = find_detector_rollback(session)
            assert target is not None and target.name == expected
            roll_detector_back(session, account_id=None)
        assert find_detector_champion(session) is None
        with pytest.raises(InputError) as caught:
            roll_detector_back(session, account_id=None)
        assert caught.value.code == "nothing_to_roll_back"
        names = [entry.name for entry in read_detector_history(session)]
    assert names == [INSTALLED, "first", "second", "first"]


def test_a_job_keeps_the_detector_of_its_request(db: Database, settings: Settings) -> None:
    def request(session: object) -> int:
        options = PredictOptions(folder="/nowhere")
        return add_job(session, PREDICT, options, title="a", account_id=None).id  # type: ignore[arg-type]

    with db.write() as session:
        before = request(session)
        version = add_detector(session, settings, "first", BETTER)
        promote_detector(session, settings, version.id, kind=PromotionKind.PERSON, account_id=None)
        meanwhile = request(session)
        roll_detector_back(session, account_id=None)
        after = request(session)
        cards = [read_job_detector(session, settings, each) for each in (before, meanwhile, after)]
    assert [card and card.name for card in cards] == [None, "first", None]
    assert cards[1] is not None and cards[1].path.read_bytes() == b"first"
