"""What an import left out and assumed is on its page, with links to the photos and the faces."""

import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from core.database import Database
from core.datasets.importing.queries import list_assumed
from core.jobs.deletion import delete_job
from core.labels.decisions import Origin, add_decision, read_labels
from models import Decision, Job, JobPhoto, Label
from tests.imported_set import FACE, FOUND, TellingDetector, add_photo, run_import, voc
from tests.unit.web.conftest import Browser
from tests.unit.web.finished_job import add_finished_job
from workers import importing
from workers.engine import run_batches
from workers.handlers import HANDLERS


@pytest.fixture
def imported(app: Flask, database: Database, photos: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """A whole photo, one with an unknown object, one without a usable one, and one without a face."""
    add_photo(photos / "whole.jpg", voc(("mask", *FACE)))
    scarf = ("&lt;b>scarf", 100, 20, 140, 60)
    add_photo(photos / "mixed.jpg", voc(("mask", *FACE), scarf))
    add_photo(photos / "lost.jpg", voc(("mask", 1, 1, 3, 3)))
    add_photo(photos / "negatives" / "none.jpg")
    settings = app.extensions["maskloop"].settings
    return run_import(database, settings, photos, monkeypatch, all_faces_boxed=True)


def test_the_page_sums_up_and_links(browser: Browser, imported: int) -> None:
    page = browser.get(f"/jobs/{imported}").text
    assert "2 annotated objects could not be imported." in page
    assert "With an unknown label" in page and "&lt;b&gt;scarf" in page
    assert f'href="/jobs/{imported}/results?show=left_out"' in page
    assert f'href="/datasets/imports/{imported}/assumed"' in page
    assert "Photos that were not imported" in page and "no_usable_box" in page


def test_the_photos_with_objects_left_out(browser: Browser, database: Database, imported: int) -> None:
    page = browser.get(f"/jobs/{imported}/results?show=left_out").text
    assert "mixed.jpg" in page and "lost.jpg" in page and "whole.jpg" not in page
    with database.read() as rows:
        position = rows.scalars(select(JobPhoto.position).where(JobPhoto.name == "mixed.jpg")).one()
    photo = browser.get(f"/jobs/{imported}/results/{position}").text
    assert "1 object left out" in photo and "box--left-out" in photo


def test_detections_labelled_not_a_face(browser: Browser, imported: int) -> None:
    page = browser.get(f"/datasets/imports/{imported}/assumed").text
    assert page.count('class="crop__picture"') == 2
    assert browser.get("/datasets/imports/99/assumed").status_code == 404


def test_they_are_taken_back_at_once_but_not_what_a_person_decided(
    browser: Browser, database: Database, imported: int
) -> None:
    with database.write() as rows:
        faces = [each.face_id for each in list_assumed(rows, imported)]
        add_decision(rows, faces[0], Label.NOT_A_FACE, Origin(account_id=1, queue="face page"))
    page = browser.post(f"/datasets/imports/{imported}/assumed/undo", follow_redirects=True).text
    assert "2 labels “not a face” of this import taken back." in page and page.count(">taken back<") == 1
    again = browser.post(f"/datasets/imports/{imported}/assumed/undo", follow_redirects=True).text
    assert "0 labels “not a face” of this import taken back." in again
    with database.read() as rows:
        labels = {id_: each.label for id_, each in read_labels(rows, faces).items()}
    assert labels == {faces[0]: Label.NOT_A_FACE}


def test_the_form_offers_the_choice(browser: Browser, database: Database, photos: Path) -> None:
    assert 'name="all_faces_boxed"' in browser.get("/datasets/import").text
    sent = {"source": "folder", "folder": str(photos), "all_faces_boxed": "y"}
    browser.post("/datasets/import", data=sent)
    with database.read() as rows:
        assert rows.scalars(select(Job)).one().options["all_faces_boxed"] is True


def test_imported_photos_are_not_to_box(
    browser: Browser, database: Database, photos: Path, imported: int
) -> None:
    """Neither in the list of the import nor in that of a job that read the same photos."""
    page = browser.get(f"/boxes?job={imported}").text
    assert "have the boxes of the set" in page and 'class="tile__link"' not in page
    other = add_finished_job(database, photos / "more", photos=3)
    assert f"job={other}" in browser.get("/boxes").text
    assert browser.get(f"/boxes?job={other}").text.count('class="tile__link"') == 3
    with database.write() as rows:
        whole = rows.scalars(select(JobPhoto).where(JobPhoto.name == "whole.jpg")).one()
        first = rows.scalars(select(JobPhoto).where(JobPhoto.job_id == other)).first()
        first.photo_id = whole.photo_id
    assert browser.get(f"/boxes?job={other}").text.count('class="tile__link"') == 2


def test_unknown_words_are_mapped_on_the_page(
    browser: Browser,
    app: Flask,
    database: Database,
    photos: Path,
    imported: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second job has the meanings in its options, imports what was unknown, and keeps the rest."""
    page = browser.get(f"/jobs/{imported}").text
    assert "1 word is unknown" in page and "Meaning of &lt;b&gt;scarf" in page
    answer = browser.post(
        f"/datasets/import/{imported}/again", data={"word": ["<b>scarf"], "meaning": ["without_mask"]}
    )
    again = int(answer.headers["Location"].rpartition("/")[2])
    monkeypatch.setattr(importing, "load_detector", lambda *_: TellingDetector(FOUND))
    run_batches(database, app.extensions["maskloop"].settings, HANDLERS)
    with database.read() as rows:
        first, second = rows.get_one(Job, imported), rows.get_one(Job, again)
        added = rows.scalars(select(Decision.label).where(Decision.job_id == again, ~Decision.assumed)).all()
    assert second.options == {**first.options, "labels": {"<b>scarf": "without_mask"}}
    assert (second.title, added) == (first.title, [Label.WITHOUT_MASK])
    page = browser.get(f"/jobs/{again}").text
    assert "&lt;b&gt;scarf = without mask" in page and "Meaning of" not in page
    with database.write() as rows:
        delete_job(rows, imported, by="Ann")
    answer = browser.post(f"/datasets/import/{imported}/again", data={"word": ["hat"], "meaning": ["ignore"]})
    assert answer.status_code == 410


@pytest.mark.parametrize(
    ("meaning", "code"), [("", None), ("warm", "label_word_invalid")], ids=["nothing chosen", "no label"]
)
def test_a_mapping_that_says_nothing_starts_no_job(
    browser: Browser, database: Database, imported: int, meaning: str, code: str | None
) -> None:
    answer = browser.post(
        f"/datasets/import/{imported}/again", data={"word": ["scarf"], "meaning": [meaning]}
    )
    if code is None:
        assert answer.headers["Location"] == f"/jobs/{imported}#words"
    else:
        assert (answer.status_code, code in answer.text) == (400, True)
    with database.read() as rows:
        assert len(rows.scalars(select(Job)).all()) == 1
    assert (
        browser.post("/datasets/import/99/again", data={"word": "a", "meaning": "ignore"}).status_code == 404
    )


def test_a_set_that_is_gone_is_said_on_the_page_of_its_import(
    browser: Browser, database: Database, photos: Path, imported: int
) -> None:
    photos.rename(photos.with_name("elsewhere"))
    given = {"word": "<b>scarf", "meaning": "ignore"}
    answer = browser.post(f"/datasets/import/{imported}/again", data=given)
    assert answer.location == f"/jobs/{imported}#words"
    page = browser.get(f"/jobs/{imported}").text
    assert 'class="notice notice--error"' in page and str(photos) in page
    with database.read() as rows:
        assert len(rows.scalars(select(Job)).all()) == 1


def test_the_form_takes_words(browser: Browser, database: Database, photos: Path) -> None:
    sent = {"source": "folder", "folder": str(photos), "words": "Scarf = without_mask\r\n\r\nface=unlabelled"}
    browser.post("/datasets/import", data=sent)
    with database.read() as rows:
        job = rows.scalars(select(Job)).one()
    assert job.options["labels"] == {"Scarf": "without_mask", "face": "unlabelled"}
    refused = browser.post("/datasets/import", data=sent | {"words": "scarf = warm"})
    assert refused.status_code == 400 and "label_word_invalid" in refused.text
    assert "scarf = warm</textarea>" in refused.text


def test_a_preview_shows_the_set_and_starts_nothing(
    browser: Browser, database: Database, photos: Path
) -> None:
    add_photo(photos / "set" / "a.jpg", voc(("mask", *FACE), ("&lt;b&gt;scarf", *FACE)))
    add_photo(photos / "set" / "none.jpg")
    sent = {
        "source": "folder",
        "folder": str(photos / "set"),
        "words": "a = ignore\r\nb=ignore",
        "title": "T",
    }
    answer = browser.post("/datasets/import/preview", data=sent | {"keep_splits": "y"})
    page = " ".join(answer.text.split())
    assert "Read as Pascal VOC: it has a.xml." in page
    assert '<td class="table__text">&lt;b&gt;scarf</td><td class="table__text">unknown</td>' in page
    assert "Skipped: no annotation, no folder named after a label (label_unknown)" in page
    assert page.count('<image href="data:image/jpeg;base64,') == 1
    assert page.count('class="box box--with_mask"') == 1 and "<li>1 with mask</li>" in page
    assert "img-src 'self' blob: data:" in answer.headers["Content-Security-Policy"]
    with database.read() as rows:
        assert rows.scalars(select(Job)).all() == []
    # The page starts the same import.
    again = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', answer.text))
    assert again.items() >= (sent | {"keep_splits": "y"}).items()
    browser.post("/datasets/import", data=again)
    with database.read() as rows:
        options = rows.scalars(select(Job)).one().options
    assert options["labels"] == {"a": "ignore", "b": "ignore"} and options["keep_splits"] is True


def test_a_preview_of_a_folder_that_may_not_be_read_is_refused(browser: Browser) -> None:
    refused = browser.post("/datasets/import/preview", data={"source": "folder", "folder": "/etc"})
    assert refused.status_code == 403 and "folder_not_allowed" in refused.text
    nothing = browser.post("/datasets/import/preview", data={"source": "upload"})
    assert nothing.status_code == 400 and "input_missing" in nothing.text
    unknown = {"source": "folder", "folder": "/etc", "format": "docx"}
    assert browser.post("/datasets/import/preview", data=unknown).status_code == 400
