"""Which photos are of one burst: taken within seconds of each other, and alike."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

#: Longest pause between two photos of a burst.
BURST_PAUSE = timedelta(seconds=3)
#: Bits in which their perceptual hashes differ at most; unrelated photos differ in about 32 of the 64.
BURST_BITS = 20
_MASK = 2**64 - 1


def burst_pairs(taken: Sequence[str | None], phashes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Index pairs of neighbours in a burst, from ISO times (None where unknown) and perceptual hashes."""
    known = sorted((datetime.fromisoformat(time), place) for place, time in enumerate(taken) if time)
    for (before, first), (after, second) in pairwise(known):
        differing = ((phashes[first] ^ phashes[second]) & _MASK).bit_count()
        if after - before <= BURST_PAUSE and differing <= BURST_BITS:
            yield first, second
