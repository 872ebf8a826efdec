"""What reviewers see on their pages leads nowhere that is closed to them."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from core.database import Database
from models import Face, Role
from tests.duplicate_rows import add_group
from tests.provenance_rows import WebPhoto, add_web_photo
from tests.review_rows import add_queue
from tests.unit.web.conftest import Browser
from tests.unit.web.test_review import reviewer
from web.accounts.session import may_open

__all__ = ["reviewer"]


class _Reviewer:
    role = Role.REVIEWER
    is_limited = False


@pytest.fixture
def photo_id(app: Flask, database: Database) -> int:
    """A crawled photo with a licence and a duplicate, and its faces in an open queue."""
    data = app.extensions["maskloop"].settings.data
    with database.write() as rows:
        first, second = (
            add_web_photo(rows, data, WebPhoto(number=n, licence="CC BY 2.0"), version_id=1) for n in (0, 2)
        )
        add_group(rows, first.id, second.id)
        add_queue(rows, list(rows.scalars(select(Face.id).where(Face.photo_id == first.id))))
        return first.id


def _pages(app: Flask, database: Database, photo_id: int) -> list[str]:
    """Every page that a reviewer may open."""
    with database.read() as rows:
        face_id = rows.scalars(select(Face.id).where(Face.photo_id == photo_id)).first()
    values = {"photo_id": photo_id, "face_id": face_id, "queue_id": 1, "label": "with_mask"}
    pages = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            pictures = rule.endpoint.startswith(("static", "files.", "faces."))
            if "GET" in (rule.methods or ()) and not pictures and may_open(_Reviewer, rule.endpoint):
                built = rule.build({name: values[name] for name in rule.arguments})
                assert built is not None, f"{rule.rule} needs an example"
                pages.append(built[1])
    return pages


def _targets(page: str) -> set[tuple[str, str]]:
    """Method and address of the links and forms of a page, on this service."""
    links = re.findall(r'<a\s[^>]*?href="(/[^"#]*)', page)
    forms = re.findall(r'<form\s[^>]*?method="(get|post)"[^>]*?action="(/[^"]*)"', page)
    return {("GET", address) for address in links} | {(method.upper(), address) for method, address in forms}


def test_no_link_and_no_form_is_for_leads(
    app: Flask, reviewer: Browser, database: Database, photo_id: int
) -> None:
    pages, closed, seen = _pages(app, database, photo_id), [], 0
    adapter = app.url_map.bind("localhost")
    for address in pages:
        answer = reviewer.get(address)
        if answer.mimetype != "text/html":
            continue
        assert answer.status_code == 200, address
        seen += 1
        for method, target in _targets(answer.text):
            endpoint, _ = adapter.match(target.replace("&amp;", "&").partition("?")[0], method=method)
            # The name of the product leads reviewers to their own first page.
            if endpoint != "jobs.home" and not may_open(_Reviewer, endpoint):
                closed.append(f"{address} leads to {method} {target}")
    assert seen > 6
    assert not closed, "\n".join(closed)
