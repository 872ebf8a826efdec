"""The example of docs/api.md against the real service, and the page of the document in a browser."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.conftest import ROOT
from tests.acceptance.live_pages import Site, visiting
from tests.acceptance.service import MASKLOOP, Service

pytestmark = pytest.mark.slow


def test_the_example_predicts_a_folder(
    service: Callable[..., Service], four_hundred: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "few"
    folder.mkdir()
    for photo in sorted(four_hundred.rglob("*.jpg"))[:3]:
        os.link(photo, folder / photo.name)
    running = service(photos=folder)
    running.start()
    environment = running.settings.to_child_env()
    made = subprocess.run(
        [MASKLOOP, "token", "add", "example", "--scope", "read", "--scope", "submit"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    example = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text(), re.DOTALL)[-1]
    done = subprocess.run(
        [sys.executable, "-c", example],
        env=environment | {
            "MASKLOOP_URL": f"http://127.0.0.1:{running.settings.port}",
            "MASKLOOP_TOKEN": made.stdout.strip(),
            "FOLDER": str(folder),
        },
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{number:04}.jpg ['without_mask']" for number in range(3)]


@pytest.mark.browser
def test_the_page_of_the_document_shows_the_operations(browser: Browser, filled_site: Site) -> None:
    with visiting(browser, filled_site) as visitor:
        visitor.goto("/api/v1/docs")
        expect(visitor.page.get_by_text("The API of Maskloop")).to_be_visible()
        visitor.page.get_by_role("link", name="jobs", exact=True).click()
        expect(visitor.page.get_by_text("Request a job.").first).to_be_visible()
        assert visitor.complaints == []
