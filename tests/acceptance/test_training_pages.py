"""A training in a real browser: its curves grow without a reload, and a key press stops it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from models import Batch, TrainingStage
from tests.acceptance.live_pages import Site, press, running_site, visiting
from tests.unit.web.running_training import add_epoch, add_running_training

pytestmark = pytest.mark.browser


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running_site(tmp_path) as site:
        yield site


def test_curves_grow_and_the_fit_is_stopped_by_keyboard(browser: Browser, site: Site) -> None:
    job_id = add_running_training(site.database)
    with visiting(browser, site) as visitor:
        page = visitor.page
        visitor.goto(f"/jobs/{job_id}")
        expect(page.get_by_text("Upper blocks, epoch 2 of at most 7")).to_be_visible()
        # Drawn as lines, which a style sheet that does not reach them would leave black areas.
        expect(page.locator("svg.curve__plot polyline").first).to_have_css("fill", "none")
        page.get_by_text("All 4 epochs").click()
        add_epoch(site.database, job_id, TrainingStage.FINE_TUNE, 2)
        # Without a reload, and what the reader has opened stays open.
        expect(page.get_by_text("Upper blocks, epoch 3 of at most 7")).to_be_visible(timeout=10_000)
        expect(page.get_by_role("cell", name="Upper 2", exact=True)).to_be_visible()
        stop = page.get_by_role("button", name="Stop and evaluate")
        stop.focus()
        press(page, "Enter")
        page.locator("#confirm-yes").focus()
        press(page, "Enter")
        expect(page.get_by_text("Stopping after the current batch")).to_be_visible()
        assert visitor.complaints == []
    with site.database.read() as rows:
        assert rows.scalars(select(Batch.payload)).one() == {"stop": True}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_a_phone_and_the_form_shows_what_counts(
    browser: Browser, site: Site, scheme: str
) -> None:
    job_id = add_running_training(site.database)
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    with visiting(browser, site, color_scheme=scheme, **phone) as visitor:
        for path in ("/training", "/training/new", f"/jobs/{job_id}"):
            visitor.goto(path)
            assert visitor.overflow() <= 0, path
        visitor.goto("/training/new")
        epochs = visitor.page.locator("#fine_tune_epochs")
        expect(epochs).to_be_hidden()
        visitor.page.get_by_label("The head, then the upper blocks").check()
        expect(epochs).to_be_visible()
        assert visitor.complaints == []
