"""Reviewers read the photos of open queues, and no others by their number."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from core.database import Database
from models import Face, QueueState, ReviewQueue
from tests.review_rows import add_faces, add_queue
from tests.unit.web.conftest import Browser
from tests.unit.web.test_review import SURE, reviewer

__all__ = ["reviewer"]

_JSON = {"Accept": "application/json"}


@pytest.fixture
def faces(database: Database) -> tuple[int, int]:
    """A face in an open queue, and one of another photo in none."""
    with database.write() as rows:
        queued, other = (add_faces(rows, [SURE], version_id=1)[0] for _ in range(2))
        add_queue(rows, [queued])
    return queued, other


def _addresses(app: Flask, database: Database, face_id: int) -> list[tuple[str, str]]:
    """Method and address of every page that names a photo or a face; operations want a token."""
    with database.read() as rows:
        photo_id = rows.scalars(select(Face.photo_id).where(Face.id == face_id)).one()
    found = []
    for rule in app.url_map.iter_rules():
        if rule.arguments not in ({"photo_id"}, {"face_id"}) or rule.endpoint.startswith("api_v1."):
            continue
        method = "POST" if "POST" in (rule.methods or ()) else "GET"
        address = rule.rule.replace("<int:photo_id>", str(photo_id)).replace("<int:face_id>", str(face_id))
        found.append((method, address))
    return found


def _status(reviewer: Browser, method: str, address: str) -> int:
    headers = _JSON | {"X-CSRF-Token": reviewer.token}
    with reviewer.client.open(address, method=method, headers=headers) as answer:
        return answer.status_code


def test_every_address_of_another_photo_is_refused(
    app: Flask, reviewer: Browser, database: Database, faces: tuple[int, int]
) -> None:
    addresses = _addresses(app, database, faces[1])
    assert len(addresses) > 8
    for method, address in addresses:
        assert _status(reviewer, method, address) in (403, 404), address


def test_the_photos_of_an_open_queue_are_read_until_it_closes(
    app: Flask, reviewer: Browser, database: Database, faces: tuple[int, int]
) -> None:
    pages = [
        address
        for method, address in _addresses(app, database, faces[0])
        # The rows have no files: whoever may read them is told that they are gone.
        if method == "GET" and _status(reviewer, method, address) in (200, 410)
    ]
    assert {address.rpartition("/")[2] for address in pages} >= {"thumbnail", "view", "crop", "faces"}
    with database.write() as rows:
        rows.execute(update(ReviewQueue).values(state=QueueState.CLOSED))
    for address in pages:
        assert _status(reviewer, "GET", address) == 404, address


def test_a_lead_reads_every_photo(
    app: Flask, browser: Browser, database: Database, faces: tuple[int, int]
) -> None:
    for method, address in _addresses(app, database, faces[1]):
        if method == "GET":
            assert _status(browser, method, address) in (200, 410), address
