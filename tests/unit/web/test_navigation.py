"""The sections of the header, and the pages below them."""

import re

import pytest

from core.database import Database
from models import Account, Role
from tests.unit.web.conftest import Browser


def _links(page: str, name: str) -> list[str]:
    found = page.partition(f'aria-label="{name}"')[2].partition("</nav>")[0]
    return re.findall(r"<a [^>]*>([^<]+)</a>", found)


def test_what_runs_the_service_is_in_a_section_of_its_own(browser: Browser) -> None:
    page = browser.get("/system").text
    assert _links(page, "Main") == ["Try it", "Jobs", "Library", "Review", "Training", "Admin"]
    assert _links(page, "Admin") == ["System", "People", "Tokens", "Webhooks", "Activity"]
    assert _links(browser.get("/review").text, "Review") == [
        "Queues",
        "Boxes",
        "Reviewers",
        "Import and export",
    ]


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.VIEWER])
def test_who_may_only_make_tokens_has_no_section_for_it(
    browser: Browser, database: Database, role: Role
) -> None:
    with database.write() as rows:
        rows.get_one(Account, 1).role = role
    page = browser.get("/tokens").text
    assert "Admin" not in _links(page, "Main") and _links(page, "Admin") == []
    assert 'href="/tokens"' in browser.get("/account").text
