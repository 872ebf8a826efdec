"""The faces that a queue may choose from, as arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models import Label

LABELS = tuple(Label)
#: A face that nobody has decided.
UNDECIDED = -1


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Faces with what is known of them, all arrays of one length n; indexes into `LABELS` are labels."""

    #: int64 (n,), rising.
    faces: NDArray[np.int64]
    #: Probabilities of the classifier version, float32 (n, 4); NaN where it has not judged the face.
    probabilities: NDArray[np.float32]
    #: The decided label, int8 (n,), or `UNDECIDED`.
    decided: NDArray[np.int8]
    #: How far another version's probabilities are from these where its label differs, float32 (n,), 0 to 1.
    distance: NDArray[np.float32]
    #: bool (n,): somebody flagged it.
    flagged: NDArray[np.bool_]
    #: bool (n,): it waits in another open queue.
    waiting: NDArray[np.bool_]

    def __post_init__(self) -> None:
        count = len(self.faces)
        if self.probabilities.shape != (count, len(LABELS)):
            raise ValueError(f"probabilities must be ({count}, 4), not {self.probabilities.shape}")
        if any(len(a) != count for a in (self.decided, self.distance, self.flagged, self.waiting)):
            raise ValueError("the arrays of a pool have one length")

    @property
    def judged(self) -> NDArray[np.bool_]:
        """bool (n,): the version has judged the face."""
        return ~np.isnan(self.probabilities[:, 0])

    @property
    def fresh(self) -> NDArray[np.bool_]:
        """bool (n,): nobody has decided the face and it waits nowhere else."""
        return (self.decided == UNDECIDED) & ~self.waiting

    def guess(self, index: int) -> tuple[Label | None, float | None]:
        """The likeliest label and its probability."""
        if not self.judged[index]:
            return None, None
        best = int(np.argmax(self.probabilities[index]))
        return LABELS[best], float(self.probabilities[index, best])
