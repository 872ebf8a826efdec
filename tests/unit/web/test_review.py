"""Views of review: pages, exchanges, forms, roles."""

import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core.accounts import new_sign_in_link
from core.boxes.change import BoxChange
from core.boxes.store import apply_change
from core.database import Database
from core.review.job_kind import REVIEW, request_queue
from core.review.options import QueueOptions
from models import (
    Account,
    BoxEdit,
    BoxEditKind,
    Decision,
    Face,
    FaceFlag,
    GoldFace,
    ItemState,
    Job,
    Label,
    QueueState,
    ReviewItem,
    ReviewQueue,
    ReviewReason,
    Role,
)
from tests.cases import in_one_test
from tests.review_desk import Desk
from tests.review_rows import add_faces, add_people, add_queue
from tests.unit.web.conftest import Browser, token_of

SURE = (0.9, 0.05, 0.03, 0.02)
HOLDER = "tab-of-a-browser"


@pytest.fixture
def faces(database: Database) -> list[int]:
    with database.write() as rows:
        faces = add_faces(rows, [SURE] * 5, version_id=1)
        add_queue(rows, faces)
    return faces


@pytest.fixture
def reviewer(app: Flask, database: Database) -> Browser:
    with database.write() as rows:
        add_people(rows, "ann")
        secret = new_sign_in_link(rows, name="ann")
    return Browser(_signed_in(app, secret), home="/review")


def _signed_in(app: Flask, secret: str) -> FlaskClient:
    client = app.test_client()
    token = token_of(client.get(f"/sign-in/{secret}").text)
    assert client.post(f"/sign-in/{secret}", data={"csrf_token": token}).status_code == 302
    return client


def send(browser: Browser, **body: object):
    headers = {"X-CSRF-Token": browser.token, "Accept": "application/json"}
    sent = {"holder": HOLDER, "day": "2026-11-25", **body}
    return browser.client.post("/review/queues/1/exchange", json=sent, headers=headers)


def test_every_page_answers(browser: Browser, faces: list[int], job_id: int) -> None:
    grid, face = "/review/queues/1/grid/incorrect?size=200", f"/review/faces/{faces[0]}"
    for path in ("/review", "/review/queues/1", "/review/queues/new", f"/review/queues/new?job={job_id}",
                 "/review/queues/1/faces", grid, face, "/review/reviewers", "/review/conflicts",
                 "/review/conflicts?all", "/review/gold", "/review/flags", "/review/cannot-tell",
                 "/people"):  # fmt: skip
        assert browser.get(path).status_code == 200, path
    for path in ("/review/queues/9", "/review/queues/1/grid/nonsense", "/review/faces/999"):
        assert browser.get(path).status_code == 404, path


def test_faces_are_leased_and_decisions_saved(browser: Browser, faces: list[int], database: Database) -> None:
    answer = send(browser, want=2).json
    assert [face["face"] for face in answer["faces"]] == faces[:2]
    assert answer["faces"][0]["guess"] is None
    item = answer["faces"][0]["item"]
    action = {"key": uuid.uuid4().hex, "kind": "decide", "items": {str(item): "incorrect"}, "ms": 800}
    for _ in range(2):
        answer = send(browser, actions=[action], holding=[item, answer["faces"][-1]["item"]], want=1).json
    assert answer["answers"] == [{"key": action["key"], "outcome": "saved", "items": [item]}]
    assert (answer["today"], answer["remaining"]) == (1, 4)
    past = browser.get("/review/queues/1/past").json["faces"]
    assert [(face["face"], face["label"]) for face in past] == [(faces[0], "incorrect")]
    browser.post("/review/queues/1/leave", json={"holder": HOLDER})
    with database.read() as rows:
        assert rows.scalars(select(Decision.label)).all() == [Label.INCORRECT]
        assert rows.scalars(select(ReviewItem.id).where(ReviewItem.state == ItemState.LEASED)).all() == []


