"""Handler that writes the report files of a job."""

import time
from collections.abc import Mapping, Sequence

from core.audit.pack_contents import read_pack_contents
from core.database import read_clock
from core.errors import InputError, MaskloopError, PermanentError
from core.groups.shares_view import shares_reader
from core.jobs.finish import finish_batch
from core.jobs.store import add_event
from core.library.pictures.anonymise import Anonymise, Cover, read_covers
from core.library.queries import read_photo_bytes
from core.predict.options import PredictOptions
from core.predict.report_stage import REPORT_STAGE, report_files, report_place
from core.results.reports.queries import get_reports, iterate_photo_rows, read_job_view
from core.results.reports.rows import PhotoRow
from core.results.reports.store import (
    announce_reports,
    end_report,
    fail_report,
    report_path,
    save_progress,
)
from core.results.reports.write import WrittenReports, write_reports
from core.storage.inputs import input_buckets
from core.storage.named_files import transfer_seconds
from models import EventLevel, Job, Photo, Report, ReportFormat
from workers.engine import BatchRun, handles


class _Progress:
    """Saves the progress of reports at most once a second, and stops the batch when asked to."""

    def __init__(self, run: BatchRun, report_ids: Sequence[int]) -> None:
        self._run, self._report_ids, self._saved_at = run, report_ids, time.monotonic()

    def __call__(self, rows: int) -> None:
        self._run.check()
        if time.monotonic() - self._saved_at >= 1:
            self._saved_at = time.monotonic()
            self._run.write(lambda session: save_progress(session, self._report_ids, rows))


def _copy_reports(
    run: BatchRun,
    place: str | None,
    reports: Sequence[Report],
    written: WrittenReports,
    published: Mapping[ReportFormat, str],
) -> MaskloopError | None:
    """Copy the files to the bucket that the job names; an error that another try would not mend."""
    if not place:
        return None
    try:
        objects = input_buckets(run.settings).open(place)
        for report in reports:
            if (file := written.files.get(report.format)) is not None:
                path = report_files(run.settings).local(published[report.format], file.sha256)
                with run.transfer(transfer_seconds(file.bytes)):
                    objects.put(path, f"job-{report_place(report)}")
    except (InputError, PermanentError) as error:
        return error
    return None


@handles(REPORT_STAGE)
def write_report_files(run: BatchRun) -> None:
    """Write the batch's report files in one pass over the job's rows, and save their sizes and hashes."""
    report_ids = REPORT_STAGE.payload_of(run.claim).report_ids
    with run.db.read() as session:
        # Before the first row is read: what is said from now on may be missing in the files.
        read_at = read_clock(session)
        job = session.get_one(Job, run.claim.job_id)
        reports = get_reports(session, report_ids)
    written = run.compute(lambda: _write(run, job, reports))
    files, published = report_files(run.settings), dict[ReportFormat, str]()
    for report in reports:
        if (file := written.files.get(report.format)) is not None:
            with run.transfer(transfer_seconds(file.bytes)):
                published[report.format] = files.publish(report_place(report), file.sha256)
    ids = {report.format: report.id for report in reports}
    not_copied = _copy_reports(
        run, PredictOptions.from_json(job.options).reports_to, reports, written, published
    )
    with run.db.write() as session:
        if not_copied is not None:
            add_event(session, job.id, EventLevel.ERROR, not_copied.code, not_copied.message)
        for fmt, file in written.files.items():
            end_report(session, ids[fmt], file, published=published[fmt], read_at=read_at)
        for fmt, error in written.failed.items():
            fail_report(session, ids[fmt], error)
        announce_reports(session, run.claim.job_id, report_ids)
        finish_batch(session, run.claim)


def _write(run: BatchRun, job: Job, reports: Sequence[Report]) -> WrittenReports:
    names_people = any(report.names_people for report in reports)
    how = Anonymise(reports[0].anonymise) if reports else Anonymise.NONE
    with run.db.read() as session:

        def read_photo_covers(row: PhotoRow) -> tuple[Cover, ...]:
            return read_covers(session, [row.photo_id or 0], how).get(row.photo_id or 0, ())

        def open_bytes(row: PhotoRow) -> bytes:
            photo = session.get_one(Photo, row.photo_id)
            return read_photo_bytes(session, run.settings, photo)

        return write_reports(
            {report.format: report_path(run.settings, report) for report in reports},
            read_job_view(session, job, names_people=names_people),
            iterate_photo_rows(session, job, names_people=names_people),
            progress=_Progress(run, [report.id for report in reports]),
            open_bytes=open_bytes,
            read_covers=read_photo_covers,
            read_shares=shares_reader(session, job, each=run.check),
            read_contents=lambda: read_pack_contents(session, run.settings, job),
        )
