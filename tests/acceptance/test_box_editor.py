"""In a real browser: boxes are drawn, moved, resized and removed, and stored in the database."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.boxes.change import BoxChange
from core.boxes.store import apply_change
from core.database import read_clock
from models import BoxState, Extraction, Face, Photo
from tests.acceptance.box_page import PHOTO_ID, BoxPage
from tests.acceptance.live_pages import Site, press, running_site, settle, visiting
from tests.acceptance.service import wait_until
from tests.unit.web.finished_job import add_finished_job

pytestmark = pytest.mark.browser

_FOUND = (200, 100, 320, 250)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running_site(tmp_path) as site:
        add_finished_job(site.database, site.photos)
        yield site


@pytest.fixture
def editor(browser: Browser, site: Site) -> Iterator[BoxPage]:
    with visiting(browser, site) as visitor:
        editor = BoxPage(visitor=visitor)
        editor.open()
        yield editor
        assert visitor.complaints == []


def test_the_mouse_at_every_zoom(editor: BoxPage) -> None:
    editor.drag((410, 52), (473, 131))
    editor.saved()
    assert editor.boxes() == [_FOUND, (410, 52, 473, 131)]
    editor.zoom_at(440, 90, times=3)
    assert editor.scale() > 4
    editor.drag((473, 131), (480, 140))
    editor.drag((440, 90), (443, 88))
    editor.page.mouse.click(*editor.at(350, 60))
    editor.drag((400, 140), (412, 155))
    editor.saved()
    assert editor.boxes() == [_FOUND, (413, 50, 483, 138), (400, 140, 412, 155)]
    before = editor.at(400, 140)
    editor.page.keyboard.down(" ")
    editor.drag((420, 80), (430, 90))
    editor.page.keyboard.up(" ")
    editor.drag((430, 90), (425, 80), button="middle")
    assert editor.at(400, 140) != before
    editor.page.keyboard.down("Shift")
    editor.drag((415, 90), (425.4, 100.6))
    editor.page.keyboard.up("Shift")
    editor.saved()
    assert editor.boxes()[-1] == (415, 90, 425, 101)
    assert len(editor.boxes()) == 4


def test_a_moved_face_of_the_detector_and_undo(editor: BoxPage) -> None:
    editor.drag((260, 180), (230, 190))
    editor.drag((290, 260), (310, 300))
    editor.saved()
    assert editor.boxes() == [(170, 110, 310, 300)]
    with editor.visitor.site.database.read() as rows:
        row = rows.get_one(Face, PHOTO_ID)
        assert (row.x1, row.y1, row.x2, row.y2, row.box_state) == (*_FOUND, BoxState.REPLACED)
    editor.press("Control+z")
    editor.saved()
    assert editor.boxes() == [(170, 110, 290, 260)]
    editor.press("z")
    editor.saved()
    assert editor.boxes() == [_FOUND]
    editor.press("Control+y", "Shift+Z")
    editor.saved()
    assert editor.boxes() == [(170, 110, 310, 300)]
    editor.page.reload()
    editor.press("z", "z", "z")
    editor.saved()
    assert editor.boxes() == [_FOUND]


def test_the_keyboard_alone(editor: BoxPage) -> None:
    editor.press("n", "ArrowLeft", "ArrowLeft", "ArrowUp", "Shift+ArrowRight", "Shift+ArrowDown", "2")
    editor.saved()
    assert (editor.boxes(), editor.labels()) == ([(198, 99, 319, 250)], ["without_mask"])
    editor.press("d", "ArrowRight", "ArrowRight", "1")
    editor.saved()
    x1, y1, x2, y2 = editor.boxes()[1]
    assert ((x1 + x2) / 2, (y1 + y2) / 2) == pytest.approx((302, 200), abs=1)
    assert editor.labels() == ["without_mask", "with_mask"]
    assert editor.edits() == 5
    editor.press("p", "Delete")
    editor.saved()
    assert editor.boxes() == [(x1, y1, x2, y2)]
    editor.press("m")
    editor.saved()
    expect(editor.page.get_by_role("button", name="All faces boxed", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    with editor.visitor.site.database.read() as rows:
        assert rows.get_one(Photo, PHOTO_ID).boxed_at is not None
    editor.press(*"zzzzzzz")
    editor.saved()
    assert (editor.boxes(), editor.labels()) == ([_FOUND], [None])
    editor.press("Escape", "Escape")
    editor.page.wait_for_url("**/boxes")


def test_proposals_fields_and_the_list(editor: BoxPage) -> None:
    with editor.visitor.site.database.write() as rows:
        face = rows.get_one(Face, PHOTO_ID)
        for ordinal, left in ((1, 20), (2, 90)):
            rows.add(
                Face(
                    photo_id=PHOTO_ID, detector_key=face.detector_key, ordinal=ordinal, x1=left, y1=20,
                    x2=left + 40, y2=60, score=0.4, landmarks=[], created_at=face.created_at,
                )
            )  # fmt: skip
    editor.page.reload()
    expect(editor.page.locator("[data-sum]")).to_have_text("1 face, 2 proposed")
    editor.page.get_by_role("button", name="at 20, 20").click()
    editor.press("a")
    editor.saved()
    assert editor.boxes() == [_FOUND, (20, 20, 60, 60)]
    editor.page.get_by_role("button", name="Accept all").click()
    editor.page.get_by_label("Width").fill("52.5")
    editor.page.get_by_label("Width").press("Enter")
    editor.saved()
    assert editor.boxes() == [_FOUND, (90, 20, 130, 60), (20, 20, 72.5, 60)]


def test_a_lost_connection_loses_nothing_and_doubles_nothing(editor: BoxPage) -> None:
    page = editor.page
    cut: list[object] = []

    def lose_answers(route) -> None:
        """Let the first edit arrive and drop its answer."""
        if not cut:
            cut.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    page.route("**/edits", lose_answers)
    editor.drag((410, 52), (473, 131))
    editor.saved()
    assert len(cut) == 1
    page.context.set_offline(True)
    editor.press("3")
    editor.drag((20, 20), (60, 70))
    editor.press("1", "z", "2")
    expect(page.locator("#sending")).to_contain_text("5 changes are kept here")
    assert editor.labels() == [None, None]
    page.context.set_offline(False)
    editor.saved()
    assert editor.boxes() == [_FOUND, (410, 52, 473, 131), (20, 20, 60, 70)]
    assert editor.labels() == [None, "incorrect", "without_mask"]
    assert [label for _, label, _ in editor.decisions()] == ["incorrect", "with_mask", None, "without_mask"]
    page.route("**/edits", lambda route: route.abort())
    editor.drag((500, 300), (540, 350))
    expect(page.locator("#sending")).to_contain_text("1 change is kept here")
    page.unroute("**/edits")
    editor.visitor.goto("/boxes")
    wait_until(lambda: editor.kept() == 0, seconds=5, what="the edit that was kept")
    assert editor.boxes()[-1] == (500, 300, 540, 350)
    editor.visitor.complaints.clear()


def test_what_somebody_else_changed_meanwhile_is_shown(editor: BoxPage) -> None:
    with editor.visitor.site.database.write() as rows:
        key = "00000000-0000-4000-8000-000000000001"
        sent = {"key": key, "kind": "move", "face": str(PHOTO_ID), "box": [10, 10, 50, 60]}
        apply_change(rows, PHOTO_ID, BoxChange.from_json(sent), account_id=None)
    editor.drag((260, 180), (280, 180))
    expect(editor.page.locator("#refused")).to_contain_text("have changed meanwhile")
    expect(editor.page.locator(".face")).to_have_count(1)
    assert editor.boxes() == [(10, 10, 50, 60)]
    editor.visitor.complaints.clear()


class _Fingers:
    """Sends touch events at points of the photo."""

    def __init__(self, editor: BoxPage) -> None:
        self.editor = editor
        self.session = editor.page.context.new_cdp_session(editor.page)

    def send(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        (x, y), (to_x, to_y) = self.editor.at(*start), self.editor.at(*end)
        self.send("touchStart", (x, y))
        self.send("touchMove", ((x + to_x) / 2, (y + to_y) / 2))
        self.send("touchMove", (to_x, to_y))
        self.send("touchEnd")


def test_can_t_tell_is_an_answer_in_the_editor_and_on_the_photo(editor: BoxPage) -> None:
    page = editor.page
    editor.open()
    page.locator(".face").first.click()
    editor.press("5")
    expect(page.locator(".face__label").first).to_have_text("Can't tell ✓")
    expect(page.locator("[data-label=cannot_tell]")).to_have_attribute("aria-pressed", "true")
    editor.saved()
    page.reload()
    expect(page.locator(".face__label").first).to_have_text("Can't tell ✓")
    editor.press("z")
    expect(page.locator(".face__label").first).not_to_have_text("Can't tell ✓")
    editor.saved()
    editor.visitor.goto("/jobs/1/results/2")
    editor.press("5")
    expect(page.locator(".face__sure").first).to_have_text("can't tell")
    expect(page.locator("#labels [data-label=cannot_tell]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#sending")).to_have_text("Saved")
    assert [label for _, label, _ in editor.decisions()] == [None, None, None]
    assert editor.labels() == [None]


def test_fingers_on_a_phone(browser: Browser, site: Site) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    with visiting(browser, site, **phone) as visitor:
        editor = BoxPage(visitor=visitor)
        editor.open()
        assert visitor.overflow() <= 0
        fingers, page = _Fingers(editor), editor.page
        _pinch(editor, fingers, page)
        assert editor.scale() > 1.2
        assert editor.boxes() == [_FOUND]
        page.touchscreen.tap(*editor.at(260, 170))
        expect(page.locator(".face")).to_have_attribute("aria-pressed", "true")
        fingers.drag((260, 170), (240, 180))
        moved = [(180, 110, 300, 260)]
        wait_until(lambda: editor.boxes() == moved, seconds=5, what=f"{moved}")
        page.evaluate("scrollTo(0, 0)")
        before = editor.at(0, 0)
        new_box = page.get_by_role("button", name="New box")
        new_box.click()
        expect(new_box).to_have_attribute("aria-pressed", "true")
        fingers.drag((310, 120), (350, 160))
        page.locator("[data-label=incorrect]").click()
        editor.saved()
        assert editor.boxes() == [(180, 110, 300, 260), (310, 120, 350, 160)]
        assert editor.labels() == [None, "incorrect"]
        # Playwright may have scrolled to the button.
        page.evaluate("scrollTo(0, 0)")
        assert editor.at(0, 0) == before
        fingers.drag((310, 250), (290, 230))
        editor.saved()
        assert editor.at(0, 0) != before
        assert len(editor.boxes()) == 2
        assert visitor.complaints == []


def _pinch(editor: BoxPage, fingers: _Fingers, page: Page) -> None:
    x, y = editor.at(260, 175)
    fingers.send("touchStart", (x - 20, y))
    fingers.send("touchStart", (x - 20, y), (x + 20, y))
    for step in range(1, 6):
        fingers.send("touchMove", (x - 20 - 4 * step, y), (x + 20 + 4 * step, y))
    fingers.send("touchEnd")
    settle(page)


def test_labels_are_decided_where_results_are_looked_at(browser: Browser, site: Site) -> None:
    with visiting(browser, site) as visitor:
        page, results = visitor.page, BoxPage(visitor=visitor)
        visitor.goto("/jobs/1/results/1")
        face, tag = page.locator(".face"), page.locator(".box__tag text")
        press(page, "3")
        expect(face).to_contain_text("Incorrect ✓decided")
        expect(face).to_contain_text("0.900")
        expect(tag).to_have_text("Incorrect ✓")
        results.saved()
        page.context.set_offline(True)
        page.get_by_role("button", name="With mask", exact=True).click()
        press(page, "4")
        expect(page.locator("#sending")).to_contain_text("2 decisions are kept")
        page.context.set_offline(False)
        results.saved()
        press(page, "z")
        results.saved()
        expect(face).to_contain_text("With mask ✓decided")
        assert results.decisions() == [
            (2, label, "results") for label in ("incorrect", "with_mask", "not_a_face", "with_mask")
        ]
        page.reload()
        expect(face).to_contain_text("With mask ✓decided")
        visitor.goto("/jobs/1/results")
        expect(page.locator("#photo-1")).to_contain_text("1 with mask")
        page.locator("#photo-1").click()
        page.wait_for_load_state("networkidle")
        press(page, "e")
        page.wait_for_url(re.compile(r"/boxes/photos/2\?"))
        page.wait_for_load_state("networkidle")
        press(page, "Escape")
        # The URL of the editor ends in the same way, with its link back.
        page.wait_for_url(site.address + "/jobs/1/results/1")
        visitor.complaints.clear()
        with site.database.write() as rows:
            rows.add(Extraction(photo_id=2, detector_key="yunet", faces=1, created_at=read_clock(rows)))
        visitor.goto("/library/photos/2")
        expect(face).to_contain_text("With mask ✓")
        press(page, "2")
        expect(tag).to_have_text("Without mask ✓")
        results.saved()
        assert results.decisions()[-1] == (2, "without_mask", "results")
        page.get_by_role("link", name="History").click()
        expect(page.locator(".said li")).to_have_count(5)
        page.get_by_role("link", name="Back").click()
        page.wait_for_url(site.address + "/library/photos/2")
        assert visitor.complaints == []


def test_all_boxed_asks_about_faces_without_a_label(editor: BoxPage) -> None:
    """The detected face has a prediction, the drawn one none."""
    page = editor.page
    editor.drag((410, 52), (473, 131))
    editor.saved()
    question = page.get_by_role("dialog", name="2 faces have no confirmed label: accept the predictions?")
    marked = page.get_by_role("button", name="All faces boxed", exact=True)
    editor.press("m")
    expect(question).to_contain_text("1 without mask; the least certain 90%.")
    expect(question).to_contain_text("1 face has no prediction and stays unlabelled.")
    editor.press("Escape")
    expect(marked).to_have_attribute("aria-pressed", "false")
    assert editor.decisions() == []
    marked.click()
    question.get_by_role("button", name="Accept predictions").click()
    expect(marked).to_have_attribute("aria-pressed", "true")
    editor.saved()
    assert editor.labels() == ["without_mask", None]
    assert editor.decisions() == [(PHOTO_ID, "without_mask", "boxes")]
    # Removing the mark asks nothing, and undo takes back mark and labels one by one.
    editor.press("m", "z", "z", "z")
    editor.saved()
    expect(question).to_have_count(0)
    assert editor.labels() == [None, None]
    # With a label on every face, the mark asks nothing.
    page.locator(".face").first.click()
    editor.press("2", "n", "2", "m")
    editor.saved()
    expect(marked).to_have_attribute("aria-pressed", "true")


def test_from_photo_to_photo_by_keys(browser: Browser, site: Site) -> None:
    with visiting(browser, site) as visitor:
        editor = BoxPage(visitor=visitor)
        editor.open("?job=1&position=1")
        editor.press("Enter")
        # The face has no label: the question is answered by the button that has the focus.
        expect(editor.page.get_by_role("button", name="Leave unlabelled")).to_be_focused()
        for key, photo_id in (("Enter", 3), ("[", PHOTO_ID), ("[", 1), ("]", 3), ("[", PHOTO_ID)):
            editor.press(key)
            editor.page.wait_for_url(f"**/boxes/photos/{photo_id}?**")
            editor.page.wait_for_load_state("networkidle")
        marked = editor.page.get_by_role("button", name="All faces boxed", exact=True)
        expect(marked).to_have_attribute("aria-pressed", "true")
        marked.focus()
        editor.press("Enter")
        expect(marked).to_have_attribute("aria-pressed", "false")
        editor.saved()
        with site.database.read() as rows:
            assert [rows.get_one(Photo, photo_id).boxed_at for photo_id in (1, PHOTO_ID, 3)] == [None] * 3
        assert visitor.complaints == []
