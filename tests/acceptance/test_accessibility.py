"""No page keeps anybody out: axe-core finds nothing serious, light and dark, on a wide screen and a phone."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from werkzeug.routing import Rule

from core.boxes.change import BoxChange
from core.boxes.store import apply_change
from core.database import read_clock
from core.predict.job_kind import PREDICT
from core.review.store import add_flag, set_gold
from core.settings import Settings
from models import Face, Job, JobState, Label, Overlap, Schedule
from tests.acceptance.live_pages import Site, press, running_site, visiting
from tests.axe import NoAxe, axe_script
from tests.conftest import need
from tests.duplicate_rows import add_group
from tests.review_rows import add_queue
from tests.unit.web.finished_job import add_finished_job
from tests.unit.web.test_versions import Setting
from web.factory import create_app

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: What stands for the variable parts of addresses; others are 1.
_EXAMPLES = {"photo_id": 2, "position": 1, "other_id": 2, "label": "with_mask"}
_QUERIES = {"schedules.new": "?job=1"}
#: Further looks of pages: filters, dialogs' opposites, nothing to show.
_MORE = (
    "/jobs/1/results?show=failed",
    "/jobs/1/results?show=no_face&error=none_such",
    "/jobs/1/results/5",
    "/jobs/2",
    "/boxes?job=1&show=boxed",
    "/no-such-page",
)
#: Addresses that have nothing to show here: files that this test does not make.
_WITHOUT_ROWS = frozenset(("reports.download", "export_boxes.download", "versions.download"))
#: What another colour scheme may change; all else is the same in both.
_OF_COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
_SERIOUS = """async (options) => {
  const { violations } = await axe.run(document, { preload: false, resultTypes: ["violations"], ...options });
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return serious.flatMap(({ id, nodes }) => nodes.map((node) => `${id} ${node.html} ${node.failureSummary}`));
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    try:
        return axe_script().read_text()
    except NoAxe as reason:
        need(False, str(reason))
        raise


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Photos with predictions, decisions and drawn faces; a job done, one that runs; a measured dataset."""
    with running_site(tmp_path) as site:
        add_finished_job(site.database, site.photos)
        add_finished_job(site.database, site.photos / "more", photos=0)
        with site.database.write() as rows:
            for number, (kind, face, details) in enumerate(_EDITS):
                key = f"00000000-0000-4000-8000-{number:012}"
                sent = {"key": key, "kind": kind, "face": face, **details}
                apply_change(rows, 2, BoxChange.from_json(sent), account_id=1)
            rows.get_one(Job, 2).state = JobState.RUNNING
            rows.add(_schedule(read_clock(rows)))
            faces = list(rows.scalars(select(Face.id).order_by(Face.id)))
            add_queue(rows, faces[:6])
            set_gold(rows, faces[0], Label.WITH_MASK, account_id=1)
            add_flag(rows, faces[1], 1)
            add_group(rows, 1, 3)
        Setting(site.database)
        yield site


_EDITS = (
    ("label", "2", {"label": "incorrect"}),
    ("draw", "", {"box": [20, 20, 90, 110]}),
    ("draw", "", {"box": [400, 200, 480, 300]}),
)


def _schedule(now: datetime) -> Schedule:
    return Schedule(
        title="Every night", kind=PREDICT.name, options={"folder": "/photos"}, cron="0 3 * * *",
        time_zone="UTC", overlap=Overlap.SKIP, paused=False, next_at=now, account_id=1, created_at=now,
    )  # fmt: skip


def _addresses(tmp_path: Path) -> dict[str, str]:
    """Every address that a browser may open, by endpoint."""
    app = create_app(Settings(data=tmp_path / "app", allowed_roots=str(tmp_path)))
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint != "static"
    ]
    with app.test_request_context():
        return {rule.endpoint: _address(rule) for rule in rules}


def _address(rule: Rule) -> str:
    values = {name: _EXAMPLES.get(name, 1) for name in rule.arguments}
    built = rule.build(values)
    assert built is not None, f"{rule.rule} needs an example"
    return built[1] + _QUERIES.get(rule.endpoint, "")


def _faults(page: Page, axe: str) -> list[str]:
    """Serious faults of the page that is open, in four looks."""
    page.evaluate(axe)
    found = []
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        for scheme, options in (("light", {}), ("dark", _OF_COLOURS)):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found += [f"{page.url} {width} {scheme} {fault}" for fault in page.evaluate(_SERIOUS, options)]
    return found


def test_no_page_has_a_serious_fault(browser: Browser, site: Site, tmp_path: Path, axe: str) -> None:
    faults, missing, opened = [], [], set()
    with visiting(browser, site, reduced_motion="reduce") as visitor:
        page = visitor.page
        ways = [*_addresses(tmp_path).items(), *((None, path) for path in _MORE)]
        for endpoint, path in ways:
            answer = page.request.get(site.address + path, headers={"Accept": "text/html"}, max_redirects=0)
            if answer.status == 404 and endpoint not in (None, *_WITHOUT_ROWS):
                missing.append(f"{endpoint} {path}")
            if "text/html" in answer.headers.get("content-type", "") and answer.status != 302:
                page.goto(site.address + path)
                faults += _faults(page, axe)
                opened.add(endpoint)
        visitor.complaints.clear()
    assert faults == []
    assert missing == [], "give these pages rows to show, or name them in _WITHOUT_ROWS"
    assert opened >= {"jobs.home", "jobs.job_page", "photos.photo", "boxes.photo_page", "boxes.home"}


def test_open_dialogs_and_pages_for_strangers(browser: Browser, site: Site, axe: str) -> None:
    faults = []
    with visiting(browser, site, reduced_motion="reduce") as visitor:
        page = visitor.page
        for path in ("/jobs/1/results/1", "/boxes/photos/2", "/review/queues/1/faces"):
            visitor.goto(path)
            press(page, "?")
            press(page, "n")
            faults += _faults(page, axe)
            press(page, "Escape")
            press(page, "n")
            faults += _faults(page, axe)
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.route("**/page.js", lambda route: route.abort())
    for address in (f"{site.address}/sign-in", site.new_link()):
        page.goto(address)
        faults += _faults(page, axe)
    context.close()
    assert faults == []
