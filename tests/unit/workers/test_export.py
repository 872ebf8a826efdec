"""Export jobs: what leaves, what is left out and why, and the same zip after a kill."""

import csv
import json
import zipfile
from io import StringIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select, update

from core.database import Database, read_clock
from core.errors import InputError
from core.exports import queries
from core.exports.job_kind import EXPORT_STAGE, request_export
from core.exports.options import ExportFormat, ExportOptions, Unlabelled, licence_family
from core.exports.store import export_path, work_folder
from core.jobs.actions import cancel_job
from core.jobs.queries import list_events
from core.jobs.tick import return_expired
from core.library.selection.model import LibrarySelection
from core.settings import Settings
from core.webhooks.store import add_webhook
from models import (
    Batch,
    Decision,
    EventType,
    Job,
    JobState,
    Label,
    Photo,
    Report,
    ReportState,
    Source,
    WebhookDelivery,
)
from tests.duplicate_rows import add_group
from tests.labelled import freeze_now
from tests.review_rows import add_queue
from tests.unit.web.finished_job import add_finished_job
from workers.engine import run_batches
from workers.export import write_export
from workers.handlers import HANDLERS


@pytest.fixture
def photos(db: Database, tmp_path: Path, settings: Settings) -> Settings:
    """Five photos: with mask, without, incorrect, unsure with mask, no face. Settings that may read them."""
    add_finished_job(db, tmp_path / "photos", photos=5)
    return settings.with_changes(allowed_roots=str(tmp_path))


def run_export(db: Database, settings: Settings, **options) -> Job:
    with db.write() as session:
        job_id = request_export(session, ExportOptions(**options), title="", account_id=None).id
    run_batches(db, settings, HANDLERS, job_id=job_id)
    with db.read() as session:
        return session.get_one(Job, job_id)


def zip_of(settings: Settings, job: Job) -> zipfile.ZipFile:
    assert job.state is JobState.DONE, job.error_message
    archive = zipfile.ZipFile(export_path(settings, job.id))
    assert archive.testzip() is None
    return archive


def say_licence(db: Database, photo_id: int, licence: str) -> None:
    with db.write() as session:
        session.execute(update(Source).where(Source.photo_id == photo_id).values(licence=licence))


def decide(db: Database, face_id: int, label: Label) -> None:
    with db.write() as session:
        now = read_clock(session)
        session.add(Decision(face_id=face_id, label=label, queue="results", created_at=now))


def test_final_labels_and_pictures_leave(photos: Settings, db: Database) -> None:
    decide(db, 1, Label.INCORRECT)
    job = run_export(db, photos, format=ExportFormat.COCO)
    archive = zip_of(photos, job)
    described = json.loads(archive.read("annotations/instances_train.json"))
    names = {each["id"]: each["name"] for each in described["categories"]}
    labels = [
        (each["image_id"], names[each["category_id"]], each["decided"]) for each in described["annotations"]
    ]
    assert labels == [
        (1, "incorrect", True), (2, "without_mask", False), (3, "incorrect", False), (4, "with_mask", False),
    ]  # fmt: skip
    assert len(described["images"]) == 5
    for image in described["images"]:
        with archive.open(f"images/train/{image['file_name']}") as file, Image.open(file) as picture:
            assert picture.size == (600, 400)
    assert archive.read("attributions.csv").count(b"\n") == 6
    with db.read() as session:
        report = session.scalars(select(Report).where(Report.job_id == job.id)).one()
        assert (report.state, report.rows, report.bytes) == (
            ReportState.READY, 5, export_path(photos, job.id).stat().st_size,
        )  # fmt: skip
        assert (job.steps_done, job.steps_found) == (5, 5)
    assert not work_folder(photos, job.id).exists()


def test_decided_labels_only_and_faces_without_one(photos: Settings, db: Database) -> None:
    decide(db, 1, Label.INCORRECT)
    for unlabelled, photos_left, faces in (
        (Unlabelled.KEEP, 5, 4), (Unlabelled.DROP, 5, 1), (Unlabelled.LEAVE_OUT, 2, 1),
    ):  # fmt: skip
        job = run_export(db, photos, format="csv", labels="decided", unlabelled=unlabelled, photos=False)
        lines = zip_of(photos, job).read("faces.csv").decode().splitlines()[1:]
        assert job.steps_done == photos_left
        assert sum(line.split(",")[3] != "" for line in lines) == faces


def test_photos_of_a_queue_and_photos_chosen_in_the_library_leave(photos: Settings, db: Database) -> None:
    with db.write() as session:
        queue_id = add_queue(session, [3, 1])
    for source, expected in (
        ({"queue_id": queue_id}, {1, 3}),
        ({"selection": LibrarySelection(photos=(2, 5))}, {2, 5}),
        ({"selection": LibrarySelection(job=1)}, {1, 2, 3, 4, 5}),
    ):
        job = run_export(db, photos, format="coco", photos=False, **source)
        described = json.loads(zip_of(photos, job).read("annotations/instances_train.json"))
        assert {image["id"] for image in described["images"]} == expected
        assert (job.steps_done, job.steps_found) == (len(expected), len(expected))


