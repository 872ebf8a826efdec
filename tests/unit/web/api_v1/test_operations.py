"""The API for programs: tokens, problems, jobs, idempotency, cursors, its document."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from core.accounts import add_account, ensure_owner
from core.api_tokens import add_token
from core.database import Database, read_clock
from core.labels.decisions import Origin
from core.library.uploads import open_upload
from core.review.answers.outside_decisions import decide_face
from models import Account, ApiToken, Job, JobState, Label, Role, Scope, UploadFile
from tests.cases import in_one_test
from tests.unit.web.api_v1.calling import (
    PROBLEM,
    Call,
    caller,
    code_of,
    example_address,
    new_token,
    operations,
)
from tests.unit.web.conftest import Browser
from tests.unit.web.finished_job import add_finished_job
from web.api_v1.access import access_of

_WITH_BODY = ("POST", "PUT", "PATCH")


def _predict(folder: Path, **options: Any) -> dict[str, Any]:
    return {"kind": "predict", "options": {"folder": str(folder), **options}}


@in_one_test(
    ("authorization", "code"),
    [
        (None, "token_missing"),
        ("Basic b3duZXI6", "token_missing"),
        ("Bearer ", "token_missing"),
        ("Bearer maskloop_wrong", "token_refused"),
    ],
)
def test_without_a_token_nothing_is_answered(app: Flask, authorization: str | None, code: str) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    for address in ("/api/v1/jobs", "/api/v1/jobs/1", "/api/v1/nowhere"):
        answer = app.test_client().get(address, headers=headers)
        assert (answer.status_code, code_of(answer)) == (401, code)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_no_cookie_works_on_the_api_and_no_token_on_pages(
    app: Flask, browser: Browser, database: Database
) -> None:
    assert browser.get("/").status_code == 200
    assert code_of(browser.get("/api/v1/jobs")) == "token_missing"
    secret = new_token(database, Scope.ADMIN)
    page = app.test_client().get("/", headers={"Authorization": f"Bearer {secret}"})
    assert page.status_code == 302
    assert app.test_client().get(f"/api/v1/jobs?token={secret}").status_code == 401


def test_a_token_that_expired_or_was_revoked_is_refused(app: Flask, database: Database) -> None:
    expired, revoked, good = (new_token(database, Scope.READ) for _ in range(3))
    with database.write() as rows:
        now = read_clock(rows)
        rows.execute(update(ApiToken).where(ApiToken.id == 1).values(expires_at=now - timedelta(seconds=1)))
        rows.execute(update(ApiToken).where(ApiToken.id == 2).values(revoked_at=now))
    for secret in (expired, revoked):
        assert code_of(caller(app, secret)("GET", "/jobs")) == "token_refused"
    assert caller(app, good)("GET", "/jobs").status_code == 200
    with database.read() as rows:
        tokens = rows.scalars(select(ApiToken).order_by(ApiToken.id)).all()
    assert [token.last_used_at is None for token in tokens] == [True, True, False]
    assert all(good not in str(vars(token)) for token in tokens), "the secret itself is not stored"


def test_every_operation_needs_its_scope(app: Flask, database: Database) -> None:
    """Each route of the API is called with a token that lacks its scope."""
    checked = 0
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.rule.startswith("/api/v1") and not getattr(view, "api_is_public", False):
            assert access_of(view) is not None, f"{rule.endpoint} declares no scope"
    for method, rule in operations(app):
        access = access_of(app.view_functions[rule.endpoint])
        assert access is not None
        others = frozenset(Scope) - access.scopes - {Scope.ADMIN}
        if not others:
            # Open to every token.
            continue
        call = caller(app, new_token(database, *others))
        answer = call(method, example_address(rule), json={} if method in _WITH_BODY else None)
        assert (answer.status_code, code_of(answer)) == (403, "scope_missing"), rule.rule
        checked += 1
    assert checked > 8


def test_a_token_of_a_removed_person_is_worth_nothing(
    app: Flask, browser: Browser, database: Database
) -> None:
    with database.write() as rows:
        ann = add_account(rows, "ann", Role.LEAD)
        secret = add_token(rows, ann, name="x", scopes=[Scope.ADMIN], days=1)[1]
    assert caller(app, secret)("GET", "/jobs").status_code == 200
    with database.write() as rows:
        rows.get_one(Account, ann.id).role = Role.REVIEWER
    assert code_of(caller(app, secret)("GET", "/jobs")) == "scope_missing"
    browser.post(f"/people/{ann.id}/shut-out")
    assert code_of(caller(app, secret)("GET", "/jobs")) == "token_refused"


def test_a_job_is_requested_read_steered_and_deleted(call: Call, photos: Path, database: Database) -> None:
    created = call("POST", "/jobs", json=_predict(photos) | {"title": "Street"})
    assert created.status_code == 202
    address = created.headers["Location"].removeprefix("/api/v1")
    job = call("GET", address).get_json()
    assert (job["title"], job["state"], job["kind"]) == ("Street", "waiting", "predict")
    assert job["progress"]["fraction"] is None
    assert call("POST", f"{address}/pause").get_json()["state"] == "paused"
    assert code_of(call("POST", f"{address}/pause")) == "job_state"
    assert code_of(call("DELETE", address)) == "job_state"
    assert call("POST", f"{address}/cancel").get_json()["state"] == "cancelled"
    codes = [event["code"] for event in call("GET", f"{address}/events").get_json()["events"]]
    assert codes == ["job_cancelled", "job_paused", "job_requested"]
    again = call("POST", f"{address}/again")
    assert again.status_code == 202 and again.headers["Location"] != created.headers["Location"]
    assert call("DELETE", address).status_code == 204
    assert (call("GET", address).status_code, code_of(call("GET", address))) == (410, "job_deleted")
    with database.read() as rows:
        assert rows.get_one(Job, job["id"]).account_id == 1


@in_one_test(
    ("body", "code"),
    [
        ({}, "request_invalid"),
        ({"kind": "colour", "options": {}}, "job_kind_unknown"),
        ({"kind": "predict", "options": {"foldr": "/photos"}}, "option_unknown"),
        ({"kind": "predict", "options": {"folder": "/photos", "smallest_face": 3}}, "option_invalid"),
        ({"kind": "predict", "options": {}}, "input_missing"),
        ({"kind": "predict", "options": {"folder": "/etc"}}, "folder_not_allowed"),
        ({"kind": "predict", "options": {"folder": "/photos"}, "colour": 1}, "request_invalid"),
        ({"kind": "predict", "options": {"folder": "/photos", "smalest_face": 40}}, "option_unknown"),
        ({"kind": "freeze", "options": {"freeze": {"agreeing": 1, "colour": 2}}}, "option_unknown"),
        (
            {"kind": "crawl", "options": {"sources": ["commons"], "phrases": [{"text": "a", "lable": "x"}]}},
            "option_unknown",
        ),
        ({"kind": "predict", "options": {"upload_id": 1}}, "upload_not_found"),
        ({"kind": "predict", "options": {"selection": {"photos": [-(2**40)]}}}, "option_invalid"),
        ({"kind": "train", "options": {"seed": -1}}, "option_invalid"),
    ],
)
def test_a_request_that_is_not_understood_is_a_problem(
    call: Call, database: Database, body: dict[str, Any], code: str
) -> None:
    answer = call("POST", "/jobs", json=body)
    assert code_of(answer) == code
    assert 400 <= answer.status_code < 500
    with database.read() as rows:
        assert rows.scalars(select(func.count()).select_from(Job)).one() == 0


def test_what_was_misspelt_is_named_with_what_is_near(call: Call) -> None:
    for method, address, body, words in [
        ("POST", "/jobs", {"kind": "predikt", "options": {}}, "'predikt' to request. Kinds: agreement, "),
        ("POST", "/jobs", {"kind": "predict", "options": {"foldr": "/a"}}, "Did you mean 'folder'?"),
        ("POST", "/queues", {"options": {"tittle": "x"}}, "A queue has no option 'tittle'."),
        ("POST", "/imports/preview", {"options": {"fodler": "/a"}}, "Did you mean 'folder'?"),
        ("POST", "/jobs", {"options": {}}, "kind: this field is missing."),
        ("GET", "/jobs?limt=3", None, "limt: there is no such field."),
        ("POST", "/tokens", {"scopes": ["read"]}, "name: this field is missing."),
        ("GET", "/job", None, "/api/v1/openapi.json names all"),
    ]:
        detail = call(method, address, json=body).get_json(force=True)["detail"]
        assert words in detail, detail


def test_a_body_that_is_no_json_object_says_so(call: Call) -> None:
    assert code_of(call("POST", "/jobs", data="kind=predict")) == "json_expected"
    assert code_of(call("POST", "/jobs", data="{", content_type="application/json")) == "json_invalid"
    assert code_of(call("POST", "/jobs", data="[1]", content_type="application/json")) == "json_invalid"
    assert call("PATCH", "/jobs").status_code == 405


@in_one_test(
    ("body", "words"),
    [
        ('{"a":' + "[" * 100_000, "nested"),
        ('{"a":' * 50_000 + "1" + "}" * 50_000, "nested"),
        ('{"kind": "predict", "kind": "train", "options": {}}', "'kind' twice"),
        ('{"kind": "dedup", "options": {"accept_above": NaN}}', "NaN"),
        ('{"kind": "dedup", "options": {"accept_above": -Infinity}}', "-Infinity"),
        ('{"kind": "predict", "options": {"folder": "/photos\\ud800"}}', "character"),
        ('{"kind": "predict", "options": {"folder": "/photos\\u0000"}}', "character"),
        ('{"kind": "retention", "options": {"by": "host", "value": "\\ud800"}}', "character"),
        ('{"kind": "retention", "options": {"by": "host", "value": "a\\u0000"}}', "character"),
        ('{"\\udfff": 1}', "character"),
    ],
)
def test_json_that_other_programs_do_not_read_alike_is_refused(call: Call, body: str, words: str) -> None:
    for address in ("/jobs", "/tokens"):
        answer = call("POST", address, data=body, content_type="application/json")
        assert (answer.status_code, code_of(answer)) == (400, "json_invalid")
        assert words in answer.get_json(force=True)["detail"]


def test_escapes_of_real_characters_are_read(call: Call) -> None:
    body = '{"name": "\\ud83d\\ude37 \\u00e9 \\\\u0000", "scopes": ["read"]}'
    made = call("POST", "/tokens", data=body, content_type="application/json")
    assert made.get_json()["name"] == "\U0001f637 é \\u0000"


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "retention", "options": {"by": "host", "value": "example.org"}},
        {"kind": "train", "options": {"promote_by": "gate"}},
        {"kind": "freeze", "options": {"freeze": {}, "golden": True}},
    ],
)
def test_jobs_that_delete_pictures_or_change_what_all_use_need_the_scope_admin(
    app: Flask, database: Database, body: dict[str, Any]
) -> None:
    submit = caller(app, new_token(database, Scope.READ, Scope.SUBMIT))
    refused = submit("POST", "/jobs", json=body)
    assert (refused.status_code, code_of(refused)) == (403, "scope_missing")
    keyed = submit("POST", "/jobs", json=body, headers={"Idempotency-Key": "k"})
    assert code_of(keyed) == "scope_missing"
    with database.read() as rows:
        assert rows.scalars(select(func.count()).select_from(Job)).one() == 0


def test_a_retention_job_is_not_started_again_or_steered_without_the_scope_admin(
    app: Flask, call: Call, database: Database
) -> None:
    submit = caller(app, new_token(database, Scope.READ, Scope.SUBMIT))
    body = {"kind": "retention", "options": {"by": "host", "value": "example.org"}}
    job_id = call("POST", "/jobs", json=body).get_json()["id"]
    for action in ("pause", "resume", "cancel", "continue", "retry", "again"):
        assert code_of(submit("POST", f"/jobs/{job_id}/{action}")) == "scope_missing", action
    assert call("POST", f"/jobs/{job_id}/pause").get_json()["state"] == "paused"


def test_an_upload_of_another_person_is_read_only_once_a_job_has_it(
    app: Flask, database: Database, photos: Path
) -> None:
    with database.write() as rows:
        ann = add_account(rows, "ann", Role.LEAD)
        secret = add_token(rows, ann, name="x", scopes=[Scope.ADMIN], days=1)[1]
        upload = open_upload(rows, ensure_owner(rows).id)
        rows.add(
            UploadFile(
                upload_id=upload.id, ordinal=0, locator=b"a.jpg", name="a.jpg", bytes=0, error_code="x"
            )
        )
    others, own = caller(app, secret), caller(app, new_token(database, Scope.SUBMIT))
    body = {"kind": "predict", "options": {"upload_id": upload.id}}
    assert code_of(others("POST", "/jobs", json=body)) == "upload_not_found"
    assert own("POST", "/jobs", json=body).status_code == 202
    assert others("POST", "/jobs", json=body).status_code == 202


def test_a_request_with_a_key_starts_one_job(call: Call, photos: Path, database: Database) -> None:
    key = {"Idempotency-Key": "run-7"}
    first, second = (call("POST", "/jobs", json=_predict(photos), headers=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.get_json()["id"] == second.get_json()["id"]
    other = call("POST", "/jobs", json=_predict(photos, smallest_face=40), headers=key)
    assert (other.status_code, code_of(other)) == (422, "idempotency_key_reused")
    assert code_of(call("POST", "/jobs", json=_predict(photos), headers={"Idempotency-Key": "x" * 200})) == (
        "idempotency_key_invalid"
    )
    with database.read() as rows:
        assert rows.scalars(select(func.count()).select_from(Job)).one() == 1


def test_a_key_that_was_taken_meanwhile_gives_the_other_job(
    call: Call, photos: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two requests at once: the slower one undoes its job and answers with the one of the faster."""
    from web.api_v1 import starting

    key = {"Idempotency-Key": "run-8"}
    winner = call("POST", "/jobs", json=_predict(photos), headers=key).get_json()["id"]
    real, calls = starting.find_repeated, []

    def sees_nothing_at_first(*given: Any) -> int | None:
        calls.append(1)
        return None if len(calls) == 1 else real(*given)

    monkeypatch.setattr(starting, "find_repeated", sees_nothing_at_first)
    assert call("POST", "/jobs", json=_predict(photos), headers=key).get_json()["id"] == winner
    with database.read() as rows:
        assert rows.scalars(select(func.count()).select_from(Job)).one() == 1


