"""Photos and a service for the acceptance tests."""

import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from core.settings import Settings
from tests.acceptance.all_pages import fill_site
from tests.acceptance.live_pages import CHROMIUM_ARGUMENTS, Site
from tests.acceptance.service import Service
from tests.axe import NoAxe, axe_script
from tests.conftest import made_once, need
from workers.setup import prepare

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def four_hundred(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 photos of different bytes, each with one face."""
    return made_once(tmp_path_factory, "four-hundred-photos", _make_four_hundred)


def _make_four_hundred(folder: Path) -> None:
    face = Image.open(ROOT / "core" / "samples" / "astronaut.jpg").convert("RGB").resize((240, 240))
    for number in range(400):
        noise = np.random.default_rng(number).integers(0, 30, (400, 560, 3), dtype=np.uint8)
        photo = Image.fromarray(noise)
        photo.paste(face, (number % 300, number % 150))
        place = folder / f"{number // 100}"
        place.mkdir(exist_ok=True)
        photo.save(place / f"{number:04}.jpg", quality=88)


@pytest.fixture(scope="session")
def set_up(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Path:
    """A data folder as a first start leaves it, to be copied: making one takes a second."""

    def make(folder: Path) -> None:
        (folder / "weights").symlink_to(weights)
        prepare(Settings(data=folder, min_free_bytes=0))

    return made_once(tmp_path_factory, "set-up-folder", make)


@pytest.fixture
def service(tmp_path: Path, set_up: Path, four_hundred: Path) -> Iterator[Callable[..., Service]]:
    """Makes services that end with the test."""
    made: list[Service] = []

    def make(name: str = "data", photos: Path = four_hundred, **changes: object) -> Service:
        if not (folder := tmp_path / name).exists():
            shutil.copytree(set_up, folder, symlinks=True)
        made.append(Service(folder, photos=photos, **changes))
        return made[-1]

    yield make
    for one in made:
        if one.process is not None and one.process.poll() is None:
            # Nothing looks at how it ends here; to end in order takes seconds.
            assert one.stop(signal.SIGKILL) == []
        one.db.dispose()


@pytest.fixture(scope="session")
def filled_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A web server with rows for every page; tests only look at it."""
    with fill_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless Chromium for the tests of a file."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core."""
    try:
        return axe_script().read_text()
    except NoAxe as reason:
        need(False, str(reason))
        raise
