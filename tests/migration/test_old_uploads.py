"""Uploads of earlier releases expire as before, and those that jobs read can be read again."""

from datetime import timedelta

from alembic import command
from sqlalchemy import func, select

from core.accounts import ensure_owner
from core.database import Database, read_clock
from core.library.uploads import close_upload, open_upload
from core.settings import Settings
from models import Job, JobState, Upload, UploadFile
from workers.migrating import alembic_config, migrate


def test_old_uploads_expire_and_those_of_jobs_do_not(settings: Settings) -> None:
    settings.data.mkdir()
    migrate(settings)
    db = Database(settings.sql_url)
    with db.write() as rows:
        account_id, now = ensure_owner(rows).id, read_clock(rows)
        read, waiting = (open_upload(rows, account_id) for _ in range(2))
        for upload in (read, waiting):
            upload.created_at = now - timedelta(days=9)
            for number, missing in ((0, 0), (1, 5)):
                rows.add(
                    UploadFile(
                        upload_id=upload.id, ordinal=number, locator=b"a", name="a", bytes=9, missing=missing
                    )
                )
        rows.add(
            Job(
                kind="predict", state=JobState.DONE, stage="list", title="", account_id=account_id,
                options={"upload_id": read.id}, created_at=now,
            )
        )  # fmt: skip
        ids = read.id, waiting.id
    command.downgrade(alembic_config(settings), "0029")
    migrate(settings)
    with db.write() as rows:
        read, waiting = (rows.get_one(Upload, upload_id) for upload_id in ids)
        assert (read.closed_at is not None, waiting.closed_at) == (True, None)
        assert waiting.expires_at == waiting.created_at + timedelta(days=2)
        close_upload(rows, read.id)
        assert rows.scalars(select(func.count()).select_from(UploadFile)).one() == 2, (
            "what had not arrived is gone"
        )
    db.dispose()
