"""Evidence packs as workers write them: with the report files, the audit sample and its decisions."""

import csv
import io
import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from core.audit.pack_contents import _audit_files
from core.database import Database
from core.evidence.signing import ensure_key, public_pem, read_key
from core.evidence.verify import TrustedKey, verify_pack
from core.groups.grouping import By, Grouping
from core.groups.table import group_table
from core.jobs.claim import claim_batch
from core.library.pictures.anonymise import Anonymise
from core.predict.report_stage import STANDARD_REPORTS, add_reports
from core.results.reports.queries import (
    get_ready_report,
    list_reports,
    read_newest_reports,
    stored_report,
)
from core.results.reports.request import request_evidence, request_reports
from core.settings import Settings
from models import Batch, BatchState, Job, JobState, Label, ReportFormat, ReportState
from tests.audit_rows import BARE, SURE, AuditedJob
from tests.object_store import ObjectStore
from workers.engine import BatchRun
from workers.handlers import HANDLERS
from workers.reports import write_report_files


def audited_job(db: Database, settings: Settings) -> AuditedJob:
    """60 faces, two thirds with mask as predicted; its reports are written."""
    made = AuditedJob(db, settings, [SURE] * 40 + [BARE] * 20)
    ensure_key(settings.data)
    with db.write() as session:
        row = session.get_one(Job, made.id)
        row.faces_with_mask, row.faces_without_mask = 40, 20
        row.state = JobState.RUNNING
        add_reports(session, row, STANDARD_REPORTS)
    made.work()
    return made


@pytest.fixture
def job(db: Database, settings: Settings) -> AuditedJob:
    return audited_job(db, settings)


def _request(job: AuditedJob) -> None:
    with job.db.write() as session:
        request_evidence(session, job.id)


def _path(job: AuditedJob) -> Path:
    with job.db.read() as session:
        reports = {report.format: report for report in list_reports(session, job.id)}
        assert {report.state for report in reports.values()} == {ReportState.READY}, [
            report.error_message for report in reports.values()
        ]
        return job.settings.data / "reports" / str(reports[ReportFormat.EVIDENCE].path)


def _folder(job: AuditedJob) -> Path:
    return job.settings.data / "reports" / str(job.id)


def _trusted(job: AuditedJob) -> TrustedKey:
    return TrustedKey.of(pem=public_pem(read_key(job.settings.data).public_key()))


def test_a_pack_has_the_reports_and_the_audit(job: AuditedJob) -> None:
    sample_id = job.draw(10)
    job.review(sample_id, lambda _face: Label.WITH_MASK, most=6)
    _request(job)
    job.work()
    path = _path(job)
    assert verify_pack(path, _trusted(job)).is_verified
    with ZipFile(path) as pack:
        names = {name.removeprefix("report/") for name in pack.namelist() if name.startswith("report/")}
        assert names == {fmt.value for fmt in STANDARD_REPORTS}
        assert path.parent.name == "2", "faces were decided, so all is written again"
        for fmt in STANDARD_REPORTS:
            assert pack.read(f"report/{fmt.value}") == (path.parent / fmt.value).read_bytes()
        faces = csv.DictReader(io.StringIO(pack.read("report/faces.csv").decode()))
        assert sum(bool(row["decided_label"]) for row in faces) == 6
        rows = list(csv.DictReader(io.StringIO(pack.read("audit/sample.csv").decode())))
        about = json.loads(pack.read("audit/sample.json"))
        software = json.loads(pack.read("about.json"))["software"]
    drawn = job.drawn(sample_id)
    assert [int(row["face_id"]) for row in rows] == [face.face_id for face in drawn]
    assert [row["decided_label"] for row in rows].count("with_mask") == 6
    assert [float(row["chance"]) for row in rows] == [face.chance for face in drawn]
    assert (about["seed"], about["drawn"], about["audited"], about["waiting"]) == (7, 10, 6, 4)
    assert about["shares"]["with_mask"]["raw"] == pytest.approx(2 / 3)
    assert sum(stratum["faces"] for stratum in about["strata"]) == 60
    assert software["onnxruntime"] != "unknown"


def test_the_workbook_shows_the_corrected_share(job: AuditedJob) -> None:
    sample_id = job.draw(40)
    bare = {*job.faces[:40:2], *job.faces[40:]}
    job.review(sample_id, lambda face: Label.WITHOUT_MASK if face in bare else Label.WITH_MASK)
    with job.db.write() as session:
        row = session.get_one(Job, job.id)
        row.state = JobState.RUNNING
        add_reports(session, row, STANDARD_REPORTS)
    job.work()
    with job.db.read() as session:
        newest = read_newest_reports(session, job.id)[ReportFormat.XLSX]
    book = load_workbook(job.settings.data / "reports" / (newest.path or ""))
    lines = list(book["summary"].iter_rows(values_only=True))
    header = next(n for n, line in enumerate(lines) if line[0] == "Shares among people")
    name, raw, corrected, low, high, audited, problem = lines[header + 1][:7]
    assert (name, raw, audited, problem) == ("With mask", pytest.approx(2 / 3), 40, None)
    assert low < corrected < high < raw
    total = list(book["groups"].iter_rows(values_only=True))
    assert corrected in {line[9] for line in total}


