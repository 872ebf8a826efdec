"""In a real browser: an audit is asked for with the keyboard, decided, and read wide and on a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from core.audit.store import save_target
from core.settings import Settings
from models import Label, ReviewQueue
from tests.acceptance.live_pages import Site, press, running_site, visiting
from tests.axe import serious_faults
from tests.unit.web.finished_job import add_finished_job
from workers.engine import run_batches
from workers.handlers import HANDLERS

pytestmark = pytest.mark.browser


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running_site(tmp_path) as site:
        add_finished_job(site.database, site.photos)
        with site.database.write() as rows:
            save_target(rows, 1, Label.WITH_MASK, 0.5)
        yield site


def test_an_audit_from_the_button_to_the_interval(browser: Browser, site: Site, axe: str) -> None:
    settings = Settings(data=site.data, allowed_roots=str(site.photos))
    with visiting(browser, site) as visitor:
        page = visitor.page
        visitor.goto("/jobs/1")
        page.get_by_label("Other number").fill("8")
        expect(page.locator("#audit-form output")).to_contain_text("8 faces give plus or minus")
        press(page, "Enter")
        page.wait_for_url("**/review/queues/1")
        run_batches(site.database, settings, HANDLERS)
        page.locator(".page-head__actions a", has_text="Review").click()
        for left in range(8, 0, -1):
            expect(page.locator(".review")).to_contain_text(f"{left} face")
            press(page, "1")
        while not _is_decided(site):
            page.wait_for_timeout(30)
        visitor.goto("/jobs/1")
        shares = page.locator("#shares")
        expect(shares).to_contain_text("8 audited faces of 8 found faces")
        expect(shares).to_contain_text("100% to 100%")
        expect(shares).to_contain_text("Met At least 50% with mask")
        assert shares.locator(".estimates .interval__range").count() == 3
        assert serious_faults(page, axe) == []
        page.set_viewport_size({"width": 390, "height": 844})
        assert visitor.overflow() <= 0
        assert visitor.complaints == []


def _is_decided(site: Site) -> bool:
    with site.database.read() as rows:
        queue = rows.get_one(ReviewQueue, 1)
        return queue.items == queue.items_decided
