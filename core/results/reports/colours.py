"""The colour of each label, the same in charts, legends and on photos."""

from core.labels.shown_label import ShownLabel

#: sRGB. Chosen to stay apart for red-, green- and blue-blind eyes too; text always stands beside a colour.
LABEL_COLOURS: dict[ShownLabel, tuple[int, int, int]] = {
    ShownLabel.WITH_MASK: (0, 130, 110),
    ShownLabel.WITHOUT_MASK: (208, 66, 0),
    ShownLabel.INCORRECT: (105, 50, 190),
    ShownLabel.INDETERMINATE: (70, 76, 86),
}


def hex_colour(label: ShownLabel) -> str:
    """The colour as CSS writes it."""
    red, green, blue = LABEL_COLOURS[label]
    return f"#{red:02x}{green:02x}{blue:02x}"
