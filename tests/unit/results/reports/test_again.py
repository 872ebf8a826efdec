"""A report is written again: numbered, with what people decided since, and every writing stays."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from core.accounts import ensure_owner
from core.database import Database, read_clock
from core.errors import InputError
from core.jobs.claim import claim_batch
from core.jobs.request import request_like
from core.labels.decisions import Origin
from core.predict.final_counts import refresh_touched
from core.predict.report_stage import REPORT_STAGE, STANDARD_REPORTS
from core.results.reports.changes import Changes, read_changes
from core.results.reports.queries import list_reports, read_newest_reports
from core.results.reports.request import renew_reports, request_report, request_reports
from core.review.answers.outside_decisions import decide_face
from core.schedules.recurrence import Recurrence
from core.schedules.store import Timing, add_schedule
from core.settings import Settings
from models import (
    Batch,
    BatchState,
    Face,
    Job,
    JobPhoto,
    JobState,
    Label,
    Overlap,
    Report,
    ReportFormat,
    ReportState,
    RunState,
    ScheduleRun,
)
from tests.unit.results.reports.made_job import WITH_MASK, MadePhoto, add_job
from tests.unit.web.finished_job import add_finished_job
from workers.drain import drain_job
from workers.engine import BatchRun
from workers.reports import write_report_files

FACES = ReportFormat.FACES_CSV


@pytest.fixture
def job_id(db: Database, tmp_path: Path) -> int:
    return add_finished_job(db, tmp_path / "photos", photos=6)


def _write(db: Database, settings: Settings, job_id: int, **options: bool) -> None:
    with db.write() as session:
        request_reports(session, job_id, (FACES, ReportFormat.JSON_LINES), **options)
    drain_job(settings, job_id, threading.Event())


def _decide(db: Database, label: Label | None, *, who: int | None = None) -> None:
    """Decide the first face of all."""
    with db.write() as session:
        face = session.scalars(select(Face.id).order_by(Face.id).limit(1)).one()
        decide_face(session, face, label, Origin(account_id=who, queue="results"))


def _changes(db: Database, job_id: int) -> Changes | None:
    with db.read() as session:
        return read_changes(session, session.get_one(Job, job_id))


def _texts(db: Database, settings: Settings, job_id: int) -> dict[int, str]:
    """faces.csv by number."""
    with db.read() as session:
        reports = [report for report in list_reports(session, job_id) if report.format is FACES]
    return {r.number: (settings.data / "reports" / (r.path or "")).read_text() for r in reports}


def test_every_writing_is_numbered_and_stays(db: Database, settings: Settings, job_id: int) -> None:
    assert _changes(db, job_id) is None
    _write(db, settings, job_id)
    assert _changes(db, job_id) == Changes(number=1, faces=0, photos=0, at_least=False)
    _decide(db, Label.NOT_A_FACE)
    assert _changes(db, job_id) == Changes(number=1, faces=1, photos=1, at_least=False)
    _write(db, settings, job_id)
    assert _changes(db, job_id) == Changes(number=2, faces=0, photos=0, at_least=False)
    first, second = _texts(db, settings, job_id).values()
    assert ",not_a_face,not_a_face," not in first and ",not_a_face,not_a_face," in second
    with db.read() as session:
        newest = read_newest_reports(session, job_id)
        assert {report.number for report in newest.values()} == {2}
        assert [
            path.name for path in (settings.data / "reports" / str(job_id)).iterdir() if path.is_dir()
        ] == ["2"]


def test_an_undone_decision_is_a_change_too(db: Database, settings: Settings, job_id: int) -> None:
    _decide(db, Label.INCORRECT)
    _write(db, settings, job_id)
    _decide(db, None)
    found = _changes(db, job_id)
    assert found is not None and (found.faces, found.any) == (1, True)


def test_another_job_over_the_same_photos_changes_no_report(
    db: Database, settings: Settings, job_id: int
) -> None:
    _decide(db, Label.INCORRECT)
    _write(db, settings, job_id)
    with db.write() as session:
        photos = session.scalars(select(JobPhoto.photo_id).where(JobPhoto.job_id == job_id)).all()
        refresh_touched(session, [photo_id for photo_id in photos if photo_id is not None])
    changes = _changes(db, job_id)
    assert changes is not None and not changes.any and changes.photos == 0
    _decide(db, Label.WITH_MASK)
    changes = _changes(db, job_id)
    assert changes is not None and (changes.faces, changes.photos) == (1, 1)


def test_names_are_in_the_writing_that_asked_for_them(db: Database, settings: Settings, job_id: int) -> None:
    with db.write() as session:
        owner = ensure_owner(session)
        owner.name = "Ann of Reviews"
        who = owner.id
    _decide(db, Label.INCORRECT, who=who)
    _write(db, settings, job_id)
    _write(db, settings, job_id, names_people=True)
    texts = _texts(db, settings, job_id)
    assert ["Ann of Reviews" in texts[number] for number in (1, 2)] == [False, True]
    assert texts[1].splitlines()[0] + ",decided_by" == texts[2].splitlines()[0]


def test_a_writing_that_failed_gives_its_number_to_the_next(
    db: Database, settings: Settings, job_id: int
) -> None:
    _write(db, settings, job_id)
    with db.write() as session:
        (failed,) = (request_report(session, job_id, FACES),)
        failed.state, failed.error_message = ReportState.FAILED, "No room."
        session.get_one(Job, job_id).state = JobState.DONE
    _write(db, settings, job_id)
    with db.read() as session:
        found = {(r.format, r.number): r.state for r in list_reports(session, job_id)}
    assert found == {
        (fmt, number): ReportState.READY for fmt in (FACES, ReportFormat.JSON_LINES) for number in (1, 2)
    }


def test_a_report_needs_a_job_that_is_done_and_writes_reports(db: Database, job_id: int) -> None:
    with db.write() as session:
        job = session.get_one(Job, job_id)
        job.state = JobState.RUNNING
        with pytest.raises(InputError, match="once the job is done") as refused:
            request_reports(session, job_id)
        assert refused.value.code == "job_state"
        job.state, job.kind = JobState.DONE, "import"
        with pytest.raises(InputError) as refused:
            request_reports(session, job_id)
        assert refused.value.code == "no_reports"


def test_a_schedule_writes_reports_of_earlier_runs_again_where_something_was_decided(
    db: Database, settings: Settings, job_id: int, tmp_path: Path
) -> None:
    untouched = add_job(db, [MadePhoto(name="x.jpg", faces=[WITH_MASK])])
    with db.write() as session:
        session.get_one(Job, untouched).state = JobState.DONE
    for each in (job_id, untouched):
        _write(db, settings, each)
    timing = Timing(recurrence=Recurrence(cron="0 * * * *", time_zone="UTC"), overlap=Overlap.SKIP)
    with db.write() as session:
        schedule = add_schedule(session, request_like(session.get_one(Job, job_id), account_id=None), timing)
        for each in (job_id, untouched):
            planned = read_clock(session).replace(year=2000 + each)
            session.add(ScheduleRun(schedule_id=schedule.id, planned_at=planned, state=RunState.STARTED,
                                    job_id=each, created_at=planned))  # fmt: skip
    _decide(db, Label.INCORRECT)
    with db.write() as session:
        assert renew_reports(session, schedule.id) == [job_id]
        assert renew_reports(session, schedule.id) == []
        requested = select(Report.format).where(Report.job_id == job_id, Report.state == ReportState.WAITING)
        assert set(session.scalars(requested)) == set(STANDARD_REPORTS)


def test_a_killed_writing_leaves_the_earlier_one_and_is_written_by_the_next_attempt(
    db: Database, settings: Settings, job_id: int
) -> None:
    _write(db, settings, job_id)
    before = _texts(db, settings, job_id)
    _decide(db, Label.NOT_A_FACE)
    with db.write() as session:
        request_reports(session, job_id, (FACES,))
        claim = claim_batch(session, worker="dead", lease_seconds=60, kinds=[REPORT_STAGE.name])
    assert claim is not None

    def die() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_report_files(BatchRun(db=db, settings=settings, claim=claim, check=die))
    folder = settings.data / "reports" / str(job_id)
    assert [path for path in (folder / "2").iterdir() if path.suffix == ".csv"] == []
    with db.read() as session:
        assert {report.number for report in read_newest_reports(session, job_id).values()} == {1}
    with db.write() as session:
        batch = session.get_one(Batch, claim.batch_id)
        batch.state, batch.token, batch.lease_until = BatchState.WAITING, None, None
    drain_job(settings, job_id, threading.Event())
    texts = _texts(db, settings, job_id)
    assert texts[1] == before[1] and ",not_a_face,not_a_face," in texts[2]
