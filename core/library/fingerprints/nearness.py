"""How near two photos are by their hashes."""

#: Default distance in bits up to which both hashes of two photos are near.
NEAR_DISTANCE = 8
#: Largest distance that may be asked for; beyond it most of what is found is not the same picture.
LARGEST_DISTANCE = 11
#: What counts of the cosine of two similar photos: it tells no more than that one is within the other.
_SIMILAR_SHARE = 0.5


def distance(first: int, second: int) -> int:
    """Bits in which two 64-bit hashes differ, 0 to 64; signed or not."""
    return ((first ^ second) & 0xFFFF_FFFF_FFFF_FFFF).bit_count()


def similarity(phash_distance: int, dhash_distance: int) -> float:
    """1 where both hashes are the same, less by 1/128 for each bit in which they differ."""
    return 1 - (phash_distance + dhash_distance) / 128


def similarity_by_embedding(cosine: float) -> float:
    """Of photos whose hashes differ: less than any that the hashes find near."""
    return cosine * _SIMILAR_SHARE


def cosine_of(similarity: float) -> float | None:
    """What `similarity_by_embedding` was made from; None of photos whose hashes are near."""
    return None if similarity > _SIMILAR_SHARE else similarity / _SIMILAR_SHARE
