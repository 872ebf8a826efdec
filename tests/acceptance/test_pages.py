"""The pages in a real browser: they keep themselves up to date, take files, and obey the keyboard."""

import hashlib
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from core.library.files.names import is_photo_name
from core.library.files.skipping import SkippedNames, skip_below_root
from models import Job, JobState, Upload, UploadFile
from tests.acceptance.live_pages import Site, Visitor, press, running_site, visiting
from tests.unit.library.files.skipped_paths import PATHS
from tests.unit.web.finished_job import add_finished_job

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_PAGES = ("/", "/jobs/new", "/jobs/1", "/jobs/1/results", "/jobs/1/results?show=failed", "/jobs/1/results/1",
          "/jobs/1/results/5", "/boxes", "/boxes/photos/2", "/account")  # fmt: skip


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running_site(tmp_path) as site:
        add_finished_job(site.database, site.photos)
        yield site


@pytest.fixture
def visitor(browser: Browser, site: Site) -> Iterator[Visitor]:
    with visiting(browser, site) as visitor:
        yield visitor
        assert visitor.complaints == []


def _change(site: Site, **values: object) -> None:
    with site.database.write() as rows:
        job = rows.get_one(Job, 1)
        for name, value in values.items():
            setattr(job, name, value)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_is_wider_than_the_screen_or_breaks_the_policy(
    browser: Browser, site: Site, width: int, scheme: str
) -> None:
    phone = {"is_mobile": width == 390, "has_touch": width == 390}
    with visiting(
        browser, site, viewport={"width": width, "height": 844}, color_scheme=scheme, **phone
    ) as visitor:
        for path in _PAGES:
            visitor.goto(path)
            assert visitor.overflow() <= 0, path
        assert visitor.complaints == []


def test_the_home_page_follows_a_job_without_a_jump(visitor: Visitor) -> None:
    page = visitor.page
    _change(visitor.site, state=JobState.RUNNING, photos_found=5000)
    visitor.goto("/jobs/1")
    page.locator("#log summary").click()
    page.get_by_role("button", name="Pause").focus()
    page.evaluate("window.untouched = true; window.scrollTo(0, 120)")
    _change(visitor.site, photos_done=2490)
    expect(page.locator(".progress-head__number")).to_have_text("49%", timeout=6000)
    assert page.evaluate("window.untouched") is True
    assert page.evaluate("window.scrollY") == 120
    assert page.evaluate("document.activeElement.innerText.trim()") == "Pause"
    assert page.locator("#log").get_attribute("open") is not None


def test_a_server_that_does_not_answer_is_said_and_forgotten(browser: Browser, site: Site) -> None:
    _change(site, state=JobState.RUNNING)
    with visiting(browser, site) as visitor:
        page = visitor.page
        visitor.goto("/jobs/1")
        page.route("**/jobs/1", lambda route: route.abort())
        expect(page.locator("#stale")).to_be_visible(timeout=15000)
        page.unroute("**/jobs/1")
        expect(page.locator("#stale")).not_to_be_visible(timeout=30000)


def test_new_jobs_appear_on_the_jobs_page(visitor: Visitor) -> None:
    _change(visitor.site, state=JobState.RUNNING)
    visitor.goto("/")
    add_finished_job(visitor.site.database, visitor.site.photos / "more", photos=0)
    expect(visitor.page.locator(".job-row")).to_have_count(2, timeout=6000)


def test_pausing_and_cancelling(visitor: Visitor) -> None:
    page = visitor.page
    _change(visitor.site, state=JobState.RUNNING)
    visitor.goto("/jobs/1")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".badge")).to_have_text("Paused")
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel", exact=True).click()
    expect(page.locator(".badge")).to_have_text("Paused")
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("button", name="Cancel the job").click()
    expect(page.locator(".badge")).to_have_text("Cancelled")


def _uploaded(site: Site) -> list[str]:
    with site.database.read() as rows:
        return list(rows.scalars(select(UploadFile.name).order_by(UploadFile.ordinal)))