def test_licences_are_a_filter_and_the_reason_is_named(photos: Settings, db: Database) -> None:
    for photo_id, licence in ((1, "CC BY 4.0"), (2, "CC BY-NC 2.0"), (3, "CC0 1.0"), (4, "Crown copyright")):
        say_licence(db, photo_id, licence)
    job = run_export(db, photos, format="voc", licences=["CC0", "cc by 3.0"], photos=False)
    archive = zip_of(photos, job)
    assert len([name for name in archive.namelist() if name.startswith("Annotations/")]) == 2
    assert archive.read("left_out.csv").decode().count(",licence") == 3
    with db.read() as session:
        assert list_events(session, job.id)[1].message.endswith("left out: 3 licence.")
    job = run_export(db, photos, format="voc", non_commercial=False, photos=False)
    kept = zip_of(photos, job).read("attributions.csv").decode()
    assert "CC BY 4.0" in kept and "Crown" in kept and "NC" not in kept and kept.count("\n") == 4


@pytest.mark.parametrize(
    ("licence", "family"),
    [
        ("CC BY-SA 4.0", "CC BY-SA"),
        ("cc-by-nc-2.0", "CC BY-NC"),
        ("CC0 1.0", "CC0"),
        ("CC BY 2.0 de", "CC BY DE"),
    ],
)
def test_families_of_licences(licence: str, family: str) -> None:
    assert licence_family(licence) == family


def test_smaller_photos_have_smaller_boxes(photos: Settings, db: Database) -> None:
    job = run_export(db, photos, format="csv", long_side=300, selection=LibrarySelection(photos=(1,)))
    archive = zip_of(photos, job)
    (name,) = [name for name in archive.namelist() if name.startswith("images/")]
    with archive.open(name) as file, Image.open(file) as picture:
        assert picture.size == (300, 200)
    row = archive.read("faces.csv").decode().splitlines()[1].split(",")
    assert row[1:7] == ["300", "200", "100.0", "50.0", "160.0", "125.0"]


def test_a_dataset_keeps_its_labels_and_splits(photos: Settings, db: Database) -> None:
    for face_id, label in enumerate(
        (Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT, Label.NOT_A_FACE), 1
    ):
        decide(db, face_id, label)
    with db.write() as session:
        session.execute(update(Photo).values(phash=1, dhash=1))
    dataset = freeze_now(db)
    decide(db, 1, Label.WITHOUT_MASK)
    job = run_export(db, photos, format="class_folders", dataset_id=dataset.id, crop_side=64)
    archive = zip_of(photos, job)
    crops = [name for name in archive.namelist() if name.endswith(".jpg")]
    assert {tuple(name.split("/")[1:2]) for name in crops} == {
        ("with_mask",),
        ("without_mask",),
        ("incorrect",),
    }
    with archive.open(crops[0]) as file, Image.open(file) as picture:
        assert picture.size == (64, 64)


def splits_of(settings: Settings, job: Job) -> dict[str, str]:
    """The split of each photo, by its file."""
    rows = list(csv.DictReader(StringIO(zip_of(settings, job).read("faces.csv").decode())))
    return {row["photo_id"]: row["split"] for row in rows}


def test_photos_of_one_duplicate_group_are_never_divided(
    db: Database, tmp_path: Path, settings: Settings
) -> None:
    add_finished_job(db, tmp_path / "photos", photos=40)
    settings = settings.with_changes(allowed_roots=str(tmp_path))
    with db.write() as session:
        ids = list(session.scalars(select(Photo.id).order_by(Photo.id)))
        groups = [ids[first : first + 3] for first in range(0, len(ids) - 3, 4)]
        for group in groups:
            add_group(session, *group)
        # They are hidden otherwise, and a job of all photos leaves hidden ones out.
        session.execute(update(Photo).values(hidden=False))
    asked = {"format": "csv", "photos": False, "validation_share": 0.3, "test_share": 0.3}
    found = splits_of(settings, run_export(db, settings, **asked))
    assert len(found) == len(ids) and set(found.values()) == {"train", "validation", "test"}
    for group in groups:
        assert len({found[str(photo_id)] for photo_id in group}) == 1
    assert splits_of(settings, run_export(db, settings, **asked)) == found
    assert splits_of(settings, run_export(db, settings, **asked, split_seed=1)) != found
    assert set(splits_of(settings, run_export(db, settings, format="csv", photos=False)).values()) == {
        "train"
    }


def test_a_dataset_is_not_split_anew() -> None:
    for options in ({"dataset_id": 1, "test_share": 0.1}, {"test_share": 0.6, "validation_share": 0.5}):
        with pytest.raises(InputError) as caught:
            ExportOptions(format="csv", **options)
        assert caught.value.code == "option_invalid"


