"""What a report says of a face: one of the three mask labels, or that it cannot be told."""

from enum import StrEnum

from models.label import Label


class ShownLabel(StrEnum):
    """The labels of a report in the order in which it lists them; `not_a_face` is never shown."""

    WITH_MASK = "with_mask"
    WITHOUT_MASK = "without_mask"
    INCORRECT = "incorrect"
    INDETERMINATE = "indeterminate"

    @property
    def words(self) -> str:
        """The label as a person reads it."""
        return _WORDS[self]


_WORDS = {
    ShownLabel.WITH_MASK: "with mask",
    ShownLabel.WITHOUT_MASK: "without mask",
    ShownLabel.INCORRECT: "incorrect",
    ShownLabel.INDETERMINATE: "indeterminate",
}


def shown_label(label: Label, probability: float, indeterminate_below: float) -> ShownLabel | None:
    """What to show for a face whose most probable label has this probability; None for `not_a_face`."""
    if label is Label.NOT_A_FACE:
        return None
    if probability < indeterminate_below:
        return ShownLabel.INDETERMINATE
    return ShownLabel(label.value)