def test_a_question_is_about_what_was_asked(visitor: Visitor) -> None:
    """The job ends while the question is open, and Delete stands where Cancel was."""
    _change(visitor.site, state=JobState.RUNNING)
    visitor.goto("/jobs/1")
    page = visitor.page
    page.get_by_role("button", name="Cancel", exact=True).click()
    _change(visitor.site, state=JobState.DONE)
    expect(page.locator(".page-head__actions").first).to_contain_text("Delete")
    page.get_by_role("button", name="Cancel the job").click()
    expect(page.get_by_text("A job that is done cannot be cancelled.")).to_be_visible()
    with visitor.site.database.read() as rows:
        assert rows.get_one(Job, 1).deleted_at is None


def test_a_folder_of_files_becomes_a_job(visitor: Visitor, tmp_path: Path) -> None:
    folder = tmp_path / "holiday"
    (folder / "inner").mkdir(parents=True)
    for number in range(60):
        (folder / "inner" / f"{number:02}.jpg").write_bytes(b"\xff\xd8\xff" + bytes([number]) * 200)
    (folder / "notes.txt").write_text("no photo")
    (folder / "inner" / "@eaDir" / "00.jpg").mkdir(parents=True)
    (folder / "inner" / "@eaDir" / "00.jpg" / "SYNOPHOTO_THUMB_XL.jpg").write_bytes(b"\xff\xd8\xff")
    page = visitor.page
    visitor.goto("/jobs/new")
    page.locator("#folder-files").set_input_files(folder)
    expect(page.locator("#picked-sum")).to_contain_text("60 files")
    expect(page.locator("#picked-sum")).to_contain_text(
        "Skipped: 1 file (not a photo), 1 system folder (@eaDir)"
    )
    page.get_by_role("button", name="Start the job").click()
    page.wait_for_url(re.compile(r"/jobs/2$"))
    expect(page.locator("h1")).to_have_text("holiday")
    assert _uploaded(visitor.site) == [f"holiday/inner/{number:02}.jpg" for number in range(60)]
    with visitor.site.database.read() as rows:
        skipped = rows.scalars(select(Upload.files_skipped)).one()
    assert SkippedNames.from_json(skipped).total == 2


def test_the_browser_skips_the_names_that_the_service_skips(visitor: Visitor) -> None:
    visitor.goto("/jobs/new")
    script = """async (paths) => {
        const script = document.querySelector("script[src$='js/new-job.js']");
        const { FileNames } = await import(script.src.replace("new-job.js", "file-names.js"));
        const names = new FileNames(JSON.parse(document.getElementById("new-job").dataset.names));
        return paths.map((path) => names.skipOf(path)).map((skip) => skip && [skip.path, skip.system ?? ""]);
    }"""
    found = visitor.page.evaluate(script, list(PATHS))
    for path, mine in zip(PATHS, found, strict=True):
        skip = skip_below_root(path.encode(), lambda name: is_photo_name(name) or name.endswith(b".zip"))
        assert mine == (None if skip is None else [skip.path.decode(), skip.system]), path


def test_a_dropped_folder_keeps_its_names(visitor: Visitor, tmp_path: Path) -> None:
    folder = tmp_path / "dropped" / "deep"
    folder.mkdir(parents=True)
    for name in ("a.jpg", "b.png", "c.txt"):
        (folder / name).write_bytes(b"\xff\xd8\xff" + name.encode() * 50)
    page = visitor.page
    visitor.goto("/jobs/new")
    box = page.locator("#dropzone").bounding_box()
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(tmp_path / "dropped")], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        event = {"type": kind, "x": box["x"] + 50, "y": box["y"] + 50, "data": data}
        session.send("Input.dispatchDragEvent", event)
    expect(page.locator("#picked-sum")).to_contain_text("2 files")
    page.get_by_role("button", name="Start the job").click()
    page.wait_for_url(re.compile(r"/jobs/2$"))
    assert _uploaded(visitor.site) == ["dropped/deep/a.jpg", "dropped/deep/b.png"]


