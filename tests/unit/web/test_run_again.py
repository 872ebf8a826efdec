"""Run again: the same job with the same options at once, also over an upload; what cannot be scheduled."""

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from core.accounts import ensure_owner
from core.database import Database
from core.datasets.importing.job_kind import IMPORT, ImportOptions
from core.jobs.request import add_job
from core.library.files.store import photo_store
from core.library.uploads import open_upload, store_file
from core.predict.job_kind import PREDICT
from core.predict.options import InputOptions, PredictOptions
from core.settings import Settings
from core.training.job_kind import TRAIN
from core.training.options import TrainOptions
from models import Job, JobState, UploadFile
from tests.stored_upload import add_file
from tests.unit.web.conftest import Browser


@pytest.fixture
def settings(app) -> Settings:
    return app.extensions["maskloop"].settings


def newest(database: Database) -> Job:
    with database.read() as rows:
        return rows.scalars(select(Job).order_by(Job.id.desc()).limit(1)).one()


def end(database: Database, job_id: int) -> None:
    with database.write() as rows:
        rows.get_one(Job, job_id).state = JobState.DONE


def test_a_folder_is_read_again_with_the_same_options(
    browser: Browser, database: Database, photos: Path
) -> None:
    form = {"source": "folder", "folder": str(photos), "title": "Gate", "smallest_face": "40",
            "indeterminate_below": "0.7", "find_duplicates": "y"}  # fmt: skip
    browser.post("/jobs/new", data=form)
    first = newest(database)
    assert "Run again" not in browser.get(f"/jobs/{first.id}").text, "it has not ended"
    end(database, first.id)
    assert "<span>Run again</span>" in browser.get(f"/jobs/{first.id}").text
    answer = browser.post(f"/jobs/{first.id}/again")
    second = newest(database)
    assert answer.location == f"/jobs/{second.id}" and second.id != first.id
    assert (second.title, second.options, second.state) == ("Gate", first.options, JobState.WAITING)
    assert f"Started with the options of job {first.id}." in browser.get(answer.location).text


def test_a_folder_that_is_gone_is_said_on_the_page(
    browser: Browser, database: Database, job_id: int, photos: Path
) -> None:
    photos.rename(photos.parent / "moved")
    answer = browser.post(f"/jobs/{job_id}/again")
    assert answer.location == f"/jobs/{job_id}"
    assert f"There is no folder {photos}." in browser.get(answer.location).text
    assert newest(database).id == job_id


def _upload(database: Database, settings: Settings, source: Path) -> int:
    with database.write() as rows:
        upload = open_upload(rows, ensure_owner(rows).id)
        for name in ("a.jpg", "b.jpg"):
            (source / name).write_bytes(name.encode())
            with (source / name).open("rb") as stream:
                stored = store_file(stream, name.encode(), photo_store(settings), settings)
            add_file(rows, upload, raw_name=name.encode(), stored=stored, settings=settings)
        return upload.id


@pytest.mark.parametrize(("kind", "options"), [(PREDICT, PredictOptions), (IMPORT, ImportOptions)])
def test_an_upload_is_read_again_while_its_files_are_stored(
    browser: Browser,
    database: Database,
    settings: Settings,
    tmp_path: Path,
    kind,
    options: type[InputOptions],
) -> None:
    upload_id = _upload(database, settings, tmp_path)
    with database.write() as rows:
        job_id = add_job(rows, kind, options(upload_id=upload_id), title="Up", account_id=None).id
    end(database, job_id)
    page = browser.get(f"/jobs/{job_id}").text
    assert "Run again" in page and "Schedule…" not in page
    browser.post(f"/jobs/{job_id}/again")
    again = newest(database)
    assert (again.kind, again.options["upload_id"]) == (kind.name, upload_id)
    with database.read() as rows:
        sha256 = rows.scalars(select(UploadFile.sha256).where(UploadFile.name == "b.jpg")).one()
    photo_store(settings).path_of(sha256).unlink()
    answer = browser.post(f"/jobs/{job_id}/again")
    assert answer.location == f"/jobs/{job_id}" and newest(database).id == again.id
    said = "Uploaded files that are no longer stored: 1, such as b.jpg. Upload them again as a new job."
    assert said in browser.get(answer.location).text


def test_a_training_on_a_fixed_dataset_runs_again_but_is_not_scheduled(
    browser: Browser, database: Database
) -> None:
    with database.write() as rows:
        fixed = add_job(rows, TRAIN, TrainOptions(dataset_id=1), title="Fixed", account_id=None).id
        newest_labels = add_job(rows, TRAIN, TrainOptions(), title="Newest", account_id=None).id
    for job_id, may_recur in ((fixed, False), (newest_labels, True)):
        end(database, job_id)
        page = browser.get(f"/jobs/{job_id}").text
        assert "Run again" in page
        assert bool(re.search(rf'href="/schedules/new\?job={job_id}"', page)) is may_recur