@in_one_test(
    "body",
    [
        {"holder": "short"},
        {"actions": [{"key": "k" * 12, "kind": "decide", "items": {"1": None}}]},
        {"actions": [{"key": "k" * 12, "kind": "decide", "items": {"1": "nonsense"}}]},
        {"actions": [{"key": "k" * 12, "kind": "nonsense", "items": {"1": "incorrect"}}]},
        {"actions": ["nonsense"]},
        {"actions": {"a": 1}},
        {"holding": "x"},
        {"label": "nonsense"},
    ],
)
def test_invalid_requests_are_refused(browser: Browser, faces: list[int], body: dict) -> None:
    answer = send(browser, **body)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "action_invalid")


def test_a_queue_of_a_job_with_one_click(browser: Browser, database: Database, job_id: int) -> None:
    assert "Review the most informative faces" in browser.get(f"/jobs/{job_id}").text
    answer = browser.post(f"/review/jobs/{job_id}")
    assert answer.location == "/review/queues/1"
    with database.read() as rows:
        queue = rows.get_one(ReviewQueue, 1)
        assert queue.options["job_id"] == job_id
        assert rows.get_one(Job, queue.job_id).kind == REVIEW.name
    assert "Choosing faces" in browser.get("/review/queues/1").text
    assert browser.get(f"/jobs/{queue.job_id}").status_code == 200


#: Surely worn incorrectly.
_INCORRECT = (0.1, 0.1, 0.75, 0.05)


def test_the_form_creates_a_queue_or_shows_the_error(browser: Browser, database: Database) -> None:
    with database.write() as rows:
        add_faces(rows, [_INCORRECT] * 3, version_id=1)
    shares = {"share_uncertain": 30, "share_audit": 10, "share_rare": 0, "share_disagreement": 0}
    form = {"title": "Mine", "limit": 50, "second_percent": 5, "gold_percent": 0, "reviewer": "", "label": ""}
    assert browser.post("/review/queues/new", data=form | shares | {"job": 77}).status_code == 404
    wrong = browser.post("/review/queues/new", data=form | dict.fromkeys(shares, 0))
    assert (wrong.status_code, "shares_invalid" in wrong.text) == (400, True)
    assert browser.post("/review/queues/new", data=form | shares | {"limit": 0}).status_code == 400
    assert browser.post("/review/queues/new", data=form | shares | {"label": "incorrect"}).status_code == 302
    with database.read() as rows:
        queue = rows.scalars(select(ReviewQueue)).one()
    assert queue.title == "Mine"
    assert queue.options["shares"] == {"uncertain": 30, "audit": 10}


def test_a_queue_that_no_face_matches_is_refused_with_its_reason(
    browser: Browser, database: Database
) -> None:
    none = dict.fromkeys(("share_uncertain", "share_audit", "share_rare"), 0)
    form = {"title": "Mine", "limit": 50, "second_percent": 0, "gold_percent": 0, "reviewer": "", "label": ""}
    refused = browser.post("/review/queues/new", data=form | none | {"share_disagreement": 20})
    assert (refused.status_code, "queue_empty" in refused.text) == (400, True)
    assert "Two classifier versions must have predicted the same faces" in refused.text
    assert 'value="Mine"' in refused.text
    with database.write() as rows:
        add_faces(rows, [_INCORRECT] * 3, version_id=1)
    shares = {"share_uncertain": 30, "share_audit": 10, "share_rare": 0, "share_disagreement": 0}
    other = browser.post("/review/queues/new", data=form | shares | {"label": "with_mask"})
    assert (other.status_code, "queue_empty" in other.text) == (400, True)
    with database.read() as rows:
        assert rows.scalars(select(ReviewQueue)).all() == []


def test_a_job_whose_faces_are_all_in_a_queue_gets_no_empty_one(
    browser: Browser, database: Database, job_id: int
) -> None:
    with database.write() as rows:
        add_queue(rows, list(rows.scalars(select(Face.id))))
    assert browser.post(f"/review/jobs/{job_id}").location == f"/jobs/{job_id}"
    assert "No faces found." in browser.get(f"/jobs/{job_id}").text
    assert browser.post("/review/jobs/99").status_code == 404