def test_an_upload_survives_a_failed_request(browser: Browser, site: Site, tmp_path: Path) -> None:
    files = [tmp_path / f"{number:02}.jpg" for number in range(40)]
    for file in files:
        file.write_bytes(b"\xff\xd8\xff" + file.name.encode() * 100)
    with visiting(browser, site) as visitor:
        page, cut = visitor.page, []

        def cut_once(route) -> None:
            """The files arrive, the answer does not."""
            if not cut:
                cut.append(1)
                route.fetch()
                route.abort()
            else:
                route.continue_()

        visitor.goto("/jobs/new")
        page.route("**/uploads/*/files", cut_once)
        page.locator("#files").set_input_files(files)
        page.get_by_role("button", name="Start the job").click()
        page.wait_for_url(re.compile(r"/jobs/2$"))
        assert len(cut) == 1
    assert _uploaded(site) == [file.name for file in files]


def test_a_large_file_goes_on_after_cut_requests(browser: Browser, site: Site, tmp_path: Path) -> None:
    """One request is lost on its way, of another one the answer: no byte is missing, none is there twice."""
    data = random.Random(3).randbytes(20 * 2**20)
    (tmp_path / "photos.zip").write_bytes(data)
    with visiting(browser, site) as visitor:
        page, asked = visitor.page, []

        def cut(route) -> None:
            asked.append(route.request.method)
            if asked.count("PATCH") == 2 and route.request.method == "PATCH":
                route.fetch()
                route.abort()
            elif asked.count("PATCH") == 1 and route.request.method == "PATCH":
                route.abort()
            else:
                route.continue_()

        visitor.goto("/jobs/new")
        page.route("**/uploads/*/files/0", cut)
        page.locator("#files").set_input_files(tmp_path / "photos.zip")
        page.get_by_role("button", name="Start the job").click()
        expect(page.locator("#sending-text")).to_contain_text("Interrupted; trying again")
        page.wait_for_url(re.compile(r"/jobs/2$"), timeout=60000)
    # 8 MiB come with the creation; 8 MiB are lost, sent again, answered to nobody; then the rest.
    assert asked == ["PATCH", "HEAD", "PATCH", "HEAD", "PATCH"]
    with site.database.read() as rows:
        file = rows.scalars(select(UploadFile)).one()
    assert (file.missing, file.sha256) == (0, hashlib.sha256(data).hexdigest())


def test_sending_can_be_cancelled_and_tried_again(browser: Browser, site: Site, tmp_path: Path) -> None:
    file = tmp_path / "one.jpg"
    file.write_bytes(b"\xff\xd8\xff" + bytes(300))
    with visiting(browser, site) as visitor:
        page = visitor.page
        visitor.goto("/jobs/new")
        page.route("**/uploads/*/files", lambda route: None)
        page.locator("#files").set_input_files(file)
        page.get_by_role("button", name="Start the job").click()
        page.locator("#sending-cancel").click()
        expect(page.locator("#form-hint")).to_contain_text("Cancelled")
        page.unroute("**/uploads/*/files")
        page.route(
            "**/uploads/*/files",
            lambda route: route.fulfill(
                status=507, json={"error": {"code": "disk_full", "message": "The disk is full."}}
            ),
        )
        page.get_by_role("button", name="Start the job").click()
        expect(page.locator("#sending-retry")).to_be_visible(timeout=15000)
        expect(page.locator("#sending-text")).to_contain_text("The disk is full.")
        page.unroute("**/uploads/*/files")
        page.locator("#sending-retry").click()
        page.wait_for_url(re.compile(r"/jobs/2$"))
    assert _uploaded(site) == ["one.jpg"]


