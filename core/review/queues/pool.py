"""The faces that a queue may take, as arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models import Label

LABELS = tuple(Label)
#: Instead of a label index: nobody has decided the face, or the newest decision is "can't tell".
UNDECIDED, UNTELLABLE = -1, -2


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Faces with predictions, decisions and flags; labels are indexes into `LABELS`."""

    #: Face ids, int64 (n,), ascending.
    faces: NDArray[np.int64]
    #: Predicted probabilities, float32 (n, 4); NaN without a prediction, or for a label without one.
    probabilities: NDArray[np.float32]
    #: The decided label, int8 (n,), or `UNDECIDED` or `UNTELLABLE`.
    decided: NDArray[np.int8]
    #: float32 (n,), 0 to 1: greatest total variation distance to a version that predicts another label.
    distance: NDArray[np.float32]
    #: bool (n,): the face has an open flag.
    flagged: NDArray[np.bool_]
    #: bool (n,): the face waits in another open queue, or is contested.
    waiting: NDArray[np.bool_]

    def __post_init__(self) -> None:
        count = len(self.faces)
        if self.probabilities.shape != (count, len(LABELS)):
            raise ValueError(f"probabilities must be ({count}, 4), not {self.probabilities.shape}")
        if any(len(a) != count for a in (self.decided, self.distance, self.flagged, self.waiting)):
            raise ValueError("the arrays of a pool differ in length")

    @property
    def predicted(self) -> NDArray[np.bool_]:
        """bool (n,): the face has a prediction."""
        return np.asarray(~np.isnan(self.probabilities).all(axis=1))

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """bool (n,): the decision that counts gives a label."""
        return self.decided >= 0

    @property
    def fresh(self) -> NDArray[np.bool_]:
        """bool (n,): the face is undecided and waits in no other open queue."""
        return (self.decided == UNDECIDED) & ~self.waiting

    def prediction(self, index: int) -> tuple[Label | None, float | None]:
        """The most probable label and its probability; (None, None) without a prediction."""
        if not self.predicted[index]:
            return None, None
        best = int(np.nanargmax(self.probabilities[index]))
        return LABELS[best], float(self.probabilities[index, best])
