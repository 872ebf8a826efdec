"""How near two photos are by their hashes."""

#: Default distance in bits up to which both hashes of two photos are near.
NEAR_DISTANCE = 8
#: Largest distance that may be asked for; beyond it most of what is found is not the same picture.
LARGEST_DISTANCE = 11


def distance(first: int, second: int) -> int:
    """Bits in which two 64-bit hashes differ, 0 to 64; signed or not."""
    return ((first ^ second) & 0xFFFF_FFFF_FFFF_FFFF).bit_count()


def similarity(phash_distance: int, dhash_distance: int) -> float:
    """1 where both hashes are the same, less by 1/128 for each bit in which they differ."""
    return 1 - (phash_distance + dhash_distance) / 128
