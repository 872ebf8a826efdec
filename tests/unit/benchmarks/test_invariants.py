"""The checks after a chaos run say what is wrong, each in its own column of the table."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

import core.job_kinds  # noqa: F401 (declares the kinds)
from benchmarks.chaos.invariants import Findings, find_wrong
from benchmarks.chaos.results import Expected
from core.crawl.job_kind import CRAWL
from core.crawl.options import CrawlOptions
from core.database import Database, read_clock
from core.datasets.importing.job_kind import IMPORT, ImportOptions
from core.library.files.store import photo_store
from core.predict.job_kind import PREDICT
from core.predict.options import PredictOptions
from core.predict.report_stage import REPORT_STAGE, STANDARD_REPORTS
from core.review.job_kind import REVIEW, FillOptions
from core.settings import Settings
from models import (
    Batch,
    BatchState,
    ClassifierVersion,
    CrawlHit,
    CrawlSearch,
    Dataset,
    Decision,
    Extraction,
    Face,
    HitOutcome,
    ItemState,
    Job,
    JobPhoto,
    JobPhotoState,
    JobState,
    Label,
    Photo,
    Prediction,
    QueueState,
    RemovedPhoto,
    Report,
    ReportState,
    ReviewItem,
    ReviewQueue,
    ReviewReason,
    Source,
    SourceKind,
    Takedown,
    TakedownBy,
)

_KEY = "yunet"
#: Photos of each job.
_PREDICTED, _IMPORTED, _CRAWLED = ("a.jpg", "b.jpg"), ("c.jpg",), ("http://h/d.jpg",)


@pytest.fixture
def expected(db: Database, settings: Settings) -> Expected:
    """A run in which all went well: a prediction with reports, an import, a crawl, a queue."""
    settings.data.mkdir()
    with db.write() as session:
        return _Rows(session, settings).write()


class _Rows:
    def __init__(self, session: Session, settings: Settings) -> None:
        self._session, self._settings, self._now = session, settings, read_clock(session)

    def write(self) -> Expected:
        champion = ClassifierVersion(name="v", sha256="c" * 64, champion=True, card={}, created_at=self._now)
        dataset = Dataset(
            title="d",
            content_sha256="d" * 64,
            options={},
            faces=0,
            photos=0,
            counts={},
            licences={},
            created_at=self._now,
        )
        self._add(champion, dataset)
        predict = self._job(PREDICT.name, PredictOptions(folder="/p").to_json(), _PREDICTED, with_mask=2)
        predict.classifier_version_id = champion.id
        importing = self._job(IMPORT.name, ImportOptions(folder="/i").to_json(), _IMPORTED, with_mask=1)
        crawl = self._job(CRAWL.name, CrawlOptions(pages=("http://h/",)).to_json(), _CRAWLED)
        for face in self._session.scalars(select(Face)).all():
            self._add(_prediction(face.id, champion.id))
        self._decide(importing)
        self._search(crawl)
        self._reports(predict)
        self._removal()
        review = self._queue()
        return Expected(
            jobs={
                PREDICT.name: predict.id,
                IMPORT.name: importing.id,
                CRAWL.name: crawl.id,
                REVIEW.name: review.id,
            },
            names={
                predict.id: frozenset(_PREDICTED),
                importing.id: frozenset(_IMPORTED),
                crawl.id: frozenset(_CRAWLED),
            },
            dataset_id=dataset.id,
            champion_id=champion.id,
        )

    def _add(self, *rows: object) -> None:
        self._session.add_all(rows)
        self._session.flush()

    def _job(self, kind: str, options: dict, names: tuple[str, ...], *, with_mask: int = 0) -> Job:
        job = Job(
            kind=kind,
            state=JobState.DONE,
            stage="report",
            title=kind,
            options=options,
            created_at=self._now,
            listed=True,
            photos_found=len(names),
            photos_done=len(names),
            faces_with_mask=with_mask,
            detector_key=_KEY if with_mask else None,
        )
        self._add(job)
        for position, name in enumerate(names):
            photo = self._photo(job, name)
            self._add(
                JobPhoto(
                    job_id=job.id,
                    position=position,
                    locator=name.encode(),
                    name=name,
                    photo_id=photo.id,
                    state=JobPhotoState.DONE,
                    faces=bool(with_mask),
                    with_mask=bool(with_mask),
                    without_mask=0,
                    incorrect=0,
                    indeterminate=0,
                )
            )
            if with_mask:
                self._add(
                    _face(photo, 0),
                    Extraction(photo_id=photo.id, detector_key=_KEY, faces=1, created_at=self._now),
                )
        return job

    def _photo(self, job: Job, name: str) -> Photo:
        data = name.encode()
        photo = Photo(
            sha256=hashlib.sha256(data).hexdigest(),
            bytes=len(data),
            width=9,
            height=9,
            format="JPEG",
            stored=job.kind == CRAWL.name,
            created_at=self._now,
        )
        self._add(photo)
        path = photo_store(self._settings).path_of(photo.sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self._add(
            Source(
                photo_id=photo.id,
                kind=SourceKind.CRAWL,
                location=data,
                name=name,
                host="h",
                job_id=job.id,
                location_sha256=hashlib.sha256(data).digest(),
                created_at=self._now,
            )
        )
        return photo

    def _decide(self, job: Job) -> None:
        read = select(JobPhoto.photo_id).where(JobPhoto.job_id == job.id)
        for face in self._session.scalars(select(Face).where(Face.photo_id.in_(read))).all():
            self._add(
                Decision(
                    face_id=face.id,
                    label=Label.WITH_MASK,
                    queue="import",
                    job_id=job.id,
                    created_at=self._now,
                )
            )

    def _search(self, job: Job) -> None:
        search = CrawlSearch(
            job_id=job.id, number=0, source="page", query="http://h/", asked=9, found=1, fetched=1
        )
        self._add(search)
        self._add(
            CrawlHit(
                job_id=job.id,
                position=0,
                search_id=search.id,
                file_sha256=b"1" * 32,
                outcome=HitOutcome.FETCHED,
            )
        )

    def _reports(self, job: Job) -> None:
        folder = self._settings.data / "reports" / str(job.id)
        folder.mkdir(parents=True)
        for fmt in STANDARD_REPORTS:
            (folder / fmt.value).write_text("photo\na.jpg\nb.jpg\n")
            self._add(
                Report(
                    job_id=job.id,
                    format=fmt,
                    state=ReportState.READY,
                    path=f"{job.id}/{fmt.value}",
                    bytes=(folder / fmt.value).stat().st_size,
                    created_at=self._now,
                )
            )

    def _removal(self) -> None:
        takedown = Takedown(by=TakedownBy.HOST, target="h", photos=1, created_at=self._now)
        self._add(takedown)
        self._add(RemovedPhoto(sha256="e" * 64, takedown_id=takedown.id))

    def _queue(self) -> Job:
        job = Job(
            kind=REVIEW.name,
            state=JobState.DONE,
            stage="stack",
            title="q",
            created_at=self._now,
            listed=True,
            options=FillOptions(queue_id=1).to_json(),
        )
        self._add(job)
        face_id = self._session.scalars(select(Face.id)).first()
        queue = ReviewQueue(
            title="q", state=QueueState.OPEN, options={}, job_id=job.id, items=1, created_at=self._now
        )
        self._add(queue)
        self._add(_item(queue.id, face_id, seat=0))
        return job


def _face(photo: Photo, ordinal: int) -> Face:
    return Face(
        photo_id=photo.id,
        detector_key=_KEY,
        ordinal=ordinal,
        x1=1,
        y1=1,
        x2=5,
        y2=5,
        score=0.9,
        landmarks=[],
        created_at=photo.created_at,
    )


def _prediction(face_id: int, version_id: int) -> Prediction:
    return Prediction(
        face_id=face_id,
        classifier_version_id=version_id,
        label=Label.WITH_MASK,
        with_mask=1,
        without_mask=0,
        incorrect=0,
        not_a_face=0,
    )


def _item(queue_id: int, face_id: int, *, seat: int) -> ReviewItem:
    return ReviewItem(
        queue_id=queue_id,
        face_id=face_id,
        seat=seat,
        rank=0,
        reason=ReviewReason.ALL,
        state=ItemState.WAITING,
    )


def look(db: Database, settings: Settings, expected: Expected) -> Findings:
    with db.read() as session:
        return find_wrong(session, settings, expected)


def test_a_run_in_which_all_went_well_has_no_findings(
    db: Database, settings: Settings, expected: Expected
) -> None:
    found = look(db, settings, expected)
    assert (found.photos, found.done, found.lines) == (4, 4, ())


def one(session: Session, table: type) -> object:
    return session.scalars(select(table).order_by(table.id)).first()


def lose_a_row(session: Session) -> None:
    session.execute(delete(JobPhoto).where(JobPhoto.name == "b.jpg"))
    session.execute(
        update(Job).where(Job.kind == PREDICT.name).values(photos_found=1, photos_done=1, faces_with_mask=1)
    )


def fail_a_photo(session: Session) -> None:
    row = session.scalars(select(JobPhoto).where(JobPhoto.name == "http://h/d.jpg")).one()
    row.state, row.error_code, row.photo_id = JobPhotoState.FAILED, "worker_lost", None
    session.execute(update(Job).where(Job.id == row.job_id).values(photos_done=0, photos_failed=1))


def lose_a_prediction(session: Session) -> None:
    session.delete(one(session, Prediction))


def lose_a_decision(session: Session) -> None:
    session.delete(one(session, Decision))


def lose_a_source(session: Session) -> None:
    session.execute(delete(Source).where(Source.name == "http://h/d.jpg"))


def lose_a_report(session: Session) -> None:
    one(session, Report).state = ReportState.FAILED


def close_a_queue(session: Session) -> None:
    one(session, ReviewQueue).state = QueueState.FILLING


@pytest.mark.parametrize(
    ("corrupt", "told"),
    [
        (lose_a_row, "b.jpg is not done (no row)"),
        (fail_a_photo, "d.jpg is not done (worker_lost)"),
        (lose_a_prediction, "no prediction for face"),
        (lose_a_decision, "no decision for photo"),
        (lose_a_source, "no source for photo"),
        (lose_a_report, "no report faces.csv"),
        (close_a_queue, "(review) has made nothing"),
    ],
)
def test_what_is_missing_is_lost(
    db: Database, settings: Settings, expected: Expected, corrupt: Callable[[Session], None], told: str
) -> None:
    with db.write() as session:
        corrupt(session)
    found = look(db, settings, expected)
    assert len(found.lost) == 1 and told in found.lost[0]
    assert (found.doubled, found.miscounted, found.unfinished) == ((), (), ())


def test_a_file_that_is_missing_is_lost(db: Database, settings: Settings, expected: Expected) -> None:
    photo_store(settings).path_of(hashlib.sha256(b"http://h/d.jpg").hexdigest()).unlink()
    (settings.data / "reports" / str(expected.jobs[PREDICT.name]) / "report.html").unlink()
    found = look(db, settings, expected)
    assert [line.split(":")[-1].split()[:3] for line in found.lost] == [
        ["no", "report", "report.html"],
        ["no", "file", "of"],
    ]


def test_a_removed_photo_is_not_lost_and_its_file_must_be_gone(
    db: Database, settings: Settings, expected: Expected
) -> None:
    with db.write() as session:
        row = session.scalars(select(JobPhoto).where(JobPhoto.name == "http://h/d.jpg")).one()
        photo_id = row.photo_id
        row.state, row.error_code, row.photo_id, row.name = (
            JobPhotoState.FAILED,
            "photo_removed",
            None,
            "removed",
        )
        session.flush()
        session.execute(delete(Photo).where(Photo.id == photo_id))
        job = session.get_one(Job, row.job_id)
        job.photos_done, job.photos_failed, job.photos_removed = 0, 1, 1
        sha256 = hashlib.sha256(b"http://h/d.jpg").hexdigest()
        session.execute(update(RemovedPhoto).values(sha256=sha256))
    removing = replace(expected, jobs=expected.jobs | {"remove": expected.jobs[CRAWL.name]})
    found = look(db, settings, removing)
    assert (found.done, found.lines) == (4, (f"not removed: file of photo {sha256}",))
    photo_store(settings).path_of(sha256).unlink()
    assert look(db, settings, removing).lines == ()


def repeat_a_photo(session: Session) -> None:
    session.execute(update(JobPhoto).where(JobPhoto.name == "b.jpg").values(name="a.jpg"))


def repeat_a_face(session: Session) -> None:
    face, version = one(session, Face), one(session, ClassifierVersion)
    session.add(again := _face(session.get_one(Photo, face.photo_id), 1))
    session.flush()
    session.add(_prediction(again.id, version.id))
    session.execute(update(Extraction).where(Extraction.photo_id == face.photo_id).values(faces=2))


def repeat_a_decision(session: Session) -> None:
    first = one(session, Decision)
    session.add(
        Decision(
            face_id=first.face_id,
            label=first.label,
            queue="import",
            job_id=first.job_id,
            created_at=first.created_at,
        )
    )


def repeat_a_version(session: Session) -> None:
    session.add(ClassifierVersion(name="w", sha256="f" * 64, card={}, created_at=read_clock(session)))


@pytest.mark.parametrize(
    ("corrupt", "told"),
    [
        (repeat_a_photo, "2 times a.jpg"),
        (repeat_a_face, "face of photo"),
        (repeat_a_decision, "decision of"),
        (repeat_a_version, "classifier_version: 2 instead of 1"),
    ],
)
def test_what_is_there_twice_is_doubled(
    db: Database, settings: Settings, expected: Expected, corrupt: Callable[[Session], None], told: str
) -> None:
    with db.write() as session:
        corrupt(session)
    found = look(db, settings, expected)
    assert len(found.doubled) == 1 and told in found.doubled[0]
    assert (found.miscounted, found.unfinished) == ((), ())


def test_a_line_that_a_report_has_twice_is_doubled(
    db: Database, settings: Settings, expected: Expected
) -> None:
    path = settings.data / "reports" / str(expected.jobs[PREDICT.name]) / "photos.csv"
    path.write_text("photo\na.jpg\na.jpg\n")
    assert [
        line.endswith("2 lines of a.jpg in photos.csv") for line in look(db, settings, expected).doubled
    ] == [True]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("table", "column", "told"),
    [
        (Job, "photos_found", "photos_found is 3, rows say 2"),
        (Job, "photos_done", "photos_done is 3, rows say 2"),
        (Job, "photos_failed", "photos_failed is 1, rows say 0"),
        (Job, "photos_removed", "photos_removed is 1, rows say 0"),
        (Job, "photos_without_face", "photos_without_face is 1, rows say 0"),
        (Job, "faces_with_mask", "faces_with_mask is 3, rows say 2"),
        (Job, "faces_without_mask", "faces_without_mask is 1, rows say 0"),
        (Job, "faces_incorrect", "faces_incorrect is 1, rows say 0"),
        (Job, "faces_indeterminate", "faces_indeterminate is 1, rows say 0"),
        (Job, "batches_open", "batches_open is 1, rows say 0"),
        (Job, "batches_quarantined", "batches_quarantined is 1, rows say 0"),
        (Job, "steps_done", "steps_done is 1, steps_found 0"),
        (CrawlSearch, "found", "found is 2, rows say 1"),
        (CrawlSearch, "fetched", "fetched is 2, rows say 1"),
        (CrawlSearch, "broken", "broken is 1, rows say 0"),
        (ReviewQueue, "items", "items is 2, rows say 1"),
        (ReviewQueue, "items_decided", "items_decided is 1, rows say 0"),
        (Dataset, "faces", "dataset 1: says 1, has 0"),
        (Extraction, "faces", "extraction 1: says 2, has 1"),
        (Takedown, "photos", "removal 1: says 2, has 1"),
    ],
)
def test_a_counter_that_is_not_the_number_of_its_rows_is_wrong(
    db: Database, settings: Settings, expected: Expected, table: type, column: str, told: str
) -> None:
    with db.write() as session:
        row = one(session, table)
        setattr(row, column, getattr(row, column) + 1)
    found = look(db, settings, expected)
    assert len(found.miscounted) == 1 and told in found.miscounted[0]
    assert (found.lost, found.doubled, found.unfinished) == ((), (), ())


def fail_a_job(session: Session) -> None:
    job = session.scalars(select(Job).where(Job.kind == REVIEW.name)).one()
    job.state, job.error_message = JobState.FAILED, "no more"


def leave_a_job(session: Session) -> None:
    session.scalars(select(Job).where(Job.kind == REVIEW.name)).one().state = JobState.RUNNING


def delete_a_job(session: Session) -> None:
    job = session.scalars(select(Job).where(Job.kind == REVIEW.name)).one()
    job.deleted_at = job.purged_at = read_clock(session)
    session.add(
        Batch(
            job_id=job.id,
            kind=REPORT_STAGE.name,
            sequence=0,
            state=BatchState.DONE,
            not_before=job.created_at,
        )
    )


@pytest.mark.parametrize(
    ("corrupt", "told"),
    [
        (fail_a_job, "(review) is failed at stack: no more"),
        (leave_a_job, "(review) is running at stack: -"),
        (delete_a_job, "(review) is not purged"),
    ],
)
def test_a_job_that_did_not_end_by_itself_needs_a_hand(
    db: Database, settings: Settings, expected: Expected, corrupt: Callable[[Session], None], told: str
) -> None:
    with db.write() as session:
        corrupt(session)
    found = look(db, settings, expected)
    assert len(found.unfinished) == 1 and told in found.unfinished[0]
    assert (found.lost, found.doubled, found.miscounted) == ((), (), ())