def test_a_photo_that_cannot_be_read_costs_itself_alone(
    photos: Settings, db: Database, tmp_path: Path
) -> None:
    (tmp_path / "photos/day/photo-0001.jpg").unlink()
    job = run_export(db, photos, format="yolo")
    archive = zip_of(photos, job)
    assert len([name for name in archive.namelist() if name.startswith("images/")]) == 4
    assert b",file_gone" in archive.read("left_out.csv")
    assert job.steps_done == 4


def test_a_killed_worker_costs_nothing(
    photos: Settings, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill is an exception that nothing catches, before, between and after the writes of a slice."""
    monkeypatch.setattr(queries, "SLICE", 1)
    whole = export_path(photos, run_export(db, photos, format="coco").id).read_bytes()
    with db.write() as session:
        job_id = request_export(session, ExportOptions(format="coco"), title="", account_id=None).id
    kills = 0
    while True:
        calls, most = [0], kills + 1

        def write(run, calls=calls, most=most) -> None:
            def check() -> None:
                calls[0] += 1
                if calls[0] == most:
                    raise KeyboardInterrupt

            write_export(type(run)(db=run.db, settings=run.settings, claim=run.claim, check=check))

        try:
            run_batches(db, photos, {EXPORT_STAGE.name: write}, job_id=job_id)
        except KeyboardInterrupt:
            kills += 1
            with db.write() as session:
                past = {"lease_until": read_clock(session).replace(year=2000)}
                session.execute(update(Batch).where(Batch.job_id == job_id).values(**past))
                return_expired(session, max_attempts=3)
                session.execute(
                    update(Batch).where(Batch.job_id == job_id).values(not_before=read_clock(session))
                )
            continue
        break
    assert kills >= 2
    with db.read() as session:
        job = session.get_one(Job, job_id)
    assert job.state is JobState.DONE
    assert export_path(photos, job_id).read_bytes() == whole


def test_a_worker_that_wakes_up_writes_into_no_other_zip(
    photos: Settings, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "SLICE", 1)
    whole = export_path(photos, run_export(db, photos, format="coco").id).read_bytes()
    with db.write() as session:
        job_id = request_export(session, ExportOptions(format="coco"), title="", account_id=None).id
    looks = [0]

    def freeze(run) -> None:
        def check() -> None:
            looks[0] += 1
            if looks[0] == 3:
                with db.write() as session:
                    past = read_clock(session).replace(year=2000)
                    session.execute(update(Batch).where(Batch.job_id == job_id).values(lease_until=past))
                    return_expired(session, max_attempts=3)
                run_batches(db, photos, HANDLERS, job_id=job_id)

        write_export(type(run)(db=run.db, settings=run.settings, claim=run.claim, check=check))

    run_batches(db, photos, {EXPORT_STAGE.name: freeze}, job_id=job_id)
    assert looks[0] >= 3 and export_path(photos, job_id).read_bytes() == whole
    assert not work_folder(photos, job_id).exists()


def test_a_cancelled_export_leaves_no_file(photos: Settings, db: Database) -> None:
    with db.write() as session:
        job_id = request_export(session, ExportOptions(format="coco"), title="", account_id=None).id
        cancel_job(session, job_id)
    run_batches(db, photos, HANDLERS, job_id=job_id)
    assert not export_path(photos, job_id).exists()
    with db.read() as session:
        assert session.scalars(select(Report).where(Report.job_id == job_id)).all() == []


def test_sources_are_checked(db: Database) -> None:
    for options, code in (
        ({"dataset_id": 9}, "dataset_not_found"),
        ({"queue_id": 9}, "queue_not_found"),
        ({"selection": LibrarySelection(job=9)}, "job_not_found"),
        ({"dataset_id": 1, "queue_id": 1}, "option_invalid"),
    ):
        with pytest.raises(InputError) as caught, db.write() as session:
            request_export(session, ExportOptions(format="coco", **options), title="", account_id=None)
        assert caught.value.code == code


def test_webhooks_are_told_of_the_file(photos: Settings, db: Database) -> None:
    with db.write() as session:
        events = [EventType.REPORT_READY, EventType.JOB_FINISHED]
        add_webhook(session, photos, name="end", url="https://example.org/", events=events, account_id=None)
    job = run_export(db, photos, format="csv")
    with db.read() as session:
        told = {each.event: json.loads(each.body) for each in session.scalars(select(WebhookDelivery))}
        report = session.scalars(select(Report).where(Report.job_id == job.id)).one()
    (file,) = told[EventType.REPORT_READY]["data"]["files"]
    assert file == {
        "name": "export.zip",
        "number": 1,
        "bytes": report.bytes,
        "sha256": report.sha256,
        "address": f"/api/v1/jobs/{job.id}/reports/1/export.zip",
    }
    assert told[EventType.JOB_FINISHED]["data"]["job"]["id"] == job.id
