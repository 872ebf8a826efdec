"""The four labels a face can have."""

from enum import StrEnum


class Label(StrEnum):
    """What a decision or a prediction says of a face; the order is the classifier's output order."""

    WITH_MASK = "with_mask"
    WITHOUT_MASK = "without_mask"
    #: Nose or mouth bare, or the mask on the chin.
    INCORRECT = "incorrect"
    NOT_A_FACE = "not_a_face"

    @property
    def words(self) -> str:
        """The label as a person reads it."""
        return self.value.replace("_", " ")