def test_a_folder_on_the_server_is_found_and_taken(visitor: Visitor) -> None:
    (visitor.site.photos / "2021").mkdir()
    page = visitor.page
    visitor.goto("/jobs/new")
    page.get_by_label("In a folder on the server").check()
    page.get_by_role("button", name="Browse").click()
    page.locator(".folder-list__entry", has_text=str(visitor.site.photos)).click()
    page.locator(".folder-list__entry", has_text="2021").click()
    expect(page.locator("#folder-path")).to_have_text(str(visitor.site.photos / "2021"))
    page.get_by_role("button", name="Use this folder").click()
    page.get_by_role("button", name="Start the job").click()
    page.wait_for_url(re.compile(r"/jobs/2$"))


def test_the_grid_obeys_the_keyboard(visitor: Visitor) -> None:
    page = visitor.page
    visitor.goto("/jobs/1/results")
    focused = "document.activeElement.id"
    for key, tile in (
        ("ArrowRight", 0),
        ("ArrowRight", 1),
        ("j", 2),
        ("k", 1),
        ("ArrowDown", 6),
        ("ArrowUp", 1),
    ):
        press(page, key)
        assert page.evaluate(focused) == f"photo-{tile}", key
    press(page, "?")
    expect(page.locator("#keys")).to_be_visible()
    press(page, "Escape")
    expect(page.locator("#keys")).not_to_be_visible()
    press(page, "Enter")
    page.wait_for_url(re.compile(r"/results/1$"))
    press(page, "ArrowRight")
    page.wait_for_url(re.compile(r"/results/2$"))
    press(page, "Escape")
    page.wait_for_url(re.compile(r"/results#photo-2$"))
    assert page.evaluate(focused) == "photo-2"
    press(page, "4")
    page.wait_for_url(re.compile(r"show=incorrect"))
    expect(page.locator(".tile")).to_have_count(2)
    press(page, "Escape")
    page.wait_for_url(re.compile(r"/jobs/1$"))


def test_the_confidence_filter(visitor: Visitor) -> None:
    visitor.goto("/jobs/1/results")
    visitor.page.get_by_label("Confidence below").select_option("0.8")
    visitor.page.wait_for_url(re.compile(r"below=0\.8"))
    expect(visitor.page.locator(".tile")).to_have_count(4)


def test_a_photo_with_its_boxes(visitor: Visitor) -> None:
    page = visitor.page
    visitor.goto("/jobs/1/results/1")
    picture, box = page.locator("#sheet img").bounding_box(), page.locator(".box__line").bounding_box()
    scale = picture["width"] / 600
    assert box["x"] - picture["x"] == pytest.approx(200 * scale, abs=3)
    assert box["width"] == pytest.approx(120 * scale, abs=5)
    press(page, "+")
    assert page.locator("#sheet img").bounding_box()["width"] > picture["width"] * 1.3
    press(page, "0")
    assert page.locator("#sheet img").bounding_box()["width"] == pytest.approx(picture["width"], abs=1)
    press(page, "b")
    expect(page.locator(".stage .boxes")).not_to_be_visible()
    press(page, "b")
    press(page, "n")
    face = page.locator(".face")
    expect(page.locator(".box__tag text")).to_have_text("Without mask 90%")
    expect(page.locator(".box__tag text")).to_be_visible()
    expect(face).to_have_attribute("aria-pressed", "true")
    page.mouse.click(picture["x"] + 210 * scale, picture["y"] + 110 * scale)
    expect(face).to_have_attribute("aria-pressed", "false")
    page.mouse.click(picture["x"] + 20, picture["y"] + 20)
    expect(face).to_have_attribute("aria-pressed", "false")
    page.mouse.click(picture["x"] + 210 * scale, picture["y"] + 110 * scale)
    expect(face).to_have_attribute("aria-pressed", "true")
    press(page, "+")
    stage, box = page.locator("#stage").bounding_box(), page.locator(".box__line").bounding_box()
    assert box["y"] + box["height"] / 2 == pytest.approx(stage["y"] + stage["height"] / 2, abs=90)


def test_the_theme_is_kept(visitor: Visitor) -> None:
    page = visitor.page
    visitor.goto("/")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_label("Light or dark").click()
    dark = page.evaluate(ground)
    assert light != dark
    visitor.goto("/jobs/new")
    assert page.evaluate(ground) == dark
