"""Labels that imports of earlier releases assumed are marked, so that they can be seen and taken back."""

import pytest
from alembic import command
from sqlalchemy import select

from core.accounts import ensure_owner
from core.database import Database, read_clock
from core.datasets.importing.job_kind import IMPORT
from core.datasets.importing.queries import read_summary
from core.settings import Settings
from models import Decision, Face, Job, JobPhoto, JobPhotoState, JobState, Label, Photo
from workers.migrating import alembic_config, migrate

BOX = [1.0, 2.0, 30.0, 40.0]
#: What the set says of a photo, and whether `not_a_face` of it was assumed.
CASES = [
    ({"boxes": [[*BOX, "with_mask", None]]}, True),
    ({"boxes": []}, True),
    ({"boxes": [[*BOX, "with_mask", None], [*BOX, "not_a_face", None]]}, False),
    ({"label": "not_a_face", "mask_kind": None}, False),
]


@pytest.fixture
def old(settings: Settings) -> Database:
    """One photo and one imported `not_a_face` per case."""
    settings.data.mkdir()
    migrate(settings)
    db = Database(settings.sql_url)
    with db.write() as rows:
        now = read_clock(rows)
        job = Job(
            kind=IMPORT.name, state=JobState.DONE, stage="import", title="", options={"folder": "/set"},
            account_id=ensure_owner(rows).id, created_at=now,
        )  # fmt: skip
        rows.add(job)
        rows.flush()
        for number, (truth, _) in enumerate(CASES):
            photo = Photo(
                sha256=str(number) * 64, bytes=1, width=60, height=60, format="JPEG", created_at=now
            )
            rows.add(photo)
            rows.flush()
            face = Face(
                photo_id=photo.id, detector_key="told", ordinal=0, x1=1, y1=2, x2=30, y2=40, score=0.7,
                landmarks=[], created_at=now,
            )  # fmt: skip
            listed = JobPhoto(
                job_id=job.id, position=number, locator=b"a", name="a", truth=truth, photo_id=photo.id,
                state=JobPhotoState.DONE,
            )  # fmt: skip
            rows.add_all([face, listed])
            rows.flush()
            rows.add(
                Decision(
                    face_id=face.id, label=Label.NOT_A_FACE, queue="import", job_id=job.id, created_at=now
                )
            )
    return db


def test_old_labels_are_marked(old: Database, settings: Settings) -> None:
    command.downgrade(alembic_config(settings), "0011")
    migrate(settings)
    with old.read() as session:
        assumed = list(session.scalars(select(Decision.assumed).order_by(Decision.id)))
        assert assumed == [expected for _, expected in CASES]
        assert read_summary(session, 1).assumed == 2
    old.dispose()
