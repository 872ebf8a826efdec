"""The whole service in a real browser whose camera is a film of known faces."""

import asyncio
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect, sync_playwright
from sqlalchemy import select

from core.accounts import ensure_owner
from core.api_tokens import add_token
from maskloop_client import ApiError, AsyncClient, Client
from models import Face, Job, Photo, Scope, Source, SourceKind
from tests.acceptance.live_pages import CHROMIUM_ARGUMENTS, press, settle
from tests.acceptance.service import Service
from tests.film import write_film
from tests.live import portrait_frame

#: Any figure at all.
_A_NUMBER = re.compile(r"\d")

pytestmark = pytest.mark.browser

_FAKE_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
#: Counts tones and running streams from before the page's own scripts run.
_COUNT = """
window.tones = 0;
window.streams = [];
window.asked = window.answered = 0;
const ask = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
if (ask) navigator.mediaDevices.getUserMedia = async (...given) => {
  window.asked += 1;
  try {
    const stream = await ask(...given);
    window.streams.push(stream);
    return stream;
  } finally {
    window.answered += 1;
  }
};
const Tone = OscillatorNode;
window.OscillatorNode = class extends Tone { constructor(...given) { super(...given); window.tones += 1; } };
"""
#: The left edges of all boxes, each time that they were drawn anew.
_LOOKS = """(count) => new Promise((done) => {
  const faces = document.querySelector("#faces");
  const looks = [];
  const observer = new MutationObserver(() => {
    looks.push([...faces.querySelectorAll(".box__line")].map((line) => line.x.baseVal.value));
    if (looks.length < count) return;
    observer.disconnect();
    done(looks);
  });
  observer.observe(faces, { subtree: true, childList: true, attributes: true });
})"""
#: A stream that is forgotten keeps the camera's light on.
_RUNNING_STREAMS = "streams.filter((stream) => stream.getTracks()[0].readyState === 'live').length"


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, set_up: Path) -> Iterator[Service]:
    """One service for all these tests; whatever they kill in it comes back."""
    folder = tmp_path_factory.mktemp("camera")
    shutil.copytree(set_up, folder / "data", symlinks=True)
    service = Service(folder / "data", photos=folder, workers=1)
    service.start()
    yield service
    assert service.stop() == []
    service.db.dispose()


@contextmanager
def visit(playwright: Playwright, chromium: str, address: str, *flags: str) -> Iterator[Page]:
    """A signed-in page of a browser with these flags."""
    browser = playwright.chromium.launch(executable_path=chromium, args=[*CHROMIUM_ARGUMENTS, *flags])
    page = browser.new_page(viewport={"width": 1280, "height": 860})
    page.add_init_script(_COUNT)
    page.goto(address)
    page.wait_for_url("**/")
    yield page
    browser.close()


def _rows_of(service: Service, *tables: type) -> list[int]:
    with service.db.read() as session:
        return [len(session.scalars(select(table)).all()) for table in tables]


def _stored(service: Service) -> int:
    """Files in the photo store."""
    return sum(path.is_file() for path in (service.settings.data / "photos").rglob("*"))


def see_both(page: Page) -> None:
    expect(page.locator("#faces .box--with_mask")).to_have_count(1, timeout=20_000)
    expect(page.locator("#faces .box--without_mask")).to_have_count(1, timeout=20_000)


