"""The service below a path of a real nginx, configured as docs/web.md says."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, expect, sync_playwright

from benchmarks.servers import free_port
from models import JobState
from tests.acceptance.live_pages import CHROMIUM_ARGUMENTS
from tests.acceptance.service import Service, wait_until
from tests.conftest import need
from tests.film import write_film
from tests.live import portrait_frame

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_PREFIX = "/maskloop"
_DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "web.md"
_PAGES = ("/", "/jobs/new", "/library", "/review", "/boxes", "/training", "/datasets", "/versions",
          "/schedules", "/system", "/people", "/account", "/try", "/camera", "/crawls/new")  # fmt: skip
_NGINX = """
daemon off;
worker_processes 1;
{user}
pid {folder}/pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        {location}
    }}
}}
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, set_up: Path) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("proxied")
    shutil.copytree(set_up, folder / "data", symlinks=True)
    changes = {"path_prefix": _PREFIX, "trusted_proxies": 1, "workers": 1}
    service = Service(folder / "data", photos=folder, **changes)
    service.start()
    yield service
    assert service.stop() == []
    service.db.dispose()


@pytest.fixture(scope="module")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser with a camera."""
    film = tmp_path_factory.mktemp("film") / "film.mjpeg"
    write_film(film)
    flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium,
            args=[*CHROMIUM_ARGUMENTS, *flags, f"--use-file-for-fake-video-capture={film}"],
        )
        yield launched
        launched.close()


@contextmanager
def _nginx(folder: Path, service: Service, *, takes_prefix: bool) -> Iterator[str]:
    """The documented configuration on a free port; yields the address of the service behind it."""
    binary = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    need(binary, "nginx")
    block = re.search(r"```nginx\n(.*?)```", _DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert block and binary
    own = f"http://127.0.0.1:{service.settings.port}{'/' if takes_prefix else ''}"
    location = block[1].replace("http://127.0.0.1:8765", own)
    assert own in location
    port, user = free_port(), "user root;" if os.getuid() == 0 else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(_NGINX.format(folder=folder, port=port, location=location, user=user))
    process = subprocess.Popen([binary, "-p", str(folder), "-c", str(configuration)])
    try:
        wait_until(lambda: _is_open(port), seconds=20, what="nginx")
        yield f"http://127.0.0.1:{port}{_PREFIX}"
    finally:
        process.terminate()
        process.wait(10)


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("takes_prefix", [False, True], ids=["leaves the prefix", "takes the prefix off"])
def test_everything_works_below_a_path_of_nginx(
    service: Service, browser: Browser, tmp_path: Path, takes_prefix: bool
) -> None:
    with _nginx(tmp_path, service, takes_prefix=takes_prefix) as address:
        page, complaints, failed = _watched_page(browser)
        page.goto(service.new_link().replace(service.address, address))
        page.wait_for_url(f"{address}/")
        for path in _PAGES:
            if takes_prefix:
                # Their scripts and addresses are those of the other configuration.
                assert page.request.get(address + path).ok, path
                continue
            page.goto(address + path)
            page.wait_for_load_state("networkidle")
        _upload(page, address, service, tmp_path)
        _look_into_the_camera(page, address)
        assert (complaints, failed) == ([], [])
        page.context.close()


def _watched_page(browser: Browser) -> tuple[Page, list[str], list[str]]:
    """A page, what it complains of, and the addresses of answers that are errors."""
    complaints: list[str] = []
    failed: list[str] = []

    def look(answer: Response) -> None:
        if answer.status >= 400:
            failed.append(f"{answer.status} {answer.url}")

    page = browser.new_page()
    page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("response", look)
    return page, complaints, failed


def _upload(page: Page, address: str, service: Service, folder: Path) -> None:
    """A file from the form to its photo on the results page."""
    photo = folder / "portrait.jpg"
    photo.write_bytes(portrait_frame())
    page.goto(f"{address}/jobs/new")
    page.locator("#files").set_input_files(photo)
    page.get_by_role("button", name="Start the job").click()
    page.wait_for_url(re.compile(rf"{address}/jobs/\d+$"))
    job_id = int(page.url.rpartition("/")[2])
    assert service.wait_for_end(job_id).state is JobState.DONE
    page.goto(f"{address}/jobs/{job_id}/results")
    picture = page.locator(f"img[src^='{_PREFIX}/photos/']").first
    expect(picture).to_be_visible()
    wait_until(lambda: picture.evaluate("image => image.naturalWidth > 0"), seconds=20, what="the thumbnail")


def _look_into_the_camera(page: Page, address: str) -> None:
    page.goto(f"{address}/camera")
    page.get_by_role("button", name="Start the camera").click()
    expect(page.locator("#faces .box--with_mask")).to_have_count(1, timeout=30_000)
