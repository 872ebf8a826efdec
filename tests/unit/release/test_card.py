"""The shipped `CARD.md` matches `card.json`; a card says what the weights are a mean of."""

import json

import pytest

from core.detection.card import CARD_FILE, CHAMPION
from core.release.card import card_text


def test_the_shipped_card_is_the_text_of_its_data() -> None:
    card = json.loads((CHAMPION / CARD_FILE).read_text(encoding="utf-8"))
    assert (CHAMPION / "CARD.md").read_text(encoding="utf-8") == card_text(card)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mixed": [[6, 0.4], [16, 0.6]]}, "0.4 of that after epoch 6, 0.6 of that after epoch 16."),
        ({"mixed": []}, "a running mean that forgets half within 170 batches."),
        ({"mixed": [], "running_mean": 0, "averaged": 2}, "at the ends of the last 2 cycles."),
    ],
)
def test_a_card_says_once_what_the_weights_are_a_mean_of(changes: dict[str, object], said: str) -> None:
    card = json.loads((CHAMPION / CARD_FILE).read_text(encoding="utf-8"))
    card["recipe"] |= {"averaged": 2, "running_mean": 170, **changes}
    about = [line for line in card_text(card).splitlines() if line.startswith("Its weights are")]
    assert len(about) == 1 and about[0].endswith(said)
