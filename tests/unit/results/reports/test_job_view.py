"""What the head of a report says of its job."""

from core.database import Database
from core.results.reports.queries import read_job_view
from core.results.reports.rows import JobView
from models import Account, Job
from tests.unit.results.reports.made_job import MadePhoto, add_job


def _view(db: Database, job_id: int) -> JobView:
    with db.read() as session:
        return read_job_view(session, session.get_one(Job, job_id))


def test_a_folder(made_db: Database, mixed_job: int) -> None:
    view = _view(made_db, mixed_job)
    assert (view.folder, view.started_by, view.indeterminate_below) == ("/photos", "owner-Entrance", 0.6)
    assert view.classifier is not None and view.classifier.name == "mask 1"
    assert (view.counts.photos, view.counts.with_mask) == (7, 3)


def test_uploaded_files_have_no_folder(made_db: Database, mixed_job: int) -> None:
    with made_db.write() as session:
        session.get_one(Job, mixed_job).options = {"upload_id": 1}
    assert _view(made_db, mixed_job).folder is None


def test_nameless_and_ownerless(made_db: Database) -> None:
    job_id = add_job(made_db, [MadePhoto(name="x.jpg")], title="")
    with made_db.write() as session:
        job = session.get_one(Job, job_id)
        account = session.get_one(Account, job.account_id)
        job.account_id = None
        session.flush()
        session.delete(account)
    view = _view(made_db, job_id)
    assert (view.title, view.started_by) == (f"Job {job_id}", None)
