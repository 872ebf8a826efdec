"""No page keeps anybody out: axe-core finds nothing serious, light and dark, on a wide screen and a phone."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.acceptance.all_pages import MORE, list_addresses
from tests.acceptance.live_pages import Site, press, visiting
from tests.axe import serious_faults

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: Addresses that have nothing to show here: files that this test does not make.
_WITHOUT_ROWS = frozenset(
    (
        "reports.download",
        "reports.download_number",
        "export_boxes.download",
        "openid.start",
        "openid.callback",
        "links.download",
        "versions.download",
        "version_leaving.download_zip",
        "uploads.look_at_file",
        "system.evidence_key",
    )
)


#: Pages that have something to show for sure.
_FILLED = {"jobs.home", "jobs.job_page", "photos.photo", "boxes.photo_page", "boxes.home"}


@pytest.mark.parametrize("third", [0, 1, 2])
def test_no_page_has_a_serious_fault(
    browser: Browser, filled_site: Site, tmp_path: Path, axe: str, third: int
) -> None:
    faults, missing, opened = [], [], set()
    ways = [*list_addresses(tmp_path).items(), *((None, path) for path in MORE)]
    assert {endpoint for endpoint, _ in ways} >= _FILLED
    with visiting(browser, filled_site, reduced_motion="reduce") as visitor:
        page = visitor.page
        for endpoint, path in ways[third::3]:
            address = filled_site.address + path
            answer = page.request.get(address, headers={"Accept": "text/html"}, max_redirects=0)
            if answer.status == 404 and endpoint is not None:
                # The page of what is not there is among MORE.
                missing += [f"{endpoint} {path}"] if endpoint not in _WITHOUT_ROWS else []
            elif "text/html" in answer.headers.get("content-type", "") and answer.status != 302:
                page.goto(address)
                faults += serious_faults(page, axe)
                opened.add(endpoint)
        visitor.complaints.clear()
    assert faults == []
    assert missing == [], "give these pages rows to show, or name them in _WITHOUT_ROWS"
    assert opened >= _FILLED.intersection(endpoint for endpoint, _ in ways[third::3])


def test_open_dialogs_and_pages_for_strangers(browser: Browser, filled_site: Site, axe: str) -> None:
    faults = []
    with visiting(browser, filled_site, reduced_motion="reduce") as visitor:
        page = visitor.page
        for path in ("/jobs/1/results/1", "/boxes/photos/2", "/review/queues/1/faces"):
            visitor.goto(path)
            press(page, "?")
            press(page, "n")
            faults += serious_faults(page, axe)
            press(page, "Escape")
            press(page, "n")
            faults += serious_faults(page, axe)
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.route("**/page.js", lambda route: route.abort())
    for address in (f"{filled_site.address}/sign-in", filled_site.new_link()):
        page.goto(address)
        faults += serious_faults(page, axe)
    context.close()
    assert faults == []
