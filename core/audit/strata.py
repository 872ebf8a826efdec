"""The strata of a sample: faces of one predicted label whose probability lies in one range."""

from dataclasses import dataclass

from models import Label

LABELS = tuple(Label)
#: Where the ranges of sureness begin: few faces are unsure, and most errors are among them.
SURE_FROM = (0.0, 0.8, 0.95)


@dataclass(frozen=True, kw_only=True)
class Stratum:
    """One predicted label and range of its probability."""

    predicted: Label
    sure_from: float
    #: 1.01 for the last range, which holds a probability of 1.
    sure_below: float

    @property
    def name(self) -> str:
        """Unique among the strata: "with_mask 0.80"."""
        return f"{self.predicted.value} {self.sure_from:.2f}"


_ENDS = (*SURE_FROM[1:], 1.01)
#: Every stratum; `stratum_number` gives places in it.
STRATA = tuple(
    Stratum(predicted=label, sure_from=start, sure_below=end)
    for label in LABELS
    for start, end in zip(SURE_FROM, _ENDS, strict=True)
)


def stratum_number(predicted: Label, sureness: float) -> int:
    """The place in STRATA of one face."""
    ranges = sum(sureness >= start for start in SURE_FROM[1:])
    return LABELS.index(predicted) * len(SURE_FROM) + ranges
