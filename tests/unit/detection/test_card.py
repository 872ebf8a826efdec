"""An inconsistent classifier folder is refused."""

import json
import shutil
from pathlib import Path

import pytest

from core.detection.card import CARD_FILE, CHAMPION, CONTEXT, DOWN, Runtime, read_card
from core.errors import PermanentError
from models.label import Label


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the champion for the tests to damage."""
    return Path(shutil.copytree(CHAMPION, tmp_path / "champion"))


def edit(folder: Path, **changes: object) -> None:
    card = json.loads((folder / CARD_FILE).read_text())
    (folder / CARD_FILE).write_text(json.dumps({**card, **changes}))


def test_champion_is_consistent(folder: Path) -> None:
    card = read_card(folder)
    assert card.path(card.classifier).is_file()


def test_cards_of_earlier_detectors_are_cut_where_their_networks_learned(folder: Path) -> None:
    edit(folder, correction={"name": "gone.npz", "sha256": "0" * 64}, input={"side": 112, "context": 1.5})
    card = read_card(folder)
    assert (card.context, card.down) == pytest.approx((CONTEXT, DOWN))
    edit(folder, input={"side": 112, "context": 1.2, "down": 0.0})
    assert (read_card(folder).context, read_card(folder).down) == (1.2, 0.0)


def test_changed_classifier_is_refused(folder: Path) -> None:
    card = read_card(folder)
    file = folder / card.classifier.name
    file.write_bytes(file.read_bytes() + b"\0")
    with pytest.raises(PermanentError) as caught:
        card.path(card.classifier)
    assert caught.value.code == "classifier_damaged"


def test_missing_file_and_missing_card_are_named(folder: Path) -> None:
    card = read_card(folder)
    (folder / card.classifier.name).unlink()
    (folder / CARD_FILE).unlink()
    for act in (lambda: card.path(card.classifier), lambda: read_card(folder)):
        with pytest.raises(PermanentError) as caught:
            act()
        assert caught.value.code == "classifier_missing"


@pytest.mark.parametrize(
    "labels",
    [["without_mask", "with_mask"], ["with_mask", "hat"], ["with_mask"], ["with_mask", "with_mask"], []],
)
def test_other_labels_are_refused(folder: Path, labels: list[str]) -> None:
    edit(folder, labels=labels)
    with pytest.raises(PermanentError) as caught:
        read_card(folder)
    assert caught.value.code == "classifier_labels"


def test_a_classifier_may_predict_some_labels(folder: Path) -> None:
    edit(folder, labels=["with_mask", "not_a_face"])
    card = read_card(folder)
    assert card.labels == (Label.WITH_MASK, Label.NOT_A_FACE)
    assert card.runtime is Runtime.LITERT, "of cards of earlier releases"


def test_half_a_card_is_refused(folder: Path) -> None:
    edit(folder, input={})
    with pytest.raises(PermanentError) as caught:
        read_card(folder)
    assert caught.value.code == "card_unreadable"
