"""Whom a photo must be laid over besides, before it takes the photos of another one's group over."""

from collections.abc import Collection, Iterator, Mapping

from core.dedup.grouping import Candidate
from core.dedup.similar import SimilarPair


def with_followers(
    found: Collection[SimilarPair],
    candidates: Mapping[int, Candidate],
    followers: Mapping[int, Collection[int]],
) -> Iterator[tuple[int, int]]:
    """Yield (better photo, photo that the other one stands for) of each pair of similar photos.

    `followers` are the photos that are near a kept one by their hashes. Only those that are similar to the
    better photo themselves may follow their kept one into its group.
    """
    seen = {(pair.first_id, pair.second_id) for pair in found}
    for pair in found:
        ids = pair.first_id, pair.second_id
        if not candidates.keys() >= set(ids):
            continue
        better, worse = sorted(ids, key=lambda photo_id: candidates[photo_id].rank)
        for follower in followers.get(worse, ()):
            named = min(better, follower), max(better, follower)
            if named not in seen:
                seen.add(named)
                yield better, follower
