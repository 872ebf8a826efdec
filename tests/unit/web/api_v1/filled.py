"""A database with a row of everything that the API names, so that the numbers 1 and 2 are found."""

from pathlib import Path

from sqlalchemy import select

from core.accounts import ensure_owner
from core.api_tokens import add_token
from core.database import Database, read_clock
from core.events.outbox import write_event
from core.library.uploads import open_upload
from core.predict.job_kind import PREDICT
from core.settings import Settings
from core.webhooks.store import EVENTS, add_webhook
from models import Account, ApiToken, EventType, Face, Overlap, Role, Schedule, Scope
from tests.duplicate_rows import add_group
from tests.review_rows import add_people, add_queue
from tests.unit.web.finished_job import add_finished_job
from tests.unit.web.test_versions import Setting

#: Ids of the uploads.
UPLOADS = {"old": "1" * 32, "older": "2" * 32}
#: Numbers of the accounts and tokens that call: those that the calls delete are lower.
_CALLERS = 1_000_000


def fill(database: Database, photos: Path) -> None:
    """Jobs, versions with evaluations, a dataset, a queue, a duplicate group, a schedule, a webhook."""
    add_finished_job(database, photos)
    add_finished_job(database, photos / "more", photos=0)
    Setting(database)
    with database.write() as rows:
        owner, now = ensure_owner(rows), read_clock(rows)
        add_people(rows, "ann", "ben")
        for name in ("old", "older"):
            add_token(rows, owner, name=name, scopes=[Scope.READ], days=1)
            open_upload(rows, owner.id).token = UPLOADS[name]
        faces = list(rows.scalars(select(Face.id).order_by(Face.id).limit(6)))
        add_queue(rows, faces)
        add_group(rows, 1, 2)
        rows.add(
            Schedule(
                title="Every night", kind=PREDICT.name, options={"folder": str(photos)}, cron="0 3 * * *",
                time_zone="UTC", overlap=Overlap.SKIP, paused=False, next_at=now, account_id=owner.id,
                created_at=now,
            )
        )  # fmt: skip
        add_webhook(
            rows, Settings(), name="shop", url="https://shop.example/", events=EVENTS, account_id=owner.id
        )
        write_event(rows, EventType.JOB_FINISHED, {"job": {"id": 1}})


def add_caller(database: Database, role: Role, *scopes: Scope) -> str:
    """A token of an account of its own, which no call finds by its number; its secret."""
    with database.write() as rows:
        account = Account(
            id=_CALLERS, name="caller", role=role, created_at=read_clock(rows),
        )  # fmt: skip
        rows.add(account)
        rows.flush()
        token, secret = add_token(rows, account, name="caller", scopes=scopes, days=None)
        token.id = _CALLERS
        rows.flush()
        assert rows.get(ApiToken, _CALLERS) is not None
    return secret