def test_the_camera_sees_counts_keeps_and_comes_back(
    service: Service, playwright: Playwright, chromium: str, tmp_path: Path
) -> None:
    before = _rows_of(service, Photo, Face, Job)
    write_film(tmp_path / "film.mjpeg")
    film = f"--use-file-for-fake-video-capture={tmp_path / 'film.mjpeg'}"
    with visit(playwright, chromium, service.new_link(), *_FAKE_CAMERA, film) as page:
        page.goto(service.address + "/camera")
        page.get_by_role("button", name="Tone").click()
        page.get_by_role("button", name="Start the camera").click()
        see_both(page)
        _faces_stand_where_they_are(page)
        expect(page.locator("#figures")).to_have_attribute("data-rate", _A_NUMBER, timeout=20_000)
        assert page.locator("[data-label]").all_inner_texts() == ["1", "1", "0", "0"]
        assert page.evaluate("window.tones") == 2

        assert (_rows_of(service, Photo, Face, Job), _stored(service)) == (before, 0)
        press(page, "s")
        expect(page.locator("#snapshot-said a")).to_be_visible(timeout=20_000)
        with service.db.read() as session:
            assert session.scalars(select(Source.kind)).all()[-1] is SourceKind.CAMERA

        for part in ("workers.live.server", "web.server"):
            service.kill_part(part)
            expect(page.locator("#warning")).to_contain_text("does not respond", timeout=20_000)
            expect(page.locator("#warning")).to_be_hidden(timeout=30_000)
            see_both(page)

        page.evaluate(
            "document.querySelector('video').srcObject.getTracks()[0].dispatchEvent(new Event('ended'))"
        )
        expect(page.locator("#message")).to_contain_text("unplugged")
        page.get_by_role("button", name="Start again").click()
        see_both(page)
        for presses, running in ((4, 1), (3, 0)):
            for _ in range(presses):
                press(page, "c")
            expect(page.locator("#message")).to_be_visible(visible=not running)
            page.wait_for_function("() => asked === answered")
            page.wait_for_function(f"() => {_RUNNING_STREAMS} === {running}")
        expect(page.locator("#message")).to_contain_text("off")


def test_a_program_opens_a_camera(service: Service) -> None:
    with service.db.write() as rows:
        token = add_token(rows, ensure_owner(rows), name="gate", scopes=[Scope.SUBMIT], days=1)[1]
    with Client(service.address, token) as client:
        open_before = client.camera.state().cameras
        with client.camera.connect() as camera:
            seen = [camera.look(portrait_frame()) for _ in range(4)][-1]
            assert client.camera.state().cameras == open_before + 1
            assert ([face.label for face in seen.faces], seen.counts["without_mask"]) == (["without_mask"], 1)
            with pytest.raises(ApiError) as caught:
                camera.look(b"no JPEG")
            assert caught.value.code == "frame_malformed"
            camera.reset()
            assert camera.look(portrait_frame()).counts["without_mask"] == 0
    with Client(service.address, "wrong") as client, pytest.raises(ApiError) as caught:
        client.camera.connect().__enter__()
    assert caught.value.code == "token_refused"
    # The browser of other tests has an event loop in this thread.
    with ThreadPoolExecutor(1) as other:
        seen_by = other.submit(lambda: asyncio.run(_see_without_blocking(service.address, token)))
        assert seen_by.result() == ["without_mask"]


async def _see_without_blocking(address: str, token: str) -> list[str | None]:
    async with AsyncClient(address, token) as client, client.camera.connect() as camera:
        for _ in range(3):
            seen = await camera.look(portrait_frame())
        return [face.label for face in seen.faces]


def _faces_stand_where_they_are(page: Page) -> None:
    """The masked one on the left, the bare one on the right, and no box leaps from one look to the next."""
    looks = [sorted(look) for look in page.evaluate(_LOOKS, 10)]
    lefts = [look for look in looks if len(look) == 2]
    assert len(lefts) >= 8
    assert all(left < 320 < right for left, right in lefts)
    assert max(abs(after[0] - before[0]) for before, after in pairwise(lefts)) < 40


def test_who_gives_no_camera_is_told_and_may_try_again(
    service: Service, playwright: Playwright, chromium: str
) -> None:
    refused = ["--use-fake-device-for-media-stream", "--deny-permission-prompts"]
    for flags, words in (
        (refused, "may not use the camera"),
        (["--use-fake-ui-for-media-stream"], "No camera was found"),
    ):
        with visit(playwright, chromium, service.new_link(), *flags) as page:
            page.goto(service.address + "/camera")
            for button in ("Start the camera", "Try again"):
                page.get_by_role("button", name=button).click()
                expect(page.locator("#message")).to_contain_text(words)