def test_jobs_are_paged_by_cursor_and_filtered(call: Call, database: Database, photos: Path) -> None:
    for n in range(5):
        add_finished_job(database, photos / str(n), photos=0)
    seen, cursor = [], None
    while True:
        query = f"?limit=2{'' if cursor is None else '&after=' + cursor}"
        page = call("GET", f"/jobs{query}").get_json()
        seen += [job["id"] for job in page["jobs"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [5, 4, 3, 2, 1]
    assert call("GET", "/jobs?state=running").get_json() == {"jobs": [], "next": None}
    assert len(call("GET", "/jobs?kind=predict&words=street").get_json()["jobs"]) == 5
    for query, code in [
        ("after=7", "cursor_invalid"),
        ("after=djE6LTE", "cursor_invalid"),
        ("limit=0", "request_invalid"),
        ("limit=many", "request_invalid"),
        ("state=blue", "request_invalid"),
        ("kind=colour", "job_kind_unknown"),
        ("colour=red", "request_invalid"),
    ]:
        answer = call("GET", f"/jobs?{query}")
        assert (answer.status_code, code_of(answer)) == (400, code), query


def test_an_unchanged_answer_is_not_sent_again(call: Call, database: Database, photos: Path) -> None:
    job_id = add_finished_job(database, photos, photos=1)
    first = call("GET", f"/jobs/{job_id}")
    tag = {"If-None-Match": first.headers["ETag"]}
    assert call("GET", f"/jobs/{job_id}", headers=tag).status_code == 304
    assert call("HEAD", f"/jobs/{job_id}").headers["ETag"] == tag["If-None-Match"]
    assert call("HEAD", f"/jobs/{job_id}", headers=tag).status_code == 304
    with database.write() as rows:
        rows.get_one(Job, job_id).state = JobState.FAILED
    assert call("GET", f"/jobs/{job_id}", headers=tag).status_code == 200


def test_a_job_tells_what_was_skipped_and_how_it_ended(call: Call, database: Database, photos: Path) -> None:
    job_id = add_finished_job(database, photos)
    body = call("GET", f"/jobs/{job_id}").get_json()
    assert body["photos"] == {"found": 12, "done": 10, "failed": 2, "without_face": 2}
    assert (body["outcome"], body["progress"]["fraction"]) == ("Done", 1.0)
    skipped = {"not_photos": 17, "system_folders": {"@eaDir": 12, "#recycle": 1}}
    with database.write() as rows:
        job = rows.get_one(Job, job_id)
        job.files_skipped, job.photos_done, job.photos_failed = skipped, 0, 12
    body = call("GET", f"/jobs/{job_id}").get_json()
    assert (body["files_skipped"], body["outcome"]) == (skipped, "Done, no photo could be read")


@in_one_test("number", [2**63, 10**30])
def test_numbers_that_no_column_holds_are_not_found(app: Flask, call: Call, number: int) -> None:
    numbered = [(method, rule) for method, rule in operations(app) if "<int:" in rule.rule]
    assert len(numbered) > 5
    for method, rule in numbered:
        answer = call(method, example_address(rule, number), json={} if method in _WITH_BODY else None)
        assert (answer.status_code, code_of(answer).endswith("not_found")) == (404, True), rule.rule


def test_tokens_are_made_listed_and_revoked(app: Flask, call: Call) -> None:
    made = call("POST", "/tokens", json={"name": "shop", "scopes": ["read"]})
    assert made.status_code == 201
    secret, token_id = made.get_json()["secret"], made.get_json()["id"]
    assert caller(app, secret)("GET", "/jobs").status_code == 200
    listed = call("GET", "/tokens").get_json()["tokens"]
    assert [token["name"] for token in listed] == ["shop", "pipeline"]
    assert secret not in json.dumps(listed)
    assert call("DELETE", f"/tokens/{token_id}").status_code == 204
    assert code_of(caller(app, secret)("GET", "/jobs")) == "token_refused"
    assert code_of(call("DELETE", "/tokens/99")) == "token_not_found"
    assert code_of(call("POST", "/tokens", json={"name": "x", "scopes": []})) == "request_invalid"


@pytest.mark.parametrize("name", ["  ", "a\nb", "\x1b[2J"])
def test_a_token_has_a_name_that_terminals_can_show(call: Call, name: str) -> None:
    assert code_of(call("POST", "/tokens", json={"name": name, "scopes": ["read"]})) == "token_invalid"


@pytest.mark.parametrize("where", ["web.api_v1.access.find_token", "web.api_v1.jobs.list_jobs"])
def test_a_database_that_is_away_is_a_problem(
    call: Call, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def away(*_given: object, **_named: object) -> None:
        raise OperationalError("SELECT", {}, Exception("connection refused"))

    monkeypatch.setattr(where, away)
    answer = call("GET", "/jobs")
    assert (answer.status_code, code_of(answer)) == (503, "database_unavailable")


def test_a_host_that_is_not_allowed_and_a_body_that_is_too_large_are_problems(call: Call) -> None:
    assert code_of(call("GET", "/jobs", base_url="http://evil.example")) == "host_not_allowed"
    body = b'{"name": "' + b"x" * 20_000_000 + b'"}'
    answer = call("POST", "/tokens", data=body, content_type="application/json")
    assert (answer.status_code, code_of(answer)) == (413, "request_too_large")


def test_the_document_describes_every_operation(app: Flask) -> None:
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    routes = {
        (method, re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule)) for method, rule in operations(app)
    }
    assert described == routes
    kinds = document["components"]["schemas"]["JobRequestBody"]["discriminator"]["mapping"]
    assert {"predict", "crawl", "train"} <= set(kinds)
    smallest = document["components"]["schemas"]["PredictOptions"]["properties"]["smallest_face"]
    assert smallest["minimum"] == 8 and smallest["description"]
    problem = document["paths"]["/api/v1/jobs"]["post"]["responses"]["400"]["content"]
    assert list(problem) == [PROBLEM]


def test_the_page_of_the_document_needs_no_internet(app: Flask) -> None:
    page = app.test_client().get("/api/v1/docs")
    assert "http://" not in page.text and "https://" not in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"], "own scripts alone"
    for part in ("bundle", "preset", "style"):
        assert app.test_client().get(f"/api/v1/docs/{part}").status_code == 200


def test_photos_of_a_job_are_paged_with_their_three_labels(
    call: Call, database: Database, photos: Path
) -> None:
    job_id = add_finished_job(database, photos)
    with database.write() as rows:
        decide_face(rows, 1, Label.NOT_A_FACE, Origin(account_id=1, queue="results"))
    job = call("GET", f"/jobs/{job_id}").get_json()
    assert (job["faces"]["with_mask"], job["faces_predicted"]["with_mask"]) == (1, 2)
    seen: list[dict[str, Any]] = []
    cursor = ""
    while cursor is not None:
        page = call("GET", f"/jobs/{job_id}/photos?limit=5{cursor and '&after=' + cursor}").get_json()
        seen += page["photos"]
        cursor = page["next"]
    assert [photo["position"] for photo in seen] == list(range(12))
    face = seen[0]["faces"][0]
    assert (face["predicted"], face["decided"], face["final"]) == ("with_mask", "not_a_face", "not_a_face")
    assert face["rank_score"] == pytest.approx(0.9 * 0.97)
    assert sum(face["probabilities"].values()) == pytest.approx(1)
    assert seen[1]["faces"][0]["final"] == "without_mask"
    assert (seen[5]["state"], seen[5]["error_code"]) == ("failed", "photo_truncated")
    assert code_of(call("GET", "/jobs/99/photos")) == "job_not_found"