def test_a_queue_has_a_default_title_and_an_empty_one_a_reason(browser: Browser, database: Database) -> None:
    with database.write() as rows:
        add_faces(rows, [_INCORRECT] * 3, version_id=1)
        options = QueueOptions(shares={ReviewReason.DISAGREEMENT: 20})
        first = request_queue(rows, options, title="Empty", account_id=None)
        first.state = QueueState.OPEN
        address = f"/review/queues/{first.id}"
    assert "Two classifier versions must have predicted the same faces" in browser.get(address).text
    form = {"title": " ", "limit": 50, "second_percent": 0, "gold_percent": 0, "reviewer": "", "label": ""}
    shares = {"share_uncertain": 30, "share_audit": 10, "share_rare": 0, "share_disagreement": 0}
    browser.post("/review/queues/new", data=form | shares)
    assert "Uncertain, random audit" in browser.get("/review").text


def test_a_face_is_decided_on_its_page(browser: Browser, faces: list[int], database: Database) -> None:
    page = f"/review/faces/{faces[0]}"
    first = browser.get(page).text
    assert "No decisions." in first and "Photo in the library" in first
    assert "Photo in the library" not in browser.get(f"{page}?back=/jobs/1").text
    back = {"label": "without_mask", "back": "/jobs/1"}
    assert browser.post(page, data=back).location == "/jobs/1"
    assert browser.post(page, data={"label": "incorrect", "back": "//evil.example"}).location == page
    with database.read() as rows:
        item = rows.scalars(select(ReviewItem).where(ReviewItem.face_id == faces[0])).one()
        assert (item.state, item.label) == (ItemState.DECIDED, Label.WITHOUT_MASK), (
            "no queue asks for it any more"
        )
        assert rows.get_one(ReviewQueue, 1).items_decided == 1
    browser.post(page, data={"label": ""})
    assert browser.post(page, data={"label": "nonsense"}).status_code == 404
    browser.post(f"{page}/flag")
    browser.post(f"{page}/gold", data={"label": "incorrect"})
    shown = browser.get(page).text
    assert "Flagged" in shown and "Undone" in shown and "Change" in shown
    assert f"/faces/{faces[0]}/crop" in browser.get("/review/gold").text
    assert f"/faces/{faces[0]}/crop" in browser.get("/review/flags").text
    browser.post(f"{page}/flag")
    browser.post(f"{page}/gold", data={"label": ""})
    with database.read() as rows:
        assert rows.scalars(select(GoldFace)).all() == []
        assert rows.scalars(select(FaceFlag).where(FaceFlag.resolved_at.is_(None))).all() == []


def test_the_page_of_a_moved_box_redirects_and_a_removed_one_says_so(
    browser: Browser, faces: list[int], database: Database
) -> None:
    with database.write() as rows:
        photos = [rows.get_one(Face, face).photo_id for face in faces[:2]]
        for face, photo, kind in zip(faces, photos, (BoxEditKind.MOVE, BoxEditKind.REMOVE), strict=False):
            change = BoxChange(key=str(uuid.uuid4()), kind=kind, face=str(face), box=(10, 10, 60, 60))
            apply_change(rows, photo, change, account_id=1)
        standing = rows.scalars(select(BoxEdit.face_id).where(BoxEdit.replaced_id == faces[0])).one()
    answer = browser.get(f"/review/faces/{faces[0]}?back=/jobs/1")
    assert (answer.status_code, answer.location) == (302, f"/review/faces/{standing}?back=/jobs/1")
    assert "This box was removed" in browser.get(f"/review/faces/{faces[1]}").text
    assert "This box was removed" not in browser.get(f"/review/faces/{standing}").text


def test_a_reviewer_can_only_review(
    reviewer: Browser, faces: list[int], job_id: int, database: Database
) -> None:
    assert reviewer.get("/").location == "/review"
    for path in (
        "/review",
        "/review/queues/1",
        "/review/queues/1/faces",
        f"/review/faces/{faces[0]}",
        "/account",
    ):
        assert reviewer.get(path).status_code == 200, path
    assert send(reviewer, want=1).status_code == 200
    for path in (
        "/jobs/new",
        f"/jobs/{job_id}",
        "/review/queues/new",
        "/review/reviewers",
        "/people",
        "/schedules",
    ):
        assert reviewer.get(path).status_code == 403, path
    for path in (
        f"/jobs/{job_id}/cancel",
        "/people",
        "/review/queues/1/close",
        f"/review/faces/{faces[0]}/gold",
    ):
        assert reviewer.post(path).status_code == 403, path
    assert reviewer.get("/nowhere").status_code == 404


