"""A job of a million photos, written straight into a database: what pages must stay fast with."""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.accounts import ensure_owner
from core.predict.job_kind import PREDICT, PREDICT_STAGE
from models import ClassifierVersion, Job, JobState

#: 0.1% incorrect, 1% failed, 5% without a face, one face in each of the others.
_ROWS = (
    """
    INSERT INTO photo (id, sha256, bytes, width, height, format, frames, stored, created_at)
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count)
    SELECT i + 1, printf('%064x', i), 50000, 960, 640, 'JPEG', 1, 0, :now FROM n
    """,
    """
    INSERT INTO job_photo (job_id, position, locator, name, state, photo_id, error_code, error_message,
        faces, with_mask, without_mask, incorrect, indeterminate, least_confidence)
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count)
    SELECT :job, i, CAST('a' AS BLOB), printf('folder-%03d/photo-%07d.jpg', i / 1000, i),
        iif(i % 100 = 7, 'failed', 'done'), iif(i % 100 = 7, NULL, i + 1),
        iif(i % 100 = 7, 'photo_truncated', NULL), iif(i % 100 = 7, 'The file ends early.', NULL),
        i % 100 <> 7 AND i % 20 <> 3,
        i % 100 <> 7 AND i % 20 <> 3 AND i % 3 <> 0 AND i % 1000 <> 1,
        i % 100 <> 7 AND i % 20 <> 3 AND i % 3 = 0 AND i % 1000 <> 1, i % 1000 = 1, 0,
        iif(i % 100 = 7 OR i % 20 = 3, NULL, iif(i = 999000, 0.41, 0.7 + (i % 30) / 100.0)) FROM n
    """,
    """
    INSERT INTO face (id, photo_id, detector_key, ordinal, x1, y1, x2, y2, score, landmarks, created_at)
    SELECT photo_id, photo_id, 'yunet', 0, 100, 100, 180, 200, 0.9, '[]', :now FROM job_photo WHERE faces = 1
    """,
    """
    INSERT INTO prediction
        (face_id, classifier_version_id, label, with_mask, without_mask, incorrect, not_a_face)
    SELECT id, 1, 'with_mask', 0.9, 0.05, 0.03, 0.02 FROM face
    """,
    """
    INSERT INTO batch (job_id, kind, sequence, first_position, last_position, payload, state, attempts,
        not_before, claimed_at, finished_at)
    SELECT :job, 'predict', position, position, position + 31, '{}', 'done', 1, :now, :now, :now
    FROM job_photo WHERE position % 32 = 0
    """,
)


def insert_million(session: Session, count: int = 1_000_000) -> int:
    """Write the job with its photos, faces and predictions (SQLite only); the job's id."""
    now = datetime.now(UTC)
    account = ensure_owner(session)
    session.add(ClassifierVersion(name="v1", sha256="0" * 64, champion=True, card={}, created_at=now))
    session.flush()
    failed = count // 100
    job = Job(
        kind=PREDICT.name, state=JobState.RUNNING, stage=PREDICT_STAGE.name, title="A million photos",
        options={"folder": "/photos"}, account_id=account.id, classifier_version_id=1, detector_key="yunet",
        created_at=now, started_at=now, listed=True, photos_found=count, photos_done=count - failed,
        photos_failed=failed, photos_without_face=count // 20, faces_with_mask=626_000,
        faces_without_mask=313_000, faces_incorrect=1_000,
    )  # fmt: skip
    session.add(job)
    session.flush()
    values = {"count": count, "job": job.id, "now": now.replace(tzinfo=None).isoformat(" ")}
    for statement in _ROWS:
        session.execute(text(statement), {key: values[key] for key in values if f":{key}" in statement})
    return job.id