def test_a_pack_without_an_audit_holds_the_files_that_are_there(job: AuditedJob) -> None:
    before = {path.name: path.read_bytes() for path in _folder(job).iterdir()}
    _request(job)
    job.work()
    with ZipFile(_path(job)) as pack:
        assert not any(name.startswith("audit/") for name in pack.namelist())
        assert {name: pack.read(f"report/{name}") for name in before} == before
    assert {path.name for path in _folder(job).iterdir()} == {*before, "evidence.zip"}


def test_a_pack_names_people_and_shows_faces_only_if_that_was_asked_for_with_it(job: AuditedJob) -> None:
    """The newest files were asked for with names: a pack without them has other files."""
    job.review(job.draw(10), lambda _face: Label.WITH_MASK)
    with job.db.write() as session:
        request_reports(session, job.id, names_people=True)
    job.work()
    for names, header in ((False, b"decided_at\r"), (True, b"decided_by\r")):
        with job.db.write() as session:
            request_evidence(session, job.id, names_people=names)
        job.work()
        with ZipFile(_path(job)) as pack:
            assert header in pack.read("report/faces.csv").partition(b"\n")[0]
    with job.db.write() as session:
        asked = request_evidence(session, job.id, names_people=True)
        assert [report.format for report in asked] == [ReportFormat.EVIDENCE], "the newest files serve"
    job.work()
    with job.db.write() as session:
        asked = request_evidence(session, job.id, names_people=True, anonymise=Anonymise.EYES)
        assert {report.anonymise for report in asked} == {"eyes"} and len(asked) > 1


def test_a_sample_drawn_before_photos_were_read_gives_no_share_anywhere(job: AuditedJob) -> None:
    """The job's page refuses it; so do the groups, the report files and the pack."""
    job.review(job.draw(40), lambda _face: Label.WITH_MASK)
    for read_later in (0, 1):
        with job.db.write() as session:
            row = session.get_one(Job, job.id)
            row.photos_done += read_later
            session.flush()
            about = json.loads(_audit_files(session, row)["audit/sample.json"])
            table = group_table(session, [row], Grouping(by=By.FOLDER))
        assert about["outdated"] is bool(read_later)
        assert bool(about["shares"]) is not bool(read_later)
        corrected = table.total.share(Label.WITH_MASK).corrected
        assert (corrected is None) is bool(read_later)


@pytest.mark.parametrize("decided", [False, True])
def test_without_a_key_the_page_says_what_to_do(job: AuditedJob, decided: bool) -> None:
    """Also where the other files are written with the pack, they are not lost for it."""
    (job.settings.data / "evidence-key.pem").unlink()
    if decided:
        job.review(job.draw(5), lambda _face: Label.WITH_MASK)
    _request(job)
    job.work()
    with job.db.read() as session:
        states = {report.format: report for report in list_reports(session, job.id)}
        failed = states.pop(ReportFormat.EVIDENCE)
        assert failed.state is ReportState.FAILED and "maskloop setup" in (failed.error_message or "")
        assert {report.state for report in states.values()} == {ReportState.READY}
        assert {report.number for report in states.values()} == {2 if decided else 1}
        assert session.get_one(Job, job.id).state is JobState.DONE


def test_a_killed_worker_leaves_no_pack_and_the_next_attempt_writes_it(job: AuditedJob) -> None:
    _request(job)
    with job.db.write() as session:
        claim = claim_batch(session, worker="dead", lease_seconds=60, kinds=HANDLERS.keys())
    assert claim is not None

    def die() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_report_files(BatchRun(db=job.db, settings=job.settings, claim=claim, check=die))
    assert "evidence.zip" not in {path.name for path in _folder(job).iterdir()}
    with job.db.write() as session:
        batch = session.get_one(Batch, claim.batch_id)
        batch.state, batch.token, batch.lease_until = BatchState.WAITING, None, None
    job.work()
    assert verify_pack(_path(job), _trusted(job)).is_verified


def test_with_an_object_store_a_pack_names_the_files_as_they_are_downloaded(
    db: Database, settings: Settings, object_store: ObjectStore
) -> None:
    job = audited_job(db, object_store.settings(settings))
    _request(job)
    job.work()
    with job.db.read() as session:
        pack = stored_report(get_ready_report(session, job.id, "evidence.zip"), job.settings)
    with ZipFile(pack) as opened:
        names = {name.removeprefix("report/") for name in opened.namelist() if name.startswith("report/")}
    assert names == {fmt.value for fmt in STANDARD_REPORTS}
    assert verify_pack(pack, _trusted(job)).is_verified
