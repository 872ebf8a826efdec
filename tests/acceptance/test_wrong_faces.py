"""In a real browser: an evaluation, a wrong prediction corrected by a key, an uploaded labelled folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from core.datasets.importing.job_kind import IMPORT
from core.datasets.store import pin_golden
from core.evaluation.store import evaluate_version
from core.versions.queries import read_champion
from models import Decision, Face, Job, Label, Split, UploadFile
from tests.acceptance.live_pages import Site, press, running_site, visiting
from tests.labelled import add_labelled, faces_of, freeze_now, predict
from tests.labelled_set import make_set

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("wrong")) as running:
        yield running


@pytest.fixture(scope="module")
def measured(site: Site) -> str:
    """The address of the champion's evaluation, with two wrong faces."""
    with site.database.write() as rows:
        add_labelled(rows, 80, Label.WITH_MASK)
        champion = read_champion(rows).id
    dataset = freeze_now(site.database).id
    test = [face for face in faces_of(site.database, dataset).values() if face.split is Split.TEST]
    with site.database.write() as rows:
        pin_golden(rows, dataset)
        for place, entry in enumerate(test):
            label, sure = (Label.WITHOUT_MASK, 0.9 - 0.2 * place) if place < 2 else (entry.label, 0.9)
            predict(rows, champion, rows.get_one(Face, entry.face_id), label, sure)
        evaluate_version(rows, champion, dataset)
    return f"/versions/{champion}/evaluations/{dataset}"


def decisions(site: Site) -> list[tuple[int, Label | None]]:
    with site.database.read() as rows:
        query = select(Decision).where(Decision.queue == "evaluation").order_by(Decision.id)
        return [(decision.face_id, decision.label) for decision in rows.scalars(query)]


def test_wrong_faces_are_decided_by_keys_and_by_clicks(browser: Browser, site: Site, measured: str) -> None:
    with visiting(browser, site) as visitor:
        page = visitor.page
        visitor.goto(measured)
        page.get_by_role("link", name="Wrong predictions").click()
        crops = page.locator("#crops .crop")
        assert crops.count() == 2
        ids = [int(crops.nth(place).get_attribute("id").removeprefix("face-")) for place in range(2)]
        press(page, "j")
        press(page, "3")
        page.locator("#said", has_text="Decided: Incorrect").wait_for(state="attached")
        assert decisions(site) == [(ids[0], Label.INCORRECT)]
        crops.nth(1).get_by_role("button", name=" is not a face").click()
        page.locator("#said", has_text="Decided: Not a face").wait_for(state="attached")
        assert decisions(site)[1:] == [(ids[1], Label.NOT_A_FACE)]
        crops.nth(1).focus()
        press(page, "5")
        page.locator("#said", has_text="Decided: Can't tell").wait_for(state="attached")
        assert decisions(site)[2:] == [(ids[1], None)]
        page.reload()
        pressed = page.locator('#crops [aria-pressed="true"]')
        assert [pressed.nth(place).get_attribute("value") for place in range(2)] == [
            "incorrect",
            "cannot_tell",
        ]
        press(page, "Escape")
        page.wait_for_url(f"{site.address}{measured}")
        # The photos of these faces are in no folder that may be read; nothing else may be complained of.
        assert not [text for text in visitor.complaints if "403" not in text]


@pytest.mark.parametrize("width", [390, 1280])
def test_pages_fit(browser: Browser, site: Site, measured: str, width: int) -> None:
    dataset = measured.rsplit("/", 1)[1]
    pages = [measured, f"{measured}/wrong", "/versions", measured.split("/evaluations")[0]]
    pages += ["/datasets", f"/datasets/{dataset}", f"/datasets/{dataset}/faces", "/datasets/import"]
    with visiting(browser, site, viewport={"width": width, "height": 800}) as visitor:
        for path in pages:
            visitor.goto(path)
            assert visitor.overflow() <= 0, path


def test_a_folder_with_annotations_is_sent_whole(browser: Browser, site: Site, tmp_path: Path) -> None:
    folder = make_set(tmp_path / "set", each=1, boxed=2)
    with visiting(browser, site) as visitor:
        page = visitor.page
        visitor.goto("/datasets/import")
        page.set_input_files("#folder-files", str(folder))
        page.get_by_role("button", name="Preview", exact=True).click()
        page.wait_for_url("**/datasets/import/preview")
        assert "Nothing has been imported yet." in page.content()
        assert page.locator(".set-preview__photo svg image").count() == 5
        page.get_by_role("button", name="Import", exact=True).click()
        page.wait_for_url("**/jobs/*")
        assert "Import of a labelled set" in page.content()
        assert visitor.complaints == []
    with site.database.read() as rows:
        job = rows.scalars(select(Job).where(Job.kind == IMPORT.name)).one()
        names = set(
            rows.scalars(select(UploadFile.name).where(UploadFile.upload_id == job.options["upload_id"]))
        )
    assert {"set/photos/annotations/0.xml", "set/photos/images/0.jpg", "set/negatives/1.jpg"} <= names
    assert len(names) == 3 + 4 + 2