def test_people_are_invited_by_a_link_and_lose_access(
    app: Flask, browser: Browser, database: Database
) -> None:
    page = browser.post("/people", data={"name": "ben", "role": "reviewer"}).text
    assert "Owner: does everything" in page and "Reviewer: decides faces and edits boxes. Since" in page
    secret = page.partition("/sign-in/")[2].partition("<")[0]
    ben = _signed_in(app, secret)
    assert ben.get("/review").status_code == 200
    with database.read() as rows:
        account = rows.scalars(select(Account).where(Account.name == "ben")).one()
        assert account.role is Role.REVIEWER
    assert browser.post("/people", data={"name": "ben", "role": "lead"}).status_code == 409
    assert browser.post("/people", data={"name": "two words", "role": "lead"}).status_code == 400
    assert "/sign-in/" in browser.post(f"/people/{account.id}/link").text
    browser.post(f"/people/{account.id}/shut-out")
    assert ben.get("/review").status_code == 302
    assert browser.post("/people/1/shut-out").status_code == 409
    assert browser.post("/people/999/link").status_code == 404


def test_a_queue_is_closed_and_reopened(browser: Browser, faces: list[int]) -> None:
    send(browser, want=2)
    browser.post("/review/queues/1/close")
    assert send(browser, want=2).json["open"] is False
    assert "Reopen" in browser.get("/review/queues/1").text
    browser.post("/review/queues/1/open")
    assert len(send(browser, want=2).json["faces"]) == 2
    assert browser.post("/review/queues/1/open").status_code == 409


def test_a_lead_settles_a_conflict_on_its_page(
    app: Flask, browser: Browser, reviewer: Browser, database: Database
) -> None:
    desk = Desk(database, faces=1, names=("ben", "cy", "dee"), version_id=1, second=True)
    page = f"/review/conflicts/{desk.disagree()}"
    assert "1 contested face" in browser.get("/review/conflicts").text
    for dataset_form in ("/datasets", "/training/new"):
        assert "1 contested face" in browser.get(dataset_form).text
    assert "Contested" in browser.get(f"/review/faces/{desk.faces[0]}").text
    assert reviewer.post(page, data={"choice": "incorrect"}).status_code == 403
    assert browser.post(page, data={"choice": "nonsense"}).status_code == 404
    assert browser.post(page, data={"choice": "incorrect"}).location == "/review/conflicts"
    assert browser.post(page, data={"choice": "incorrect"}).status_code == 409
    assert "No face is contested" in browser.get("/review/conflicts").text
    assert "settled" in browser.get("/review/conflicts?all").text
    assert "owner, settled the conflict" in browser.get(f"/review/faces/{desk.faces[0]}").text
    browser.post(page, data={"choice": ""})
    assert "1 contested face" in browser.get("/review/conflicts").text


def test_a_lead_settles_on_the_page_of_the_face(browser: Browser, database: Database) -> None:
    desk = Desk(database, faces=1, names=("ben", "cy", "dee"), version_id=1, second=True)
    third, page = desk.disagree(), f"/review/faces/{desk.faces[0]}"
    for label, state in (("incorrect", ItemState.DECIDED), ("", ItemState.WAITING)):
        browser.post(page, data={"label": label})
        assert desk.item(third).state is state


def test_cannot_tell_is_an_answer_on_every_page(browser: Browser, faces: list[int]) -> None:
    for path in ("/review/queues/1/faces", "/review/queues/1/grid/incorrect", f"/review/faces/{faces[0]}"):
        assert "Can&#39;t tell" in browser.get(path).text, path
    item = send(browser, want=1).json["faces"][0]["item"]
    action = {"key": uuid.uuid4().hex, "kind": "decide", "items": {str(item): "cannot_tell"}, "ms": 800}
    assert send(browser, actions=[action]).json["answers"][0]["outcome"] == "saved"
    past = browser.get("/review/queues/1/past").json["faces"]
    assert [face["label"] for face in past] == ["cannot_tell"]
    assert f"/faces/{faces[0]}/crop" in browser.get("/review/cannot-tell").text
    assert "Decided: can&#39;t tell" in browser.get(f"/review/faces/{faces[0]}").text
    browser.post(f"/review/faces/{faces[0]}", data={"label": "with_mask"})
    assert f"/faces/{faces[0]}/crop" not in browser.get("/review/cannot-tell").text


