"""Pages of duplicate groups: what they show, what the buttons do, and that each can be undone."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import Database, read_clock
from core.dedup.job_kind import DEDUP
from core.dedup.similar import SimilarPair
from core.dedup.store import group_similar
from core.predict.extract.job_kind import EXTRACT
from models import (
    ClassifierVersion,
    Decision,
    DuplicateGroup,
    DuplicateMember,
    Extraction,
    Face,
    Job,
    Label,
    Likeness,
    Photo,
    Prediction,
)
from tests.unit.dedup.rows import add_job, add_photos, group, groups, hidden
from tests.unit.web.conftest import Browser


@pytest.fixture
def found(database: Database) -> dict[int, int]:
    """Two groups, of photos 1 to 3 and of 4 and 5: group ids by kept photo."""
    job_id = add_job(database)
    add_photos(database, 0, 4, 6)
    add_photos(database, 30, 31, first=4)
    group(database, job_id)
    with database.read() as session:
        return dict(session.execute(select(DuplicateGroup.kept_photo_id, DuplicateGroup.id)).all())


def undo_form(page: str) -> tuple[str, dict[str, str]]:
    """Address and fields of the form that undoes the last action."""
    form = re.search(r'<form method="post" action="([^"]+)" data-key-form="undo">(.*?)</form>', page, re.S)
    assert form is not None
    return form[1], dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[2]))


def follow(browser: Browser, address: str, **form: object) -> str:
    answer = browser.post(address, data=form)
    assert answer.status_code == 302, answer.text
    return browser.get(answer.location).text


def test_a_page_without_duplicates_says_what_to_do(browser: Browser) -> None:
    text = browser.get("/duplicates").text
    assert "No duplicates found" in text
    assert 'action="/duplicates/find"' in text


def test_a_job_is_started(browser: Browser, database: Database) -> None:
    asked = {"distance": 2, "accept_above": 0.98, "similar_above": 0.55}
    answer = browser.post("/duplicates/find", data=asked)
    assert (answer.status_code, answer.location) == (302, "/jobs/1")
    with database.read() as session:
        job = session.scalars(select(Job)).one()
    assert (job.kind, job.options) == (DEDUP.name, asked)
    page = browser.get("/jobs/1").text
    for words in (
        "Find duplicates",
        "2 bits",
        "cosine from 0.55",
        "groups of at least 98% similarity",
        "Duplicate groups so far",
    ):
        assert words in page
    assert browser.post("/duplicates/find", data={"distance": 64}).status_code == 400


def test_the_most_similar_groups_are_listed_first_in_pages(
    browser: Browser, database: Database, found: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = browser.get("/duplicates").text
    assert text.index(f'href="/duplicates/{found[4]}"') < text.index(f'href="/duplicates/{found[1]}"')
    assert "99.2% similar" in text and "95.3% similar" in text
    monkeypatch.setattr("web.duplicates.views._GROUPS", 1)
    first = browser.get("/duplicates").text
    assert f'href="/duplicates/{found[1]}"' not in first
    address = re.search(r'rel="next" href="([^"]+)"', first)
    assert address is not None
    second = browser.get(address[1]).text
    assert f'href="/duplicates/{found[1]}"' in second and "Next" not in second


def test_a_group_is_shown_side_by_side(browser: Browser, database: Database, found: dict[int, int]) -> None:
    with database.write() as session:
        session.get_one(Photo, 2).bytes = 50_000
    text = browser.get(f"/duplicates/{found[1]}?photo=2").text
    assert 'src="/photos/1/view"' in text and 'src="/photos/2/view"' in text
    assert "96.8% similar" in text and "The file on the right is larger" in text
    assert f'href="/duplicates/{found[4]}" data-key-preceding' in text
    assert "data-key-following" not in text
    assert browser.get("/duplicates/99").status_code == 404


def test_a_similar_photo_is_marked_as_such(
    browser: Browser, database: Database, found: dict[int, int]
) -> None:
    pair = SimilarPair(first_id=1, second_id=4, cosine=0.7349)
    with database.write() as session:
        job_id = session.scalars(select(Job.id)).first() or 0
        group_similar(session, [pair], [1, 4], distance=8, job_id=job_id)
    assert groups(database) == {1: {2, 3, 4}}
    text = browser.get(f"/duplicates/{found[1]}?photo=4").text
    assert "Similar: cosine 0.735" in text and "Similar, cosine 0.735 or more" in text
    assert "One photo is part of the other" in text
    text = browser.get(f"/duplicates/{found[1]}?photo=2").text
    assert "Near: 96.8% similar" in text and "One photo is part of the other" not in text
    assert "Similar, cosine 0.735" in browser.get("/duplicates").text
    follow(browser, "/duplicates/accept-many", similarity=0.85)
    assert hidden(database) == set()


def test_the_library_page_of_a_photo_shows_its_group(
    browser: Browser, database: Database, found: dict[int, int]
) -> None:
    assert "The kept photo of 3 photos" in browser.get("/library/photos/1").text
    text = browser.get("/library/photos/2").text
    assert "not the kept photo" in text and f'href="/duplicates/{found[1]}?photo=2"' in text
    follow(browser, f"/duplicates/{found[1]}/accept")
    assert "another photo of the same picture is kept" in browser.get("/library/photos/2").text
    assert "side-part" in browser.get("/library/photos/2").text


def test_hiding_opens_the_next_group_and_is_undone(
    browser: Browser, database: Database, found: dict[int, int]
) -> None:
    page = follow(browser, f"/duplicates/{found[4]}/accept")
    assert hidden(database) == {5}
    assert f"<title>Duplicate group {found[1]}" in page
    address, fields = undo_form(page)
    page = follow(browser, address, **fields)
    assert hidden(database) == set()
    assert f"<title>Duplicate group {found[4]}" in page and "shown again" in page
    page = follow(browser, f"/duplicates/{found[4]}/accept", stay="1")
    assert "<title>Duplicates" in page
    assert f'href="/duplicates/{found[4]}"' in browser.get("/duplicates?show=hidden").text
    assert f'href="/duplicates/{found[4]}"' not in page


def test_another_photo_is_kept(browser: Browser, database: Database, found: dict[int, int]) -> None:
    follow(browser, f"/duplicates/{found[1]}/keep", photo=3)
    assert groups(database) == {3: {1, 2}, 4: {5}}
    assert browser.post(f"/duplicates/{found[1]}/keep", data={}).status_code == 400
    assert browser.post(f"/duplicates/{found[1]}/keep", data={"photo": 4}).status_code == 404


def test_not_the_same_is_undone(browser: Browser, database: Database, found: dict[int, int]) -> None:
    page = follow(browser, f"/duplicates/{found[4]}/not-same", photo=5)
    assert groups(database) == {1: {2, 3}}
    address, fields = undo_form(page)
    follow(browser, address, **fields)
    assert groups(database) == {1: {2, 3}, 4: {5}}
    page = follow(browser, f"/duplicates/{found[1]}/not-same", photo=2)
    assert f"<title>Duplicate group {found[1]}" in page
    assert groups(database) == {1: {3}, 4: {5}}
    answer = browser.post(f"/duplicates/{found[1]}/not-same", data={"photo": 1})
    assert (answer.status_code, "duplicate_kept" in answer.text) == (409, True)


def test_many_are_hidden_at_once_and_undone_at_once(
    browser: Browser, database: Database, found: dict[int, int]
) -> None:
    page = follow(browser, "/duplicates/accept-many", similarity=0.98)
    assert hidden(database) == {5}
    assert "1 group is accepted" in page
    address, fields = undo_form(page)
    follow(browser, address, **fields)
    assert hidden(database) == set()
    assert browser.post("/duplicates/accept-many", data={"similarity": 0.2}).status_code == 400


@pytest.mark.parametrize(
    "address", ["did=hidden&of=x", "did=many&of=1&token=%22%3E", "did=apart&of=1", "did=?"]
)
def test_an_invalid_address_offers_no_undo(browser: Browser, address: str) -> None:
    assert 'data-key-form="undo"' not in browser.get(f"/duplicates?{address}").text


def test_an_extract_job_is_started(browser: Browser, database: Database) -> None:
    assert "Find the faces of photos" in browser.get("/jobs/new/faces").text
    answer = browser.post("/jobs/new/faces", data={"smallest_face": 24})
    assert answer.status_code == 302
    with database.read() as session:
        job = session.scalars(select(Job)).one()
    asked = {"smallest_face": 24, "leave_out_hidden": False, "job_id": None}
    assert (job.kind, job.options) == (EXTRACT.name, asked)
    assert "24 pixels" in browser.get(answer.location).text
    assert browser.post("/jobs/new/faces", data={"smallest_face": 1}).status_code == 400


def test_a_label_is_corrected_beside_the_photo(
    browser: Browser, database: Database, found: dict[int, int]
) -> None:
    """The same face of both copies, with different predictions, in a copy of half the size."""
    with database.write() as rows:
        rows.get_one(Photo, 2).width = rows.get_one(Photo, 2).height = 50
        kept, _apart = (add_face(rows, 1, left, Label.WITH_MASK) for left in (10, 60))
        small = add_face(rows, 2, 5, Label.INCORRECT, side=15)
    address = f"/duplicates/{found[1]}?photo=2"
    page = browser.get(address).text
    assert page.count('class="side-face"') == 3 and page.count("Differs") == 2
    _set_likeness(database, Likeness.SIMILAR)
    assert "Differs" not in browser.get(address).text, "a part of the picture has its faces elsewhere"
    _set_likeness(database, Likeness.NEAR)
    page = follow(browser, f"/review/faces/{small}", label="with_mask", back=address)
    assert "Decided: with mask" in page and "Differs" not in page
    assert f'aria-label="Face {small} is with mask" aria-pressed="true"' in page
    with database.read() as rows:
        (decision,) = rows.scalars(select(Decision))
    assert (decision.face_id, decision.label) == (small, Label.WITH_MASK)
    assert f"/review/faces/{kept}?back=" in page
    assert f'aria-label="Face {small}: can&#39;t tell"' in page
    page = follow(browser, f"/review/faces/{small}", label="cannot_tell", back=address)
    assert "Decided: can&#39;t tell" in page
    with database.read() as rows:
        assert rows.scalars(select(Decision).order_by(Decision.id.desc())).first().cannot_tell


def _set_likeness(database: Database, likeness: Likeness) -> None:
    with database.write() as rows:
        rows.get_one(DuplicateMember, 2).likeness = likeness


def add_face(rows: Session, photo_id: int, left: float, label: Label, side: float = 30) -> int:
    """A face that the champion has classified."""
    now = read_clock(rows)
    if not rows.scalars(select(Extraction).where(Extraction.photo_id == photo_id)).all():
        rows.add(Extraction(photo_id=photo_id, detector_key="yunet", faces=1, created_at=now))
    taken = len(rows.scalars(select(Face.id).where(Face.photo_id == photo_id)).all())
    face = Face(
        photo_id=photo_id, detector_key="yunet", ordinal=taken, x1=left, y1=left, x2=left + side,
        y2=left + side, score=0.9, landmarks=[], created_at=now,
    )  # fmt: skip
    rows.add(face)
    rows.flush()
    chances = {each.value: 0.91 if each is label else 0.03 for each in Label}
    champion = rows.scalars(select(ClassifierVersion.id).where(ClassifierVersion.champion)).one()
    rows.add(Prediction(face_id=face.id, classifier_version_id=champion, label=label, **chances))
    rows.flush()
    return face.id
