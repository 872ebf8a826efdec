"""Figures of a card: those of the classifier in force are found, those of a bare one are none."""

import json
from pathlib import Path

import pytest

import core.detection.card
from core.results.reports.html_page import card_metrics


def test_the_champion_has_all_of_them() -> None:
    path = Path(core.detection.card.__file__).parent / "champion" / "card.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    if "figures" not in card:
        pytest.skip("the champion's card has no figures")
    assert set(dict(card_metrics(card))) == {
        "Measured on", "Mean AP, three labels", "AP with mask", "AP without mask", "AP incorrect",
        "Mean AP, mask or none", "AP of faces, any label", "Accuracy on single faces", "Calibration error",
    }  # fmt: skip


def test_a_bare_card_has_none() -> None:
    assert card_metrics({}) == []
    assert card_metrics({"figures": {"test": {"three": {"all": {"mean": {"value": None}}}}}}) == []
