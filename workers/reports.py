"""The batches that write a job's report files."""

from core.jobs.finish import finish_batch
from core.photos.opening import open_photo_bytes
from core.reports.job_view import read_job_view
from core.reports.rows import PhotoRow, iterate_photo_rows
from core.reports.store import end_report, get_report, report_path
from core.reports.write import write_report
from models import Job, Photo
from workers.engine import BatchRun


def write_report_file(run: BatchRun) -> None:
    """Write one format from the job's rows and note its size and hash."""
    report_id = run.claim.payload["report_id"]
    with run.db.read() as session:
        report = get_report(session, report_id)
        job = session.get_one(Job, run.claim.job_id)

        def open_bytes(row: PhotoRow) -> bytes:
            photo = session.get_one(Photo, row.photo_id)
            return open_photo_bytes(session, run.settings, photo)

        written = write_report(
            report.format,
            read_job_view(session, job),
            iterate_photo_rows(session, job),
            report_path(run.settings, job.id, report.format),
            progress=lambda _rows: run.check(),
            open_bytes=open_bytes,
        )
    with run.db.write() as session:
        end_report(session, report_id, written)
        finish_batch(session, run.claim)
