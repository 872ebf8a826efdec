"""The batches of the report stage."""

from core.database import Database
from core.errors import InputError
from core.predict.report_stage import ReportPayload, add_reports
from core.results.reports.queries import get_reports
from core.results.reports.store import fail_report
from models import Job, JobEvent, Report, ReportFormat, ReportState
from tests.rows import add_predict_job


def test_a_batch_of_an_earlier_version_names_one_report() -> None:
    assert ReportPayload.from_json({"report_id": 7, "extra": True}) == ReportPayload(
        report_ids=(7,), added_later=True
    )
    stored = ReportPayload(report_ids=(7, 8)).to_json()
    assert ReportPayload.from_json(stored).report_ids == (7, 8)


def test_a_failed_file_is_named_in_the_log_of_its_job(db: Database) -> None:
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    with db.write() as session:
        formats = (ReportFormat.HTML, ReportFormat.FACES_CSV)
        ids = [r.id for r in add_reports(session, session.get_one(Job, job_id), formats)]
        fail_report(session, ids[0], InputError("unexpected_error", "ZeroDivisionError: a bug"))
    with db.read() as session:
        assert [r.format for r in get_reports(session, ids)] == [formats[1], formats[0]]
        states = {r.format: (r.state, r.error_message) for r in session.query(Report)}
        assert states[ReportFormat.HTML] == (ReportState.FAILED, "ZeroDivisionError: a bug")
        assert states[ReportFormat.FACES_CSV][0] is ReportState.WAITING
        events = session.query(JobEvent).filter_by(event="unexpected_error").all()
        assert [e.message for e in events] == ["report.html could not be written: ZeroDivisionError: a bug"]
