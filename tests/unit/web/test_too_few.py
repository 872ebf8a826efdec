"""No page shows a score or a share of quality from fewer than 30 faces: it says how few they are."""

import html
import re

import pytest
from sqlalchemy import select

import core.number_text
from core.database import Database, read_clock
from core.review.agreement.kappas import DecisionPair, measure_agreement
from models import Agreement, Dataset, Job, Label
from tests.unit.web.conftest import Browser
from tests.unit.web.running_training import add_running_training
from tests.unit.web.test_versions import Setting

#: A score has three decimals on every page.
_SCORE = re.compile(r"(?<![\d.])[+-]?[01]\.\d{3}(?!\d)")
_SHARE = re.compile(r"\d+\.\d%|\b(?:0|100)%")


@pytest.fixture
def addresses(browser: Browser, database: Database) -> list[str]:
    """Every page that shows scores, of a test set, a training and two reviewers with a few faces each."""
    at = Setting(database)
    job_id = add_running_training(database)
    pairs = [
        DecisionPair(first_id=1, first=Label.WITH_MASK, second_id=2, second=Label(label)) for label in Label
    ]
    with database.write() as rows:
        rows.get_one(Job, job_id).dataset_id = at.dataset
        counts = rows.get_one(Dataset, at.dataset)
        assert sum(counts.counts["validation"].values()) < core.number_text.FEWEST_FACES
        figures = measure_agreement(pairs)
        rows.add(Agreement(faces=len(pairs), figures=figures, created_at=read_clock(rows)))
    browser.post(f"/versions/{at.better}/evaluate", data={"dataset": str(at.dataset)})
    browser.post(f"/versions/{at.better}/promote")
    with database.read() as rows:
        evaluate = rows.scalars(select(Job.id).order_by(Job.id.desc())).first()
    versions = f"/versions/{at.worse}"
    return [
        "/versions",
        versions,
        f"{versions}/evaluations/{at.dataset}",
        f"{versions}/evaluations/{at.dataset}/beside/{at.better}",
        f"/datasets/{at.dataset}",
        f"/jobs/{evaluate}",
        "/training",
        "/review/reviewers",
    ]


def _text(browser: Browser, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, address
    main = answer.text.split("<main")[1].split("</main>")[0]
    # The progress of a job is no score; the exact test of two versions is valid for any number of faces.
    main = re.sub(r'<p class="progress-head__number">.*?</p>|p = 0\.\d+', "", main)
    return html.unescape(re.sub(r"<[^>]*>", " ", main))


def _numbers(text: str) -> list[str]:
    return _SCORE.findall(text) + _SHARE.findall(text)


def test_too_few_faces_give_no_score(
    browser: Browser, addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = {address: _text(browser, address) for address in addresses}
    assert {address: _numbers(text) for address, text in shown.items() if _numbers(text)} == {}
    assert [address for address, text in shown.items() if "too few" not in text] == []
    # The same pages show them where a single face is enough: the patterns above find scores.
    monkeypatch.setattr(core.number_text, "FEWEST_FACES", 0)
    assert [address for address in addresses if not _numbers(_text(browser, address))] == []


def test_a_training_shows_losses_but_no_score(
    browser: Browser, database: Database, addresses: list[str]
) -> None:
    with database.read() as rows:
        job_id = rows.scalars(select(Job.id).where(Job.kind == "train")).one()
    text = _text(browser, f"/jobs/{job_id}")
    epoch = text.split("Seconds")[1]
    assert "too few" in epoch
    # Loss and validation loss of each of the four epochs.
    assert len(_SCORE.findall(epoch)) == 8
