"""Handler that writes the report files of a job."""

import time

from core.jobs.finish import finish_batch
from core.library.queries import read_photo_bytes
from core.predict.report_stage import REPORT_STAGE
from core.results.reports.queries import get_report, iterate_photo_rows, read_job_view
from core.results.reports.rows import PhotoRow
from core.results.reports.store import end_report, report_path, save_progress
from core.results.reports.write import write_report
from models import Job, Photo
from workers.engine import BatchRun, handles


class _Progress:
    """Saves the progress of a report at most once a second, and stops the batch when asked to."""

    def __init__(self, run: BatchRun, report_id: int) -> None:
        self._run, self._report_id, self._saved_at = run, report_id, time.monotonic()

    def __call__(self, rows: int) -> None:
        self._run.check()
        if time.monotonic() - self._saved_at >= 1:
            self._saved_at = time.monotonic()
            with self._run.db.write() as session:
                save_progress(session, self._report_id, rows)


@handles(REPORT_STAGE)
def write_report_file(run: BatchRun) -> None:
    """Write one report file from the job's rows and save its size and hash."""
    report_id = REPORT_STAGE.payload_of(run.claim).report_id
    with run.db.read() as session:
        report = get_report(session, report_id)
        job = session.get_one(Job, run.claim.job_id)

        def open_bytes(row: PhotoRow) -> bytes:
            photo = session.get_one(Photo, row.photo_id)
            return read_photo_bytes(session, run.settings, photo)

        written = write_report(
            report.format,
            read_job_view(session, job),
            iterate_photo_rows(session, job),
            report_path(run.settings, job.id, report.format),
            progress=_Progress(run, report_id),
            open_bytes=open_bytes,
        )
    with run.db.write() as session:
        end_report(session, report_id, written)
        finish_batch(session, run.claim)
