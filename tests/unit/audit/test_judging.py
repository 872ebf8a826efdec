"""Targets are judged as people decide, and webhooks are told of one that is missed, once."""

import json
from typing import Any

from sqlalchemy import select

from core.audit.judging import judge_target_of, list_changed, newest_decision, save_judgement
from core.audit.store import save_target
from core.database import Database
from core.labels.decisions import Origin, add_decision
from core.settings import Settings
from models import Choice, EventType, Label, ShareTarget, WebhookDelivery
from tests.audit_rows import SURE, AuditedJob
from tests.webhook_receiver import add_hook


def told(db: Database) -> list[dict[str, Any]]:
    """What the events of missed targets hold."""
    missed = WebhookDelivery.event == EventType.TARGET_MISSED
    with db.read() as session:
        bodies = session.scalars(select(WebhookDelivery.body).where(missed).order_by(WebhookDelivery.id))
        return [json.loads(body)["data"]["target"] for body in bodies]


def judge(db: Database, *, after: int = 0) -> list[str]:
    """Judge what changed; the states that were stored."""
    with db.read() as session:
        changed = list_changed(session, after_decision=after)
        found = [judgement for job in changed if (judgement := judge_target_of(session, job))]
    with db.write() as session:
        return [judgement.state.value for judgement in found if save_judgement(session, judgement)]


def target(db: Database, job_id: int, at_least: float, label: Label = Label.WITH_MASK) -> None:
    with db.write() as session:
        save_target(session, job_id, label, at_least)


def test_a_missed_target_is_told_once_however_much_is_decided_later(db: Database, settings: Settings) -> None:
    job = AuditedJob(db, settings, [SURE] * 80)
    add_hook(db, settings, "http://127.0.0.1:9/")
    target(db, job.id, 0.95)
    assert judge(db) == [], "without a sample there is nothing to judge"
    sample = job.draw(60)
    assert judge(db) == ["undecided"] and told(db) == []
    job.review(sample, lambda _face: Label.WITHOUT_MASK, most=40)
    with db.read() as session:
        seen = newest_decision(session)
    assert judge(db) == ["missed"]
    (event,) = told(db)
    assert (event["job_id"], event["label"], event["at_least"]) == (job.id, "with_mask", 0.95)
    assert event["high"] < 0.95 and event["faces_audited"] == 40
    assert judge(db) == [], "what was judged is not judged again"
    job.review(sample, lambda _face: Label.WITHOUT_MASK)
    assert judge(db, after=seen) == ["missed"] and len(told(db)) == 1
    target(db, job.id, 0.9)
    assert judge(db, after=10**9) == ["missed"] and len(told(db)) == 2, "another target is another matter"


def test_a_target_that_is_met_is_not_told(db: Database, settings: Settings) -> None:
    job = AuditedJob(db, settings, [SURE] * 60)
    add_hook(db, settings, "http://127.0.0.1:9/")
    target(db, job.id, 0.5)
    job.review(job.draw(40), lambda _face: Label.WITH_MASK)
    assert judge(db) == ["met"] and told(db) == []


def test_what_was_decided_meanwhile_has_it_judged_again(db: Database, settings: Settings) -> None:
    job = AuditedJob(db, settings, [SURE] * 60)
    add_hook(db, settings, "http://127.0.0.1:9/")
    target(db, job.id, 0.95)
    sample = job.draw(40)
    faces = job.review(sample, lambda _face: Label.WITHOUT_MASK, most=25)
    with db.read() as session:
        judgement = judge_target_of(session, job.id)
    assert judgement is not None
    choice: Choice = Label.WITH_MASK
    with db.write() as session:
        add_decision(session, faces[0], choice, Origin(account_id=job.owner, queue="results"))
    with db.write() as session:
        assert not save_judgement(session, judgement)
        assert session.get_one(ShareTarget, job.id).judged is None
    assert told(db) == []
