"""The shipped `CARD.md` matches `card.json`."""

import json

from core.detection.card import CARD_FILE, CHAMPION
from core.release.card import card_text


def test_the_shipped_card_is_the_text_of_its_data() -> None:
    card = json.loads((CHAMPION / CARD_FILE).read_text(encoding="utf-8"))
    assert (CHAMPION / "CARD.md").read_text(encoding="utf-8") == card_text(card)
