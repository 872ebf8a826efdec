"""The labels of faces."""

from enum import StrEnum


class Label(StrEnum):
    """The four labels, in the order of the classifier's outputs."""

    WITH_MASK = "with_mask"
    WITHOUT_MASK = "without_mask"
    #: Nose or mouth uncovered, or the mask on the chin.
    INCORRECT = "incorrect"
    NOT_A_FACE = "not_a_face"

    @property
    def words(self) -> str:
        """The label in plain words."""
        return self.value.replace("_", " ")


class NoLabel(StrEnum):
    """Answers to a face that give it no label."""

    #: The picture does not show which label is right.
    CANNOT_TELL = "cannot_tell"

    @property
    def words(self) -> str:
        """The answer in plain words."""
        return "can't tell"


#: What a person can answer: a label, or that the face cannot be labelled.
Choice = Label | NoLabel
CHOICES: tuple[Choice, ...] = (*Label, *NoLabel)


def read_choice(value: str) -> Choice:
    """The choice with this value; raises ValueError."""
    return NoLabel(value) if value in set(NoLabel) else Label(value)


def label_of(choice: Choice | None) -> Label | None:
    """The label that a choice gives; None for "can't tell"."""
    return choice if isinstance(choice, Label) else None
