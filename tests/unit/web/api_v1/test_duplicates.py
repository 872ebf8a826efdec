"""Duplicate groups of the API."""

import pytest
from flask import Flask
from sqlalchemy import select

from core.database import Database
from models import DuplicateGroup, Role, Scope
from tests.review_rows import add_faces
from tests.unit.dedup.rows import add_job, add_photos, group, hidden
from tests.unit.web.api_v1.calling import Call, code_of, person


@pytest.fixture
def found(database: Database) -> dict[int, int]:
    """Two groups, of photos 1 to 3 and of 4 and 5: group ids by kept photo."""
    job_id = add_job(database)
    add_photos(database, 0, 4, 6)
    add_photos(database, 30, 31, first=4)
    group(database, job_id)
    with database.read() as session:
        return dict(session.execute(select(DuplicateGroup.kept_photo_id, DuplicateGroup.id)).all())


def _walk(call: Call, address: str) -> list[int]:
    seen, after = [], ""
    while after is not None:
        page = call("GET", f"{address}{f'&after={after}' if after else ''}").get_json()
        seen += [each["id"] for each in page["groups"]]
        after = page["next"]
    return seen


def test_groups_are_listed_read_and_accepted(call: Call, found: dict[int, int], database: Database) -> None:
    assert _walk(call, "/duplicate-groups?limit=1") == [found[4], found[1]]
    first = call("GET", f"/duplicate-groups/{found[1]}").get_json()
    assert [member["photo_id"] for member in first["members"]] == [1, 2, 3]
    assert (first["state"], first["kept_photo_id"], first["photos"]) == ("open", 1, 3)
    for group_id in found.values():
        accepted = call("POST", f"/duplicate-groups/{group_id}/accept").get_json()
        assert accepted["state"] == "accepted"
        assert [member["hidden"] for member in accepted["members"]][:2] == [False, True]
    assert hidden(database) == {2, 3, 5}
    assert _walk(call, "/duplicate-groups?limit=1&state=accepted") == [found[4], found[1]]
    reopened = call("POST", f"/duplicate-groups/{found[1]}/reopen").get_json()
    assert (reopened["state"], reopened["members"][1]["hidden"]) == ("open", False)
    assert hidden(database) == {5}


def test_a_list_goes_on_behind_a_group_that_is_gone(
    call: Call, found: dict[int, int], database: Database
) -> None:
    page = call("GET", "/duplicate-groups?limit=1").get_json()
    parted = call("POST", f"/duplicate-groups/{found[4]}/not-same", json={"photo": 5}).get_json()
    assert parted == {"group": None, "photo": 5, "kept": 4}
    rest = call("GET", f"/duplicate-groups?after={page['next']}").get_json()
    assert [each["id"] for each in rest["groups"]] == [found[1]]
    back = call("POST", "/duplicate-groups/put-back", json={"photo": 5, "kept": 4}).get_json()
    assert [member["photo_id"] for member in back["members"]] == [4, 5]


def test_another_photo_is_kept_and_one_that_differs_leaves(call: Call, found: dict[int, int]) -> None:
    address = f"/duplicate-groups/{found[1]}"
    kept = call("POST", f"{address}/keep", json={"photo": 2}).get_json()
    assert (kept["group"]["kept_photo_id"], kept["left"]) == (2, 0)
    parted = call("POST", f"{address}/not-same", json={"photo": 3}).get_json()
    assert (parted["kept"], parted["group"]["photos"]) == (2, 2)
    own = call("POST", f"{address}/not-same", json={"photo": 2})
    assert (own.status_code, code_of(own)) == (409, "duplicate_kept")
    for action in ("keep", "not-same"):
        stranger = call("POST", f"{address}/{action}", json={"photo": 5})
        assert code_of(stranger) == "duplicate_member_not_found"
        assert code_of(call("POST", f"{address}/{action}", json={})) == "request_invalid"


def test_many_groups_are_accepted_and_reopened(call: Call, found: dict[int, int], database: Database) -> None:
    made = call("POST", "/duplicate-groups/accept", json={"similarity": 0.9}).get_json()
    assert made["groups"] == 2 and hidden(database) == {2, 3, 5}
    undone = call("POST", "/duplicate-groups/reopen", json={"acceptance": made["acceptance"]}).get_json()
    assert undone["groups"] == 2 and hidden(database) == set()
    assert code_of(call("POST", "/duplicate-groups/accept", json={"similarity": 0.1})) == "request_invalid"


def test_what_is_not_there_and_who_may_not(
    app: Flask, call: Call, found: dict[int, int], database: Database
) -> None:
    for method, action in (("GET", ""), ("POST", "/accept"), ("POST", "/reopen")):
        assert code_of(call(method, f"/duplicate-groups/99{action}")) == "duplicate_group_not_found"
    gone = call("POST", "/duplicate-groups/put-back", json={"photo": 99, "kept": 1})
    assert code_of(gone) == "photo_not_found"
    with database.write() as rows:
        alone = add_faces(rows, [(0.9, 0.05, 0.03, 0.02)])[0]
    for kept in (alone, 1):
        never = call("POST", "/duplicate-groups/put-back", json={"photo": alone, "kept": kept})
        assert (never.status_code, code_of(never)) == (404, "not_same_not_found")
    ann = person(app, database, "ann", Role.REVIEWER, Scope.REVIEW)
    assert code_of(ann("POST", f"/duplicate-groups/{found[1]}/accept")) == "lead_needed"
    assert code_of(ann("GET", "/duplicate-groups")) == "scope_missing"
    for cursor in ("x", "djE6MQ", "djE6bmFuOng6MQ"):
        assert code_of(call("GET", f"/duplicate-groups?after={cursor}")) == "cursor_invalid"
