"""Every page of the product on a site with rows to show, for tests that walk them all."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from werkzeug.routing import Rule

from core.access.limits import Limits, set_limits
from core.accounts import add_account
from core.boxes.change import BoxChange
from core.boxes.store import apply_change
from core.database import read_clock
from core.events.outbox import write_event
from core.predict.job_kind import PREDICT
from core.review.store import add_flag, set_gold
from core.settings import Settings
from core.webhooks.deliveries import claim_delivery, record_outcome
from core.webhooks.post import Outcome
from core.webhooks.store import EVENTS, add_webhook, rotate_secret
from models import (
    EventType,
    Face,
    FolderWatch,
    Job,
    JobState,
    Label,
    Overlap,
    Role,
    RunState,
    Schedule,
    ScheduleRun,
    Trigger,
    WatchMethod,
    WatchState,
)
from tests.acceptance.live_pages import Site, running_site
from tests.duplicate_rows import add_group
from tests.review_rows import add_queue
from tests.unit.web.finished_job import add_finished_job
from tests.unit.web.test_versions import Setting
from web.factory import create_app

#: What stands for the variable parts of addresses; others are 1.
_EXAMPLES = {
    "account_id": 2,
    "photo_id": 2,
    "position": 1,
    "other_id": 2,
    "label": "with_mask",
    "name": "settings",
    "part": "style",
}
#: For programs; their page is drawn by Swagger UI, not by us, and served as a plain document too.
_FOR_PROGRAMS = "api_v1."
_QUERIES = {"schedules.new": "?job=1"}
#: Further looks of pages: filters, dialogs' opposites, nothing to show.
MORE = (
    "/jobs/1/results?show=failed",
    "/jobs/1/results?show=no_face&error=none_such",
    "/jobs/1/results/5",
    "/jobs/2",
    "/boxes?job=1&show=boxed",
    "/jobs/1/groups?by=pattern&pattern={place}/photo-{number}&field=number",
    "/jobs/1/groups?by=folder&first=day&second=day",
    "/jobs/1/groups?by=hour",
    "/jobs/1/groups?by=hour&zone=Atlantis",
    "/exchange?job=1",
    "/schedules/2",
    "/schedules/2/change",
    "/no-such-page",
)


@contextmanager
def fill_site(folder: Path) -> Iterator[Site]:
    """Photos with predictions, decisions and drawn faces; a job done, one that runs; a measured dataset."""
    with running_site(folder) as site:
        add_finished_job(site.database, site.photos)
        add_finished_job(site.database, site.photos / "more", photos=0)
        with site.database.write() as rows:
            for number, (kind, face, details) in enumerate(_EDITS):
                key = f"00000000-0000-4000-8000-{number:012}"
                sent = {"key": key, "kind": kind, "face": face, **details}
                apply_change(rows, 2, BoxChange.from_json(sent), account_id=1)
            rows.get_one(Job, 2).state = JobState.RUNNING
            rows.add(_schedule(read_clock(rows)))
            rows.flush()
            rows.add(_run(read_clock(rows)))
            rows.add(_watching(read_clock(rows)))
            rows.flush()
            rows.add(_watch(read_clock(rows)))
            faces = list(rows.scalars(select(Face.id).order_by(Face.id)))
            add_queue(rows, faces[:6])
            set_limits(rows, add_account(rows, "ann", Role.REVIEWER), Limits(series=(1,), queues=(1,)))
            set_gold(rows, faces[0], Label.WITH_MASK, account_id=1)
            add_flag(rows, faces[1], 1)
            add_group(rows, 1, 3)
            hook = add_webhook(
                rows, Settings(), name="Web shop", url="https://shop.example/hook", events=EVENTS,
                account_id=1,
            )  # fmt: skip
            for status, error in ((204, ""), (500, "The receiver answered 500.")):
                write_event(rows, EventType.JOB_FINISHED, {"job": {"id": status}})
                outgoing = claim_delivery(rows, lease_seconds=9)
                assert outgoing is not None
                record_outcome(rows, outgoing, Outcome(status=status, milliseconds=12, error=error))
            rotate_secret(rows, hook)
        Setting(site.database)
        yield site


_EDITS = (
    ("label", "2", {"label": "incorrect"}),
    ("draw", "", {"box": [20, 20, 90, 110]}),
    ("draw", "", {"box": [400, 200, 480, 300]}),
)


def _schedule(now: datetime) -> Schedule:
    return Schedule(
        title="Every night", kind=PREDICT.name, options={"folder": "/photos"}, cron="0 3 * * *",
        time_zone="UTC", overlap=Overlap.SKIP, paused=False, next_at=now, account_id=1, created_at=now,
    )  # fmt: skip


def _watching(now: datetime) -> Schedule:
    return Schedule(
        title="New in inbox", kind=PREDICT.name, options={"folder": "/photos/inbox"}, cron="",
        time_zone="UTC", overlap=Overlap.SKIP, trigger=Trigger.NEW_PHOTOS, account_id=1, created_at=now,
    )  # fmt: skip


def _watch(now: datetime) -> FolderWatch:
    return FolderWatch(
        schedule_id=2, options={}, state=WatchState.AWAY, problem_code="folder_not_found",
        problem="There is no folder /photos/inbox.", method=WatchMethod.POLLING, looked_at=now,
        look_seconds=1.5, photos_seen=1234, growing=2, waiting=1, photos_taken=1200, last_taken_at=now,
    )  # fmt: skip


def _run(now: datetime) -> ScheduleRun:
    return ScheduleRun(
        schedule_id=1, planned_at=now, state=RunState.STARTED, job_id=1, created_at=now, note=""
    )


def list_addresses(folder: Path) -> dict[str, str]:
    """Every address of ours that a browser may open, by endpoint."""
    app = create_app(Settings(data=folder / "app", allowed_roots=str(folder)))
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and rule.endpoint != "static"
        and not rule.endpoint.startswith(_FOR_PROGRAMS)
    ]
    with app.test_request_context():
        return {rule.endpoint: _address(rule) for rule in rules}


def _address(rule: Rule) -> str:
    values = {name: _EXAMPLES.get(name, 1) for name in rule.arguments}
    built = rule.build(values)
    assert built is not None, f"{rule.rule} needs an example"
    return built[1] + _QUERIES.get(rule.endpoint, "")