def test_the_guide_is_on_every_review_page_and_leads_change_it(
    browser: Browser, reviewer: Browser, faces: list[int]
) -> None:
    for path in ("/review/guide", "/review/queues/1/faces", "/review/queues/1/grid/incorrect"):
        assert "A scarf, a collar or a veil" in reviewer.get(path).text, path
    assert "/review/guide" in reviewer.get(f"/review/faces/{faces[0]}").text
    assert reviewer.get("/review/guide/edit").status_code == 403
    assert reviewer.post("/review/guide/edit", data={"base": 0}).status_code == 403
    texts = {"base": 0, "general": "Ours.", "without_mask": "No <b>mask</b>.\n\nNone."}
    assert browser.post("/review/guide/edit", data=texts).location == "/review/guide"
    shown = reviewer.get("/review/queues/1/faces").text
    assert "<p>No &lt;b&gt;mask&lt;/b&gt;.</p><p>None.</p>" in shown and "A scarf" not in shown
    page = reviewer.get("/review/guide").text
    assert "Version 1" in page and "owner" in page
    assert "A scarf" in reviewer.get("/review/guide?version=0").text
    assert "A scarf" in browser.get("/review/guide/edit?version=0").text
    again = browser.post("/review/guide/edit", data=texts | {"general": "Mine."})
    assert (again.status_code, "guide_changed" in again.text, "Mine." in again.text) == (409, True, True)
    assert browser.get("/review/guide?version=9").status_code == 404


def test_a_preset_replaces_the_shares_and_a_job_is_chosen_by_its_title(
    browser: Browser, database: Database, job_id: int
) -> None:
    with database.write() as rows:
        rows.get_one(Job, job_id).title = "Market 2024"
    assert browser.get("/review/queues/new/jobs?words=mark").json == {"jobs": [f"Market 2024 (job {job_id})"]}
    assert browser.get("/review/queues/new/jobs?words=100%25").json == {"jobs": []}
    assert f'value="Market 2024 (job {job_id})"' in browser.get(f"/review/queues/new?job={job_id}").text
    form = {
        "limit": 50,
        "second_percent": 0,
        "gold_percent": 0,
        "reviewer": "",
        "label": "",
        "preset": "audit",
    }
    for words in (f"Market 2024 (job {job_id})", "market 2024", str(job_id)):
        assert browser.post("/review/queues/new", data=form | {"job": words}).status_code == 302
    with database.read() as rows:
        options = [queue.options for queue in rows.scalars(select(ReviewQueue))]
    assert [(each["job_id"], each["shares"]) for each in options] == [(job_id, {"audit": 100})] * 3
    unknown = browser.post("/review/queues/new", data=form | {"job": "Market"})
    assert (unknown.status_code, "No job is called “Market”" in unknown.text) == (404, True)
    assert browser.post("/review/queues/new", data=form | {"preset": "nonsense"}).status_code == 400


def test_the_form_says_how_many_faces_match(browser: Browser, faces: list[int], database: Database) -> None:
    def words(**fields: object) -> str:
        form = {"limit": 500, "second_percent": 0, "gold_percent": 0} | fields
        return browser.get("/review/queues/new/matching", query_string=form).json["words"]

    assert words(preset="all").startswith("No faces found. All matching faces are decided or wait")
    browser.post("/review/queues/1/close")
    assert words(preset="all") == "About 5 faces match."
    assert words(preset="custom", share_all=100, limit=3) == "About 5 faces match; the queue takes 3."
    none = dict.fromkeys(("share_uncertain", "share_disagreement", "share_rare", "share_audit"), 0)
    assert words(preset="custom", **none) == "Give at least one kind of face a share from 1 to 100."
    assert words(preset="all", job="nothing") == "No job is called “nothing”. Choose a job from the list."
    assert words(preset="all", limit=0) == "A field is invalid."
    browser.post(f"/review/faces/{faces[0]}", data={"label": "incorrect"})
    assert words(preset="label_errors") == "About 1 decided face is searched for likely label errors."
