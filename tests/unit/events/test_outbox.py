"""Events are written with the change that they tell of, once for each webhook that asks for them."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from core.database import Database
from core.errors import PermanentError
from core.events.outbox import write_event
from core.jobs.actions import cancel_job, retry_job
from core.jobs.claim import claim_batch
from core.jobs.finish import fail_job, finish_batch
from core.predict.job_kind import PREDICT, PREDICT_STAGE
from core.predict.report_stage import REPORT_STAGE
from core.results.reports.store import announce_reports
from core.settings import Settings
from core.versions.detectors.store import promote_detector, roll_detector_back
from core.versions.store import promote, roll_back
from core.webhooks.queries import get_webhook
from core.webhooks.store import delete_webhook, pause_webhook
from models import (
    DeliveryState,
    EventType,
    Job,
    JobState,
    PromotionKind,
    Report,
    ReportFormat,
    ReportState,
    WebhookDelivery,
)
from tests.detector_rows import BETTER, add_detector
from tests.review_desk import Desk
from tests.rows import add_predict_job, add_version
from tests.webhook_receiver import add_hook

_URL = "http://127.0.0.1:9/hook"


def written(db: Database) -> list[dict[str, Any]]:
    """The bodies of all deliveries, oldest first."""
    with db.read() as session:
        rows = session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)).all()
    assert {row.state for row in rows} <= {DeliveryState.WAITING}
    assert [json.loads(row.body)["type"] for row in rows] == [row.event.value for row in rows]
    return [json.loads(row.body) for row in rows]


def _run(db: Database, job_id: int, *stages: str) -> None:
    """Finish every batch of these stages as a worker does."""
    while True:
        with db.write() as session:
            claim = claim_batch(session, worker="w:1", lease_seconds=20, kinds=stages, job_id=job_id)
            if claim is None:
                return
            finish_batch(session, claim)


def test_an_event_is_written_for_each_active_webhook_that_asks_for_it(
    db: Database, settings: Settings
) -> None:
    hooks = [
        add_hook(db, settings, _URL),
        add_hook(db, settings, _URL, events=[EventType.JOB_FAILED]),
        add_hook(db, settings, _URL),
        add_hook(db, settings, _URL),
    ]
    with db.write() as session:
        pause_webhook(get_webhook(session, hooks[2].id))
    with db.write() as session:
        write_event(session, EventType.JOB_FINISHED, {"job": {"id": 7}})
    with db.read() as session:
        rows = session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)).all()
    assert [row.webhook_id for row in rows] == [hooks[0].id, hooks[3].id]
    assert len({row.event_id for row in rows}) == 1, "one id for one event"
    body = json.loads(rows[0].body)
    assert (body["type"], body["data"]) == ("job.finished", {"job": {"id": 7}})
    assert body["timestamp"].endswith("Z")


def test_an_event_of_what_was_rolled_back_is_never_sent(db: Database, settings: Settings) -> None:
    add_hook(db, settings, _URL)
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    with pytest.raises(ZeroDivisionError), db.write() as session:
        cancel_job(session, job_id)
        raise ZeroDivisionError
    assert written(db) == []
    with db.write() as session:
        cancel_job(session, job_id)
    assert [body["type"] for body in written(db)] == ["job.cancelled"]


def test_a_job_tells_of_its_end_and_not_of_reports_that_are_written_again(
    db: Database, settings: Settings
) -> None:
    add_hook(db, settings, _URL)
    job_id = add_predict_job(db, photos=2, batch_photos=1)
    _run(db, job_id, PREDICT_STAGE.name, REPORT_STAGE.name)
    (body,) = written(db)
    told = body["data"]["job"]
    assert (body["type"], told["id"], told["kind"], told["state"]) == (
        "job.finished", job_id, PREDICT.name, "done",
    )  # fmt: skip
    assert told["address"] == f"/api/v1/jobs/{job_id}" and told["finished_at"].endswith("Z")
    with db.write() as session:
        # As a request for reports does.
        job = session.get_one(Job, job_id)
        job.state = JobState.RUNNING
        REPORT_STAGE.hooks.begin(session, job)
    _run(db, job_id, REPORT_STAGE.name)
    assert len(written(db)) == 1
    with db.write() as session:
        assert session.get_one(Job, job_id).state is JobState.DONE


def test_a_job_that_fails_tells_why_and_tells_again_after_a_retry(db: Database, settings: Settings) -> None:
    add_hook(db, settings, _URL)
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    for _ in range(2):
        with db.write() as session:
            fail_job(session, job_id, PermanentError("weights_missing", "There are no weights."))
        with db.write() as session:
            retry_job(session, job_id)
    told = [(body["type"], body["data"]["job"]["error_code"]) for body in written(db)]
    assert told == [("job.failed", "weights_missing")] * 2


def test_a_promotion_and_a_rollback_are_told(db: Database, settings: Settings) -> None:
    first, second = add_version(db), add_version(db, "d" * 64, champion=False)
    add_hook(db, settings, _URL)
    with db.write() as session:
        promote(session, second, kind=PromotionKind.PERSON, account_id=None)
    with db.write() as session:
        roll_back(session, account_id=None)
    told = [body["data"]["version"] for body in written(db)]
    assert [(each["kind"], each["id"], each["how"]) for each in told] == [
        ("classifier", second, "person"),
        ("classifier", first, "rollback"),
    ]


def test_a_promotion_of_a_detector_and_a_rollback_are_told(db: Database, settings: Settings) -> None:
    add_hook(db, settings, _URL)
    with db.write() as session:
        version_id = add_detector(session, settings, "better", BETTER).id
        promote_detector(session, settings, version_id, kind=PromotionKind.PERSON, account_id=None)
    with db.write() as session:
        roll_detector_back(session, account_id=None)
    told = [body["data"]["version"] for body in written(db)]
    assert [(each["kind"], each["id"], each["how"], each["previous_id"]) for each in told] == [
        ("detector", version_id, "person", None),
        ("detector", None, "rollback", version_id),
    ]
    assert [each["address"] for each in told] == [f"/api/v1/detectors/{version_id}", "/api/v1/detectors"]


def test_reports_of_one_writing_are_told_together(db: Database, settings: Settings) -> None:
    add_hook(db, settings, _URL)
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    _run(db, job_id, PREDICT_STAGE.name)
    with db.write() as session:
        ids = list(session.scalars(select(Report.id).order_by(Report.id)))
        for report in session.scalars(select(Report)):
            ready = report.format is not ReportFormat.HTML
            report.state = ReportState.READY if ready else ReportState.FAILED
        announce_reports(session, job_id, ids)
    (body,) = written(db)
    assert body["type"] == "report.ready" and body["data"]["job_id"] == job_id
    names = [file["name"] for file in body["data"]["files"]]
    assert len(names) == len(ids) - 1 and ReportFormat.HTML.value not in names
    assert body["data"]["files"][0]["address"] == f"/api/v1/jobs/{job_id}/reports/1/{names[0]}"


def test_a_webhook_that_is_deleted_takes_its_log_along(db: Database, settings: Settings) -> None:
    hook = add_hook(db, settings, _URL)
    with db.write() as session:
        write_event(session, EventType.JOB_FINISHED, {})
    with db.write() as session:
        delete_webhook(session, get_webhook(session, hook.id))
    assert written(db) == []


def test_a_conflict_is_told_without_the_answers(db: Database, settings: Settings) -> None:
    add_hook(db, settings, _URL, events=[EventType.CONFLICT_FOUND])
    desk = Desk(db, faces=1, second=True)
    third = desk.disagree()
    (body,) = written(db)
    face_id = desk.item(third).face_id
    assert body["data"]["conflict"] == {
        "face_id": face_id, "queue_id": desk.queue_id, "address": f"/api/v1/faces/{face_id}",
    }  # fmt: skip
