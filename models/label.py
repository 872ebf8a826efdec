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
