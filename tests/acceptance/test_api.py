"""The page of the API's document in a browser."""

import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.live_pages import Site, visiting


@pytest.mark.browser
def test_the_page_of_the_document_shows_the_operations(browser: Browser, filled_site: Site) -> None:
    with visiting(browser, filled_site) as visitor:
        visitor.goto("/api/v1/docs")
        expect(visitor.page.get_by_text("The API of Maskloop")).to_be_visible()
        visitor.page.get_by_role("link", name="jobs", exact=True).click()
        expect(visitor.page.get_by_text("Request a job.").first).to_be_visible()
        assert visitor.complaints == []
