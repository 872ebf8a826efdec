"""Pages of trainings: the list, the form, and a job's page with its curves and its stop button."""

import re

import pytest
from sqlalchemy import select

from benchmarks.training_faces import add_faces
from core.database import Database
from core.settings import Settings
from core.training.job_kind import COMPARE_STAGE, missing_modules
from core.training.options import PromoteBy, Start, TrainOptions
from models import Batch, Job, Label, TrainingEpoch, TrainingStage
from tests.unit.web.conftest import Browser
from tests.unit.web.running_training import add_running_training, set_batch_kind
from web.training import views
from web.training.curves import draw_charts

pytestmark = pytest.mark.skipif(bool(missing_modules()), reason="the training dependencies are not installed")

FORM = {
    "dataset": "",
    "start": "imagenet",
    "depth": "fine_tune",
    "promote_by": "gate",
    "fine_tune_epochs": "7",
    "head_epochs": "30",
    "patience": "4",
    "agreeing": "2",
    "seed": "5",
    "least_new": "100",
    "tensorboard": "y",
}


@pytest.fixture
def faces(app, database: Database) -> None:
    settings: Settings = app.extensions["maskloop"].settings
    add_faces(database, settings, [Label.WITH_MASK, Label.WITHOUT_MASK])


@pytest.fixture
def job_id(browser: Browser, database: Database) -> int:
    return add_running_training(database)


def test_an_empty_page_says_what_to_do(browser: Browser) -> None:
    text = browser.get("/training").text
    assert "No training yet" in text and "Label some faces first" in text
    assert 'href="/training/new"' in text


def test_the_form_asks_for_what_was_chosen(browser: Browser, database: Database, faces: None) -> None:
    answer = browser.post("/training/new", data=FORM)
    with database.read() as rows:
        job = rows.scalars(select(Job)).one()
    assert answer.headers["Location"] == f"/jobs/{job.id}"
    options = TrainOptions.from_json(job.options)
    assert (options.start, options.promote_by) == (Start.IMAGENET, PromoteBy.GATE)
    assert (options.fine_tune_epochs, options.head_epochs, options.patience) == (7, 30, 4)
    assert (options.agreeing, options.seed, options.least_new, options.tensorboard) == (2, 5, 100, True)
    assert (job.account_id, job.title) == (1, "Train the head and upper blocks on newest decisions")


def test_a_form_that_cannot_be_met_is_shown_again(browser: Browser, database: Database, faces: None) -> None:
    for change in ({"head_epochs": "0"}, {"dataset": "77"}, {"start": "nothing"}):
        answer = browser.post("/training/new", data=FORM | change)
        assert answer.status_code == 400 and "field__error" in answer.text
    with database.read() as rows:
        assert rows.scalars(select(Job)).all() == []


def test_without_decisions_the_refusal_is_said_on_the_form(browser: Browser) -> None:
    answer = browser.post("/training/new", data=FORM)
    assert answer.status_code == 400 and "no_decisions" in answer.text


def test_without_tensorflow_both_pages_say_the_command(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "missing_modules", lambda: ["tensorflow"])
    for address in ("/training", "/training/new"):
        assert "make install-train" in browser.get(address).text
    assert 'href="/training/new"' not in browser.get("/training").text


def test_a_training_shows_its_curves_and_the_time_left(browser: Browser, job_id: int) -> None:
    text = browser.get(f"/jobs/{job_id}").text
    assert text.count("<polyline") == 5
    assert re.search(r"Upper blocks, epoch 2 of at most 7, at most [^<]+ left\.", text)
    assert "Stop and evaluate" in text
    listed = browser.get("/training").text
    assert "0.730" in listed and "Weekly training" in listed


def test_a_stop_is_asked_for_once(browser: Browser, database: Database, job_id: int) -> None:
    assert browser.post(f"/training/{job_id}/stop").status_code == 302
    text = browser.get(f"/jobs/{job_id}").text
    assert "Stopping after the current batch" in text and "Stop and evaluate" not in text
    with database.read() as rows:
        assert rows.scalars(select(Batch.payload)).one() == {"stop": True}
    set_batch_kind(database, job_id, COMPARE_STAGE.name)
    browser.post(f"/training/{job_id}/stop")
    assert "there is nothing to stop" in browser.get(f"/jobs/{job_id}").text
    assert browser.post("/training/99/stop").status_code == 404


def test_curves_stay_within_their_frame() -> None:
    epochs = [
        TrainingEpoch(
            stage=TrainingStage.HEAD,
            number=number,
            loss=loss,
            accuracy=accuracy,
            validation_loss=2 * loss,
            validation_accuracy=accuracy,
            validation_macro_f1=accuracy / 2,
        )
        for number, (loss, accuracy) in enumerate(((2.0, 0.2), (0.0, 1.0), (1.0, 0.5)), 1)
    ]
    assert draw_charts([]) == []
    for chart in draw_charts(epochs) + draw_charts(epochs[:1]):
        assert chart.second_stage is None
        for line in chart.lines:
            points = [tuple(map(float, pair.split(","))) for pair in line.points.split()]
            assert len(points) > 1
            assert all(0 <= x <= 100 and 0 <= y <= 100 for x, y in points)
