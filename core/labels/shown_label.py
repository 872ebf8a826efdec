"""The label that pages and reports show for a face: a mask label or `indeterminate`."""

from enum import StrEnum

from models.label import Label


class ShownLabel(StrEnum):
    """The labels of a report, in the order of its tables; `not_a_face` is never shown."""

    WITH_MASK = "with_mask"
    WITHOUT_MASK = "without_mask"
    INCORRECT = "incorrect"
    INDETERMINATE = "indeterminate"

    @property
    def words(self) -> str:
        """The label in plain words."""
        return self.value.replace("_", " ")


class Unlabelled(StrEnum):
    """What pages show for a face that no person and no version has labelled; it is no label of a report."""

    NOT_LABELLED = "not_labelled"

    @property
    def words(self) -> str:
        """The state in plain words."""
        return "not labelled yet"


#: A face without a decision and without a prediction; `indeterminate` is a prediction that is not certain.
NOT_LABELLED = Unlabelled.NOT_LABELLED


def shown_label(label: Label, probability: float, indeterminate_below: float) -> ShownLabel | None:
    """The label to show for a face, given its most probable label; None for `not_a_face`.

    `web/static/js/labels.js` repeats the rule for the page of a single photo; a test compares the two.
    """
    if label is Label.NOT_A_FACE:
        return None
    if probability < indeterminate_below:
        return ShownLabel.INDETERMINATE
    return ShownLabel(label.value)