def test_one_photo_is_looked_at_relabelled_and_kept(
    service: Service, playwright: Playwright, chromium: str, tmp_path: Path
) -> None:
    before = _rows_of(service, Photo, Job)
    with visit(playwright, chromium, service.new_link()) as page:
        complaints: list[str] = []
        page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        _the_first_page_shows_one_too(page, tmp_path)
        page.get_by_role("link", name="Try it").first.click()
        photo, broken = tmp_path / "tea.jpg", tmp_path / "broken.jpg"
        photo.write_bytes(portrait_frame())
        broken.write_bytes(portrait_frame()[:4000])

        page.set_input_files("#file", broken)
        expect(page.locator("#failed")).to_contain_text("broken.jpg: The file ends", timeout=20_000)
        expect(page.locator("#failed")).to_contain_text("photo_truncated")
        expect(page.get_by_role("button", name="Try again")).to_be_hidden()
        _drop_text(page)
        expect(page.locator("#failed")).to_contain_text("That is not a file")
        page.set_input_files("#file", photo)
        expect(page.locator("#result h2").nth(1)).to_have_text("1 face", timeout=20_000)
        expect(page.locator("#failed")).to_be_hidden()
        assert _rows_of(service, Photo, Job) == before

        requests = []
        page.on("request", lambda request: requests.append(request.url))
        assert page.locator(".face__label").inner_text() == "Without mask"
        page.locator("#certainty").fill("99")
        assert page.locator(".face__label").inner_text() == "Indeterminate"
        assert page.locator(".boxes .box--indeterminate").count() == 1
        assert requests == []

        page.get_by_role("button", name="Keep the photo").click()
        expect(page.locator("#kept")).to_contain_text("Kept in the library as photo", timeout=20_000)
        assert _rows_of(service, Photo, Job) == [before[0] + 1, before[1]]

        press(page, "Escape")
        expect(page.locator("#dropzone")).to_be_visible()
        service.kill_part("workers.live.server")
        _paste(page, photo)
        expect(page.locator("#failed")).to_contain_text("live_unreachable", timeout=20_000)
        _until_shown(page)
        expect(page.locator("#result .face")).to_have_count(1, timeout=20_000)
        expect(page.locator("#shown img")).to_have_js_property("naturalWidth", 640)

        page.get_by_role("button", name="Correct this face (keeps the photo)").click()
        page.wait_for_url("**/review/faces/*")
        assert all("Failed to load resource" in complaint for complaint in complaints), complaints
        assert _rows_of(service, Photo, Job) == [before[0] + 1, before[1]]


def _the_first_page_shows_one_too(page: Page, tmp_path: Path) -> None:
    """What is shown there stays while the jobs below are kept up to date, until it is sent away."""
    photo = tmp_path / "first.jpg"
    photo.write_bytes(portrait_frame())
    page.set_input_files("#file", photo)
    expect(page.locator("#result h2").nth(1)).to_have_text("1 face", timeout=20_000)
    with page.expect_response(lambda answer: "maskloop-live" in answer.request.headers):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    settle(page)
    expect(page.locator("#result .face__label")).to_have_text("Without mask")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#dropzone")).to_be_visible()


def _until_shown(page: Page) -> None:
    """Try again until the live process is back."""
    for _ in range(100):
        if page.locator("#result").is_visible():
            return
        if (again := page.get_by_role("button", name="Try again")).is_visible():
            again.click()
        page.wait_for_timeout(200)


def _drop_text(page: Page) -> None:
    page.evaluate(
        """() => {
          const given = new DataTransfer();
          given.setData("text/plain", "https://example.org/tea.jpg");
          dispatchEvent(new DragEvent("drop", { dataTransfer: given }));
        }"""
    )


def _paste(page: Page, photo: Path) -> None:
    page.evaluate(
        """(bytes) => {
          const given = new DataTransfer();
          given.items.add(new File([new Uint8Array(bytes)], "pasted.jpg", { type: "image/jpeg" }));
          dispatchEvent(new ClipboardEvent("paste", { clipboardData: given }));
        }""",
        list(photo.read_bytes()),
    )
