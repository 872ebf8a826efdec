"""What is shown once, or sent to others, is copied by a button."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.live_pages import running_site, visiting

pytestmark = pytest.mark.browser


def test_a_link_is_copied_or_where_the_browser_refuses_selected(browser: Browser, tmp_path: Path) -> None:
    with running_site(tmp_path) as site:
        for permissions in (["clipboard-read", "clipboard-write"], []):
            with visiting(browser, site, permissions=permissions) as visitor:
                page = visitor.page
                visitor.goto("/people")
                page.get_by_label("Name").fill(f"ann{len(permissions)}")
                page.get_by_role("button", name="Invite").click()
                link = page.locator("#new-link")
                expect(link).to_contain_text("/sign-in/")
                if not permissions:
                    page.evaluate("delete Navigator.prototype.clipboard")
                page.get_by_role("button", name="Copy").click()
                if permissions:
                    expect(page.get_by_text("Copied.")).to_be_visible()
                    assert page.evaluate("navigator.clipboard.readText()") == link.inner_text()
                else:
                    expect(page.get_by_text("Selected: copy it")).to_be_visible()
                    assert page.evaluate("getSelection().toString()") == link.inner_text()
                assert visitor.complaints == []
