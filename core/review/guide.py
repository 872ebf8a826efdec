"""The labelling guide: what each answer means, as plain text that leads can edit; every version is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Self

from core.errors import InputError
from models import CHOICES, GuideVersion, Label, NoLabel

#: The section about all answers.
GENERAL = "general"
#: Sections in their order.
SECTIONS = (GENERAL, *(choice.value for choice in CHOICES))
LONGEST_TEXT = 4_000

#: The guide until a lead changes it; training and the classifier's card follow the same rules.
DEFAULT_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        GENERAL: (
            "Answer by what the picture shows, not by what is likely. Only the face in the box "
            "counts; press W to see the whole photo.\n\n"
            "A mask is a cover that is made to be worn over nose and mouth: surgical, cloth, FFP2 or "
            "N95, respirator. Its kind, colour and print do not matter.\n\n"
            "If the picture is clear but the rule is not, flag the face (F) and skip it."
        ),
        Label.WITH_MASK: (
            "A mask covers the nose and the mouth.\n\n"
            "It may sit loosely or gape at the sides. It may be worn under a visor or over a beard."
        ),
        Label.WITHOUT_MASK: (
            "No mask is on the face.\n\n"
            "A scarf, a collar or a veil over the mouth is no mask. Nor is a hand, a cup, a phone or "
            "a microphone.\n\n"
            "A visor or face shield alone is no mask: decide by what is below it.\n\n"
            "A mask in the hand, on the arm or on the forehead is not worn."
        ),
        Label.INCORRECT: (
            "A mask is worn, but the nose or the mouth is bare: the mask sits below the nose, below "
            "the mouth, on the chin or at the neck, or hangs from one ear.\n\n"
            "If the tip of the nose or a nostril is visible above the mask, it is incorrect."
        ),
        Label.NOT_A_FACE: (
            "The box shows no human face: an object, a pattern, the back of a head, an animal, a "
            "doll, a statue.\n\n"
            "A person on a poster or a screen is a face. If the box only sits badly, edit the box "
            "(B)."
        ),
        NoLabel.CANNOT_TELL: (
            "It is a face, but the picture does not show which label is right: it is too blurred, too "
            "dark or too small, or something hides nose and mouth so that a mask may be below it.\n\n"
            "Do not guess. The face gets no label, and nobody is asked again."
        ),
    }
)


@dataclass(frozen=True, kw_only=True)
class Guide:
    """One version of the guide; number 0 is the default text."""

    number: int
    #: Plain text by section, for all of `SECTIONS`.
    texts: Mapping[str, str]
    account_id: int | None = None
    created_at: datetime | None = None

    @classmethod
    def of(cls, row: GuideVersion) -> Self:
        """A stored version; a section that it lacks has its default text."""
        texts = {section: row.texts.get(section, DEFAULT_TEXTS[section]) for section in SECTIONS}
        return cls(number=row.id, texts=texts, account_id=row.account_id, created_at=row.created_at)

    def paragraphs(self, section: str) -> list[str]:
        """The paragraphs of a section, which blank lines separate."""
        return [part.strip() for part in self.texts[section].split("\n\n") if part.strip()]


DEFAULT_GUIDE = Guide(number=0, texts=DEFAULT_TEXTS)


def clean_texts(sent: Mapping[str, str]) -> dict[str, str]:
    """The texts of all sections with plain line ends; raises InputError guide_too_long."""
    texts = {}
    for section in SECTIONS:
        text = "\n".join(line.rstrip() for line in sent.get(section, "").splitlines()).strip()
        if len(text) > LONGEST_TEXT:
            raise InputError("guide_too_long", f"A section can have at most {LONGEST_TEXT:,} characters.")
        texts[section] = text
    return texts
