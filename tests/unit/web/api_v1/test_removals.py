"""Removals of the API: a dry run that changes nothing, and a request that deletes what it said."""

from flask import Flask
from sqlalchemy import func, select

from core.database import Database
from models import Job, Photo, Scope, Takedown
from tests.unit.web.api_v1.calling import Call, caller, code_of, new_token
from workers.engine import run_batches
from workers.handlers import HANDLERS


def _photos(database: Database) -> int:
    with database.read() as rows:
        return rows.scalars(select(func.count()).select_from(Photo)).one()


def test_a_dry_run_says_what_a_removal_then_deletes(
    app: Flask, call: Call, database: Database, job_id: int
) -> None:
    before = _photos(database)
    asked = {"by": "selection", "selection": {"job": job_id, "name": "photo-0000"}}
    plan = call("POST", "/removals/plan", json=asked).get_json()
    assert 0 < plan["photos"] < before and plan["faces"] == plan["photos"] and plan["jobs"] == 1
    assert (
        plan["words"] == f"job {job_id}, name with “photo-0000”" and len(plan["photo_ids"]) == plan["photos"]
    )
    assert _photos(database) == before
    answer = call("POST", "/removals", json=asked | {"photos": plan["photos"], "reason": "asked to"})
    assert answer.status_code == 202 and answer.get_json()["kind"] == "remove"
    assert answer.headers["Location"].endswith(f"/jobs/{answer.get_json()['id']}")
    run_batches(database, app.extensions["maskloop"].settings, HANDLERS)
    assert _photos(database) == before - plan["photos"]
    (record,) = call("GET", "/removals").get_json()["removals"]
    assert (record["photos"], record["reason"], record["job_id"]) == (
        plan["photos"],
        "asked to",
        answer.get_json()["id"],
    )
    assert call("POST", "/removals/plan", json=asked).get_json()["photos"] == 0
    gone = call("POST", "/removals", json=asked | {"photos": 0})
    assert (gone.status_code, code_of(gone)) == (400, "nothing_to_remove")


def test_photos_that_came_since_the_dry_run_are_not_deleted_unseen(
    call: Call, database: Database, job_id: int
) -> None:
    everything = {"by": "selection", "selection": {}}
    plan = call("POST", "/removals/plan", json=everything).get_json()
    assert plan["photos"] == _photos(database)
    for photos in (plan["photos"] - 1, plan["photos"] + 1):
        answer = call("POST", "/removals", json=everything | {"photos": photos})
        assert (answer.status_code, code_of(answer)) == (409, "removal_changed")
    # The number cannot be left out.
    assert code_of(call("POST", "/removals", json=everything)) == "request_invalid"
    with database.read() as rows:
        assert rows.scalars(select(Takedown)).all() == []


def test_a_removal_that_is_sent_again_is_one_job(call: Call, database: Database, job_id: int) -> None:
    asked = {"by": "photo", "value": "1", "photos": 1}
    answers = [call("POST", "/removals", json=asked, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert len({answer.get_json()["id"] for answer in answers}) == 1
    with database.read() as rows:
        assert rows.scalars(select(func.count()).select_from(Job).where(Job.kind == "remove")).one() == 1


def test_targets_that_make_no_sense_are_named(call: Call, job_id: int) -> None:
    wrong = (
        ({"by": "host", "value": ""}, "removal_invalid"),
        ({"by": "host", "value": "x", "selection": {}}, "removal_invalid"),
        ({"by": "selection"}, "removal_invalid"),
        ({"by": "photo", "value": "one"}, "removal_invalid"),
        ({"by": "page", "value": "ftp://x"}, "address_scheme"),
        ({"by": "person", "value": "x"}, "request_invalid"),
        ({"by": "selection", "selection": {"labels": "x"}}, "request_invalid"),
    )
    for asked, code in wrong:
        found = code_of(call("POST", "/removals/plan", json=asked))
        assert found == code or found.startswith("address_"), asked


def test_only_admins_remove_and_readers_see_what_was_removed(
    app: Flask, database: Database, job_id: int
) -> None:
    reader = caller(app, new_token(database, Scope.READ, Scope.SUBMIT))
    for address in ("/removals", "/removals/plan"):
        asked = {"by": "photo", "value": "1", "photos": 1}
        assert code_of(reader("POST", address, json=asked)) == "scope_missing"
    assert reader("GET", "/removals").get_json() == {"removals": [], "next": None}
