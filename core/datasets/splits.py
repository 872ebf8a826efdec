"""Which pictures train, validate and test: decided a group at a time by a hash, so it never changes."""

import hashlib
from dataclasses import dataclass

from models.split import Split


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Shares of the groups that test and validate; the rest trains."""

    test: float
    validation: float


#: Whole photos are few and their figures matter most, so more of them are kept for measuring.
PHOTO_SHARES = Shares(test=0.25, validation=0.12)
CROP_SHARES = Shares(test=0.10, validation=0.06)
#: Of the groups of a frozen dataset; never to be changed, or faces that were trained on would be tested with.
DATASET_SHARES = Shares(test=0.15, validation=0.10)


def split_of(group_name: str, shares: Shares) -> Split:
    """The split of a group, known by a name that its members and their order do not change."""
    digest = hashlib.sha256(group_name.encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    if place < shares.test:
        return Split.TEST
    return Split.VALIDATION if place < shares.test + shares.validation else Split.TRAIN
