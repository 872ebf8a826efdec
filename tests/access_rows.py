"""Two series with a job, photos, faces and a queue each; what is of the second is named `zzhidden`."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounts import account_named, add_account, ensure_owner
from core.database import Database, read_clock
from core.labels.decisions import Origin, add_decision
from core.predict.job_kind import PREDICT
from core.review.store import add_flag, set_gold
from models import (
    THIRD_SLOT,
    Account,
    DownloadLink,
    EventLevel,
    Face,
    ItemState,
    Job,
    JobEvent,
    JobPhoto,
    JobPhotoState,
    Label,
    Overlap,
    Report,
    ReportFormat,
    ReportState,
    ReviewItem,
    ReviewQueue,
    ReviewReason,
    Role,
    RunState,
    Schedule,
    ScheduleRun,
    Source,
    SourceKind,
)
from tests.duplicate_rows import add_group
from tests.review_rows import add_queue
from tests.unit.web.finished_job import add_finished_job

#: In every name of the series that limited accounts do not have.
HIDDEN = "zzhidden"


@dataclass(frozen=True, kw_only=True)
class Series:
    """Numbers of a series and what belongs to it."""

    schedule: int
    job: int
    queue: int
    photos: tuple[int, ...]
    faces: tuple[int, ...]


def add_two_series(database: Database, folder: Path) -> tuple[Series, Series]:
    """The series that limited accounts have, and the other one."""
    return add_series(database, folder / "seen", "Seen", 10), add_series(
        database, folder / HIDDEN, HIDDEN, 90
    )


def add_series(database: Database, folder: Path, name: str, shade: int, *, photos: int = 6) -> Series:
    """A schedule with one job over photos of its own, and a queue of their faces."""
    for position in range(photos):
        path = folder / "day" / f"photo-{position:04}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (60, 40), (shade, 10 * position, shade)).save(path)
    job_id = add_finished_job(database, folder, photos=photos)
    with database.write() as rows:
        who = Account(name=f"{name}-lead", role=Role.LEAD, created_at=read_clock(rows))
        rows.add(who)
        rows.flush()
        job = rows.get_one(Job, job_id)
        job.title, job.account_id = f"{name} survey", who.id
        event = {"at": job.created_at, "level": EventLevel.INFO, "event": "started"}
        rows.add(JobEvent(job_id=job_id, message=f"{name} has begun", **event))
        schedule = add_schedule_of(rows, job)
        rows.get_one(Schedule, schedule).title = f"{name} schedule"
        photo_ids = _photos(rows, job_id)
        for source in rows.scalars(select(Source).where(Source.photo_id.in_(photo_ids))):
            source.job_id = job_id
        faces = list(rows.scalars(select(Face.id).where(Face.photo_id.in_(photo_ids)).order_by(Face.id)))
        queue = add_queue(rows, faces)
        rows.get_one(ReviewQueue, queue).title = f"{name} queue"
    return Series(schedule=schedule, job=job_id, queue=queue, photos=photo_ids, faces=tuple(faces))


def add_schedule_of(rows: Session, job: Job) -> int:
    """A schedule that has started this job; its number."""
    schedule = Schedule(
        title="Schedule", kind=PREDICT.name, options=job.options, cron="0 6 * * *", time_zone="UTC",
        overlap=Overlap.SKIP, created_at=job.created_at,
    )  # fmt: skip
    rows.add(schedule)
    rows.flush()
    add_run(rows, schedule.id, job)
    return schedule.id


def entangle(database: Database, seen: Series, hidden: Series) -> None:
    """What people and jobs of the second series have done to a photo of the first, which tells of them."""
    with database.write() as rows:
        other = account_named(rows, f"{HIDDEN}-lead")
        now, photo, face = read_clock(rows), seen.photos[1], seen.faces[1]
        name = f"/{HIDDEN}/{HIDDEN}.jpg".encode()
        found = {"photo_id": photo, "kind": SourceKind.FOLDER, "created_at": now, "name": name.decode()}
        place = {"location": name, "location_sha256": sha256(name).digest(), "host": f"{HIDDEN}.example"}
        rows.add(Source(job_id=hidden.job, phrase=HIDDEN, licence=HIDDEN, **found, **place))
        state = {"position": 99, "state": JobPhotoState.DONE}
        rows.add(JobPhoto(job_id=hidden.job, photo_id=photo, locator=name, name=name.decode(), **state))
        add_decision(rows, face, Label.INCORRECT, Origin(account_id=other.id, queue=f"review {hidden.queue}"))
        add_flag(rows, face, other.id)
        set_gold(rows, face, Label.INCORRECT, account_id=other.id)
        add_group(rows, hidden.photos[0], photo)
        contested = {"face_id": seen.faces[0], "seat": THIRD_SLOT, "reason": ReviewReason.CONFLICT}
        add_decision(rows, seen.faces[0], Label.INCORRECT, Origin(account_id=other.id, queue="results"))
        rows.add(ReviewItem(queue_id=hidden.queue, rank=9, state=ItemState.WAITING, **contested))
        written = {"format": ReportFormat.FACES_CSV, "state": ReportState.READY, "created_at": now}
        report = Report(job_id=seen.job, path="x", bytes=1, **written)
        rows.add(report)
        rows.flush()
        rows.add(DownloadLink(report_id=report.id, account_id=other.id, created_at=now, expires_at=now))


def add_run(rows: Session, schedule_id: int, job: Job) -> None:
    """Have the schedule have started this job."""
    rows.add(
        ScheduleRun(
            schedule_id=schedule_id, planned_at=job.created_at, state=RunState.STARTED, job_id=job.id,
            created_at=job.created_at,
        )
    )  # fmt: skip


def add_limited(rows: Session, name: str, role: Role) -> Account:
    """An account that is limited, and has nothing yet."""
    ensure_owner(rows)
    account = add_account(rows, name, role)
    account.limited = True
    return account


def _photos(rows: Session, job_id: int) -> tuple[int, ...]:
    query = select(JobPhoto.photo_id).where(JobPhoto.job_id == job_id, JobPhoto.photo_id.is_not(None))
    return tuple(sorted(photo for photo in rows.scalars(query) if photo is not None))
