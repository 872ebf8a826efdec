"""How far the scores of a trained detector are lowered, so that thresholds keep their meaning.

Mosaics have more faces than photos, so a network that learns from them scores higher everywhere.
"""

from collections.abc import Callable


def calibrating_shift(false_faces: Callable[[float], float], wanted: float, *, reach: float = 8.0) -> float:
    """How far scores are to be lowered, as a logit, so that at most so many false faces a photo remain.

    0 where there are no more than wanted as it is. `false_faces` gives their number for a shift.
    """
    if false_faces(0.0) <= wanted:
        return 0.0
    low, high = -reach, 0.0
    for _ in range(7):
        middle = (low + high) / 2
        low, high = (middle, high) if false_faces(middle) <= wanted else (low, middle)
    return low
