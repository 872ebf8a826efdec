"""The labelling guide: its default text, and versions that are only added."""

import pytest

from core.accounts import ensure_owner
from core.database import Database
from core.errors import InputError
from core.review.guide import DEFAULT_TEXTS, LONGEST_TEXT, SECTIONS
from core.review.queries import get_guide, list_guides, read_guide
from core.review.store import save_guide
from models import CHOICES


def test_the_default_text_explains_every_answer() -> None:
    assert set(DEFAULT_TEXTS) == {"general", *(choice.value for choice in CHOICES)} == set(SECTIONS)
    words = {
        "without_mask": ("scarf", "hand", "visor"),
        "incorrect": ("chin", "nose"),
        "cannot_tell": ("blurred",),
    }
    for section, expected in words.items():
        assert all(word in DEFAULT_TEXTS[section] for word in expected)


def test_every_version_is_kept_with_its_author(db: Database) -> None:
    with db.write() as session:
        owner = ensure_owner(session).id
        assert read_guide(session).number == 0
        texts = dict(DEFAULT_TEXTS) | {"incorrect": "One.\r\n\r\nTwo.  \r\n"}
        first = save_guide(session, texts, base=0, account_id=owner).id
        save_guide(session, texts | {"incorrect": "Three."}, base=first, account_id=owner)
    with db.read() as session:
        newest = read_guide(session)
        assert (newest.paragraphs("incorrect"), newest.account_id) == (["Three."], owner)
        assert get_guide(session, first).paragraphs("incorrect") == ["One.", "Two."]
        assert [guide.number for guide in list_guides(session)] == [newest.number, first, 0]
        assert all(guide.created_at for guide in list_guides(session)[:2])
        with pytest.raises(InputError) as unknown:
            get_guide(session, 99)
    assert unknown.value.code == "guide_not_found"


def test_a_text_too_long_or_based_on_an_old_version_is_refused(db: Database) -> None:
    with db.write() as session:
        owner = ensure_owner(session).id
        with pytest.raises(InputError) as too_long:
            save_guide(session, {"general": "x" * (LONGEST_TEXT + 1)}, base=0, account_id=owner)
        save_guide(session, DEFAULT_TEXTS, base=0, account_id=owner)
        with pytest.raises(InputError) as changed:
            save_guide(session, DEFAULT_TEXTS, base=0, account_id=owner)
    assert (too_long.value.code, changed.value.code) == ("guide_too_long", "guide_changed")
