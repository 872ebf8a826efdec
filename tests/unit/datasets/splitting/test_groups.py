"""The split of a group depends only on its key, and the shares hold."""

from collections import Counter

from core.datasets.splitting.groups import CROP_SHARES, PHOTO_SHARES, split_of
from models.split import Split


def test_shares_hold_over_many_groups() -> None:
    counts = Counter(split_of(f"photos/{number}.jpg", PHOTO_SHARES) for number in range(4000))
    assert abs(counts[Split.TEST] / 4000 - PHOTO_SHARES.test) < 0.03
    assert abs(counts[Split.VALIDATION] / 4000 - PHOTO_SHARES.validation) < 0.03


def test_a_smaller_test_share_only_removes_groups_from_test() -> None:
    names = [f"crops/{number}.jpg" for number in range(500)]
    small = {name for name in names if split_of(name, CROP_SHARES) is Split.TEST}
    large = {name for name in names if split_of(name, PHOTO_SHARES) is Split.TEST}
    assert small < large


def test_the_same_key_always_has_the_same_split() -> None:
    assert split_of("photos/photo_0001.jpg", PHOTO_SHARES) is split_of("photos/photo_0001.jpg", PHOTO_SHARES)
